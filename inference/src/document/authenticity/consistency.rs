//! Whether what a document says can all be true of one document: its codes, its number, its dates.
//!
//! ```text
//! zone ──► code and state by its layout (9303-4 to -7), states by 9303-3, days that exist, number by its state
//! parts ─► birth and expiry as the cross-check compared them     print, barcode ─► birth, issue, expiry in order
//! barcode ► its country and its issuer's
//! ```
//!
//! No day of today is needed: what contradicts today is [`super::dates`]'s. Only what was read surely is judged: a
//! valid zone, a field of print that its label names, a confirmed barcode. One contradiction is enough; what the
//! standards forbid scores 1, a number of another shape than its state publishes [`OTHER_SHAPE`].
//!
//! Measured (`tests/tests/document/consistency.rs`): figures stand in `docs/benchmarks/quality.md`.

use time::{Date, Month};

use super::numbers::has_its_shape;
use super::{Reason, Scored, Signal, SignalKind};
use crate::document::aamva::{Country, Field, Licence};
use crate::document::assessment::{Assessment, Unmeasured};
use crate::document::crosscheck::{Crosscheck, Crosschecks};
use crate::document::mrz::{CheckDigits, Field as Place, MrzFields, MrzFormat, is_known_state};
use crate::document::reading::{DocumentReading, MrzReading};
use crate::document::viz::{FieldName, FoundBy, Viz};

/// Score of a number whose shape is not the one that its state publishes: shapes change, standards hardly.
const OTHER_SHAPE: f32 = 0.75;
/// A printed date counts from this confidence of label and value on, as in cross-checks.
const SURE: f32 = 0.85;
/// Codes of ICAO 9303-3, section 5, part E: persons without a nationality. No state issues under them.
const NO_ISSUER: [&str; 4] = ["XXA", "XXB", "XXC", "XXX"];

/// What a document says, from all of its parts and sides.
#[derive(Debug, Clone, Copy)]
pub struct Stated<'a> {
    /// Its zone.
    pub mrz: Option<&'a MrzReading>,
    /// The visual zones of its sides.
    pub sides: &'a [&'a Viz],
    /// What its barcode holds.
    pub licence: Option<&'a Licence>,
    /// Its parts compared.
    pub crosschecks: &'a Crosschecks,
}

/// Whether what the document says contradicts itself or the standards.
#[must_use]
pub fn consistency(stated: &Stated<'_>) -> Signal {
    let zone = stated.mrz.filter(|mrz| mrz.valid).map(|mrz| {
        let lines: Vec<&str> = mrz.lines.iter().map(String::as_str).collect();
        of_zone(mrz.format, &mrz.fields, &lines, mrz.check_digits)
    });
    let checks = zone
        .into_iter()
        .flatten()
        .chain(of_parts(stated.crosschecks))
        .chain([order(&printed(stated.sides))])
        .chain(stated.licence.map_or([None; 2], of_licence));
    let mut worst: Option<Scored> = None;
    for (wrong, reason) in checks.flatten() {
        let score = match (wrong, reason) {
            (false, _) => 0.0,
            (true, Reason::NumberFormat) => OTHER_SHAPE,
            (true, _) => 1.0,
        };
        if worst.is_none_or(|worst| score > worst.score) {
            worst = Some(Scored { score, reason });
        }
    }
    let why = match stated.mrz {
        Some(mrz) if !mrz.valid => Unmeasured::Unsure,
        _ => Unmeasured::NotStated,
    };
    Signal::new(SignalKind::DataInconsistent, Assessment::or_why(worst, why))
}

/// What was judged: whether it is wrong, and what it was. `None` where it could not be.
type Check = Option<(bool, Reason)>;

fn of_zone(
    format: MrzFormat,
    fields: &MrzFields,
    lines: &[&str],
    digits: CheckDigits,
) -> Vec<Check> {
    let day = |place, right: Option<bool>| {
        let raw = raw(format, lines, place)?;
        let whole = raw.bytes().all(|byte| byte.is_ascii_digit());
        (whole && right == Some(true)).then(|| (!may_be_a_day(raw), Reason::NoSuchDay))
    };
    let number = has_its_shape(format, fields).map(|fits| (!fits, Reason::NumberFormat));
    vec![
        Some((!code_fits(format, fields), Reason::DocumentCode)),
        state(&fields.issuing_state, &NO_ISSUER),
        state(&fields.nationality, &[]),
        day(Place::Birth, digits.birth),
        day(Place::Expiry, digits.expiry),
        number,
    ]
}

/// The document codes that a layout takes: ICAO 9303-4, 4.2.2 (`P`), 9303-5 and -6, 4.2.2 (`A`, `C` or `I`; no `V`
/// after it, and `C` after `A` for crew only), 9303-7, 4.2.2 and 5.2.2 (`V`); the French layout is France's.
fn code_fits(format: MrzFormat, fields: &MrzFields) -> bool {
    let code = fields.document_code.as_bytes();
    match format {
        MrzFormat::Td3 => code.first() == Some(&b'P'),
        MrzFormat::MrvA | MrzFormat::MrvB => code.first() == Some(&b'V'),
        MrzFormat::Td1 | MrzFormat::Td2 => {
            matches!(code.first(), Some(b'A' | b'C' | b'I')) && code.get(1) != Some(&b'V')
        }
        MrzFormat::FrenchId => code == b"ID" && fields.issuing_state == "FRA",
    }
}

fn state(code: &str, forbidden: &[&str]) -> Check {
    let wrong = !is_known_state(code) || forbidden.contains(&code);
    (!code.is_empty()).then_some((wrong, Reason::StateCode))
}

fn raw<'a>(format: MrzFormat, lines: &[&'a str], place: Place) -> Option<&'a str> {
    let span = format.layout().span(place)?;
    lines.get(span.line)?.get(span.start..span.start + span.len)
}

/// Whether some century has the day; `00` stands for an unknown part on documents that don't write filler.
fn may_be_a_day(raw: &str) -> bool {
    let part = |from: usize| {
        raw.get(from..from + 2)
            .and_then(|two| two.parse::<u8>().ok())
    };
    let (Some(year), Some(month), Some(day)) = (part(0), part(2), part(4)) else {
        return false;
    };
    let longest = match Month::try_from(month) {
        // 2000 was a leap year, 1900 was none.
        Ok(month) => month.length(2000 + i32::from(year)),
        Err(_) => 31,
    };
    month <= 12 && day <= longest
}

fn of_parts(checks: &Crosschecks) -> [Check; 2] {
    [checks.birth_date, checks.expiry_date].map(|check| match check {
        Crosscheck::Agrees { .. } => Some((false, Reason::DatesDiffer)),
        Crosscheck::Differs { .. } => Some((true, Reason::DatesDiffer)),
        Crosscheck::NotAssessed(_) => None,
    })
}

fn of_licence(licence: &Licence) -> [Check; 2] {
    let date = |field| licence.fields.date(field);
    let says = licence
        .fields
        .text(Field::Country)
        .and_then(Country::by_code);
    let issuer = licence.issuer().map(|issuer| issuer.country);
    let country = says.zip(issuer);
    [
        order(&[Field::Birth, Field::Issued, Field::Expires].map(date)),
        country.map(|(says, issuer)| (says != issuer, Reason::Issuer)),
    ]
}

/// Birth, issue and expiry, those that are known, in the order of time.
fn order(dates: &[Option<Date>; 3]) -> Check {
    let known: Vec<Date> = dates.iter().flatten().copied().collect();
    (known.len() > 1).then(|| (!known.is_sorted(), Reason::Order))
}

/// The printed days of birth, issue and expiry with their centuries, where they were read surely and in one way.
pub(super) fn printed(sides: &[&Viz]) -> [Option<Date>; 3] {
    [
        FieldName::BirthDate,
        FieldName::IssueDate,
        FieldName::ExpiryDate,
    ]
    .map(|name| sides.iter().find_map(|side| sure_day(side, name)))
}

fn sure_day(viz: &Viz, name: FieldName) -> Option<Date> {
    let field = viz.field(name)?;
    let sure = field.found == FoundBy::Label
        && field.confidence >= SURE
        && field.label_confidence.is_some_and(|label| label >= SURE);
    let [date] = field.dates.as_slice() else {
        return None;
    };
    if !sure || !date.century_known {
        return None;
    }
    let month = Month::try_from(date.month).ok()?;
    Date::from_calendar_date(i32::from(date.year), month, date.day).ok()
}

impl DocumentReading {
    /// Whether what this side says contradicts itself.
    #[must_use]
    pub fn consistency(&self) -> Signal {
        let sides: Vec<&Viz> = self.viz.iter().collect();
        consistency(&Stated {
            mrz: self.mrz.as_ref(),
            sides: &sides,
            licence: self.read_licence(),
            crosschecks: &self.crosschecks,
        })
    }
}

#[cfg(test)]
mod tests;
