//! The limits of the document's table: calls a minute and address, logins an hour, submissions of one person.

use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use sha2::{Digest, Sha256};

use crate::limits::Limits;
use crate::origin;
use crate::web::App;
use crate::web::problem::Problem;

/// Keys that a limit remembers; those that have all their calls back go first, then nobody new gets in.
const MOST: usize = 100_000;

/// A limit for each of many.
struct Limit<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, HashMapStateStore<K>, DefaultClock>,
    clock: DefaultClock,
}

impl<K: Hash + Eq + Clone> Limit<K> {
    /// `calls` within `window`, all of which may come at once.
    fn new(calls: NonZeroU32, window: Duration) -> Self {
        let each = window / calls.get();
        // A window is never empty here, so that the quota exists.
        let quota = Quota::with_period(each).map_or_else(
            || Quota::per_minute(calls),
            |quota| quota.allow_burst(calls),
        );
        Self {
            limiter: RateLimiter::hashmap(quota),
            clock: DefaultClock::default(),
        }
    }

    fn spend(&self, key: &K) -> Result<(), Problem> {
        if self.limiter.len() >= MOST {
            self.limiter.retain_recent();
            if self.limiter.len() >= MOST {
                return Err(Problem::unavailable("too many callers at once"));
            }
        }
        self.limiter.check_key(key).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            Problem::too_often(wait.as_secs() + 1)
        })
    }
}

/// Every limit.
pub(super) struct Rates {
    general: Limit<IpAddr>,
    login: Limit<IpAddr>,
    forgot: Limit<IpAddr>,
    person: Limit<[u8; 32]>,
}

impl Rates {
    pub(super) fn new(limits: &Limits) -> Self {
        let an_hour = limits.connect_logins_per_hour;
        let hour = Duration::from_secs(3_600);
        Self {
            general: Limit::new(limits.connect_per_minute, Duration::from_secs(60)),
            login: Limit::new(an_hour, hour),
            forgot: Limit::new(an_hour, hour),
            person: Limit::new(limits.connect_submissions, 2 * hour),
        }
    }

    /// One try to log in from there.
    pub(super) fn login(&self, from: IpAddr) -> Result<(), Problem> {
        self.login.spend(&from)
    }

    /// One forgotten password from there.
    pub(super) fn forgot(&self, from: IpAddr) -> Result<(), Problem> {
        self.forgot.spend(&from)
    }

    /// One submission of a tenant's person. Addresses are remembered as hashes.
    pub(super) fn submission(&self, tenant: &str, email: &str) -> Result<(), Problem> {
        let text = format!("{tenant}\0{}", email.to_lowercase());
        self.person.spend(&Sha256::digest(text).into())
    }
}

/// Where a request comes from; all of whom nothing is known share one place.
pub(super) fn from(request: &Request) -> IpAddr {
    origin::of(request).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

/// What counts every call of a router.
pub(super) fn each(_app: &App, rates: &Arc<Rates>) -> impl Fn(Router<App>) -> Router<App> + use<> {
    let rates = Arc::clone(rates);
    move |routes| routes.layer(from_fn_with_state(Arc::clone(&rates), count))
}

async fn count(State(rates): State<Arc<Rates>>, request: Request, next: Next) -> Response {
    match rates.general.spend(&from(&request)) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persons_sixth_submission_waits_and_anothers_does_not() {
        let rates = Rates::new(&Limits::default());
        for _ in 0..5 {
            rates.submission("demo", "Anna@bank.example").unwrap();
        }
        let sixth = rates.submission("demo", "anna@bank.example").unwrap_err();
        assert_eq!(sixth.status(), 429);
        rates.submission("demo", "berta@bank.example").unwrap();
        rates.submission("other", "anna@bank.example").unwrap();
    }

    #[test]
    fn an_addresss_eleventh_login_waits() {
        let rates = Rates::new(&Limits::default());
        let from = IpAddr::from([198, 51, 100, 7]);
        (0..10).for_each(|_| rates.login(from).unwrap());
        assert_eq!(rates.login(from).unwrap_err().status(), 429);
        rates.login(IpAddr::from([198, 51, 100, 8])).unwrap();
    }
}
