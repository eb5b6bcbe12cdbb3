//! `kioskctl simulate`: a fleet of kiosks against a central, to see what it bears.
//!
//! Each simulated kiosk has its own certificate and its own connection, and sends one session after another as a
//! signed batch of sealed, chained records, as sync does. What is measured is the time from the first attempt of a batch
//! to central's word that it is durable. The kiosks' stores are left out: a thousand of them on one disk would
//! measure that disk.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use clap::Args;
use kiosk_pki::{Authority, Signer, Validity, client_config};
use kiosk_wire::{
    Acknowledgement, Batch, BatchSignature, CentralPublicKey, Chain, DataKey, KioskId, OsRandom,
    Record, SealedKey, paths, seal_record,
};
use tokio::time::Instant;
use uuid::Uuid;

use super::Failed;
use crate::clock::{Clock, SystemClock};

/// A batch that was refused is tried again so often, with a wait in between.
const ATTEMPTS: u32 = 50;
const WAIT_AT_MOST: Duration = Duration::from_secs(2);

/// What is simulated.
#[derive(Debug, Args)]
pub struct Simulate {
    /// Central's address; named again, kiosks are dealt to several.
    #[arg(long, value_name = "URL", required = true)]
    central: Vec<String>,
    /// The folder of an authority that central trusts (`ca.pem`, `ca.key`); kiosks are enrolled by it.
    #[arg(long, value_name = "FOLDER")]
    pki: PathBuf,
    /// Central's public key, to which session keys are sealed.
    #[arg(long, value_name = "FILE")]
    public_key: PathBuf,
    /// How many kiosks.
    #[arg(long, default_value_t = 1000)]
    kiosks: usize,
    /// Sessions of each.
    #[arg(long, default_value_t = 5)]
    sessions: usize,
    /// Records of a session.
    #[arg(long, default_value_t = 8)]
    records: usize,
    /// Bytes of an event, before it is sealed.
    #[arg(long, default_value_t = 900)]
    bytes: usize,
    /// Mean wait of a kiosk between two sessions, seconds: 0 sends as fast as central takes them.
    #[arg(long, default_value_t = 0.0)]
    pause_s: f64,
    /// Central's process, to tell its memory and processor time; named again, of several.
    #[arg(long, value_name = "PID")]
    central_pid: Vec<u32>,
}

/// One kiosk's connection and log.
struct Kiosk {
    id: KioskId,
    client: reqwest::Client,
    signer: Signer,
    chain: Chain,
}

/// What all of them count.
#[derive(Default)]
struct Counts {
    again: AtomicU64,
    failed: AtomicU64,
}

/// Runs the command.
#[allow(
    clippy::print_stdout,
    reason = "a command line answers on standard output"
)]
pub fn run(wanted: &Simulate) -> Result<(), Failed> {
    let runtime = tokio::runtime::Runtime::new().map_err(Failed::work)?;
    let text = std::fs::read_to_string(&wanted.public_key).map_err(Failed::usage)?;
    let key: CentralPublicKey = text.parse().map_err(Failed::usage)?;
    let folder = tempfile::tempdir().map_err(Failed::work)?;
    let kiosks = enrol(wanted, folder.path())?;
    println!("{} kiosks enrolled", kiosks.len());
    let counts = Arc::new(Counts::default());
    let before = worked(&wanted.central_pid);
    let (taken, elapsed) = runtime.block_on(all(wanted, kiosks, &key, &counts));
    let after = worked(&wanted.central_pid);
    tell(wanted, taken, elapsed, &counts);
    if !wanted.central_pid.is_empty() {
        tell_centrals(wanted, before.zip(after));
    }
    match counts.failed.load(Ordering::Relaxed) {
        0 => Ok(()),
        failed => Err(Failed::Work(format!(
            "{failed} kiosks gave up; see central's log"
        ))),
    }
}

#[allow(
    clippy::print_stdout,
    reason = "a command line answers on standard output"
)]
fn tell(wanted: &Simulate, mut taken: Vec<Duration>, elapsed: Duration, counts: &Counts) {
    taken.sort_unstable();
    let at = |share: f64| {
        let place = (taken.len() as f64 * share) as usize;
        taken
            .get(place.min(taken.len().saturating_sub(1)))
            .map_or("not measured".to_owned(), |took| {
                format!("{:.1} ms", took.as_secs_f64() * 1e3)
            })
    };
    println!(
        "sessions durable  {} of {}",
        taken.len(),
        wanted.kiosks * wanted.sessions
    );
    println!(
        "sessions a second {:.1}",
        taken.len() as f64 / elapsed.as_secs_f64()
    );
    println!(
        "to durable        p50 {}, p99 {}, longest {}",
        at(0.5),
        at(0.99),
        at(1.0)
    );
    println!("attempts again    {}", counts.again.load(Ordering::Relaxed));
}

/// What the centrals took: memory at most, and processor time for a session.
#[allow(
    clippy::print_stdout,
    reason = "a command line answers on standard output"
)]
fn tell_centrals(wanted: &Simulate, worked: Option<(Duration, Duration)>) {
    let unknown = || "not measured: no such process".to_owned();
    let memory: Option<Vec<u64>> = wanted.central_pid.iter().map(|pid| memory(*pid)).collect();
    let memory = memory.map(|kib| {
        let each = kib
            .iter()
            .map(|kib| format!("{:.1} MiB", *kib as f64 / 1024.0));
        format!("{} at most", each.collect::<Vec<_>>().join(", "))
    });
    println!("central's memory  {}", memory.unwrap_or_else(unknown));
    let sessions = (wanted.kiosks * wanted.sessions) as f64;
    let worked = worked.map(|(before, after)| {
        let took = after.saturating_sub(before).as_secs_f64() * 1e3;
        format!("{:.2} ms of processor a session", took / sessions)
    });
    println!("central's work    {}", worked.unwrap_or_else(unknown));
}

fn enrol(wanted: &Simulate, folder: &std::path::Path) -> Result<Vec<Kiosk>, Failed> {
    let authority = Authority::open(&wanted.pki).map_err(Failed::usage)?;
    let (now, ca) = (SystemClock.now(), wanted.pki.join("ca.pem"));
    let enrolled = (0..wanted.kiosks).map(|number| {
        // Another run has other kiosks: their logs begin anew.
        let id = format!("sim-{}-{number}", Uuid::new_v4().simple());
        let identity = authority
            .kiosk(&id, Validity::days(now, 1))
            .map_err(Failed::work)?;
        let files = identity.write(folder, &id, &ca).map_err(Failed::work)?;
        let tls = client_config(&files, now).map_err(Failed::work)?;
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .timeout(Duration::from_secs(60))
            .build()
            .map_err(Failed::work)?;
        Ok(Kiosk {
            id: id.parse().map_err(Failed::work)?,
            client,
            signer: Signer::load(&files, now).map_err(Failed::work)?,
            chain: Chain::default(),
        })
    });
    enrolled.collect()
}

/// Runs every kiosk; gives how long each session took to be durable, and the whole.
async fn all(
    wanted: &Simulate,
    kiosks: Vec<Kiosk>,
    key: &CentralPublicKey,
    counts: &Arc<Counts>,
) -> (Vec<Duration>, Duration) {
    let begun = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for (mut kiosk, central) in kiosks.into_iter().zip(wanted.central.iter().cycle()) {
        let plan = Plan {
            central: central.trim_end_matches('/').to_owned(),
            key: key.clone(),
            sessions: wanted.sessions,
            records: wanted.records,
            bytes: wanted.bytes,
            pause_s: wanted.pause_s,
        };
        let counts = Arc::clone(counts);
        running.spawn(async move { plan.carry_out(&mut kiosk, &counts).await });
    }
    let mut taken = Vec::new();
    while let Some(done) = running.join_next().await {
        taken.extend(done.unwrap_or_default());
    }
    (taken, begun.elapsed())
}

/// What one kiosk does.
struct Plan {
    central: String,
    key: CentralPublicKey,
    sessions: usize,
    records: usize,
    bytes: usize,
    pause_s: f64,
}

impl Plan {
    async fn carry_out(&self, kiosk: &mut Kiosk, counts: &Counts) -> Vec<Duration> {
        let mut taken = Vec::new();
        for _ in 0..self.sessions {
            if self.pause_s > 0.0 {
                let pause = self.pause_s * 2.0 * rand::random::<f64>();
                tokio::time::sleep(Duration::from_secs_f64(pause)).await;
            }
            let Some(batch) = self.session(kiosk) else {
                counts.failed.fetch_add(1, Ordering::Relaxed);
                break;
            };
            let begun = Instant::now();
            if !self.send(kiosk, &batch, counts).await {
                counts.failed.fetch_add(1, Ordering::Relaxed);
                break;
            }
            taken.push(begun.elapsed());
        }
        taken
    }

    /// The next session's records, sealed and chained.
    fn session(&self, kiosk: &mut Kiosk) -> Option<Batch> {
        let (session, key) = (Uuid::new_v4(), DataKey::generate(&OsRandom).ok()?);
        let mut records = Vec::with_capacity(self.records);
        for _ in 0..self.records {
            let (number, event) = (kiosk.chain.newest() + 1, vec![b' '; self.bytes]);
            let sealed = seal_record(&key, &OsRandom, &kiosk.id, number, session, &event).ok()?;
            let record = Record::chain(
                kiosk.id.clone(),
                number,
                session,
                kiosk.chain.head(),
                sealed,
            );
            kiosk.chain.accept(&record).ok()?;
            records.push(record);
        }
        let sealed = SealedKey::seal(&self.key, &OsRandom, &kiosk.id, session, &key).ok()?;
        let mut batch = Batch::unsigned(kiosk.id.clone(), records, vec![sealed]);
        batch.signature = Some(BatchSignature {
            certificate: kiosk.signer.chain_pem().to_owned(),
            signature: kiosk.signer.sign(&batch.signed_bytes()).ok()?,
        });
        Some(batch)
    }

    /// Sends it until central says that it is durable.
    async fn send(&self, kiosk: &Kiosk, batch: &Batch, counts: &Counts) -> bool {
        let url = format!("{}{}", self.central, paths::records(&kiosk.id));
        for attempt in 0..ATTEMPTS {
            let answer = kiosk.client.post(&url).json(batch).send().await;
            if let Ok(answer) = answer
                && answer.status().is_success()
                && let Ok(told) = answer.json::<Acknowledgement>().await
                && (told.durable, told.head) == (kiosk.chain.newest(), kiosk.chain.head())
            {
                return true;
            }
            counts.again.fetch_add(1, Ordering::Relaxed);
            let bound = Duration::from_millis(50 << attempt.min(10)).min(WAIT_AT_MOST);
            tokio::time::sleep(bound.mul_f64(rand::random())).await;
        }
        false
    }
}

/// The most memory that a process has had, KiB (`VmHWM`, proc(5)).
fn memory(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Processor time that processes have taken together, threads that have ended with them: fields 14 and 15 of
/// `/proc/PID/stat` (proc(5)), in ticks of which there are 100 a second on every Linux of ours.
fn worked(pids: &[u32]) -> Option<Duration> {
    const TICK: Duration = Duration::from_millis(10);
    let ticks = |pid: &u32| -> Option<u32> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // A program's name may hold anything; it ends with the last bracket, and field 3 follows it.
        let (_, fields) = stat.rsplit_once(')')?;
        let mut fields = fields.split_whitespace().skip(11);
        let mut next = || fields.next()?.parse::<u32>().ok();
        Some(next()? + next()?)
    };
    let ticks: Option<u32> = pids.iter().map(ticks).sum();
    ticks.map(|ticks| TICK * ticks)
}
