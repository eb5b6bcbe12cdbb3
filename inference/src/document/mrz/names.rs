//! Names in an MRZ: primary and secondary identifier, and how a long name is cut to fit.

use std::fmt;

use super::alphabet::FILLER;

/// A name's two identifiers, components parted by single spaces.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Primary identifier: mostly the surname.
    pub primary: String,
    /// Secondary identifier: mostly the given names; empty where there is none.
    pub secondary: String,
    /// Whether the name fills its field to the last position: it may then have been cut
    /// (ICAO 9303-4, 4.2.3: a cut name ends in a letter at the last position).
    pub maybe_truncated: bool,
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Names([redacted])")
    }
}

impl Names {
    /// A whole name from its two identifiers.
    #[must_use]
    pub fn new(primary: &str, secondary: &str) -> Self {
        Self {
            primary: primary.to_owned(),
            secondary: secondary.to_owned(),
            maybe_truncated: false,
        }
    }

    /// Splits a name field at its first double filler.
    #[must_use]
    pub fn parse(field: &str) -> Self {
        let trimmed = field.trim_end_matches(FILLER);
        let (primary, secondary) = trimmed.split_once("<<").unwrap_or((trimmed, ""));
        Self {
            primary: components(primary),
            secondary: components(secondary),
            maybe_truncated: !field.is_empty() && trimmed.len() == field.len(),
        }
    }
}

/// Components of an identifier, parted by single spaces.
pub(super) fn components(text: &str) -> String {
    text.split(FILLER)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Writes two transliterated identifiers (A-Z and single fillers) into `width` characters.
///
/// A name that is too long loses its end, the secondary identifier's first; the primary one is cut
/// only where not even one letter of the secondary would remain. The last position is then a
/// letter, as ICAO 9303-4, 4.2.3 demands of a cut name.
pub(super) fn fit(primary: &str, secondary: &str, width: usize) -> String {
    let whole = if secondary.is_empty() {
        primary.to_owned()
    } else {
        format!("{primary}<<{secondary}")
    };
    if whole.len() <= width {
        return pad(&whole, width);
    }
    let room = width.saturating_sub(3);
    if !secondary.is_empty() && primary.len() > room {
        let initial: String = secondary.chars().take(1).collect();
        return format!("{}<<{initial}", cut_to_letter(primary, room));
    }
    cut_to_letter(&whole, width)
}

/// Cuts to exactly `width` characters of which the last is a letter, dropping one letter of a
/// component where the cut would fall on a filler.
fn cut_to_letter(text: &str, width: usize) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    while characters.len() > width && characters.get(width - 1) == Some(&FILLER) {
        let Some(letter) = characters[..width].iter().rposition(|c| *c != FILLER) else {
            break;
        };
        characters.remove(letter);
    }
    characters.truncate(width);
    characters.into_iter().collect()
}

/// Fills up with filler.
pub(super) fn pad(text: &str, width: usize) -> String {
    format!("{text:<<width$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primary_and_secondary_part_at_the_double_filler() {
        let names = Names::parse("VAN<DER<MUELLEN<<ANNA<MARIA<<<<<<<<<<<<");
        assert_eq!(names.primary, "VAN DER MUELLEN");
        assert_eq!(names.secondary, "ANNA MARIA");
        assert!(!names.maybe_truncated);
    }

    #[test]
    fn a_lone_name_is_the_primary_identifier() {
        let names = Names::parse("ARKFREITH<<<<<<<<<");
        assert_eq!(
            (names.primary.as_str(), names.secondary.as_str()),
            ("ARKFREITH", "")
        );
    }

    #[test]
    fn a_long_name_loses_its_end_and_closes_with_a_letter() {
        let field = fit("NILAVADHANANANDA", "CHAYAPA<DEJTHAMRONG<KRASUANG", 39);
        assert_eq!(field, "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K");
        assert!(Names::parse(&field).maybe_truncated);
    }

    #[test]
    fn a_cut_on_a_filler_takes_a_letter_of_the_component_before() {
        let field = fit("NILAVADHANANANDA", "CHAYAPAX<DEJTHAMRONG<KRASUANG", 39);
        assert_eq!(field, "NILAVADHANANANDA<<CHAYAPAX<DEJTHAMRON<K");
    }

    #[test]
    fn a_primary_identifier_that_is_itself_too_long_leaves_the_secondarys_initial() {
        let field = fit(
            "BENNELONG<WOOLOOMOOLOO<WARRANDYTE<WARNAMBOOL",
            "DINGO<POTOROO",
            39,
        );
        assert_eq!(field.len(), 39);
        assert_eq!(field, "BENNELONG<WOOLOOMOOLOO<WARRANDYTE<WA<<D");
    }

    #[test]
    fn empty_names_stay_empty() {
        assert_eq!(fit("", "", 4), "<<<<");
        assert_eq!(Names::parse("<<<<"), Names::default());
        assert_eq!(Names::parse(""), Names::default());
    }
}
