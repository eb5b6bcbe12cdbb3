//! Words of a name, and what each weighs.

use super::Kind;
use super::script::{Script, to_ascii};
use super::tables::{COMMON, COMPANY_WORDS, LEGAL_FORMS, NUMBERS, PARTICLES, ROMAN, TITLES};
use super::variants::{Spellings, given, is_common};
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

/// A word of a name before it is weighed.
pub(super) struct Word {
    text: String,
    lacks_vowels: bool,
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

/// Words of a text in lower-case ASCII, and the text as written where it is all Han or all Hangul.
pub(super) fn words(text: &str) -> (Vec<Word>, Option<String>) {
    let letters: String = text
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .collect();
    let is_all =
        |script| !letters.is_empty() && letters.chars().all(|letter| Script::of(letter) == script);
    let hangul = is_all(Script::Hangul);
    let ideographs = (hangul || is_all(Script::Han)).then_some(letters);
    let mut words = Vec::new();
    for piece in pieces(text) {
        let first = piece.chars().find(|letter| letter.is_alphabetic());
        let lacks_vowels = first.is_some_and(|letter| Script::of(letter).lacks_vowels());
        let by_syllable = first
            .map(Script::of)
            .is_some_and(|script| matches!(script, Script::Han | Script::Hangul));
        if by_syllable {
            let syllables = piece
                .chars()
                .map(|letter| as_said(to_ascii(&letter.to_string()).to_lowercase()));
            words.extend(
                syllables
                    .filter(|text| !text.is_empty())
                    .map(|text| Word { text, lacks_vowels }),
            );
            continue;
        }
        for text in to_ascii(&piece).split(' ').map(unmasked) {
            // The Arabic article is written with its word.
            let text = match text.strip_prefix("al") {
                Some(rest) if lacks_vowels && rest.len() >= 3 => rest.to_owned(),
                _ => text,
            };
            if !text.is_empty() {
                words.push(Word { text, lacks_vowels });
            }
        }
    }
    join_forty_four(&mut words);
    (words, ideographs)
}

/// ICU writes a Korean syllable's last consonant by its letter; people write what they hear: `Pak`, not `Bag`.
fn as_said(mut syllable: String) -> String {
    if syllable.ends_with('g') && !syllable.ends_with("ng") {
        syllable.pop();
        syllable.push('k');
    }
    syllable
}

/// Splits at everything that is no letter, digit or apostrophe, and where a capital follows a small letter.
fn pieces(text: &str) -> Vec<String> {
    let text = undotted(text).replace('&', " and ");
    let mut pieces = vec![String::new()];
    let mut before = ' ';
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let keeps = letter.is_alphanumeric()
            || (Script::of(letter) != Script::Latin && !letter.is_whitespace());
        let joins = matches!(
            letter,
            '\'' | '’' | '‘' | 'ʿ' | 'ʾ' | '`' | 'ʻ' | 'ʼ' | '´' | '\u{200c}' | '\u{200d}'
        );
        let length = pieces.last().map_or(0, |piece| piece.chars().count());
        // `PetraVondel`; not `McDonald` nor `O'Brien`, whose heads are short, nor `GmbH`.
        let goes_on = letters.peek().is_some_and(|next| next.is_alphanumeric());
        let camel = goes_on && letter.is_uppercase() && before.is_lowercase() && length >= 3;
        if camel {
            pieces.push(String::new());
        }
        if joins {
            continue;
        }
        if keeps && letter != '・' {
            pieces
                .last_mut()
                .into_iter()
                .for_each(|piece| piece.push(letter));
        } else {
            pieces.push(String::new());
        }
        before = letter;
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// `A.B.C.` becomes `ABC `, `Co.` becomes `Co `.
fn undotted(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let is_word = |at: Option<&char>| at.is_some_and(|letter| letter.is_alphanumeric());
    for (at, letter) in letters.iter().enumerate() {
        if *letter != '.' {
            out.push(*letter);
            continue;
        }
        let single_before = is_word(at.checked_sub(1).and_then(|at| letters.get(at)))
            && !is_word(at.checked_sub(2).and_then(|at| letters.get(at)));
        let next = letters.get(at + 1);
        // `o.o.`, `G.m.b.H.`: a letter alone, and another right after the dot.
        let short_after = is_word(next) && {
            let run = letters[at + 1..]
                .iter()
                .take_while(|letter| letter.is_alphanumeric())
                .count();
            run <= 2
        };
        if !(single_before && short_after) {
            out.push(' ');
        }
    }
    out
}

/// Lower case, and letters in place of the digits that stand in for them: `S3rgei`.
fn unmasked(word: &str) -> String {
    let word = word.to_ascii_lowercase();
    let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
    let first_is_letter = word.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    if !first_is_letter || letters < 3 || letters == word.len() {
        return word;
    }
    let shown = |letter| match letter {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        '9' => 'g',
        other => other,
    };
    word.chars().map(shown).collect()
}

/// `forty four` becomes `44`.
fn join_forty_four(words: &mut Vec<Word>) {
    let value = |word: &Word| -> Option<u32> {
        let found = NUMBERS.iter().find(|(text, _)| *text == word.text)?;
        found.1.parse().ok()
    };
    let mut at = 0;
    while at + 1 < words.len() {
        if let (Some(tens), Some(ones)) = (value(&words[at]), value(&words[at + 1]))
            && (20..100).contains(&tens)
            && (1..10).contains(&ones)
        {
            words[at].text = (tens + ones).to_string();
            words.remove(at + 1);
        }
        at += 1;
    }
}

/// Takes the legal form off the end or, where there is none, the beginning: the longest that is known. A name that is
/// nothing else keeps it.
pub(super) fn take_form(words: &mut Vec<Word>) -> Option<&'static str> {
    let mut found = None;
    while let Some((place, length, class)) = longest_form(words) {
        if length >= words.len() {
            break;
        }
        words.drain(place..place + length);
        found = found.or(Some(class));
    }
    found
}

fn longest_form(words: &[Word]) -> Option<(usize, usize, &'static str)> {
    let mut best: Option<(usize, usize, &'static str)> = None;
    for (form, class) in LEGAL_FORMS {
        let length = form.split(' ').count();
        if length > words.len() {
            continue;
        }
        let is_at = |place: usize| {
            form.split(' ')
                .zip(&words[place..])
                .all(|(part, word)| part == word.text)
        };
        let end = words.len() - length;
        // Two letters before a name are more often a part of it: only `pt` and the Russian forms stand there.
        let leads = length > 1
            || [
                "ooo", "oao", "zao", "pao", "ao", "ojsc", "pjsc", "jsc", "cjsc", "pt", "llc",
                "srl", "too", "tov", "sarl",
            ]
            .contains(form);
        let place = if is_at(end) {
            Some(end)
        } else {
            (leads && is_at(0)).then_some(0)
        };
        if let Some(place) = place
            && best.is_none_or(|(_, most, _)| length > most)
        {
            best = Some((place, length, class));
        }
    }
    best
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
