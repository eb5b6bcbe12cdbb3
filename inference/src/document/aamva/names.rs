//! The parts of a name that the card writes as one: `DAA` in version 1, `DCT` in versions 2 and 3.

use super::element::Field;
use super::fields::{Fields, Value};
use super::warning::Warning;

/// Issuers that wrote given names first in version 1: Colorado and Pennsylvania, by samples of both
/// that others have published. Everyone else writes the family name first, as the standard asks.
const GIVEN_NAMES_FIRST: [u32; 2] = [636_020, 636_025];

/// Adds the parts of whole names that the card does not give on their own.
pub(super) fn part(fields: &mut Fields, issuer: u32, warn: &mut impl FnMut(Warning)) {
    for (field, value) in parts(fields, issuer, warn) {
        if fields.get(field).is_none() {
            fields.set(field, Value::Text(value));
        }
    }
}

/// The parts that the whole names give.
pub(super) fn parts(
    fields: &Fields,
    issuer: u32,
    warn: &mut impl FnMut(Warning),
) -> Vec<(Field, String)> {
    let mut parts = Vec::new();
    if let Some(given) = fields.text(Field::GivenNames)
        && given.contains(',')
    {
        parts.extend(in_order(given, &[Field::FirstName, Field::MiddleName]));
    }
    let Some(full) = fields.text(Field::FullName) else {
        return parts;
    };
    let first = GIVEN_NAMES_FIRST.contains(&issuer);
    let of_full = if full.contains([',', '@', '$']) {
        separated(full, first)
    } else {
        two_words(full, first)
    };
    match of_full {
        Some(found) => {
            if first {
                warn(Warning::GivenNamesFirst);
            }
            parts.extend(found);
        }
        None if fields.get(Field::FamilyName).is_none() => warn(Warning::NameNotParted),
        None => {}
    }
    parts
}

/// `LAST,FIRST,MIDDLE,SUFFIX` (DL/ID-2000, `DAA`; other separators as on magnetic stripes).
fn separated(full: &str, given_first: bool) -> Option<Vec<(Field, String)>> {
    let pieces = full
        .split([',', '@', '$'])
        .map(str::trim)
        .collect::<Vec<_>>();
    let (last, count) = (pieces.last()?, pieces.len());
    if given_first {
        // `FIRST,MIDDLE,LAST`: with more or fewer pieces, which is which cannot be told.
        return (count == 3 && !last.is_empty()).then(|| {
            in_order(
                full,
                &[Field::FirstName, Field::MiddleName, Field::FamilyName],
            )
        });
    }
    // `LAST, FIRST MIDDLE`: all given names in one piece.
    if count == 2 && pieces[1].contains(' ') {
        return Some(in_order(full, &[Field::FamilyName, Field::GivenNames]));
    }
    let order = [
        Field::FamilyName,
        Field::FirstName,
        Field::MiddleName,
        Field::Suffix,
    ];
    let surplus = pieces
        .iter()
        .skip(order.len())
        .any(|piece| !piece.is_empty());
    (!surplus).then(|| in_order(full, &order))
}

/// Two words and an issuer that is known to write given names first; more words could be parted in
/// several ways, and so could two of anyone else's.
fn two_words(full: &str, given_first: bool) -> Option<Vec<(Field, String)>> {
    let words: Vec<&str> = full.split_whitespace().collect();
    match words.as_slice() {
        [first, family] if given_first => Some(vec![
            (Field::FirstName, (*first).to_owned()),
            (Field::FamilyName, (*family).to_owned()),
        ]),
        _ => None,
    }
}

/// The pieces between separators, by their order; empty ones left out, and the last field takes the
/// rest as it stands.
fn in_order(text: &str, fields: &[Field]) -> Vec<(Field, String)> {
    text.splitn(fields.len(), [',', '@', '$'])
        .zip(fields)
        .map(|(piece, field)| (*field, piece.trim().trim_end_matches(',').to_owned()))
        .filter(|(_, piece)| !piece.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parted(field: Field, text: &str, issuer: u32) -> (Vec<String>, Vec<Warning>) {
        let mut fields = Fields::default();
        fields.set(field, Value::Text(text.into()));
        let mut warnings = Vec::new();
        let parts = parts(&fields, issuer, &mut |warning| warnings.push(warning))
            .into_iter()
            .map(|(field, text)| format!("{field:?}={text}"))
            .collect();
        (parts, warnings)
    }

    #[test]
    fn a_whole_name_parts_at_its_commas() {
        let virginia = 636_000;
        for (text, expected) in [
            (
                "PUBLIC,JOHN,Q",
                "FamilyName=PUBLIC FirstName=JOHN MiddleName=Q",
            ),
            ("DOE,SUE,,", "FamilyName=DOE FirstName=SUE"),
            ("DOE,JACK,,3RD", "FamilyName=DOE FirstName=JACK Suffix=3RD"),
            ("VAN DOE, ANNA M", "FamilyName=VAN DOE GivenNames=ANNA M"),
            ("DOE@ANNA@M", "FamilyName=DOE FirstName=ANNA MiddleName=M"),
        ] {
            let (parts, warnings) = parted(Field::FullName, text, virginia);
            assert_eq!(
                (parts.join(" ").as_str(), warnings),
                (expected, vec![]),
                "{text}"
            );
        }
    }

    #[test]
    fn a_name_that_could_be_parted_in_two_ways_is_not() {
        for (text, issuer) in [
            ("JOHN CHESTER DOE", 636_025),
            ("JOHN DOE", 636_000),
            ("A,B,C,D,E", 636_000),
            ("DOE,JOHN", 636_020),
        ] {
            let (parts, warnings) = parted(Field::FullName, text, issuer);
            assert_eq!(
                (parts.len(), warnings),
                (0, vec![Warning::NameNotParted]),
                "{text}"
            );
        }
    }

    #[test]
    fn issuers_that_write_given_names_first_are_known() {
        let (parts, warnings) = parted(Field::FullName, "JOHN,Q,PUBLIC", 636_020);
        assert_eq!(
            parts.join(" "),
            "FirstName=JOHN MiddleName=Q FamilyName=PUBLIC"
        );
        assert_eq!(warnings, [Warning::GivenNamesFirst]);
        let (parts, _) = parted(Field::FullName, "JOHN DOE", 636_025);
        assert_eq!(parts.join(" "), "FirstName=JOHN FamilyName=DOE");
    }

    #[test]
    fn given_names_part_where_a_comma_stands() {
        let (parts, _) = parted(Field::GivenNames, "ANNA,MARIA LOUISE", 636_000);
        assert_eq!(parts.join(" "), "FirstName=ANNA MiddleName=MARIA LOUISE");
        assert_eq!(
            parted(Field::GivenNames, "ANNA MARIA", 636_000).0,
            Vec::<String>::new()
        );
    }
}
