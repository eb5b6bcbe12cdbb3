//! Dates as people read them: in figures or with the month's name, in every order that documents use.
//!
//! ```text
//! 12 AUG 1974    12 AUG/AOUT 74    12AUG1974    12.08.1974    1974-08-12    20/02/1960    08/31/1977
//! ```
//!
//! ICAO 9303-3, 3.4 has the day first, the month in figures or as an abbreviation in one or two
//! languages, and the year with two or four digits; licences of the United States have the month
//! first, Canadian ones the year. A date that can be read in two ways keeps both readings.

use std::fmt;

use super::months::EVERY_MONTH;
use super::tokens::{Token, tokens};

/// A date that was read; a part that the document leaves open is not known (ICAO 9303-3, 4.8).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct VizDate {
    /// The year: all of it, or its last two digits where `century_known` is false.
    pub year: u16,
    /// Whether the document prints the century.
    pub century_known: bool,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day, 1 to 31.
    pub day: u8,
}

impl fmt::Debug for VizDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VizDate([redacted])")
    }
}

impl VizDate {
    /// Whether both are one day; a year without its century agrees with every century.
    #[must_use]
    pub const fn agrees(&self, other: &Self) -> bool {
        let years = if self.century_known && other.century_known {
            self.year == other.year
        } else {
            self.year % 100 == other.year % 100
        };
        years && self.month == other.month && self.day == other.day
    }

    /// `None` where no century has that day.
    fn new(year: Year, month: u8, day: u8) -> Option<Self> {
        let months = (1..=12).contains(&month).then_some(month)?;
        let longest = match months {
            2 if !year.century_known || leap(year.value) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        (1..=longest).contains(&day).then_some(Self {
            year: year.value,
            century_known: year.century_known,
            month,
            day,
        })
    }
}

const fn leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

#[derive(Clone, Copy)]
struct Year {
    value: u16,
    century_known: bool,
}

/// The order of day and month where both are figures up to 12.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateOrder {
    /// Nothing tells: both are kept.
    #[default]
    Unknown,
    /// Day, month, year.
    DayFirst,
    /// Month, day, year: licences and cards of the United States.
    MonthFirst,
}

/// The readings of one printed date, one after the other where a text holds several.
pub(in crate::document) type Readings = Vec<VizDate>;

/// Every date in a text, in its order, each with all its readings. Spaces that were read within figures
/// are looked over where there is no date otherwise.
pub(in crate::document) fn dates_in(text: &str, order: DateOrder) -> Vec<Readings> {
    let dates = dates_as_spaced(text, order);
    if !dates.is_empty() {
        return dates;
    }
    let joined: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    dates_as_spaced(&joined, order)
}

fn dates_as_spaced(text: &str, order: DateOrder) -> Vec<Readings> {
    let tokens = tokens(text);
    let mut dates = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match date_at(&tokens[at..], order) {
            Some((readings, used)) => {
                dates.push(readings);
                at += used;
            }
            None => at += 1,
        }
    }
    dates
}

/// The order that a date in figures tells by itself: one of the two is above 12.
pub(super) fn order_told(text: &str) -> Option<DateOrder> {
    let tokens = tokens(text);
    tokens.windows(5).find_map(|window| {
        let [
            Token::Figures(a),
            Token::Mark(m),
            Token::Figures(b),
            Token::Mark(n),
            Token::Figures(_),
        ] = window
        else {
            return None;
        };
        let (a_value, b_value) = (number(a)?, number(b)?);
        if m != n || a.len() > 2 || b.len() > 2 {
            return None;
        }
        match (a_value, b_value) {
            (13..=31, 1..=12) => Some(DateOrder::DayFirst),
            (1..=12, 13..=31) => Some(DateOrder::MonthFirst),
            _ => None,
        }
    })
}

fn number(figures: &str) -> Option<u16> {
    figures.parse().ok()
}

/// A date at the beginning, and how many tokens it took.
fn date_at(tokens: &[Token], order: DateOrder) -> Option<(Readings, usize)> {
    with_name(tokens)
        .or_else(|| in_figures(tokens, order))
        .or_else(|| spaced_figures(tokens))
}

/// Day, month's name in one or two languages, year; or month's name, day, year.
fn with_name(tokens: &[Token]) -> Option<(Readings, usize)> {
    let day_first = matches!(tokens.first(), Some(Token::Figures(_)));
    let mut at = usize::from(day_first);
    skip_marks(tokens, &mut at);
    let mut months = EVERY_MONTH;
    let mut named = false;
    while let Some(Token::Month(these)) = tokens.get(at) {
        if months & these == 0 {
            break;
        }
        months &= these;
        named = true;
        at += 1;
        skip_marks(tokens, &mut at);
    }
    if !named {
        return None;
    }
    let day = if day_first {
        let Token::Figures(day) = tokens.first()? else {
            return None;
        };
        day
    } else {
        let Token::Figures(day) = tokens.get(at)? else {
            return None;
        };
        at += 1;
        skip_marks(tokens, &mut at);
        day
    };
    let Token::Figures(year) = tokens.get(at)? else {
        return None;
    };
    let (day, year) = (day_of(day)?, year_of(year)?);
    let readings: Readings = (1..=12)
        .filter(|month| months & (1 << month) != 0)
        .filter_map(|month| VizDate::new(year, month, day))
        .collect();
    (!readings.is_empty()).then_some((readings, at + 1))
}

/// Three numbers parted by one and the same mark.
fn in_figures(tokens: &[Token], order: DateOrder) -> Option<(Readings, usize)> {
    let [
        Token::Figures(a),
        Token::Mark(m),
        Token::Figures(b),
        Token::Mark(n),
        Token::Figures(c),
        ..,
    ] = tokens
    else {
        return None;
    };
    if m != n || !['.', '/', '-', ',', '·'].contains(m) {
        return None;
    }
    let readings = three(
        a,
        b,
        c,
        if *m == '.' {
            DateOrder::DayFirst
        } else {
            order
        },
    );
    (!readings.is_empty()).then_some((readings, 5))
}

/// Three numbers parted by spaces: day, month, year, or year, month, day with a whole year.
fn spaced_figures(tokens: &[Token]) -> Option<(Readings, usize)> {
    let [Token::Figures(a), Token::Figures(b), Token::Figures(c), ..] = tokens else {
        return None;
    };
    let whole_year = a.len() == 4 || c.len() == 4;
    if !whole_year || b.len() != 2 {
        return None;
    }
    let readings = three(a, b, c, DateOrder::DayFirst);
    (!readings.is_empty()).then_some((readings, 3))
}

/// Every date that three numbers may mean.
fn three(a: &str, b: &str, c: &str, order: DateOrder) -> Readings {
    if a.len() == 4 {
        let date = year_of(a).zip(day_of(b).zip(day_of(c)));
        return date
            .and_then(|(year, (month, day))| VizDate::new(year, month, day))
            .into_iter()
            .collect();
    }
    let (Some(first), Some(second), Some(year)) = (day_of(a), day_of(b), year_of(c)) else {
        return Vec::new();
    };
    let day_first = VizDate::new(year, second, first);
    let month_first = VizDate::new(year, first, second);
    match order {
        DateOrder::DayFirst => day_first.or(month_first).into_iter().collect(),
        DateOrder::MonthFirst => month_first.or(day_first).into_iter().collect(),
        DateOrder::Unknown => {
            let mut readings: Readings = day_first.into_iter().chain(month_first).collect();
            readings.dedup();
            readings
        }
    }
}

fn skip_marks(tokens: &[Token], at: &mut usize) {
    while let Some(Token::Mark('.' | '/' | '-' | ',' | '|')) = tokens.get(*at) {
        *at += 1;
    }
}

fn day_of(figures: &str) -> Option<u8> {
    (figures.len() <= 2).then(|| figures.parse().ok()).flatten()
}

/// Four digits from 1850 to 2199, or two.
fn year_of(figures: &str) -> Option<Year> {
    let value = number(figures)?;
    match figures.len() {
        2 => Some(Year {
            value,
            century_known: false,
        }),
        4 if (1850..2200).contains(&value) => Some(Year {
            value,
            century_known: true,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, order: DateOrder) -> Vec<Vec<(u16, u8, u8)>> {
        dates_in(text, order)
            .into_iter()
            .map(|readings| readings.iter().map(|d| (d.year, d.month, d.day)).collect())
            .collect()
    }

    #[test]
    fn dates_are_read_in_every_order_that_documents_use() {
        for text in [
            "12 AUG 1974",
            "12AUG1974",
            "12 AUG/AOUT 1974",
            "12 Août/Aug 1974",
            "12.08.1974",
            "1974-08-12",
            "12. 8. 1974.",
            "AUG 12, 1974",
            "12 08 1974",
            "1974/08/12",
            "12 AUGUST 1974",
            "l2.O8.1974",
            "12AU6 1974",
            "12 .08 .197 4",
        ] {
            assert_eq!(
                read(text, DateOrder::Unknown),
                [vec![(1974, 8, 12)]],
                "{text}"
            );
        }
        assert_eq!(
            read("12 AUG/AOUT 74", DateOrder::Unknown),
            [vec![(74, 8, 12)]]
        );
    }

    #[test]
    fn a_date_that_can_be_read_in_two_ways_keeps_both_readings() {
        let both = read("10/04/1949", DateOrder::Unknown);
        assert_eq!(both, [vec![(1949, 4, 10), (1949, 10, 4)]]);
        assert_eq!(read("10/04/49", DateOrder::MonthFirst), [vec![(49, 10, 4)]]);
        assert_eq!(
            read("08/31/1977", DateOrder::Unknown),
            [vec![(1977, 8, 31)]]
        );
        assert_eq!(read("05/05/2001", DateOrder::Unknown), [vec![(2001, 5, 5)]]);
        assert_eq!(order_told("20/02/1960"), Some(DateOrder::DayFirst));
        assert_eq!(order_told("08/31/1977"), Some(DateOrder::MonthFirst));
        assert_eq!(order_told("10/04/1949"), None);
    }

    #[test]
    fn an_abbreviation_of_two_months_keeps_both_unless_a_second_language_settles_it() {
        assert_eq!(
            read("01 JUI 06", DateOrder::Unknown),
            [vec![(6, 6, 1), (6, 7, 1)]]
        );
        assert_eq!(read("01 JUL/JUI 06", DateOrder::Unknown), [vec![(6, 7, 1)]]);
        assert_eq!(
            read("20 Juin/Jun 1978", DateOrder::Unknown),
            [vec![(1978, 6, 20)]]
        );
    }

    #[test]
    fn a_range_is_two_dates() {
        assert_eq!(
            read("17.10.03-09.05.2013", DateOrder::Unknown),
            [vec![(3, 10, 17)], vec![(2013, 5, 9)]]
        );
    }

    #[test]
    fn what_is_no_day_is_no_date() {
        for text in [
            "31.02.1999",
            "40 AUG 1974",
            "12 XYZ 1974",
            "L898902C3",
            "1.2",
            "13/13/2000",
            "29.02.1999",
            "",
        ] {
            assert_eq!(
                read(text, DateOrder::Unknown),
                Vec::<Vec<_>>::new(),
                "{text}"
            );
        }
        assert_eq!(read("29.02.2000", DateOrder::Unknown).len(), 1);
    }

    #[test]
    fn a_year_without_century_agrees_with_each() {
        let short = dates_in("12 AUG 74", DateOrder::Unknown)[0][0];
        let long = dates_in("12 AUG 1974", DateOrder::Unknown)[0][0];
        let later = dates_in("12 AUG 2074", DateOrder::Unknown)[0][0];
        assert!(short.agrees(&long) && long.agrees(&short) && short.agrees(&later));
        assert!(!long.agrees(&later));
        assert!(!format!("{long:?}").contains("1974"));
    }
}
