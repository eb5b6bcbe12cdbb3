//! Lines to fields: by their labels, and where those can't be read by where values stand.
//!
//! ```text
//! Surname / Nom            label          Date of issue    Date of expiry      two labels of one row part
//! ERIKSSON                 value below    21 NOV 2024      19 NOV 2034         the row below into columns
//! DOB 08/31/1977           value after its label
//! ```
//!
//! A value is taken only where it can be one of its field: a date where a date is asked for, no figures
//! in a name. ICAO 9303-4 and 9303-5 leave the place of a field within its zone to the issuer, but not
//! the order of the zones: number at the upper right, then names, then the personal data, then the
//! document's own dates. That order is what "by position" goes by, and what it gives is marked so.

use std::fmt;

use super::columns::{LEGIBLE, after, below, beside, column_of, with_rows};
use super::dates::{DateOrder, VizDate, dates_in, order_told};
use super::labels::{Dictionary, FieldName, Label, Named};
use super::line::VizLine;
use super::numbered::numbered;
use super::position;
use super::values::{fits, sex_of};

/// How a field was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FoundBy {
    /// A label names it.
    Label,
    /// No label was read; it stands where the field stands.
    Position,
}

/// A field of the visual zone.
#[derive(Clone, PartialEq)]
pub struct VizField {
    /// Which.
    pub name: FieldName,
    /// What it says, words parted by single spaces, rows of an address by commas.
    pub text: String,
    /// Its dates, where it is a field of dates: every way to read the one that counts.
    pub dates: Vec<VizDate>,
    /// Its corners on the straightened page, pixels: upper left, upper right, lower right, lower left.
    pub corners: [[f32; 2]; 4],
    /// Mean probability of its characters, 0 to 1.
    pub confidence: f32,
    /// How it was known.
    pub found: FoundBy,
    /// How surely its label was read, 0 to 1; `None` where it was known by position.
    pub label_confidence: Option<f32>,
}

impl fmt::Debug for VizField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VizField")
            .field("name", &self.name)
            .field("confidence", &self.confidence)
            .field("found", &self.found)
            .finish_non_exhaustive()
    }
}

/// A line's part with the label that it was known for.
pub(super) struct Part {
    pub line: VizLine,
    pub label: Option<Label>,
}

/// Lines parted into columns, and labels from the values that follow them on their line.
pub(super) fn parts(lines: &[VizLine], dictionary: &Dictionary) -> Vec<Part> {
    let mut parts = Vec::new();
    let columns: Vec<VizLine> = lines.iter().flat_map(VizLine::columns).collect();
    let numbers = numbered(&columns);
    for column in columns {
        let column = match &numbers {
            Some(numbers) => numbers.parted(column),
            None => column,
        };
        let label = dictionary
            .label(&column)
            .or_else(|| numbers?.label(&column));
        let count = label.map_or(0, |label| label.words);
        if label.is_none() || count == column.words.len() {
            parts.push(Part {
                line: column,
                label,
            });
            continue;
        }
        let (front, rest) = column.words.split_at(count);
        for (words, label) in [(front, label), (rest, None)] {
            if let Some(line) = column.of_words(words.to_vec()) {
                parts.push(Part { line, label });
            }
        }
    }
    parts
}

/// Every field that the parts hold, each once.
pub(super) fn fields(parts: &[Part], order: DateOrder) -> Vec<VizField> {
    let order = told(parts).unwrap_or(order);
    let mut fields: Vec<VizField> = Vec::new();
    for beside_too in [false, true] {
        for part in parts {
            let Some(Label {
                named: Named::Field(name),
                ..
            }) = part.label
            else {
                continue;
            };
            if fields.iter().any(|field| field.name == name) {
                continue;
            }
            if let Some(value) = value(parts, part, name, order, &fields, beside_too) {
                let doubt = part.label.map_or(1.0, |label| label.doubt);
                fields.push(VizField {
                    label_confidence: Some(part.line.confidence * (1.0 - doubt)),
                    ..field(name, &value, FoundBy::Label, order)
                });
            }
        }
    }
    position::complete(&mut fields, parts, order);
    name_alone_is_surname(&mut fields);
    fields.sort_by_key(|field| field.name);
    fields
}

/// The order of day and month that some date of the page tells, where none tells the other.
fn told(parts: &[Part]) -> Option<DateOrder> {
    let mut told = parts
        .iter()
        .filter_map(|part| order_told(&part.line.text()));
    let first = told.next()?;
    told.all(|other| other == first).then_some(first)
}

/// Where given names stand apart, what is labelled `Name` is the surname.
fn name_alone_is_surname(fields: &mut [VizField]) {
    let has = |name: FieldName| fields.iter().any(|field| field.name == name);
    if has(FieldName::GivenNames) && !has(FieldName::Surname) {
        for field in fields.iter_mut() {
            if field.name == FieldName::FullName {
                field.name = FieldName::Surname;
            }
        }
    }
}

/// A field of one or more rows.
pub(super) fn field(
    name: FieldName,
    rows: &[VizLine],
    found: FoundBy,
    order: DateOrder,
) -> VizField {
    let texts: Vec<String> = rows.iter().map(VizLine::text).collect();
    let text = texts.join(if name == FieldName::Address {
        ", "
    } else {
        " "
    });
    let text = match name {
        FieldName::BirthDate | FieldName::IssueDate => first_date(&text, order),
        _ => text,
    };
    let dates = match name {
        FieldName::ExpiryDate => dates_in(&text, order).pop().unwrap_or_default(),
        FieldName::BirthDate | FieldName::IssueDate => dates_in(&text, order)
            .into_iter()
            .next()
            .unwrap_or_default(),
        _ => Vec::new(),
    };
    let letters = |row: &VizLine| row.text().chars().count() as f32;
    let all: f32 = rows.iter().map(letters).sum();
    let sum: f32 = rows.iter().map(|row| row.confidence * letters(row)).sum();
    let first = rows.first().map_or([[0.0; 2]; 4], |row| row.corners);
    let last = rows.last().map_or(first, |row| row.corners);
    let right = rows.iter().map(VizLine::right).fold(first[1][0], f32::max);
    VizField {
        name,
        text: match name {
            FieldName::Sex => sex_of(&text).map_or(text, |sex| sex.to_string()),
            _ => text,
        },
        dates,
        corners: [first[0], [right, first[1][1]], [right, last[2][1]], last[3]],
        confidence: sum / all.max(1.0),
        found,
        label_confidence: None,
    }
}

/// Of several dates the first alone: what was read with it is another field's.
fn first_date(text: &str, order: DateOrder) -> String {
    if dates_in(text, order).len() < 2 {
        return text.to_owned();
    }
    let words: Vec<&str> = text.split(' ').collect();
    (1..words.len())
        .map(|count| words[..count].join(" "))
        .find(|text| !dates_in(text, order).is_empty())
        .unwrap_or_else(|| text.to_owned())
}

/// The rows of the value that a label names: after it on its line, else below it in its column, else
/// (on the second look) beside it.
fn value(
    parts: &[Part],
    label: &Part,
    name: FieldName,
    order: DateOrder,
    taken: &[VizField],
    beside_too: bool,
) -> Option<Vec<VizLine>> {
    let good = |line: &VizLine| line.confidence >= LEGIBLE && fits(name, &line.text(), order);
    let column = column_of(parts, label);
    if let Some(after) = after(parts, label).filter(|line| good(line)) {
        return Some(vec![after]);
    }
    if let Some(below) = below(parts, label, name, column).filter(|line| good(line)) {
        return Some(with_rows(parts, below, name, column, order));
    }
    if !beside_too {
        return None;
    }
    let claimed = |line: &VizLine| taken.iter().any(|field| overlaps(field, line));
    beside(parts, label, column)
        .filter(|line| good(line) && !claimed(line))
        .map(|line| vec![line])
}

fn overlaps(field: &VizField, line: &VizLine) -> bool {
    let [a, _, c, _] = field.corners;
    let x = f32::midpoint(line.left(), line.right());
    (a[0]..=c[0]).contains(&x) && (a[1]..=c[1]).contains(&line.middle_y())
}

#[cfg(test)]
mod tests {
    use super::super::line::tests::{line, line_of};
    use super::*;
    use FieldName as F;

    fn read(lines: &[VizLine]) -> Vec<VizField> {
        fields(&parts(lines, &Dictionary::new()), DateOrder::Unknown)
    }

    fn text(fields: &[VizField], name: FieldName) -> Option<&str> {
        let field = fields.iter().find(|field| field.name == name)?;
        Some(field.text.as_str())
    }

    #[test]
    fn values_stand_below_their_labels() {
        let fields = read(&[
            line_of("Surname / Nom", 500.0, 100.0, 14.0),
            line("ERIKSSON", 500.0, 118.0),
            line_of("Given names / Prénoms", 500.0, 160.0, 14.0),
            line("ANNA MARIA", 500.0, 178.0),
            line_of("Sex / Sexe", 500.0, 220.0, 14.0),
            line_of("Date of birth", 700.0, 220.0, 14.0),
            line("F", 500.0, 238.0),
            line("12 AUG 1974", 700.0, 238.0),
        ]);
        assert_eq!(text(&fields, F::Surname), Some("ERIKSSON"));
        assert_eq!(text(&fields, F::GivenNames), Some("ANNA MARIA"));
        assert_eq!(text(&fields, F::Sex), Some("F"));
        assert_eq!(text(&fields, F::BirthDate), Some("12 AUG 1974"));
        assert!(fields.iter().all(|field| field.found == FoundBy::Label));
    }

    #[test]
    fn two_values_run_into_one_line_are_parted_where_their_labels_begin() {
        let fields = read(&[
            line_of("Date of issue       Date of expiry", 100.0, 100.0, 14.0),
            line("21 NOV 2024  19 NOV 2034", 100.0, 118.0),
        ]);
        assert_eq!(text(&fields, F::IssueDate), Some("21 NOV 2024"));
        assert_eq!(text(&fields, F::ExpiryDate), Some("19 NOV 2034"));
    }

    #[test]
    fn a_value_may_follow_its_label_or_stand_beside_it() {
        let fields = read(&[
            line("NAME CRITTENDEN, LEE W.", 100.0, 100.0),
            line("SEX M", 100.0, 140.0),
            line("Nationality", 100.0, 180.0),
            line("UTOPIAN", 300.0, 180.0),
        ]);
        assert_eq!(text(&fields, F::FullName), Some("CRITTENDEN, LEE W."));
        assert_eq!(text(&fields, F::Sex), Some("M"));
        assert_eq!(text(&fields, F::Nationality), Some("UTOPIAN"));
    }

    #[test]
    fn a_label_without_value_takes_none_from_the_next() {
        let fields = read(&[
            line("Surname", 100.0, 100.0),
            line("Given names", 100.0, 130.0),
            line("ANNA", 100.0, 160.0),
        ]);
        assert_eq!(text(&fields, F::Surname), None);
        assert_eq!(text(&fields, F::GivenNames), Some("ANNA"));
    }

    #[test]
    fn an_address_takes_several_rows() {
        let fields = read(&[
            line("Address / Adresse", 100.0, 100.0),
            line("12345 KOLN", 100.0, 130.0),
            line("HEIDESTR. 17", 100.0, 160.0),
            line("STADT", 100.0, 240.0),
        ]);
        assert_eq!(text(&fields, F::Address), Some("12345 KOLN, HEIDESTR. 17"));
    }

    #[test]
    fn of_two_dates_read_as_one_value_the_first_is_the_date_of_issue() {
        let fields = read(&[
            line("Date of issue", 100.0, 100.0),
            line("21 NOV 2024 19 NOV 2034", 100.0, 130.0),
        ]);
        assert_eq!(text(&fields, F::IssueDate), Some("21 NOV 2024"));
    }

    #[test]
    fn a_row_below_another_label_is_another_value() {
        let fields = read(&[
            line_of("Nume/Nom/Last name", 100.0, 100.0, 10.0),
            line("SAVA", 100.0, 112.0),
            line_of("Prenume/Prenom", 100.0, 130.0, 10.0),
            line("IOAN", 100.0, 142.0),
        ]);
        assert_eq!(text(&fields, F::Surname), Some("SAVA"));
        assert_eq!(text(&fields, F::GivenNames), Some("IOAN"));
    }

    #[test]
    fn the_page_itself_tells_the_order_of_its_dates() {
        let fields = read(&[
            line("Date of birth", 100.0, 100.0),
            line("05/04/1960", 100.0, 130.0),
            line("Date of expiry", 100.0, 200.0),
            line("15/03/2015", 100.0, 230.0),
        ]);
        let birth = fields
            .iter()
            .find(|field| field.name == F::BirthDate)
            .unwrap();
        assert_eq!(birth.dates.len(), 1);
        assert_eq!((birth.dates[0].month, birth.dates[0].day), (4, 5));
        assert!(!format!("{fields:?}").contains("1960"));
    }
}
