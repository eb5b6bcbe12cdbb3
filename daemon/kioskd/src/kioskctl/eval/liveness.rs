//! `kioskctl eval liveness`: a clip frame by frame, and the gestures in it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use kiosk_session::{GestureSeen, Presentation};
use serde::Serialize;

use super::super::Failed;
use super::super::output::Output;
use super::super::readers::{ModelsAt, PolicyFiles, ms_rounded};
use super::Last;
use super::play::Player;
use crate::analysis::{Models, Moment};

/// Looks at a clip as the daemon does, and tells each frame.
#[derive(Debug, Args)]
pub struct Liveness {
    /// The clip: a video or a folder of pictures.
    #[arg(long)]
    clip: PathBuf,
    /// Prints one JSON object a line: one for each frame, the last one a summary.
    #[arg(long)]
    json: bool,
    /// What decides.
    #[command(flatten)]
    policy: PolicyFiles,
    /// Where the models are.
    #[command(flatten)]
    models: ModelsAt,
}

/// The last line's object.
#[derive(Serialize)]
struct Summary {
    frames: usize,
    /// In the order of their ends.
    gestures: Vec<Told>,
    /// The clip's score as the daemon pools it: null where passive detection was not assessed.
    pad_score: Option<f32>,
    /// Frames that it rests on.
    pad_frames: u32,
    /// The signals beside the networks, and all as one.
    presentation: Presentation,
    /// Frames a second, all stages and decoding together; null without a frame.
    fps: Option<f64>,
    stages_ms: BTreeMap<&'static str, Spent>,
    /// Why the clip was left before its end; null where it was not.
    error: Option<String>,
    models: BTreeMap<String, String>,
}

/// A gesture. Each time stands under two names: with its unit, as everywhere, and short.
#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    seen: GestureSeen,
    start: f64,
    peak: f64,
    end: f64,
}

impl From<GestureSeen> for Told {
    fn from(seen: GestureSeen) -> Self {
        Self {
            start: seen.start_ms,
            peak: seen.peak_ms,
            end: seen.end_ms,
            seen,
        }
    }
}

/// What a stage took, in ms.
#[derive(Serialize)]
struct Spent {
    /// A frame in which it ran.
    mean: f64,
    p50: f64,
    p99: f64,
    max: f64,
    /// Frames in which it ran.
    frames: usize,
}

/// Runs the command.
pub(super) fn run(args: &Liveness) -> Result<(), Failed> {
    let policy = args.policy.read()?;
    let mut player = Player::open(&args.clip, &policy.usable_face).map_err(|fault| {
        Failed::Usage(format!("{} can't be opened: {fault}", args.clip.display()))
    })?;
    let mut models = args.models.all()?;
    let (mut times, mut output) = (Times::default(), Output::new());
    while let Some((moment, stages)) = player.next(&mut models) {
        times.add(&stages);
        if args.json {
            output.json(&moment)?;
        } else {
            output.line(&row(&moment))?;
        }
    }
    let summary = summary(player, times, &mut models)?;
    if args.json {
        output.json(&Last { summary })
    } else {
        output.line(&summary.text())
    }
}

fn summary(player: Player, times: Times, models: &mut Models) -> Result<Summary, Failed> {
    let frames = player.frames();
    let (judge, error) = player.finish();
    let gestures = judge.every_gesture();
    let findings = judge.finish(models, None).map_err(Failed::work)?;
    let pad = findings.passive.assessed();
    Ok(Summary {
        frames,
        pad_score: pad.map(|pad| pad.score),
        pad_frames: pad.map_or(0, |pad| pad.frames),
        presentation: findings.presentation.clone(),
        gestures: gestures.into_iter().map(Told::from).collect(),
        fps: times.fps(frames),
        stages_ms: times.finish(),
        error,
        models: findings.models.into_iter().collect(),
    })
}

/// What stages took, a number for each frame in which they ran.
#[derive(Default)]
struct Times(BTreeMap<&'static str, Vec<f64>>);

impl Times {
    fn add(&mut self, stages: &[(&'static str, Duration)]) {
        let mut frame: BTreeMap<&'static str, f64> = BTreeMap::new();
        for (stage, took) in stages {
            *frame.entry(stage).or_default() += took.as_secs_f64() * 1e3;
        }
        for (stage, ms) in frame {
            self.0.entry(stage).or_default().push(ms);
        }
    }

    fn fps(&self, frames: usize) -> Option<f64> {
        let ms: f64 = self.0.values().flatten().sum();
        (ms > 0.0).then(|| (frames as f64 / ms * 1e4).round() / 10.0)
    }

    fn finish(self) -> BTreeMap<&'static str, Spent> {
        self.0
            .into_iter()
            .map(|(stage, times)| (stage, Spent::of(times)))
            .collect()
    }
}

impl Spent {
    /// Percentiles by nearest rank.
    fn of(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let rank = (share * times.len() as f64).ceil() as usize;
            ms_rounded(
                times
                    .get(rank.saturating_sub(1))
                    .copied()
                    .unwrap_or_default(),
            )
        };
        Self {
            mean: ms_rounded(times.iter().sum::<f64>() / times.len().max(1) as f64),
            p50: at(0.5),
            p99: at(0.99),
            max: at(1.0),
            frames: times.len(),
        }
    }
}

/// One frame as a row.
fn row(seen: &Moment) -> String {
    let number =
        |value: Option<f32>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
    format!(
        "{:8.0} ms  {} faces  yaw {}  pitch {}  roll {}  eyes {}  mouth {}  pad {}  quality {}",
        seen.t_ms,
        seen.faces,
        number(seen.yaw_deg),
        number(seen.pitch_deg),
        number(seen.roll_deg),
        number(seen.eye_openness),
        number(seen.mouth_openness),
        number(seen.pad_score),
        number(seen.quality),
    )
}

impl Summary {
    fn text(&self) -> String {
        let mut text = String::new();
        for gesture in &self.gestures {
            let GestureSeen {
                kind,
                start_ms,
                peak_ms,
                end_ms,
            } = &gesture.seen;
            text.push_str(&format!(
                "{kind:?}: {start_ms:.0} to {end_ms:.0} ms, peak {peak_ms:.0} ms\n"
            ));
        }
        let pad = self
            .pad_score
            .map_or_else(|| "not assessed".to_owned(), |score| format!("{score:.2}"));
        let fps = self
            .fps
            .map_or_else(|| "-".to_owned(), |fps| format!("{fps:.0}"));
        text.push_str(&format!(
            "{} frames, {} gestures, passive PAD {pad}, signs of a picture or screen {:.2}",
            self.frames,
            self.gestures.len(),
            self.presentation.attack
        ));
        if let Some(strongest) = &self.presentation.strongest {
            text.push_str(&format!(" ({strongest})"));
        }
        text.push_str(&format!(", {fps} frames a second"));
        if let Some(fault) = &self.error {
            text.push_str(&format!("; left before its end: {fault}"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_that_runs_twice_in_a_frame_counts_once_with_both_times() {
        let mut times = Times::default();
        let ms = Duration::from_millis;
        times.add(&[("mesh", ms(2)), ("mesh", ms(3)), ("iris", ms(5))]);
        times.add(&[("mesh", ms(10))]);
        assert_eq!(times.fps(2), Some(100.0));
        let told = times.finish();
        assert_eq!(
            (told["mesh"].frames, told["mesh"].p50, told["mesh"].max),
            (2, 5.0, 10.0)
        );
        assert_eq!((told["iris"].frames, told["iris"].mean), (1, 5.0));
    }
}
