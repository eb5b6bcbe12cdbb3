//! What a date of birth and a country add to a name, or take from it.

use serde::Serialize;
use time::Date;

use crate::entry::{Birth, Entry};

/// What is known of whom is asked for, beside the name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// Date of birth.
    pub birth_date: Option<Date>,
    /// Country of nationality or residence, ISO 3166-1 alpha-3.
    pub country: Option<String>,
}

/// How one fact agrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// As the list has it.
    Agrees,
    /// Nearly: a year off, or day and month exchanged.
    Near,
    /// Otherwise than the list has it.
    Differs,
    /// The list or the asking does not say.
    Unknown,
}

/// Both facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Of the date of birth.
    pub birth_date: Agreement,
    /// Of the country.
    pub country: Agreement,
}

impl Evidence {
    /// Compares what is known with an entry.
    pub fn of(person: &Person, entry: &Entry) -> Self {
        let birth_date = match person.birth_date {
            Some(born) if !entry.births.is_empty() => birth(born, &entry.births),
            _ => Agreement::Unknown,
        };
        let country = match &person.country {
            Some(country) if !entry.countries.is_empty() => {
                if entry.countries.contains(country) {
                    Agreement::Agrees
                } else {
                    Agreement::Differs
                }
            }
            _ => Agreement::Unknown,
        };
        Self {
            birth_date,
            country,
        }
    }

    /// Points added to the name's score. A date that differs takes much, since lists' dates are mostly right and given names
    /// are shared; a country little, since people have several. Set by that judgement: no labelled set was at hand.
    pub fn points(self) -> f32 {
        let birth = match self.birth_date {
            Agreement::Agrees => 8.0,
            Agreement::Near => 3.0,
            Agreement::Differs => -30.0,
            Agreement::Unknown => 0.0,
        };
        let country = match self.country {
            Agreement::Agrees => 3.0,
            Agreement::Differs => -4.0,
            Agreement::Near | Agreement::Unknown => 0.0,
        };
        birth + country
    }
}

fn birth(born: Date, listed: &[Birth]) -> Agreement {
    let mut best = Agreement::Differs;
    for birth in listed {
        let found = one_birth(born, *birth);
        match found {
            Agreement::Agrees => return found,
            Agreement::Near => best = found,
            _ => {}
        }
    }
    best
}

fn one_birth(born: Date, listed: Birth) -> Agreement {
    match listed {
        Birth::Day { date, circa } => {
            let exchanged =
                u8::from(born.month()) == date.day() && u8::from(date.month()) == born.day();
            let years = (born.year() - date.year()).abs();
            if born == date {
                Agreement::Agrees
            } else if years == 0 && exchanged || years <= if circa { 2 } else { 1 } {
                Agreement::Near
            } else {
                Agreement::Differs
            }
        }
        Birth::Years { from, to } if (from..=to).contains(&born.year()) => Agreement::Agrees,
        Birth::Years { from, to } if (from - 1..=to + 1).contains(&born.year()) => Agreement::Near,
        Birth::Years { .. } => Agreement::Differs,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
    use super::*;
    use crate::entry::{birth_of_iso, birth_of_words};

    fn born(text: &str) -> Date {
        match birth_of_iso(text, false) {
            Some(Birth::Day { date, .. }) => date,
            _ => unreachable!(),
        }
    }

    #[test]
    fn a_date_is_held_against_what_the_list_gives() {
        let of =
            |listed: &str, person: &str| birth(born(person), &[birth_of_words(listed).unwrap()]);
        assert_eq!(of("07 Oct 1954", "1954-10-07"), Agreement::Agrees);
        assert_eq!(of("07 Oct 1954", "1954-07-10"), Agreement::Near);
        assert_eq!(of("07 Oct 1954", "1970-07-10"), Agreement::Differs);
        assert_eq!(of("circa 1954", "1956-01-01"), Agreement::Agrees);
        assert_eq!(of("1954", "1955-01-01"), Agreement::Near);
        assert_eq!(of("1954", "1957-01-01"), Agreement::Differs);
    }
}
