//! `kioskctl eval match`: pairs of pictures, and whether each shows one person.
//!
//! ```text
//! CSV ─► pairs ─► templates (each picture once) ─► distance ─► line: score, decision at the policy's threshold
//!                                                     └──► curve ─► last line: accuracy, EER, TAR at FAR
//! ```

mod calibrate;
mod curve;
mod pairs;
mod templates;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use kiosk_inference::face::matching::Calibration;
use kiosk_session::{FaceMatch, FaceMatchPolicy};
use serde::Serialize;

use super::super::Failed;
use super::super::output::Output;
use super::super::readers::{ModelsAt, PolicyFiles};
use super::Last;
use super::proportion::Proportion;
use calibrate::Kind;
use curve::Curve;
use pairs::Pair;
use templates::Templates;

/// Compares pairs of pictures of faces.
#[derive(Debug, Args)]
pub struct Match {
    /// The pairs: a CSV with the columns `file_x`, `file_y` and `Decision` (Yes: one person, No: two).
    #[arg(long)]
    pairs: PathBuf,
    /// The folder that the pairs' files lie below.
    #[arg(long)]
    root: PathBuf,
    /// Prints one JSON object a line: one for each pair, the last one a summary.
    #[arg(long)]
    json: bool,
    /// Writes what these pairs say of distances to this file (JSON).
    #[arg(long)]
    calibration: Option<PathBuf>,
    /// Tells each distance's log-likelihood ratio by this calibration.
    #[arg(long)]
    calibrated_by: Option<PathBuf>,
    /// What the pairs are, for the calibration.
    #[arg(long, value_enum, default_value_t = Kind::SelfieToSelfie)]
    comparison: Kind,
    /// What decides.
    #[command(flatten)]
    policy: PolicyFiles,
    /// Where the models are.
    #[command(flatten)]
    models: ModelsAt,
}

/// One pair.
#[derive(Serialize)]
struct Line {
    /// As the CSV names them.
    file_x: String,
    file_y: String,
    /// 0 to 1, 0.5 at the policy's threshold; null where the pair could not be compared.
    score: Option<f32>,
    /// Whether the CSV says that they show one person.
    same: bool,
    /// Whether the policy takes them for one person; null where the pair could not be compared.
    decision: Option<bool>,
    /// Distance of the two templates.
    distance: Option<f32>,
    /// Natural logarithm of how much more likely that is of one person than of two; null without a calibration.
    llr: Option<f64>,
    /// Why the pair could not be compared; absent where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// The last line's object.
#[derive(Serialize)]
struct Summary {
    /// Pairs decided rightly, of all: one that could not be compared is not right. Null without a pair.
    accuracy: Option<f64>,
    accuracy_interval_95: Option<[f64; 2]>,
    /// Null without pairs of both kinds.
    eer: Option<f64>,
    /// Null where fewer than 300 impostor pairs were compared.
    #[serde(rename = "tar_at_far_1e-2")]
    tar_at_far_1e_2: Option<f64>,
    /// Null where fewer than 3,000 impostor pairs were compared.
    #[serde(rename = "tar_at_far_1e-3")]
    tar_at_far_1e_3: Option<f64>,
    pairs: usize,
    /// Of these, pairs that the file has before, this way round or the other: only the first counts for anything.
    repeated: usize,
    /// Pairs that could be compared, of one person and of two.
    compared: Compared,
    /// At the policy's threshold.
    fmr: Option<f64>,
    /// What the true FMR lies below in 95 of 100 such runs.
    fmr_upper_95: Option<f64>,
    fnmr: Option<f64>,
    fnmr_upper_95: Option<f64>,
    /// Pictures, and those that gave no template.
    pictures: usize,
    failures_to_enrol: usize,
    /// The policy's threshold and where it comes from.
    policy: FaceMatchPolicy,
    models: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Compared {
    genuine: u64,
    impostor: u64,
}

/// Runs the command.
pub(super) fn run(args: &Match) -> Result<(), Failed> {
    let pairs = pairs::read(&args.pairs)?;
    if !args.root.is_dir() {
        return Err(Failed::Usage(format!(
            "{} is no folder; name the one that the pairs' files lie below",
            args.root.display()
        )));
    }
    let policy = args.policy.read()?.face_match;
    let mut templates = Templates::new(args.models.faces()?);
    let by = args.calibrated_by.as_deref();
    let by = by
        .map(|path| calibrate::read(path, &templates.hashes(), args.comparison.into()))
        .transpose()?;
    let (mut tally, mut output) = (Tally::default(), Output::new());
    for pair in pairs {
        let found = compare(&mut templates, &args.root, &pair);
        let line = Line::new(pair, found, &policy, by.as_ref());
        tally.add(&line);
        if args.json {
            output.json(&line)?;
        } else {
            output.line(&line.text())?;
        }
    }
    let summary = tally.summary(&templates, &policy);
    if args.json {
        output.json(&Last { summary })?;
    } else {
        output.line(&summary.text())?;
    }
    let Some(path) = &args.calibration else {
        return Ok(());
    };
    let made = tally
        .curve
        .calibration(args.comparison.into(), templates.hashes())?;
    calibrate::write(&made, path)
}

/// The distance of a pair's nearest faces, or which picture gave no template, and why.
fn compare(templates: &mut Templates, root: &Path, pair: &Pair) -> Result<f32, String> {
    let mut of = |file: &str| {
        templates
            .of(&root.join(file))
            .map_err(|fault| format!("{file}: {fault}"))
    };
    // Both are looked at, so that both count where both give none.
    let (x, y) = (of(&pair.file_x), of(&pair.file_y));
    Ok(x?.distance(&*y?))
}

/// Adds up.
#[derive(Default)]
struct Tally {
    /// The two files of each pair, the lesser name first.
    seen: BTreeSet<[String; 2]>,
    repeated: usize,
    right: Proportion,
    false_matches: Proportion,
    false_non_matches: Proportion,
    curve: Curve,
}

impl Tally {
    fn add(&mut self, line: &Line) {
        let mut files = [line.file_x.clone(), line.file_y.clone()];
        files.sort();
        if !self.seen.insert(files) {
            self.repeated += 1;
            return;
        }
        self.right.add(line.decision == Some(line.same));
        let (Some(decision), Some(distance)) = (line.decision, line.distance) else {
            return;
        };
        if line.same {
            self.false_non_matches.add(!decision);
        } else {
            self.false_matches.add(decision);
        }
        self.curve.add(line.same, distance);
    }

    fn summary(&self, templates: &Templates, policy: &FaceMatchPolicy) -> Summary {
        Summary {
            accuracy: self.right.rate(),
            accuracy_interval_95: self.right.interval_95(),
            eer: self.curve.eer(),
            tar_at_far_1e_2: self.curve.tar_at(1e-2),
            tar_at_far_1e_3: self.curve.tar_at(1e-3),
            pairs: self.seen.len() + self.repeated,
            repeated: self.repeated,
            compared: Compared {
                genuine: self.false_non_matches.of,
                impostor: self.false_matches.of,
            },
            fmr: self.false_matches.rate(),
            fmr_upper_95: self.false_matches.upper_95(),
            fnmr: self.false_non_matches.rate(),
            fnmr_upper_95: self.false_non_matches.upper_95(),
            pictures: templates.pictures(),
            failures_to_enrol: templates.failures(),
            policy: policy.clone(),
            models: templates.hashes(),
        }
    }
}

impl Line {
    fn new(
        pair: Pair,
        found: Result<f32, String>,
        policy: &FaceMatchPolicy,
        by: Option<&Calibration>,
    ) -> Self {
        let (found, error) = match found {
            Ok(distance) => (Some(FaceMatch::uncalibrated(distance)), None),
            Err(fault) => (None, Some(fault)),
        };
        Self {
            score: found.map(|found| found.score(policy.max_distance)),
            decision: found.map(|found| found.distance <= policy.max_distance),
            distance: found.map(|found| found.distance),
            llr: found
                .zip(by)
                .map(|(found, by)| by.likelihood.of(found.distance)),
            file_x: pair.file_x,
            file_y: pair.file_y,
            same: pair.same,
            error,
        }
    }

    fn text(&self) -> String {
        let Self { file_x, file_y, .. } = self;
        match (&self.error, self.decision, self.distance) {
            (None, Some(decision), Some(distance)) => {
                let said = if decision { "one person" } else { "two people" };
                let right = if decision == self.same { "" } else { ", WRONG" };
                format!("{file_x} {file_y}: {said}{right} (distance {distance:.3})")
            }
            (fault, ..) => {
                let why = fault.as_deref().unwrap_or_default();
                format!("{file_x} {file_y}: not compared: {why}")
            }
        }
    }
}

impl Summary {
    fn text(&self) -> String {
        let share = |share: Option<f64>| {
            share.map_or_else(|| "-".to_owned(), |share| format!("{:.2} %", share * 100.0))
        };
        format!(
            "{} pairs: {} right at distance {}; EER {}; TAR {} at FAR 1 %, {} at 0.1 %; FMR {} of {} (below {}), FNMR {} of {}; {} of {} pictures without a template",
            self.pairs,
            share(self.accuracy),
            self.policy.max_distance,
            share(self.eer),
            share(self.tar_at_far_1e_2),
            share(self.tar_at_far_1e_3),
            share(self.fmr),
            self.compared.impostor,
            share(self.fmr_upper_95),
            share(self.fnmr),
            self.compared.genuine,
            self.failures_to_enrol,
            self.pictures
        )
    }
}
