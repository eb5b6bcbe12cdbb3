//! The best pairing of two names' tokens: neighbours put together first, then an assignment (Kuhn and Munkres).

use pathfinding::matrix::Matrix;
use pathfinding::prelude::kuhn_munkres;

use super::edit::edits;
use super::pair::{How, Meeting, meet};
use crate::names::{Class, Name, Token};

/// Two tokens that were put together.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// Of the first name.
    pub left: Token,
    /// Of the second.
    pub right: Token,
    /// How they meet.
    pub meeting: Meeting,
}

impl Pair {
    /// What the pair weighs: what the lighter of the two does.
    pub fn weight(&self) -> f32 {
        self.left.weight.min(self.right.weight)
    }
}

/// Two names put beside each other.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Alignment {
    /// What meets, and what is put against each other since nothing nearer is left ([`How::Differs`]).
    pub pairs: Vec<Pair>,
    /// Of the first name, what meets nothing.
    pub left_only: Vec<Token>,
    /// Of the second.
    pub right_only: Vec<Token>,
}

/// Puts two names beside each other.
pub fn align(left: &Name, right: &Name) -> Alignment {
    let (mut left, mut right) = tokens(left, right);
    let mut joined = Vec::new();
    join(&mut left, &right, &mut joined);
    join(&mut right, &left, &mut joined);
    assign(left, right, &joined)
}

/// The tokens that are compared: where both names are all Han or all Hangul, what was written.
fn tokens(left: &Name, right: &Name) -> (Vec<Token>, Vec<Token>) {
    let syllables = |text: &str| {
        let token = |letter: char| Token::of(letter.to_string(), Class::Word, false);
        text.chars().map(token).collect::<Vec<_>>()
    };
    match (&left.ideographs, &right.ideographs) {
        (Some(one), Some(other)) if same_script(one, other) => (syllables(one), syllables(other)),
        _ => (left.tokens.clone(), right.tokens.clone()),
    }
}

fn same_script(one: &str, other: &str) -> bool {
    let script = |text: &str| text.chars().next().map(crate::names::Script::of);
    script(one) == script(other)
}

/// The most neighbours that are put together.
const NEIGHBOURS: usize = 3;
/// The most letters that a token is longer or shorter than neighbours that give it.
pub(crate) const JOINED_LONGER: usize = 2;
/// Up to this share of its letters a token is what neighbours give together.
pub(crate) const JOINED_APART: f32 = 0.15;

/// Puts neighbours of `parts` together where a token of `wholes` is what they give.
fn join(parts: &mut Vec<Token>, wholes: &[Token], joined: &mut Vec<String>) {
    for whole in wholes.iter().filter(|whole| whole.text.len() >= 4) {
        if parts.iter().any(|part| part.text == whole.text) {
            continue;
        }
        if let Some((start, count)) = neighbours(parts, whole) {
            let text: String = parts[start..start + count]
                .iter()
                .map(|part| part.text.as_str())
                .collect();
            let weight = parts[start..start + count]
                .iter()
                .map(|part| part.weight)
                .fold(0.0, f32::max);
            let lacks_vowels = parts[start].lacks_vowels;
            let mut token = Token::of(text.clone(), whole.class, lacks_vowels);
            token.weight = weight.max(whole.weight);
            joined.push(text);
            parts.splice(start..start + count, [token]);
        }
    }
}

fn neighbours(parts: &[Token], whole: &Token) -> Option<(usize, usize)> {
    let mut best: Option<(f32, usize, usize)> = None;
    for count in 2..=NEIGHBOURS.min(parts.len()) {
        for start in 0..=parts.len() - count {
            let run = &parts[start..start + count];
            let length: usize = run.iter().map(|part| part.text.len()).sum();
            if length.abs_diff(whole.text.len()) > JOINED_LONGER {
                continue;
            }
            if run[0].text.as_bytes().first() != whole.text.as_bytes().first() {
                continue;
            }
            let text: String = run.iter().map(|part| part.text.as_str()).collect();
            let apart = edits(
                &text,
                &whole.text,
                run[0].lacks_vowels != whole.lacks_vowels,
            ) / length as f32;
            // A token that is met by one of them alone is not all of them: `al Bashir` and `Bashir`.
            let alone = |part: &Token| part.text.len() > 2 && meet(part, whole).apart < 0.25;
            if apart > JOINED_APART || run.iter().any(alone) {
                continue;
            }
            if best.is_none_or(|(least, _, _)| apart < least) {
                best = Some((apart, start, count));
            }
        }
    }
    best.map(|(_, start, count)| (start, count))
}

/// Whole numbers for the assignment: a thousandth counts.
const SCALE: f32 = 1000.0;

fn assign(left: Vec<Token>, right: Vec<Token>, joined: &[String]) -> Alignment {
    if left.is_empty() || right.is_empty() {
        return Alignment {
            pairs: Vec::new(),
            left_only: left,
            right_only: right,
        };
    }
    let swapped = left.len() > right.len();
    let (rows, columns) = if swapped {
        (&right, &left)
    } else {
        (&left, &right)
    };
    let meetings: Vec<Vec<Meeting>> = rows
        .iter()
        .map(|row| columns.iter().map(|column| meet(row, column)).collect())
        .collect();
    let worth = |row: usize, column: usize| {
        let meeting = &meetings[row][column];
        let weight = rows[row].weight.min(columns[column].weight);
        let share = if meeting.how == How::Differs {
            0.1
        } else {
            1.0
        };
        (SCALE * weight * share * (1.0 - meeting.apart)).round() as i64
    };
    let matrix = Matrix::from_fn(rows.len(), columns.len(), |(row, column)| {
        worth(row, column)
    });
    let (_, columns_of_rows) = kuhn_munkres(&matrix);
    let mut alignment = Alignment::default();
    let mut taken = vec![false; columns.len()];
    for (row, column) in columns_of_rows.into_iter().enumerate() {
        taken[column] = true;
        let (one, other) = (rows[row].clone(), columns[column].clone());
        let (left, right) = if swapped { (other, one) } else { (one, other) };
        let mut meeting = meetings[row][column];
        // A particle or title that is only like a name is not met by it: both are left over.
        if meeting.how != How::Same && is_light(&left) != is_light(&right) {
            alignment.left_only.push(left);
            alignment.right_only.push(right);
            continue;
        }
        if meeting.how != How::Differs
            && (joined.contains(&left.text) || joined.contains(&right.text))
        {
            meeting.how = How::Joined;
        }
        alignment.pairs.push(Pair {
            left,
            right,
            meeting,
        });
    }
    let rest = columns
        .iter()
        .zip(taken)
        .filter(|(_, taken)| !taken)
        .map(|(token, _)| token.clone());
    if swapped {
        alignment.left_only.extend(rest);
    } else {
        alignment.right_only.extend(rest);
    }
    alignment
}

fn is_light(token: &Token) -> bool {
    matches!(token.class, Class::Particle | Class::Title)
}
