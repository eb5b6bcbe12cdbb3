//! Properties over any card: what is encoded is read back, and any bytes are read or refused.

use proptest::prelude::*;
use proptest::string::string_regex;
use time::{Date, Duration, Month};

use super::fields::{Compliance, Height, Truncation, Value};
use super::*;
use crate::document::mrz::Sex;

fn text(most: usize) -> BoxedStrategy<String> {
    let inner = match most {
        1 => "[A-Z0-9]".to_owned(),
        _ => format!(
            "[A-Z0-9ÀÉÑÜ]([A-Z0-9ÇÔ .'/@$,-]{{0,{}}}[A-Z0-9])?",
            most - 2
        ),
    };
    string_regex(&inner)
        .unwrap()
        .prop_filter("words for no value", |text| {
            text != "NONE" && text != "UNAVL"
        })
        .boxed()
}

fn name() -> impl Strategy<Value = String> {
    string_regex("[A-Z][A-Z' -]{0,12}[A-Z]")
        .unwrap()
        .prop_filter("none", |text| text != "NONE")
}

/// `LAST,FIRST[,MIDDLE[,SUFFIX]]`, and whole names without a comma.
fn full_name() -> impl Strategy<Value = String> {
    prop_oneof![
        (name(), name()).prop_map(|(a, b)| format!("{a},{b}")),
        (name(), name(), name()).prop_map(|(a, b, c)| format!("{a},{b},{c}")),
        (name(), name(), name()).prop_map(|(a, b, c)| format!("{a},{b},,{c}")),
        name(),
    ]
}

fn date() -> impl Strategy<Value = Date> {
    // Every day of the years that cards have, leap days among them.
    (0i64..146_000).prop_map(|days| {
        Date::from_calendar_date(1800, Month::January, 1).unwrap() + Duration::days(days)
    })
}

fn height(version: u8) -> BoxedStrategy<Value> {
    let inches = (36u16..=107).prop_map(Height::Inches);
    if version == 1 {
        return inches.prop_map(Value::Height).boxed();
    }
    prop_oneof![inches, (30u16..=272).prop_map(Height::Centimetres)]
        .prop_map(Value::Height)
        .boxed()
}

fn value(element: &Element, version: u8) -> BoxedStrategy<Value> {
    let of_kind = match element.kind {
        Kind::Text if element.field == Field::FullName => full_name().prop_map(Value::Text).boxed(),
        Kind::Text if element.field == Field::Country => {
            proptest::sample::select(vec!["USA", "CAN", "MEX", "XYZ"])
                .prop_map(|code| Value::Text(code.to_owned()))
                .boxed()
        }
        Kind::Text => text(element.most).prop_map(Value::Text).boxed(),
        Kind::Date => date().prop_map(Value::Date).boxed(),
        Kind::Sex => proptest::sample::select(vec![Sex::Female, Sex::Male, Sex::Unspecified])
            .prop_map(Value::Sex)
            .boxed(),
        Kind::Height => height(version),
        Kind::Centimetres => (30u16..=272)
            .prop_map(|cm| Value::Height(Height::Centimetres(cm)))
            .boxed(),
        Kind::Number => {
            let below = 10u16.pow(u32::try_from(element.most).unwrap());
            (0..below).prop_map(Value::Number).boxed()
        }
        Kind::Flag | Kind::YesNo => any::<bool>().prop_map(Value::Flag).boxed(),
        Kind::Truncation => proptest::sample::select(vec![
            Truncation::Truncated,
            Truncation::Whole,
            Truncation::Unknown,
        ])
        .prop_map(Value::Truncation)
        .boxed(),
        Kind::Compliance => proptest::sample::select(vec![
            Compliance::Full,
            Compliance::Material,
            Compliance::None,
        ])
        .prop_map(Value::Compliance)
        .boxed(),
    };
    if matches!(
        element.field,
        Field::FullName | Field::FamilyName | Field::Country
    ) {
        return of_kind;
    }
    prop_oneof![
        12 => of_kind,
        1 => Just(Value::NotApplicable),
        1 => Just(Value::Unavailable),
    ]
    .boxed()
}

/// A value for what is demanded, and for half of the rest.
fn fields(version: u8, card: Card) -> BoxedStrategy<Fields> {
    let mut all: BoxedStrategy<Vec<(Field, Option<Value>)>> = Just(Vec::new()).boxed();
    for element in elements(version) {
        let demanded = element.is_demanded(Some(card));
        let one = (value(element, version), any::<bool>())
            .prop_map(move |(value, given)| (demanded || given).then_some(value));
        let field = element.field;
        all = (all, one)
            .prop_map(move |(mut all, value)| {
                all.push((field, value));
                all
            })
            .boxed();
    }
    all.prop_map(|all| {
        let mut fields = Fields::default();
        for (field, value) in all {
            if let Some(value) = value {
                fields.set(field, value);
            }
        }
        fields
    })
    .boxed()
}

fn own() -> impl Strategy<Value = Vec<Extra>> {
    let one = (prop_oneof![Just("ZV"), Just("ZA")], "[A-Z0-9]", text(12)).prop_map(
        |(subfile, last, text)| Extra {
            subfile: Subfile::at(subfile).unwrap(),
            id: ElementId::at(&format!("{subfile}{last}")).unwrap(),
            text,
        },
    );
    // By subfile: an order between subfiles is not kept.
    proptest::collection::vec(one, 0..5).prop_map(|mut own| {
        own.sort_by_key(|extra| extra.subfile);
        own
    })
}

fn licence() -> impl Strategy<Value = Licence> {
    let issuers: Vec<u32> = JURISDICTIONS
        .iter()
        .map(|jurisdiction| jurisdiction.issuer)
        .collect();
    let card = prop_oneof![Just(Card::DrivingLicence), Just(Card::IdentityCard)];
    (1..=NEWEST_VERSION, card).prop_flat_map(move |(version, card)| {
        let issuer = proptest::sample::select(issuers.clone());
        (issuer, 0u8..100, fields(version, card), own()).prop_map(
            move |(issuer, own_version, mut fields, jurisdictions_own)| {
                super::names::part(&mut fields, issuer, &mut |_| {});
                Licence {
                    header: Header {
                        issuer,
                        version,
                        jurisdiction_version: (version > 1).then_some(own_version),
                    },
                    card: Some(card),
                    fields,
                    jurisdictions_own,
                    unread: Vec::new(),
                    warnings: Vec::new(),
                }
            },
        )
    })
}

fn differing(a: &Fields, b: &Fields) -> Vec<Field> {
    let all = a.iter().chain(b.iter()).map(|(field, _)| field);
    all.filter(|field| a.get(*field) != b.get(*field)).collect()
}

proptest! {
    #[test]
    fn what_is_encoded_is_read_back_in_every_version(licence in licence()) {
        let bytes = encode(&licence).unwrap();
        let read = parse(&bytes).unwrap();
        prop_assert_eq!(read.header, licence.header);
        prop_assert_eq!(read.card, licence.card);
        prop_assert_eq!(differing(&read.fields, &licence.fields), Vec::<Field>::new());
        prop_assert!(read.jurisdictions_own == licence.jurisdictions_own);
        prop_assert!(read.unread.is_empty());
        let names = [Warning::GivenNamesFirst, Warning::NameNotParted];
        prop_assert!(read.warnings.iter().all(|w| names.contains(w)), "{:?}", read.warnings);
    }

    #[test]
    fn any_bytes_are_read_or_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn a_damaged_card_is_read_or_refused_without_panic(
        licence in licence(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = encode(&licence).unwrap();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        bytes.truncate(cut.index(bytes.len()) + 1);
        let _ = parse(&bytes);
    }

    #[test]
    fn any_text_after_a_header_is_read_or_refused_without_panic(
        digits in "[0-9]{6,13}", body in "[A-Z0-9\\n\\r é,]{0,200}",
    ) {
        let _ = parse(format!("@\n\x1e\rANSI {digits}{body}").as_bytes());
    }
}
