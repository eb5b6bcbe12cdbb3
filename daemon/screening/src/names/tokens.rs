//! Tokens: what each word of a name is, and what it weighs.

use super::Kind;
use super::tables::{COMMON, COMPANY_WORDS, NUMBERS, PARTICLES, ROMAN, TITLES};
use super::variants::{Spellings, given, is_common};
use super::words::Word;
use crate::compare::sound::Sound;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A word that tells.
    Word,
    /// A name that many bear.
    Common,
    /// A single letter.
    Initial,
    /// A number, in digits.
    Number,
    /// `von`, `bin`, `al`, `of`, ..
    Particle,
    /// `Dr`, `Sheikh`, ..
    Title,
    /// `group`, `trading`, ..: in organisations' names.
    Company,
}

impl Class {
    /// What a token of the class weighs in a pairing, 1 being a word that tells.
    pub const fn weight(self) -> f32 {
        match self {
            Self::Word => 1.0,
            Self::Common => 0.6,
            Self::Initial => 0.3,
            Self::Number => 0.3,
            Self::Company => 0.45,
            Self::Particle => 0.05,
            Self::Title => 0.1,
        }
    }
}

/// A part of a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// Lower-case ASCII.
    pub text: String,
    /// What it is.
    pub class: Class,
    /// What it weighs.
    pub weight: f32,
    /// Whether its vowels were not written.
    pub lacks_vowels: bool,
    /// Whether it is a syllable of a Korean name.
    pub korean: bool,
    /// Names of which it is a known spelling.
    pub spellings: Spellings,
    /// How it sounds.
    pub sound: Sound,
}

impl Token {
    pub(super) fn new(word: &Word, place: usize, kind: Kind) -> Self {
        let text = number(&word.text, place, kind).unwrap_or_else(|| word.text.clone());
        let class = class(&text, kind);
        Self::of(text, class, word.lacks_vowels)
    }

    /// A token of a text and class.
    pub(crate) fn of(text: String, class: Class, lacks_vowels: bool) -> Self {
        Self {
            sound: Sound::of(&text),
            spellings: given(&text),
            weight: class.weight(),
            korean: false,
            text,
            class,
            lacks_vowels,
        }
    }
}

fn class(text: &str, kind: Kind) -> Class {
    let person = kind == Kind::Person;
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        Class::Number
    } else if PARTICLES.contains(&text)
        && !(person && ["a", "e", "i", "o", "u", "d", "s"].contains(&text))
    {
        Class::Particle
    } else if text.len() == 1 {
        Class::Initial
    } else if TITLES.contains(&text) {
        Class::Title
    } else if !person && COMPANY_WORDS.contains(&text) {
        Class::Company
    } else if COMMON.contains(&text) || is_common(text) {
        Class::Common
    } else {
        Class::Word
    }
}

fn number(text: &str, place: usize, kind: Kind) -> Option<String> {
    let of = |table: &[(&str, &str)]| {
        let found = table.iter().find(|(word, _)| *word == text)?;
        Some(found.1.to_owned())
    };
    match kind {
        Kind::Person => None,
        _ => of(NUMBERS).or_else(|| (place > 0).then(|| of(ROMAN)).flatten()),
    }
}

/// `Abdulrahman` becomes `abd` and `rahman`, as `Abd al-Rahman` is: the servant of a name of God.
pub(super) fn split_servant_names(tokens: &mut Vec<Token>) {
    const HEADS: [&str; 10] = [
        "abdul", "abdel", "abdal", "abdur", "abdoul", "abdol", "abdus", "abdir", "abdil", "abder",
    ];
    let mut at = 0;
    while at < tokens.len() {
        let token = &tokens[at];
        // `Abdullah` is one name.
        let rest = HEADS
            .iter()
            .find_map(|head| token.text.strip_prefix(head))
            .filter(|rest| !rest.starts_with("la"));
        if let Some(rest) = rest
            && token.class != Class::Title
        {
            let rest = rest.to_owned();
            let lacks_vowels = token.lacks_vowels;
            tokens[at] = Token::of("abd".to_owned(), Class::Common, lacks_vowels);
            tokens[at].weight = 0.5;
            if rest.len() >= 3 {
                let class = class(&rest, Kind::Person);
                tokens.insert(at + 1, Token::of(rest, class, lacks_vowels));
            }
        } else if token.text == "abd" {
            tokens[at].weight = 0.5;
        }
        at += 1;
    }
}

/// `Sergey Sergey Shoigu`: said twice, it counts once.
pub(super) fn drop_repeated(tokens: &mut Vec<Token>) {
    tokens.dedup_by(|later, earlier| {
        later.text == earlier.text && later.class != Class::Initial && later.text.len() > 5
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Name;

    fn texts(text: &str, kind: Kind) -> Vec<String> {
        Name::new(text, kind)
            .tokens
            .into_iter()
            .map(|token| token.text)
            .collect()
    }

    #[test]
    fn dots_hyphens_and_case_part_words_as_people_mean_them() {
        assert_eq!(texts("J.-C. O'Hara", Kind::Person), ["j", "c", "ohara"]);
        assert_eq!(texts("A.B.C. Works", Kind::Organisation), ["abc", "works"]);
        assert_eq!(texts("PetraVondel", Kind::Person), ["petra", "vondel"]);
        assert_eq!(texts("McDonald", Kind::Person), ["mcdonald"]);
        assert_eq!(
            texts("Abdulrahman Abd al-Karim", Kind::Person),
            ["abd", "rahman", "abd", "al", "karim"]
        );
    }

    #[test]
    fn a_legal_form_is_taken_off_and_named() {
        for (text, form) in [
            ("Nordwind G.m.b.H.", "gmbh"),
            ("Nordwind Sp. z o.o.", "spzoo"),
            ("OOO Nordwind", "llc"),
            ("Nordwind Limited Liability Company", "llc"),
            ("Open Joint Stock Company Nordwind", "jsc"),
        ] {
            let name = Name::new(text, Kind::Organisation);
            assert_eq!(name.form, Some(form), "{text}");
            assert_eq!(name.tokens[0].text, "nordwind");
        }
        assert_eq!(texts("Co", Kind::Organisation), ["co"]);
        assert_eq!(Name::new("Maria Sa", Kind::Person).form, None);
    }

    #[test]
    fn numbers_are_numbers_however_they_are_written() {
        assert_eq!(
            texts("Battalion Thirty-Seven", Kind::Organisation),
            ["battalion", "37"]
        );
        assert_eq!(texts("Fund XIV", Kind::Organisation), ["fund", "14"]);
        assert_eq!(
            texts("Second Harbour", Kind::Organisation),
            ["2", "harbour"]
        );
        assert_eq!(texts("M4rkus Hell3r", Kind::Person), ["markus", "heller"]);
    }
}
