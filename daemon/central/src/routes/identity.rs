//! What a kiosk needs to stay known: the time by central's clock, and its certificate anew.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use kiosk_pki::Validity;
use kiosk_wire::{KioskId, Nonce, SignedTime};
use serde::Deserialize;

use super::commands::NO_KEY;
use super::{Desk, body, parse};
use crate::caller::Caller;
use crate::refusal::Refusal;

/// A request for a certificate has some hundred bytes.
const REQUEST_BYTES: usize = 16 * 1024;

/// The query of [`time`].
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    nonce: String,
}

/// `GET /v1/time?nonce=`
pub(super) async fn time(
    State(desk): State<Arc<Desk>>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<SignedTime>, Refusal> {
    let mut nonce: Nonce = Default::default();
    let asked = asked.ok().map(|Query(asked)| asked.nonce);
    let decoded = asked.and_then(|hex| hex::decode_to_slice(hex, &mut nonce).ok());
    decoded
        .ok_or_else(|| Refusal::BadRequest("the query must be ?nonce= and 32 hex digits".into()))?;
    let key = desk.signing.as_ref().ok_or(NO_KEY)?;
    Ok(Json(SignedTime::sign(key, &nonce, (desk.clock)())))
}

/// `POST /v1/kiosks/{kiosk}/certificate`: the certificate of a new key, for whom the present one names.
pub(super) async fn certificate(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    Path(kiosk): Path<String>,
    body: Body,
) -> Result<impl IntoResponse, Refusal> {
    let kiosk: KioskId = parse(&kiosk)?;
    caller.must_be_kiosk(&kiosk)?;
    let (authority, days) = desk.authority.as_ref().ok_or(Refusal::NotConfigured(
        "this central renews no certificates; set authority",
    ))?;
    if authority.tenant() != caller.tenant.as_str() {
        return Err(Refusal::Forbidden("this kiosk is of another authority"));
    }
    let bytes = body::whole(body, REQUEST_BYTES, desk.limits.body_pause()).await?;
    let request = std::str::from_utf8(&bytes);
    let request = request.map_err(|_| Refusal::BadRequest("the request is no text".into()))?;
    let validity = Validity::days((desk.clock)(), *days);
    let certificate = authority
        .renew_kiosk(kiosk.as_str(), request, validity)
        .map_err(|error| Refusal::BadRequest(error.to_string()))?;
    tracing::info!("a kiosk's certificate was renewed");
    Ok((
        [(header::CONTENT_TYPE, "application/x-pem-file")],
        certificate,
    ))
}
