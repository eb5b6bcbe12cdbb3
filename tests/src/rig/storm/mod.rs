//! A network at its worst between kiosks and central: what can go wrong on a way goes wrong on it, by chance
//! that a seed repeats.
//!
//! ```text
//!  kiosk ──TLS──► storm ──TLS──► central (one of several) | broker
//! ```
//!
//! To duplicate, reorder and answer for central, it has to read what passes: it holds everybody's keys. What is
//! sealed stays sealed to it.

mod https;
mod mqtt;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kiosk_pki::TlsFiles;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Whom a storm pretends to be.
#[derive(Debug, Clone)]
pub struct Faces {
    /// Towards kiosks: central's or the broker's files.
    pub server: TlsFiles,
    /// Towards the server: the kiosk's files.
    pub client: TlsFiles,
}

/// A storm on one way; calm again when told so, gone when dropped.
pub struct Storm {
    address: SocketAddr,
    weather: Arc<Weather>,
    task: JoinHandle<()>,
}

/// What is the matter, and how often it was.
pub(crate) struct Weather {
    rng: Mutex<StdRng>,
    targets: Mutex<Vec<SocketAddr>>,
    calm: std::sync::atomic::AtomicBool,
    counts: Mutex<BTreeMap<&'static str, u64>>,
}

impl Weather {
    /// Whether something of this likelihood happens now; counted where it does.
    pub(crate) fn strikes(&self, what: &'static str, likelihood: f64) -> bool {
        if self.calm.load(std::sync::atomic::Ordering::SeqCst) {
            return false;
        }
        let strikes = lock(&self.rng).random_bool(likelihood);
        if strikes {
            *lock(&self.counts).entry(what).or_default() += 1;
        }
        strikes
    }

    /// A number below `most`.
    pub(crate) fn below(&self, most: u64) -> u64 {
        lock(&self.rng).random_range(0..most)
    }

    /// One of the servers behind.
    pub(crate) fn target(&self) -> SocketAddr {
        let targets = lock(&self.targets);
        targets[lock(&self.rng).random_range(0..targets.len())]
    }

    /// A little of the time.
    pub(crate) async fn latency(&self) {
        if self.strikes("latency", 0.3) {
            tokio::time::sleep(Duration::from_millis(self.below(60))).await;
        }
    }
}

impl Storm {
    /// Between kiosks and centrals, by HTTPS.
    ///
    /// # Errors
    ///
    /// Where no port is free or the files cannot be used.
    pub async fn https(faces: Faces, targets: Vec<SocketAddr>, seed: u64) -> anyhow::Result<Self> {
        let (listener, weather) = Self::begin(targets, seed).await?;
        let address = listener.local_addr()?;
        let way = Arc::new(https::Way::new(&faces, Arc::clone(&weather))?);
        let task = tokio::spawn(accept(listener, Arc::clone(&weather), move |stream| {
            let way = Arc::clone(&way);
            async move { way.serve(stream).await }
        }));
        Ok(Self {
            address,
            weather,
            task,
        })
    }

    /// Between a kiosk and the broker, by MQTT.
    ///
    /// # Errors
    ///
    /// As for [`Storm::https`].
    pub async fn mqtt(faces: Faces, broker: SocketAddr, seed: u64) -> anyhow::Result<Self> {
        let (listener, weather) = Self::begin(vec![broker], seed).await?;
        let address = listener.local_addr()?;
        let way = Arc::new(mqtt::Way::new(&faces, Arc::clone(&weather))?);
        let task = tokio::spawn(accept(listener, Arc::clone(&weather), move |stream| {
            let way = Arc::clone(&way);
            async move {
                // How a connection ends does not matter here: the kiosk makes another.
                let _ = way.carry(stream).await;
            }
        }));
        Ok(Self {
            address,
            weather,
            task,
        })
    }

    async fn begin(
        targets: Vec<SocketAddr>,
        seed: u64,
    ) -> anyhow::Result<(TcpListener, Arc<Weather>)> {
        let weather = Weather {
            rng: Mutex::new(StdRng::seed_from_u64(seed)),
            targets: Mutex::new(targets),
            calm: false.into(),
            counts: Mutex::default(),
        };
        Ok((TcpListener::bind("127.0.0.1:0").await?, Arc::new(weather)))
    }

    /// The end that kiosks connect to.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Leads to other servers from now on.
    pub fn lead_to(&self, targets: Vec<SocketAddr>) {
        *lock(&self.weather.targets) = targets;
    }

    /// From now on everything passes.
    pub fn calm(&self) {
        self.weather
            .calm
            .store(true, std::sync::atomic::Ordering::SeqCst);
    }

    /// What struck, and how often.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        lock(&self.weather.counts).clone()
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Takes connections; some are cut in the middle of the handshake, some are never answered.
async fn accept<F, Fut>(listener: TcpListener, weather: Arc<Weather>, serve: F)
where
    F: Fn(TcpStream) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((mut stream, _)) = listener.accept().await else {
            continue;
        };
        // Those that have ended are let go of.
        while connections.try_join_next().is_some() {}
        let (weather, serve) = (Arc::clone(&weather), serve.clone());
        connections.spawn(async move {
            if weather.strikes("handshake cut", 0.06) {
                let mut some = vec![0; 1 + weather.below(400) as usize];
                let _ = stream.read_exact(&mut some).await;
                reset(&stream);
                return;
            }
            if weather.strikes("half open", 0.04) {
                tokio::time::sleep(Duration::from_secs(2)).await;
                return;
            }
            serve(stream).await;
        });
    }
}

/// Makes the coming close a reset.
pub(crate) fn reset(stream: &TcpStream) {
    // Where it fails, the connection ends in order instead: the peer notices either way.
    let _ = stream.set_zero_linger();
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
