//! Cross-checks over whole documents.

use super::*;
use crate::document::mrz::{CheckDigits, parse};
use crate::document::viz::{DateOrder, VizLine, VizWord};

const LINES: [&str; 2] = [
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
];

fn mrz(valid: bool) -> MrzReading {
    let parsed = parse(&LINES).unwrap();
    MrzReading {
        format: parsed.format,
        lines: parsed.lines.clone(),
        seen: parsed.lines,
        repaired: 0,
        check_digits: CheckDigits::default(),
        valid,
        fields: parsed.fields,
        confidence: 0.99,
        doubts: 0.0,
        certainty: Vec::new(),
        line_boxes: Vec::new(),
        character_px: 20.0,
    }
}

fn line(text: &str, y: f32, confidence: f32) -> VizLine {
    let right = 300.0 + 10.0 * text.len() as f32;
    let mut left = 300.0;
    let words = text
        .split(' ')
        .map(|word| {
            let right = left + 10.0 * word.len() as f32;
            let placed = VizWord {
                text: word.into(),
                left,
                right,
                confidence,
            };
            left = right + 10.0;
            placed
        })
        .collect();
    VizLine {
        words,
        corners: [[300.0, y], [right, y], [right, y + 20.0], [300.0, y + 20.0]],
        confidence,
    }
}

/// A passport's visual zone with labels, and one value replaced.
fn page(replace: &str, with: &str, confidence: f32) -> Viz {
    let rows = [
        ("Passport No.", "L898902C3"),
        ("Surname / Nom", "ERIKSSON"),
        ("Given names", "ANNA MARIA"),
        ("Nationality", "UTOPIAN"),
        ("Date of birth", "12 AUG 1974"),
        ("Sex", "F"),
        ("Date of expiry", "15 APR 2012"),
    ];
    let mut lines = Vec::new();
    for (row, (label, value)) in rows.iter().enumerate() {
        let y = 100.0 + 80.0 * row as f32;
        lines.push(line(label, y, 0.99));
        let text = if value == &replace { with } else { value };
        lines.push(line(text, y + 25.0, confidence));
    }
    Viz::of_lines(lines, DateOrder::Unknown)
}

fn checked(replace: &str, with: &str) -> Crosschecks {
    of_reading(Some(&mrz(true)), &[&page(replace, with, 0.98)], None)
}

fn agrees(check: Crosscheck) -> bool {
    matches!(check, Crosscheck::Agrees { .. })
}

fn differs(check: Crosscheck) -> bool {
    matches!(check, Crosscheck::Differs { .. })
}

#[test]
fn a_page_that_says_what_its_zone_says_agrees_in_every_field() {
    let checks = checked("", "");
    for (name, check) in checks.named() {
        let address = name == "address_crosscheck";
        assert_eq!(agrees(check), !address, "{name} {check:?}");
    }
    assert_eq!(
        checks.address,
        Crosscheck::NotAssessed(NotCompared::OneSource)
    );
}

#[test]
fn each_altered_field_differs_and_no_other() {
    for (value, altered, field) in [
        ("L898902C3", "L898907C3", "document_number_crosscheck"),
        ("ERIKSSON", "JOHANSSON", "name_crosscheck"),
        ("ANNA MARIA", "EVA MARIA", "name_crosscheck"),
        ("UTOPIAN", "GERMAN", "nationality"),
        ("12 AUG 1974", "12 AUG 1984", "birth_date"),
        ("F", "M", "sex"),
        ("15 APR 2012", "15 APR 2022", "expiry_date"),
    ] {
        for (name, check) in checked(value, altered).named() {
            assert_eq!(differs(check), name == field, "{altered}: {name} {check:?}");
        }
    }
}

#[test]
fn what_was_hardly_legible_or_stands_in_an_invalid_zone_can_agree_but_not_differ() {
    let faint = of_reading(
        Some(&mrz(true)),
        &[&page("ERIKSSON", "JOHANSSON", 0.6)],
        None,
    );
    assert_eq!(faint.name, Crosscheck::NotAssessed(NotCompared::Unsure));
    assert!(agrees(faint.document_number));
    let doubtful = of_reading(
        Some(&mrz(false)),
        &[&page("ERIKSSON", "JOHANSSON", 0.98)],
        None,
    );
    assert_eq!(doubtful.name, Crosscheck::NotAssessed(NotCompared::Unsure));
    assert!(agrees(doubtful.birth_date));
}

#[test]
fn a_barcode_is_compared_with_the_visual_zone_address_and_all() {
    let barcode = Claims {
        document_number: Said::surely("I1234568".into()),
        birth: Said::surely(time::macros::date!(1977 - 08 - 31).into()),
        sex: Said::surely('F'),
        address: Said::surely("2345 ANYPLACE AVE ANYTOWN NY 12345".into()),
        ..Claims::new(Source::Barcode).with_names("CARDHOLDER", "IMA", false)
    };
    let lines = [
        ("DL I1234568", 100.0),
        ("LN CARDHOLDER", 140.0),
        ("FN IMA", 180.0),
        ("DOB 08/31/1977", 220.0),
        ("SEX F", 260.0),
        ("Address", 300.0),
        ("2345 ANYPLACE AVE", 325.0),
        ("ANYTOWN NY 12345", 350.0),
    ];
    let lines = lines.iter().map(|(text, y)| line(text, *y, 0.97)).collect();
    let viz = Viz::of_lines(lines, DateOrder::MonthFirst);
    let checks = of_reading(None, &[&viz], Some(&barcode));
    for check in [
        checks.document_number,
        checks.name,
        checks.birth_date,
        checks.sex,
        checks.address,
    ] {
        assert!(agrees(check), "{check:?}");
        let Crosscheck::Agrees { between, .. } = check else {
            continue;
        };
        assert_eq!(between, [Source::Barcode, Source::Viz]);
    }
}

#[test]
fn one_source_is_no_comparison() {
    assert_eq!(
        of_reading(Some(&mrz(true)), &[], None),
        Crosschecks::default()
    );
}

#[test]
fn nothing_that_is_compared_is_printed() {
    let viz = page("", "", 0.98);
    let claims = [Claims::of_mrz(&mrz(true)), Claims::of_viz(&[&viz])];
    let shown = format!("{claims:?} {viz:?} {:?}", compare(&claims));
    for secret in ["ERIKSSON", "ANNA", "L898902C3", "1974", "74"] {
        assert!(!shown.contains(secret), "{secret}");
    }
}
