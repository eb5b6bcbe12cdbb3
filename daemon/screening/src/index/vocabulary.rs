//! Every different token of the lists, kept once, and which of them a token that is asked for may meet.
//!
//! ```text
//! token ─► known spellings ───────────────────────────┐
//!      └─► those of nearly its consonants ─► by letters ─┴─► the names that have them
//! ```

use std::collections::HashMap;

use super::consonants::Consonants;
use crate::compare::pair::{How, nearness};
use crate::names::{Token, spellings};

/// A token of the lists.
#[derive(Debug)]
struct Known {
    token: Token,
    /// Whether it is neighbours put together, wherever it stands.
    joined: bool,
    /// Whether no name has it that is compared with names that have vowels.
    bare: bool,
    /// Names that have it.
    names: Vec<u32>,
}

/// Tokens of the lists by text and by consonants.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    known: Vec<Known>,
    places: HashMap<String, u32>,
    alike: HashMap<Consonants, Vec<u32>>,
}

/// A token further apart is not looked for.
const MOST_APART: f32 = 0.45;
/// The most letters that a token is longer or shorter than one that it may meet; of words without vowels, any that are read.
const LONGER: usize = 3;
const LONGER_BY_VOWELS: usize = 12;

impl Vocabulary {
    /// Adds a token of a name. `bare`: that name is compared with such alone as lack vowels.
    pub(super) fn learn(&mut self, token: Token, joined: bool, bare: bool, name: u32) {
        let place = match self.places.get(&token.text) {
            Some(place) => *place,
            None => {
                let place = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
                self.places.insert(token.text.clone(), place);
                let consonants = Consonants::of(&token.text);
                self.alike.entry(consonants).or_default().push(place);
                self.known.push(Known {
                    token,
                    joined,
                    bare,
                    names: Vec::new(),
                });
                place
            }
        };
        let known = &mut self.known[place as usize];
        known.joined &= joined;
        known.bare &= bare;
        if known.names.last() != Some(&name) {
            known.names.push(name);
        }
    }

    /// Tells each name with a token that `asked` may meet, and what that is worth. `joined`: it is neighbours put together.
    pub(super) fn meets(&self, asked: &Token, joined: bool, mut tell: impl FnMut(u32, f32)) {
        let mut add = |known: &Known, worth: f32| {
            for name in &known.names {
                tell(*name, worth);
            }
        };
        let mut done: Vec<u32> = Vec::new();
        for spelling in spellings(asked) {
            if let Some(place) = self.places.get(spelling)
                && !done.contains(place)
            {
                let known = &self.known[*place as usize];
                done.push(*place);
                add(known, asked.weight.min(known.token.weight));
            }
        }
        for consonants in Consonants::of(&asked.text).near() {
            for place in self.alike.get(&consonants).into_iter().flatten() {
                let known = &self.known[*place as usize];
                if !may_meet(asked, joined, known) || done.contains(place) {
                    continue;
                }
                let meeting = nearness(asked, &known.token);
                if meeting.how != How::Differs && meeting.apart <= MOST_APART {
                    let worth = asked.weight.min(known.token.weight);
                    add(known, worth * (1.0 - meeting.apart));
                }
            }
        }
    }
}

/// Neighbours put together are a whole word spelt alike from its first letter on; two such are met by their parts. What stands in
/// bare names alone is met by what lacks vowels too.
fn may_meet(asked: &Token, joined: bool, known: &Known) -> bool {
    let other = &known.token;
    if joined && known.joined || known.bare && !asked.lacks_vowels {
        return false;
    }
    if (joined || known.joined) && first_letter(&asked.text) != first_letter(&other.text) {
        return false;
    }
    let longer = if asked.lacks_vowels || other.lacks_vowels {
        LONGER_BY_VOWELS
    } else {
        LONGER
    };
    asked.text.len().abs_diff(other.text.len()) <= longer
}

/// Absent where the token begins with none.
fn first_letter(text: &str) -> Option<u8> {
    text.bytes().next().filter(u8::is_ascii_lowercase)
}
