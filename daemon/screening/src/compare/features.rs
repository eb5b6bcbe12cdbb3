//! What of a pairing decides: few numbers, each with a meaning that can be told.

use super::align::{Alignment, Pair};
use super::pair::How;
use crate::names::{Class, Kind, Name, Token};

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
    "short_edits",
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
    let mut short_edits = 0.0;
    let (mut left_over, mut right_over) = (0.0, 0.0);
    let mut numbers = 0.0;
    for pair in &alignment.pairs {
        let meeting = pair.meeting;
        let weight = pair.weight();
        if pair.left.class == Class::Number
            && pair.right.class == Class::Number
            && meeting.how == How::Differs
        {
            numbers += 1.0;
        } else if meeting.how == How::Differs {
            left_over += pair.left.weight;
            right_over += pair.right.weight;
            conflict_edits += meeting.edits.min(4.0) * weight;
        } else {
            edits += meeting.edits * weight;
            evidence += told(pair);
            if pair.left.text.len().max(pair.right.text.len()) <= SHORT {
                short_edits += meeting.edits * weight;
            }
            initials += f32::from(u8::from(meeting.how == How::Initial));
            if weight >= 0.4 && meeting.how != How::Initial {
                worst = worst.max(meeting.apart);
            }
        }
    }
    let weigh = |tokens: &[Token]| tokens.iter().map(|token| token.weight).sum::<f32>();
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
        short_edits.min(3.0),
    ]
}

/// Up to so many letters a token is short: one edit makes another name of it.
const SHORT: usize = 4;

/// What a pair that meets tells: less where one side has no vowels, since a few consonants are many names.
fn told(pair: &Pair) -> f32 {
    let weight = pair.weight() * (1.0 - pair.meeting.apart);
    if pair.left.lacks_vowels == pair.right.lacks_vowels {
        return weight;
    }
    let consonants = |text: &str| {
        text.bytes()
            .filter(|letter| !b"aeiouyw".contains(letter))
            .count()
    };
    weight * (consonants(&pair.left.text) as f32 / 4.0).min(1.0)
}

/// What two people's names must share where one of them has more: two names that tell, or more of common ones.
const ENOUGH_OF_PARTS: f32 = 1.4;
/// What they must share where they differ in spelling alone.
const ENOUGH_OF_ALL: f32 = 1.0;
/// The same of names of one word.
const ENOUGH_OF_ONE: f32 = 0.75;
/// Letters from which on a token tells all that its weight says.
const FULL_LETTERS: f32 = 6.0;

/// What a Korean syllable tells of what its weight says.
const KOREAN_SYLLABLE: f32 = 0.7;

/// What a pair tells of who is meant: less the shorter it is and the further apart.
fn telling(pair: &Pair) -> f32 {
    if pair.meeting.how == How::Initial {
        return 0.0;
    }
    // A Korean syllable is as much of a name as it gets.
    if pair.left.korean && pair.right.korean && matches!(pair.meeting.how, How::Same | How::Variant)
    {
        return told(pair) * KOREAN_SYLLABLE;
    }
    let (one, other) = (pair.left.text.len(), pair.right.text.len());
    let vowels_alike = pair.left.lacks_vowels == pair.right.lacks_vowels;
    let letters = if vowels_alike {
        one.min(other)
    } else {
        one.max(other)
    } as f32;
    told(pair) * (1.0 - pair.meeting.apart) * (letters / FULL_LETTERS).min(1.0)
}

/// Whether names that are not the same share too little to be one person's, although nothing speaks against it: one name of
/// several, two that many bear, or short ones spelt otherwise.
pub fn is_thin(alignment: &Alignment, kind: Kind) -> bool {
    let counts = |token: &Token| !matches!(token.class, Class::Particle | Class::Title);
    let several = alignment.pairs.len() > 1;
    let is_more = |token: &Token| counts(token) || token.class == Class::Title && !several;
    let is_left = alignment
        .left_only
        .iter()
        .chain(&alignment.right_only)
        .any(is_more)
        || alignment
            .pairs
            .iter()
            .any(|pair| pair.meeting.how == How::Differs);
    let met = alignment.pairs.iter().filter(|pair| {
        pair.meeting.how != How::Differs && counts(&pair.left) && counts(&pair.right)
    });
    let told: f32 = met.map(telling).sum();
    match kind {
        Kind::Person if is_left => told < ENOUGH_OF_PARTS,
        Kind::Person if alignment.pairs.len() == 1 => told < ENOUGH_OF_ONE,
        Kind::Person => told < ENOUGH_OF_ALL,
        _ => is_left && told < ENOUGH_OF_PARTS / 2.0,
    }
}
