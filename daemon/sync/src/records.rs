//! Records to central: one signed batch at a time, until central holds them all.
//!
//! ```text
//!             ┌─────────── newest number grows, idle check, nudge ───────────┐
//!             ▼                                                             │
//!  ask acknowledged ──► batch ──► POST ──► durable ──► acknowledge ──► outbox empty ──► evidence
//!             ▲                    │ 409: central's number says where to go on
//!             └── back-off ◄───────┴─ any failure: say why, wait, begin again
//! ```
//!
//! HTTPS comes first where either way may carry them: its answers come at once and say what is wrong, and evidence needs it
//! anyway. As long as central can't be reached by it, what waits goes by MQTT, while HTTPS is tried again after each
//! back-off.
//!
//! A central that lost what it had acknowledged (an older backup came back) is sent it again, as far as the
//! store still holds it. Only central's durable number moves the outbox, so a crash anywhere repeats at most one batch,
//! which central recognises by its numbers.

// long file: the pump with both its ways is one machine, whose states are its fields

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::{Method, StatusCode};
use kiosk_pki::TlsFiles;
use kiosk_store::Store;
use kiosk_wire::{
    Acknowledgement, Batch, BatchSignature, CentralPublicKey, ErrorBody, KioskId, LOG_FORKED,
    OsRandom, RECORD_UNKNOWN, Record, SealedKey, limits,
};
use rand::rngs::StdRng;
use tokio::sync::{Notify, watch};

use crate::backoff::Backoff;
use crate::by_mqtt::Carrier;
use crate::clock::Clock;
use crate::config::{Limits, RecordsBy};
use crate::evidence::EvidenceRun;
use crate::identity;
use crate::link::{Answer, Ask, Link};
use crate::reason::{Peer, Why};
use crate::receipt;
use crate::state::{Board, Transport};

/// What the HTTPS task needs.
pub(crate) struct Pump {
    pub(crate) kiosk: KioskId,
    pub(crate) central_key: CentralPublicKey,
    pub(crate) by: RecordsBy,
    /// Whose key signs.
    pub(crate) identity: TlsFiles,
    pub(crate) clock: Clock,
    pub(crate) carrier: Carrier,
    pub(crate) link: Link,
    pub(crate) evidence: EvidenceRun,
    pub(crate) store: Store,
    pub(crate) limits: Limits,
    pub(crate) board: Board,
    pub(crate) backoff: Backoff,
    pub(crate) rng: StdRng,
    pub(crate) nudge: Arc<Notify>,
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
                    self.pause(pause, &mut newest).await;
                }
            }
        }
    }

    /// Sends until central holds everything.
    async fn all(&mut self, by_record: bool) -> Result<(), Why> {
        match self.by {
            RecordsBy::Https => self.all_by_https(by_record).await,
            RecordsBy::Mqtt => {
                self.all_by_mqtt().await?;
                while self.one_piece().await? {}
                self.reached();
                Ok(())
            }
            RecordsBy::Either => {
                let told = self.all_by_https(by_record).await;
                if told.as_ref().is_err_and(Why::is_of_the_way) {
                    let nudge = Arc::clone(&self.nudge);
                    tokio::select! {
                        () = self.instead() => {}
                        () = nudge.notified() => nudge.notify_one(),
                    }
                }
                told
            }
        }
    }

    /// Unless a new record alone is the reason, asks first from where to go on. Online is who could send: a central
    /// that answers questions but takes no batch does not count.
    async fn all_by_https(&mut self, by_record: bool) -> Result<(), Why> {
        if !by_record {
            self.ask_acknowledged().await?;
        }
        loop {
            let left = self.turn().await?;
            self.reached();
            if let Left::Nothing = left {
                return Ok(());
            }
        }
    }

    fn reached(&mut self) {
        self.backoff.succeeded();
        self.board.online(Transport::Records);
    }

    /// What waits goes by MQTT, as far as it does. Why HTTPS does not go is what is shown.
    async fn instead(&mut self) {
        if let Err(why) = self.all_by_mqtt().await {
            tracing::debug!(%why, "records don't go by MQTT either");
        }
    }

    async fn all_by_mqtt(&mut self) -> Result<(), Why> {
        loop {
            if let Some(why) = self.board.broker_waits() {
                return Err(why);
            }
            let most = self.limits.batch_bytes.min(limits::MQTT_BATCH_SEALED_BYTES);
            let records = self.next(most).await?;
            if records.is_empty() {
                return Ok(());
            }
            self.send_by_mqtt(records).await?;
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

    /// Waits before the next attempt. What is recorded meanwhile goes by MQTT at once, where it may.
    async fn pause(&mut self, pause: Duration, newest: &mut watch::Receiver<u64>) {
        let end = tokio::time::Instant::now() + pause;
        let nudge = Arc::clone(&self.nudge);
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(end) => return,
                () = nudge.notified() => return,
                Ok(()) = newest.changed(), if self.by != RecordsBy::Https => {}
            }
            // A batch that is given up here may arrive all the same; its acknowledgement counts whenever it comes.
            tokio::select! {
                () = self.instead() => {}
                () = tokio::time::sleep_until(end) => return,
                () = nudge.notified() => return,
            }
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
    async fn next(&self, bytes: usize) -> Result<Vec<Record>, Why> {
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
        Ok(cut(records, bytes))
    }

    /// Sends one batch, or evidence where no record is left.
    async fn turn(&mut self) -> Result<Left, Why> {
        let records = self.next(self.limits.batch_bytes).await?;
        if records.is_empty() {
            let sent = self.one_piece().await;
            return sent.map(|sent| if sent { Left::More } else { Left::Nothing });
        }
        self.send(records).await.map(|()| Left::More)
    }

    /// Sends one piece of evidence, or a part; false where none is left.
    async fn one_piece(&mut self) -> Result<bool, Why> {
        let sent = self
            .evidence
            .send_one(&mut self.link, &self.store, &self.kiosk)
            .await;
        self.board.evidence_set_aside(self.evidence.set_aside());
        sent
    }

    /// A batch with its keys, signed, as it travels.
    async fn batch(&self, records: Vec<Record>) -> Result<Bytes, Why> {
        let keys = self.seal_keys(&records).await?;
        let signer = identity::signer(&self.identity, (self.clock)()).await?;
        let mut batch = Batch::unsigned(self.kiosk.clone(), records, keys);
        let signature = signer.sign(&batch.signed_bytes()).map_err(Why::unready)?;
        batch.signature = Some(BatchSignature {
            certificate: signer.chain_pem().to_owned(),
            signature,
        });
        Ok(serde_json::to_vec(&batch).map_err(Why::unready)?.into())
    }

    async fn send_by_mqtt(&mut self, records: Vec<Record>) -> Result<(), Why> {
        let (first, last) = match (records.first(), records.last()) {
            (Some(first), Some(last)) => (first.number, last.number),
            _ => return Ok(()),
        };
        let body = self.batch(records).await?;
        self.link.pace(body.len()).await;
        let end = tokio::time::Instant::now() + self.limits.exchange;
        let mut told = self.carrier.send(body, self.limits.exchange).await?;
        // What central says as a kiosk comes online, or of a batch that was given up, may come first.
        loop {
            self.take(&told).await?;
            if told.durable >= last {
                self.board.went_by_mqtt(last + 1 - first);
                return Ok(());
            }
            if told.durable >= first || self.lacks.is_some() {
                return Ok(());
            }
            told = self.carrier.next(end).await?;
        }
    }

    async fn send(&mut self, records: Vec<Record>) -> Result<(), Why> {
        let first = records.first().map_or(0, |record| record.number);
        let body = self.batch(records).await?;
        let ask = Ask {
            method: Method::POST,
            path: kiosk_wire::paths::records(&self.kiosk),
            content_type: "application/json",
            body,
        };
        let answer = self.link.ask(&ask).await?;
        match answer.status {
            // The form of a batch, or of a record in it, is younger than central.
            StatusCode::BAD_REQUEST => Err(Why::CentralOutdated),
            StatusCode::UNPROCESSABLE_ENTITY if says(&answer, RECORD_UNKNOWN) => {
                Err(Why::CentralOutdated)
            }
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
        self.take(&told).await?;
        Ok(told.durable)
    }

    async fn take(&mut self, told: &Acknowledgement) -> Result<(), Why> {
        receipt::accept(&self.store, &self.board, told).await?;
        self.lacks = (told.durable < self.store.acknowledged()).then_some(told.durable);
        Ok(())
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

/// Whether central gives this code for its refusal.
fn says(answer: &Answer, code: &str) -> bool {
    let told: Option<ErrorBody> = serde_json::from_slice(&answer.body).ok();
    told.is_some_and(|told| told.error == code)
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
