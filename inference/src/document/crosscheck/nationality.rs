//! Nationalities compared: a code of ICAO 9303-3, section 5 with a code, or with the words that stand for it.

use crate::document::mrz::is_known_state;
use crate::document::viz::base;

use super::demonyms::STATES;
use super::{Agreement, Compared};

/// Compares two nationalities. Words that are not known, or that stand for no single state, tell nothing.
pub(super) fn compare(one: &str, two: &str, _: bool) -> Compared {
    if let (Some(a), Some(b)) = (code(one), code(two)) {
        return if a == b {
            Compared::Same(Agreement::Exact, 0)
        } else {
            Compared::Other(1)
        };
    }
    let (coded, words) = match (code(one), code(two)) {
        (Some(coded), None) => (coded, two),
        (None, Some(coded)) => (coded, one),
        _ => return of_words(one, two),
    };
    let states = states_of(words);
    if states.contains(&coded.as_str()) {
        Compared::Same(Agreement::Equivalent, 0)
    } else if states.is_empty() || !STATES.iter().any(|(known, _)| *known == coded) {
        Compared::Unknown
    } else {
        Compared::Other(1)
    }
}

fn of_words(one: &str, two: &str) -> Compared {
    let (a, b) = (states_of(one), states_of(two));
    if a.is_empty() || b.is_empty() {
        Compared::Unknown
    } else if a.iter().any(|state| b.contains(state)) {
        Compared::Same(Agreement::Equivalent, 0)
    } else {
        Compared::Other(1)
    }
}

/// The text as a code, Germany's `D` and the British ones as their states'.
fn code(text: &str) -> Option<String> {
    let text = text.trim().to_uppercase();
    let text = match text.as_str() {
        "DEU" => "D",
        // Classes of British nationality (ICAO 9303-3, section 5, part A).
        "GBD" | "GBN" | "GBO" | "GBP" | "GBS" => "GBR",
        other => other,
    };
    is_known_state(text).then(|| text.to_owned())
}

/// States whose people or names the words begin like; of several, those of the longest beginning. One
/// part of several languages is enough.
fn states_of(text: &str) -> Vec<&'static str> {
    let mut states: Vec<&'static str> = Vec::new();
    for part in text.split('/') {
        let whole: String = part.chars().filter_map(base).collect();
        let mut longest = 0;
        let mut here: Vec<&'static str> = Vec::new();
        if let Some(state) = code(part)
            && let Some((known, _)) = STATES.iter().find(|(known, _)| *known == state)
        {
            here.push(known);
        }
        for (state, stems) in STATES {
            for stem in stems.split_ascii_whitespace() {
                if whole.starts_with(stem) && stem.len() >= longest {
                    if stem.len() > longest {
                        here.clear();
                    }
                    longest = stem.len();
                    here.push(state);
                }
            }
        }
        states.extend(here);
    }
    states
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(printed: &str, zone: &str) -> Compared {
        compare(printed, zone, true)
    }

    #[test]
    fn words_in_one_or_more_languages_stand_for_their_state() {
        for (printed, zone) in [
            ("UTOPIAN", "UTO"),
            ("MAGYAR/HUNGARIAN", "HUN"),
            ("DEUTSCH", "D"),
            ("HRVATSKO", "HRV"),
            ("ISLENSKUR/ICELANDIC/ISLANDAISE", "ISL"),
            ("CESKA REPUBLIKA / CZECH REPUBLIC", "CZE"),
            ("Luxembourgeoise", "LUX"),
            ("AUSTRALIAN", "AUS"),
            ("EGYPTIAN", "EGY"),
            ("BRITISH CITIZEN", "GBR"),
            ("UNITED STATES OF AMERICA", "USA"),
            ("FRANÇAISE", "FRA"),
            ("NIGERIAN", "NGA"),
            ("MAROKAS / MAR", "MAR"),
        ] {
            assert_eq!(
                compared(printed, zone),
                Compared::Same(Agreement::Equivalent, 0),
                "{printed}"
            );
        }
        assert_eq!(compared("UTO", "UTO"), Compared::Same(Agreement::Exact, 0));
    }

    #[test]
    fn another_state_differs_and_unknown_words_tell_nothing() {
        assert_eq!(compared("AUSTRIAN", "AUS"), Compared::Other(1));
        assert_eq!(compared("GERMAN", "UTO"), Compared::Other(1));
        assert_eq!(compared("XQZYTIAN", "UTO"), Compared::Unknown);
        assert_eq!(compared("GERMAN", "XXA"), Compared::Unknown);
    }

    #[test]
    fn every_state_of_the_table_has_a_code_that_documents_carry() {
        for (state, _) in STATES {
            assert!(is_known_state(state), "{state}");
        }
    }
}
