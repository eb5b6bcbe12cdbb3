//! Two names: which token meets which, how, and how likely both are one name.

pub mod align;
pub mod edit;
pub mod features;
pub mod model;
pub mod pair;
pub mod sound;

use serde::Serialize;

use crate::names::{Class, Kind, Name};
use align::{Alignment, align};
use features::{features, is_thin};
pub use pair::How;

/// A score with what it stands on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// 0 to 100; 100 only where every telling token meets its like.
    pub score: f32,
    /// Which token met which, in the order of the asked name.
    pub tokens: Vec<TokenPair>,
    /// Tokens of the asked name that met none.
    pub unmatched_query: Vec<String>,
    /// Tokens of the listed name that met none.
    pub unmatched_entry: Vec<String>,
}

/// One line of the explanation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TokenPair {
    /// Of the asked name.
    pub query: String,
    /// Of the listed name.
    pub entry: String,
    /// How they met.
    pub how: How,
    /// 0 to 1, 1 the same.
    pub similarity: f32,
    /// What the pair weighs, 0 to 1.
    pub weight: f32,
}

/// Compares two names, both taken apart as of `kind`.
pub fn compare(query: &Name, entry: &Name, kind: Kind) -> Comparison {
    let alignment = align(query, entry);
    let score = score(query, entry, &alignment, kind);
    explained(score, &alignment)
}

/// The score alone.
pub fn score_of(query: &Name, entry: &Name, kind: Kind) -> f32 {
    score(query, entry, &align(query, entry), kind)
}

/// What is left of a score that stands on too little ([`is_thin`]).
pub const THIN: f32 = 0.5;
/// Below 100 whatever the model says, where anything differs.
const MOST_UNEQUAL: f32 = 99.0;

/// The score of two names that are put beside each other.
pub(crate) fn score(query: &Name, entry: &Name, alignment: &Alignment, kind: Kind) -> f32 {
    if nothing_tells(query) || nothing_tells(entry) {
        return if query.key() == entry.key() {
            100.0
        } else {
            0.0
        };
    }
    if is_same(query, entry, alignment) {
        return 100.0;
    }
    let likelihood = model::likelihood(&features(query, entry, alignment, kind));
    let share = if is_thin(alignment, kind) { THIN } else { 1.0 };
    (likelihood * share * 100.0).min(MOST_UNEQUAL)
}

/// Whether a name has company words, particles, numbers and the like only: `CORP` is everybody.
fn nothing_tells(name: &Name) -> bool {
    name.ideographs.is_none()
        && name.tokens.iter().all(|token| {
            matches!(
                token.class,
                Class::Company | Class::Particle | Class::Title | Class::Number | Class::Initial
            )
        })
}

fn is_same(query: &Name, entry: &Name, alignment: &Alignment) -> bool {
    // `Sheikh` is a family name too: a title more or less is nothing only where two names meet.
    let several = alignment.pairs.len() > 1;
    let light = |tokens: &[crate::names::Token]| {
        tokens.iter().all(|token| match token.class {
            Class::Particle => true,
            Class::Title => several,
            _ => false,
        })
    };
    let forms = query.form.is_none() || entry.form.is_none() || query.form == entry.form;
    forms
        && light(&alignment.left_only)
        && light(&alignment.right_only)
        && alignment.pairs.iter().all(|pair| {
            pair.meeting.how == How::Same
                || pair.meeting.how == How::Joined && pair.meeting.edits == 0.0
        })
}

/// What a score stands on.
pub(crate) fn explained(score: f32, alignment: &Alignment) -> Comparison {
    let mut tokens = Vec::new();
    let (mut unmatched_query, mut unmatched_entry) = (Vec::new(), Vec::new());
    for pair in &alignment.pairs {
        if pair.meeting.how == How::Differs {
            unmatched_query.push(pair.left.text.clone());
            unmatched_entry.push(pair.right.text.clone());
            continue;
        }
        tokens.push(TokenPair {
            query: pair.left.text.clone(),
            entry: pair.right.text.clone(),
            how: pair.meeting.how,
            similarity: hundredths(1.0 - pair.meeting.apart),
            weight: hundredths(pair.weight()),
        });
    }
    unmatched_query.extend(alignment.left_only.iter().map(|token| token.text.clone()));
    unmatched_entry.extend(alignment.right_only.iter().map(|token| token.text.clone()));
    Comparison {
        score: hundredths(score),
        tokens,
        unmatched_query,
        unmatched_entry,
    }
}

pub(crate) fn hundredths(value: f32) -> f32 {
    (value * 100.0).round() / 100.0
}
