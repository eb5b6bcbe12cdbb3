//! Spellings of one name: nicknames, romanisations of Arabic and Slavic given names, Korean syllables.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::Kind;
use super::tables::{COMMON, KOREAN, KOREAN_FAMILY, VARIANTS};
use super::tokens::{Class, Token};

type Groups = HashMap<&'static str, Vec<u16>>;

static GIVEN: LazyLock<Groups> = LazyLock::new(|| groups(VARIANTS));
static SYLLABLES: LazyLock<Groups> = LazyLock::new(|| groups(KOREAN));

fn groups(table: &[&[&'static str]]) -> Groups {
    let mut groups = Groups::new();
    for (number, names) in table.iter().enumerate() {
        for name in *names {
            groups
                .entry(name)
                .or_default()
                .push(u16::try_from(number).unwrap_or(u16::MAX));
        }
    }
    groups
}

/// The names of which a token may be a spelling; `u16::MAX` where there is none.
pub type Spellings = [u16; 3];

/// Those of a given name.
pub(super) fn given(text: &str) -> Spellings {
    first_of(&GIVEN, text)
}

/// Whether a token is a spelling of a name that many bear.
pub(super) fn is_common(text: &str) -> bool {
    let of = GIVEN.get(text).into_iter().flatten();
    of.filter_map(|group| VARIANTS.get(usize::from(*group)))
        .flat_map(|names| names.iter())
        .any(|name| COMMON.contains(name))
}

fn first_of(groups: &Groups, text: &str) -> Spellings {
    let mut first = [u16::MAX; 3];
    for (place, group) in first.iter_mut().zip(groups.get(text).into_iter().flatten()) {
        *place = *group;
    }
    first
}

/// Whether two tokens are known spellings of one name.
pub fn same_name(one: &Token, other: &Token) -> bool {
    one.korean == other.korean
        && one
            .spellings
            .iter()
            .any(|group| *group != u16::MAX && other.spellings.contains(group))
}

/// Other spellings of a token that an index has to look for.
pub(crate) fn spellings(token: &Token) -> impl Iterator<Item = &'static str> {
    let (groups, table): (&Groups, &[&[&str]]) = if token.korean {
        (&SYLLABLES, KOREAN)
    } else {
        (&GIVEN, VARIANTS)
    };
    let of: Vec<u16> = groups.get(token.text.as_str()).cloned().unwrap_or_default();
    of.into_iter().flat_map(move |group| {
        table
            .get(usize::from(group))
            .into_iter()
            .flat_map(|names| names.iter().copied())
    })
}

/// Marks the syllables of what looks like a Korean name: two to four short tokens, a family name at either end. One
/// token of two syllables (`Jongun`) is left as it is; putting neighbours together meets it.
pub(super) fn mark_korean(tokens: &mut [Token], kind: Kind) {
    let family = |token: Option<&Token>| {
        token.is_some_and(|token| KOREAN_FAMILY.contains(&token.text.as_str()))
    };
    let short = tokens
        .iter()
        .all(|token| token.text.len() <= 6 && token.class != Class::Number);
    let ends = family(tokens.first()) || family(tokens.last());
    if kind == Kind::Organisation || !(2..=4).contains(&tokens.len()) || !short || !ends {
        return;
    }
    let syllables = tokens
        .iter()
        .filter(|token| SYLLABLES.contains_key(token.text.as_str()))
        .count();
    if syllables * 2 < tokens.len() {
        return;
    }
    for token in tokens {
        token.korean = true;
        token.spellings = first_of(&SYLLABLES, &token.text);
        // `O`, `U`, `I` and `An` are names here; a syllable is borne by many.
        token.class = Class::Common;
        token.weight = Class::Common.weight();
    }
}
