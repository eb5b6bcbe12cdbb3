//! Dates in both orders.
//!
//! Month first (MMDDCCYY) is written in the United States from version 2 on, year first (CCYYMMDD) in
//! Canada and by everyone in version 1. Eight digits tell their order themselves: a month is 01 to 12 and the years that
//! are taken begin with 18 to 21, so that no text reads as a date in both.

use time::{Date, Month};

use super::country::Country;

/// The first year and the last that a card's date may have.
const YEARS: std::ops::RangeInclusive<i32> = 1800..=2199;

/// How a date is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// MMDDCCYY.
    MonthFirst,
    /// CCYYMMDD.
    YearFirst,
}

impl Order {
    /// The one that the standard asks for for each version and country.
    pub fn expected(version: u8, country: Option<Country>) -> Self {
        match country {
            _ if version == 1 => Self::YearFirst,
            Some(Country::Canada) => Self::YearFirst,
            _ => Self::MonthFirst,
        }
    }
}

/// Reads a date. The flag tells that it is not written as expected: in the other order, or with
/// separators. `None` where it is no day of the calendar.
pub(super) fn read(text: &str, expected: Order) -> Option<(Date, bool)> {
    let (digits, parted) = digits(text)?;
    let in_order = |order: Order| -> Option<Date> {
        let (year, month, day) = match order {
            Order::MonthFirst => (&digits[4..8], &digits[0..2], &digits[2..4]),
            Order::YearFirst => (&digits[0..4], &digits[4..6], &digits[6..8]),
        };
        let year: i32 = year.parse().ok()?;
        let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
        let date = Date::from_calendar_date(year, month, day.parse().ok()?).ok()?;
        YEARS.contains(&year).then_some(date)
    };
    let month_first = in_order(Order::MonthFirst).map(|date| (date, Order::MonthFirst));
    let (date, order) =
        month_first.or_else(|| in_order(Order::YearFirst).map(|date| (date, Order::YearFirst)))?;
    Some((date, parted || order != expected))
}

/// The eight digits, and whether separators stood between them (`06-05-2019`).
fn digits(text: &str) -> Option<(String, bool)> {
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let all_digits = parts
        .iter()
        .all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let shape = matches!(lengths.as_slice(), [8] | [2, 2, 4] | [4, 2, 2]);
    (all_digits && shape).then(|| (parts.concat(), parts.len() > 1))
}

/// Writes a date.
pub(super) fn write(date: Date, order: Order) -> String {
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    match order {
        Order::MonthFirst => format!("{month:02}{day:02}{year:04}"),
        Order::YearFirst => format!("{year:04}{month:02}{day:02}"),
    }
}

/// Whether a date can be written: its year is one that is read back.
pub(super) fn is_writable(date: Date) -> bool {
    YEARS.contains(&date.year())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn both_orders_read_and_the_unexpected_one_is_told() {
        let day = date!(1984 - 02 - 29);
        assert_eq!(read("02291984", Order::MonthFirst), Some((day, false)));
        assert_eq!(read("19840229", Order::YearFirst), Some((day, false)));
        assert_eq!(read("19840229", Order::MonthFirst), Some((day, true)));
        assert_eq!(read("02291984", Order::YearFirst), Some((day, true)));
        assert_eq!(read("02-29-1984", Order::MonthFirst), Some((day, true)));
        assert_eq!(read("1984/02/29", Order::YearFirst), Some((day, true)));
    }

    #[test]
    fn what_is_no_day_is_not_read() {
        for text in [
            "02291983",
            "19830229",
            "13011984",
            "00000000",
            "99999999",
            "0229198",
            "2-29-1984",
            "29-02-1984",
            "2291984",
            "",
            "NONE",
            "0229198A",
            "＋2291984",
        ] {
            assert_eq!(read(text, Order::MonthFirst), None, "{text}");
        }
    }

    #[test]
    fn no_eight_digits_are_a_date_in_both_orders() {
        for year in YEARS {
            for month in 1..=12u8 {
                let text = write(
                    Date::from_calendar_date(year, Month::try_from(month).unwrap(), 12).unwrap(),
                    Order::YearFirst,
                );
                let as_month: u8 = text[0..2].parse().unwrap();
                assert!(as_month > 12, "{text}");
            }
        }
    }
}
