//! The header and the subfile designators.

use super::error::AamvaError;
use super::warning::{Subfile, Warning};

/// The most designators that are read: two digits count them.
const MOST_SUBFILES: usize = 99;

/// The header's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Issuer identification number, six digits.
    pub issuer: u32,
    /// Version of the standard, as the card says; above [`super::NEWEST_VERSION`] read as that.
    pub version: u8,
    /// The jurisdiction's own version; none in version 1.
    pub jurisdiction_version: Option<u8>,
}

/// A subfile's place as its designator tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Designator {
    pub subfile: Subfile,
    /// Offset from the header's `@` and length in bytes; `None` where they are damaged.
    pub place: Option<(usize, usize)>,
}

/// A header read.
#[derive(Debug)]
pub(super) struct Head<'a> {
    pub header: Header,
    pub designators: Vec<Designator>,
    /// What follows the designators.
    pub body: &'a str,
}

/// Reads what stands before the first subfile.
pub(super) fn read<'a>(
    text: &'a str,
    warn: &mut impl FnMut(Warning),
) -> Result<Head<'a>, AamvaError> {
    let start = text.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '\u{feff}');
    if start.starts_with('%') || start.starts_with("_%") {
        return Err(AamvaError::MagneticStripe);
    }
    let rest = file_type(start, warn).ok_or(AamvaError::NotAamva)?;
    let (header, entries, rest) = numbers(rest, warn)?;
    let (designators, body) = designators(rest, warn);
    if let Some(told) = entries.filter(|told| usize::from(*told) != designators.len()) {
        warn(Warning::Entries {
            told,
            found: designators.len().try_into().unwrap_or(u8::MAX),
        });
    }
    Ok(Head {
        header,
        designators,
        body,
    })
}

/// What follows `ANSI ` or `AAMVA` (as several issuers write in version 1), which separators and `@`
/// go before.
fn file_type<'a>(text: &'a str, warn: &mut impl FnMut(Warning)) -> Option<&'a str> {
    let places = ["ANSI", "AAMVA"].map(|name| text.find(name));
    let separators = places.into_iter().flatten().min()?;
    let before = &text[..separators];
    let lead = before.strip_prefix('@').unwrap_or(before);
    let only_separators = lead.len() <= 6
        && lead
            .chars()
            .all(|c| matches!(c, '\n' | '\r' | '\u{1e}' | '\u{1c}' | '\u{1d}' | ' '));
    if !only_separators {
        return None;
    }
    if before != "@\n\u{1e}\r" {
        warn(Warning::HeaderSeparators);
    }
    let rest = &text[separators..];
    let rest = rest
        .strip_prefix("ANSI")
        .or_else(|| rest.strip_prefix("AAMVA"))?;
    rest.trim_start_matches(' ')
        .starts_with(|c: char| c.is_ascii_digit())
        .then(|| rest.trim_start_matches(' '))
}

/// Issuer, version, jurisdiction's version and number of entries. Their number of digits tells which
/// of them are there: twelve all, ten all but the jurisdiction's version, eight neither that nor the entries.
fn numbers<'a>(
    text: &'a str,
    warn: &mut impl FnMut(Warning),
) -> Result<(Header, Option<u8>, &'a str), AamvaError> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let two = |from: usize| {
        digits
            .get(from..from + 2)
            .and_then(|pair| pair.parse::<u8>().ok())
    };
    let issuer: u32 = digits
        .get(..6)
        .and_then(|issuer| issuer.parse().ok())
        .ok_or(AamvaError::Header)?;
    let version = two(6).ok_or(AamvaError::Header)?;
    let (jurisdiction_version, entries) = match digits.len() {
        8 => (None, None),
        10 => (None, two(8)),
        12 => (two(8), two(10)),
        _ => return Err(AamvaError::Header),
    };
    if version == 0 {
        return Err(AamvaError::BeforeStandard);
    }
    if digits.len() != if version == 1 { 10 } else { 12 } {
        warn(Warning::HeaderNumbers);
    }
    let header = Header {
        issuer,
        version,
        jurisdiction_version,
    };
    Ok((header, entries, rest))
}

/// `DL00410278ZV03190008` and so on, until something else begins.
fn designators<'a>(text: &'a str, warn: &mut impl FnMut(Warning)) -> (Vec<Designator>, &'a str) {
    let (mut found, mut rest) = (Vec::new(), text);
    while found.len() < MOST_SUBFILES {
        let here = rest.trim_start_matches([' ', '\n', '\r']);
        let Some(subfile) = Subfile::at(here) else {
            break;
        };
        let after = &here[2..];
        let digits = after
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(after.len());
        if digits == 0 {
            break;
        }
        // `ZV1...` may be an element of a subfile as well: a designator has eight digits, and a
        // damaged one is followed by another name.
        let place = (digits == 8)
            .then(|| Some((after[..4].parse().ok()?, after[4..8].parse().ok()?)))
            .flatten();
        if place.is_none() {
            if !(6..=10).contains(&digits) || Subfile::at(&after[digits..]).is_none() {
                break;
            }
            warn(Warning::Designator);
        }
        found.push(Designator { subfile, place });
        rest = &after[digits..];
    }
    (found, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_with_warnings(text: &str) -> (Result<Header, AamvaError>, Vec<Warning>, usize) {
        let mut warnings = Vec::new();
        let head = read(text, &mut |warning| warnings.push(warning));
        let designated = head.as_ref().map_or(0, |head| head.designators.len());
        (head.map(|head| head.header), warnings, designated)
    }

    #[test]
    fn each_versions_header_reads_without_a_word() {
        let (header, warnings, designated) =
            read_with_warnings("@\n\x1e\rANSI 636000100102DL00410278ZV03190008DLDAQ1");
        let header = header.unwrap();
        assert_eq!((header.issuer, header.version), (636_000, 10));
        assert_eq!((header.jurisdiction_version, designated), (Some(1), 2));
        assert_eq!(warnings, []);
        let (header, warnings, designated) =
            read_with_warnings("@\n\x1e\rAAMVA6360060101DL00290175DAADOE");
        let header = header.unwrap();
        assert_eq!((header.version, header.jurisdiction_version), (1, None));
        assert_eq!((designated, warnings), (1, vec![]));
        let later = "@\n\x1e\rAAMVA6360060101DL00290175DAADOE\nDAGANSI STREET";
        assert_eq!(read_with_warnings(later).1, []);
    }

    #[test]
    fn strayed_headers_read_with_a_warning() {
        for (text, warning) in [
            (
                "@\n\rANSI 636000100102DL00410278ZV03190008",
                Warning::HeaderSeparators,
            ),
            ("@ANSI 636000100101DL00410278", Warning::HeaderSeparators),
            ("ANSI 636000100101DL00410278", Warning::HeaderSeparators),
            ("@\n\x1e\rANSI 6360350201DL00290278", Warning::HeaderNumbers),
            (
                "@\n\x1e\rAAMVA36004001DL00280200DLDAB",
                Warning::HeaderNumbers,
            ),
            (
                "@\n\x1e\rANSI 636000100102DL00410278",
                Warning::Entries { told: 2, found: 1 },
            ),
            (
                "@\n\x1e\rANSI 636000100101DL0041028DLDAQ",
                Warning::Designator,
            ),
        ] {
            let (header, warnings, _) = read_with_warnings(text);
            assert!(header.is_ok(), "{text}");
            assert_eq!(warnings, [warning], "{text}");
        }
    }

    #[test]
    fn what_is_not_supported_is_told_by_name() {
        for (text, error) in [
            (
                "@\n\x1e\rANSI 6360000002DL00390188",
                AamvaError::BeforeStandard,
            ),
            (
                "@\n\x1e\rANSI 636000000102DL00410188",
                AamvaError::BeforeStandard,
            ),
            ("%CALOS ANGELES^DOE$JOHN^", AamvaError::MagneticStripe),
            ("_%BCVICTORIA^DOE,$JOHN^", AamvaError::MagneticStripe),
            ("[)>\x1e01\x1d0210011", AamvaError::NotAamva),
            ("", AamvaError::NotAamva),
            ("DAQ123 ANSI 636000100102", AamvaError::NotAamva),
            ("@\n\x1e\rANSI ", AamvaError::NotAamva),
            ("@\n\x1e\rANSI 63600", AamvaError::Header),
            ("@\n\x1e\rANSI 6360001001021", AamvaError::Header),
        ] {
            assert_eq!(read_with_warnings(text).0, Err(error), "{text:?}");
        }
    }
}
