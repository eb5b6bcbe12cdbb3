//! Why text is no MRZ, or a field cannot be written into one. Says where, never what stood there.

/// Why lines were not parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The number and length of the lines fit none of the layouts.
    #[error(
        "{lines} lines, the longest of {longest} characters, are no MRZ: give 3 lines of 30, or 2 of 36 or 44"
    )]
    NoLayout {
        /// How many lines were given.
        lines: usize,
        /// Characters of the longest.
        longest: usize,
    },
    /// A character that MRZs do not have.
    #[error("line {line}, position {position}: an MRZ holds only A-Z, 0-9 and <")]
    ForeignCharacter {
        /// From 1.
        line: usize,
        /// From 1.
        position: usize,
    },
}

/// Why fields were not encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The value is longer than its place and may not be truncated.
    #[error("the {field} has {length} characters and its place {room}: shorten it")]
    TooLong {
        /// Which field.
        field: &'static str,
        /// Its characters.
        length: usize,
        /// What the layout has room for.
        room: usize,
    },
    /// A character without a place in this field, or without a transliteration.
    #[error(
        "the {field} has a character at position {position} that the MRZ cannot hold: write it in Latin, Cyrillic or digits as the field allows"
    )]
    Character {
        /// Which field.
        field: &'static str,
        /// From 1.
        position: usize,
    },
    /// A field that the layout demands is empty.
    #[error("the {field} is missing: this layout demands it")]
    Missing {
        /// Which field.
        field: &'static str,
    },
    /// A field that the layout has no place for.
    #[error("the layout has no place for the {field}: leave it empty")]
    NoPlace {
        /// Which field.
        field: &'static str,
    },
}
