//! Properties over any MRZ: what is encoded is read back, and check digits notice a changed digit.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::layout::{Check, CheckKind};
use super::*;

fn text(range: &str) -> BoxedStrategy<String> {
    proptest::string::string_regex(range).unwrap().boxed()
}

/// Any day, or one of which a part or two are not known (ICAO 9303-3, 4.8).
fn date() -> impl Strategy<Value = Option<MrzDate>> {
    let part = |range: std::ops::RangeInclusive<u8>| prop_oneof![4 => range.prop_map(Some), 1 => Just(None)];
    prop_oneof![
        8 => (part(0..=99), part(1..=12), part(1..=31)).prop_map(|(year, month, day)| {
            // A day that no month has is read as none: what is written then is the month's 28th.
            let date = MrzDate { year, month, day };
            MrzDate::parse(&date.to_mrz()).or(MrzDate::parse(&MrzDate { day: Some(28), ..date }.to_mrz()))
        }),
        1 => Just(None),
    ]
}

fn sex() -> impl Strategy<Value = Option<Sex>> {
    prop_oneof![Just(Sex::Female), Just(Sex::Male), Just(Sex::Unspecified)].prop_map(Some)
}

/// Optional data of at most `most` characters, filler within it.
fn optional(most: usize) -> BoxedStrategy<String> {
    match most {
        0 => Just(String::new()).boxed(),
        1 => text("[A-Z0-9]?"),
        _ => text(&format!(
            "([A-Z0-9]|[A-Z0-9][A-Z0-9<]{{0,{}}}[A-Z0-9])?",
            most - 2
        )),
    }
}

/// A document number with the optional data that fits beside it.
fn number_and_optional(format: MrzFormat) -> BoxedStrategy<(String, String)> {
    let room = format
        .layout()
        .span(Field::Optional)
        .map_or(0, |span| span.len);
    let short = prop_oneof![
        text("[A-Z0-9]{1,9}"),
        text("[0-9]{9}"),
        text("[A-Z0-9][A-Z0-9<]{1,7}[A-Z0-9]")
    ];
    let short = (short, optional(room)).boxed();
    match format {
        MrzFormat::FrenchId => (text("[0-9]{12}"), optional(room)).boxed(),
        MrzFormat::Td1 | MrzFormat::Td2 => {
            let long = (1..=room - 2).prop_flat_map(move |rest| {
                let left = (room - rest).saturating_sub(2);
                (text(&format!("[A-Z0-9]{{{}}}", 9 + rest)), optional(left))
            });
            prop_oneof![3 => short, 2 => long].boxed()
        }
        _ => short,
    }
}

fn state() -> impl Strategy<Value = String> {
    select(known_states().collect::<Vec<_>>()).prop_map(str::to_owned)
}

fn code(format: MrzFormat) -> BoxedStrategy<String> {
    match format {
        MrzFormat::Td1 | MrzFormat::Td2 => text("[IAC][A-EG-Z0-9]?"),
        MrzFormat::Td3 => text("P[A-Z0-9]?"),
        MrzFormat::MrvA | MrzFormat::MrvB => text("V[A-Z0-9]?"),
        MrzFormat::FrenchId => Just("ID".to_owned()).boxed(),
    }
}

/// Names of one to many components, some of them too long for their field.
fn names() -> impl Strategy<Value = Names> {
    (
        text("[A-Z]{1,12}( [A-Z]{1,9}){0,3}"),
        text("([A-Z]{1,10}( [A-Z]{1,8}){0,4})?"),
    )
        .prop_map(|(primary, secondary)| Names::new(&primary, &secondary))
}

/// Fields that the layout takes.
fn fields(format: MrzFormat) -> impl Strategy<Value = MrzFields> {
    let french = format == MrzFormat::FrenchId;
    let second = format
        .layout()
        .span(Field::SecondOptional)
        .map_or(0, |span| span.len);
    let identity = (
        code(format),
        state(),
        number_and_optional(format),
        state(),
        optional(second),
    );
    (identity, names(), date(), sex(), date()).prop_map(
        move |(
            (document_code, state, (number, optional), nationality, second),
            names,
            birth,
            sex,
            expiry,
        )| {
            MrzFields {
                document_code,
                issuing_state: if french { "FRA".into() } else { state },
                names,
                document_number: number,
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

/// An MRZ of any layout. A document whose first letters are those of another layout is none of its own.
fn any_document() -> impl Strategy<Value = (MrzFormat, MrzFields)> {
    select(MrzFormat::ALL.to_vec())
        .prop_flat_map(|format| fields(format).prop_map(move |fields| (format, fields)))
        .prop_filter(
            "IDFRA is the French card's own beginning",
            |(format, fields)| {
                *format != MrzFormat::Td2
                    || fields.document_code != "ID"
                    || fields.issuing_state != "FRA"
            },
        )
}

fn parsed(lines: &[String]) -> Mrz {
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    parse(&lines).unwrap()
}

/// Positions whose digits a check digit covers, its own among them. A card's long number goes on in the optional
/// data, where its check digit follows it.
fn covered(check: &Check, format: MrzFormat, number: &str) -> Vec<(usize, usize)> {
    let mut places: Vec<_> = check
        .covers
        .iter()
        .flat_map(|(line, start, len)| (*start..start + len).map(|position| (*line, position)))
        .collect();
    let span = format.layout().span(Field::Optional).unwrap();
    if check.kind == CheckKind::Number && number.len() > places.len() {
        let rest = number.len() - places.len();
        places.extend((span.start..=span.start + rest).map(|position| (span.line, position)));
    } else {
        places.push((check.line, check.position));
    }
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

/// The lines with another character at a place.
fn with(lines: &[String], (line, at): (usize, usize), other: u8) -> Vec<String> {
    let mut changed = lines.to_vec();
    let position = at..=at;
    changed[line].replace_range(position, &char::from(other).to_string());
    changed
}

proptest! {
    #[test]
    fn what_is_encoded_is_read_back((format, fields) in any_document()) {
        let lines = encode(format, &fields).unwrap();
        let mrz = parsed(&lines);
        prop_assert_eq!(mrz.format, format);
        prop_assert!(mrz.check_digits.all_right());
        let mut read = mrz.fields;
        if read.names.maybe_truncated {
            let Names { primary, secondary, .. } = &fields.names;
            prop_assert!(read.names.may_be(primary, secondary) || format == MrzFormat::FrenchId, "{:?}", lines);
            read.names = fields.names.clone();
        }
        prop_assert!(read == fields, "{:?}", lines);
    }

    #[test]
    fn another_digit_breaks_every_check_digit_over_it(
        (format, fields) in any_document(), pick in any::<Index>(), add in 1u8..10,
    ) {
        let lines = encode(format, &fields).unwrap();
        let places: Vec<_> = format
            .layout()
            .checks
            .iter()
            .flat_map(|check| covered(check, format, &fields.document_number).into_iter().map(move |place| (check, place)))
            .filter(|(_, (line, at))| lines[*line].as_bytes()[*at].is_ascii_digit())
            .collect();
        let (check, (line, at)) = places[pick.index(places.len())];
        let other = b'0' + (lines[line].as_bytes()[at] - b'0' + add) % 10;
        let digits = parsed(&with(&lines, (line, at), other)).check_digits;
        prop_assert_eq!(result(digits, check.kind), Some(false));
    }

    #[test]
    fn a_letter_for_another_goes_unseen_exactly_where_their_values_are_ten_apart(
        (format, fields) in any_document(), pick in any::<Index>(), other in select(ALPHABET[10..36].to_vec()),
    ) {
        let lines = encode(format, &fields).unwrap();
        let places: Vec<_> = format
            .layout()
            .checks
            .iter()
            .flat_map(|check| covered(check, format, &fields.document_number).into_iter().map(move |place| (check, place)))
            .filter(|(_, (line, at))| lines[*line].as_bytes()[*at].is_ascii_uppercase())
            .collect();
        prop_assume!(!places.is_empty());
        let (check, (line, at)) = places[pick.index(places.len())];
        let before = char::from(lines[line].as_bytes()[at]);
        // Letters that tell the layout itself are not free to change.
        prop_assume!((line, at) >= (0, 5));
        let digits = parsed(&with(&lines, (line, at), other)).check_digits;
        let unseen = is_unseen_exchange(before, char::from(other));
        prop_assert_eq!(result(digits, check.kind), Some(unseen));
    }

    #[test]
    fn any_text_is_parsed_or_refused_without_panic(lines in proptest::collection::vec(".{0,50}", 0..4)) {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let _ = parse(&lines);
    }

    #[test]
    fn any_mrz_text_parses_by_any_layout_of_its_shape(
        format in select(MrzFormat::ALL.to_vec()), seed in "[A-Z0-9<]{132}",
    ) {
        let layout = format.layout();
        let lines: Vec<&str> =
            (0..layout.lines).map(|line| &seed[line * layout.width..(line + 1) * layout.width]).collect();
        prop_assert!(parse_as(format, &lines).is_ok());
    }

    #[test]
    fn a_long_name_fills_its_field_keeps_both_identifiers_and_is_recognised(
        format in select(vec![MrzFormat::Td1, MrzFormat::Td2, MrzFormat::Td3, MrzFormat::MrvA, MrzFormat::MrvB]),
        primary in "[A-Z]{2,20}( [A-Z]{2,9}){0,3}", secondary in "[A-Z]{20,30}( [A-Z]{1,9}){1,3}",
    ) {
        let fields = MrzFields {
            document_code: if matches!(format, MrzFormat::MrvA | MrzFormat::MrvB) { "V".into() } else { "P".into() },
            issuing_state: "UTO".into(),
            names: Names::new(&primary, &secondary),
            document_number: "1".into(),
            ..MrzFields::default()
        };
        let lines = encode(format, &fields).unwrap();
        let span = format.layout().span(Field::Name).unwrap();
        let field = &lines[span.line][span.start..span.start + span.len];
        let names = Names::parse(field);
        prop_assert!(names.may_be(&primary, &secondary), "{}", field);
        if primary.len() + secondary.len() + 2 > span.len {
            prop_assert!(field.ends_with(|c: char| c.is_ascii_uppercase()), "{}", field);
            prop_assert!(!names.primary.is_empty() && !names.secondary.is_empty(), "{}", field);
        }
    }

    #[test]
    fn marked_letters_never_leave_anything_but_letters_and_single_fillers(name in "[À-žА-яء-ي' -]{0,40}") {
        if let Ok(written) = transliterate(&name, "name") {
            prop_assert!(written.chars().all(|c| c.is_ascii_uppercase() || c == '<'), "{}", written);
            prop_assert!(!written.contains("<<") && !written.starts_with('<') && !written.ends_with('<'));
            prop_assert!(transliterations(&name, "name").unwrap().contains(&written));
        }
    }
}
