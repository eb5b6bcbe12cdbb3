//! All names of the loaded lists, and which of them may be a name that is asked for.
//!
//! ```text
//! asked name ─► its tokens, and its neighbours put together
//!    each ─► tokens of the lists that it may meet: known spellings, and those whose consonants are nearly the same
//!              ─► the names that have them ─► sum of what was met ─► the best are compared in full
//! ```
//!
//! Every different token of the lists is kept once. A token is looked for among all of them: by counts of eight classes of
//! consonants first (vowels, `h` and doubled letters come and go), then letter by letter.

mod consonants;
mod doubt;
mod vocabulary;

use std::collections::HashMap;

use crate::compare::align::{Alignment, align};
use crate::compare::{Comparison, explained, score};
use crate::entry::{Entry, Standing};
use crate::lists::{List, ListVersion};
use crate::names::{Class, Kind, Name, Token};
use crate::ofac::Written;
use doubt::{DOUBTFUL, Likeness};
use vocabulary::{Kinds, Learnt, Origin, Vocabulary};

/// A name of an entry, taken apart.
#[derive(Debug)]
struct Listed {
    entry: u32,
    standing: Standing,
    name: Name,
    written: Written,
    /// What of it has to be met: without particles and titles.
    telling: f32,
    /// Its vowels are not written, and the entry has a name with vowels beside it.
    bare: bool,
}

/// All names, ready to be asked.
#[derive(Debug)]
pub struct Index {
    versions: Vec<ListVersion>,
    entries: Vec<Entry>,
    listed: Vec<Listed>,
    vocabulary: Vocabulary,
}

/// A name that is asked for, taken apart as a person's and as another's.
#[derive(Debug)]
pub struct Asked {
    person: Name,
    other: Name,
    written: Written,
}

impl Asked {
    /// Takes a name apart.
    pub fn new(text: &str) -> Self {
        Self {
            person: Name::new(text, Kind::Person),
            other: Name::new(text, Kind::Organisation),
            written: Written::new(text),
        }
    }

    fn of(&self, kind: Kind) -> &Name {
        if kind == Kind::Person {
            &self.person
        } else {
            &self.other
        }
    }
}

/// An entry that was met, by its best name.
#[derive(Debug)]
pub struct Met<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// The name by which it was met, as listed.
    pub name: &'a str,
    /// What the list says of that name.
    pub standing: Standing,
    /// How it was met.
    pub comparison: Comparison,
    /// OFAC's own, of the entry's best name by it.
    pub ofac_score: f32,
}

impl Index {
    /// Builds the index of lists.
    pub fn new(lists: Vec<List>) -> Self {
        let mut index = Self {
            versions: Vec::new(),
            entries: Vec::new(),
            listed: Vec::new(),
            vocabulary: Vocabulary::default(),
        };
        for list in lists {
            index.versions.push(list.version);
            for entry in list.entries {
                index.add(entry);
            }
        }
        index.weigh();
        index.vocabulary.settle();
        index
    }

    /// A token that many entries bear tells less: whoever bears it too is more likely somebody else.
    fn weigh(&mut self) {
        let mut bearers: HashMap<String, (u32, u32)> = HashMap::new();
        for listed in &self.listed {
            for token in &listed.name.tokens {
                let (count, last) = bearers.entry(token.text.clone()).or_insert((0, u32::MAX));
                if *last != listed.entry {
                    *count += 1;
                    *last = listed.entry;
                }
            }
        }
        for listed in &mut self.listed {
            for token in &mut listed.name.tokens {
                let count = bearers.get(&token.text).map_or(0, |(count, _)| *count);
                let most = if count >= BORNE_BY_MOST {
                    BORNE_BY_MOST_WEIGHS
                } else {
                    Class::Common.weight()
                };
                if count >= BORNE_BY_MANY {
                    token.weight = token.weight.min(most);
                }
            }
            listed.telling = telling(&listed.name);
        }
    }

    fn add(&mut self, entry: Entry) {
        let number = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        let has_vowels = entry
            .names
            .iter()
            .any(|listed| !lacks_vowels(&Name::new(&listed.text, entry.kind)));
        for listed in &entry.names {
            let name = Name::new(&listed.text, entry.kind);
            if name.tokens.is_empty() {
                continue;
            }
            let place = u32::try_from(self.listed.len()).unwrap_or(u32::MAX);
            let bare = has_vowels && lacks_vowels(&name);
            let origin = Origin {
                entry: number,
                name: place,
                kind: entry.kind,
                bare,
            };
            for learnt in looked_for(&name) {
                self.vocabulary.learn(learnt, origin);
            }
            self.listed.push(Listed {
                entry: number,
                standing: listed.standing,
                telling: telling(&name),
                written: Written::new(&listed.text),
                bare,
                name,
            });
        }
        self.entries.push(entry);
    }

    /// Which lists, of which versions.
    pub fn versions(&self) -> &[ListVersion] {
        &self.versions
    }

    /// All entries.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Names and aliases.
    pub fn names(&self) -> usize {
        self.listed.len()
    }

    /// Entries of `kind` (all where it is unknown) that a name meets with a score of `least` or more, best first.
    pub fn search(&self, asked: &Asked, kind: Kind, least: f32) -> Vec<Met<'_>> {
        let candidates = self.candidates(asked, kind);
        self.best(asked, kind, least, candidates.into_iter())
    }

    /// The same by comparing with every name: what the candidates are measured against.
    pub fn search_all(&self, asked: &Asked, kind: Kind, least: f32) -> Vec<Met<'_>> {
        let all = 0..u32::try_from(self.listed.len()).unwrap_or(u32::MAX);
        self.best(
            asked,
            kind,
            least,
            all.filter(|place| self.is_asked(asked, *place, kind)),
        )
    }

    /// Whether a name is compared: of that kind; and where the asked name has vowels, with vowels if the entry has such a
    /// name. A few consonants are many names.
    fn is_asked(&self, asked: &Asked, place: u32, kind: Kind) -> bool {
        let listed = &self.listed[place as usize];
        (kind == Kind::Unknown || self.entries[listed.entry as usize].kind == kind)
            && (!listed.bare || lacks_vowels(&asked.person))
    }

    fn best(
        &self,
        asked: &Asked,
        kind: Kind,
        least: f32,
        places: impl Iterator<Item = u32>,
    ) -> Vec<Met<'_>> {
        let mut best: HashMap<u32, (f32, u32)> = HashMap::new();
        for place in places {
            let listed = &self.listed[place as usize];
            let score = self.compared(asked, kind, place, least).0;
            if score >= least
                && best
                    .get(&listed.entry)
                    .is_none_or(|(most, _)| score > *most)
            {
                best.insert(listed.entry, (score, place));
            }
        }
        let mut met: Vec<Met<'_>> = best
            .into_values()
            .map(|(_, place)| self.met(asked, kind, place))
            .collect();
        met.sort_by(|one, other| {
            other
                .comparison
                .score
                .total_cmp(&one.comparison.score)
                .then_with(|| one.entry.id.cmp(&other.entry.id))
        });
        met
    }

    /// The score of a name, and how the two were put together. Doubts are looked for from `least` on.
    fn compared(&self, asked: &Asked, kind: Kind, place: u32, least: f32) -> (f32, Alignment) {
        let listed = &self.listed[place as usize];
        let of = self.entries[listed.entry as usize].kind;
        let alignment = align(asked.of(of), &listed.name);
        let score = score(asked.of(of), &listed.name, &alignment, of);
        if score < least || score <= DOUBTFUL || score >= 100.0 {
            return (score, alignment);
        }
        let likeness = Likeness {
            asked: asked.of(of),
            listed: &listed.name,
            alignment: &alignment,
            kind: of,
            standing: listed.standing,
            entry: listed.entry,
            kind_is_asked: kind == of,
        };
        if likeness.is_doubtful(&self.vocabulary) {
            return (DOUBTFUL, alignment);
        }
        (score, alignment)
    }

    fn met(&self, asked: &Asked, kind: Kind, place: u32) -> Met<'_> {
        let listed = &self.listed[place as usize];
        let entry = &self.entries[listed.entry as usize];
        let name = &entry.names;
        let text = name
            .iter()
            .find(|name| Written::new(&name.text) == listed.written)
            .map_or("", |name| name.text.as_str());
        let ofac = name
            .iter()
            .map(|name| asked.written.score(&Written::new(&name.text)))
            .fold(0.0, f32::max);
        let (score, alignment) = self.compared(asked, kind, place, 0.0);
        Met {
            entry,
            name: text,
            standing: listed.standing,
            comparison: explained(score, &alignment),
            ofac_score: ofac,
        }
    }

    fn candidates(&self, asked: &Asked, kind: Kind) -> Vec<u32> {
        let mut sums = vec![0.0_f32; self.listed.len()];
        let mut touched = Vec::new();
        let mut seen: Vec<String> = Vec::new();
        let kinds = Kinds::of(kind);
        let names = if kind == Kind::Person {
            vec![&asked.person]
        } else {
            vec![&asked.person, &asked.other]
        };
        for name in names {
            for Learnt { token, joined } in looked_for(name) {
                if seen.contains(&token.text) {
                    continue;
                }
                self.vocabulary.meets(&token, joined, kinds, |name, worth| {
                    let sum = &mut sums[name as usize];
                    if *sum == 0.0 {
                        touched.push(name);
                    }
                    *sum += worth;
                });
                seen.push(token.text);
            }
        }
        let least_of = |place: u32, kind: Kind| {
            telling(asked.of(kind)).min(self.listed[place as usize].telling)
        };
        let mut found: Vec<(f32, u32)> = touched
            .into_iter()
            .filter(|place| self.is_asked(asked, *place, kind))
            .filter_map(|place| {
                let kind = self.entries[self.listed[place as usize].entry as usize].kind;
                let share = sums[place as usize] / least_of(place, kind).max(0.1);
                (share >= LEAST_SHARE).then_some((share, place))
            })
            .collect();
        found.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
        found.truncate(MOST_CANDIDATES);
        found.into_iter().map(|(_, place)| place).collect()
    }
}

/// Entries from which on a token is one that many bear, and one that most do.
const BORNE_BY_MANY: u32 = 6;
const BORNE_BY_MOST: u32 = 30;
/// What the latter weighs.
const BORNE_BY_MOST_WEIGHS: f32 = 0.5;
/// Of the lighter name's telling weight, what has to be met before two names are compared in full.
const LEAST_SHARE: f32 = 0.55;
/// The most names that are compared in full.
const MOST_CANDIDATES: usize = 300;

fn telling(name: &Name) -> f32 {
    let sum: f32 = name
        .tokens
        .iter()
        .filter(|token| is_telling(token))
        .map(|token| token.weight)
        .sum();
    if sum > 0.0 { sum } else { name.weight() }
}

fn lacks_vowels(name: &Name) -> bool {
    name.tokens.iter().any(|token| token.lacks_vowels)
}

fn is_telling(token: &Token) -> bool {
    !matches!(token.class, Class::Particle | Class::Title | Class::Initial)
}

/// Tokens by which a name is found: those that tell, and two or three neighbours put together.
fn looked_for(name: &Name) -> Vec<Learnt> {
    let single = |token: &Token| Learnt {
        token: token.clone(),
        joined: false,
    };
    let mut tokens: Vec<Learnt> = name
        .tokens
        .iter()
        .filter(|token| is_telling(token))
        .map(single)
        .collect();
    if tokens.is_empty() {
        tokens = name.tokens.iter().map(single).collect();
    }
    for count in 2..=3 {
        for run in name.tokens.windows(count) {
            let text: String = run.iter().map(|token| token.text.as_str()).collect();
            if (4..=20).contains(&text.len()) {
                let weight = run.iter().map(|token| token.weight).fold(0.0, f32::max);
                let mut token = Token::of(text, Class::Word, run[0].lacks_vowels);
                token.weight = weight;
                tokens.push(Learnt {
                    token,
                    joined: true,
                });
            }
        }
    }
    tokens
}
