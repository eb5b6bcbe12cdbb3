//! Where each field and check digit stands, for each of the six layouts.
//!
//! Sources: TD3 ICAO 9303-4, 4.2; TD1 9303-5, 4.2; TD2 9303-6, 4.2; MRV-A and MRV-B 9303-7, 4.2
//! and 5.2; the French identity card of 1988 to 2021 by its decree's layout (2 lines of 36, no
//! expiry, one composite digit over both lines). Positions here count from 0.

use serde::{Deserialize, Serialize};

/// The six layouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MrzFormat {
    /// Card, 3 lines of 30.
    Td1,
    /// Card, 2 lines of 36.
    Td2,
    /// Passport, 2 lines of 44.
    Td3,
    /// Visa, 2 lines of 44.
    MrvA,
    /// Visa, 2 lines of 36.
    MrvB,
    /// French identity card, 2 lines of 36.
    FrenchId,
}

impl MrzFormat {
    /// Every layout.
    pub const ALL: [Self; 6] = [
        Self::Td1,
        Self::Td2,
        Self::Td3,
        Self::MrvA,
        Self::MrvB,
        Self::FrenchId,
    ];

    /// Its name as ICAO writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Td1 => "TD1",
            Self::Td2 => "TD2",
            Self::Td3 => "TD3",
            Self::MrvA => "MRV-A",
            Self::MrvB => "MRV-B",
            Self::FrenchId => "FRENCH-ID",
        }
    }

    /// Its table.
    #[must_use]
    pub fn layout(self) -> &'static Layout {
        match self {
            Self::Td1 => &TD1,
            Self::Td2 => &TD2,
            Self::Td3 => &TD3,
            Self::MrvA => &MRV_A,
            Self::MrvB => &MRV_B,
            Self::FrenchId => &FRENCH_ID,
        }
    }
}

/// A field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// Document code.
    Code,
    /// Issuing state or organisation.
    State,
    /// Names; in the French layout the surname.
    Name,
    /// Given names, where they stand apart (French layout).
    GivenNames,
    /// Document number.
    Number,
    /// Nationality.
    Nationality,
    /// Date of birth.
    Birth,
    /// Sex.
    Sex,
    /// Date of expiry.
    Expiry,
    /// Optional data: TD3's personal number, TD1's of the first line.
    Optional,
    /// TD1's optional data of the second line.
    SecondOptional,
    /// A check digit.
    Check,
}

/// What characters a place takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// A-Z and filler.
    Letters,
    /// 0-9 and filler (a date's unknown part).
    Date,
    /// A-Z, 0-9 and filler.
    Any,
    /// M, F, X or filler.
    Sex,
    /// 0-9; filler only where the layout says so.
    Digit,
}

/// A field's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Which field.
    pub field: Field,
    /// Line, from 0.
    pub line: usize,
    /// First position, from 0.
    pub start: usize,
    /// Characters.
    pub len: usize,
    /// What it takes.
    pub class: Class,
}

/// A check digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CheckKind {
    /// Over the document number.
    Number,
    /// Over the date of birth.
    Birth,
    /// Over the date of expiry.
    Expiry,
    /// Over TD3's personal number.
    Personal,
    /// Over several fields.
    Composite,
}

/// A check digit's place and what it covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// Which.
    pub kind: CheckKind,
    /// Its line, from 0.
    pub line: usize,
    /// Its position, from 0.
    pub position: usize,
    /// What it covers: line, start and length, in the order of weighting.
    pub covers: &'static [(usize, usize, usize)],
}

/// A layout's table. Its spans and check digits together cover every position once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Lines.
    pub lines: usize,
    /// Characters a line.
    pub width: usize,
    /// Fields.
    pub spans: &'static [Span],
    /// Check digits.
    pub checks: &'static [Check],
}

impl Layout {
    /// The place of a field, where the layout has it.
    #[must_use]
    pub fn span(&self, field: Field) -> Option<&Span> {
        self.spans.iter().find(|span| span.field == field)
    }

    /// What the position takes.
    #[must_use]
    pub fn class_at(&self, line: usize, position: usize) -> Class {
        self.spans
            .iter()
            .find(|span| {
                span.line == line && (span.start..span.start + span.len).contains(&position)
            })
            .map_or(Class::Digit, |span| span.class)
    }
}

const fn span(field: Field, line: usize, start: usize, len: usize, class: Class) -> Span {
    Span {
        field,
        line,
        start,
        len,
        class,
    }
}

const fn check(
    kind: CheckKind,
    line: usize,
    position: usize,
    covers: &'static [(usize, usize, usize)],
) -> Check {
    Check {
        kind,
        line,
        position,
        covers,
    }
}

const TD1: Layout = Layout {
    lines: 3,
    width: 30,
    spans: &[
        span(Field::Code, 0, 0, 2, Class::Letters),
        span(Field::State, 0, 2, 3, Class::Letters),
        span(Field::Number, 0, 5, 9, Class::Any),
        span(Field::Optional, 0, 15, 15, Class::Any),
        span(Field::Birth, 1, 0, 6, Class::Date),
        span(Field::Sex, 1, 7, 1, Class::Sex),
        span(Field::Expiry, 1, 8, 6, Class::Date),
        span(Field::Nationality, 1, 15, 3, Class::Letters),
        span(Field::SecondOptional, 1, 18, 11, Class::Any),
        span(Field::Name, 2, 0, 30, Class::Letters),
    ],
    checks: &[
        check(CheckKind::Number, 0, 14, &[(0, 5, 9)]),
        check(CheckKind::Birth, 1, 6, &[(1, 0, 6)]),
        check(CheckKind::Expiry, 1, 14, &[(1, 8, 6)]),
        check(
            CheckKind::Composite,
            1,
            29,
            &[(0, 5, 25), (1, 0, 7), (1, 8, 7), (1, 18, 11)],
        ),
    ],
};

const TD2: Layout = Layout {
    lines: 2,
    width: 36,
    spans: &[
        span(Field::Code, 0, 0, 2, Class::Letters),
        span(Field::State, 0, 2, 3, Class::Letters),
        span(Field::Name, 0, 5, 31, Class::Letters),
        span(Field::Number, 1, 0, 9, Class::Any),
        span(Field::Nationality, 1, 10, 3, Class::Letters),
        span(Field::Birth, 1, 13, 6, Class::Date),
        span(Field::Sex, 1, 20, 1, Class::Sex),
        span(Field::Expiry, 1, 21, 6, Class::Date),
        span(Field::Optional, 1, 28, 7, Class::Any),
    ],
    checks: &[
        check(CheckKind::Number, 1, 9, &[(1, 0, 9)]),
        check(CheckKind::Birth, 1, 19, &[(1, 13, 6)]),
        check(CheckKind::Expiry, 1, 27, &[(1, 21, 6)]),
        check(
            CheckKind::Composite,
            1,
            35,
            &[(1, 0, 10), (1, 13, 7), (1, 21, 14)],
        ),
    ],
};

const TD3: Layout = Layout {
    lines: 2,
    width: 44,
    spans: &[
        span(Field::Code, 0, 0, 2, Class::Letters),
        span(Field::State, 0, 2, 3, Class::Letters),
        span(Field::Name, 0, 5, 39, Class::Letters),
        span(Field::Number, 1, 0, 9, Class::Any),
        span(Field::Nationality, 1, 10, 3, Class::Letters),
        span(Field::Birth, 1, 13, 6, Class::Date),
        span(Field::Sex, 1, 20, 1, Class::Sex),
        span(Field::Expiry, 1, 21, 6, Class::Date),
        span(Field::Optional, 1, 28, 14, Class::Any),
    ],
    checks: &[
        check(CheckKind::Number, 1, 9, &[(1, 0, 9)]),
        check(CheckKind::Birth, 1, 19, &[(1, 13, 6)]),
        check(CheckKind::Expiry, 1, 27, &[(1, 21, 6)]),
        check(CheckKind::Personal, 1, 42, &[(1, 28, 14)]),
        check(
            CheckKind::Composite,
            1,
            43,
            &[(1, 0, 10), (1, 13, 7), (1, 21, 22)],
        ),
    ],
};

const VISA_CHECKS: &[Check] = &[
    check(CheckKind::Number, 1, 9, &[(1, 0, 9)]),
    check(CheckKind::Birth, 1, 19, &[(1, 13, 6)]),
    check(CheckKind::Expiry, 1, 27, &[(1, 21, 6)]),
];

const MRV_A: Layout = Layout {
    lines: 2,
    width: 44,
    spans: &[
        span(Field::Code, 0, 0, 2, Class::Letters),
        span(Field::State, 0, 2, 3, Class::Letters),
        span(Field::Name, 0, 5, 39, Class::Letters),
        span(Field::Number, 1, 0, 9, Class::Any),
        span(Field::Nationality, 1, 10, 3, Class::Letters),
        span(Field::Birth, 1, 13, 6, Class::Date),
        span(Field::Sex, 1, 20, 1, Class::Sex),
        span(Field::Expiry, 1, 21, 6, Class::Date),
        span(Field::Optional, 1, 28, 16, Class::Any),
    ],
    checks: VISA_CHECKS,
};

const MRV_B: Layout = Layout {
    lines: 2,
    width: 36,
    spans: &[
        span(Field::Code, 0, 0, 2, Class::Letters),
        span(Field::State, 0, 2, 3, Class::Letters),
        span(Field::Name, 0, 5, 31, Class::Letters),
        span(Field::Number, 1, 0, 9, Class::Any),
        span(Field::Nationality, 1, 10, 3, Class::Letters),
        span(Field::Birth, 1, 13, 6, Class::Date),
        span(Field::Sex, 1, 20, 1, Class::Sex),
        span(Field::Expiry, 1, 21, 6, Class::Date),
        span(Field::Optional, 1, 28, 8, Class::Any),
    ],
    checks: VISA_CHECKS,
};

const FRENCH_ID: Layout = Layout {
    lines: 2,
    width: 36,
    spans: &[
        span(Field::Code, 0, 0, 2, Class::Letters),
        span(Field::State, 0, 2, 3, Class::Letters),
        span(Field::Name, 0, 5, 25, Class::Letters),
        span(Field::Optional, 0, 30, 6, Class::Any),
        span(Field::Number, 1, 0, 12, Class::Any),
        span(Field::GivenNames, 1, 13, 14, Class::Letters),
        span(Field::Birth, 1, 27, 6, Class::Date),
        span(Field::Sex, 1, 34, 1, Class::Sex),
    ],
    checks: &[
        check(CheckKind::Number, 1, 12, &[(1, 0, 12)]),
        check(CheckKind::Birth, 1, 33, &[(1, 27, 6)]),
        check(CheckKind::Composite, 1, 35, &[(0, 0, 36), (1, 0, 35)]),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_position_of_every_layout_has_exactly_one_meaning() {
        for format in MrzFormat::ALL {
            let layout = format.layout();
            for line in 0..layout.lines {
                for position in 0..layout.width {
                    let fields = layout
                        .spans
                        .iter()
                        .filter(|s| {
                            s.line == line && (s.start..s.start + s.len).contains(&position)
                        })
                        .count();
                    let checks = layout
                        .checks
                        .iter()
                        .filter(|c| c.line == line && c.position == position)
                        .count();
                    assert_eq!(
                        fields + checks,
                        1,
                        "{format:?} line {line} position {position}"
                    );
                }
            }
        }
    }
}
