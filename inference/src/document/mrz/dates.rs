//! MRZ dates: two-digit years, and the century that a reference date gives them.

use std::fmt;

use time::{Date, Month};

/// How far an expiry may lie from the reference date, in years, before the other century is meant.
const EXPIRY_WINDOW_YEARS: i32 = 50;

/// A date as an MRZ writes it; a part written as filler is not known (ICAO 9303-3, 4.8).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MrzDate {
    /// Last two digits of the year.
    pub year: Option<u8>,
    /// Month, 1 to 12.
    pub month: Option<u8>,
    /// Day, 1 to 31.
    pub day: Option<u8>,
}

impl fmt::Debug for MrzDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MrzDate([redacted])")
    }
}

impl MrzDate {
    /// Reads `YYMMDD`; `None` where that is no date, wholly or in a known part, or all filler.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 6 || !text.is_ascii() {
            return None;
        }
        let date = Self {
            year: part(&text[0..2], 0, 99)?,
            month: part(&text[2..4], 1, 12)?,
            day: part(&text[4..6], 1, 31)?,
        };
        let known = date.year.is_some() || date.month.is_some() || date.day.is_some();
        (known && date.may_exist()).then_some(date)
    }

    /// The date as the MRZ writes it.
    #[must_use]
    pub fn from_date(date: Date) -> Self {
        Self {
            year: u8::try_from(date.year().rem_euclid(100)).ok(),
            month: Some(u8::from(date.month())),
            day: Some(date.day()),
        }
    }

    /// `YYMMDD`, filler for what is not known.
    #[must_use]
    pub fn to_mrz(self) -> String {
        [self.year, self.month, self.day]
            .map(|part| part.map_or_else(|| "<<".to_owned(), |value| format!("{value:02}")))
            .concat()
    }

    /// As a date of birth: the newest century that does not put it after `reference`.
    /// `None` where a part is unknown or the day does not exist.
    #[must_use]
    pub fn as_birth(self, reference: Date) -> Option<Date> {
        let century = reference.year().div_euclid(100) * 100;
        [century, century - 100]
            .into_iter()
            .filter_map(|century| self.in_century(century))
            .find(|date| *date <= reference)
    }

    /// As an expiry: the year of that ending nearest to `reference`, at most 50 years away.
    /// `None` where a part is unknown or the day does not exist.
    #[must_use]
    pub fn as_expiry(self, reference: Date) -> Option<Date> {
        let century = reference.year().div_euclid(100) * 100;
        [century, century + 100, century - 100]
            .into_iter()
            .filter_map(|century| self.in_century(century))
            .find(|date| (date.year() - reference.year()).abs() <= EXPIRY_WINDOW_YEARS)
    }

    fn in_century(self, century: i32) -> Option<Date> {
        let month = Month::try_from(self.month?).ok()?;
        Date::from_calendar_date(century + i32::from(self.year?), month, self.day?).ok()
    }

    /// Whether some century has this day; unknown parts are taken as possible.
    fn may_exist(self) -> bool {
        let whole = Self {
            year: self.year.or(Some(0)),
            month: self.month.or(Some(1)),
            day: self.day.or(Some(1)),
        };
        whole.in_century(2000).is_some() || whole.in_century(1900).is_some()
    }
}

/// `Some(None)` for filler, `None` for what is neither filler nor a number in range.
fn part(text: &str, low: u8, high: u8) -> Option<Option<u8>> {
    if text == "<<" {
        return Some(None);
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value: u8 = text.parse().ok()?;
    (low..=high).contains(&value).then_some(Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_birth_never_lies_after_the_reference_date() {
        let day = MrzDate::parse("740812").unwrap();
        assert_eq!(
            day.as_birth(date!(2026 - 11 - 21)),
            Some(date!(1974 - 08 - 12))
        );
        let today = MrzDate::parse("261121").unwrap();
        assert_eq!(
            today.as_birth(date!(2026 - 11 - 21)),
            Some(date!(2026 - 11 - 21))
        );
        let tomorrow = MrzDate::parse("261122").unwrap();
        assert_eq!(
            tomorrow.as_birth(date!(2026 - 11 - 21)),
            Some(date!(1926 - 11 - 22))
        );
    }

    #[test]
    fn an_expiry_is_the_nearest_year_of_that_ending() {
        let reference = date!(2026 - 11 - 21);
        let expiry = |text| MrzDate::parse(text).unwrap().as_expiry(reference);
        assert_eq!(expiry("120415"), Some(date!(2012 - 04 - 15)));
        assert_eq!(expiry("761231"), Some(date!(2076 - 12 - 31)));
        assert_eq!(expiry("990101"), Some(date!(1999 - 01 - 01)));
        let late = date!(2098 - 01 - 01);
        assert_eq!(
            MrzDate::parse("050101").unwrap().as_expiry(late),
            Some(date!(2105 - 01 - 01))
        );
    }

    #[test]
    fn unknown_parts_are_kept_unknown() {
        let day = MrzDate::parse("74<<<<").unwrap();
        assert_eq!((day.year, day.month, day.day), (Some(74), None, None));
        assert_eq!(day.as_birth(date!(2026 - 11 - 21)), None);
        assert_eq!(day.to_mrz(), "74<<<<");
    }

    #[test]
    fn what_is_no_day_is_no_date() {
        for text in [
            "741301", "740230", "7408O2", "74081", "7408122", "<<<<<<", "74081<", "+4+8+2",
        ] {
            assert_eq!(MrzDate::parse(text), None, "{text}");
        }
        assert!(MrzDate::parse("000229").is_some());
    }
}
