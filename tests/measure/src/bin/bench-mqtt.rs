//! `cargo xtask bench mqtt`: live events to a broker, by the client that sync uses and by paho, in turns.
//!
//! ```text
//! publish ──[so many unconfirmed]──► client ──TLS 1.3, both certificates──► Mosquitto ──► PUBACK
//! ```
//!
//! Both publish the same payloads with QoS 1 to the same Mosquitto in one run. A time runs from when there is room for
//! one more to its confirmation. rumqttc has sync's settings: 8 requests before the event loop, 16 unconfirmed.

#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(clippy::disallowed_methods, reason = "time is what is measured here")]

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use kiosk_measure::figures::{commit, load, machine, ms, percentile};
use kiosk_pki::{DemoSet, TlsFiles, Validity, write_demo_set};
use kiosk_tests::now;
use kiosk_tests::rig::{BrokerFiles, Mosquitto};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};
use tokio::sync::Semaphore;

/// As in `daemon/sync/src/live`.
const REQUESTS: usize = 8;
const TOPIC: &str = "kiosk/v1/bench/kiosk-1/events";
/// A live event's length, bytes.
const PAYLOAD: usize = 420;
const UNCONFIRMED: [u16; 2] = [1, 16];

#[derive(Debug, Parser)]
struct Options {
    /// Turns of each client; the median is told
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of each turn
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// A Python that has paho-mqtt; without it paho is left out
    #[arg(long)]
    peers: Option<PathBuf>,
    /// The page that is written
    #[arg(long)]
    page: Option<PathBuf>,
}

/// One turn.
struct Turn {
    rate: f64,
    p50_ms: f64,
    p99_ms: f64,
}

impl Turn {
    fn of(elapsed_s: f64, took_ms: &[f64]) -> Result<Self> {
        let at = |share| percentile(took_ms, share).context("nothing was published");
        Ok(Self {
            rate: took_ms.len() as f64 / elapsed_s,
            p50_ms: at(0.5)?,
            p99_ms: at(0.99)?,
        })
    }
}

struct Rig {
    _folder: tempfile::TempDir,
    broker: Mosquitto,
    kiosk: TlsFiles,
}

impl Rig {
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let set = DemoSet {
            tenant: "bench",
            kiosks: &["kiosk-1"],
            hosts: &["localhost", "127.0.0.1"],
            validity: Validity::days(now(), 1),
        };
        let mut pki = write_demo_set(&folder.path().join("pki"), &set)?;
        let files = BrokerFiles::of(&pki.broker, &["central"]);
        Ok(Self {
            broker: Mosquitto::start(&folder.path().join("broker"), &files)?,
            kiosk: pki.kiosks.swap_remove(0),
            _folder: folder,
        })
    }

    /// rumqttc, as sync sets it up.
    async fn ours(&self, unconfirmed: u16, time: Duration) -> Result<Turn> {
        let mut options = MqttOptions::new("bench-rumqttc", "localhost", self.broker.port());
        let tls = kiosk_pki::client_config(&self.kiosk, now())?;
        options
            .set_keep_alive(Duration::from_secs(20))
            .set_outgoing_inflight_upper_limit(unconfirmed)
            .set_transport(Transport::Tls(TlsConfiguration::Rustls(Arc::new(tls))));
        let (client, mut events) = AsyncClient::new(options, REQUESTS);
        loop {
            if let Event::Incoming(Packet::ConnAck(_)) = events.poll().await? {
                break;
            }
        }
        let room = Arc::new(Semaphore::new(usize::from(unconfirmed)));
        // Mosquitto confirms in the order of publishing.
        let sent: Arc<std::sync::Mutex<VecDeque<Instant>>> = Arc::default();
        let last_goes = Arc::new(AtomicBool::new(false));
        let begun = Instant::now();
        let speaker = tokio::spawn({
            let (room, sent) = (Arc::clone(&room), Arc::clone(&sent));
            let last_goes = Arc::clone(&last_goes);
            async move {
                while !last_goes.load(Ordering::SeqCst) {
                    room.acquire().await?.forget();
                    // Said before it goes, so that its confirmation finds it said.
                    last_goes.store(begun.elapsed() >= time, Ordering::SeqCst);
                    if let Ok(mut sent) = sent.lock() {
                        sent.push_back(Instant::now());
                    }
                    let payload = vec![b'x'; PAYLOAD];
                    client
                        .publish(TOPIC, QoS::AtLeastOnce, false, payload)
                        .await?;
                }
                Ok::<_, anyhow::Error>(client)
            }
        });
        let mut took = Vec::new();
        loop {
            if let Event::Incoming(Packet::PubAck(_)) = events.poll().await? {
                let at = sent.lock().ok().and_then(|mut sent| sent.pop_front());
                took.push(ms(at.context("a confirmation of nothing")?.elapsed()));
                room.add_permits(1);
                if last_goes.load(Ordering::SeqCst) && sent.lock().is_ok_and(|sent| sent.is_empty())
                {
                    break;
                }
            }
        }
        let elapsed = begun.elapsed().as_secs_f64();
        speaker.await??.disconnect().await?;
        Turn::of(elapsed, &took)
    }

    /// paho, in a process of its own.
    fn paho(&self, python: &PathBuf, unconfirmed: u16, time: Duration) -> Result<Turn> {
        let output = Command::new(python)
            .arg(kiosk_tests::root().join("tests/peers/mqtt.py"))
            .args(["localhost", &self.broker.port().to_string()])
            .args([
                &self.kiosk.authority,
                &self.kiosk.certificate,
                &self.kiosk.key,
            ])
            .args([TOPIC, &PAYLOAD.to_string(), &unconfirmed.to_string()])
            .arg(time.as_secs_f64().to_string())
            .output()?;
        ensure!(
            output.status.success(),
            "paho: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let said = String::from_utf8(output.stdout)?;
        let figures: Result<Vec<f64>, _> = said.lines().map(str::parse).collect();
        let figures = figures?;
        let (elapsed, took) = figures.split_first().context("paho said nothing")?;
        Turn::of(*elapsed, took)
    }
}

fn row(name: &str, unconfirmed: u16, turns: &[Turn]) -> Result<String> {
    let of = |figure: fn(&Turn) -> f64, share| {
        let all: Vec<f64> = turns.iter().map(figure).collect();
        percentile(&all, share).context("no turn")
    };
    Ok(format!(
        "| {name} | {unconfirmed} | {:.0} ({:.0} to {:.0}) | {:.2} | {:.2} |\n",
        of(|turn| turn.rate, 0.5)?,
        of(|turn| turn.rate, 0.0)?,
        of(|turn| turn.rate, 1.0)?,
        of(|turn| turn.p50_ms, 0.5)?,
        of(|turn| turn.p99_ms, 0.5)?,
    ))
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let rig = Rig::new()?;
    let (time, before) = (Duration::from_secs_f64(options.seconds), load()?);
    let mut table = String::from(
        "| client | unconfirmed at most | publishes/s (least to most) | p50 ms | p99 ms |\n|---|---|---|---|---|\n",
    );
    for unconfirmed in UNCONFIRMED {
        let (mut ours, mut paho) = (Vec::new(), Vec::new());
        for _ in 0..options.rounds {
            ours.push(rig.ours(unconfirmed, time).await?);
            if let Some(python) = &options.peers {
                paho.push(rig.paho(python, unconfirmed, time)?);
            }
        }
        table.push_str(&row("rumqttc, as sync uses it", unconfirmed, &ours)?);
        if !paho.is_empty() {
            table.push_str(&row("paho-mqtt 2.1.0 (Python)", unconfirmed, &paho)?);
        }
    }
    println!("{table}");
    if let Some(page) = &options.page {
        std::fs::write(page, page_text(&options, before, &table)?)?;
    }
    Ok(())
}

fn page_text(options: &Options, before: f64, table: &str) -> Result<String> {
    let profile = if cfg!(debug_assertions) {
        "with debug assertions"
    } else {
        "optimised"
    };
    let mut text = String::from("# Publishing live events\n\n");
    writeln!(
        text,
        "Made by `cargo xtask bench mqtt`. {} turns of {} s for each client, in turns, against one Mosquitto on loopback; \
         the median of the turns, in brackets least and most. Payloads of {PAYLOAD} bytes, MQTT 5, QoS 1, TLS 1.3 with \
         certificates both ways. A time runs from when there is room for one more unconfirmed publish to its \
         confirmation. Ours built {profile}, commit {}, {}, load {before:.1} before and {:.1} after: above the number of \
         cores, others were at work and nobody is to be ranked by it.\n",
        options.rounds,
        options.seconds,
        commit(),
        machine(),
        load()?,
    )?;
    text.push_str(table);
    Ok(text)
}
