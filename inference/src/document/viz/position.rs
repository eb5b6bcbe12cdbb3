//! Fields whose labels were not read, by where ICAO 9303-4 and 9303-5 put their zones: the number at the
//! upper right, names above the other personal data, and dates in the order of a life.

use super::dates::{DateOrder, VizDate, dates_in};
use super::fields::{FoundBy, Part, VizField, field};
use super::labels::FieldName;
use super::line::VizLine;
use super::values::{is_name, is_number, sex_of};

/// Text read less surely than this is not taken for a field by its place alone.
const LEGIBLE: f32 = 0.8;

/// Adds what can be told by position alone to what labels gave.
pub(super) fn complete(fields: &mut Vec<VizField>, parts: &[Part], order: DateOrder) {
    let free: Vec<&VizLine> = parts
        .iter()
        .filter(|part| part.label.is_none())
        .map(|part| &part.line)
        .filter(|line| line.confidence >= LEGIBLE)
        .filter(|line| !fields.iter().any(|field| holds(field, line)))
        .collect();
    let mut found = Vec::new();
    found.extend(number(&free, parts, order));
    found.extend(dates(&free, fields, order));
    found.extend(sex(&free));
    for (name, line) in found {
        if !fields.iter().any(|field| field.name == name) {
            fields.push(field(
                name,
                std::slice::from_ref(line),
                FoundBy::Position,
                order,
            ));
        }
    }
    names(fields, &free, order);
}

fn holds(field: &VizField, line: &VizLine) -> bool {
    let [a, _, c, _] = field.corners;
    let middle = f32::midpoint(line.left(), line.right());
    (a[0]..=c[0]).contains(&middle) && (a[1]..=c[1]).contains(&line.middle_y())
}

/// The only number in the upper right quarter of the text.
fn number<'a>(
    free: &[&'a VizLine],
    parts: &[Part],
    order: DateOrder,
) -> Option<(FieldName, &'a VizLine)> {
    let (left, right, top, bottom) = frame(parts)?;
    let (x, y) = (f32::midpoint(left, right), top + (bottom - top) / 3.0);
    let mut numbers = free
        .iter()
        .filter(|line| line.left() > x && line.middle_y() < y && is_number(&line.text(), order));
    let first = *numbers.next()?;
    numbers
        .next()
        .is_none()
        .then_some((FieldName::DocumentNumber, first))
}

/// Left, right, top and bottom of all text.
fn frame(parts: &[Part]) -> Option<(f32, f32, f32, f32)> {
    let span = |value: fn(&VizLine) -> f32| {
        let values = parts.iter().map(|part| value(&part.line));
        let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
        for value in values {
            (low, high) = (low.min(value), high.max(value));
        }
        (low, high)
    };
    let ((left, _), (_, right)) = (span(VizLine::left), span(VizLine::right));
    let (top, bottom) = span(VizLine::middle_y);
    (!parts.is_empty()).then_some((left, right, top, bottom))
}

/// Three whole dates without any label: birth, issue and expiry in the order of time.
fn dates<'a>(
    free: &[&'a VizLine],
    fields: &[VizField],
    order: DateOrder,
) -> Vec<(FieldName, &'a VizLine)> {
    const IN_TIME: [FieldName; 3] = [
        FieldName::BirthDate,
        FieldName::IssueDate,
        FieldName::ExpiryDate,
    ];
    if fields.iter().any(|field| IN_TIME.contains(&field.name)) {
        return Vec::new();
    }
    let mut dated: Vec<(VizDate, &VizLine)> = free
        .iter()
        .filter_map(|line| {
            let dates = dates_in(&line.text(), order);
            let [only] = dates.as_slice() else {
                return None;
            };
            let [reading] = only.as_slice() else {
                return None;
            };
            reading.century_known.then_some((*reading, *line))
        })
        .collect();
    dated.sort_by_key(|(date, _)| (date.year, date.month, date.day));
    let [a, b, c] = dated.as_slice() else {
        return Vec::new();
    };
    if a.0 == b.0 || b.0 == c.0 {
        return Vec::new();
    }
    IN_TIME.into_iter().zip([a.1, b.1, c.1]).collect()
}

/// The only text of the page that states a sex and nothing else.
fn sex<'a>(free: &[&'a VizLine]) -> Option<(FieldName, &'a VizLine)> {
    let stated = |line: &VizLine| {
        let text = line.text();
        // One letter may be the document's type as well.
        text.contains('/') && text.chars().count() <= 5 && sex_of(&text).is_some()
    };
    let mut lines = free.iter().filter(|line| stated(line));
    let first = *lines.next()?;
    lines.next().is_none().then_some((FieldName::Sex, first))
}

/// Two rows of capitals at one left edge, above everything else that begins there, below the number:
/// surname and given names.
fn names(fields: &mut Vec<VizField>, free: &[&VizLine], order: DateOrder) {
    let named = |field: &VizField| {
        matches!(
            field.name,
            FieldName::Surname | FieldName::GivenNames | FieldName::FullName
        )
    };
    if fields.iter().any(named) {
        return;
    }
    let Some(number) = fields
        .iter()
        .find(|field| field.name == FieldName::DocumentNumber)
        .map(|field| field.corners[3][1])
    else {
        return;
    };
    let Some(first_date) = fields
        .iter()
        .filter(|field| !field.dates.is_empty())
        .map(|field| field.corners[0][1])
        .min_by(f32::total_cmp)
    else {
        return;
    };
    let capitals = |line: &VizLine| {
        let text = line.text();
        is_name(&text, order) && text.chars().count() >= 2 && !text.chars().any(char::is_lowercase)
    };
    let mut rows: Vec<&VizLine> = free
        .iter()
        .copied()
        .filter(|line| (number..first_date).contains(&line.middle_y()) && capitals(line))
        .collect();
    rows.sort_by(|a, b| a.middle_y().total_cmp(&b.middle_y()));
    if let [surname, given, ..] = rows.as_slice()
        && (surname.left() - given.left()).abs() < surname.height()
    {
        for (name, line) in [
            (FieldName::Surname, *surname),
            (FieldName::GivenNames, *given),
        ] {
            fields.push(field(
                name,
                std::slice::from_ref(line),
                FoundBy::Position,
                order,
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields::{fields, parts};
    use super::super::labels::Dictionary;
    use super::super::line::tests::line;
    use super::*;

    #[test]
    fn without_any_label_zones_and_the_order_of_time_tell_the_fields() {
        let lines = [
            line("L898902C3", 800.0, 20.0),
            line("ERIKSSON", 300.0, 60.0),
            line("ANNA MARIA", 300.0, 110.0),
            line("UTOPIAN", 300.0, 160.0),
            line("12 AUG 1974", 300.0, 210.0),
            line("N/F", 300.0, 260.0),
            line("21 NOV 2024", 300.0, 310.0),
            line("19 NOV 2034", 300.0, 360.0),
        ];
        let found = fields(&parts(&lines, &Dictionary::new()), DateOrder::Unknown);
        let texts: Vec<(FieldName, &str)> = found
            .iter()
            .map(|field| (field.name, field.text.as_str()))
            .collect();
        use FieldName as F;
        assert_eq!(
            texts,
            [
                (F::Surname, "ERIKSSON"),
                (F::GivenNames, "ANNA MARIA"),
                (F::DocumentNumber, "L898902C3"),
                (F::BirthDate, "12 AUG 1974"),
                (F::Sex, "F"),
                (F::IssueDate, "21 NOV 2024"),
                (F::ExpiryDate, "19 NOV 2034"),
            ]
        );
        assert!(found.iter().all(|field| field.found == FoundBy::Position));
    }

    #[test]
    fn what_position_leaves_open_is_not_told() {
        let lines = [
            line("12 AUG 1974", 300.0, 210.0),
            line("19 NOV 2034", 300.0, 260.0),
        ];
        assert!(fields(&parts(&lines, &Dictionary::new()), DateOrder::Unknown).is_empty());
    }
}
