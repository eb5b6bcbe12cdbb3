//! Reads drawn specimens of all six layouts through the camera model and counts what came of it.
//!
//! ```text
//! bench-specimens [--each N] [--seed S] [--threads T] [--any-turn] [--whole] [--json] [--save FOLDER [--all]]
//! ```
//!
//! `--each` documents of each kind (default 50), the first with seed `--seed` (default 1), on `--threads`
//! readers at once (default 1). `--any-turn` turns pages by any angle, else as a hand lays them. `--whole` looks
//! at the whole document and measures the outline too; else the zone alone is read. `--save` keeps the pictures
//! that were not read exactly (with `--all`, all), by kind and seed, each with a JSON file of what is true and what
//! was found. `--json` prints one JSON object a layout and a summary.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, anyhow, bail};
use kiosk_inference::document::DocumentReader;
use kiosk_inference::stages::Stopwatch;
use kiosk_measure::figures::percentile;
use kiosk_tests::models::document_reader;
use kiosk_tests::specimen::{Kind, Studio, Taken, Turn};
use serde_json::json;

/// A corner this far from its place, over the page's width, still straightens a page that reads.
const CORNER_TOLERANCE: f32 = 0.03;

#[derive(Clone)]
struct Options {
    each: u64,
    seed: u64,
    threads: usize,
    turn: Turn,
    whole: bool,
    json: bool,
    save: Option<PathBuf>,
    all: bool,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut options = Self {
            each: 50,
            seed: 1,
            threads: 1,
            turn: Turn::ByHand,
            whole: false,
            json: false,
            save: None,
            all: false,
        };
        while let Some(arg) = args.next() {
            let mut value = || args.next().with_context(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--each" => options.each = value()?.parse().context("--each wants a number")?,
                "--seed" => options.seed = value()?.parse().context("--seed wants a number")?,
                "--threads" => {
                    options.threads = value()?.parse().context("--threads wants a number")?;
                }
                "--save" => options.save = Some(value()?.into()),
                "--any-turn" => options.turn = Turn::Any,
                "--all" => options.all = true,
                "--whole" => options.whole = true,
                "--json" => options.json = true,
                other => bail!(
                    "unknown option {other}: --each N, --seed S, --threads T, --any-turn, --whole, --json, --save FOLDER, --all"
                ),
            }
        }
        Ok(options)
    }
}

/// What came of one picture.
struct Outcome {
    kind: Kind,
    seed: u64,
    exact: bool,
    valid: bool,
    found: bool,
    ms: f64,
    /// Whole look only: the worst corner's error over the page's width; none where no outline was found.
    corner: Option<f32>,
    /// What was found, for [`keep`].
    outline: Option<[[f32; 2]; 4]>,
    lines: Vec<String>,
    line_boxes: Vec<[[f32; 2]; 4]>,
}

fn look(
    reader: &mut DocumentReader,
    taken: &Taken,
    seed: u64,
    whole: bool,
) -> anyhow::Result<Outcome> {
    let mut watch = Stopwatch::start();
    let (mrz, outline) = if whole {
        let reading = reader.read(&taken.photograph.picture)?;
        (reading.mrz, reading.outline)
    } else {
        (reader.read_mrz(&taken.photograph.picture)?, None)
    };
    watch.lap("read");
    let ms = watch
        .finish()
        .iter()
        .map(|(_, time)| time.as_secs_f64() * 1e3)
        .sum();
    Ok(Outcome {
        kind: taken.specimen.kind,
        seed,
        exact: mrz.as_ref().is_some_and(|mrz| mrz.lines == taken.lines),
        valid: mrz.as_ref().is_some_and(|mrz| mrz.valid),
        found: mrz.is_some(),
        ms,
        corner: outline.map(|found| worst_corner(found, taken.photograph.corners)),
        outline,
        lines: mrz.as_ref().map_or_else(Vec::new, |mrz| mrz.lines.clone()),
        line_boxes: mrz.map_or_else(Vec::new, |mrz| mrz.line_boxes),
    })
}

/// The largest distance of a found corner from the true one, over the width of the page as it is seen.
fn worst_corner(found: [[f32; 2]; 4], truth: [[f32; 2]; 4]) -> f32 {
    let apart = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
    let width = apart(truth[0], truth[1]).max(apart(truth[3], truth[2]));
    let worst = (0..4).map(|corner| apart(found[corner], truth[corner]));
    worst.fold(0.0, f32::max) / width
}

/// One thread: takes the next picture until none is left.
fn work(
    options: &Options,
    studio: &Studio,
    next: &AtomicU64,
    outcomes: &Mutex<Vec<Outcome>>,
) -> anyhow::Result<()> {
    let mut reader = document_reader()?;
    loop {
        let task = next.fetch_add(1, Ordering::Relaxed);
        let (kind, seed) = (task / options.each, options.seed + task % options.each);
        let Some(kind) = Kind::ALL.get(usize::try_from(kind)?) else {
            return Ok(());
        };
        let taken = studio.take(*kind, seed, options.turn)?;
        let outcome = look(&mut reader, &taken, seed, options.whole)?;
        let corner_off = options.whole && outcome.corner.is_none_or(|off| off > CORNER_TOLERANCE);
        if let Some(folder) = &options.save
            && (options.all || corner_off || !outcome.exact)
        {
            keep(folder, &taken, &outcome)?;
        }
        outcomes
            .lock()
            .map_err(|_| anyhow!("another thread panicked"))?
            .push(outcome);
    }
}

/// Writes the picture with what is true of it and what was found.
fn keep(folder: &Path, taken: &Taken, outcome: &Outcome) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(format!("{:?}-{}.jpg", outcome.kind, outcome.seed));
    std::fs::write(&path, taken.photograph.picture.encode_jpeg(95)?)?;
    let notes = json!({
        "layout": outcome.kind.format().name(), "truth": taken.lines, "read": outcome.lines,
        "corners": taken.photograph.corners, "outline": outcome.outline, "line_boxes": outcome.line_boxes,
        "size_mm": taken.size_mm, "camera": format!("{:?}", taken.camera),
    });
    std::fs::write(path.with_extension("json"), notes.to_string())?;
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    opencv::core::set_num_threads(1)?;
    let studio = Studio::open(&kiosk_tests::root())?;
    let (next, outcomes) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..options.threads.max(1))
            .map(|_| scope.spawn(|| work(&options, &studio, &next, &outcomes)))
            .collect();
        for thread in threads {
            thread
                .join()
                .map_err(|_| anyhow!("a reading thread panicked"))??;
        }
        anyhow::Ok(())
    })?;
    let mut outcomes = outcomes
        .into_inner()
        .map_err(|_| anyhow!("a reading thread panicked"))?;
    outcomes.sort_by_key(|outcome| outcome.seed);
    report(&options, &outcomes);
    Ok(())
}

fn report(options: &Options, outcomes: &[Outcome]) {
    if !options.json {
        say(&format!(
            "{:<10} {:>6} {:>7} {:>7} {:>7} {:>9} {:>9} {:>8} {:>8}",
            "layout", "all", "exact", "%", "valid", "wrong+ok", "not found", "p50 ms", "p99 ms"
        ));
    }
    for kind in Kind::ALL {
        let of_kind: Vec<&Outcome> = outcomes.iter().filter(|o| o.kind == kind).collect();
        row(options, kind.format().name(), &of_kind);
    }
    row(options, "ALL", &outcomes.iter().collect::<Vec<_>>());
}

fn row(options: &Options, name: &str, outcomes: &[&Outcome]) {
    let count = |what: fn(&Outcome) -> bool| outcomes.iter().filter(|o| what(o)).count();
    let (exact, valid) = (count(|o| o.exact), count(|o| o.valid));
    let (wrong, missing) = (count(|o| o.valid && !o.exact), count(|o| !o.found));
    let times: Vec<f64> = outcomes.iter().map(|o| o.ms).collect();
    let (p50, p99) = (percentile(&times, 0.5), percentile(&times, 0.99));
    let seeds: Vec<u64> = outcomes
        .iter()
        .filter(|o| !o.exact)
        .map(|o| o.seed)
        .collect();
    let share = 100.0 * exact as f64 / outcomes.len().max(1) as f64;
    if options.json {
        say(&json!({
            "layout": name, "documents": outcomes.len(), "exact": exact, "valid": valid,
            "wrong_but_valid": wrong, "not_found": missing, "p50_ms": p50, "p99_ms": p99,
            "not_exact_seeds": seeds, "outline": options.whole.then(|| outline(outcomes)),
        })
        .to_string());
        return;
    }
    say(&format!(
        "{name:<10} {:>6} {exact:>7} {share:>7.2} {valid:>7} {wrong:>9} {missing:>9} {:>8.0} {:>8.0}",
        outcomes.len(),
        p50.unwrap_or(f64::NAN),
        p99.unwrap_or(f64::NAN)
    ));
    if !seeds.is_empty() && name != "ALL" {
        say(&format!("           not exact, seeds: {seeds:?}"));
    }
    if options.whole {
        say(&format!("           outline: {}", outline(outcomes)));
    }
}

/// Corner errors in percent of the page's width, and how many outlines are within tolerance.
fn outline(outcomes: &[&Outcome]) -> serde_json::Value {
    let errors: Vec<f64> = outcomes
        .iter()
        .filter_map(|o| o.corner)
        .map(|error| f64::from(error) * 100.0)
        .collect();
    let tolerated = f64::from(CORNER_TOLERANCE) * 100.0;
    let hits = errors.iter().filter(|error| **error <= tolerated).count();
    let missed: Vec<u64> = outcomes
        .iter()
        .filter(|o| o.corner.is_none_or(|off| off > CORNER_TOLERANCE))
        .map(|o| o.seed)
        .collect();
    json!({
        "documents": outcomes.len(), "found": errors.len(), "within_3_percent": hits,
        "p50_percent": percentile(&errors, 0.5), "p95_percent": percentile(&errors, 0.95),
        "missed_seeds": missed,
    })
}

#[expect(clippy::print_stdout, reason = "a bench answers on standard output")]
fn say(line: &str) {
    println!("{line}");
}
