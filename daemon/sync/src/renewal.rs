//! The kiosk's certificate, renewed before it runs out.
//!
//! ```text
//!  30 days and a random part of 5 more before its end (of a shorter one: its last third)
//!    ──► new key, request ──► central signs ──► waits in a folder of its own
//!    ──► a connection with it that central answers ──► takes the old one's place
//! ```
//!
//! Until the new one is proved, the old one is used; what goes wrong is tried again an hour later.

use std::path::PathBuf;
use std::time::Duration;

use hyper::{Method, StatusCode};
use kiosk_pki::{PkiError, Request, TlsFiles, Validity, finish_installing, own_validity};
use kiosk_wire::{KioskId, paths};
use rand::Rng;
use rand::rngs::StdRng;
use time::OffsetDateTime;

use crate::link::{Ask, Link};
use crate::reason::Why;
use crate::records::refusal;
use crate::true_clock::TrueClock;

const AHEAD: time::Duration = time::Duration::days(30);
const JITTER: time::Duration = time::Duration::days(5);
const AGAIN_AFTER: Duration = Duration::from_secs(3600);

/// Keeps one identity fresh.
pub(crate) struct Renewal {
    files: TlsFiles,
    /// Where a new identity waits for its proof.
    folder: PathBuf,
    clock: TrueClock,
    /// Spreads a fleet that was enrolled on one day: this kiosk's part of the jitter.
    part: f64,
    failed: Option<tokio::time::Instant>,
}

/// Why it could not be renewed.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Way(#[from] Why),
    #[error(transparent)]
    Files(#[from] PkiError),
    #[error("the folder for it cannot be made ({0}); check the state folder")]
    Folder(#[from] std::io::Error),
    #[error("a task did not end; is kioskd stopping?")]
    Stopped,
}

impl Renewal {
    pub(crate) fn new(
        files: TlsFiles,
        folder: PathBuf,
        clock: TrueClock,
        rng: &mut StdRng,
    ) -> Self {
        Self {
            files,
            folder,
            clock,
            part: rng.random(),
            failed: None,
        }
    }

    /// Renews where it is time to.
    pub(crate) async fn turn(&mut self, kiosk: &KioskId, link: &mut Link, _rng: &mut StdRng) {
        if self
            .failed
            .is_some_and(|failed| failed.elapsed() < AGAIN_AFTER)
        {
            return;
        }
        self.failed = None;
        // A file that cannot be read shows at the next connection.
        let Ok(validity) = own_validity(&self.files) else {
            return;
        };
        if self.clock.now() < due(&validity, self.part) {
            return;
        }
        match self.renew(kiosk, link).await {
            Ok(()) => tracing::info!("the kiosk's certificate was renewed"),
            Err(error) => {
                self.failed = Some(tokio::time::Instant::now());
                tracing::warn!(%error, "the kiosk's certificate was not renewed; the former one stays");
            }
        }
    }

    async fn renew(&self, kiosk: &KioskId, link: &mut Link) -> Result<(), Fault> {
        let request = Request::new(kiosk.as_str())?;
        let ask = Ask {
            method: Method::POST,
            path: paths::certificate(kiosk),
            content_type: "application/pkcs10",
            body: request.pem().to_owned().into(),
        };
        let answer = link.ask(&ask).await?;
        if answer.status != StatusCode::OK {
            return Err(refusal(answer.status).into());
        }
        let certificate = String::from_utf8(answer.body.to_vec())
            .map_err(|_| Why::CentralUnintelligible("no certificate"))?;
        let identity = request.answered(certificate);
        std::fs::create_dir_all(&self.folder)?;
        let waiting = identity.write(&self.folder, "waiting", &self.files.authority)?;
        let proof = Ask::bare(Method::GET, paths::acknowledged(kiosk));
        match link.with_identity(waiting).ask(&proof).await?.status {
            StatusCode::OK => {}
            status => return Err(refusal(status).into()),
        }
        let files = self.files.clone();
        tokio::task::spawn_blocking(move || identity.install(&files))
            .await
            .map_err(|_| Fault::Stopped)??;
        // The waiting pair is in its place now.
        for name in ["waiting.key", "waiting.pem"] {
            let _ = std::fs::remove_file(self.folder.join(name));
        }
        link.hang_up();
        Ok(())
    }
}

/// Ends what a crash interrupted; said once, at start.
pub(crate) fn finish(files: &TlsFiles) {
    if let Err(error) = finish_installing(files) {
        tracing::warn!(%error, "a renewed certificate could not take its place");
    }
}

/// From when on a certificate is renewed.
fn due(validity: &Validity, part: f64) -> OffsetDateTime {
    let whole = validity.not_after() - validity.not_before();
    let ahead = (AHEAD + JITTER * part).min(whole / 3);
    validity.not_after() - ahead
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_certificate_is_renewed_thirty_to_thirty_five_days_ahead_or_in_its_last_third() {
        let begin = datetime!(2030-01-01 00:00 UTC);
        let of = |days| Validity::between(begin, begin + time::Duration::days(days)).unwrap();
        assert_eq!(due(&of(365), 0.0), begin + time::Duration::days(335));
        assert_eq!(due(&of(365), 1.0), begin + time::Duration::days(330));
        assert_eq!(due(&of(9), 0.5), begin + time::Duration::days(6));
    }
}
