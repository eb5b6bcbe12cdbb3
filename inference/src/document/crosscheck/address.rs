//! Addresses compared: letters and figures in order, with abbreviations spelt out.

use crate::document::viz::{base, distance};

use super::{ADDRESS_LETTERS_AN_EDIT, Agreement, Compared};

/// Words that addresses abbreviate (US Postal Service, Publication 28, appendix C, and German custom).
const ABBREVIATED: &[(&str, &str)] = &[
    ("street", "st"),
    ("avenue", "ave"),
    ("road", "rd"),
    ("boulevard", "blvd"),
    ("drive", "dr"),
    ("lane", "ln"),
    ("court", "ct"),
    ("place", "pl"),
    ("square", "sq"),
    ("highway", "hwy"),
    ("parkway", "pkwy"),
    ("apartment", "apt"),
    ("suite", "ste"),
    ("north", "n"),
    ("south", "s"),
    ("east", "e"),
    ("west", "w"),
    ("strasse", "str"),
];

/// Compares two addresses. One that holds the other whole agrees: cards leave out state or postal code.
pub(super) fn compare(one: &str, two: &str, _: bool) -> Compared {
    let (one, two) = (folded(one), folded(two));
    let shorter = one.len().min(two.len());
    if shorter == 0 {
        return Compared::Unknown;
    }
    if one == two {
        return Compared::Same(Agreement::Exact, 0);
    }
    let (long, short) = if one.len() >= two.len() {
        (&one, &two)
    } else {
        (&two, &one)
    };
    if long.starts_with(short.as_str()) && shorter * 2 >= long.len() {
        return Compared::Same(Agreement::Equivalent, 0);
    }
    let edits = distance(&one, &two);
    if edits <= shorter / ADDRESS_LETTERS_AN_EDIT {
        Compared::Same(Agreement::Tolerated, edits)
    } else {
        Compared::Other(edits)
    }
}

fn folded(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).map(|word| {
        let word: String = word.chars().filter_map(base).collect();
        let short = ABBREVIATED.iter().find(|(long, _)| *long == word);
        short.map_or(word, |(_, short)| (*short).to_owned())
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(one: &str, two: &str) -> Compared {
        compare(one, two, true)
    }

    #[test]
    fn abbreviations_and_a_missing_postal_code_agree() {
        assert_eq!(
            compared(
                "2345 ANYPLACE AVE, ANYTOWN NY 12345",
                "2345 Anyplace Avenue Anytown NY 12345"
            ),
            Compared::Same(Agreement::Exact, 0)
        );
        assert_eq!(
            compared(
                "2345 ANYPLACE AVE, ANYTOWN",
                "2345 ANYPLACE AVE ANYTOWN NY 12345"
            ),
            Compared::Same(Agreement::Equivalent, 0)
        );
        assert_eq!(
            compared(
                "2345 ANYPLACE AVE ANYT0WN NY 12345",
                "2345 ANYPLACE AVE ANYTOWN NY 12345"
            ),
            Compared::Same(Agreement::Tolerated, 1)
        );
    }

    #[test]
    fn another_address_differs() {
        assert!(matches!(
            compared(
                "8 MAIN STREET, OTHERVILLE NJ",
                "2345 ANYPLACE AVE ANYTOWN NY 12345"
            ),
            Compared::Other(_)
        ));
    }
}
