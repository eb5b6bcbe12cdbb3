//! What of a pairing decides: few numbers, each with a meaning that can be told.

use super::align::Alignment;
use super::pair::How;
use crate::names::{Class, Kind, Name};

/// Names of the numbers, in order.
pub const NAMES: [&str; COUNT] = [
    "edits",
    "worst_apart",
    "conflict",
    "conflict_edits",
    "extra_share_person",
    "extra_share_other",
    "extra_much",
    "initials",
    "other_form",
    "numbers",
    "evidence",
    "edits_share",
];
/// How many there are.
pub const COUNT: usize = 12;

/// The numbers of one pairing.
pub type Features = [f32; COUNT];

/// Measures a pairing.
pub fn features(left: &Name, right: &Name, alignment: &Alignment, kind: Kind) -> Features {
    let person = kind == Kind::Person;
    let mut edits = 0.0;
    let mut worst: f32 = 0.0;
    let mut conflict_edits = 0.0;
    let mut initials = 0.0;
    let mut evidence = 0.0;
    let mut letters = 0.0;
    let (mut left_over, mut right_over) = (0.0, 0.0);
    let mut numbers = 0.0;
    for pair in &alignment.pairs {
        let meeting = pair.meeting;
        let weight = pair.weight();
        letters += pair.left.text.len().max(pair.right.text.len()) as f32 * weight;
        if pair.left.class == Class::Number && pair.right.class == Class::Number && meeting.how == How::Differs {
            numbers += 1.0;
        } else if meeting.how == How::Differs {
            left_over += pair.left.weight;
            right_over += pair.right.weight;
            conflict_edits += meeting.edits.min(4.0) * weight;
        } else {
            edits += meeting.edits * weight;
            evidence += weight * (1.0 - meeting.apart);
            initials += f32::from(u8::from(meeting.how == How::Initial));
            if weight >= 0.4 && meeting.how != How::Initial {
                worst = worst.max(meeting.apart);
            }
        }
    }
    let weigh = |tokens: &[crate::names::Token]| tokens.iter().map(|token| token.weight).sum::<f32>();
    left_over += weigh(&alignment.left_only);
    right_over += weigh(&alignment.right_only);
    let only = alignment.left_only.iter().chain(&alignment.right_only);
    numbers += only.filter(|token| token.class == Class::Number).count() as f32 * 2.0;
    let whole = left.weight().max(right.weight()).max(0.1);
    let extra = (left_over - right_over).abs() / whole;
    let forms = matches!((left.form, right.form), (Some(one), Some(other)) if one != other);
    [
        edits.min(5.0),
        worst,
        left_over.min(right_over).min(3.0),
        conflict_edits.min(6.0),
        if person { extra } else { 0.0 },
        if person { 0.0 } else { extra },
        (extra - 0.5).max(0.0),
        initials,
        f32::from(u8::from(forms)),
        numbers,
        evidence.min(2.5),
        (edits + conflict_edits) / letters.max(1.0),
    ]
}
