//! Lines to fields, with each check digit's result on its own.

use super::alphabet::{FILLER, check_digit, is_mrz_char};
use super::dates::MrzDate;
use super::error::ParseError;
use super::fields::{CheckDigits, Mrz, MrzFields, Sex};
use super::layout::{Check, CheckKind, Field, Layout, MrzFormat};
use super::names::{Names, components};

/// Parses lines, top to bottom; their number, length and first letters tell the layout.
///
/// A wrong check digit is a result, not an error.
///
/// # Errors
/// [`ParseError`] where the lines fit no layout or hold a character that no MRZ has.
pub fn parse(lines: &[&str]) -> Result<Mrz, ParseError> {
    let no_layout = || ParseError::NoLayout {
        lines: lines.len(),
        longest: lines
            .iter()
            .map(|line| line.chars().count())
            .max()
            .unwrap_or(0),
    };
    let format = detect(lines).ok_or_else(no_layout)?;
    parse_as(format, lines)
}

/// Parses lines by a layout that is known.
///
/// # Errors
/// As [`parse`].
pub fn parse_as(format: MrzFormat, lines: &[&str]) -> Result<Mrz, ParseError> {
    let layout = format.layout();
    for (line, text) in lines.iter().enumerate() {
        if let Some(position) = text.chars().position(|character| !is_mrz_char(character)) {
            return Err(ParseError::ForeignCharacter {
                line: line + 1,
                position: position + 1,
            });
        }
    }
    if lines.len() != layout.lines || lines.iter().any(|line| line.len() != layout.width) {
        return Err(ParseError::NoLayout {
            lines: lines.len(),
            longest: lines.iter().map(|line| line.len()).max().unwrap_or(0),
        });
    }
    let page = Page { lines, layout };
    Ok(Mrz {
        format,
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        fields: page.fields(format),
        check_digits: page.check_digits(),
    })
}

fn detect(lines: &[&str]) -> Option<MrzFormat> {
    let width = lines.first()?.chars().count();
    if lines.iter().any(|line| line.chars().count() != width) {
        return None;
    }
    let visa = lines[0].starts_with('V');
    match (lines.len(), width) {
        (3, 30) => Some(MrzFormat::Td1),
        (2, 36) if visa => Some(MrzFormat::MrvB),
        (2, 36) if lines[0].starts_with("IDFRA") => Some(MrzFormat::FrenchId),
        (2, 36) => Some(MrzFormat::Td2),
        (2, 44) if visa => Some(MrzFormat::MrvA),
        (2, 44) => Some(MrzFormat::Td3),
        _ => None,
    }
}

/// Checked lines with their layout: every slice below lies within them and on ASCII.
struct Page<'a> {
    lines: &'a [&'a str],
    layout: &'static Layout,
}

impl<'a> Page<'a> {
    fn slice(&self, line: usize, start: usize, len: usize) -> &'a str {
        &self.lines[line][start..start + len]
    }

    /// The field as it stands, filler included; empty where the layout has none.
    fn raw(&self, field: Field) -> &'a str {
        self.layout
            .span(field)
            .map_or("", |span| self.slice(span.line, span.start, span.len))
    }

    fn trimmed(&self, field: Field) -> String {
        self.raw(field).trim_end_matches(FILLER).to_owned()
    }

    fn check_char(&self, check: &Check) -> char {
        self.lines[check.line]
            .as_bytes()
            .get(check.position)
            .map_or(FILLER, |byte| char::from(*byte))
    }

    /// The part of a card's document number that did not fit its place: filler stands for the
    /// check digit, and the optional data begins with the rest and then the check digit
    /// (ICAO 9303-5, 4.2.2 note j; 9303-6 likewise).
    fn continued_number(&self) -> Option<(&'a str, char)> {
        let check = self
            .layout
            .checks
            .iter()
            .find(|check| check.kind == CheckKind::Number)?;
        let cards = (self.layout.width, self.layout.lines) == (30, 3)
            || (self.layout.width == 36
                && self.has(CheckKind::Composite)
                && self.has(CheckKind::Expiry));
        let full = !self.raw(Field::Number).ends_with(FILLER);
        if !cards || !full || self.check_char(check) != FILLER {
            return None;
        }
        let optional = self.raw(Field::Optional);
        let run = optional.split(FILLER).next().unwrap_or("");
        let digit = run.chars().last()?;
        (run.len() >= 2).then(|| (&run[..run.len() - 1], digit))
    }

    fn has(&self, kind: CheckKind) -> bool {
        self.layout.checks.iter().any(|check| check.kind == kind)
    }

    fn fields(&self, format: MrzFormat) -> MrzFields {
        let continued = self.continued_number();
        let mut document_number = self.trimmed(Field::Number);
        let mut optional = self.trimmed(Field::Optional);
        if let Some((rest, _)) = continued {
            document_number.push_str(rest);
            optional = optional[rest.len() + 1..]
                .trim_start_matches(FILLER)
                .to_owned();
        }
        let mut names = Names::parse(self.raw(Field::Name));
        if format == MrzFormat::FrenchId {
            names.primary = components(self.raw(Field::Name));
            names.secondary = components(self.raw(Field::GivenNames));
            names.maybe_truncated |= !self.raw(Field::GivenNames).ends_with(FILLER);
        }
        let nationality = match format {
            MrzFormat::FrenchId => "FRA".to_owned(),
            _ => self.trimmed(Field::Nationality),
        };
        MrzFields {
            document_code: self.trimmed(Field::Code),
            issuing_state: self.trimmed(Field::State),
            names,
            document_number,
            nationality,
            birth: MrzDate::parse(self.raw(Field::Birth)),
            sex: sex(self.raw(Field::Sex)),
            expiry: MrzDate::parse(self.raw(Field::Expiry)),
            optional,
            second_optional: self.trimmed(Field::SecondOptional),
        }
    }

    fn check_digits(&self) -> CheckDigits {
        let mut digits = CheckDigits::default();
        for check in self.layout.checks {
            let right = Some(self.is_right(check));
            match check.kind {
                CheckKind::Number => digits.number = right,
                CheckKind::Birth => digits.birth = right,
                CheckKind::Expiry => digits.expiry = right,
                CheckKind::Personal => digits.personal = right,
                CheckKind::Composite => digits.composite = right,
            }
        }
        digits
    }

    fn is_right(&self, check: &Check) -> bool {
        let mut covered: String = check
            .covers
            .iter()
            .map(|(line, start, len)| self.slice(*line, *start, *len))
            .collect();
        let mut digit = self.check_char(check);
        if check.kind == CheckKind::Number
            && let Some((rest, last)) = self.continued_number()
        {
            covered.push_str(rest);
            digit = last;
        }
        let empty = covered.chars().all(|character| character == FILLER);
        if check.kind == CheckKind::Personal && digit == FILLER {
            return empty;
        }
        digit
            .to_digit(10)
            .is_some_and(|digit| check_digit(&covered).map(u32::from) == Some(digit))
    }
}

fn sex(raw: &str) -> Option<Sex> {
    match raw {
        "F" => Some(Sex::Female),
        "M" => Some(Sex::Male),
        "<" | "X" => Some(Sex::Unspecified),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ICAO 9303-4, appendix B: the specimen passport.
    const PASSPORT: [&str; 2] = [
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
        "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
    ];

    #[test]
    fn the_specimen_passport_parses_whole() {
        let mrz = parse(&PASSPORT).unwrap();
        assert_eq!(mrz.format, MrzFormat::Td3);
        assert!(mrz.check_digits.all_right());
        let fields = mrz.fields;
        assert_eq!(fields.document_code, "P");
        assert_eq!(fields.issuing_state, "UTO");
        assert_eq!(fields.names.primary, "ERIKSSON");
        assert_eq!(fields.names.secondary, "ANNA MARIA");
        assert_eq!(fields.document_number, "L898902C3");
        assert_eq!(fields.sex, Some(Sex::Female));
        assert_eq!(fields.optional, "ZE184226B");
    }

    #[test]
    fn the_specimen_card_parses_whole() {
        // ICAO 9303-5, appendix A.
        let mrz = parse(&[
            "I<UTOD231458907<<<<<<<<<<<<<<<",
            "7408122F1204159UTO<<<<<<<<<<<6",
            "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
        ])
        .unwrap();
        assert_eq!(mrz.format, MrzFormat::Td1);
        assert!(mrz.check_digits.all_right());
        assert_eq!(mrz.check_digits.personal, None);
    }

    #[test]
    fn visas_have_no_composite_digit() {
        // ICAO 9303-7, appendix A.
        let mrz = parse(&[
            "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<",
            "L8988901C4XXX4009078F9612109<<<<<<<<",
        ])
        .unwrap();
        assert_eq!(mrz.format, MrzFormat::MrvB);
        assert_eq!(mrz.check_digits.composite, None);
        assert!(mrz.check_digits.all_right());
    }

    #[test]
    fn the_french_card_has_its_own_layout() {
        let mrz = parse(&[
            "IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<",
            "8806923102858CORINNE<<<<<<<6512068F6",
        ])
        .unwrap();
        assert_eq!(mrz.format, MrzFormat::FrenchId);
        assert!(mrz.check_digits.all_right(), "{:?}", mrz.check_digits);
        assert_eq!(mrz.fields.names.secondary, "CORINNE");
        assert_eq!(mrz.fields.document_number, "880692310285");
        assert_eq!(mrz.fields.expiry, None);
    }

    #[test]
    fn one_wrong_digit_leaves_the_others_results_alone() {
        let second = PASSPORT[1].replace("7408122", "7408123");
        let digits = parse(&[PASSPORT[0], &second]).unwrap().check_digits;
        assert_eq!(digits.birth, Some(false));
        assert_eq!(digits.number, Some(true));
        assert_eq!(digits.expiry, Some(true));
        assert_eq!(digits.personal, Some(true));
        assert_eq!(digits.composite, Some(false));
    }

    #[test]
    fn an_empty_personal_number_may_have_filler_for_its_digit() {
        for digit in ['<', '0'] {
            let second = format!("L898902C36UTO7408122F1204159<<<<<<<<<<<<<<{digit}");
            let covered = format!("{}{}{}", &second[0..10], &second[13..20], &second[21..43]);
            let composite = check_digit(&covered).unwrap();
            let mrz = parse(&[PASSPORT[0], &format!("{second}{composite}")]).unwrap();
            assert!(mrz.check_digits.all_right(), "{digit}");
        }
    }

    #[test]
    fn a_cards_long_number_goes_on_in_the_optional_data() {
        // ICAO 9303-5, 4.2.2, note j.
        let mrz = parse(&[
            "I<UTOD23145890<7349<<<<<<<<<<<",
            "3407127M9507122UTO<<<<<<<<<<<2",
            "STEVENSON<<PETER<JOHN<<<<<<<<<",
        ])
        .unwrap();
        assert_eq!(mrz.fields.document_number, "D23145890734");
        assert_eq!(mrz.check_digits.number, Some(true));
        assert_eq!(mrz.fields.optional, "");
    }

    #[test]
    fn other_shapes_and_characters_are_refused() {
        assert!(matches!(parse(&[]), Err(ParseError::NoLayout { .. })));
        assert!(matches!(
            parse(&["ABC", "DEF"]),
            Err(ParseError::NoLayout { .. })
        ));
        assert!(matches!(
            parse(&[PASSPORT[0], &PASSPORT[1][..43]]),
            Err(ParseError::NoLayout { .. })
        ));
        let umlaut = PASSPORT[0].replace("ERIKSSON", "ERIKSSÖN");
        assert_eq!(
            parse(&[&umlaut, PASSPORT[1]]),
            Err(ParseError::ForeignCharacter {
                line: 1,
                position: 12
            })
        );
    }
}
