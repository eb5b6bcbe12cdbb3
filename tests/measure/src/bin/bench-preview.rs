//! What the preview adds: from a frame's arrival out of its camera's driver to its last byte at a viewer.
//!
//! ```text
//! bench-preview [--seconds N] [--busy N] [--page FILE]
//! ```
//!
//! A painted camera of 1280x720 BGR at 30 frames a second goes the whole way of a step: its thread, the keeper, the
//! hub, JPEG, the socket. Three ways are measured apart, one viewer each: JPEG over the Unix socket, raw frames over the
//! Unix socket, JPEG over a WebSocket. Analysis takes 300 ms a frame throughout. `--busy` has so many threads spin beside
//! it, as inference would.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use async_trait::async_trait;
use clap::Parser;
use futures::StreamExt;
use kiosk_api::auth::KeyHash;
use kiosk_api::service::Caller;
use kiosk_capture::{CaptureError, Clock, SystemClock};
use kiosk_inference::convert::Plan;
use kiosk_measure::figures::{load, machine, ms, percentile};
use kiosk_session::SessionId;
use kiosk_tests::preview::{Arrivals, Habit, Painted, Screen, Told};
use kioskd::metrics::Metrics;
use kioskd::preview::{Origins, Previews, Sessions, Tokens, UnixPreview, WebPreview};
use kioskd::serve::{Listener, bind_tcp, serve};
use kioskd::station::{Conversion, FrameFeed, Live, NewestFrame, Place};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

const SIZE: [u32; 2] = [1280, 720];
const FPS: u32 = 30;
/// Frames at the start that warm caches and are not counted.
const WARM_UP: usize = 30;
const ANALYSIS: Duration = Duration::from_millis(300);
const STAFF: &str = "0123456789abcdef0123456789abcdef";
/// What an issue of ours asks for.
const GOAL_MS: f64 = 10.0;

#[derive(Debug, Parser)]
struct Options {
    /// How long each way is measured
    #[arg(long, default_value_t = 20)]
    seconds: u32,
    /// Threads that spin beside it
    #[arg(long, default_value_t = 0)]
    busy: usize,
    /// Writes the figures into this page
    #[arg(long)]
    page: Option<PathBuf>,
}

/// A way from the hub to a viewer.
#[derive(Debug, Clone, Copy)]
enum Way {
    UnixJpeg,
    UnixRaw,
    WebJpeg,
}

impl Way {
    const ALL: [Self; 3] = [Self::UnixJpeg, Self::UnixRaw, Self::WebJpeg];

    const fn name(self) -> &'static str {
        match self {
            Self::UnixJpeg => "JPEG, Unix socket",
            Self::UnixRaw => "raw BGR, Unix socket",
            Self::WebJpeg => "JPEG, WebSocket",
        }
    }
}

/// What a way gave.
struct Row {
    way: Way,
    /// ms from arrival to the last byte.
    latencies: Vec<f64>,
    /// Frames that the camera gave meanwhile.
    given: u64,
    picture_kb: usize,
    load: f64,
}

/// No session is asked for by staff.
struct NoSessions;

#[async_trait]
impl Sessions for NoSessions {
    fn now(&self) -> time::OffsetDateTime {
        kiosk_tests::now()
    }

    async fn is_open(&self, _: &Caller, _: SessionId) -> bool {
        false
    }
}

/// Hubs and both sockets.
struct Rig {
    previews: Previews,
    socket: PathBuf,
    address: std::net::SocketAddr,
    clock: Arc<dyn Clock>,
    runtime: Runtime,
    _stop: watch::Sender<bool>,
}

impl Rig {
    fn new(folder: &Path) -> anyhow::Result<Self> {
        let runtime = Runtime::new()?;
        let previews = Previews::new(80);
        let socket = folder.join("preview.sock");
        let (stop, stopping) = watch::channel(false);
        let entered = runtime.enter();
        let unix = UnixPreview::new(previews.clone(), kioskd::control::bind(&socket)?);
        let listener = bind_tcp(([127, 0, 0, 1], 0).into())?;
        drop(entered);
        let address = listener.local_addr()?;
        let web = WebPreview {
            previews: previews.clone(),
            tokens: Arc::new(Tokens::new(Some(KeyHash::of(STAFF.as_bytes())))),
            origins: Origins::new(&format!("http://{address}"), address),
            sessions: Arc::new(NoSessions),
            stop: stopping.clone(),
        };
        runtime.spawn(unix.serve(stopping.clone()));
        runtime.spawn(serve(Listener::Tcp(listener), web.router(), stopping));
        Ok(Self {
            previews,
            socket,
            address,
            clock: Arc::new(SystemClock::start()),
            runtime,
            _stop: stop,
        })
    }

    fn measure(&self, way: Way, seconds: u32) -> anyhow::Result<Row> {
        let frames = u64::from(seconds * FPS) + WARM_UP as u64;
        let camera = Painted::new(SIZE, FPS, Habit::EndsAfter(frames), Arc::clone(&self.clock));
        let arrivals = camera.arrivals();
        let live = Live {
            place: Place::Face,
            session: SessionId(uuid::Uuid::nil()),
            limit: Duration::from_secs(u64::from(seconds) + 10),
            hub: Some(self.previews.of(Place::Face).clone()),
            conversion: Conversion::new(&Plan::cpu(), Metrics::new()),
            metrics: Metrics::new(),
        };
        let gone = || {
            Err(CaptureError::NoSuchDevice {
                device: "painted".into(),
            })
        };
        let start = move || NewestFrame::start(Box::new(camera), Box::new(gone), live);
        let (mut latencies, picture_kb) = match way {
            Way::UnixJpeg => {
                self.screen(r#"{"place": "face", "form": "jpeg"}"#, start, &arrivals)?
            }
            Way::UnixRaw => self.screen(r#"{"place": "face", "form": "raw"}"#, start, &arrivals)?,
            Way::WebJpeg => self.web(start, &arrivals)?,
        };
        ensure!(latencies.len() > WARM_UP, "too few frames came");
        latencies.drain(..WARM_UP);
        Ok(Row {
            way,
            latencies,
            given: frames - WARM_UP as u64,
            picture_kb,
            load: load()?,
        })
    }

    fn screen(
        &self,
        wish: &str,
        start: impl FnOnce() -> Result<NewestFrame, kiosk_api::service::ServiceError>,
        arrivals: &Arrivals,
    ) -> anyhow::Result<(Vec<f64>, usize)> {
        let mut screen = Screen::open(&self.socket, wish)?;
        screen.told()?;
        let step = analyse(start()?)?;
        let mut seen = Seen::new(arrivals, &*self.clock);
        while seen.take(&screen.told()?)? {}
        drop(step.join());
        Ok(seen.done())
    }

    fn web(
        &self,
        start: impl FnOnce() -> Result<NewestFrame, kiosk_api::service::ServiceError>,
        arrivals: &Arrivals,
    ) -> anyhow::Result<(Vec<f64>, usize)> {
        self.runtime.block_on(async {
            let url = format!("ws://{}/preview/current/face", self.address);
            let mut request = url.into_client_request()?;
            let headers = request.headers_mut();
            headers.insert("origin", format!("http://{}", self.address).parse()?);
            let offered = format!("kiosk.preview.v1, token.{STAFF}");
            headers.insert("sec-websocket-protocol", offered.parse()?);
            let stream = tokio::net::TcpStream::connect(self.address).await?;
            let (mut viewer, _) = tokio_tungstenite::client_async(request, stream).await?;
            // How the place stands comes first.
            viewer.next().await.context("no message")??;
            let step = analyse(start()?)?;
            let mut seen = Seen::new(arrivals, &*self.clock);
            while let Some(message) = viewer.next().await {
                if let Message::Binary(bytes) = message?
                    && !seen.take(&Told::parse(&bytes)?)?
                {
                    break;
                }
            }
            drop(step.join());
            Ok(seen.done())
        })
    }
}

/// Latencies as messages come.
struct Seen<'a> {
    arrivals: &'a Arrivals,
    clock: &'a dyn Clock,
    latencies: Vec<f64>,
    bytes: usize,
}

impl<'a> Seen<'a> {
    fn new(arrivals: &'a Arrivals, clock: &'a dyn Clock) -> Self {
        Self {
            arrivals,
            clock,
            latencies: Vec::new(),
            bytes: 0,
        }
    }

    /// Takes a message that was read whole just now; false at the end of the step.
    fn take(&mut self, told: &Told) -> anyhow::Result<bool> {
        let now = self.clock.now();
        let Some(number) = told.sequence() else {
            return Ok(told.state() != Some("idle"));
        };
        let arrived = self.arrivals.of(number).context("a frame of no camera")?;
        self.latencies.push(ms(now.saturating_sub(arrived)));
        self.bytes += told.picture.len();
        Ok(true)
    }

    fn done(self) -> (Vec<f64>, usize) {
        let frames = self.latencies.len().max(1);
        (self.latencies, self.bytes / frames / 1024)
    }
}

/// Analysis that takes its time, until the step ends.
fn analyse(mut feed: NewestFrame) -> std::io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new()
        .name("station".into())
        .spawn(move || {
            while let Ok(Some(_)) = feed.next() {
                std::thread::sleep(ANALYSIS);
            }
        })
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    opencv::core::set_num_threads(1)?;
    let folder = kiosk_tests::root().join("target/bench/preview");
    std::fs::create_dir_all(&folder)?;
    let rig = Rig::new(&folder)?;
    let over = Arc::new(AtomicBool::new(false));
    let busy: Vec<_> = (0..options.busy)
        .map(|_| {
            let over = Arc::clone(&over);
            std::thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            })
        })
        .collect();
    let mut rows = Vec::new();
    for way in Way::ALL {
        rows.push(rig.measure(way, options.seconds)?);
    }
    over.store(true, Ordering::Relaxed);
    busy.into_iter().for_each(|thread| drop(thread.join()));
    let table = table(&rows, options.busy)?;
    say(&table);
    if let Some(page) = &options.page {
        std::fs::write(page, page_of(&table, options.seconds))?;
    }
    Ok(())
}

fn table(rows: &[Row], busy: usize) -> anyhow::Result<String> {
    let mut lines = vec![
        "| way | p50 ms | p99 ms | most ms | under 10 ms | frames seen of given | KB a picture | load |".to_owned(),
        "|---|---|---|---|---|---|---|---|".to_owned(),
    ];
    for row in rows {
        let at = |share| percentile(&row.latencies, share).context("nothing was measured");
        let under = row.latencies.iter().filter(|ms| **ms < GOAL_MS).count();
        lines.push(format!(
            "| {}{} | {:.2} | {:.2} | {:.2} | {:.1} % | {} of {} | {} | {:.1} |",
            row.way.name(),
            if busy > 0 {
                format!(", {busy} threads spin")
            } else {
                String::new()
            },
            at(0.5)?,
            at(0.99)?,
            at(1.0)?,
            100.0 * under as f64 / row.latencies.len() as f64,
            row.latencies.len(),
            row.given,
            row.picture_kb,
            row.load,
        ));
    }
    Ok(lines.join("\n"))
}

fn page_of(table: &str, seconds: u32) -> String {
    format!(
        "# What the preview adds\n\n\
         `cargo xtask bench preview`, {date}, {machine}. A painted camera of {width}x{height} BGR (with a sensor's noise) at {FPS}\n\
         frames a second goes the way of a step: its thread, the keeper, the hub, JPEG at quality 80, the socket. Measured is from the\n\
         moment that the source has a frame to the moment that a viewer has read its last byte, {seconds} s each, the first second not\n\
         counted. Analysis looks at a frame for 300 ms throughout. *Load* is the machine's, of one minute: over the number\n\
         of cores, others had the machine too.\n\n{table}\n\n\
         The goal is p99 under 10 ms.\n",
        date = kiosk_tests::now().date(),
        machine = machine(),
        width = SIZE[0],
        height = SIZE[1],
    )
}

#[expect(clippy::print_stdout, reason = "a bench answers on standard output")]
fn say(text: &str) {
    println!("{text}");
}
