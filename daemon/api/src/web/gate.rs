//! What stands before every handler: the credential, its rate, its permissions.

use std::num::NonZeroU32;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::App;
use super::meter::Left;
use super::problem::Problem;
use crate::auth::{ApiKey, ApiKeys, Permission};
use crate::limits::Limits;
use crate::origin;
use crate::service::{Caller, Verifications};

/// The credentials, each with its rates.
pub(crate) struct Gate {
    keys: ApiKeys,
    rates: Vec<Rates>,
    clock: DefaultClock,
    /// By whose time a key's own runs out.
    service: Arc<dyn Verifications>,
}

/// Which of a credential's rates a call counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meter {
    /// The key's own, whatever dialect it is used in.
    Key,
    /// The one that the Master EKYC document sets.
    Master,
}

/// A credential's rates.
struct Rates {
    key: Rate,
    master: Rate,
}

/// One rate, and what it is called in headers.
struct Rate {
    limiter: RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>,
    quota: Quota,
    policy: &'static str,
}

impl Rates {
    fn of(key: &ApiKey, limits: &Limits) -> Self {
        Self {
            key: Rate::new("key", key.rate_per_minute),
            master: Rate::new("master", key.master_per_minute(limits.master_per_minute)),
        }
    }

    const fn by(&self, meter: Meter) -> &Rate {
        match meter {
            Meter::Key => &self.key,
            Meter::Master => &self.master,
        }
    }
}

impl Rate {
    fn new(policy: &'static str, per_minute: NonZeroU32) -> Self {
        let quota = Quota::per_minute(per_minute);
        Self {
            limiter: RateLimiter::direct(quota).with_middleware(),
            quota,
            policy,
        }
    }

    /// Takes one call, or says when there will be one.
    fn spend(&self, clock: &DefaultClock) -> Result<(), Problem> {
        match self.limiter.check() {
            Ok(state) => {
                Left::of(self.policy, &state).tell();
                Ok(())
            }
            Err(until) => {
                Left::none_of(self.policy, self.quota).tell();
                let wait = until.wait_time_from(clock.now());
                Err(Problem::too_many(wait.as_secs() + 1))
            }
        }
    }
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
    pub(crate) fn new(keys: ApiKeys, limits: &Limits, service: Arc<dyn Verifications>) -> Self {
        let rates = keys.iter().map(|key| Rates::of(key, limits));
        Self {
            rates: rates.collect(),
            keys,
            clock: DefaultClock::default(),
            service,
        }
    }

    /// The credential that is presented, if it has a call left.
    pub(crate) fn known(&self, presented: &Presented<'_>) -> Result<&ApiKey, Problem> {
        self.known_by(presented, Meter::Key)
    }

    /// The same, counted by another of its rates.
    pub(crate) fn known_by(
        &self,
        presented: &Presented<'_>,
        meter: Meter,
    ) -> Result<&ApiKey, Problem> {
        let place = self.keys.place_of(presented.key);
        let place = place.filter(|place| {
            let key = self.keys.at(*place);
            key.is_some_and(|key| is_named(key, presented.name))
        });
        self.counted(place, meter)
    }

    /// The credential of that name, if it has a call left: for a token that it was given.
    pub(crate) fn named(&self, name: &str) -> Result<&ApiKey, Problem> {
        self.named_by(name, Meter::Key)
    }

    /// The same, counted by another of its rates.
    pub(crate) fn named_by(&self, name: &str, meter: Meter) -> Result<&ApiKey, Problem> {
        let place = self.keys.iter().position(|key| key.name == name);
        self.counted(place, meter)
    }

    /// Every way in ends here: a key whose time has run out is unknown, and so is each token that it was given.
    fn counted(&self, place: Option<usize>, meter: Meter) -> Result<&ApiKey, Problem> {
        let (key, rates) = place
            .and_then(|place| self.keys.at(place).zip(self.rates.get(place)))
            .filter(|(key, _)| key.holds(self.service.now()))
            .ok_or(Problem::BAD_KEY)?;
        rates.by(meter).spend(&self.clock)?;
        Ok(key)
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
