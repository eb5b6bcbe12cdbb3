//! Pairs that others labelled, scores that OFAC gave, and the lists themselves, where `KIOSK_TESTDATA` names them; without
//! it these tests say so and look at nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test may fail by panicking, and says what it saw"
)]

use std::collections::HashMap;
use std::path::PathBuf;

use kiosk_screening::compare::score_of;
use kiosk_screening::index::{Asked, Index};
use kiosk_screening::lists::load;
use kiosk_screening::names::{Kind, Name};
use kiosk_screening::ofac;

/// The shipped policy's threshold.
const THRESHOLD: f32 = 65.0;

fn sanctions() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("KIOSK_TESTDATA") else {
        println!("KIOSK_TESTDATA is not set: no reference lists, pairs and scores");
        return None;
    };
    let folder = PathBuf::from(folder).join("sanctions");
    assert!(folder.exists(), "KIOSK_TESTDATA has no sanctions");
    Some(folder)
}

fn rows(file: &str) -> Option<Vec<HashMap<String, String>>> {
    let mut reader = csv::Reader::from_path(sanctions()?.join(file)).unwrap();
    Some(reader.deserialize().map(Result::unwrap).collect())
}

#[test]
fn labelled_pairs_are_told_apart_at_the_policy_s_threshold() {
    let Some(rows) = rows("name_pairs.csv") else {
        return;
    };
    let (mut hits, mut alarms, mut misses) = (0.0, 0.0, 0.0);
    for row in &rows {
        let kind = match row["schema"].as_str() {
            "Person" => Kind::Person,
            "Company" | "Organization" => Kind::Organisation,
            "Vessel" => Kind::Vessel,
            _ => Kind::Unknown,
        };
        let name = |column: &str| Name::new(&row[column], kind);
        let matched = score_of(&name("name1"), &name("name2"), kind) >= THRESHOLD;
        match (row["is_match"] == "true", matched) {
            (true, true) => hits += 1.0,
            (false, true) => alarms += 1.0,
            (true, false) => misses += 1.0,
            (false, false) => {}
        }
    }
    let f1 = 2.0 * hits / (2.0 * hits + alarms + misses);
    println!("{} pairs: F1 {f1:.3}", rows.len());
    assert!(
        f1 >= 0.85,
        "F1 {f1:.3}: {hits} hits, {alarms} alarms, {misses} misses"
    );
}

#[test]
fn scores_are_within_five_points_of_ofac_s_own() {
    let Some(rows) = rows("ofac_scores.csv") else {
        return;
    };
    let within = rows.iter().filter(|row| {
        let given: f32 = row["ofac_score"].parse().unwrap();
        let ours = ofac::score(&row["query_name"], &row["result_name"]);
        // OFAC's search shows nothing below 50: -1 stands for a name that it did not return.
        if given < 0.0 {
            ours < 50.0
        } else {
            (ours - given).abs() <= 5.0
        }
    });
    let share = within.count() as f64 / rows.len() as f64;
    println!("{} scores: {share:.3} within 5 points", rows.len());
    assert!(share >= 0.95, "{share:.3}");
}

#[test]
fn the_index_finds_what_comparing_with_every_name_finds() {
    let Some(folder) = sanctions() else {
        return;
    };
    let lists = ["sdn.csv", "UN_consolidated.xml"].map(|file| folder.join(file));
    let index = Index::new(load(&lists).unwrap());
    let people: Vec<&str> = index
        .entries()
        .iter()
        .filter(|entry| entry.kind == Kind::Person)
        .flat_map(|entry| entry.names.iter().map(|name| name.text.as_str()))
        .collect();
    let mut found = 0;
    // Every so manieth name without its second letter: cargo xtask bench screening asks for many more.
    for name in people.iter().step_by(people.len() / 12) {
        let mut letters = name.chars();
        let misspelt: String = letters.next().into_iter().chain(letters.skip(1)).collect();
        let asked = Asked::new(&misspelt);
        let met = index.search(&asked, Kind::Person, THRESHOLD);
        for other in index.search_all(&asked, Kind::Person, THRESHOLD) {
            found += 1;
            assert!(
                met.iter().any(|met| met.entry.id == other.entry.id),
                "{} was missed",
                other.entry.id
            );
        }
    }
    assert!(found > 0);
}
