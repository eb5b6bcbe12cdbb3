//! Records to central by HTTPS: one batch at a time, until central holds them all.
//!
//! ```text
//!             ┌─────────── newest number grows, idle check, nudge ───────────┐
//!             ▼                                                             │
//!  ask acknowledged ──► batch ──► POST ──► durable ──► acknowledge ──► outbox empty ──► evidence
//!             ▲                    │ 409: central's number says where to go on
//!             └── back-off ◄───────┴─ any failure: say why, wait, begin again
//! ```
//!
//! A central that lost what it had acknowledged (an older backup came back) is sent it again, as far as the
//! store still holds it. Only central's durable number moves the outbox, so a crash anywhere repeats at most one batch,
//! which central recognises by its numbers.

use std::time::Duration;

use hyper::{Method, StatusCode};
use kiosk_store::Store;
use kiosk_wire::{
    Batch, CentralPublicKey, ErrorBody, KioskId, LOG_FORKED, OsRandom, Record, SealedKey,
};
use rand::rngs::StdRng;
use tokio::sync::{Notify, watch};

use crate::backoff::Backoff;
use crate::config::Limits;
use crate::evidence::EvidenceRun;
use crate::link::{Answer, Ask, Link};
use crate::reason::{Peer, Why};
use crate::receipt;
use crate::state::{Board, Transport};

/// What the HTTPS task needs.
pub(crate) struct Pump {
    pub(crate) kiosk: KioskId,
    pub(crate) central_key: CentralPublicKey,
    pub(crate) link: Link,
    pub(crate) evidence: EvidenceRun,
    pub(crate) store: Store,
    pub(crate) limits: Limits,
    pub(crate) board: Board,
    pub(crate) backoff: Backoff,
    pub(crate) rng: StdRng,
    pub(crate) nudge: std::sync::Arc<Notify>,
    /// Central's number, where it holds less than it had acknowledged before: an older backup, say.
    pub(crate) lacks: Option<u64>,
}

/// What one turn has left to do.
enum Left {
    /// More may be waiting.
    More,
    /// Central holds everything.
    Nothing,
}

impl Pump {
    /// Runs until `stop` says so. A turn that is cut off is repeated by the next run.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let board = self.board.clone();
        tokio::select! {
            // Fails only where the handle is gone: then it is time to stop, too.
            _ = stop.wait_for(|stop| *stop) => {}
            () = self.pump() => {}
        }
        board.waiting(Transport::Records, Why::Stopped);
    }

    /// Never returns.
    async fn pump(&mut self) {
        let mut newest = self.store.subscribe();
        let mut by_record = false;
        loop {
            newest.mark_unchanged();
            match self.all(by_record).await {
                Ok(()) => by_record = self.woken(&mut newest).await,
                Err(why) => {
                    by_record = false;
                    self.board.waiting(Transport::Records, why);
                    let pause = self.backoff.next(&mut self.rng);
                    self.pause(pause).await;
                }
            }
        }
    }

    /// Sends until central holds everything. Unless a new record alone is the reason, asks first from
    /// where to go on. Online is who could send: a central that answers questions but takes no batch
    /// does not count.
    async fn all(&mut self, by_record: bool) -> Result<(), Why> {
        if !by_record {
            self.ask_acknowledged().await?;
        }
        loop {
            let left = self.turn().await?;
            self.backoff.succeeded();
            self.board.online(Transport::Records);
            if let Left::Nothing = left {
                return Ok(());
            }
        }
    }

    /// Waits for a new record (true), or for the next idle check.
    async fn woken(&self, newest: &mut watch::Receiver<u64>) -> bool {
        tokio::select! {
            changed = newest.changed() => match changed {
                Ok(()) => true,
                // The store is gone; so will this task be in a moment.
                Err(_) => std::future::pending().await,
            },
            () = self.nudge.notified() => false,
            () = tokio::time::sleep(self.limits.idle_check) => false,
        }
    }

    async fn pause(&self, pause: Duration) {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = self.nudge.notified() => {}
        }
    }

    async fn ask_acknowledged(&mut self) -> Result<(), Why> {
        let path = kiosk_wire::paths::acknowledged(&self.kiosk);
        let answer = self.link.ask(&Ask::bare(Method::GET, path)).await?;
        if answer.status != StatusCode::OK {
            return Err(refusal(answer.status));
        }
        self.accept(&answer).await?;
        Ok(())
    }

    /// What goes next: what waits, or again what central had once and lacks now.
    async fn next(&self) -> Result<Vec<Record>, Why> {
        let let_go = self.store.acknowledged();
        let most = self.limits.batch_records;
        let records = match self.lacks.filter(|lacks| *lacks < let_go) {
            Some(lacks) => {
                let again = self.store.held_after(lacks, most).await;
                let again = again.map_err(Why::store)?;
                if again.is_empty() {
                    return Err(Why::Gap {
                        central: lacks,
                        kiosk: let_go,
                    });
                }
                tracing::info!(after = lacks, "central asks for records again");
                again
            }
            None => self.store.outbox(most).await.map_err(Why::store)?,
        };
        Ok(cut(records, self.limits.batch_bytes))
    }

    /// Sends one batch, or evidence where no record is left.
    async fn turn(&mut self) -> Result<Left, Why> {
        let records = self.next().await?;
        if records.is_empty() {
            let sent = self
                .evidence
                .send_one(&mut self.link, &self.store, &self.kiosk)
                .await;
            self.board.evidence_set_aside(self.evidence.set_aside());
            return sent.map(|sent| if sent { Left::More } else { Left::Nothing });
        }
        self.send(records).await.map(|()| Left::More)
    }

    async fn send(&mut self, records: Vec<Record>) -> Result<(), Why> {
        let first = records.first().map_or(0, |record| record.number);
        let keys = self.seal_keys(&records).await?;
        let batch = Batch {
            kiosk: self.kiosk.clone(),
            records,
            keys,
        };
        let body = serde_json::to_vec(&batch).map_err(Why::unready)?;
        let ask = Ask {
            method: Method::POST,
            path: kiosk_wire::paths::records(&self.kiosk),
            content_type: "application/json",
            body: body.into(),
        };
        let answer = self.link.ask(&ask).await?;
        match answer.status {
            StatusCode::CONFLICT if let Some(number) = forked(&answer) => {
                Err(Why::Forked { number })
            }
            StatusCode::OK | StatusCode::CREATED | StatusCode::CONFLICT => {
                let told = self.accept(&answer).await?;
                progress(told, first)
            }
            status => Err(refusal(status)),
        }
    }

    /// Takes what central says it holds, and returns its number.
    async fn accept(&mut self, answer: &Answer) -> Result<u64, Why> {
        let told = receipt::read(&answer.body)
            .filter(|told| told.kiosk == self.kiosk)
            .ok_or(Why::CentralUnintelligible(
                "no acknowledgement of this kiosk",
            ))?;
        receipt::accept(&self.store, &self.board, &told).await?;
        self.lacks = (told.durable < self.store.acknowledged()).then_some(told.durable);
        Ok(told.durable)
    }

    /// The keys of the records' sessions, sealed to central. An erased one is left out: nobody is to
    /// read those records any more.
    async fn seal_keys(&self, records: &[Record]) -> Result<Vec<SealedKey>, Why> {
        let mut sessions: Vec<_> = records.iter().map(|record| record.session).collect();
        sessions.sort_unstable();
        sessions.dedup();
        let keys = self
            .store
            .session_keys(&sessions)
            .await
            .map_err(Why::store)?;
        let sealed = keys.into_iter().map(|(session, key)| {
            SealedKey::seal(&self.central_key, &OsRandom, &self.kiosk, session, &key)
        });
        sealed.collect::<Result<_, _>>().map_err(Why::unready)
    }
}

/// The number at which central says that the two logs differ, where it says so.
fn forked(answer: &Answer) -> Option<u64> {
    let told: ErrorBody = serde_json::from_slice(&answer.body).ok()?;
    told.number.filter(|_| told.error == LOG_FORKED)
}

/// Whether central's number after a batch that begins with `first` is one to go on from. Sending the
/// same again at once would not help.
fn progress(central: u64, first: u64) -> Result<(), Why> {
    match central == first.saturating_sub(1) {
        true => Err(Why::CentralUnintelligible(
            "it answered a batch and holds none of it",
        )),
        false => Ok(()),
    }
}

/// What a status other than success means.
pub(crate) fn refusal(status: StatusCode) -> Why {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Why::CertificateRefused(Peer::Central, status.as_u16().to_string())
        }
        StatusCode::PAYLOAD_TOO_LARGE => Why::TooLarge,
        StatusCode::UNPROCESSABLE_ENTITY => Why::ChainRefused,
        status => Why::CentralError(status.as_u16()),
    }
}

/// The longest beginning that stays within `bytes`, but at least one record.
fn cut(mut records: Vec<Record>, bytes: usize) -> Vec<Record> {
    let mut sum = 0;
    let fits = records.iter().take_while(|record| {
        sum += record.sealed.len();
        sum <= bytes
    });
    let count = fits.count().max(1);
    records.truncate(count);
    records
}
