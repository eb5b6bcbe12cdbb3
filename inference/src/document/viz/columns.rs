//! Where the values of a label stand: after it, below it in its column, beside it, and in further rows.

use super::dates::DateOrder;
use super::fields::Part;
use super::labels::{FieldName, Named};
use super::line::{VizLine, VizWord};
use super::values::fits;

/// A value's upper edge lies below its label's middle by at most this many heights of the label.
const BELOW: f32 = 4.5;
/// Rows of one value are at most this far apart, over their height.
const NEXT_ROW: f32 = 1.75;
/// Text read less surely than this is noise: below half, hardly a word of it is right.
pub(super) const LEGIBLE: f32 = 0.5;
/// Rows of one value at most: bounds an address.
const MOST_ROWS: usize = 4;
/// A value beside its label is at most this many heights away.
const BESIDE: f32 = 12.0;

fn same_row(one: &VizLine, two: &VizLine) -> bool {
    let apart = (one.middle_y() - two.middle_y()).abs();
    apart < 0.6 * one.height().min(two.height())
}

/// From where to where values of this label stand: from somewhat left of it to the next label of its
/// row, unless that is a second one of the same field.
pub(super) fn column_of(parts: &[Part], label: &Part) -> [f32; 2] {
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
pub(super) fn after(parts: &[Part], label: &Part) -> Option<VizLine> {
    let index = parts.iter().position(|part| std::ptr::eq(part, label))?;
    let next = parts.get(index + 1).filter(|next| next.label.is_none())?;
    let gap = next.line.left() - label.line.right();
    (same_row(&next.line, &label.line) && (0.0..label.line.height()).contains(&gap))
        .then(|| next.line.clone())
}

/// The words of a part that lie in the column. A part that only reaches into it is another's value.
fn within(line: &VizLine, [left, right]: [f32; 2]) -> Option<VizLine> {
    let inside = |word: &VizWord| {
        (left..right).contains(&word.left) && f32::midpoint(word.left, word.right) < right
    };
    let words: Vec<_> = line
        .words
        .iter()
        .filter(|word| inside(word))
        .cloned()
        .collect();
    let first = line.words.iter().position(inside)?;
    let parted = first.checked_sub(1).is_none_or(|before| {
        line.words[first].left - line.words[before].right > 0.5 * line.height()
    });
    parted.then(|| line.of_words(words)).flatten()
}

/// The nearest row below the label in its column, up to the next label of another field there.
pub(super) fn below(
    parts: &[Part],
    label: &Part,
    name: FieldName,
    column: [f32; 2],
) -> Option<VizLine> {
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
                // What begins beyond the label's end is no value of it: an overprint, or another column.
                let begins = |found: &VizLine| found.left() < line.right() + line.height();
                if let Some(found) = within(&part.line, column).filter(begins) {
                    return Some(found);
                }
            }
        }
    }
    None
}

/// What stands on the label's row to its right.
pub(super) fn beside(parts: &[Part], label: &Part, [_, right]: [f32; 2]) -> Option<VizLine> {
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
pub(super) fn with_rows(
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
            .filter(|row| row.confidence >= LEGIBLE && !labelled_between(parts, last, row))
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

/// Whether a label stands between two rows: the second is then another field's value.
fn labelled_between(parts: &[Part], above: &VizLine, below: &VizLine) -> bool {
    parts
        .iter()
        .filter(|part| part.label.is_some())
        .map(|part| &part.line)
        .any(|label| {
            (above.middle_y()..below.middle_y()).contains(&label.middle_y())
                && label.left() < below.right()
                && label.right() > below.left()
        })
}
