//! What makes a name that is like a listed one doubtful, by what the lists themselves show: who bears which word.
//!
//! Comparing two names knows nothing of others. An index does: a word that many entries bear tells little of who is meant; one
//! that the lists know as it is asked is a name of its own rather than another one misspelt; an alias of one word is met by
//! that word alone; and a ship or firm that nobody asked for by kind shares two words with what may be a person's name.
//! What is doubtful keeps a score that a date of birth lifts over the shipped threshold, and nothing less. Names that are
//! the same are never doubtful.

use super::vocabulary::Vocabulary;
use crate::compare::align::{Alignment, Pair};
use crate::compare::pair::How;
use crate::entry::Standing;
use crate::names::{Class, Kind, Name, Token};

/// The most that a doubtful name scores: the shipped threshold of 65 is reached by the very date of birth (8 points) alone.
pub(super) const DOUBTFUL: f32 = 58.0;

/// What the rarest word tells ([`Vocabulary::rarity`]): two people's names must share more where either has one that the other
/// lacks.
const ONE_WORD: f32 = 1.0;
/// What they must share where some word is spelt otherwise.
const ENOUGH_OF_ALL: f32 = 0.8;
/// Letters from which on a word that is spelt otherwise tells all that it may.
const FULL_LETTERS: f32 = 6.0;
/// Up to this share of its letters a word that the lists know is still another spelling: `Mousavi`, `Musavi`.
const ANOTHER_SPELLING: f32 = 0.06;

/// A listed name that is like an asked one, and what is known of it.
pub(super) struct Likeness<'a> {
    pub(super) asked: &'a Name,
    pub(super) listed: &'a Name,
    pub(super) alignment: &'a Alignment,
    pub(super) kind: Kind,
    pub(super) standing: Standing,
    /// Number of the entry that the listed name is of.
    pub(super) entry: u32,
    /// Whether entries of that kind alone are asked for.
    pub(super) kind_is_asked: bool,
}

impl Likeness<'_> {
    /// Whether it is doubtful, by what the lists know.
    pub(super) fn is_doubtful(&self, known: &Vocabulary) -> bool {
        if self.standing == Standing::WeakAlias {
            return true;
        }
        match self.kind {
            Kind::Person => {
                is_one_word(self.listed) && !is_one_word(self.asked) || self.tells_little(known)
            }
            _ => !self.kind_is_asked && may_be_a_person(self.asked) && self.shared_words() < 2,
        }
    }

    fn tells_little(&self, known: &Vocabulary) -> bool {
        let mut told = 0.0;
        let mut is_left = self.leaves_any();
        let mut is_spelt_otherwise = false;
        for pair in self.alignment.pairs.iter().filter(tell_both) {
            let is_met = pair.meeting.how != How::Differs && !self.is_another_name(pair, known);
            is_left |= !is_met;
            is_spelt_otherwise |= !is_spelling(pair);
            if is_met && pair.meeting.how != How::Initial {
                told += tells(pair, known);
            }
        }
        match (is_left, is_spelt_otherwise) {
            (true, _) => told <= ONE_WORD,
            (false, true) => told < ENOUGH_OF_ALL,
            // The same words, as others romanise them.
            (false, false) => false,
        }
    }

    /// Whether what is asked is a name of its own that is only like the listed one: somebody else bears it.
    fn is_another_name(&self, pair: &Pair, known: &Vocabulary) -> bool {
        matches!(pair.meeting.how, How::Sound | How::Spelling)
            && !is_spelling(pair)
            && known.is_borne_beside(&pair.left.text, self.entry)
    }

    /// Words that are the same or other spellings.
    fn shared_words(&self) -> usize {
        let pairs = self.alignment.pairs.iter().filter(tell_both);
        pairs.filter(|pair| is_spelling(pair)).count()
    }

    fn leaves_any(&self) -> bool {
        let left = &self.alignment.left_only;
        left.iter()
            .chain(&self.alignment.right_only)
            .any(is_telling)
    }
}

/// What a pair tells: what its rarer reading allows, less the further apart, and the shorter where it is spelt otherwise.
fn tells(pair: &Pair, known: &Vocabulary) -> f32 {
    let (left, right) = (&pair.left.text, &pair.right.text);
    let rare = known.rarity(left).min(known.rarity(right));
    let most = pair.weight().min(rare) * (1.0 - pair.meeting.apart);
    if is_spelling(pair) {
        return most;
    }
    most * (left.len().max(right.len()) as f32 / FULL_LETTERS).min(1.0)
}

/// Whether the two are one word, as it is or as others spell it.
fn is_spelling(pair: &Pair) -> bool {
    pair.meeting.how != How::Differs && pair.meeting.apart <= ANOTHER_SPELLING
}

fn tell_both(pair: &&Pair) -> bool {
    is_telling(&pair.left) && is_telling(&pair.right)
}

fn is_telling(token: &Token) -> bool {
    matches!(
        token.class,
        Class::Word | Class::Common | Class::Number | Class::Initial
    )
}

fn is_one_word(name: &Name) -> bool {
    name.tokens.iter().filter(|token| is_telling(token)).count() == 1
}

/// Small words that make no name of two words of one.
const SMALL_WORDS: [&str; 7] = ["al", "el", "the", "of", "and", "for", "in"];

/// Whether a name may be a person's: of two words or more, none of which is a company's.
fn may_be_a_person(name: &Name) -> bool {
    let is_word =
        |token: &&Token| token.class != Class::Title && !SMALL_WORDS.contains(&token.text.as_str());
    let is_firm = |token: &Token| matches!(token.class, Class::Company | Class::Number);
    name.form.is_none()
        && name.tokens.iter().filter(is_word).count() >= 2
        && !name.tokens.iter().any(is_firm)
}
