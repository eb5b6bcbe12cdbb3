//! One try of one message: over the pinned address, signed, within its time, its answer bounded.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration as Within;

use anyhow::Context;
use kiosk_api::deliveries::Outcome;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER, USER_AGENT};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, StatusCode};
use time::format_description::well_known::Rfc2822;
use time::{Duration, OffsetDateTime};

use super::address::{Allowed, Names, Pinned, Unfit, pinned};
use super::queue::Message;
use super::sign::signatures;

/// A whole try has to end in this time.
const TRY_WITHIN: Within = Within::from_secs(15);
/// A connection has to stand in this time.
const CONNECT_WITHIN: Within = Within::from_secs(5);
/// Most bytes of an answer that are read, so that its connection ends in order; nobody looks at them.
const ANSWER_BYTES: usize = 16 * 1024;

/// What came of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) outcome: Outcome,
    pub(super) status: Option<u16>,
    /// How long the receiver wants to be left alone.
    pub(super) retry_after: Option<Duration>,
}

impl Answer {
    /// One without an answer of the receiver's.
    pub(super) const fn of(outcome: Outcome) -> Self {
        Self {
            outcome,
            status: None,
            retry_after: None,
        }
    }
}

/// Sends messages.
pub(super) struct Sender {
    allowed: Allowed,
    names: Arc<dyn Names>,
    ca: Option<Certificate>,
}

impl Sender {
    pub(super) fn new(allowed: Allowed, names: Arc<dyn Names>) -> anyhow::Result<Self> {
        // Done once in a process; a second time changes nothing.
        drop(Arc::unwrap_or_clone(kiosk_pki::provider()).install_default());
        let ca = match &allowed.ca {
            None => None,
            Some(path) => {
                let place = || format!("[webhooks] ca: {}", path.display());
                let bytes = std::fs::read(path).with_context(place)?;
                Some(Certificate::from_pem(&bytes).with_context(place)?)
            }
        };
        Ok(Self { allowed, names, ca })
    }

    /// Tries once.
    pub(super) async fn send(
        &self,
        message: &Message,
        keys: &[Vec<u8>],
        now: OffsetDateTime,
    ) -> Answer {
        let tried = tokio::time::timeout(TRY_WITHIN, self.tried(message, keys, now));
        tried.await.unwrap_or(Answer::of(Outcome::Unreachable))
    }

    /// A client of its own: nothing is shared between receivers, and the pin holds for this try. The name stays the host's, for
    /// TLS and in the request; only where it is was answered before.
    fn client(&self, to: &Pinned) -> reqwest::Result<Client> {
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .connect_timeout(CONNECT_WITHIN)
            .resolve_to_addrs(&to.host, &to.addresses);
        match &self.ca {
            Some(ca) => client.tls_certs_merge([ca.clone()]),
            None => client,
        }
        .build()
    }

    async fn tried(&self, message: &Message, keys: &[Vec<u8>], now: OffsetDateTime) -> Answer {
        let pinned = pinned(message.url.reveal(), &self.allowed, &*self.names).await;
        let to = match pinned {
            Ok(to) => to,
            Err(Unfit::Unknown) => return Answer::of(Outcome::Unreachable),
            Err(_) => return Answer::of(Outcome::AddressRefused),
        };
        let Ok(client) = self.client(&to) else {
            tracing::warn!("no client for webhooks could be made");
            return Answer::of(Outcome::Unreachable);
        };
        let (id, timestamp) = (message.id.to_string(), now.unix_timestamp());
        let sent = client
            .post(to.url)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("kioskd/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", &id)
            .header("webhook-timestamp", timestamp)
            .header(
                "webhook-signature",
                signatures(keys, &id, timestamp, &message.body),
            )
            .body(message.body.clone())
            .send()
            .await;
        match sent {
            // Its text may hold the address.
            Err(error) => Answer::of(missed(&error)),
            Ok(mut answer) => {
                let judged = judged(answer.status(), answer.headers(), now);
                let mut read = 0;
                while let Ok(Some(chunk)) = answer.chunk().await {
                    read += chunk.len();
                    if read > ANSWER_BYTES {
                        break;
                    }
                }
                judged
            }
        }
    }
}

/// Why no answer came: a receiver that does not prove its name is another matter than one that is not there.
fn missed(error: &reqwest::Error) -> Outcome {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
            return Outcome::Untrusted;
        }
        // What an I/O error wraps is not among its sources; it may wrap another.
        cause = match error.downcast_ref::<std::io::Error>() {
            Some(wrapping) => wrapping.get_ref().map(|inner| inner as _),
            None => error.source(),
        };
    }
    Outcome::Unreachable
}

fn judged(status: StatusCode, headers: &HeaderMap, now: OffsetDateTime) -> Answer {
    let outcome = match status {
        taken if taken.is_success() => Outcome::Delivered,
        elsewhere if elsewhere.is_redirection() => Outcome::Redirected,
        StatusCode::GONE => Outcome::Gone,
        _ => Outcome::Refused,
    };
    Answer {
        outcome,
        status: Some(status.as_u16()),
        retry_after: headers.get(RETRY_AFTER).and_then(|value| {
            let text = value.to_str().ok()?.trim();
            wait(text, now)
        }),
    }
}

/// Seconds, or a moment as HTTP writes it (RFC 9110, section 10.2.3).
fn wait(text: &str, now: OffsetDateTime) -> Option<Duration> {
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Duration::seconds(seconds.into()));
    }
    let at = OffsetDateTime::parse(&text.replace("GMT", "+0000"), &Rfc2822).ok()?;
    Some((at - now).max(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn only_2xx_is_taken_and_a_redirection_is_a_failure() {
        let now = datetime!(2024-01-15 10:30:00 UTC);
        let none = HeaderMap::new();
        for (status, outcome) in [
            (200, Outcome::Delivered),
            (204, Outcome::Delivered),
            (302, Outcome::Redirected),
            (304, Outcome::Redirected),
            (400, Outcome::Refused),
            (410, Outcome::Gone),
            (503, Outcome::Refused),
        ] {
            let status = StatusCode::from_u16(status).unwrap_or_default();
            assert_eq!(judged(status, &none, now).outcome, outcome, "{status}");
        }
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_moment() {
        let now = datetime!(2024-01-15 10:30:00 UTC);
        assert_eq!(wait("120", now), Some(Duration::minutes(2)));
        assert_eq!(
            wait("Mon, 15 Jan 2024 10:31:00 GMT", now),
            Some(Duration::minutes(1))
        );
        assert_eq!(
            wait("Mon, 15 Jan 2024 10:29:00 GMT", now),
            Some(Duration::ZERO)
        );
        assert_eq!(wait("soon", now), None);
    }
}
