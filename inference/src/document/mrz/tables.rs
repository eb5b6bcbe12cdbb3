//! National characters and their MRZ letters: the tables of ICAO 9303-3, section 6 (eighth edition).
//!
//! Section 6 has three: A (Latin), B (Cyrillic) and C (Arabic). It has none for Greek, Hebrew, Armenian, Georgian
//! or any other script; names in those have to be given in Latin letters. Capitals only: what is smaller is
//! raised first.

/// Table A, letters for which the standard leaves a choice; the first form is the one that stands first there.
pub(super) const CHOICES: &[(char, &[&str])] = &[
    ('Ä', &["AE", "A"]),
    ('Å', &["AA", "A"]),
    ('Ñ', &["N", "NXX"]),
    ('Ö', &["OE", "O"]),
    ('Ü', &["UE", "UXX", "U"]),
];

/// Table A, letters that become another or several; and, not in the table, `Ə`, which Azerbaijan writes A.
pub(super) const LATIN: &[(char, &str)] = &[
    ('Æ', "AE"),
    ('Ð', "D"),
    ('Đ', "D"),
    ('Ə', "A"),
    ('Ħ', "H"),
    ('ı', "I"),
    ('Ĳ', "IJ"),
    ('ĸ', "Q"),
    ('Ł', "L"),
    ('Ŀ', "L"),
    ('Ŋ', "N"),
    ('Ø', "OE"),
    ('Œ', "OE"),
    ('ß', "SS"),
    ('ẞ', "SS"),
    ('Þ', "TH"),
    ('Ŧ', "T"),
];

/// Table A, letters that lose their mark: each base letter with those that become it. The letters of Vietnamese
/// and Romanian's Ș and Ț, which the table lacks, follow the same rule.
pub(super) const PLAIN: &[(&str, &str)] = &[
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
    ("N", "ŃŇŅ"),
    ("O", "ÓÒÔÕŐŌŎỎỌỐỒỔỖỘƠỚỜỞỠỢ"),
    ("R", "ŔŘŖ"),
    ("S", "ŚŜŠŞȘ"),
    ("T", "ŤŢȚ"),
    ("U", "ÚÙÛŨŬŰŮŪŲỦỤƯỨỪỬỮỰ"),
    ("W", "ŴẀẂẄ"),
    ("Y", "ÝŶŸỲỶỸỴ"),
    ("Z", "ŹŽŻ"),
];

/// Letters with the mark that follows them in decomposed text, where the two are more than the letter alone.
pub(super) const COMPOSED: &[(char, char, char)] = &[
    ('A', '\u{308}', 'Ä'),
    ('O', '\u{308}', 'Ö'),
    ('U', '\u{308}', 'Ü'),
    ('A', '\u{30a}', 'Å'),
    ('N', '\u{303}', 'Ñ'),
    ('Е', '\u{308}', 'Ё'),
    ('І', '\u{308}', 'Ї'),
    ('И', '\u{306}', 'Й'),
    ('У', '\u{306}', 'Ў'),
    ('К', '\u{301}', 'Ќ'),
    ('Г', '\u{301}', 'Ѓ'),
];

/// Table B as it stands for most languages. The table lacks the soft sign, which is left out, and Ѓ, Ћ and Ѳ;
/// it prints Ћ where its code says Ђ (U+0402).
pub(super) const CYRILLIC: &[(char, &str)] = &[
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
    ('Ғ', "G"),
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

/// A language for which table B makes exceptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// Any other: the table without exceptions.
    #[default]
    Other,
    /// Belarusian.
    Belarusian,
    /// Bulgarian.
    Bulgarian,
    /// Macedonian.
    Macedonian,
    /// Serbian.
    Serbian,
    /// Ukrainian.
    Ukrainian,
}

impl Language {
    /// Every one, the one without exceptions first.
    pub const ALL: [Self; 6] = [
        Self::Other,
        Self::Belarusian,
        Self::Bulgarian,
        Self::Macedonian,
        Self::Serbian,
        Self::Ukrainian,
    ];

    /// Table B's exceptions. Macedonian's GJ stands beside Ғ in the table and is meant for Ѓ: both take it.
    pub(super) const fn exceptions(self) -> &'static [(char, &'static str)] {
        match self {
            Self::Other => &[],
            Self::Belarusian => &[('Ё', "IO"), ('Г', "H")],
            Self::Bulgarian => &[('Щ', "SHT")],
            Self::Macedonian => &[
                ('Ќ', "KJ"),
                ('Џ', "DJ"),
                ('Х', "H"),
                ('Ц', "C"),
                ('Ғ', "GJ"),
                ('Ѓ', "GJ"),
            ],
            Self::Serbian => &[
                ('Г', "H"),
                ('Ж', "Z"),
                ('Х', "H"),
                ('Ц', "C"),
                ('Ч', "C"),
                ('Ш', "S"),
            ],
            Self::Ukrainian => &[('Г', "H"), ('И', "Y")],
        }
    }

    /// Exceptions at the beginning of a component.
    pub(super) const fn first_letters(self) -> &'static [(char, &'static str)] {
        match self {
            Self::Ukrainian => &[
                ('Є', "YE"),
                ('Ї', "YI"),
                ('Й', "Y"),
                ('Ю', "YU"),
                ('Я', "YA"),
            ],
            _ => &[],
        }
    }
}

/// Table C: `X` begins what is more than one letter. Empty: not encoded.
pub(super) const ARABIC: &[(char, &str)] = &[
    ('\u{0621}', "XE"),
    ('\u{0622}', "XAA"),
    ('\u{0623}', "XAE"),
    ('\u{0624}', "U"),
    ('\u{0625}', "I"),
    ('\u{0626}', "XI"),
    ('\u{0627}', "A"),
    ('\u{0628}', "B"),
    ('\u{062A}', "T"),
    ('\u{062B}', "XTH"),
    ('\u{062C}', "J"),
    ('\u{062D}', "XH"),
    ('\u{062E}', "XKH"),
    ('\u{062F}', "D"),
    ('\u{0630}', "XDH"),
    ('\u{0631}', "R"),
    ('\u{0632}', "Z"),
    ('\u{0633}', "S"),
    ('\u{0634}', "XSH"),
    ('\u{0635}', "XSS"),
    ('\u{0636}', "XDZ"),
    ('\u{0637}', "XTT"),
    ('\u{0638}', "XZZ"),
    ('\u{0639}', "E"),
    ('\u{063A}', "G"),
    ('\u{0640}', ""),
    ('\u{0641}', "F"),
    ('\u{0642}', "Q"),
    ('\u{0643}', "K"),
    ('\u{0644}', "L"),
    ('\u{0645}', "M"),
    ('\u{0646}', "N"),
    ('\u{0647}', "H"),
    ('\u{0648}', "W"),
    ('\u{0649}', "XAY"),
    ('\u{064A}', "Y"),
    ('\u{064B}', ""),
    ('\u{064C}', ""),
    ('\u{064D}', ""),
    ('\u{064E}', ""),
    ('\u{064F}', ""),
    ('\u{0650}', ""),
    ('\u{0652}', ""),
    ('\u{0670}', ""),
    ('\u{0671}', "XXA"),
    ('\u{0679}', "XXT"),
    ('\u{067C}', "XRT"),
    ('\u{067E}', "P"),
    ('\u{0681}', "XKE"),
    ('\u{0685}', "XXH"),
    ('\u{0686}', "XC"),
    ('\u{0688}', "XXD"),
    ('\u{0689}', "XDR"),
    ('\u{0691}', "XXR"),
    ('\u{0693}', "XRR"),
    ('\u{0696}', "XRX"),
    ('\u{0698}', "XJ"),
    ('\u{069A}', "XXS"),
    ('\u{069C}', ""),
    ('\u{06A2}', ""),
    ('\u{06A7}', ""),
    ('\u{06A8}', ""),
    ('\u{06A9}', "XKK"),
    ('\u{06AB}', "XXK"),
    ('\u{06AD}', "XNG"),
    ('\u{06AF}', "XGG"),
    ('\u{06BA}', "XNN"),
    ('\u{06BC}', "XXN"),
    ('\u{06BE}', "XDO"),
    ('\u{06C0}', "XYH"),
    ('\u{06C1}', "XXG"),
    ('\u{06C2}', "XGE"),
    ('\u{06C3}', "XTG"),
    ('\u{06CC}', "XYA"),
    ('\u{06CD}', "XXY"),
    ('\u{06D0}', "Y"),
    ('\u{06D2}', "XYB"),
    ('\u{06D3}', "XBE"),
];

/// Teh marbuta: at the end of a component, and elsewhere (table C, note 2).
pub(super) const TEH_MARBUTA: (char, &str, &str) = ('\u{0629}', "XAH", "XTA");
/// Shadda doubles the letter before it (table C, note 3).
pub(super) const SHADDA: char = '\u{0651}';
