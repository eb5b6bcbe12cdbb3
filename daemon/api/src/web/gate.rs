//! What stands before every handler: the credential, its rate, its permissions.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use super::App;
use super::problem::Problem;
use crate::auth::{ApiKey, ApiKeys, Permission};
use crate::origin;
use crate::service::Caller;

/// The credentials, each with its rate, whatever dialect it is used in.
pub(crate) struct Gate {
    keys: ApiKeys,
    rates: Vec<DefaultDirectRateLimiter>,
    clock: DefaultClock,
}

/// A credential as a request presents it.
pub(crate) struct Presented<'a> {
    /// Its name, where the dialect has two halves; the other half has to be that one's.
    pub(crate) name: Option<&'a [u8]>,
    /// The secret.
    pub(crate) key: &'a [u8],
}

/// How a dialect presents a credential.
pub(crate) type Present = for<'a> fn(&'a HeaderMap) -> Result<Presented<'a>, Problem>;

/// The one header of that name: none is `missing`, two are no credential.
pub(crate) fn only<'a>(
    headers: &'a HeaderMap,
    name: &str,
    missing: &Problem,
) -> Result<&'a [u8], Problem> {
    let mut presented = headers.get_all(name).iter();
    let first = presented.next().ok_or_else(|| missing.clone())?;
    if presented.next().is_some() {
        return Err(Problem::BAD_KEY);
    }
    Ok(first.as_bytes())
}

impl Gate {
    pub(crate) fn new(keys: ApiKeys) -> Self {
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

    /// The credential that is presented, if it has a call left.
    pub(crate) fn known(&self, presented: &Presented<'_>) -> Result<&ApiKey, Problem> {
        let place = self.keys.place_of(presented.key);
        let (key, rate) = place
            .and_then(|place| self.keys.at(place).zip(self.rates.get(place)))
            .filter(|(key, _)| is_named(key, presented.name))
            .ok_or(Problem::BAD_KEY)?;
        self.spend(rate)?;
        Ok(key)
    }

    /// The credential of that name, if it has a call left: for a token that it was given.
    pub(crate) fn named(&self, name: &str) -> Result<&ApiKey, Problem> {
        let place = self.keys.iter().position(|key| key.name == name);
        let (key, rate) = place
            .and_then(|place| self.keys.at(place).zip(self.rates.get(place)))
            .ok_or(Problem::BAD_KEY)?;
        self.spend(rate)?;
        Ok(key)
    }

    fn spend(&self, rate: &DefaultDirectRateLimiter) -> Result<(), Problem> {
        rate.check().map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            Problem::too_many(wait.as_secs() + 1)
        })
    }

    fn pass(
        &self,
        presented: &Presented<'_>,
        permissions: &[Permission],
    ) -> Result<Caller, Problem> {
        let key = self.known(presented)?;
        let lacking = permissions
            .iter()
            .find(|permission| !key.allows(**permission));
        match lacking {
            None => Ok(key.caller()),
            Some(lacking) => Err(Problem::forbidden(lacking.name())),
        }
    }

    /// Says which permission the caller's key lacks, for what its token's scope does not tell.
    pub(crate) fn must_allow(
        &self,
        caller: &Caller,
        permission: Permission,
    ) -> Result<(), Problem> {
        let mut keys = self.keys.iter();
        let key = keys.find(|key| key.name == caller.credential);
        match key.is_some_and(|key| key.allows(permission)) {
            true => Ok(()),
            false => Err(Problem::forbidden(permission.name())),
        }
    }

    /// The consent that the caller's key states, by the version of its text.
    pub(crate) fn stated_consent(&self, caller: &Caller) -> Option<String> {
        let mut keys = self.keys.iter();
        keys.find(|key| key.name == caller.credential)?
            .consent
            .clone()
    }
}

/// A name is no secret, so that it is compared as it is.
fn is_named(key: &ApiKey, name: Option<&[u8]>) -> bool {
    name.is_none_or(|name| key.name.as_bytes() == name)
}

/// The route behind a credential with all of `permissions`; its handlers find the [`Caller`] as an extension.
pub(crate) fn needs(
    app: &App,
    present: Present,
    permissions: &'static [Permission],
    route: MethodRouter<App>,
) -> MethodRouter<App> {
    route.route_layer(from_fn_with_state(
        (app.clone(), present, permissions),
        check,
    ))
}

async fn check(
    State((app, present, permissions)): State<(App, Present, &'static [Permission])>,
    mut request: Request,
    next: Next,
) -> Response {
    let passed =
        present(request.headers()).and_then(|presented| app.gate.pass(&presented, permissions));
    match passed {
        Ok(caller) => {
            let caller = caller.from_address(origin::of(&request));
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}
