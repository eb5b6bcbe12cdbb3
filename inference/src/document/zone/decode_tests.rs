//! The decoder on evidence that is clear, doubtful or against the check digits.

use super::*;
use crate::document::mrz::{parse_as, symbol_index};

const PASSPORT: [&str; 2] = [
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
];

fn cells(lines: &[&str]) -> Vec<Vec<Cell>> {
    lines
        .iter()
        .map(|line| {
            line.chars()
                .map(|character| {
                    let mut cell = [2e-4; SYMBOLS];
                    cell[symbol_index(character).unwrap()] = 0.98;
                    cell
                })
                .collect()
        })
        .collect()
}

/// Makes a position look like `seen`, with `truth` as the lesser possibility.
fn doubt(cells: &mut [Vec<Cell>], line: usize, position: usize, seen: char, share: f32, rest: f32) {
    let truth = (0..SYMBOLS)
        .find(|s| cells[line][position][*s] > 0.5)
        .unwrap();
    cells[line][position] = [1e-4; SYMBOLS];
    cells[line][position][symbol_index(seen).unwrap()] = share;
    cells[line][position][truth] = rest;
}

#[test]
fn clear_evidence_is_read_as_it_is_and_surely() {
    let decoded = decode(MrzFormat::Td3, &cells(&PASSPORT)).unwrap();
    assert_eq!(decoded.lines, PASSPORT);
    assert_eq!(decoded.seen, PASSPORT);
    assert!(decoded.confidence > 0.9, "{}", decoded.confidence);
}

#[test]
fn layout_and_check_digits_settle_look_alikes() {
    let mut seen = cells(&PASSPORT);
    doubt(&mut seen, 1, 12, '0', 0.9, 0.09); // UTO as UT0
    doubt(&mut seen, 1, 13, 'T', 0.6, 0.3); // a date's digit
    doubt(&mut seen, 1, 2, '3', 0.6, 0.38); // 9 as 3 in the number
    let decoded = decode(MrzFormat::Td3, &seen).unwrap();
    assert_eq!(decoded.lines, PASSPORT);
    assert_ne!(decoded.seen, PASSPORT);
}

#[test]
fn a_wrong_printed_check_digit_is_reported_as_printed() {
    let printed = [PASSPORT[0], "L898902C46UTO7408122F1204159ZE184226B<<<<<10"];
    let decoded = decode(MrzFormat::Td3, &cells(&printed)).unwrap();
    assert_eq!(decoded.lines, printed);
    let digits = parse_as(MrzFormat::Td3, &printed).unwrap().check_digits;
    assert_eq!((digits.number, digits.birth), (Some(false), Some(true)));
}

#[test]
fn an_even_doubt_that_no_check_digit_settles_lowers_the_confidence() {
    let mut seen = cells(&PASSPORT);
    doubt(&mut seen, 0, 6, 'B', 0.5, 0.45); // a letter of the name
    assert!(decode(MrzFormat::Td3, &seen).unwrap().confidence < 0.6);
    let mut seen = cells(&PASSPORT);
    doubt(&mut seen, 1, 40, 'K', 0.8, 0.15); // K and filler count the same modulo ten
    assert!(decode(MrzFormat::Td3, &seen).unwrap().confidence < 0.6);
}

#[test]
fn an_empty_personal_number_may_have_filler_for_its_digit() {
    let lines = [PASSPORT[0], "L898902C36UTO7408122F1204159<<<<<<<<<<<<<<<8"];
    let covered = format!(
        "{}{}{}",
        &lines[1][0..10],
        &lines[1][13..20],
        &lines[1][21..43]
    );
    let digit = crate::document::mrz::check_digit(&covered).unwrap();
    let second = format!("{}{digit}", &lines[1][..43]);
    let decoded = decode(MrzFormat::Td3, &cells(&[lines[0], &second])).unwrap();
    assert_eq!(decoded.lines[1], second);
}

#[test]
fn every_layouts_own_specimen_is_read() {
    let specimens: [(MrzFormat, &[&str]); 4] = [
        (
            MrzFormat::Td1,
            &[
                "I<UTOD23145890<7349<<<<<<<<<<<",
                "3407127M9507122UTO<<<<<<<<<<<2",
                "STEVENSON<<PETER<JOHN<<<<<<<<<",
            ],
        ),
        (
            MrzFormat::Td2,
            &[
                "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<",
                "D231458907UTO7408122F1204159<<<<<<<6",
            ],
        ),
        (
            MrzFormat::MrvB,
            &[
                "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<",
                "L8988901C4XXX4009078F9612109<<<<<<<<",
            ],
        ),
        (
            MrzFormat::FrenchId,
            &[
                "IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<",
                "8806923102858CORINNE<<<<<<<6512068F6",
            ],
        ),
    ];
    for (format, lines) in specimens {
        let decoded = decode(format, &cells(lines)).unwrap();
        assert_eq!(decoded.lines, lines, "{format:?}");
        assert!(parse_as(format, lines).unwrap().check_digits.all_right());
    }
}

#[test]
fn another_shape_is_not_decoded() {
    assert!(decode(MrzFormat::Td1, &cells(&PASSPORT)).is_none());
    assert!(decode(MrzFormat::Td3, &[]).is_none());
}
