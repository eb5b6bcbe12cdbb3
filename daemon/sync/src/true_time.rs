//! Asking central for the time, now and then.
//!
//! A kiosk whose clock is wrong may take central's certificate, or its own, for one that is not valid. For
//! this question alone certificates are judged a day earlier and a day later, too: the answer is signed with
//! another key, for a fresh nonce, so that who could be let in by it cannot say a time.

use hyper::{Method, StatusCode};
use kiosk_pki::Validity;
use kiosk_wire::{CommandPublicKey, Nonce, OsRandom, Random, SignedTime, paths};
use time::{Duration, OffsetDateTime};

use crate::link::{Ask, Link};
use crate::reason::Why;
use crate::true_clock::TrueClock;

/// A good answer holds for so long.
const EVERY: std::time::Duration = std::time::Duration::from_secs(6 * 3600);
/// By so much a clock may be wrong and still be put right.
const SKEW: Duration = Duration::DAY;

/// When the time was asked for last.
pub(crate) struct TrueTime {
    clock: TrueClock,
    asked: Option<tokio::time::Instant>,
}

impl TrueTime {
    pub(crate) const fn new(clock: TrueClock) -> Self {
        Self { clock, asked: None }
    }

    /// Asks where it is time to. What goes wrong is logged: the records' task shows what it means.
    pub(crate) async fn turn(&mut self, key: &CommandPublicKey, link: &Link) {
        if self.asked.is_some_and(|asked| asked.elapsed() < EVERY) {
            return;
        }
        for then in candidates(self.clock.now(), link.own_validity()) {
            match self.ask(key, &mut link.at_another_time(then)).await {
                Ok(()) => {
                    self.asked = Some(tokio::time::Instant::now());
                    return;
                }
                // These alone may come of a wrong clock.
                Err(
                    Why::OwnCertificateExpired
                    | Why::OwnCertificateNotYetValid
                    | Why::PeerCertificateExpired(_),
                ) => {}
                Err(why) => {
                    tracing::debug!(%why, "central did not tell the time");
                    return;
                }
            }
        }
    }

    async fn ask(&self, key: &CommandPublicKey, link: &mut Link) -> Result<(), Why> {
        let mut nonce: Nonce = Default::default();
        OsRandom.fill(&mut nonce).map_err(Why::unready)?;
        let answer = link
            .ask(&Ask::bare(Method::GET, paths::time(&nonce)))
            .await?;
        match answer.status {
            StatusCode::OK => {}
            // This central has no key to sign with.
            StatusCode::NOT_IMPLEMENTED => return Ok(()),
            status => return Err(Why::CentralError(status.as_u16())),
        }
        let signed = serde_json::from_slice::<SignedTime>(&answer.body)
            .ok()
            .and_then(|told| told.open(key, &nonce).ok())
            .ok_or(Why::CentralUnintelligible("a time that it did not sign"))?;
        match self.clock.correct(signed) {
            Ok(off) if off.abs() > Duration::MINUTE => {
                tracing::warn!(
                    seconds = off.whole_seconds(),
                    "this machine's clock is wrong; set it"
                );
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "central's time was not taken"),
        }
        Ok(())
    }
}

/// Times at which certificates may be valid, where they are not now: the nearest at which the own one is,
/// then a day and half a day off.
fn candidates(now: OffsetDateTime, own: Option<Validity>) -> Vec<OffsetDateTime> {
    let nearest = own.map(|own| {
        let last = own.not_after() - Duration::SECOND;
        now.clamp(own.not_before(), last.max(own.not_before()))
    });
    let nearest = nearest.filter(|then| (*then - now).abs() <= SKEW);
    let off = [SKEW, -SKEW, SKEW / 2, -SKEW / 2];
    let off = off.map(|off| now.saturating_add(off));
    let nearest = nearest.filter(|then| *then != now);
    [now].into_iter().chain(nearest).chain(off).collect()
}
