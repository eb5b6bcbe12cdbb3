//! Data that contradict themselves are told, and those that do not are left alone.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kiosk_inference::document::authenticity::{Reason, Signal, SignalKind, Stated, consistency};
use kiosk_inference::document::crosscheck::Crosschecks;
use kiosk_inference::document::mrz::{MrzDate, MrzFormat, check_digit, encode, parse};
use kiosk_inference::document::{DocumentReading, MrzReading};
use kiosk_inference::picture::{DecodeLimits, Picture};
use kiosk_tests::attack::{Pictured, pictured};
use kiosk_tests::specimen::{Fonts, Holder, Kind, Specimen};
use time::Duration;

use super::support::{TODAY, bona_fide, full, portraits, random, read};

/// A contradiction that is drawn.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// The zone's issuer numbers its passports in another way.
    Number,
    /// The zone's issuer is the code of persons without a nationality.
    Issuer,
    /// The zone's document code is another layout's.
    Code,
    /// The zone has another day of birth than the print.
    Birth,
    /// The zone expires on another day than the print.
    Expiry,
    /// The print was issued after it expires.
    IssuedLate,
    /// The zone's day of birth does not exist; its check digits are right.
    NoSuchDay,
}

const FAULTS: [Fault; 7] = [
    Fault::Number,
    Fault::Issuer,
    Fault::Code,
    Fault::Birth,
    Fault::Expiry,
    Fault::IssuedLate,
    Fault::NoSuchDay,
];

/// What contradicts itself by eye on two of the reference pictures: print that is valid for longer than its zone, and
/// figures for a nationality.
const BY_EYE: [Reason; 2] = [Reason::DatesDiffer, Reason::StateCode];

/// What is printed, and the zone's lines.
fn drawn(fault: Fault, holder: Holder) -> (Specimen, Vec<String>) {
    let mut specimen = Specimen::bona_fide(Kind::Passport, holder, TODAY);
    let mut fields = specimen.fields();
    let later = |date: time::Date| Some(MrzDate::from_date(date + Duration::days(400)));
    match fault {
        Fault::Number => fields.issuing_state = "GBR".into(),
        Fault::Issuer => fields.issuing_state = "XXA".into(),
        Fault::Code => fields.document_code = "I".into(),
        Fault::Birth => fields.birth = later(specimen.holder.birth),
        Fault::Expiry => fields.expiry = later(specimen.expires),
        Fault::IssuedLate => specimen.issued = specimen.expires + Duration::days(30),
        Fault::NoSuchDay => {}
    }
    let mut lines = encode(MrzFormat::Td3, &fields).unwrap();
    if matches!(fault, Fault::NoSuchDay) {
        let digit = check_digit("740231").unwrap();
        lines[1].replace_range(13..20, &format!("740231{digit}"));
        let covered = [&lines[1][0..10], &lines[1][13..20], &lines[1][21..43]].concat();
        let composite = check_digit(&covered).unwrap();
        lines[1].replace_range(43..44, &composite.to_string());
    }
    (specimen, lines)
}

fn signal(reading: &DocumentReading) -> Option<Signal> {
    let mut signals = reading.authenticity.iter();
    signals
        .find(|signal| signal.kind == SignalKind::DataInconsistent)
        .copied()
}

#[test]
fn contradictions_in_a_document_are_told_by_what_they_are() {
    let (fonts, mut random) = (Fonts::installed().unwrap(), random(90));
    let of_each = if full() { 12 } else { 4 };
    let (mut told, mut all) = (0, 0);
    for fault in FAULTS {
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for index in 0..of_each {
            let person = index % 2;
            let holder = [Holder::eriksson(), Holder::almqvist()][person].clone();
            let (specimen, lines) = drawn(fault, holder);
            let pages = specimen
                .render_with_zone(lines, &portraits()[person], &fonts, 13.0)
                .unwrap();
            let how = [Pictured::Photographed, Pictured::Scanned][index / 2 % 2];
            let taken = pictured(&pages.front, how, &mut random).unwrap();
            let signal = signal(&read(&taken.picture));
            let raised = signal.is_some_and(|signal| signal.is_raised());
            let what = match signal.and_then(|signal| signal.scored.measured()) {
                Some(scored) if raised => format!("{:?}", scored.reason),
                Some(_) => "clear".to_owned(),
                None => "not assessed".to_owned(),
            };
            *reasons.entry(what).or_default() += 1;
            told += usize::from(raised);
            all += 1;
        }
        println!("{fault:?}: {reasons:?} of {of_each}");
    }
    println!("inconsistent data: {told} of {all} told");
    assert!(told * 10 >= all * 8, "{told} of {all}");
}

#[test]
fn consistent_documents_in_pictures_raise_nothing() {
    let count = if full() { 132 } else { 22 };
    let (mut wrong, mut assessed) = (Vec::new(), 0);
    for (name, _, taken) in bona_fide(count, 91) {
        let Some(signal) = signal(&read(&taken.picture)) else {
            continue;
        };
        let Some(scored) = signal.scored.measured() else {
            continue;
        };
        assessed += 1;
        // A specimen in the French layout bears a month of issue that no card has, and is told by it.
        let by_design = name.starts_with("FrenchCard") && scored.reason == Reason::NumberFormat;
        if signal.is_raised() && !by_design {
            wrong.push(format!("{name}: {scored:?}"));
        }
    }
    println!(
        "consistent specimens: {} of {assessed} raised, {count} looked at",
        wrong.len()
    );
    assert!(assessed * 2 >= count, "{assessed}");
    assert_eq!(wrong, Vec::<String>::new());
}

/// A zone that was read without doubt.
fn surely(lines: Vec<String>) -> MrzReading {
    let text: Vec<&str> = lines.iter().map(String::as_str).collect();
    let mrz = parse(&text).unwrap();
    MrzReading {
        format: mrz.format,
        seen: lines.clone(),
        lines,
        repaired: 0,
        check_digits: mrz.check_digits,
        valid: true,
        fields: mrz.fields,
        confidence: 1.0,
        doubts: 0.0,
        certainty: Vec::new(),
        line_boxes: Vec::new(),
        character_px: 12.0,
    }
}

#[test]
fn the_zones_of_six_thousand_drawn_documents_raise_nothing() {
    let crosschecks = Crosschecks::default();
    for kind in Kind::ALL {
        for seed in 0..1000 {
            let zone = surely(Specimen::drawn(kind, seed).mrz().unwrap());
            let signal = consistency(&Stated {
                mrz: Some(&zone),
                sides: &[],
                licence: None,
                crosschecks: &crosschecks,
            });
            let french = kind == Kind::FrenchCard;
            assert_eq!(signal.is_raised(), french, "{kind:?} {seed}: {signal:?}");
        }
    }
}

#[test]
fn reference_pictures_are_told_only_where_they_contradict_themselves_by_eye() {
    let Some(folder) = std::env::var_os("KIOSK_TESTDATA").map(PathBuf::from) else {
        println!("KIOSK_TESTDATA is not set: only specimens were looked at");
        return;
    };
    let files = std::fs::read_dir(folder.join("documents")).unwrap();
    let mut paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|kind| kind != "json"));
    paths.sort();
    let (mut raised, mut assessed) = (0, 0);
    for path in &paths {
        let bytes = std::fs::read(path).unwrap();
        let picture = Picture::decode(&bytes, &DecodeLimits::default()).unwrap();
        let signal = signal(&read(&picture));
        let scored = signal.and_then(|signal| signal.scored.measured());
        assessed += usize::from(scored.is_some());
        if let Some(scored) = scored.filter(|scored| scored.score > 0.5) {
            println!("{}: {scored:?}", path.file_name().unwrap().display());
            assert!(BY_EYE.contains(&scored.reason), "{scored:?}");
            raised += 1;
        }
    }
    println!(
        "reference pictures: {raised} of {assessed} assessed raised, {} looked at",
        paths.len()
    );
    assert!(raised <= BY_EYE.len(), "{raised}");
}
