//! What stands before every handler: the key, its rate, its permission; and around all of it the log line.

use std::panic::AssertUnwindSafe;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use futures::FutureExt;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use super::App;
use super::problem::Problem;
use crate::auth::{ApiKeys, Permission};
use crate::service::Caller;

const KEY_HEADER: &str = "x-api-key";

/// The keys, each with its rate.
pub(super) struct Gate {
    keys: ApiKeys,
    rates: Vec<DefaultDirectRateLimiter>,
    clock: DefaultClock,
}

impl Gate {
    pub(super) fn new(keys: ApiKeys) -> Self {
        let rates = keys
            .iter()
            .map(|key| RateLimiter::direct(Quota::per_minute(key.rate_per_minute)))
            .collect();
        Self {
            keys,
            rates,
            clock: DefaultClock::default(),
        }
    }

    fn pass(&self, request: &Request, permission: Permission) -> Result<Caller, Problem> {
        let mut presented = request.headers().get_all(KEY_HEADER).iter();
        let first = presented.next().ok_or(Problem::NO_KEY)?;
        if presented.next().is_some() {
            return Err(Problem::BAD_KEY);
        }
        let place = self
            .keys
            .place_of(first.as_bytes())
            .ok_or(Problem::BAD_KEY)?;
        let (key, rate) = self
            .keys
            .at(place)
            .zip(self.rates.get(place))
            .ok_or(Problem::BAD_KEY)?;
        rate.check().map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            Problem::too_many(wait.as_secs() + 1)
        })?;
        if key.allows(permission) {
            Ok(key.caller())
        } else {
            Err(Problem::forbidden(permission.name()))
        }
    }

    /// The consent that the caller's key states, by the version of its text.
    pub(super) fn stated_consent(&self, caller: &Caller) -> Option<String> {
        let mut keys = self.keys.iter();
        keys.find(|key| key.name == caller.credential)?
            .consent
            .clone()
    }
}

/// The route behind a key with `permission`; its handlers find the [`Caller`] as an extension.
pub(super) fn needs(
    app: &App,
    permission: Permission,
    route: MethodRouter<App>,
) -> MethodRouter<App> {
    route.route_layer(from_fn_with_state((app.clone(), permission), check))
}

async fn check(
    State((app, permission)): State<(App, Permission)>,
    mut request: Request,
    next: Next,
) -> Response {
    match app.gate.pass(&request, permission) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// Logs the route's pattern and the answer's status, never the address or a header as it came; and turns a
/// panic of ours into an answer.
pub(super) async fn watch(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let pattern = request.extensions().get::<MatchedPath>().cloned();
    let handled = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = handled.unwrap_or_else(|_| Problem::INTERNAL.into_response());
    let route = pattern.as_ref().map_or("(none)", MatchedPath::as_str);
    tracing::info!(%method, route, status = response.status().as_u16(), "answered");
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}
