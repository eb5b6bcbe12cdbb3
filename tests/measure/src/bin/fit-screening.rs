//! Fits the weights of the score to labelled pairs, and says how well they hold on pairs that they were not fitted on.
//!
//! `cargo run -p kiosk-measure --bin fit-screening -- PAIRS.csv [--misses]`; columns `schema,name1,name2,is_match`.
#![allow(
    clippy::print_stdout,
    reason = "a tool that prints, for whoever tunes the score"
)]

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use kiosk_screening::compare::align::align;
use kiosk_screening::compare::features::{COUNT, Features, NAMES, features, is_thin};
use kiosk_screening::compare::{THIN, model, score_of};
use kiosk_screening::names::{Kind, Name};
use opencv::core::{DECOMP_CHOLESKY, Mat, solve};
use opencv::prelude::MatTraitConstManual;

/// A pair and its label.
struct Row {
    features: Features,
    is_match: bool,
    group: usize,
    text: String,
    is_same: bool,
    is_thin: bool,
    /// By the shipped weights and all rules.
    shipped: f32,
}

/// The constant and one for each feature.
const WIDTH: usize = COUNT + 1;
type Weights = [f32; WIDTH];

const FOLDS: usize = 5;
/// Thresholds for which figures are printed, 0 to 1.
const THRESHOLDS: [f32; 6] = [0.5, 0.6, 0.65, 0.7, 0.75, 0.8];

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().context("name the file with the pairs")?;
    let rows = read(&path)?;
    for seed in 0..3 {
        println!("five folds, draw {seed}: {}", told(&held_out(&rows, seed)));
    }
    let fitted: Vec<&Row> = rows.iter().filter(|row| row.is_fitted()).collect();
    let weights = fit(&fitted)?;
    let all = |weights: &Weights| -> Vec<(f32, bool)> {
        rows.iter()
            .map(|row| (row.score(weights), row.is_match))
            .collect()
    };
    println!("fitted to all: {}", told(&all(&weights)));
    let shipped: Vec<(f32, bool)> = rows.iter().map(|row| (row.shipped, row.is_match)).collect();
    println!("as shipped: {}", told(&shipped));
    println!("constant {:.3}", weights[0]);
    for (name, weight) in NAMES.iter().zip(&weights[1..]) {
        println!("{name} {weight:.3}");
    }
    if arguments.next().as_deref() == Some("--misses") {
        misses(&rows, &weights);
    }
    Ok(())
}

impl Row {
    /// Others' scores do not depend on the weights, or on little.
    fn is_fitted(&self) -> bool {
        !self.is_same && !self.is_thin
    }

    fn score(&self, weights: &Weights) -> f32 {
        if self.is_same {
            return 1.0;
        }
        model::likelihood_by(weights, &self.features) * if self.is_thin { THIN } else { 1.0 }
    }

    fn fold(&self, seed: usize) -> usize {
        (self
            .group
            .wrapping_mul(2_654_435_761)
            .wrapping_add(seed * 97)
            >> 7)
            % FOLDS
    }
}

fn read(path: &str) -> Result<Vec<Row>> {
    let mut reader = csv::Reader::from_path(path).with_context(|| format!("can't read {path}"))?;
    let places: HashMap<String, usize> = reader
        .headers()?
        .iter()
        .enumerate()
        .map(|(place, name)| (name.to_owned(), place))
        .collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record?;
        let text = |column: &str| {
            let place = places
                .get(column)
                .with_context(|| format!("no column {column}"))?;
            record.get(*place).context("a row is short")
        };
        rows.push(row(
            text("schema")?,
            text("name1")?,
            text("name2")?,
            text("is_match")? == "true",
        ));
    }
    Ok(rows)
}

fn row(schema: &str, one: &str, other: &str, is_match: bool) -> Row {
    let kind = match schema {
        "Person" => Kind::Person,
        "Company" | "Organization" => Kind::Organisation,
        "Vessel" => Kind::Vessel,
        _ => Kind::Unknown,
    };
    let (left, right) = (Name::new(one, kind), Name::new(other, kind));
    let aligned = align(&left, &right);
    let shipped = score_of(&left, &right, kind);
    let hash = |hash: usize, byte: u8| hash.wrapping_mul(31).wrapping_add(usize::from(byte));
    Row {
        features: features(&left, &right, &aligned, kind),
        is_match,
        // Pairs of one second name stay in one fold.
        group: other.bytes().fold(7, hash),
        text: format!("{one} | {other}"),
        is_same: shipped >= 100.0,
        is_thin: is_thin(&aligned, kind),
        shipped: shipped / 100.0,
    }
}

/// Scores of all rows, each by weights that were fitted without its fold.
fn held_out(rows: &[Row], seed: usize) -> Vec<(f32, bool)> {
    let mut held = Vec::new();
    for fold in 0..FOLDS {
        let others: Vec<&Row> = rows
            .iter()
            .filter(|row| row.fold(seed) != fold && row.is_fitted())
            .collect();
        let Ok(weights) = fit(&others) else {
            continue;
        };
        let of_fold = rows.iter().filter(|row| row.fold(seed) == fold);
        held.extend(of_fold.map(|row| (row.score(&weights), row.is_match)));
    }
    held
}

/// Logistic regression by Newton's method, with a ridge on all weights but the constant.
fn fit(rows: &[&Row]) -> Result<Weights> {
    const RIDGE: f64 = 1.0;
    const STEPS: usize = 30;
    let mut weights = [0.0; WIDTH];
    let mut ridge = [RIDGE; WIDTH];
    ridge[0] = 1e-6;
    for _ in 0..STEPS {
        let mut curvature = [[0.0; WIDTH]; WIDTH];
        let mut slope = [0.0; WIDTH];
        for place in 0..WIDTH {
            curvature[place][place] = ridge[place];
            slope[place] = -ridge[place] * weights[place];
        }
        for row in rows {
            let x: [f64; WIDTH] = std::array::from_fn(|place| match place {
                0 => 1.0,
                place => f64::from(row.features[place - 1]),
            });
            let sum: f64 = x.iter().zip(&weights).map(|(x, weight)| x * weight).sum();
            let likelihood = 1.0 / (1.0 + (-sum).exp());
            let wrong = f64::from(u8::from(row.is_match)) - likelihood;
            for place in 0..WIDTH {
                slope[place] += x[place] * wrong;
                for other in 0..WIDTH {
                    curvature[place][other] +=
                        x[place] * x[other] * likelihood * (1.0 - likelihood);
                }
            }
        }
        let step = solved(&curvature, &slope)?;
        for (weight, step) in weights.iter_mut().zip(step) {
            *weight += step;
        }
    }
    Ok(weights.map(|weight| weight as f32))
}

/// What a symmetric matrix has to be multiplied with for the right side to come.
fn solved(matrix: &[[f64; WIDTH]; WIDTH], right: &[f64; WIDTH]) -> Result<Vec<f64>> {
    let left = Mat::from_slice_2d(matrix)?;
    let right = right.map(|value| [value]);
    let mut solution = Mat::default();
    let is_settled = solve(
        &left,
        &Mat::from_slice_2d(&right)?,
        &mut solution,
        DECOMP_CHOLESKY,
    )?;
    ensure!(is_settled, "the pairs do not settle the weights");
    Ok(solution.data_typed()?.to_vec())
}

fn told(scores: &[(f32, bool)]) -> String {
    let at = |threshold: f32| {
        let count = |matched: bool, label: bool| {
            scores
                .iter()
                .filter(|(score, is_match)| (*score >= threshold) == matched && *is_match == label)
                .count() as f64
        };
        let (hits, alarms, misses) = (count(true, true), count(true, false), count(false, true));
        format!(
            "{threshold}: P {:.3} R {:.3} F1 {:.3}",
            hits / (hits + alarms),
            hits / (hits + misses),
            2.0 * hits / (2.0 * hits + alarms + misses)
        )
    };
    THRESHOLDS.map(at).join("; ")
}

fn misses(rows: &[Row], weights: &Weights) {
    for row in rows {
        let score = row.score(weights);
        if (score >= 0.65) != row.is_match {
            let what = if row.is_match { "MISS " } else { "FALSE" };
            println!("{what} {score:.2} {} {:.2?}", row.text, row.features);
        }
    }
}
