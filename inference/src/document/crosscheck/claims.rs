//! What one part of a document says, in a form that all parts share.

use std::fmt;

use crate::document::mrz::{MrzDate, MrzFormat, Sex};
use crate::document::reading::MrzReading;
use crate::document::viz::{DateOrder, VizLine};
use crate::document::viz::{
    FieldName, FoundBy, Viz, VizDate, VizField, dates_in, is_number, sex_of,
};

use super::names::Name;

/// A visual field whose label or value was read less surely than this may agree, but its difference tells nothing: below it, one
/// letter in ten or more is wrong on small or blurred print.
const SURE: f32 = 0.85;

/// A part of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// Machine readable zone.
    Mrz,
    /// Barcode.
    Barcode,
    /// Visual inspection zone.
    Viz,
}

/// A day, as far as a source states it; a year may lack its century.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Day {
    /// Year; its last two digits where `century_known` is false; `None` where it is not known.
    pub year: Option<u16>,
    /// Whether the century is stated.
    pub century_known: bool,
    /// Month, 1 to 12.
    pub month: Option<u8>,
    /// Day of the month, 1 to 31.
    pub day: Option<u8>,
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Day([redacted])")
    }
}

impl From<time::Date> for Day {
    fn from(date: time::Date) -> Self {
        Self {
            year: u16::try_from(date.year()).ok(),
            century_known: true,
            month: Some(u8::from(date.month())),
            day: Some(date.day()),
        }
    }
}

impl From<MrzDate> for Day {
    fn from(date: MrzDate) -> Self {
        Self {
            year: date.year.map(u16::from),
            century_known: false,
            month: date.month,
            day: date.day,
        }
    }
}

impl From<VizDate> for Day {
    fn from(date: VizDate) -> Self {
        Self {
            year: Some(date.year),
            century_known: date.century_known,
            month: Some(date.month),
            day: Some(date.day),
        }
    }
}

/// What a source says of a field: every reading that it may have.
#[derive(Clone, PartialEq)]
pub struct Said<T> {
    /// The readings; none where the source does not state the field.
    pub readings: Vec<T>,
    /// Whether the field is surely this one and surely read: only then can it differ from another.
    pub sure: bool,
}

impl<T> fmt::Debug for Said<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Said({} readings, sure: {})",
            self.readings.len(),
            self.sure
        )
    }
}

impl<T> Default for Said<T> {
    fn default() -> Self {
        Self {
            readings: Vec::new(),
            sure: false,
        }
    }
}

impl<T> Said<T> {
    /// One sure reading.
    #[must_use]
    pub fn surely(value: T) -> Self {
        Self {
            readings: vec![value],
            sure: true,
        }
    }

    /// A sure reading where there is one.
    #[must_use]
    pub fn perhaps(value: Option<T>) -> Self {
        value.map_or_else(Self::default, Self::surely)
    }
}

/// What one part of a document says.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims {
    /// Which part.
    pub source: Source,
    /// Document number.
    pub document_number: Said<String>,
    /// Names.
    pub names: Said<Name>,
    /// Address, in one line.
    pub address: Said<String>,
    /// Date of birth.
    pub birth: Said<Day>,
    /// Date of expiry.
    pub expiry: Said<Day>,
    /// Sex: `F`, `M` or `X`.
    pub sex: Said<char>,
    /// Nationality: a code of ICAO 9303-3, section 5, or words for it.
    pub nationality: Said<String>,
}

impl Claims {
    /// A part that says nothing yet.
    #[must_use]
    pub fn new(source: Source) -> Self {
        Self {
            source,
            document_number: Said::default(),
            names: Said::default(),
            address: Said::default(),
            birth: Said::default(),
            expiry: Said::default(),
            sex: Said::default(),
            nationality: Said::default(),
        }
    }

    /// Surname and given names as the source states them, with whether they may have been cut.
    #[must_use]
    pub fn with_names(self, surname: &str, given: &str, truncated: bool) -> Self {
        let name = Name::apart(surname, given, truncated);
        Self {
            names: Said::surely(name),
            ..self
        }
    }

    /// What an MRZ says. One that is not valid may agree, but not differ.
    #[must_use]
    pub fn of_mrz(mrz: &MrzReading) -> Self {
        let fields = &mrz.fields;
        let stated = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let names = &fields.names;
        let mut claims = Self {
            document_number: Said::perhaps(stated(&fields.document_number)),
            birth: Said::perhaps(fields.birth.map(Day::from)),
            expiry: Said::perhaps(fields.expiry.map(Day::from)),
            sex: Said::perhaps(fields.sex.map(|sex| match sex {
                Sex::Female => 'F',
                Sex::Male => 'M',
                Sex::Unspecified => 'X',
            })),
            // The French card's zone has no place for it: what its fields hold is not stated there.
            nationality: Said::perhaps(match mrz.format {
                MrzFormat::FrenchId => None,
                _ => stated(&fields.nationality),
            }),
            ..Self::new(Source::Mrz)
        };
        if !names.primary.is_empty() {
            claims = claims.with_names(&names.primary, &names.secondary, names.maybe_truncated);
        }
        if !mrz.valid {
            claims.document_number.sure = false;
            claims.names.sure = false;
            claims.birth.sure = false;
            claims.expiry.sure = false;
            claims.sex.sure = false;
            claims.nationality.sure = false;
        }
        claims
    }

    /// What the visual zones of a document's sides say. Fields that were not known by their labels may
    /// agree wherever their value stands.
    #[must_use]
    pub fn of_viz(sides: &[&Viz]) -> Self {
        let zone = Zone { sides };
        let text = |field: &VizField| vec![field.text.clone()];
        let days = |field: &VizField| field.dates.iter().map(|date| Day::from(*date)).collect();
        Self {
            document_number: zone.said(FieldName::DocumentNumber, text, Zone::numbers),
            names: zone.names(),
            address: zone.said(FieldName::Address, text, |_| Vec::new()),
            birth: zone.said(FieldName::BirthDate, days, Zone::days),
            expiry: zone.said(FieldName::ExpiryDate, days, Zone::days),
            sex: zone.said(
                FieldName::Sex,
                |field| sex_of(&field.text).into_iter().collect(),
                |_| Vec::new(),
            ),
            nationality: zone.said(FieldName::Nationality, text, |_| Vec::new()),
            ..Self::new(Source::Viz)
        }
    }
}

/// The visual zones of a document.
struct Zone<'a> {
    sides: &'a [&'a Viz],
}

impl Zone<'_> {
    fn field(&self, name: FieldName) -> Option<&VizField> {
        self.sides.iter().find_map(|side| side.field(name))
    }

    fn lines(&self) -> impl Iterator<Item = &VizLine> {
        self.sides.iter().flat_map(|side| &side.lines)
    }

    /// A field's readings. Where no label names it, or it was read unsurely, everything on the page
    /// that may be it counts as a reading too, and none of them is sure. A labelled field stands alone.
    fn said<T>(
        &self,
        name: FieldName,
        read: impl Fn(&VizField) -> Vec<T>,
        elsewhere: impl Fn(&Self) -> Vec<T>,
    ) -> Said<T> {
        let field = self.field(name);
        let mut readings = field.map(&read).unwrap_or_default();
        let sure = field.is_some_and(is_sure);
        if !sure {
            readings.extend(elsewhere(self));
        }
        Said { readings, sure }
    }

    fn numbers(&self) -> Vec<String> {
        let whole = self.lines().map(VizLine::text);
        let words = self
            .lines()
            .flat_map(|line| line.words.iter().map(|word| word.text.clone()));
        whole
            .chain(words)
            .filter(|text| is_number(text, DateOrder::Unknown))
            .collect()
    }

    fn days(&self) -> Vec<Day> {
        self.lines()
            .flat_map(|line| dates_in(&line.text(), DateOrder::Unknown))
            .flatten()
            .map(Day::from)
            .collect()
    }

    fn names(&self) -> Said<Name> {
        let named = |name| self.field(name);
        let (surname, given) = (named(FieldName::Surname), named(FieldName::GivenNames));
        let full = named(FieldName::FullName);
        match (surname, given, full) {
            (Some(surname), Some(given), _) => {
                let name = Name::apart(&surname.text, &given.text, false);
                self.or_elsewhere(name, is_sure(surname) && is_sure(given))
            }
            (None, None, Some(full)) => {
                self.or_elsewhere(Name::together(&full.text), is_sure(full))
            }
            // One half found: the other may stand anywhere.
            _ => Said {
                readings: self.two_lines(),
                sure: false,
            },
        }
    }

    fn or_elsewhere(&self, name: Name, sure: bool) -> Said<Name> {
        let mut readings = vec![name];
        if !sure {
            readings.extend(self.two_lines());
        }
        Said { readings, sure }
    }

    /// Every line as a whole name, and every two that follow one another in a column of text.
    fn two_lines(&self) -> Vec<Name> {
        let mut names = Vec::new();
        for side in self.sides {
            let parts: Vec<VizLine> = side.lines.iter().flat_map(VizLine::columns).collect();
            for part in &parts {
                names.push(Name::together(&part.text()));
                let below = parts.iter().filter(|other| {
                    let down = other.middle_y() - part.middle_y();
                    (0.5 * part.height()..6.0 * part.height()).contains(&down)
                        && (other.corners[0][0] - part.corners[0][0]).abs() < 2.0 * part.height()
                });
                names.extend(below.map(|other| Name::apart(&part.text(), &other.text(), false)));
            }
        }
        names
    }
}

fn is_sure(field: &VizField) -> bool {
    let label = field.label_confidence.unwrap_or(0.0);
    field.found == FoundBy::Label && label >= SURE && field.confidence >= SURE
}
