//! Fields to lines, with right check digits: for specimens and tests.

use super::alphabet::{FILLER, check_digit, is_mrz_char};
use super::dates::MrzDate;
use super::error::EncodeError;
use super::fields::{MrzFields, Sex};
use super::layout::{CheckKind, Field, Layout, MrzFormat};
use super::names::{cut_to_letter, fit, pad};
use super::transliterate::transliterate;

/// Writes the fields by a layout: names transliterated (ICAO 9303-3, 6) and cut where they are too
/// long, other text in capitals, check digits computed. A card's number of more than nine characters
/// goes on in the optional data.
///
/// # Errors
/// [`EncodeError`] where a value does not fit its place, holds a character that its place does not
/// take, is missing, or has no place in the layout.
pub fn encode(format: MrzFormat, fields: &MrzFields) -> Result<Vec<String>, EncodeError> {
    let layout = format.layout();
    let mut sheet = Sheet::new(layout);
    sheet.text(Field::Code, "document code", &fields.document_code)?;
    sheet.text(Field::State, "issuing state", &fields.issuing_state)?;
    if format != MrzFormat::FrenchId {
        sheet.text(Field::Nationality, "nationality", &fields.nationality)?;
    }
    sheet.names(fields)?;
    sheet.number(format, fields)?;
    sheet.text(
        Field::SecondOptional,
        "second optional data",
        &fields.second_optional,
    )?;
    sheet.put(Field::Birth, &date(fields.birth));
    sheet.put(Field::Sex, sex(fields.sex));
    if layout.span(Field::Expiry).is_none() && fields.expiry.is_some() {
        return Err(EncodeError::NoPlace { field: "expiry" });
    }
    sheet.put(Field::Expiry, &date(fields.expiry));
    sheet.write_check_digits();
    Ok(sheet.lines())
}

fn date(date: Option<MrzDate>) -> String {
    date.map_or_else(|| "<".repeat(6), MrzDate::to_mrz)
}

fn sex(sex: Option<Sex>) -> &'static str {
    match sex {
        Some(Sex::Female) => "F",
        Some(Sex::Male) => "M",
        Some(Sex::Unspecified) | None => "<",
    }
}

/// Lines being written, filler at first.
struct Sheet {
    layout: &'static Layout,
    rows: Vec<Vec<char>>,
    /// Whether a card's document number goes on in the optional data.
    continued: bool,
}

impl Sheet {
    fn new(layout: &'static Layout) -> Self {
        Self {
            layout,
            rows: vec![vec![FILLER; layout.width]; layout.lines],
            continued: false,
        }
    }

    fn put(&mut self, field: Field, text: &str) {
        if let Some(span) = self.layout.span(field) {
            let row = &mut self.rows[span.line][span.start..span.start + span.len];
            row.iter_mut()
                .zip(text.chars())
                .for_each(|(place, character)| *place = character);
        }
    }

    fn room(&self, field: Field) -> usize {
        self.layout.span(field).map_or(0, |span| span.len)
    }

    /// Writes text that may not be cut.
    fn text(&mut self, field: Field, name: &'static str, text: &str) -> Result<(), EncodeError> {
        let text = mrz_text(name, text)?;
        let room = self.room(field);
        if room == 0 && !text.is_empty() {
            return Err(EncodeError::NoPlace { field: name });
        }
        if text.len() > room {
            return Err(EncodeError::TooLong {
                field: name,
                length: text.len(),
                room,
            });
        }
        if matches!(field, Field::Code | Field::State) && text.is_empty() {
            return Err(EncodeError::Missing { field: name });
        }
        // The second character of a document code is the issuer's to choose; some choose a digit.
        let letters = if field == Field::Code { 1 } else { 3 };
        if matches!(field, Field::Code | Field::State | Field::Nationality)
            && let Some(index) = text.chars().take(letters).position(|c| c.is_ascii_digit())
        {
            return Err(EncodeError::Character {
                field: name,
                position: index + 1,
            });
        }
        self.put(field, &text);
        Ok(())
    }

    fn names(&mut self, fields: &MrzFields) -> Result<(), EncodeError> {
        let primary = transliterate(&fields.names.primary, "primary identifier")?;
        let secondary = transliterate(&fields.names.secondary, "secondary identifier")?;
        if primary.is_empty() {
            return Err(EncodeError::Missing {
                field: "primary identifier",
            });
        }
        let room = self.room(Field::Name);
        if self.layout.span(Field::GivenNames).is_some() {
            let given = secondary.replace('<', "<<");
            self.put(Field::Name, &cut_to_letter(&primary, room));
            let room = self.room(Field::GivenNames);
            self.put(Field::GivenNames, &cut_to_letter(&given, room));
        } else {
            self.put(Field::Name, &fit(&primary, &secondary, room));
        }
        Ok(())
    }

    /// The document number, and the optional data that it may reach into.
    fn number(&mut self, format: MrzFormat, fields: &MrzFields) -> Result<(), EncodeError> {
        let number = mrz_text("document number", &fields.document_number)?;
        let room = self.room(Field::Number);
        let may_continue = matches!(format, MrzFormat::Td1 | MrzFormat::Td2);
        if number.len() <= room || !may_continue {
            self.text(Field::Number, "document number", &number)?;
            return self.text(Field::Optional, "optional data", &fields.optional);
        }
        let (head, rest) = number.split_at(room);
        if number.contains(FILLER) {
            let position = number.chars().position(|c| c == FILLER).unwrap_or(0) + 1;
            return Err(EncodeError::Character {
                field: "document number",
                position,
            });
        }
        let digit = check_digit(&number).unwrap_or(0);
        let separator = if fields.optional.is_empty() { "" } else { "<" };
        let optional = format!("{rest}{digit}{separator}{}", fields.optional);
        // A filler follows the check digit (ICAO 9303-5 and -6, 4.2.2, note j).
        let most = self.room(Field::Optional).saturating_sub(2);
        if rest.len() > most {
            return Err(EncodeError::TooLong {
                field: "document number",
                length: number.len(),
                room: room + most,
            });
        }
        self.text(Field::Number, "document number", head)?;
        self.continued = true;
        self.text(
            Field::Optional,
            "document number with optional data",
            &optional,
        )
    }

    fn write_check_digits(&mut self) {
        for check in self.layout.checks {
            if check.kind == CheckKind::Number && self.continued {
                continue;
            }
            let covered: String = check
                .covers
                .iter()
                .flat_map(|(line, start, len)| &self.rows[*line][*start..start + len])
                .collect();
            let digit = check_digit(&covered).unwrap_or(0);
            self.rows[check.line][check.position] = char::from(b'0' + digit);
        }
    }

    fn lines(&self) -> Vec<String> {
        self.rows
            .iter()
            .map(|row| pad(&row.iter().collect::<String>(), self.layout.width))
            .collect()
    }
}

/// Text in MRZ characters: capitals, spaces and hyphens as filler, none at the ends.
fn mrz_text(field: &'static str, text: &str) -> Result<String, EncodeError> {
    let written: String = text
        .chars()
        .map(|character| match character {
            ' ' | '-' => FILLER,
            other => other.to_ascii_uppercase(),
        })
        .collect();
    match written
        .chars()
        .position(|character| !is_mrz_char(character))
    {
        Some(index) => Err(EncodeError::Character {
            field,
            position: index + 1,
        }),
        None => Ok(written.trim_end_matches(FILLER).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::names::Names;
    use super::*;

    fn eriksson() -> MrzFields {
        MrzFields {
            document_code: "P".into(),
            issuing_state: "UTO".into(),
            names: Names::new("Eriksson", "Anna Maria"),
            document_number: "L898902C3".into(),
            nationality: "UTO".into(),
            birth: MrzDate::parse("740812"),
            sex: Some(Sex::Female),
            expiry: MrzDate::parse("120415"),
            optional: "ZE184226B".into(),
            second_optional: String::new(),
        }
    }

    #[test]
    fn the_specimen_passport_is_written_as_the_standard_prints_it() {
        let lines = encode(MrzFormat::Td3, &eriksson()).unwrap();
        assert_eq!(lines[0], "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<");
        assert_eq!(lines[1], "L898902C36UTO7408122F1204159ZE184226B<<<<<10");
    }

    #[test]
    fn what_does_not_fit_is_refused_by_name_and_size() {
        let long = MrzFields {
            document_number: "L898902C34".into(),
            ..eriksson()
        };
        assert_eq!(
            encode(MrzFormat::Td3, &long),
            Err(EncodeError::TooLong {
                field: "document number",
                length: 10,
                room: 9
            })
        );
        let nameless = MrzFields {
            names: Names::new("", "Anna"),
            ..eriksson()
        };
        assert!(matches!(
            encode(MrzFormat::Td3, &nameless),
            Err(EncodeError::Missing { .. })
        ));
        let spare = MrzFields {
            second_optional: "X".into(),
            ..eriksson()
        };
        assert!(matches!(
            encode(MrzFormat::Td3, &spare),
            Err(EncodeError::NoPlace { .. })
        ));
        let digit = MrzFields {
            issuing_state: "UT0".into(),
            ..eriksson()
        };
        assert!(matches!(
            encode(MrzFormat::Td3, &digit),
            Err(EncodeError::Character { .. })
        ));
    }
}
