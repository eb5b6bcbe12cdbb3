//! Whether printed letters are those of an MRZ: alignment with every transliteration that is permitted.
//!
//! ICAO 9303-3, section 6 writes some national letters in several ways (`Ä` AE or A, `Ñ` N or NXX, `Ü`
//! UE, UXX or U); issuers use them all. The recogniser moreover knows hardly any capital with a mark, so
//! that a printed `A` may stand for `Ä`, `Å` or `Æ`: a letter that was read plain may be any that looks so.

use crate::document::mrz::transliterate;
use crate::document::viz::base;

use super::{Agreement, Compared};

/// Further ways to write a letter than the one that transliteration gives (ICAO 9303-3, section 6,
/// table A: forms in brackets and issuers' customs).
const ALSO: &[(char, &[&str])] = &[
    ('Ä', &["A", "AE"]),
    ('Å', &["A", "AA"]),
    ('Á', &["A"]),
    ('Æ', &["AE"]),
    ('Ö', &["O", "OE"]),
    ('Ø', &["O", "OE"]),
    ('Ő', &["O", "OE"]),
    ('Ü', &["U", "UE", "UXX"]),
    ('Ű', &["U", "UE", "UXX"]),
    ('Ñ', &["N", "NXX"]),
    ('Ð', &["D", "DH"]),
    ('Đ', &["D", "DJ"]),
    ('Þ', &["TH"]),
    ('ß', &["SS", "S"]),
    ('ẞ', &["SS", "S"]),
    ('Ĳ', &["IJ"]),
    ('Œ', &["OE"]),
];

/// What a letter that was read without a mark may have been, as the MRZ writes it.
const UNMARKED: &[(char, &[&str])] = &[
    ('A', &["AE", "AA"]),
    ('O', &["OE"]),
    ('U', &["UE", "UXX"]),
    ('N', &["NXX"]),
    ('B', &["SS"]),
    ('P', &["TH"]),
    ('E', &["AE", "OE"]),
];

/// Letters and the figures that print mistakes for them.
const LOOK_ALIKE: &[(char, char)] = &[
    ('O', '0'),
    ('D', '0'),
    ('Q', '0'),
    ('I', '1'),
    ('L', '1'),
    ('Z', '2'),
    ('S', '5'),
    ('G', '6'),
    ('B', '8'),
];

/// Whether print mistakes the two for one another.
pub(super) fn look_alike(one: char, two: char) -> bool {
    let pair = |a, b| LOOK_ALIKE.contains(&(a, b));
    pair(one, two)
        || pair(two, one)
        || matches!(
            (one, two),
            ('O', 'Q' | 'D') | ('Q' | 'D', 'O') | ('I', 'L') | ('L', 'I')
        )
}

/// Components of a printed name: runs of letters; apostrophes and full stops vanish, hyphens and spaces
/// part (ICAO 9303-3, 4.6).
pub(super) fn components(text: &str) -> Vec<String> {
    let mut components = vec![String::new()];
    for character in text.chars() {
        if character.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&character) {
            if let Some(last) = components.last_mut() {
                last.extend(character.to_uppercase());
            }
        } else if !matches!(character, '\'' | '’' | '‘' | '`' | '´' | '.') {
            components.push(String::new());
        }
    }
    components.retain(|component| !component.is_empty());
    components
}

/// The cheapest alignment: edits first, then how plainly it agrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    edits: usize,
    by: Agreement,
}

impl Cost {
    const START: Self = Self {
        edits: 0,
        by: Agreement::Exact,
    };

    fn plus(self, edits: usize, by: Agreement) -> Self {
        Self {
            edits: self.edits + edits,
            by: self.by.max(by),
        }
    }
}

/// Aligns the components of a printed name with letters A to Z. With `cut`, components may end early and
/// the last ones be missing, as names that don't fit an MRZ are written. `of_print` permits what only
/// reading print explains: look-alikes and lost marks.
pub(super) fn align(printed: &[String], zone: &str, cut: bool, of_print: bool) -> Compared {
    let letters: Vec<(char, usize)> = printed
        .iter()
        .enumerate()
        .flat_map(|(index, component)| component.chars().map(move |c| (c, index)))
        .collect();
    let zone: Vec<char> = zone.chars().filter(char::is_ascii_alphanumeric).collect();
    let (rows, cols) = (letters.len() + 1, zone.len() + 1);
    let mut best: Vec<Option<Cost>> = vec![None; rows * cols];
    best[0] = Some(Cost::START);
    for row in 0..rows {
        for col in 0..cols {
            let Some(here) = best[row * cols + col] else {
                continue;
            };
            let mut offer = |row: usize, col: usize, cost: Cost| {
                let place = &mut best[row * cols + col];
                if place.is_none_or(|known| cost < known) {
                    *place = Some(cost);
                }
            };
            if col < zone.len() {
                offer(row, col + 1, here.plus(1, Agreement::Tolerated));
            }
            let Some((letter, component)) = letters.get(row).copied() else {
                continue;
            };
            offer(row + 1, col, here.plus(1, Agreement::Tolerated));
            if cut {
                let end = letters[row..]
                    .iter()
                    .position(|(_, other)| *other != component)
                    .map_or(letters.len(), |more| row + more);
                offer(end, col, here.plus(0, Agreement::Truncated));
            }
            if col < zone.len() {
                offer(row + 1, col + 1, here.plus(1, Agreement::Tolerated));
            }
            for (text, by) in forms(letter, of_print) {
                if starts_with(&zone[col..], &text) {
                    offer(row + 1, col + text.len(), here.plus(0, by));
                }
            }
            if of_print
                && zone
                    .get(col)
                    .is_some_and(|there| look_alike(letter, *there))
            {
                offer(row + 1, col + 1, here.plus(0, Agreement::LookAlike));
            }
        }
    }
    match best[rows * cols - 1] {
        Some(Cost { edits: 0, by }) => Compared::Same(by, 0),
        Some(Cost { edits, .. }) if edits <= tolerated(zone.len()) => {
            Compared::Same(Agreement::Tolerated, edits)
        }
        Some(Cost { edits, .. }) => Compared::Other(edits),
        None => Compared::Unknown,
    }
}

const fn tolerated(letters: usize) -> usize {
    let edits = letters / super::LETTERS_AN_EDIT;
    if edits < super::MOST_NAME_EDITS {
        edits
    } else {
        super::MOST_NAME_EDITS
    }
}

fn starts_with(zone: &[char], text: &str) -> bool {
    text.chars().count() <= zone.len() && text.chars().zip(zone).all(|(a, b)| a == *b)
}

/// Every way in which the MRZ may write a printed letter, with how plainly that agrees.
fn forms(letter: char, of_print: bool) -> Vec<(String, Agreement)> {
    let plain = letter.is_ascii_alphanumeric();
    let mut forms = Vec::new();
    if plain {
        forms.push((letter.to_string(), Agreement::Exact));
    } else {
        let equivalent = |text: &str| (text.to_owned(), Agreement::Equivalent);
        if let Ok(written) = transliterate(letter.encode_utf8(&mut [0; 4]), "name") {
            forms.push(equivalent(&written));
        }
        if let Some(base) = base(letter) {
            forms.push(equivalent(&base.to_ascii_uppercase().to_string()));
        }
        let also = ALSO.iter().find(|(from, _)| *from == letter);
        forms.extend(
            also.into_iter()
                .flat_map(|(_, texts)| texts.iter().map(|text| equivalent(text))),
        );
    }
    if of_print {
        let unmarked = UNMARKED
            .iter()
            .filter(|(from, _)| Some(from.to_ascii_lowercase()) == base(letter));
        forms.extend(unmarked.flat_map(|(_, texts)| {
            texts
                .iter()
                .map(|text| ((*text).to_owned(), Agreement::LookAlike))
        }));
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(printed: &str, zone: &str) -> Compared {
        align(&components(printed), zone, false, true)
    }

    #[test]
    fn every_permitted_transliteration_agrees() {
        for (printed, zone) in [
            ("MÜLLER", "MUELLER"),
            ("MÜLLER", "MULLER"),
            ("MÜLLER", "MUXXLLER"),
            ("PEÑA", "PENA"),
            ("PEÑA", "PENXXA"),
            ("ÅLMQVIST-JØRGENSEN", "AALMQVIST JOERGENSEN"),
            ("ÅLMQVIST", "ALMQVIST"),
            ("ÞURÍÐUR ÖSP", "THURIDUR OESP"),
            ("GROß", "GROSS"),
            ("Łódź", "LODZ"),
            ("ÆVARSDÓTTIR", "AEVARSDOTTIR"),
            ("D'ARCY", "DARCY"),
        ] {
            let result = compared(printed, zone);
            assert!(
                matches!(
                    result,
                    Compared::Same(Agreement::Exact | Agreement::Equivalent, 0)
                ),
                "{printed} {result:?}"
            );
        }
    }

    #[test]
    fn a_mark_that_the_recogniser_lost_is_named() {
        for (printed, zone) in [
            ("ALMQVIST-JORGENSEN", "AALMQVIST JOERGENSEN"),
            ("EVARSDOTTIR", "AEVARSDOTTIR"),
            ("ERIKSS0N", "ERIKSSON"),
        ] {
            assert_eq!(
                compared(printed, zone),
                Compared::Same(Agreement::LookAlike, 0),
                "{printed}"
            );
        }
        assert!(matches!(
            align(&components("ERIKSS0NN"), "ERIKSSON", false, false),
            Compared::Other(_)
        ));
    }

    #[test]
    fn edits_are_counted_and_tolerated_by_length() {
        assert_eq!(
            compared("ERIKSSEN", "ERIKSSON"),
            Compared::Same(Agreement::Tolerated, 1)
        );
        assert_eq!(compared("LEE", "LEO"), Compared::Other(1));
        assert!(matches!(
            compared("JOHANSSON", "ERIKSSON"),
            Compared::Other(_)
        ));
    }

    #[test]
    fn spaces_and_hyphens_don_t_count() {
        assert_eq!(
            compared("ROZALIAIRMA", "ROZALIA IRMA"),
            Compared::Same(Agreement::Exact, 0)
        );
        assert_eq!(
            compared("VAN DER-MUELLEN", "VAN DER MUELLEN"),
            Compared::Same(Agreement::Exact, 0)
        );
    }

    #[test]
    fn a_cut_name_agrees_as_far_as_it_goes() {
        let printed = components("CHAYAPA DEJTHAMRONG KRASUANG");
        assert_eq!(
            align(&printed, "CHAYAPA DEJTHAMRONG K", true, true),
            Compared::Same(Agreement::Truncated, 0)
        );
        assert_eq!(
            align(&printed, "CHAYAPA D K", true, true),
            Compared::Same(Agreement::Truncated, 0)
        );
        assert!(matches!(
            align(&printed, "CHAYAPA DEJTHAMRONG K", false, true),
            Compared::Other(_)
        ));
    }
}
