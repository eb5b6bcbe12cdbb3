//! Properties over any MRZ: what is encoded is read back, and check digits notice a changed digit.

use proptest::prelude::*;

use super::layout::{Check, CheckKind};
use super::*;

fn letters(range: &'static str) -> impl Strategy<Value = String> {
    proptest::string::string_regex(range).unwrap()
}

fn date() -> impl Strategy<Value = Option<MrzDate>> {
    let day = (0u8..100, 1u8..=12, 1u8..=28).prop_map(|(year, month, day)| {
        Some(MrzDate {
            year: Some(year),
            month: Some(month),
            day: Some(day),
        })
    });
    let year_only = (0u8..100).prop_map(|year| {
        Some(MrzDate {
            year: Some(year),
            month: None,
            day: None,
        })
    });
    prop_oneof![8 => day, 1 => year_only, 1 => Just(None)]
}

fn sex() -> impl Strategy<Value = Option<Sex>> {
    prop_oneof![Just(Sex::Female), Just(Sex::Male), Just(Sex::Unspecified)].prop_map(Some)
}

fn optional(most: usize) -> impl Strategy<Value = String> {
    proptest::string::string_regex(&format!("([A-Z0-9][A-Z0-9<]{{0,{}}}[A-Z0-9])?", most - 2))
        .unwrap()
}

/// Fields that fit the layout without cutting.
fn fields(format: MrzFormat) -> impl Strategy<Value = MrzFields> {
    let code = match format {
        MrzFormat::Td1 | MrzFormat::Td2 => letters("[IAC][A-EG-Z]?").boxed(),
        MrzFormat::Td3 => letters("P[A-Z]?").boxed(),
        MrzFormat::MrvA | MrzFormat::MrvB => letters("V[A-Z]?").boxed(),
        MrzFormat::FrenchId => Just("ID".to_owned()).boxed(),
    };
    let state = match format {
        MrzFormat::FrenchId => Just("FRA".to_owned()).boxed(),
        _ => letters("UTO|D|AUT|HRV").boxed(),
    };
    let number = match format {
        MrzFormat::FrenchId => letters("[0-9]{12}").boxed(),
        MrzFormat::Td1 | MrzFormat::Td2 => letters("[A-Z0-9]{4,12}").boxed(),
        _ => letters("[A-Z0-9]{4,9}").boxed(),
    };
    let (optional_len, second_len) = match format {
        MrzFormat::Td1 => (10, 11),
        MrzFormat::Td2 => (2, 0),
        MrzFormat::Td3 => (14, 0),
        MrzFormat::MrvA => (16, 0),
        MrzFormat::MrvB => (8, 0),
        MrzFormat::FrenchId => (6, 0),
    };
    let second = if second_len == 0 {
        Just(String::new()).boxed()
    } else {
        optional(second_len).boxed()
    };
    let names = (
        letters("[A-Z]{1,8}( [A-Z]{1,5})?"),
        letters("([A-Z]{1,5}( [A-Z]{1,4})?)?"),
    )
        .prop_map(|(primary, secondary)| Names::new(&primary, &secondary));
    let identity = (
        code,
        state.clone(),
        number,
        state,
        optional(optional_len),
        second,
    );
    (identity, names, date(), sex(), date()).prop_map(
        move |(identity, names, birth, sex, expiry)| {
            let (document_code, issuing_state, document_number, nationality, optional, second) =
                identity;
            let french = format == MrzFormat::FrenchId;
            MrzFields {
                document_code,
                issuing_state,
                names,
                document_number,
                nationality: if french { "FRA".into() } else { nationality },
                birth,
                sex,
                expiry: if french { None } else { expiry },
                optional,
                second_optional: second,
            }
        },
    )
}

fn any_document() -> impl Strategy<Value = (MrzFormat, MrzFields)> {
    proptest::sample::select(MrzFormat::ALL.to_vec())
        .prop_flat_map(|format| fields(format).prop_map(move |fields| (format, fields)))
}

/// Positions whose digits a check digit covers, its own among them.
fn covered(check: &Check) -> Vec<(usize, usize)> {
    let mut places: Vec<_> = check
        .covers
        .iter()
        .flat_map(|(line, start, len)| (*start..start + len).map(|position| (*line, position)))
        .collect();
    places.push((check.line, check.position));
    places
}

fn result(digits: CheckDigits, kind: CheckKind) -> Option<bool> {
    match kind {
        CheckKind::Number => digits.number,
        CheckKind::Birth => digits.birth,
        CheckKind::Expiry => digits.expiry,
        CheckKind::Personal => digits.personal,
        CheckKind::Composite => digits.composite,
    }
}

proptest! {
    #[test]
    fn what_is_encoded_is_read_back((format, fields) in any_document()) {
        let lines = encode(format, &fields).unwrap();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let mrz = parse(&lines).unwrap();
        prop_assert_eq!(mrz.format, format);
        prop_assert!(mrz.check_digits.all_right());
        let mut read = mrz.fields;
        read.names.maybe_truncated = false;
        prop_assert!(read == fields, "{:?}", lines);
    }

    #[test]
    fn another_digit_breaks_every_check_digit_over_it(
        (format, fields) in any_document(), pick in any::<prop::sample::Index>(), add in 1u8..10,
    ) {
        prop_assume!(fields.document_number.len() <= 9 || format == MrzFormat::FrenchId);
        let lines = encode(format, &fields).unwrap();
        let places: Vec<_> = format
            .layout()
            .checks
            .iter()
            .flat_map(|check| covered(check).into_iter().map(move |place| (check, place)))
            .filter(|(_, (line, at))| lines[*line].as_bytes()[*at].is_ascii_digit())
            .collect();
        let (check, (line, at)) = places[pick.index(places.len())];
        let mut changed: Vec<Vec<u8>> = lines.iter().map(|line| line.clone().into_bytes()).collect();
        changed[line][at] = b'0' + (changed[line][at] - b'0' + add) % 10;
        let changed: Vec<String> = changed.into_iter().map(|l| String::from_utf8(l).unwrap()).collect();
        let changed: Vec<&str> = changed.iter().map(String::as_str).collect();
        let digits = parse(&changed).unwrap().check_digits;
        prop_assert_eq!(result(digits, check.kind), Some(false));
    }

    #[test]
    fn any_text_is_parsed_or_refused_without_panic(lines in proptest::collection::vec(".{0,50}", 0..4)) {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let _ = parse(&lines);
    }

    #[test]
    fn any_mrz_text_parses_by_any_layout_of_its_shape(
        format in proptest::sample::select(MrzFormat::ALL.to_vec()), seed in "[A-Z0-9<]{132}",
    ) {
        let layout = format.layout();
        let lines: Vec<&str> =
            (0..layout.lines).map(|line| &seed[line * layout.width..(line + 1) * layout.width]).collect();
        prop_assert!(parse_as(format, &lines).is_ok());
    }

    #[test]
    fn a_long_name_fills_its_field_and_says_so(
        primary in "[A-Z]{1,20}( [A-Z]{1,9}){0,3}", secondary in "[A-Z]{20,30}( [A-Z]{1,9}){1,3}",
    ) {
        let fields = MrzFields {
            document_code: "P".into(),
            issuing_state: "UTO".into(),
            names: Names::new(&primary, &secondary),
            document_number: "1".into(),
            ..MrzFields::default()
        };
        let lines = encode(MrzFormat::Td3, &fields).unwrap();
        prop_assert_eq!(lines[0].len(), 44);
        if primary.len() + secondary.len() + 2 > 39 {
            prop_assert!(lines[0].ends_with(|c: char| c.is_ascii_uppercase()), "{}", lines[0]);
        }
    }
}
