//! Spellings of one name: nicknames, romanisations of Arabic and Slavic given names, Korean syllables.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::tables::{KOREAN, KOREAN_FAMILY, VARIANTS};
use super::tokens::{Class, Token};
use super::Kind;

type Groups = HashMap<&'static str, Vec<u16>>;

static GIVEN: LazyLock<Groups> = LazyLock::new(|| groups(VARIANTS));
static SYLLABLES: LazyLock<Groups> = LazyLock::new(|| groups(KOREAN));

fn groups(table: &[&[&'static str]]) -> Groups {
    let mut groups = Groups::new();
    for (number, names) in table.iter().enumerate() {
        for name in *names {
            groups.entry(name).or_default().push(u16::try_from(number).unwrap_or(u16::MAX));
        }
    }
    groups
}

/// Whether two tokens are known spellings of one name.
pub fn same_name(one: &Token, other: &Token) -> bool {
    let share = |groups: &Groups| {
        let (Some(one), Some(other)) = (groups.get(one.text.as_str()), groups.get(other.text.as_str())) else {
            return false;
        };
        one.iter().any(|group| other.contains(group))
    };
    if one.korean || other.korean {
        return one.korean && other.korean && share(&SYLLABLES);
    }
    share(&GIVEN)
}

/// Other spellings of a token that an index has to look for.
pub(crate) fn spellings(token: &Token) -> impl Iterator<Item = &'static str> {
    let (groups, table): (&Groups, &[&[&str]]) = if token.korean {
        (&SYLLABLES, KOREAN)
    } else {
        (&GIVEN, VARIANTS)
    };
    let of: Vec<u16> = groups.get(token.text.as_str()).cloned().unwrap_or_default();
    of.into_iter().flat_map(move |group| table.get(usize::from(group)).into_iter().flat_map(|names| names.iter().copied()))
}

/// Marks the syllables of what looks like a Korean name: two to four short tokens, a family name at either end. One
/// token of two syllables (`Jongun`) is left as it is; putting neighbours together meets it.
pub(super) fn mark_korean(tokens: &mut [Token], kind: Kind) {
    let family = |token: Option<&Token>| token.is_some_and(|token| KOREAN_FAMILY.contains(&token.text.as_str()));
    let short = tokens.iter().all(|token| token.text.len() <= 6 && token.class != Class::Number);
    let ends = family(tokens.first()) || family(tokens.last());
    if kind == Kind::Organisation || !(2..=4).contains(&tokens.len()) || !short || !ends {
        return;
    }
    let syllables = tokens.iter().filter(|token| SYLLABLES.contains_key(token.text.as_str())).count();
    if syllables * 2 < tokens.len() {
        return;
    }
    for token in tokens {
        token.korean = true;
        // `O`, `U`, `I` and `An` are names here; a syllable is borne by many.
        token.class = Class::Common;
        token.weight = Class::Common.weight();
    }
}
