//! National characters in MRZ letters: ICAO 9303-3, section 6, tables A (Latin) and B (Cyrillic).
//!
//! Where the standard leaves a choice, the first form stands (`Ä` AE, `Ö` OE, `Ü` UE, `Å` AA,
//! `Ñ` N); Cyrillic letters that differ by language take the form of most languages.

use super::error::EncodeError;

/// Table A, without the letters whose mark alone is dropped (see [`plain`]).
const LATIN: &[(char, &str)] = &[
    ('Ä', "AE"),
    ('Å', "AA"),
    ('Æ', "AE"),
    ('Ð', "D"),
    ('Đ', "D"),
    ('Ħ', "H"),
    ('ı', "I"),
    ('Ĳ', "IJ"),
    ('ĸ', "Q"),
    ('Ł', "L"),
    ('Ŀ', "L"),
    ('Ŋ', "N"),
    ('Ø', "OE"),
    ('Ö', "OE"),
    ('Œ', "OE"),
    ('ß', "SS"),
    ('ẞ', "SS"),
    ('Þ', "TH"),
    ('Ŧ', "T"),
    ('Ü', "UE"),
];

/// Letters that lose their mark: each base letter with those that become it.
const PLAIN: &[(&str, &str)] = &[
    ("A", "ÁÀÂÃĂĀĄẢẠẮẰẲẴẶẤẦẨẪẬ"),
    ("C", "ĆĈČĊÇ"),
    ("D", "Ď"),
    ("E", "ÉÈÊËĚĖĒĘĔẺẼẸẾỀỂỄỆ"),
    ("G", "ĜĞĠĢ"),
    ("H", "Ĥ"),
    ("I", "ÍÌÎÏĨİĪĮĬỈỊ"),
    ("J", "Ĵ"),
    ("K", "Ķ"),
    ("L", "ĹĽĻ"),
    ("N", "ŃÑŇŅ"),
    ("O", "ÓÒÔÕŐŌŎỎỌỐỒỔỖỘƠỚỜỞỠỢ"),
    ("R", "ŔŘŖ"),
    ("S", "ŚŜŠŞȘ"),
    ("T", "ŤŢȚ"),
    ("U", "ÚÙÛŨŬŰŮŪŲỦỤƯỨỪỬỮỰ"),
    ("W", "ŴẀẂẄ"),
    ("Y", "ÝŶŸỲỶỸỴ"),
    ("Z", "ŹŽŻ"),
];

/// Table B.
const CYRILLIC: &[(char, &str)] = &[
    ('А', "A"),
    ('Б', "B"),
    ('В', "V"),
    ('Г', "G"),
    ('Д', "D"),
    ('Е', "E"),
    ('Ё', "E"),
    ('Ж', "ZH"),
    ('З', "Z"),
    ('И', "I"),
    ('І', "I"),
    ('Й', "I"),
    ('К', "K"),
    ('Л', "L"),
    ('М', "M"),
    ('Н', "N"),
    ('О', "O"),
    ('П', "P"),
    ('Р', "R"),
    ('С', "S"),
    ('Т', "T"),
    ('У', "U"),
    ('Ф', "F"),
    ('Х', "KH"),
    ('Ц', "TS"),
    ('Ч', "CH"),
    ('Ш', "SH"),
    ('Щ', "SHCH"),
    ('Ъ', "IE"),
    ('Ы', "Y"),
    ('Ь', ""),
    ('Э', "E"),
    ('Ю', "IU"),
    ('Я', "IA"),
    ('Ґ', "G"),
    ('Ў', "U"),
    ('Ѫ', "U"),
    ('Ѓ', "G"),
    ('Ђ', "D"),
    ('Ѕ', "DZ"),
    ('Ј', "J"),
    ('Ќ', "K"),
    ('Љ', "LJ"),
    ('Њ', "NJ"),
    ('Һ', "C"),
    ('Џ', "DZ"),
    ('Є', "IE"),
    ('Ї', "I"),
    ('Ћ', "C"),
    ('Ѳ', "F"),
    ('Ѵ', "Y"),
];

/// Apostrophes and full stops, which the MRZ leaves out (ICAO 9303-3, 4.6).
const LEFT_OUT: &str = "'’‘ʼʹ`´.";

/// Writes a name in A-Z, components parted by single fillers: hyphens, spaces and commas become
/// filler, apostrophes and full stops vanish. `field` names the field in the error.
///
/// # Errors
/// [`EncodeError::Character`] where a character has no transliteration.
pub fn transliterate(text: &str, field: &'static str) -> Result<String, EncodeError> {
    let mut out = String::with_capacity(text.len());
    for (index, character) in text.chars().enumerate() {
        match character {
            ' ' | '-' | '‐' | '‑' | '–' | ',' | '<' | '\u{a0}' => push_filler(&mut out),
            mark if ('\u{300}'..='\u{36f}').contains(&mark) => apply_mark(&mut out, mark),
            dropped if LEFT_OUT.contains(dropped) => {}
            other => match letter(other) {
                Some(letters) => out.push_str(&letters),
                None => {
                    return Err(EncodeError::Character {
                        field,
                        position: index + 1,
                    });
                }
            },
        }
    }
    out.truncate(out.trim_end_matches('<').len());
    Ok(out)
}

fn push_filler(out: &mut String) {
    if !out.is_empty() && !out.ends_with('<') {
        out.push('<');
    }
}

/// A combining mark after its letter: diaeresis and ring change it, the others are dropped.
fn apply_mark(out: &mut String, mark: char) {
    let suffix = match (mark, out.chars().last()) {
        ('\u{308}', Some('A' | 'O' | 'U')) => "E",
        ('\u{30a}', Some('A')) => "A",
        _ => "",
    };
    out.push_str(suffix);
}

/// A single character's letters.
fn letter(character: char) -> Option<String> {
    if let Some((_, letters)) = LATIN.iter().find(|(from, _)| *from == character) {
        return Some((*letters).to_owned());
    }
    let upper: Vec<char> = character.to_uppercase().collect();
    let [upper] = upper.as_slice() else {
        return None;
    };
    if upper.is_ascii_uppercase() {
        return Some(upper.to_string());
    }
    let table = || {
        LATIN
            .iter()
            .chain(CYRILLIC)
            .find(|(from, _)| from == upper)
            .map(|(_, to)| *to)
    };
    plain(*upper).or_else(table).map(str::to_owned)
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
    fn decomposed_letters_read_as_composed_ones() {
        assert_eq!(written("Mu\u{308}ller A\u{30a}s e\u{301}"), "MUELLER<AAS<E");
    }

    #[test]
    fn cyrillic_follows_table_b() {
        assert_eq!(written("Щербак Юлия Ольга"), "SHCHERBAK<IULIIA<OLGA");
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
