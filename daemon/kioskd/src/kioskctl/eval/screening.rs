//! `kioskctl eval screening`: pairs of names through the score, beside labels or OFAC's own scores.
//!
//! The header tells which: `schema,name1,name2,is_match` (labels), or `query_name,result_name,ofac_score`. Other columns
//! are left aside. No list is needed. What it prints are names: it is its purpose.

use std::collections::HashMap;
use std::path::PathBuf;

use clap::Args;
use kiosk_screening::compare::{Comparison, compare};
use kiosk_screening::names::{Kind, Name};
use kiosk_screening::ofac;
use serde::Serialize;

use super::super::Failed;
use super::super::output::Output;
use super::super::readers::PolicyFiles;
use super::Last;

/// Scores pairs of names.
#[derive(Debug, Args)]
pub struct Screening {
    /// A CSV file with a header.
    #[arg(long)]
    pairs: PathBuf,
    /// What decides: its [screening] says from which score on two names are one.
    #[command(flatten)]
    policy: PolicyFiles,
    /// Prints one JSON object a line: one for each pair, the last one a summary.
    #[arg(long)]
    json: bool,
}

/// A labelled pair.
#[derive(Serialize)]
struct Labelled {
    name1: String,
    name2: String,
    schema: String,
    is_match: bool,
    /// Whether the score reaches the threshold.
    matched: bool,
    #[serde(flatten)]
    comparison: Comparison,
    ofac_score: f32,
}

/// What labelled pairs gave.
#[derive(Debug, Default, Serialize, PartialEq)]
struct Labels {
    pairs: usize,
    threshold: f32,
    true_positives: usize,
    false_positives: usize,
    true_negatives: usize,
    false_negatives: usize,
    /// Null where nothing was matched.
    precision: Option<f64>,
    /// Null where no pair is labelled a match.
    recall: Option<f64>,
    /// Null where either is.
    f1: Option<f64>,
}

/// A pair that OFAC's search scored.
#[derive(Serialize)]
struct Scored {
    query_name: String,
    result_name: String,
    /// What OFAC gave; null where it did not return the entry (the file's -1).
    expected: Option<f32>,
    ofac_score: f32,
    /// Ours less OFAC's; null where there is none.
    difference: Option<f32>,
    within_5: bool,
}

/// What they gave together.
#[derive(Debug, Serialize, PartialEq)]
struct Scores {
    pairs: usize,
    /// Pairs that OFAC's search did not return: within where ours is below the least that it shows, 50.
    not_returned: usize,
    /// 0 to 1, of all pairs; null where there is none.
    share_within_5: Option<f64>,
    /// Mean of the differences' sizes, over the pairs that OFAC scored.
    mean_difference: Option<f64>,
}

/// The least score that OFAC's search can be asked to show.
const LEAST_SHOWN: f32 = 50.0;

/// Runs the command.
pub(super) fn run(args: &Screening) -> Result<(), Failed> {
    let threshold = args.policy.read()?.screening.review_from;
    let unusable = |why: String| {
        Failed::Usage(format!(
            "{}: {why}; give a CSV file in UTF-8 with the header schema,name1,name2,is_match or query_name,result_name,ofac_score",
            args.pairs.display()
        ))
    };
    let mut reader =
        csv::Reader::from_path(&args.pairs).map_err(|error| unusable(error.to_string()))?;
    let header = reader
        .headers()
        .map_err(|error| unusable(error.to_string()))?
        .clone();
    let places: HashMap<String, usize> = header
        .iter()
        .enumerate()
        .map(|(place, name)| (name.trim().to_owned(), place))
        .collect();
    let records: Vec<csv::StringRecord> = reader
        .records()
        .collect::<Result<_, _>>()
        .map_err(|error| unusable(error.to_string()))?;
    let table = Table { places, records };
    if table.has(&["name1", "name2", "is_match"]) {
        let lines = labelled(&table, threshold).map_err(unusable)?;
        tell(args.json, &lines, labels(&lines, threshold), |line| {
            format!(
                "{:>6.2} {} {} | {}",
                line.comparison.score, line.is_match, line.name1, line.name2
            )
        })
    } else if table.has(&["query_name", "result_name", "ofac_score"]) {
        let lines = scored(&table).map_err(unusable)?;
        tell(args.json, &lines, scores(&lines), |line| {
            format!(
                "{:>4} {:?} {} | {}",
                line.ofac_score, line.expected, line.query_name, line.result_name
            )
        })
    } else {
        Err(unusable("has neither of the two headers".to_owned()))
    }
}

fn tell<L: Serialize, S: Serialize>(
    json: bool,
    lines: &[L],
    summary: S,
    text: impl Fn(&L) -> String,
) -> Result<(), Failed> {
    let mut output = Output::new();
    for line in lines {
        if json {
            output.json(line)?
        } else {
            output.line(&text(line))?
        }
    }
    let last = Last { summary };
    if json {
        return output.json(&last);
    }
    output.line(&serde_json::to_string_pretty(&last).map_err(Failed::work)?)
}

/// A file's rows by column name.
struct Table {
    places: HashMap<String, usize>,
    records: Vec<csv::StringRecord>,
}

impl Table {
    fn has(&self, columns: &[&str]) -> bool {
        columns
            .iter()
            .all(|column| self.places.contains_key(*column))
    }

    fn text<'a>(&self, record: &'a csv::StringRecord, column: &str) -> &'a str {
        self.places
            .get(column)
            .and_then(|place| record.get(*place))
            .unwrap_or_default()
    }
}

fn at(record: &csv::StringRecord, problem: &str) -> String {
    let line = record.position().map_or(0, csv::Position::line);
    format!("line {line}: {problem}")
}

fn labelled(table: &Table, threshold: f32) -> Result<Vec<Labelled>, String> {
    let row = |record: &csv::StringRecord| {
        let text = |column| table.text(record, column).to_owned();
        let (name1, name2, schema) = (text("name1"), text("name2"), text("schema"));
        let kind = kind(&schema);
        let is_match = match table.text(record, "is_match").to_ascii_lowercase().as_str() {
            "true" | "1" => true,
            "false" | "0" => false,
            _ => return Err(at(record, "is_match is neither true nor false")),
        };
        let comparison = compare(&Name::new(&name1, kind), &Name::new(&name2, kind), kind);
        Ok(Labelled {
            matched: comparison.score >= threshold,
            ofac_score: ofac::score(&name1, &name2),
            comparison,
            is_match,
            name1,
            name2,
            schema,
        })
    };
    table.records.iter().map(row).collect()
}

/// The kind by the schema's name, as FollowTheMoney calls them.
fn kind(schema: &str) -> Kind {
    match schema {
        "Person" => Kind::Person,
        "Company" | "Organization" | "Organisation" => Kind::Organisation,
        "Vessel" | "Airplane" => Kind::Vessel,
        _ => Kind::Unknown,
    }
}

fn labels(lines: &[Labelled], threshold: f32) -> Labels {
    let count = |is_match, matched| {
        lines
            .iter()
            .filter(|line| line.is_match == is_match && line.matched == matched)
            .count()
    };
    let (hits, alarms, misses) = (count(true, true), count(false, true), count(true, false));
    let share = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
    Labels {
        pairs: lines.len(),
        threshold,
        true_positives: hits,
        false_positives: alarms,
        true_negatives: count(false, false),
        false_negatives: misses,
        precision: share(hits, hits + alarms),
        recall: share(hits, hits + misses),
        f1: share(2 * hits, 2 * hits + alarms + misses),
    }
}

fn scored(table: &Table) -> Result<Vec<Scored>, String> {
    let row = |record: &csv::StringRecord| {
        let text = |column| table.text(record, column).to_owned();
        let (query_name, result_name) = (text("query_name"), text("result_name"));
        let given: f32 = table
            .text(record, "ofac_score")
            .trim()
            .parse()
            .map_err(|_| at(record, "ofac_score is no number"))?;
        let expected = (given >= 0.0).then_some(given);
        let ofac_score = ofac::score(&query_name, &result_name);
        let difference = expected.map(|expected| ofac_score - expected);
        Ok(Scored {
            within_5: difference.map_or(ofac_score < LEAST_SHOWN, |difference| {
                difference.abs() <= 5.0
            }),
            query_name,
            result_name,
            expected,
            ofac_score,
            difference,
        })
    };
    table.records.iter().map(row).collect()
}

fn scores(lines: &[Scored]) -> Scores {
    let differences: Vec<f64> = lines
        .iter()
        .filter_map(|line| line.difference)
        .map(|difference| f64::from(difference.abs()))
        .collect();
    let share = |part: f64, whole: usize| (whole > 0).then(|| part / whole as f64);
    Scores {
        pairs: lines.len(),
        not_returned: lines.len() - differences.len(),
        share_within_5: share(
            lines.iter().filter(|line| line.within_5).count() as f64,
            lines.len(),
        ),
        mean_difference: share(differences.iter().sum(), differences.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_that_ofac_did_not_show_is_met_by_one_that_it_would_not() {
        let line = |expected: Option<f32>, ours: f32| Scored {
            query_name: String::new(),
            result_name: String::new(),
            expected,
            ofac_score: ours,
            difference: expected.map(|expected| ours - expected),
            within_5: expected.map_or(ours < LEAST_SHOWN, |expected| {
                (ours - expected).abs() <= 5.0
            }),
        };
        let told = scores(&[
            line(Some(90.0), 86.0),
            line(Some(90.0), 80.0),
            line(None, 20.0),
            line(None, 60.0),
        ]);
        assert_eq!((told.pairs, told.not_returned), (4, 2));
        assert_eq!(
            (told.share_within_5, told.mean_difference),
            (Some(0.5), Some(7.0))
        );
    }
}
