//! Visual zones of documents as they are photographed and scanned: what agrees with their MRZ is printed,
//! and nothing is called different that is the same by eye.
//!
//! The samples are named by `KIOSK_TESTDATA`; without it the specimens of `tests/` alone are read.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has to end, and prints its figures"
)]

use std::time::Duration;

use crate::support;
use kiosk_inference::document::DocumentReader;
use kiosk_inference::document::crosscheck::Crosscheck;
use kiosk_inference::document::viz::Viz;

/// What differs by eye: the Australian specimen's page is valid until 2024, its zone until 2019.
const DIFFERENT_BY_EYE: [(&str, &str); 1] = [("62_pass-aus.png", "expiry_date")];
/// Fields of the samples that agree at least, of those that two parts state legibly.
const LEAST_AGREEING: usize = 30;

fn shown(check: Crosscheck) -> String {
    match check {
        Crosscheck::Agrees { by, distance, .. } => format!("agrees {by:?} {distance}"),
        Crosscheck::Differs { distance, .. } => format!("DIFFERS {distance}"),
        Crosscheck::NotAssessed(why) => format!("- {why:?}"),
    }
}

/// The samples are public specimens: with `KIOSK_SHOW_VIZ` their texts are shown, to judge by eye.
fn show(viz: &Viz) {
    if std::env::var_os("KIOSK_SHOW_VIZ").is_none() {
        return;
    }
    for line in &viz.lines {
        let [x, y] = line.corners[0];
        println!("    {x:5.0} {y:5.0} {:.2} {}", line.confidence, line.text());
    }
    for field in &viz.fields {
        let (name, found) = (field.name, field.found);
        println!(
            "    {name:?} {found:?} {:.2} {}",
            field.confidence, field.text
        );
    }
}

#[test]
fn sample_documents_differ_from_their_zone_only_where_they_do_by_eye() {
    let Some(folder) = support::testdata("documents") else {
        return;
    };
    let (engine, pack) = support::models();
    let mut reader = DocumentReader::load(&engine, &pack).unwrap();
    let mut files = support::files(&folder, "jpg");
    files.extend(support::files(&folder, "png"));
    let (mut agreeing, mut wrong) = (0, Vec::new());
    for path in files {
        let name = support::name(&path);
        let reading = reader.read(&support::picture(&path)).unwrap();
        let took: Duration = reading
            .stages
            .iter()
            .filter(|(stage, _)| stage.starts_with("viz"))
            .map(|(_, took)| *took)
            .sum();
        let lines = reading.viz.as_ref().map_or(0, |viz| viz.lines.len());
        println!("{name}: {lines} lines, {} ms", took.as_millis());
        if let Some(viz) = &reading.viz {
            show(viz);
        }
        for (field, check) in reading.crosschecks.named() {
            println!("  {field}: {}", shown(check));
            agreeing += usize::from(matches!(check, Crosscheck::Agrees { .. }));
            let known = DIFFERENT_BY_EYE.contains(&(name.as_str(), field));
            if matches!(check, Crosscheck::Differs { .. }) && !known {
                wrong.push(format!("{name} {field}"));
            }
        }
    }
    println!("fields that agree: {agreeing}");
    assert_eq!(wrong, Vec::<String>::new());
    assert!(agreeing >= LEAST_AGREEING, "{agreeing}");
}
