//! Words that stand on specimens, samples and void documents.
//!
//! Whole words, after the MRZ's transliteration. Some are also surnames (Muster, Sample): the
//! signal is a warning of its own, and decides nothing.

use super::{Reason, Scored, Signal, SignalKind};
use crate::document::assessment::Assessment;
use crate::document::mrz::transliterate;

/// In English, French, German, Spanish, Portuguese, Italian, Dutch, Polish, Czech, Swedish,
/// Romanian and Turkish, as the MRZ transliterates them.
const WORDS: [&str; 37] = [
    "SPECIMEN",
    "SPECIMENS",
    "SAMPLE",
    "EXAMPLE",
    "VOID",
    "CANCELLED",
    "CANCELED",
    "COPY",
    "INVALID",
    "TEST",
    "TRAINING",
    "NOTVALID",
    "MODELE",
    "EXEMPLE",
    "ANNULE",
    "COPIE",
    "MUSTER",
    "MUSTERMANN",
    "MUSTERFRAU",
    "UNGUELTIG",
    "KOPIE",
    "MUESTRA",
    "ESPECIMEN",
    "MODELO",
    "COPIA",
    "ANULADO",
    "ESPECIME",
    "AMOSTRA",
    "FACSIMILE",
    "CAMPIONE",
    "ANNULLATO",
    "VOORBEELD",
    "WZOR",
    "VZOR",
    "EXEMPEL",
    "SPECIMENE",
    "ORNEK",
];

/// The words of the list that stand in the texts, each once, in the order of the list. What they
/// are taken from may be a name: they are no matter for a log.
pub fn found_words<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<&'static str> {
    let mut seen = [false; WORDS.len()];
    for text in texts {
        for word in text.split(|character: char| !character.is_alphanumeric()) {
            if word.is_empty() {
                continue;
            }
            // What cannot be transliterated is no word of the list.
            let Ok(word) = transliterate(&word.to_uppercase(), "text") else {
                continue;
            };
            for (known, seen) in WORDS.iter().zip(&mut seen) {
                *seen |= *known == word;
            }
        }
    }
    let both = WORDS.iter().zip(seen);
    both.filter(|(_, seen)| *seen)
        .map(|(word, _)| *word)
        .collect()
}

/// Whether such a word stands in the texts: names of the zone, lines of the visual zone. Texts that
/// hold nothing give a score of zero: they were looked at.
pub fn suspicious_words<'a>(texts: impl IntoIterator<Item = &'a str>) -> Signal {
    let any = !found_words(texts).is_empty();
    let scored = Scored::plain(any, Reason::Words);
    Signal::new(SignalKind::SuspiciousWords, Assessment::Measured(scored))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_are_found_in_any_case_and_with_accents() {
        let found = found_words(["UTOPIA · Specimen", "MODÈLE", "WZÓR"]);
        assert_eq!(found, ["SPECIMEN", "MODELE", "WZOR"]);
        assert!(suspicious_words(["SPECIMEN"]).is_raised());
    }

    #[test]
    fn parts_of_words_and_names_are_not() {
        assert!(found_words(["VOIDSON", "SAMPLETON", "ERIKSSON ANNA MARIA", ""]).is_empty());
        assert!(!suspicious_words(["ERIKSSON"]).is_raised());
    }

    #[test]
    fn every_word_of_the_list_is_found_as_it_stands() {
        for word in WORDS {
            assert_eq!(found_words([word]), [word]);
        }
    }
}
