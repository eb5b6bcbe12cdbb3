//! Specimens drawn at random: as many different documents of a kind as a measurement wants, each told by its
//! seed alone.
//!
//! All names are made of syllables, so nobody bears them but by chance. What is drawn is spread on purpose over
//! what MRZs find hard: names of one to eight parts, names that do not fit, numbers of letters and digits that
//! look alike, numbers that go on in the optional data, optional data full, empty and full of filler.

use kiosk_inference::document::mrz::{Sex, known_states};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use time::{Date, Duration, Month};

use super::{Holder, Kind, Specimen, UTOPIA};

const ONSETS: [&str; 30] = [
    "B", "BR", "C", "CH", "D", "DR", "F", "G", "GR", "H", "J", "K", "KL", "L", "M", "N", "P", "PR",
    "QU", "R", "S", "SCH", "ST", "T", "TH", "V", "W", "X", "Y", "Z",
];
const VOWELS: [&str; 14] = [
    "A", "E", "I", "O", "U", "AI", "EI", "IE", "OU", "Y", "A", "E", "I", "O",
];
const CODAS: [&str; 16] = [
    "", "", "", "", "N", "R", "L", "S", "M", "TZ", "NG", "CK", "X", "RT", "ND", "FF",
];
/// Letters with marks, and the letter that each takes the place of.
const MARKED: [(char, char); 12] = [
    ('A', 'Á'),
    ('A', 'Ä'),
    ('A', 'Å'),
    ('E', 'É'),
    ('E', 'Ę'),
    ('I', 'Í'),
    ('O', 'Ö'),
    ('O', 'Ø'),
    ('U', 'Ü'),
    ('N', 'Ñ'),
    ('L', 'Ł'),
    ('S', 'Š'),
];
/// Characters of document numbers: every one, and again those that look like another.
const NUMBER: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ00112255880OIZSBQDG6";

impl Specimen {
    /// A document of the kind; the same seed gives the same document.
    pub fn drawn(kind: Kind, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed ^ 0x7370_6563_0000 ^ (kind as u64) << 56);
        let rng = &mut rng;
        let expires = date(rng, 2019, 2037);
        let (number, optional) = identified(kind, rng);
        let second_optional = match kind {
            Kind::IdentityCard => optional_data(rng, 11),
            _ => String::new(),
        };
        Self {
            code: code(kind, rng),
            nationality: nationality(kind, rng),
            second_optional,
            ..Self::bona_fide(kind, holder(rng), expires)
        }
        .numbered(&number)
        .with_optional(&optional)
        .until(expires)
    }

    fn until(self, expires: Date) -> Self {
        Self {
            issued: expires - Duration::days(3652),
            expires,
            ..self
        }
    }
}

fn holder(rng: &mut StdRng) -> Holder {
    let parts = *[1, 1, 1, 1, 1, 1, 2, 2, 3, 4].choose(rng).unwrap_or(&1);
    let given = *[0, 1, 1, 1, 2, 2, 2, 3, 4, 6].choose(rng).unwrap_or(&1);
    Holder {
        surname: name(rng, parts),
        given_names: name(rng, given),
        birth: date(rng, 1928, 2019),
        sex: *[
            Sex::Female,
            Sex::Male,
            Sex::Female,
            Sex::Male,
            Sex::Unspecified,
        ]
        .choose(rng)
        .unwrap_or(&Sex::Unspecified),
        birthplace: component(rng),
    }
}

fn name(rng: &mut StdRng, parts: usize) -> String {
    let mut name = String::new();
    for part in 0..parts {
        if part > 0 {
            name.push(*[' ', ' ', '-'].choose(rng).unwrap_or(&' '));
        }
        name.push_str(&component(rng));
    }
    name
}

/// One part of a name; now and then an initial, one with a mark, or one with an apostrophe.
fn component(rng: &mut StdRng) -> String {
    if rng.random_bool(0.03) {
        return char::from(rng.random_range(b'A'..=b'Z')).to_string();
    }
    let mut word = String::new();
    for _ in 0..rng.random_range(1..=4) {
        for sounds in [&ONSETS[..], &VOWELS[..], &CODAS[..]] {
            word.push_str(sounds.choose(rng).copied().unwrap_or("A"));
        }
    }
    if rng.random_bool(0.15) {
        let (plain, marked) = *MARKED.choose(rng).unwrap_or(&MARKED[0]);
        word = word.replacen(plain, &marked.to_string(), 1);
    }
    if rng.random_bool(0.03) {
        word.insert_str(0, "O’");
    }
    word
}

fn date(rng: &mut StdRng, from: i32, to: i32) -> Date {
    let month = Month::try_from(rng.random_range(1..=12_u8)).unwrap_or(Month::January);
    let year = rng.random_range(from..to);
    let day = rng.random_range(1..=month.length(year));
    Date::from_calendar_date(year, month, day).unwrap_or(Date::MIN)
}

/// Document code (ICAO 9303-4 to -7, 4.2.2): the kind's letter, sometimes with the second that a state chooses.
fn code(kind: Kind, rng: &mut StdRng) -> String {
    let codes: &[&str] = match kind {
        Kind::Passport => &["P", "P", "P", "PP", "PO", "PD", "PS", "PM"],
        Kind::IdentityCard | Kind::LargeIdentityCard => &["I", "ID", "I", "ID", "IR", "AC", "C"],
        Kind::Visa | Kind::SmallVisa => &["V", "V", "VA", "VC", "VS"],
        Kind::FrenchCard => &["ID"],
    };
    (*codes.choose(rng).unwrap_or(&codes[0])).to_owned()
}

/// Mostly Utopian; a Utopian document may be made out to a national of any state.
fn nationality(kind: Kind, rng: &mut StdRng) -> String {
    if kind == Kind::FrenchCard || rng.random_bool(0.5) {
        return UTOPIA.to_owned();
    }
    let states: Vec<&str> = known_states().collect();
    (*states.choose(rng).unwrap_or(&UTOPIA)).to_owned()
}

/// A document number, with the optional data that it leaves room for.
fn identified(kind: Kind, rng: &mut StdRng) -> (String, String) {
    let room = match kind {
        Kind::Passport => 14,
        Kind::IdentityCard => 15,
        Kind::LargeIdentityCard => 7,
        Kind::Visa => 16,
        Kind::SmallVisa => 8,
        Kind::FrenchCard => return (french_number(rng), optional_data(rng, 6)),
    };
    let long = matches!(kind, Kind::IdentityCard | Kind::LargeIdentityCard) && rng.random_bool(0.2);
    if long {
        // The rest of the number, its check digit and a filler end in the optional data (ICAO 9303-5, 4.2.2 j).
        let rest = rng.random_range(1..=room - 2);
        let left = room - rest - 2;
        let optional = if left >= 3 {
            optional_data(rng, left)
        } else {
            String::new()
        };
        return (number(rng, 9 + rest), optional);
    }
    let length = *[9, 9, 9, 9, 9, 8, 7, 5].choose(rng).unwrap_or(&9);
    (number(rng, length), optional_data(rng, room))
}

/// Letters and digits mixed, a letter or two before digits, or digits alone.
fn number(rng: &mut StdRng, length: usize) -> String {
    let letters = *[length, 0, 1, 2, 2].choose(rng).unwrap_or(&0);
    (0..length)
        .map(|place| match (letters == length, place < letters) {
            (true, _) => char::from(*NUMBER.choose(rng).unwrap_or(&b'0')),
            (false, true) => char::from(rng.random_range(b'A'..=b'Z')),
            (false, false) => char::from(rng.random_range(b'0'..=b'9')),
        })
        .collect()
}

/// Year and month of issue, department, running number, as on the French card; no month is 13 to 99, so no card
/// bears such a number.
fn french_number(rng: &mut StdRng) -> String {
    format!(
        "{:02}{:02}{:03}{:05}",
        rng.random_range(0..100),
        rng.random_range(13..100),
        rng.random_range(0..1000),
        rng.random_range(0..100_000)
    )
}

/// Nothing, some characters, all that fit, or groups with filler between them.
fn optional_data(rng: &mut StdRng, room: usize) -> String {
    match rng.random_range(0..5) {
        0 | 1 => String::new(),
        2 => number(rng, room),
        3 => {
            let length = rng.random_range(1..=room);
            number(rng, length)
        }
        _ => {
            let text: String = (0..room)
                .map(|place| {
                    let inner = place > 0 && place + 1 < room;
                    if inner && rng.random_bool(0.5) {
                        '<'
                    } else {
                        char::from(*NUMBER.choose(rng).unwrap_or(&b'0'))
                    }
                })
                .collect();
            text
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use kiosk_inference::document::mrz::parse;

    #[test]
    fn a_thousand_of_each_kind_are_all_different_and_have_right_check_digits() {
        for kind in Kind::ALL {
            let mut seen = HashSet::new();
            for seed in 0..1000 {
                let lines = Specimen::drawn(kind, seed).mrz().unwrap();
                let text: Vec<&str> = lines.iter().map(String::as_str).collect();
                let mrz = parse(&text).unwrap();
                assert_eq!(mrz.format, kind.format(), "{kind:?} {seed}");
                assert!(mrz.check_digits.all_right(), "{kind:?} {seed} {lines:?}");
                assert!(seen.insert(lines), "{kind:?} {seed} came twice");
            }
        }
    }

    #[test]
    fn the_same_seed_draws_the_same_document() {
        let lines = |seed| Specimen::drawn(Kind::Passport, seed).mrz().unwrap();
        assert_eq!(lines(5), lines(5));
        assert_ne!(lines(5), lines(6));
    }

    #[test]
    fn names_that_do_not_fit_and_numbers_that_go_on_are_among_them() {
        let drawn = |kind| (0..200).map(move |seed| Specimen::drawn(kind, seed));
        let cut = drawn(Kind::Passport)
            .filter(|specimen| !specimen.mrz().unwrap()[0].ends_with('<'))
            .count();
        let long = drawn(Kind::IdentityCard)
            .filter(|specimen| specimen.number.len() > 9)
            .count();
        assert!(cut >= 10, "{cut} of 200 names are cut");
        assert!(long >= 20, "{long} of 200 numbers are long");
    }
}
