//! One-time codes that are out: six digits, five minutes, five tries, one an applicant.
//!
//! ```text
//! none ─sent─► awaited ─right─► none      a code that is sent takes the place of the one before
//!                 └─wrong, 5 times─► spent ─sent─► awaited
//! ```
//!
//! Of a code only a salted hash is kept, over the applicant, the channel and the digits together: a code that was sent to
//! another, or by another way, is wrong. They end with the process.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use kiosk_session::{Redacted, SessionId};
use rand::Rng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use time::{Duration, OffsetDateTime};

use crate::courier::Channel;
use crate::web::problem::Problem;

/// How long a code holds.
pub(super) const LIFETIME: Duration = Duration::minutes(5);
/// How often one may be tried.
pub(super) const TRIES: u8 = 5;
/// How many digits it has.
pub(super) const DIGITS: usize = 6;
/// Codes to one address in an hour, whoever asks: nobody's mailbox or telephone is flooded through a kiosk.
const AN_HOUR: NonZeroU32 = NonZeroU32::new(5).unwrap();
/// Most codes that are out, and most addresses that are remembered.
const MOST: usize = 10_000;

type Hash = [u8; 32];

/// The codes that are out, and how many went to each address.
pub(super) struct Codes {
    out: Mutex<HashMap<SessionId, Code>>,
    /// By a hash of the address.
    sent: RateLimiter<Hash, HashMapStateStore<Hash>, DefaultClock>,
    clock: DefaultClock,
}

struct Code {
    salt: [u8; 16],
    hash: Hash,
    /// Where it was sent.
    address: Redacted<String>,
    until: OffsetDateTime,
    tries_left: u8,
}

impl Codes {
    pub(super) fn new() -> Self {
        Self {
            out: Mutex::default(),
            sent: RateLimiter::hashmap(Quota::per_hour(AN_HOUR)),
            clock: DefaultClock::default(),
        }
    }

    /// A code for that address, as it is to be sent. It holds from now on.
    pub(super) fn issue(
        &self,
        applicant: SessionId,
        channel: Channel,
        address: &Redacted<String>,
        now: OffsetDateTime,
    ) -> Result<Redacted<String>, Problem> {
        self.count(channel, address)?;
        let mut random = rand::rng();
        let digits = format!("{:06}", random.random_range(0..1_000_000_u32));
        let salt: [u8; 16] = random.random();
        let code = Code {
            salt,
            hash: hash(salt, applicant, channel, digits.as_bytes()),
            address: address.clone(),
            until: now + LIFETIME,
            tries_left: TRIES,
        };
        let mut out = self.out();
        if out.len() >= MOST {
            out.retain(|_, other| other.until > now);
        }
        if out.len() >= MOST && !out.contains_key(&applicant) {
            return Err(Problem::unavailable("too many codes are out"));
        }
        out.insert(applicant, code);
        Ok(Redacted::new(digits))
    }

    /// Takes a code back that did not reach anybody.
    pub(super) fn withdraw(&self, applicant: SessionId) {
        self.out().remove(&applicant);
    }

    /// Tries a code: the address that it proves, where it is right. Right or not, the try is spent before it is compared.
    pub(super) fn attempt(
        &self,
        applicant: SessionId,
        channel: Channel,
        digits: &[u8],
        now: OffsetDateTime,
    ) -> Result<Redacted<String>, Problem> {
        let mut out = self.out();
        let code = out.get_mut(&applicant).ok_or(Problem::OTP_MISSING)?;
        if now >= code.until {
            out.remove(&applicant);
            return Err(Problem::OTP_EXPIRED);
        }
        code.tries_left = code.tries_left.checked_sub(1).ok_or(Problem::OTP_SPENT)?;
        let tried = hash(code.salt, applicant, channel, digits);
        if !bool::from(tried.ct_eq(&code.hash)) {
            return Err(Problem::wrong_code(code.tries_left));
        }
        let address = code.address.clone();
        out.remove(&applicant);
        Ok(address)
    }

    fn count(&self, channel: Channel, address: &Redacted<String>) -> Result<(), Problem> {
        if self.sent.len() >= MOST {
            self.sent.retain_recent();
        }
        let of_address = Sha256::new()
            .chain_update(channel.name())
            .chain_update([0])
            .chain_update(address.reveal().to_lowercase());
        self.sent
            .check_key(&of_address.finalize().into())
            .map_err(|until| {
                let wait = until.wait_time_from(self.clock.now());
                Problem::too_many_codes(wait.as_secs() + 1)
            })
    }

    /// A panic while it was held leaves whole entries: each is put in at once.
    fn out(&self) -> MutexGuard<'_, HashMap<SessionId, Code>> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hash(salt: [u8; 16], applicant: SessionId, channel: Channel, digits: &[u8]) -> Hash {
    let whole = Sha256::new()
        .chain_update(salt)
        .chain_update(applicant.0.as_bytes())
        .chain_update(channel.name())
        .chain_update([0])
        .chain_update(digits);
    whole.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
    const APPLICANT: SessionId = SessionId(Uuid::from_u128(1));
    const OTHER: SessionId = SessionId(Uuid::from_u128(2));

    fn to(name: &str) -> Redacted<String> {
        Redacted::new(format!("{name}@example.com"))
    }

    fn issued(codes: &Codes, applicant: SessionId) -> String {
        let code = codes.issue(applicant, Channel::Email, &to("a"), NOW);
        code.unwrap().reveal().clone()
    }

    fn tried(
        codes: &Codes,
        applicant: SessionId,
        digits: &str,
        at: OffsetDateTime,
    ) -> &'static str {
        let attempt = codes.attempt(applicant, Channel::Email, digits.as_bytes(), at);
        attempt.map_or_else(|problem| problem.code(), |_| "right")
    }

    #[test]
    fn a_code_has_six_digits_and_is_right_once() {
        let codes = Codes::new();
        let code = issued(&codes, APPLICANT);
        assert!(code.len() == DIGITS && code.bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(tried(&codes, APPLICANT, &code, NOW), "right");
        assert_eq!(tried(&codes, APPLICANT, &code, NOW), "OTP_MISSING");
    }

    #[test]
    fn a_code_holds_until_its_last_second() {
        let codes = Codes::new();
        let last = NOW + LIFETIME - Duration::SECOND;
        let code = issued(&codes, APPLICANT);
        assert_eq!(tried(&codes, APPLICANT, &code, last), "right");
        let code = issued(&codes, APPLICANT);
        assert_eq!(
            tried(&codes, APPLICANT, &code, NOW + LIFETIME),
            "OTP_EXPIRED"
        );
        assert_eq!(tried(&codes, APPLICANT, &code, NOW), "OTP_MISSING");
    }

    #[test]
    fn after_five_wrong_tries_the_right_code_is_refused() {
        let codes = Codes::new();
        let code = issued(&codes, APPLICANT);
        for _ in 0..TRIES {
            assert_eq!(tried(&codes, APPLICANT, "x", NOW), "OTP_WRONG");
        }
        assert_eq!(tried(&codes, APPLICANT, &code, NOW), "OTP_SPENT");
    }

    #[test]
    fn a_code_is_of_one_applicant_and_one_channel() {
        let codes = Codes::new();
        let (own, others) = loop {
            let both = (issued(&codes, APPLICANT), issued_to(&codes, OTHER, "b"));
            if both.0 != both.1 {
                break both;
            }
        };
        assert_eq!(tried(&codes, APPLICANT, &others, NOW), "OTP_WRONG");
        let by_sms = codes.attempt(APPLICANT, Channel::Sms, own.as_bytes(), NOW);
        assert_eq!(by_sms.unwrap_err().code(), "OTP_WRONG");
        assert_eq!(tried(&codes, APPLICANT, &own, NOW), "right");
    }

    fn issued_to(codes: &Codes, applicant: SessionId, name: &str) -> String {
        let code = codes.issue(applicant, Channel::Email, &to(name), NOW);
        code.unwrap().reveal().clone()
    }

    #[test]
    fn one_address_gets_five_codes_an_hour_whoever_asks() {
        let codes = Codes::new();
        for applicant in 0..5 {
            let applicant = SessionId(Uuid::from_u128(applicant));
            codes
                .issue(applicant, Channel::Email, &to("a"), NOW)
                .unwrap();
        }
        let same = Redacted::new("A@EXAMPLE.com".to_owned());
        let sixth = codes.issue(OTHER, Channel::Email, &same, NOW);
        assert_eq!(sixth.unwrap_err().code(), "OTP_RATE_LIMITED");
        codes.issue(OTHER, Channel::Email, &to("b"), NOW).unwrap();
    }
}
