//! National characters in MRZ letters by the tables of ICAO 9303-3, section 6.
//!
//! ```text
//! name ─ composed, in capitals ─ separators and punctuation (4.6) ─ tables A, B, C ─► A-Z and single fillers
//! ```
//!
//! States choose where the standard lets them (`Ä` AE or A); [`transliterate`] writes the first form, and
//! [`transliterations`] all of them, so that another state's choice still compares as equal.

use super::error::EncodeError;
use super::tables::{
    ARABIC, CHOICES, COMPOSED, CYRILLIC, LATIN, Language, PLAIN, SHADDA, TEH_MARBUTA,
};

/// Apostrophes and full stops, which the MRZ leaves out (ICAO 9303-3, 4.6).
const LEFT_OUT: &str = "'’‘ʼʹʻ`´.";

/// Writes a name in A-Z, components parted by single fillers: hyphens, spaces and commas become
/// filler, apostrophes and full stops vanish. `field` names the field in the error.
///
/// # Errors
/// [`EncodeError::Character`] where a character has no transliteration.
pub fn transliterate(text: &str, field: &'static str) -> Result<String, EncodeError> {
    transliterate_in(Language::Other, text, field)
}

/// The same, with table B's exceptions for a language written in Cyrillic letters.
///
/// # Errors
/// As [`transliterate`].
pub fn transliterate_in(
    language: Language,
    text: &str,
    field: &'static str,
) -> Result<String, EncodeError> {
    Writer {
        language,
        choice: [0; CHOICES.len()],
    }
    .write(text, field)
}

/// Every way in which the standard lets a name be written: each letter with a choice in each of its forms (the
/// same wherever it stands in the name), each language's exceptions. The first is what [`transliterate`] gives;
/// none comes twice; 288 at most.
///
/// # Errors
/// As [`transliterate`].
pub fn transliterations(text: &str, field: &'static str) -> Result<Vec<String>, EncodeError> {
    let letters = composed(text);
    let mut choices = vec![[0; CHOICES.len()]];
    for (index, (letter, forms)) in CHOICES.iter().enumerate() {
        if letters.iter().any(|(_, seen)| seen == letter) {
            let more = choices.iter().flat_map(|choice| {
                (1..forms.len()).map(move |form| {
                    let mut other = *choice;
                    other[index] = form;
                    other
                })
            });
            let more: Vec<_> = more.collect();
            choices.extend(more);
        }
    }
    let cyrillic = letters
        .iter()
        .any(|(_, letter)| CYRILLIC.iter().any(|(known, _)| known == letter));
    let languages = if cyrillic {
        &Language::ALL[..]
    } else {
        &[Language::Other]
    };
    let mut all: Vec<String> = Vec::new();
    for language in languages {
        for choice in &choices {
            let writer = Writer {
                language: *language,
                choice: *choice,
            };
            let written = writer.write(text, field)?;
            if !all.contains(&written) {
                all.push(written);
            }
        }
    }
    Ok(all)
}

/// How letters are written that may be written in several ways.
struct Writer {
    language: Language,
    /// For each of [`CHOICES`], which of its forms.
    choice: [usize; CHOICES.len()],
}

impl Writer {
    fn write(&self, text: &str, field: &'static str) -> Result<String, EncodeError> {
        let letters = composed(text);
        let mut out = String::with_capacity(text.len());
        let mut last = String::new();
        for (index, (place, character)) in letters.iter().enumerate() {
            match *character {
                ' ' | '-' | '‐' | '‑' | '–' | ',' | '<' | '\u{a0}' => push_filler(&mut out),
                dropped if LEFT_OUT.contains(dropped) => {}
                mark if ('\u{300}'..='\u{36f}').contains(&mark) => {}
                SHADDA => out.push_str(last.strip_prefix('X').unwrap_or(&last)),
                letter => {
                    let first = out.is_empty() || out.ends_with('<');
                    let written = self.letter(letter, first, &letters[index + 1..]).ok_or(
                        EncodeError::Character {
                            field,
                            position: place + 1,
                        },
                    )?;
                    out.push_str(&written);
                    if !written.is_empty() {
                        last = written;
                    }
                }
            }
        }
        out.truncate(out.trim_end_matches('<').len());
        Ok(out)
    }

    /// A letter's MRZ letters; `rest` is what follows it.
    fn letter(&self, letter: char, first: bool, rest: &[(usize, char)]) -> Option<String> {
        if letter.is_ascii_uppercase() {
            return Some(letter.to_string());
        }
        if letter == TEH_MARBUTA.0 {
            let ends = !rest.iter().any(|(_, next)| !is_silent(*next))
                || rest
                    .iter()
                    .find(|(_, next)| !is_silent(*next))
                    .is_some_and(|(_, next)| matches!(next, ' ' | '-' | ',' | '<' | '\u{a0}'));
            return Some(if ends { TEH_MARBUTA.1 } else { TEH_MARBUTA.2 }.to_owned());
        }
        if let Some(index) = CHOICES.iter().position(|(known, _)| *known == letter) {
            let forms = CHOICES[index].1;
            return forms.get(self.choice[index]).map(|form| (*form).to_owned());
        }
        let firsts = if first {
            self.language.first_letters()
        } else {
            &[]
        };
        firsts
            .iter()
            .chain(self.language.exceptions())
            .chain(LATIN)
            .chain(CYRILLIC)
            .chain(ARABIC)
            .find(|(known, _)| *known == letter)
            .map(|(_, letters)| *letters)
            .or_else(|| plain(letter))
            .map(str::to_owned)
    }
}

/// Arabic marks that are not encoded.
fn is_silent(letter: char) -> bool {
    letter == SHADDA
        || ARABIC
            .iter()
            .any(|(known, letters)| *known == letter && letters.is_empty())
}

/// The characters in capitals with their places in the text, marks joined to the letter before them where that
/// makes another letter.
fn composed(text: &str) -> Vec<(usize, char)> {
    let mut letters: Vec<(usize, char)> = Vec::new();
    for (place, character) in text.chars().enumerate() {
        let joined = letters.last().and_then(|(_, before)| {
            COMPOSED
                .iter()
                .find(|(letter, mark, _)| letter == before && *mark == character)
                .map(|(_, _, joined)| *joined)
        });
        match (joined, letters.last_mut()) {
            (Some(joined), Some(last)) => last.1 = joined,
            _ => letters.push((place, capital(character))),
        }
    }
    letters
}

/// The capital of a letter, where that is one character; `ß` and `ŉ` have none of their own.
fn capital(character: char) -> char {
    let mut upper = character.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        _ => character,
    }
}

fn push_filler(out: &mut String) {
    if !out.is_empty() && !out.ends_with('<') {
        out.push('<');
    }
}

fn plain(upper: char) -> Option<&'static str> {
    PLAIN
        .iter()
        .find(|(_, marked)| marked.contains(upper))
        .map(|(base, _)| *base)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        transliterate(text, "name").unwrap()
    }

    fn all(text: &str) -> Vec<String> {
        transliterations(text, "name").unwrap()
    }

    #[test]
    fn latin_diacritics_follow_table_a() {
        assert_eq!(written("Ævarsdóttir"), "AEVARSDOTTIR");
        assert_eq!(written("Þuríður Ösp"), "THURIDUR<OESP");
        assert_eq!(written("Müller Groß Ångström"), "MUELLER<GROSS<AANGSTROEM");
        assert_eq!(
            written("Dvořák Łódź İnci Yıldız"),
            "DVORAK<LODZ<INCI<YILDIZ"
        );
        assert_eq!(written("Nguyễn Đặng Peñå"), "NGUYEN<DANG<PENAA");
    }

    #[test]
    fn every_letter_of_table_a_is_there_in_both_cases() {
        let table = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮİĲĴĶĹĻĽĿŁŃŅŇŊŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽẞ";
        assert_eq!(table.chars().count(), 94, "and ı, which has no other case");
        for letter in table.chars() {
            assert!(
                transliterate(&letter.to_string(), "name").is_ok(),
                "{letter}"
            );
            let small = letter.to_lowercase().to_string();
            assert!(transliterate(&small, "name").is_ok(), "{small}");
        }
    }

    #[test]
    fn letters_with_a_choice_are_written_in_every_form_the_standard_allows() {
        assert_eq!(all("Müller"), ["MUELLER", "MUXXLLER", "MULLER"]);
        assert_eq!(all("Peña"), ["PENA", "PENXXA"]);
        let names = all("Åström");
        assert_eq!(names.len(), 4);
        for name in ["AASTROEM", "ASTROEM", "AASTROM", "ASTROM"] {
            assert!(names.contains(&name.to_owned()), "{name}");
        }
        assert_eq!(all("Smith"), ["SMITH"]);
    }

    #[test]
    fn decomposed_letters_read_as_composed_ones() {
        assert_eq!(written("Mu\u{308}ller A\u{30a}s e\u{301}"), "MUELLER<AAS<E");
        assert_eq!(all("n\u{303}"), ["N", "NXX"]);
    }

    #[test]
    fn cyrillic_follows_table_b() {
        assert_eq!(written("Щербак Юлия Ольга"), "SHCHERBAK<IULIIA<OLGA");
    }

    #[test]
    fn table_b_makes_its_exceptions_by_language() {
        let in_language = |language, text| transliterate_in(language, text, "name").unwrap();
        assert_eq!(
            in_language(Language::Ukrainian, "Юлія Гнатюк Їжак Марія"),
            "YULIIA<HNATIUK<YIZHAK<MARIIA"
        );
        assert_eq!(in_language(Language::Belarusian, "Фёдар Гай"), "FIODAR<HAI");
        assert_eq!(in_language(Language::Bulgarian, "Щерев"), "SHTEREV");
        assert_eq!(
            in_language(Language::Serbian, "Живковић Шеховац"),
            "ZIVKOVIC<SEHOVAC"
        );
        assert_eq!(
            in_language(Language::Macedonian, "Ќосе Џаџо"),
            "KJOSE<DJADJO"
        );
        assert!(all("Юлія").contains(&"YULIIA".to_owned()));
        assert_eq!(all("Юлія")[0], "IULIIA");
    }

    #[test]
    fn arabic_follows_table_c_with_doubled_letters_and_teh_marbuta_by_its_place() {
        // The two examples of note 3, and names of appendix B.
        assert_eq!(written("ع\u{0628}\u{0651}اس"), "EBBAS");
        assert_eq!(written("ف\u{0636}\u{0651}ة"), "FXDZDZXAH");
        assert_eq!(written("محمد"), "MXHMD");
        assert_eq!(written("شريفة محمود"), "XSHRYFXAH<MXHMWD");
        assert_eq!(written("ةا"), "XTAA");
        assert_eq!(written("مُـحَمَّد"), "MXHMMD");
    }

    #[test]
    fn other_scripts_are_refused() {
        for name in ["Παπαδόπουλος", "כהן", "李", "გიორგი"] {
            assert!(transliterate(name, "name").is_err(), "{name}");
        }
    }

    #[test]
    fn punctuation_parts_or_vanishes() {
        assert_eq!(written("D’Arcy-Smith, John Jr."), "DARCY<SMITH<JOHN<JR");
        assert_eq!(written("  O'Connor  "), "OCONNOR");
    }

    #[test]
    fn what_has_no_transliteration_is_refused_by_place() {
        let refused = transliterate("Li 李", "name");
        assert_eq!(
            refused,
            Err(EncodeError::Character {
                field: "name",
                position: 4
            })
        );
        assert!(transliterate("R2D2", "name").is_err());
    }
}
