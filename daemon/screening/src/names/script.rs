//! From any script to lower-case ASCII letters.
//!
//! ```text
//! text ─► runs of one script ─► ICU's transform to Latin (CLDR) ─┐
//!                          └─► any_ascii: Latin's own marks, Han, and scripts for which ICU4X carries no transform ─► ASCII
//! ```
//!
//! Han goes by `any_ascii` as well (Mandarin readings, one character at a time): ICU4X's transform took 10 ms a name,
//! and gives the same syllables (measured 2026-11-21).

use std::cell::RefCell;
use std::collections::BTreeMap;

use any_ascii::any_ascii_char;
use icu_experimental::transliterate::Transliterator;

/// How a run of letters is written, as far as comparing needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Script {
    /// Latin letters, digits and everything else.
    Latin,
    /// Arabic, Persian, Urdu, ..: short vowels are not written.
    Arabic,
    /// Hebrew: neither.
    Hebrew,
    /// Chinese characters: one is a syllable and more than a letter.
    Han,
    /// Korean syllables.
    Hangul,
    /// Another one, by ICU's transform of this place in `TRANSFORMS`.
    Other(u8),
    /// One that only `any_ascii` reads: Thai, Khmer, Burmese, ..
    Fallback,
}

/// First and last code point of a script's blocks, and ICU's name of its transform to Latin.
const TRANSFORMS: [(&[(u32, u32)], &str); 15] = [
    (&[(0x0370, 0x03FF), (0x1F00, 0x1FFF)], "und-Latn-t-und-grek"),
    (&[(0x0400, 0x052F)], "und-Latn-t-und-cyrl"),
    (&[(0x0530, 0x058F)], "und-Latn-t-und-armn"),
    (&[(0x0900, 0x097F)], "und-Latn-t-und-deva"),
    (&[(0x0980, 0x09FF)], "und-Latn-t-und-beng"),
    (&[(0x0A00, 0x0A7F)], "und-Latn-t-und-guru"),
    (&[(0x0A80, 0x0AFF)], "und-Latn-t-und-gujr"),
    (&[(0x0B80, 0x0BFF)], "und-Latn-t-und-taml"),
    (&[(0x0C00, 0x0C7F)], "und-Latn-t-und-telu"),
    (&[(0x0C80, 0x0CFF)], "und-Latn-t-und-knda"),
    (&[(0x0D00, 0x0D7F)], "und-Latn-t-und-mlym"),
    (&[(0x10A0, 0x10FF), (0x1C90, 0x1CBF)], "und-Latn-t-und-geor"),
    (&[(0x1200, 0x139F)], "und-Latn-t-und-ethi"),
    (&[(0x3040, 0x309F)], "und-Latn-t-und-hira"),
    (&[(0x30A0, 0x30FA), (0x30FC, 0x30FF)], "und-Latn-t-und-kana"),
];
const ARABIC: (&[(u32, u32)], &str) = (
    &[
        (0x0600, 0x06FF),
        (0x0750, 0x077F),
        (0x08A0, 0x08FF),
        (0xFB50, 0xFDFF),
        (0xFE70, 0xFEFF),
    ],
    "und-Latn-t-und-arab",
);
const HEBREW: (&[(u32, u32)], &str) = (&[(0x0590, 0x05FF)], "und-Latn-t-und-hebr");
const HANGUL: (&[(u32, u32)], &str) =
    (&[(0x1100, 0x11FF), (0xAC00, 0xD7AF)], "und-Latn-t-und-hang");
const HAN: &[(u32, u32)] = &[
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2FA1F),
];

impl Script {
    /// The script that a character belongs to.
    pub fn of(letter: char) -> Self {
        let code = u32::from(letter);
        let within = |blocks: &[(u32, u32)]| {
            blocks
                .iter()
                .any(|(first, last)| (*first..=*last).contains(&code))
        };
        if code < 0x0370
            || (0x1E00..0x1F00).contains(&code)
            || !letter.is_alphabetic() && !is_mark(code)
        {
            return Self::Latin;
        }
        if within(HAN) {
            return Self::Han;
        }
        if within(HANGUL.0) {
            return Self::Hangul;
        }
        if within(ARABIC.0) {
            return Self::Arabic;
        }
        if within(HEBREW.0) {
            return Self::Hebrew;
        }
        let place = TRANSFORMS.iter().position(|(blocks, _)| within(blocks));
        place
            .and_then(|place| u8::try_from(place).ok())
            .map_or(Self::Fallback, Self::Other)
    }

    /// Whether vowels are missing from what is written in it.
    pub fn lacks_vowels(self) -> bool {
        matches!(self, Self::Arabic | Self::Hebrew)
    }

    fn transform(self) -> Option<&'static str> {
        match self {
            Self::Latin | Self::Han | Self::Fallback => None,
            Self::Arabic => Some(ARABIC.1),
            Self::Hebrew => Some(HEBREW.1),
            Self::Hangul => Some(HANGUL.1),
            Self::Other(place) => TRANSFORMS.get(usize::from(place)).map(|(_, name)| *name),
        }
    }
}

/// Vowel signs and the like, which belong to the letter before them although they are no letters.
fn is_mark(code: u32) -> bool {
    (0x0591..=0x05C7).contains(&code)
        || (0x0610..=0x061A).contains(&code)
        || (0x064B..=0x065F).contains(&code)
        || (0x0900..=0x0DFF).contains(&code)
        || (0x0E00..=0x109F).contains(&code)
        || (0x1780..=0x17FF).contains(&code)
        || (0xA000..=0xABFF).contains(&code)
}

thread_local! {
    /// ICU's transforms by name, each read once a thread: they can't be shared between threads.
    static LOADED: RefCell<BTreeMap<&'static str, Option<Transliterator>>> = const { RefCell::new(BTreeMap::new()) };
}

/// A word in ASCII, in the case that it had.
pub fn to_ascii(word: &str) -> String {
    if word.is_ascii() {
        return word.to_owned();
    }
    let mut ascii = String::with_capacity(word.len());
    let mut run = String::new();
    let mut of_run = Script::Latin;
    for letter in word.chars() {
        let script = Script::of(letter);
        if script != of_run && !run.is_empty() {
            flush(&run, of_run, &mut ascii);
            run.clear();
        }
        of_run = script;
        run.push(letter);
    }
    flush(&run, of_run, &mut ascii);
    ascii
}

fn flush(run: &str, script: Script, ascii: &mut String) {
    let name = script.transform();
    let Some(latin) = name.and_then(|name| through_icu(run, name)) else {
        let letters = run
            .chars()
            .flat_map(|letter| any_ascii_char(letter).chars());
        ascii.extend(letters.filter(char::is_ascii_alphanumeric));
        return;
    };
    let custom = name.map_or(Custom::Plain, Custom::of);
    let latin = custom.said(&latin);
    let letters = latin
        .chars()
        .flat_map(|letter| custom.spelt(letter).chars());
    // Marks that romanisations leave (soft signs, hamza, tones) are no letters.
    ascii.extend(letters.filter(|piece| piece.is_ascii_alphanumeric() || *piece == ' '));
}

/// How passports spell what ICU's transforms write with one letter for one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Custom {
    Plain,
    Cyrillic,
    /// Devanagari, Bengali, Gurmukhi, Gujarati: the vowel that a last consonant carries is written by ICU, and not said.
    NorthIndic,
    SouthIndic,
}

impl Custom {
    fn of(transform: &str) -> Self {
        match transform.rsplit('-').next() {
            Some("cyrl") => Self::Cyrillic,
            Some("deva" | "beng" | "guru" | "gujr") => Self::NorthIndic,
            Some("taml" | "telu" | "knda" | "mlym") => Self::SouthIndic,
            _ => Self::Plain,
        }
    }

    /// `rājēśa` becomes `rājēś`; `candra`, whose last consonants are two, keeps its vowel, as people who bear it do.
    fn said(self, latin: &str) -> String {
        let mut letters: Vec<char> = latin.chars().collect();
        if self == Self::NorthIndic && letters.last() == Some(&'a') {
            let mut before = letters[..letters.len() - 1].iter().rev().peekable();
            let last = before.next();
            if last == Some(&'h') && before.peek().is_some_and(|letter| !is_vowel(**letter)) {
                before.next();
            }
            let alone = before.next().is_some_and(|letter| is_vowel(*letter));
            if alone && last.is_some_and(|letter| !is_vowel(*letter)) {
                letters.pop();
            }
        }
        let text: String = letters.into_iter().collect();
        match self {
            // Both are `ch` to whoever spells a name.
            Self::NorthIndic | Self::SouthIndic => text.replace("ch", "c"),
            _ => text,
        }
    }

    fn spelt(self, letter: char) -> &'static str {
        let indic = matches!(self, Self::NorthIndic | Self::SouthIndic);
        match letter {
            'č' => "ch",
            'Č' => "Ch",
            'š' => "sh",
            'Š' => "Sh",
            'ž' => "zh",
            'Ž' => "Zh",
            'ŝ' => "shch",
            'Ŝ' => "Shch",
            'û' => "yu",
            'Û' => "Yu",
            'â' => "ya",
            'Â' => "Ya",
            // What passports write as i, iy or y.
            'j' if self == Self::Cyrillic => "i",
            'ś' | 'ṣ' if indic => "sh",
            'c' if indic => "ch",
            other => any_ascii_char(other),
        }
    }
}

fn is_vowel(letter: char) -> bool {
    any_ascii_char(letter).starts_with(['a', 'e', 'i', 'o', 'u'])
}

fn through_icu(run: &str, name: &'static str) -> Option<String> {
    LOADED.with_borrow_mut(|loaded| {
        let transform = loaded.entry(name).or_insert_with(|| {
            let locale = name.parse().ok()?;
            Transliterator::try_new(&locale).ok()
        });
        transform
            .as_ref()
            .map(|icu| icu.transliterate(run.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
    use super::*;

    #[test]
    fn every_script_becomes_ascii_letters() {
        for (word, ascii) in [
            ("Лавров", "Lavrov"),
            ("Σωκράτης", "Sokrates"),
            ("محمد", "mhmd"),
            ("김", "gim"),
            ("習", "Xi"),
            ("Łukasz", "Lukasz"),
            ("ბარაკ", "barak"),
            ("オバマ", "obama"),
            ("ふじ", "fuji"),
            ("ჯაბა", "jaba"),
            ("지", "ji"),
            ("Чайка", "Chaika"),
            ("महेश", "mahesh"),
            ("चन्द्र", "chandra"),
            ("ভট", "bhat"),
        ] {
            assert_eq!(
                to_ascii(word).to_lowercase(),
                ascii.to_lowercase(),
                "{word}"
            );
        }
        for word in ["พระ", "ប៉ុល", "ဗမာ", "አሕመድ", "नरेन्द्र"]
        {
            let ascii = to_ascii(word);
            assert!(!ascii.is_empty() && ascii.is_ascii(), "{word} gave {ascii}");
        }
    }

    #[test]
    fn every_named_transform_is_carried_by_icu4x() {
        for (_, name) in TRANSFORMS.iter().chain([&ARABIC, &HEBREW, &HANGUL]) {
            assert!(through_icu("x", name).is_some(), "{name}");
        }
    }
}
