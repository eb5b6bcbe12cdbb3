//! Every different token of the lists, kept once, and which of them a token that is asked for may meet.
//!
//! ```text
//! token ─► known spellings ───────────────────────────┐
//!      └─► those of nearly its consonants ─► by letters ─┴─► the names that have them
//! ```
//!
//! Words that stand by themselves and neighbours put together lie apart: two of the latter never meet, and with one of them
//! both begin with the same letter and are nearly the same, or they would not be put together when names are compared.

use std::collections::HashMap;

use super::consonants::Consonants;
use super::{BORNE_BY_MANY, BORNE_BY_MOST_WEIGHS};
use crate::compare::align::{JOINED_APART, JOINED_LONGER};
use crate::compare::edit::{Letters, Word, letters};
use crate::compare::model::MOST_EDITS;
use crate::compare::pair::{How, SAID_ALIKE, TWO_NAMES, nearness_by};
use crate::compare::sound::Sound;
use crate::names::{Kind, Token, spellings};

/// A token of the lists.
#[derive(Debug)]
struct Known {
    token: Token,
    /// Whether it is neighbours put together, wherever it stands.
    joined: bool,
    /// Whether no name has it that is compared with names that have vowels.
    bare: bool,
    /// What the names that have it are names of.
    kinds: Kinds,
    /// Names that have it.
    names: Vec<u32>,
    /// How many entries bear it, in any spelling that is known.
    bearers: u32,
    /// The last entry of which it was learnt.
    last: u32,
}

/// A set of kinds, a bit for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Kinds(u8);

impl Kinds {
    /// That kind; all where it is unknown.
    pub(super) fn of(kind: Kind) -> Self {
        match kind {
            Kind::Person => Self(1),
            Kind::Organisation => Self(2),
            Kind::Vessel => Self(4),
            Kind::Unknown => Self(u8::MAX),
        }
    }

    fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// What a bucket says of a token, so that most are passed over without a look at them.
#[derive(Debug, Clone, Copy)]
struct Slot {
    sound: Sound,
    place: u32,
    /// A bit for each letter of the alphabet.
    letters: u32,
    /// The least that it weighs in a name.
    weight: f32,
    length: u8,
    kinds: Kinds,
    bare: bool,
    lacks_vowels: bool,
}

/// Tokens of the lists by text and by consonants. Ready to be asked once it is settled.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    known: Vec<Known>,
    places: HashMap<String, u32>,
    /// Words that stand by themselves somewhere.
    words: HashMap<Consonants, Vec<Slot>>,
    /// The same by their first letter too.
    beginnings: HashMap<(Consonants, u8), Vec<Slot>>,
    /// Neighbours put together.
    joined: HashMap<(Consonants, u8), Vec<Slot>>,
}

/// A token further apart is not looked for.
const MOST_APART: f32 = 0.45;
/// The most letters that a token is longer or shorter than one that it may meet; of words without vowels, any that are read.
const LONGER: usize = 3;
const LONGER_BY_VOWELS: usize = 12;

/// A token by which a name is found, and whether it is neighbours put together.
pub(super) struct Learnt {
    pub(super) token: Token,
    pub(super) joined: bool,
}

/// The name that a token is of.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    pub(super) entry: u32,
    pub(super) name: u32,
    pub(super) kind: Kind,
    /// It is compared with such names alone as lack vowels.
    pub(super) bare: bool,
}

/// Bearers from which on a word tells as little as it may.
const EVERYBODY: f32 = 1000.0;
/// What a word tells at least.
const LEAST_RARE: f32 = 0.1;

impl Vocabulary {
    /// Adds a token of a name.
    pub(super) fn learn(&mut self, learnt: Learnt, of: Origin) {
        let Learnt { token, joined } = learnt;
        let place = match self.places.get(&token.text) {
            Some(place) => *place,
            None => {
                let place = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
                self.places.insert(token.text.clone(), place);
                self.known.push(Known {
                    token,
                    joined,
                    bare: of.bare,
                    kinds: Kinds::default(),
                    names: Vec::new(),
                    bearers: 0,
                    last: u32::MAX,
                });
                place
            }
        };
        let known = &mut self.known[place as usize];
        known.joined &= joined;
        known.bare &= of.bare;
        known.kinds.0 |= Kinds::of(of.kind).0;
        if known.names.last() != Some(&of.name) {
            known.names.push(of.name);
        }
        if known.last != of.entry {
            known.last = of.entry;
            known.bearers += 1;
        }
    }

    /// Sorts what was learnt into its buckets.
    pub(super) fn settle(&mut self) {
        self.count_spellings();
        for (place, known) in (0..).zip(&self.known) {
            let text = &known.token.text;
            let slot = Slot {
                sound: known.token.sound,
                place,
                letters: letters(text),
                weight: known.token.weight.min(if known.bearers < BORNE_BY_MANY {
                    1.0
                } else {
                    BORNE_BY_MOST_WEIGHS
                }),
                length: u8::try_from(text.len()).unwrap_or(u8::MAX),
                kinds: known.kinds,
                bare: known.bare,
                lacks_vowels: known.token.lacks_vowels,
            };
            let consonants = Consonants::of(text);
            let first = (consonants, first_letter(text));
            if known.joined {
                self.joined.entry(first).or_default().push(slot);
            } else {
                self.words.entry(consonants).or_default().push(slot);
                self.beginnings.entry(first).or_default().push(slot);
            }
        }
    }

    /// The word, where a name of the lists has it by itself.
    fn word(&self, text: &str) -> Option<&Known> {
        let place = self.places.get(text)?;
        Some(&self.known[*place as usize]).filter(|known| !known.joined)
    }

    /// Whether an entry other than that one has the word by itself in a name.
    pub(super) fn is_borne_beside(&self, text: &str, entry: u32) -> bool {
        self.word(text)
            .is_some_and(|known| known.bearers > 1 || known.last != entry)
    }

    /// How much a word tells of who is meant, 0 to 1: 1 of a word that one entry bears or none, 0.74 of six, 0.51 of thirty.
    pub(super) fn rarity(&self, text: &str) -> f32 {
        let bearers = self.word(text).map_or(1, |known| known.bearers.max(1));
        let share = (bearers as f32).ln() / EVERYBODY.ln();
        (1.0 - share).max(LEAST_RARE)
    }

    /// Gives each spelling of a name the bearers of all its spellings.
    fn count_spellings(&mut self) {
        let counts: Vec<u32> = self
            .known
            .iter()
            .map(|known| {
                let others = spellings(&known.token).filter(|text| *text != known.token.text);
                let of = others.filter_map(|text| self.word(text));
                known.bearers + of.map(|other| other.bearers).sum::<u32>()
            })
            .collect();
        for (known, count) in self.known.iter_mut().zip(counts) {
            known.bearers = count;
        }
    }

    /// Tells each name of those kinds with a token that `asked` may meet, and what that is worth. `joined`: it is neighbours
    /// put together.
    pub(super) fn meets(
        &self,
        asked: &Token,
        joined: bool,
        kinds: Kinds,
        mut tell: impl FnMut(u32, f32),
    ) {
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
        let seeker = Seeker::new(asked);
        let mut meet = |slots: Option<&Vec<Slot>>, wholes: bool| {
            for slot in slots.into_iter().flatten() {
                let limit = seeker.limit(slot, wholes);
                if !slot.kinds.meets(kinds)
                    || !seeker.may_meet(slot, wholes, limit)
                    || done.contains(&slot.place)
                {
                    continue;
                }
                let known = &self.known[slot.place as usize];
                if let Some(apart) = seeker.apart(&known.token, limit) {
                    add(known, asked.weight.min(known.token.weight) * (1.0 - apart));
                }
            }
        };
        let first = first_letter(&asked.text);
        for consonants in Consonants::of(&asked.text).near() {
            if joined {
                // Two that are put together are met by their parts.
                meet(self.beginnings.get(&(consonants, first)), true);
            } else {
                meet(self.words.get(&consonants), false);
                meet(self.joined.get(&(consonants, first)), true);
            }
        }
    }
}

/// A token that is asked for, made ready to be put beside many.
struct Seeker<'a> {
    token: &'a Token,
    word: Word<'a>,
    letters: Letters,
}

impl<'a> Seeker<'a> {
    fn new(token: &'a Token) -> Self {
        Self {
            token,
            word: Word::new(&token.text, false),
            letters: Letters::of(&token.text),
        }
    }

    /// The most edits by which the two meet in a name that comes near the asked one. `joined`: one of the two is neighbours
    /// put together, which meet what they nearly spell.
    fn limit(&self, slot: &Slot, joined: bool) -> f32 {
        let longer = self.token.text.len().max(usize::from(slot.length)) as f32;
        if joined {
            return longer * JOINED_APART;
        }
        let weight = self.token.weight.min(slot.weight).max(0.1);
        let (share, said) = if self.token.sound.meets(slot.sound) {
            (TWO_NAMES, SAID_ALIKE)
        } else {
            (MOST_APART, 1.0)
        };
        (longer * share).min(MOST_EDITS / (weight * said))
    }

    /// By length and letters alone. What stands in bare names alone is met by what lacks vowels too.
    fn may_meet(&self, slot: &Slot, joined: bool, limit: f32) -> bool {
        if slot.bare && !self.token.lacks_vowels {
            return false;
        }
        let longer = if joined {
            JOINED_LONGER
        } else if self.token.lacks_vowels || slot.lacks_vowels {
            LONGER_BY_VOWELS
        } else {
            LONGER
        };
        let written_alike = self.token.lacks_vowels == slot.lacks_vowels;
        self.token.text.len().abs_diff(usize::from(slot.length)) <= longer
            && (!written_alike || self.letters.least_edits(slot.letters) <= limit)
    }

    /// How far apart the two are; absent where they don't meet.
    fn apart(&self, other: &Token, limit: f32) -> Option<f32> {
        let vowels_free = self.token.lacks_vowels != other.lacks_vowels;
        let meeting = nearness_by(self.token, other, || {
            let against = Word::new(&other.text, vowels_free);
            let edits = if vowels_free {
                Word::new(&self.token.text, true).edits_to(&against, limit)
            } else {
                self.word.edits_to(&against, limit)
            };
            // Beyond the limit it is not told exactly, and is out of the question.
            if edits > limit { f32::MAX } else { edits }
        });
        (meeting.how != How::Differs && meeting.apart <= MOST_APART).then_some(meeting.apart)
    }
}

/// Zero where the token begins with none.
fn first_letter(text: &str) -> u8 {
    text.bytes()
        .next()
        .filter(u8::is_ascii_lowercase)
        .unwrap_or_default()
}
