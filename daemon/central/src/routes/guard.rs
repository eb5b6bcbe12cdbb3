//! Before any answer: is the certificate still valid, is there room, is there time.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Desk;
use crate::caller::Caller;
use crate::refusal::Refusal;

/// How long a request waits for others to be answered before it is told that central is busy.
const WAIT_FOR_ROOM: Duration = Duration::from_secs(5);

/// Lets a request in, or says why not.
pub(super) async fn admit(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    // Put there when the connection was accepted: without one, nobody may ask anything.
    let Some(caller) = request.extensions().get::<Caller>() else {
        return Refusal::Forbidden("a client certificate is needed").into_response();
    };
    if let Err(refusal) = caller.check_validity((desk.clock)()) {
        return refusal.into_response();
    }
    if desk.tls.is_revoked(&caller.serial) {
        return Refusal::Forbidden("the client certificate was revoked; enrol anew")
            .into_response();
    }
    let room = tokio::time::timeout(WAIT_FOR_ROOM, desk.requests.acquire()).await;
    let Ok(Ok(_room)) = room else {
        return Refusal::Busy.into_response();
    };
    next.run(request).await
}

/// Ends a request that takes too long, wherever it waits.
pub(super) async fn time_limit(
    State(desk): State<Arc<Desk>>,
    request: Request,
    next: Next,
) -> Response {
    let answer = tokio::time::timeout(desk.limits.request(), next.run(request)).await;
    answer.unwrap_or_else(|_| Refusal::TooSlow.into_response())
}
