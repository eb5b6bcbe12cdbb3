//! One token against one: how they meet, and how far apart they are.

use serde::Serialize;

use super::edit::edits;
use crate::names::{Class, Token, same_name};

/// How two tokens meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Letter by letter.
    Same,
    /// Known spellings or short forms of one name.
    Variant,
    /// A letter, and a name that begins with it.
    Initial,
    /// Several neighbours of the one are the other: `Jong un`, `Jongun`.
    Joined,
    /// Spelt otherwise, and said alike.
    Sound,
    /// Spelt otherwise.
    Spelling,
    /// Put against each other, since nothing nearer is left; they are two names.
    Differs,
}

/// Two tokens that were put together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Meeting {
    /// How they meet.
    pub how: How,
    /// What turns one into the other, in edits.
    pub edits: f32,
    /// The same as a share of the longer one: 0 the same, 1 nothing in common.
    pub apart: f32,
}

/// What an edit counts between tokens that are said alike.
pub(crate) const SAID_ALIKE: f32 = 0.6;
/// Above this share of a token's letters two tokens are two names.
pub const TWO_NAMES: f32 = 0.5;

/// Compares two tokens.
pub fn meet(one: &Token, other: &Token) -> Meeting {
    let meeting = nearness(one, other);
    if matches!(meeting.how, How::Sound | How::Spelling) && are_two_names(one, other) {
        return Meeting {
            how: How::Differs,
            ..meeting
        };
    }
    meeting
}

/// Whether both are known, and not as one name: another Korean syllable is another name, and `Hasan` is not `Huseyin`,
/// however near they are spelt.
fn are_two_names(one: &Token, other: &Token) -> bool {
    let is_known = |token: &Token| token.spellings[0] != u16::MAX;
    one.korean == other.korean && (one.korean || is_known(one) && is_known(other))
}

/// The same by letters and sound, whatever names they are.
fn nearness(one: &Token, other: &Token) -> Meeting {
    nearness_by(one, other, || {
        edits(
            &one.text,
            &other.text,
            one.lacks_vowels != other.lacks_vowels,
        )
    })
}

/// The same with edits that are counted elsewhere: by an index, for one token against many.
pub(crate) fn nearness_by(one: &Token, other: &Token, edits: impl FnOnce() -> f32) -> Meeting {
    if one.text == other.text {
        return Meeting {
            how: How::Same,
            edits: 0.0,
            apart: 0.0,
        };
    }
    if one.class == Class::Number || other.class == Class::Number {
        return Meeting {
            how: How::Differs,
            edits: 1.0,
            apart: 1.0,
        };
    }
    if same_name(one, other) {
        return Meeting {
            how: How::Variant,
            edits: 0.15,
            apart: 0.04,
        };
    }
    if let Some(meeting) = initial(one, other).or_else(|| initial(other, one)) {
        return meeting;
    }
    let cost = edits();
    let longer = if one.lacks_vowels == other.lacks_vowels {
        one.text.len().max(other.text.len())
    } else {
        one.text.len().min(other.text.len()).max(2)
    } as f32;
    if one.sound.meets(other.sound) && cost / longer <= TWO_NAMES {
        let edits = cost * SAID_ALIKE;
        return Meeting {
            how: How::Sound,
            edits,
            apart: edits / longer,
        };
    }
    let apart = (cost / longer).min(1.0);
    let how = if apart > TWO_NAMES {
        How::Differs
    } else {
        How::Spelling
    };
    Meeting {
        how,
        edits: cost,
        apart,
    }
}

/// `N` and `Nursultan`. Two different letters are two names.
fn initial(letter: &Token, name: &Token) -> Option<Meeting> {
    if letter.class != Class::Initial || name.class == Class::Particle && name.text.len() > 1 {
        return None;
    }
    let meets = name.text.len() > 1 && name.text.starts_with(&letter.text);
    Some(if meets {
        Meeting {
            how: How::Initial,
            edits: 0.5,
            apart: 0.3,
        }
    } else {
        Meeting {
            how: How::Differs,
            edits: 1.0,
            apart: 1.0,
        }
    })
}
