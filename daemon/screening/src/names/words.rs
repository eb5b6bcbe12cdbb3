//! Words of a name as written: split, in lower-case ASCII, legal form taken off.

use super::script::{Script, to_ascii};
use super::tables::{LEGAL_FORMS, NUMBERS};

/// A word of a name before it is weighed.
pub(super) struct Word {
    pub(super) text: String,
    pub(super) lacks_vowels: bool,
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
