//! What a call's credential has left, told in the headers of its answer, whatever the answer is.
//!
//! `RateLimit-Policy` and `RateLimit` as draft-ietf-httpapi-ratelimit-headers-10 writes them: `"key";q=60;w=60` is the quota and
//! its window in seconds, `"key";r=59;t=1` what remains and when all of it is back.

use std::cell::Cell;
use std::future::Future;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use governor::middleware::StateSnapshot;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");
/// Every quota here is of a minute.
const WINDOW_S: u32 = 60;

tokio::task_local! {
    /// The credential is found deep in a call and told at its edge.
    static OF_THIS_CALL: Cell<Option<Left>>;
}

/// What remains of a quota after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    /// The quota's name.
    policy: &'static str,
    quota: u32,
    remaining: u32,
    /// How long one call takes to come back.
    interval: Duration,
}

impl Left {
    /// What a limiter says of a call that it let through.
    pub(crate) fn of(policy: &'static str, state: &StateSnapshot) -> Self {
        let quota = state.quota();
        Self {
            policy,
            quota: quota.burst_size().get(),
            remaining: state.remaining_burst_capacity(),
            interval: quota.replenish_interval(),
        }
    }

    /// What is left where a call was not let through.
    pub(crate) fn none_of(policy: &'static str, quota: governor::Quota) -> Self {
        Self {
            policy,
            quota: quota.burst_size().get(),
            remaining: 0,
            interval: quota.replenish_interval(),
        }
    }

    /// Keeps it for the answer of the call that is being handled.
    pub(crate) fn tell(self) {
        // Outside of a call there is nobody to tell.
        let _ = OF_THIS_CALL.try_with(|left| left.set(Some(self)));
    }

    /// Puts it into an answer's head.
    pub(crate) fn put(self, headers: &mut HeaderMap) {
        let whole_in = self.interval * self.quota.saturating_sub(self.remaining);
        let seconds = whole_in.as_millis().div_ceil(1_000);
        let (name, quota, remaining) = (self.policy, self.quota, self.remaining);
        let policy = format!("\"{name}\";q={quota};w={WINDOW_S}");
        let left = format!("\"{name}\";r={remaining};t={seconds}");
        for (header, text) in [(POLICY, policy), (LEFT, left)] {
            if let Ok(value) = HeaderValue::try_from(text) {
                headers.insert(header, value);
            }
        }
    }
}

/// Handles a call, and gives beside its answer what its credential has left; `None` where it showed none that is known.
pub(crate) async fn metered<F: Future>(handling: F) -> (F::Output, Option<Left>) {
    let both = async {
        let answer = handling.await;
        (answer, OF_THIS_CALL.with(Cell::get))
    };
    OF_THIS_CALL.scope(Cell::new(None), both).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: Left = Left {
        policy: "key",
        quota: 60,
        remaining: 30,
        interval: Duration::from_millis(1_001),
    };

    #[tokio::test]
    async fn what_is_told_in_a_call_is_of_that_call_alone() {
        HALF.tell();
        let (answer, left) = metered(async {
            HALF.tell();
            "answer"
        })
        .await;
        assert_eq!((answer, left), ("answer", Some(HALF)));
        assert_eq!(metered(async {}).await.1, None);
    }

    #[test]
    fn the_headers_name_the_quota_what_remains_and_when_all_is_back() {
        let mut headers = HeaderMap::new();
        HALF.put(&mut headers);
        assert_eq!(headers["ratelimit-policy"], "\"key\";q=60;w=60");
        assert_eq!(headers["ratelimit"], "\"key\";r=30;t=31");
    }
}
