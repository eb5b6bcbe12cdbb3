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

use super::dates::{DateOrder, VizDate, dates_in, order_told};
use super::labels::{Dictionary, FieldName, Label, Named};
use super::line::VizLine;
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

/// A value's upper edge lies below its label's middle by at most this many heights of the label.
const BELOW: f32 = 4.5;
/// Rows of one value are at most this far apart, over their height.
const NEXT_ROW: f32 = 1.75;
/// Rows of one value at most: bounds an address.
const MOST_ROWS: usize = 4;
/// A value beside its label is at most this many heights away.
const BESIDE: f32 = 12.0;

/// A line's part with the label that it was known for.
pub(super) struct Part {
    pub line: VizLine,
    pub label: Option<Label>,
}

/// Lines parted into columns, and labels from the values that follow them on their line.
pub(super) fn parts(lines: &[VizLine], dictionary: &Dictionary) -> Vec<Part> {
    let mut parts = Vec::new();
    for column in lines.iter().flat_map(VizLine::columns) {
        let label = dictionary.label(&column);
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
                fields.push(field(name, &value, FoundBy::Label, order));
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
    }
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
    let good = |line: &VizLine| fits(name, &line.text(), order);
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

fn same_row(one: &VizLine, two: &VizLine) -> bool {
    let apart = (one.middle_y() - two.middle_y()).abs();
    apart < 0.6 * one.height().min(two.height())
}

/// From where to where values of this label stand: from somewhat left of it to the next label of its
/// row, unless that is a second one of the same field.
fn column_of(parts: &[Part], label: &Part) -> [f32; 2] {
    let line = &label.line;
    let named = label.label.map(|label| label.named);
    let next = parts
        .iter()
        .filter(|part| part.label.is_some() && part.label.map(|label| label.named) != named)
        .filter(|part| same_row(&part.line, line) && part.line.left() > line.right())
        .map(|part| part.line.left() - 0.5 * part.line.height())
        .fold(f32::INFINITY, f32::min);
    [line.left() - 1.2 * line.height(), next]
}

/// What follows the label without a column's distance.
fn after(parts: &[Part], label: &Part) -> Option<VizLine> {
    let index = parts.iter().position(|part| std::ptr::eq(part, label))?;
    let next = parts.get(index + 1).filter(|next| next.label.is_none())?;
    let gap = next.line.left() - label.line.right();
    (same_row(&next.line, &label.line) && (0.0..label.line.height()).contains(&gap))
        .then(|| next.line.clone())
}

/// The words of a part that lie in the column. A part that only reaches into it is another's value.
fn within(line: &VizLine, [left, right]: [f32; 2]) -> Option<VizLine> {
    let inside = |word: &super::line::VizWord| {
        (left..right).contains(&word.left) && f32::midpoint(word.left, word.right) < right
    };
    let words: Vec<_> = line
        .words
        .iter()
        .filter(|word| inside(word))
        .cloned()
        .collect();
    let first = line.words.iter().position(|word| inside(word))?;
    let parted = first.checked_sub(1).is_none_or(|before| {
        line.words[first].left - line.words[before].right > 0.5 * line.height()
    });
    parted.then(|| line.of_words(words)).flatten()
}

/// The nearest row below the label in its column, up to the next label of another field there.
fn below(parts: &[Part], label: &Part, name: FieldName, column: [f32; 2]) -> Option<VizLine> {
    let line = &label.line;
    let reach = line.middle_y() + 0.4 * line.height()..line.middle_y() + BELOW * line.height();
    let mut rows: Vec<(f32, &Part)> = parts
        .iter()
        .map(|part| (part.line.middle_y(), part))
        .filter(|(y, _)| reach.contains(y))
        .collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (_, part) in rows {
        match part.label {
            Some(other) => {
                let over = part.line.left() < line.right() && part.line.right() > column[0];
                if over && other.named != Named::Field(name) {
                    return None;
                }
            }
            None => {
                if let Some(found) = within(&part.line, column) {
                    return Some(found);
                }
            }
        }
    }
    None
}

/// What stands on the label's row to its right.
fn beside(parts: &[Part], label: &Part, [_, right]: [f32; 2]) -> Option<VizLine> {
    let line = &label.line;
    let far = line.right() + BESIDE * line.height();
    parts
        .iter()
        .filter(|part| part.label.is_none() && same_row(&part.line, line))
        .filter(|part| (line.right()..far.min(right)).contains(&part.line.left()))
        .min_by(|a, b| a.line.left().total_cmp(&b.line.left()))
        .map(|part| part.line.clone())
}

/// The first row with those that continue it: names and addresses may take several.
fn with_rows(
    parts: &[Part],
    first: VizLine,
    name: FieldName,
    column: [f32; 2],
    order: DateOrder,
) -> Vec<VizLine> {
    let mut rows = vec![first];
    let several = matches!(
        name,
        FieldName::Surname | FieldName::GivenNames | FieldName::FullName | FieldName::Address
    );
    while several && rows.len() < MOST_ROWS {
        let Some(last) = rows.last() else { break };
        let next = parts
            .iter()
            .filter(|part| part.label.is_none())
            .filter_map(|part| within(&part.line, column))
            .filter(|row| continues(last, row) && fits(name, &row.text(), order))
            .min_by(|a, b| a.middle_y().total_cmp(&b.middle_y()));
        match next {
            Some(row) => rows.push(row),
            None => break,
        }
    }
    rows
}

/// Whether a row is the next of the same value: close below, begun at the same place, as high.
fn continues(last: &VizLine, row: &VizLine) -> bool {
    let height = last.height();
    let down = row.middle_y() - last.middle_y();
    (0.6 * height..NEXT_ROW * height).contains(&down)
        && (row.left() - last.left()).abs() < height
        && (0.75..1.33).contains(&(row.height() / height.max(1.0)))
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
