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

    /// Whether these names, as an MRZ has them, may be a writing of the whole name given by its two transliterated
    /// identifiers (A-Z, components parted by fillers or spaces).
    ///
    /// A name that does not fill its field is whole. One that does may have been cut in any of the ways of ICAO
    /// 9303-4 to -7, 4.2.3: each component may have lost its end, and the last ones may be missing.
    #[must_use]
    pub fn may_be(&self, primary: &str, secondary: &str) -> bool {
        let agrees = |written: &str, whole: &str| {
            let whole: Vec<&str> = parts(whole).collect();
            let written: Vec<&str> = parts(written).collect();
            if !self.maybe_truncated {
                return written == whole;
            }
            written.len() <= whole.len()
                && written.is_empty() == whole.is_empty()
                && written
                    .iter()
                    .zip(&whole)
                    .all(|(short, long)| long.starts_with(short))
        };
        // A lone identifier that was cut may have lost the other one with its end.
        let lone = self.maybe_truncated && self.secondary.is_empty();
        agrees(&self.primary, primary) && (lone || agrees(&self.secondary, secondary))
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
    parts(text).collect::<Vec<_>>().join(" ")
}

/// Components, whatever parts them.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split([FILLER, ' ']).filter(|part| !part.is_empty())
}

/// Writes two transliterated identifiers (A-Z and single fillers) into `width` characters.
///
/// A name that is too long is cut by the first of the ways that ICAO 9303-4, -6 and -7, 4.2.3 and 9303-5, 4.2.3
/// leave to the issuer: components become shorter from the last one on, down to their initials, and both
/// identifiers keep at least one letter. The last position is then a letter.
pub(super) fn fit(primary: &str, secondary: &str, width: usize) -> String {
    let whole = match secondary.is_empty() {
        true => primary.to_owned(),
        false => format!("{primary}<<{secondary}"),
    };
    if whole.len() <= width {
        return pad(&whole, width);
    }
    if secondary.is_empty() {
        return pad(&shortened(primary, width), width);
    }
    // The primary identifier keeps what it can beside "<<" and one letter; where that takes initials, the
    // secondary one has what they leave.
    let room = width.saturating_sub(3);
    let (kept, rest) = if primary.len() <= room {
        (primary.to_owned(), width - primary.len() - 2)
    } else {
        let rest = secondary.len().min(
            width
                .saturating_sub(2 + with_initials(primary, room))
                .max(1),
        );
        (shortened(primary, width.saturating_sub(2 + rest)), rest)
    };
    let written = format!("{kept}<<{}", shortened(secondary, rest));
    let gap = width.saturating_sub(written.len());
    if gap == 0 {
        return written;
    }
    // A filler at the end would say that the name is whole: the primary identifier gives up a letter instead.
    let rest = rest + gap;
    let kept = shortened(&kept, width.saturating_sub(2 + rest));
    pad(&format!("{kept}<<{}", shortened(secondary, rest)), width)
}

/// Length of the identifier with as many of its last components as initials as it takes to fit into `room`.
fn with_initials(identifier: &str, room: usize) -> usize {
    let lengths: Vec<usize> = identifier.split(FILLER).map(str::len).collect();
    let mut total = identifier.len();
    for length in lengths.iter().rev() {
        if total <= room {
            break;
        }
        total -= length - 1;
    }
    total.min(room)
}

/// The identifier in at most `room` characters: components lose their ends from the last one on, down to
/// initials; where initials alone are too long, the last components are dropped.
fn shortened(identifier: &str, room: usize) -> String {
    let mut parts: Vec<&str> = identifier.split(FILLER).collect();
    while parts.len() > 1 && parts.len() * 2 - 1 > room {
        parts.pop();
    }
    let length = parts.iter().map(|part| part.len() + 1).sum::<usize>() - 1;
    let mut excess = length.saturating_sub(room);
    for part in parts.iter_mut().rev() {
        let cut = excess.min(part.len().saturating_sub(1));
        *part = &part[..part.len() - cut];
        excess -= cut;
    }
    parts.join("<")
}

/// Cuts to exactly `width` characters of which the last is a letter, dropping one letter of a
/// component where the cut would fall on a filler. The French card cuts so.
pub(super) fn cut_to_letter(text: &str, width: usize) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    while characters.len() > width && characters.get(width - 1) == Some(&FILLER) {
        let Some(letter) = characters[..width].iter().rposition(|c| *c != FILLER) else {
            break;
        };
        characters.remove(letter);
    }
    characters.truncate(width);
    pad(&characters.into_iter().collect::<String>(), width)
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

    const BENNELONG: [&str; 2] = [
        "BENNELONG<WOOLOOMOOLOO<WARRANDYTE<WARNAMBOOL",
        "DINGO<POTOROO",
    ];

    #[test]
    fn long_names_are_cut_as_the_standards_own_examples_are() {
        // 9303-4 and -7 (39 characters), 9303-6 and -7 (31), 9303-5 (30): 4.2.3, the examples with initials.
        let secondary = "CHAYAPA<DEJTHAMRONG<KRASUANG";
        for (width, written) in [
            (39, "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K"),
            (31, "NILAVADHANANANDA<<CHAYAPA<DEJ<K"),
            (30, "NILAVADHANANANDA<<CHAYAPA<DE<K"),
        ] {
            assert_eq!(fit("NILAVADHANANANDA", secondary, width), written);
        }
        assert_eq!(
            fit("NILAVADHANANANDA", "ARNPOL<PETCH<CHARONGUANG", 39),
            "NILAVADHANANANDA<<ARNPOL<PETCH<CHARONGU"
        );
        for (width, written) in [
            (39, "BENNELONG<WOOLOOMOOLOO<WARRANDYTE<W<<DI"),
            (31, "BENNELONG<WOOLOOMOOLOO<W<W<<D<P"),
            (30, "BENNELONG<WOOLOOMOOLOO<W<W<<DI"),
        ] {
            assert_eq!(fit(BENNELONG[0], BENNELONG[1], width), written);
        }
    }

    #[test]
    fn a_cut_name_never_ends_in_filler() {
        let written = fit("AAAAAA<BBBBB<CCCCCC<DDDDDD", "E<F", 30);
        assert_eq!(written, "AAAAAA<BBBBB<CCCCCC<DDDDD<<E<F");
        assert!(Names::parse(&written).may_be("AAAAAA BBBBB CCCCCC DDDDDD", "E F"));
    }

    #[test]
    fn a_cut_name_that_leaves_a_short_secondary_identifier_whole_still_ends_in_a_letter() {
        assert_eq!(
            fit(BENNELONG[0], "D", 39),
            "BENNELONG<WOOLOOMOOLOO<WARRANDYTE<WA<<D"
        );
        assert_eq!(fit("ABCDEFGHIJ", "", 6), "ABCDEF");
        assert_eq!(fit("ABC<DEFGHIJ", "", 6), "ABC<DE");
    }

    #[test]
    fn names_cut_in_any_way_of_the_standard_are_recognised_as_the_whole_name() {
        // 9303-4 to -7, 4.2.3.1 and 4.2.3.2, all examples.
        for field in [
            "BENNELONG<WOOLOOMOOLOO<WARRANDYTE<W<<DI",
            "BENNELONG<WOOLOOM<WARRAND<WARNAM<<DINGO",
            "BENNEL<WOOLOO<WARRAN<WARNAM<<DINGO<POTO",
            "BENNELONG<WOOLOOMOOLOO<W<W<<D<P",
            "BENNELONG<WOOLOOM<WAR<WARN<<D<P",
            "BENNEL<WOOLO<WARRA<WARNA<<DIN<P",
            "BENNELONG<WOOLOOMOOLOO<W<W<<DI",
            "BENNE<WOOLO<WARRA<WARNA<<DIN<P",
        ] {
            let names = Names::parse(field);
            assert!(names.maybe_truncated, "{field}");
            assert!(names.may_be(BENNELONG[0], BENNELONG[1]), "{field}");
            assert!(
                !names.may_be("BENNELONG WOOLOOMOOLOO", "DINGO POTOROO"),
                "{field}"
            );
            assert!(!names.may_be(BENNELONG[0], "POTOROO"), "{field}");
        }
        let names = Names::parse("NILAVADHANANANDA<<ARN<PET<CHARO");
        assert!(names.may_be("NILAVADHANANANDA", "ARNPOL PETCH CHARONGUANG"));
    }

    #[test]
    fn a_name_that_ends_in_filler_is_whole() {
        let names = Names::parse("SMITH<JONES<<SUSIE<<<");
        assert!(names.may_be("SMITH JONES", "SUSIE"));
        assert!(!names.may_be("SMITH JONES", "SUSIE MARGARET"));
        assert!(!names.may_be("SMITH<JONESY", "SUSIE"));
    }

    #[test]
    fn a_name_that_just_fits_may_be_itself() {
        let names = Names::parse("PAPANDROPOULOUS<<JONATHON<WARREN<TREVOR");
        assert!(names.maybe_truncated && names.may_be("PAPANDROPOULOUS", "JONATHON WARREN TREVOR"));
    }

    #[test]
    fn empty_names_stay_empty() {
        assert_eq!(fit("", "", 4), "<<<<");
        assert_eq!(Names::parse("<<<<"), Names::default());
        assert_eq!(Names::parse(""), Names::default());
    }
}
