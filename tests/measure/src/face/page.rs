//! The two pages that the face bench writes: Markdown, every figure of them measured in that very run.

// long file: two pages that share their tables and verdicts

use std::fmt::Write;

use kiosk_inference::convert::Method;

use super::conversion::Conversion;
use super::paced::Paced;
use super::stages::{Allocated, Stages};
use super::turns::{Apart, Comparison, Row};
use crate::figures::{mean, percentile};

/// Cores that the pipeline's share is told of.
const CORES: f64 = 2.0;
/// Most of those cores that the pipeline may take at 30 frames a second.
const SHARE_GOAL: f64 = 0.4;
/// Our time over MediaPipe's: wanted, and at most.
const MEDIAPIPE: (f64, f64) = (1.0, 1.5);
/// How many times as fast as TensorFlow.js.
const TFJS: f64 = 5.0;
/// Most that points may lie from the original networks', in eye distances.
const APART: f64 = 0.01;

/// The run itself.
pub struct Run {
    /// The command that repeats it.
    pub command: String,
    /// Day, `YYYY-MM-DD`.
    pub day: String,
    /// Commit, and whether the checkout differs from it.
    pub commit: String,
    /// Processor and cores.
    pub machine: String,
    /// Load average at the start and at the end.
    pub load: [f64; 2],
    /// What runs the networks.
    pub engine: String,
    /// What the clips are.
    pub clips: String,
}

impl Run {
    fn preface(&self) -> String {
        format!(
            "Written by `{}` on {}, commit {}, on {}; load average {:.1} at the start, {:.1} at the end (where that is above the number \
             of cores, others were at work and times are longer than they need be). {}. Clips: {}.\n",
            self.command,
            self.day,
            self.commit,
            self.machine,
            self.load[0],
            self.load[1],
            self.engine,
            self.clips
        )
    }
}

/// The pipeline's own page.
pub fn pipeline(
    run: &Run,
    stages: &Stages,
    conversion: &Conversion,
    paced: &[Paced],
    peak_memory_mb: u64,
) -> String {
    let mut text = format!(
        "# From a frame's arrival to its observation\n\n{}\n",
        run.preface()
    );
    // Writing into a String can't fail.
    let _ = writeln!(text, "## Frame after frame\n\n{}", stage_table(stages));
    let _ = writeln!(text, "{}", beside(stages, peak_memory_mb));
    let _ = writeln!(
        text,
        "## Conversion, stage `convert` by both ways\n\n{}",
        conversion_table(conversion)
    );
    let _ = writeln!(
        text,
        "## Allocations in steady state\n\n{}",
        allocations(&stages.allocated)
    );
    let _ = writeln!(
        text,
        "## Behind a camera of 30 frames a second\n\n{}",
        paced_table(paced)
    );
    text.push_str(WHAT_COUNTS);
    text
}

const WHAT_COUNTS: &str = "## What counts

- A frame's time runs from when it is there as the camera gave it to its observation: conversion, following or finding the face, \
mesh, irises, pose, gestures, passive PAD. Frame after frame they come decoded (BGR); behind a camera in the format named.
- *share* is that of all stages' time together; p50 and p99 of a stage are over the frames in which it ran. The detector looks once \
in 15 frames while a face is followed.
- An allocation is whatever `malloc` and its like were asked for while a frame was looked at, by Rust, OpenCV or ONNX Runtime; \
*of frame size* are those of at least a quarter of a frame's BGR bytes. The first 20 frames of a clip are not counted.
- Behind a camera a delay runs from the frame's arrival, before it is copied out of the driver's buffer, to its observation. The \
best shot is embedded once a second on the same thread. The share of the cores is the process's processor time, the \
camera's thread with it, over the time of two cores.
";

fn stage_table(stages: &Stages) -> String {
    let mut text = String::from("| | p50 ms | p99 ms | share |\n|---|---|---|---|\n");
    let whole: f64 = stages.totals.iter().sum();
    let row = |name: &str, times: &[f64], share: String| {
        let [p50, p99] = [0.5, 0.99].map(|rank| number(percentile(times, rank), 3));
        format!("| {name} | {p50} | {p99} | {share} |\n")
    };
    text.push_str(&row("frame to observation", &stages.totals, String::new()));
    let mut rows: Vec<_> = stages.by_name.iter().collect();
    let sum = |times: &[f64]| times.iter().sum::<f64>();
    rows.sort_by(|one, two| sum(two.1).total_cmp(&sum(one.1)));
    for (name, times) in rows {
        let share = format!("{:.1}%", 100.0 * sum(times) / whole);
        text.push_str(&row(name, times, share));
    }
    text
}

fn conversion_table(conversion: &Conversion) -> String {
    let mut text = match &conversion.adapter {
        Err(reason) => format!("CPU only: {reason}.\n\n"),
        Ok((name, true)) => format!(
            "The adapter is {name}, a **software rasteriser** on the same two cores: its rows show that the passes run, \
             and nothing of a graphics card. On a graphics card they are *compiled, never run*.\n\n"
        ),
        Ok((name, false)) => format!("The adapter is {name}.\n\n"),
    };
    text.push_str("| frames as | by | p50 ms | p99 ms |\n|---|---|---|---|\n");
    for (format, method, times) in &conversion.rows {
        let [p50, p99] = [0.5, 0.99].map(|rank| number(percentile(times, rank), 3));
        let by = match (method, &conversion.adapter) {
            (Method::Cpu, _) => "CPU (OpenCV)",
            (Method::Gpu, Ok((_, true))) => "wgpu (software rasteriser)",
            (Method::Gpu, _) => "wgpu",
        };
        let _ = writeln!(text, "| {format} | {by} | {p50} | {p99} |");
    }
    text.push_str("\nEach is a 1280x720 frame to its pixels and the mesh network's tensor.\n");
    text
}

fn beside(stages: &Stages, peak_memory_mb: u64) -> String {
    let median = |times: &[f64]| number(percentile(times, 0.5), 2);
    let rate = mean(&stages.totals).map(|ms| 1e3 / ms);
    format!(
        "{} frames, a face in {}; {} frames a second on one thread. Embedding, on a best shot only: p50 {} ms. Peak memory: \
         {peak_memory_mb} MB resident, networks included.\n\n\
         Nobody there: the whole search, in a stream's first frame and right after a face was lost, takes p50 {} ms; every \
         further frame, the whole picture and one part of it, p50 {} ms.\n",
        stages.totals.len(),
        stages.faces,
        number(rate, 1),
        median(&stages.embeddings),
        median(&stages.searches),
        median(&stages.empty_frames),
    )
}

fn allocations(all: &[Allocated]) -> String {
    let of =
        |value: fn(&Allocated) -> u64| all.iter().map(|one| value(one) as f64).collect::<Vec<_>>();
    let mut text = String::from("| a frame | p50 | p99 | most |\n|---|---|---|---|\n");
    let rows = [
        ("allocations", of(|one| one.count), 0),
        ("KiB in all", of(|one| one.bytes / 1024), 0),
        ("allocations of frame size", of(|one| one.large), 0),
    ];
    for (name, values, digits) in rows {
        let [p50, p99, most] =
            [0.5, 0.99, 1.0].map(|rank| number(percentile(&values, rank), digits));
        let _ = writeln!(text, "| {name} | {p50} | {p99} | {most} |");
    }
    let large: u64 = all.iter().map(|one| one.large).sum();
    let _ = writeln!(
        text,
        "\nGoal: 0 of frame size: {}.",
        verdict(large == 0 && !all.is_empty())
    );
    text
}

fn paced_table(paced: &[Paced]) -> String {
    let mut text = String::from(
        "| frames as | frames | dropped | a face in | p50 ms | p99 ms | max ms | share of two cores | goal under 40%, none dropped |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for run in paced {
        let [p50, p99, most] =
            [0.5, 0.99, 1.0].map(|rank| number(percentile(&run.delays, rank), 1));
        let share = run.share(CORES);
        let told = share.map_or_else(
            || "not told by the system".to_owned(),
            |share| format!("{:.1}%", 100.0 * share),
        );
        let met = run.dropped == 0 && share.is_some_and(|share| share < SHARE_GOAL);
        let _ = writeln!(
            text,
            "| {} | {} in {:.0} s | {} | {} | {p50} | {p99} | {most} | {told} | {} |",
            run.format,
            run.frames,
            run.seconds,
            run.dropped,
            run.faces,
            verdict(met)
        );
    }
    text
}

/// The page of the comparison.
pub fn face(run: &Run, peers: &str, rounds: usize, all: &Comparison, paced: &[Paced]) -> String {
    let mut text = format!("# Faces, beside other programs\n\n{}\n", run.preface());
    let _ = writeln!(
        text,
        "Peers: {peers}. {} clips of 512x512, {} frames in all, {rounds} rounds.\n\n## A frame's time\n\n{}",
        all.clips,
        all.frames,
        times(&all.rows)
    );
    let _ = writeln!(text, "## Against the goals\n\n{}", goals(&all.rows));
    let _ = writeln!(
        text,
        "## How far the points lie apart\n\n{}",
        distances(&all.apart)
    );
    let _ = writeln!(
        text,
        "## The whole pipeline behind a camera, 1280x720 at 30 frames a second\n\n{}",
        paced_table(paced)
    );
    text.push_str(WHAT_IS_COMPARED);
    text
}

const WHAT_IS_COMPARED: &str = "## What counts

- Every reader gets the same frames, decoded and in its own memory before its turn: BGR for kioskd, RGB for the others. Readers take \
turns of 25 frames, the order changing, each following the face from where it left off, with all cores to itself; the first 5 frames of \
a clip (networks warm up, the first search) are counted for nobody.
- *processor* is the time that cores worked, all threads of the reader's process together, over the frames of a turn. It hardly \
depends on what else the machine does, where the other times do.
- kioskd without irises is a reader that looks at none, as documents' portraits are looked at; with them, the one that follows a \
camera. It copies the frame, looks with the detector once in 15 frames, and its pose and openness of eyes and mouth are in the time; the peers give none.
- MediaPipe is `FaceMesh.process` with `static_image_mode=False` and one face: its detector looks where tracking is lost. Refined \
landmarks are another mesh with irises.
- TensorFlow.js runs `human`'s blazeface and facemesh as published, in 32-bit floats, with kioskd's way of following a face and of \
cutting crops, written in plain JavaScript; SIMD and threads as the package sets them under node.
- Points: our 468 against theirs in the same frame, each reader following on its own, in shares of the distance between the middles \
of the eyes. TensorFlow.js's are those of the original networks; MediaPipe's mesh is a build of its own, for orientation only.
";

fn times(rows: &[Row]) -> String {
    let mut text = String::from(
        "| reader | p50 ms | p99 ms | mean ms | processor p50 ms | processor mean ms | a face in |\n|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let figures = [
            percentile(&row.ms, 0.5),
            percentile(&row.ms, 0.99),
            mean(&row.ms),
            percentile(&row.cpu, 0.5),
            mean(&row.cpu),
        ];
        let _ = write!(text, "| {} |", row.reader);
        for figure in figures {
            let _ = write!(text, " {} |", number(figure, 2));
        }
        let _ = writeln!(text, " {} of {} |", row.faces, row.ms.len());
    }
    text
}

/// What a row is judged by: its name, and how it is taken from the row.
type Figure = (&'static str, fn(&Row) -> Option<f64>);

/// Ours without irises against MediaPipe and TensorFlow.js, by median, mean and processor time.
fn goals(rows: &[Row]) -> String {
    let mut text = String::new();
    let [ours, _, mediapipe, _, tfjs] = rows else {
        return text;
    };
    let figures: [Figure; 3] = [
        ("median", |row| percentile(&row.ms, 0.5)),
        ("mean", |row| mean(&row.ms)),
        ("processor time, median of turns", |row| {
            percentile(&row.cpu, 0.5)
        }),
    ];
    let (goal, must) = MEDIAPIPE;
    for (name, figure) in figures {
        if let (Some(ours), Some(theirs)) = (figure(ours), figure(mediapipe)) {
            let ratio = ours / theirs;
            let _ = writeln!(
                text,
                "- {name}: {ratio:.2} times MediaPipe's; goal at most {goal:.0}: {}; must be at most {must}: {}",
                verdict(ratio <= goal),
                verdict(ratio <= must)
            );
        }
    }
    for (name, figure) in figures {
        if let (Some(ours), Some(theirs)) = (figure(ours), figure(tfjs)) {
            let times = theirs / ours;
            let _ = writeln!(
                text,
                "- {name}: {times:.1} times as fast as TensorFlow.js; must be at least {TFJS:.0}: {}",
                verdict(times >= TFJS)
            );
        }
    }
    text
}

fn distances(all: &[Apart]) -> String {
    let mut text = String::from(
        "| from | frames | mean of all points | p99 of frames' means | p99 of frames' farthest points | farthest point |\n\
         |---|---|---|---|---|---|\n",
    );
    let percent = |share: Option<f64>| {
        share.map_or_else(|| "-".to_owned(), |share| format!("{:.3}%", 100.0 * share))
    };
    for one in all {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            one.from,
            one.means.len(),
            percent(mean(&one.means)),
            percent(percentile(&one.means, 0.99)),
            percent(percentile(&one.largest, 0.99)),
            percent(percentile(&one.largest, 1.0))
        );
    }
    if let Some(gate) = all.first()
        && let Some(worst) = percentile(&gate.means, 1.0)
    {
        let _ = writeln!(
            text,
            "\nGate: within {:.0}% of the eyes' distance of the originals' in every frame, all points' mean: {} (worst frame {}). \
             A single point lies farther than that in {} of {} frames.",
            100.0 * APART,
            verdict(worst <= APART),
            percent(Some(worst)),
            gate.largest.iter().filter(|point| **point > APART).count(),
            gate.largest.len()
        );
    }
    text
}

const fn verdict(met: bool) -> &'static str {
    if met { "reached" } else { "missed" }
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(times: [f64; 5]) -> Vec<Row> {
        let row = |ms: f64| Row {
            reader: "one".into(),
            ms: vec![ms; 9],
            cpu: vec![ms; 3],
            faces: 9,
        };
        times.into_iter().map(row).collect()
    }

    fn paced(dropped: u64, cpu_ms: Option<f64>) -> Paced {
        Paced {
            format: "MJPEG",
            seconds: 10.0,
            frames: 300,
            dropped,
            faces: 300,
            delays: vec![5.0; 300],
            cpu_ms,
        }
    }

    #[test]
    fn goals_are_told_reached_or_missed_by_what_was_measured() {
        let good = goals(&rows([1.0, 2.0, 2.0, 2.0, 6.0]));
        assert_eq!(good.matches("reached").count(), 9, "{good}");
        let between = goals(&rows([1.2, 2.0, 1.0, 2.0, 6.1]));
        assert_eq!(between.matches("missed").count(), 3, "{between}");
        let bad = goals(&rows([4.0, 5.0, 2.0, 2.0, 6.0]));
        assert_eq!(bad.matches("missed").count(), 9, "{bad}");
    }

    #[test]
    fn a_dropped_frame_or_too_many_cores_miss_the_goal_and_so_does_an_unknown_share() {
        let told = |run| paced_table(&[run]).contains("reached");
        assert!(told(paced(0, Some(7_999.0))));
        assert!(!told(paced(1, Some(1_000.0))));
        assert!(!told(paced(0, Some(8_001.0))));
        assert!(!told(paced(0, None)));
    }

    #[test]
    fn one_allocation_of_frame_size_misses_the_goal() {
        let frame = |large| Allocated {
            count: 10,
            bytes: 2048,
            large,
        };
        assert!(allocations(&[frame(0), frame(0)]).contains("reached"));
        assert!(allocations(&[frame(0), frame(1)]).contains("missed"));
        assert!(allocations(&[]).contains("missed"));
    }

    #[test]
    fn the_gate_is_the_worst_frames_mean() {
        let from = |worst| {
            [Apart {
                from: "one".into(),
                means: vec![0.001, worst],
                largest: vec![0.01, 0.02],
            }]
        };
        assert!(distances(&from(0.0099)).contains("reached"));
        assert!(distances(&from(0.0099)).contains("in 1 of 2 frames"));
        assert!(distances(&from(0.0101)).contains("missed"));
    }
}
