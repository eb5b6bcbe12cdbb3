//! One face among many: how long comparing with each takes, how long the index takes, and how often it finds the same. And one
//! clip among as many as are kept.
//!
//! ```text
//! bench-search [--faces 100000,200000] [--probes 300]
//! ```
//!
//! Templates are drawn, no person's: groups of people alike around middles, everybody off their group's by a little, and
//! probes off from somebody enrolled by as much as two pictures of one person are. `docs/benchmarks/search.md` has a run.

use anyhow::{Context, ensure};
use clap::Parser;
use kiosk_capture::{Clock, SystemClock};
use kiosk_inference::face::search::Gallery;
use kiosk_inference::face::{FaceBox, TEMPLATE_BYTES, TEMPLATE_VALUES, Template};
use kiosk_inference::liveness::injection::{ClipTrace, SeenClips};
use kiosk_inference::picture::Picture;
use kiosk_measure::{figures, say};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// The stored form of dlib's descriptors.
const VERSION: u8 = 2;
/// dlib's descriptors have length 1.4 or so; two people lie 0.7 to 0.9 apart, alike ones 0.5, one person's pictures 0.3.
const LENGTH: f32 = 1.4;
const GROUP: f32 = 0.35;
const PICTURE: f32 = 0.3;
/// People of one group.
const ALIKE: usize = 20;
/// Clips that a kiosk keeps at most, and different ones among them here.
const KEPT: usize = 1_000;
const DRAWN: usize = 20;

/// Measures searches.
#[derive(Debug, Parser)]
#[command(name = "bench-search")]
struct Options {
    /// Numbers of enrolled faces.
    #[arg(long, value_delimiter = ',', default_value = "100000,200000")]
    faces: Vec<usize>,
    /// Searches of each kind.
    #[arg(long, default_value_t = 300)]
    probes: usize,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    say(
        "| faces | exact p50 ms | exact p99 | index p50 ms | index p99 | same nearest | another | built in s | templates MiB | index MiB |",
    );
    say("|---|---|---|---|---|---|---|---|---|---|");
    for &faces in &options.faces {
        ensure!(faces > ALIKE, "--faces: more than {ALIKE}");
        measure(faces, options.probes)?;
    }
    clips()
}

/// A clip against the clips of before, the ring full of such as long.
fn clips() -> anyhow::Result<()> {
    say("\n| clips kept | of s | p50 ms | p99 ms |");
    say("|---|---|---|---|");
    let clock = SystemClock::start();
    let now = kiosk_tests::now();
    for seconds in [20, 50] {
        let mut rng = StdRng::seed_from_u64(seconds);
        let drawn: Vec<ClipTrace> = (0..DRAWN)
            .map(|_| clip(seconds, &mut rng))
            .collect::<anyhow::Result<_>>()?;
        let mut kept = SeenClips::default();
        for number in 0..KEPT {
            kept.keep(drawn[number % DRAWN].clone(), now);
        }
        let mut times = Vec::new();
        for _ in 0..DRAWN {
            let asked = clip(seconds, &mut rng)?;
            let begun = clock.now();
            kept.judge(&asked, now);
            times.push((clock.now() - begun).as_secs_f64() * 1e3);
        }
        let p = |share: f64| figures::percentile(&times, share).unwrap_or(f64::NAN);
        say(&format!(
            "| {KEPT} | {seconds} | {:.0} | {:.0} |",
            p(0.5),
            p(0.99)
        ));
    }
    Ok(())
}

/// Ten frames a second of nothing but noise.
fn clip(seconds: u64, rng: &mut StdRng) -> anyhow::Result<ClipTrace> {
    let mut trace = ClipTrace::default();
    let face = FaceBox {
        x: 8.0,
        y: 8.0,
        width: 32.0,
        height: 40.0,
        score: 1.0,
    };
    for frame in 0..seconds * 10 {
        let noise = (0..64 * 64 * 3).map(|_| rng.random()).collect();
        let picture = Picture::from_bgr(64, 64, noise)?;
        trace.look(&picture, Some(&face), frame as f64 * 100.0)?;
    }
    Ok(trace)
}

fn measure(faces: usize, probes: usize) -> anyhow::Result<()> {
    let clock = SystemClock::start();
    let mut rng = StdRng::seed_from_u64(faces as u64);
    let before = resident_mib()?;
    let mut gallery = None;
    let mut known: Vec<[f32; TEMPLATE_VALUES]> = Vec::new();
    let mut middle = [0.0; TEMPLATE_VALUES];
    for number in 0..faces {
        if number % ALIKE == 0 {
            middle = off(&[0.0; TEMPLATE_VALUES], LENGTH, &mut rng);
        }
        let own = off(&middle, GROUP, &mut rng);
        if number % (faces / probes).max(1) == 0 {
            known.push(own);
        }
        let face = template(&own)?;
        let gallery = gallery.get_or_insert_with(|| Gallery::indexed_from(face.measure(), 1));
        gallery.add(number, &face)?;
    }
    let mut gallery = gallery.context("no face")?;
    let rows = resident_mib()? - before;
    let asked: Vec<Template> = known
        .iter()
        .map(|own| template(&off(own, PICTURE, &mut rng)))
        .collect::<anyhow::Result<_>>()?;
    let (exact, exact_ms) = searched(&gallery, &asked, &clock)?;
    let begun = clock.now();
    let unbuilt = gallery.index_due().context("no index is due")?;
    let index = unbuilt.build().context("no thread for the index")?;
    let built = clock.now() - begun;
    gallery.take_index(index);
    let index_mib = resident_mib()? - before - rows;
    let (found, index_ms) = searched(&gallery, &asked, &clock)?;
    let same = exact.iter().zip(&found).filter(|(one, two)| one == two);
    let same = same.count();
    let p = |times: &[f64], share: f64| figures::percentile(times, share).unwrap_or(f64::NAN);
    say(&format!(
        "| {faces} | {:.2} | {:.2} | {:.2} | {:.2} | {same} of {} | {} | {:.0} | {rows:.0} | {index_mib:.0} |",
        p(&exact_ms, 0.5),
        p(&exact_ms, 0.99),
        p(&index_ms, 0.5),
        p(&index_ms, 0.99),
        exact.len(),
        exact.len() - same,
        built.as_secs_f64(),
    ));
    Ok(())
}

/// Whom each search finds, and its ms.
fn searched(
    gallery: &Gallery<usize>,
    asked: &[Template],
    clock: &SystemClock,
) -> anyhow::Result<(Vec<usize>, Vec<f64>)> {
    let (mut found, mut times) = (Vec::new(), Vec::new());
    for probe in asked {
        let begun = clock.now();
        let hits = gallery.nearest(probe, 1)?;
        times.push((clock.now() - begun).as_secs_f64() * 1e3);
        found.push(*hits.first().context("nobody was found")?.name);
    }
    Ok((found, times))
}

/// A vector that lies off another by that length, in a direction that is drawn.
fn off(from: &[f32; TEMPLATE_VALUES], length: f32, rng: &mut StdRng) -> [f32; TEMPLATE_VALUES] {
    // Sums of twelve even numbers are normal enough, and normal ones have no direction of their own.
    let normal = |rng: &mut StdRng| (0..12).map(|_| rng.random::<f32>()).sum::<f32>() - 6.0;
    let way: [f32; TEMPLATE_VALUES] = std::array::from_fn(|_| normal(rng));
    let long = way.iter().map(|value| value * value).sum::<f32>().sqrt();
    std::array::from_fn(|at| from[at] + way[at] * length / long)
}

fn template(values: &[f32; TEMPLATE_VALUES]) -> anyhow::Result<Template> {
    let mut bytes = Vec::with_capacity(TEMPLATE_BYTES);
    bytes.push(VERSION);
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    Ok(Template::from_bytes(&bytes)?)
}

fn resident_mib() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    Ok(kib.context("no VmRSS")?.parse::<f64>()? / 1024.0)
}
