//! Who stands on a list, as every list is read into.

use serde::Serialize;
use time::{Date, Month};

use crate::names::Kind;

/// Where an entry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ListKind {
    /// OFAC's Specially Designated Nationals.
    OfacSdn,
    /// The United Nations Security Council's consolidated list.
    UnConsolidated,
    /// The European Union's consolidated list.
    EuConsolidated,
    /// The operator's own.
    User,
}

impl ListKind {
    /// The name in ids and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OfacSdn => "ofac_sdn",
            Self::UnConsolidated => "un_consolidated",
            Self::EuConsolidated => "eu_consolidated",
            Self::User => "user",
        }
    }
}

/// One person, organisation or vessel on a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// List and the list's own number: `ofac_sdn:36`.
    pub id: String,
    /// The list.
    pub list: ListKind,
    /// What it is.
    pub kind: Kind,
    /// Its names; the first is the list's main one.
    pub names: Vec<ListedName>,
    /// Dates of birth that the list gives, alternatives too.
    pub births: Vec<Birth>,
    /// Countries of nationality, birth and address, ISO 3166-1 alpha-3.
    pub countries: Vec<String>,
    /// Why it is listed, as the list calls it; empty where it does not say.
    pub programme: String,
}

/// A name of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedName {
    /// As the list writes it.
    pub text: String,
    /// What the list says of it.
    pub standing: Standing,
}

/// How much a list stands behind a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The main one.
    Primary,
    /// Another one.
    Alias,
    /// One that the list itself calls weak or of low quality: broad, or borne by many.
    WeakAlias,
}

/// A date of birth, as exact as a list gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Birth {
    /// That day; `circa` where the list says about.
    Day {
        /// The day.
        date: Date,
        /// About.
        circa: bool,
    },
    /// Somewhere in these years, both included.
    Years {
        /// The first.
        from: i32,
        /// The last.
        to: i32,
    },
}

impl Birth {
    /// A year, widened by two where the list says about.
    pub fn year(year: i32, circa: bool) -> Self {
        let wide = if circa { 2 } else { 0 };
        Self::Years {
            from: year - wide,
            to: year + wide,
        }
    }
}

/// Reads `07 Oct 1954`, `Apr 1965`, `1962`, `circa 1958`, `1961 to 1965`, `1961-1965`.
pub(crate) fn birth_of_words(text: &str) -> Option<Birth> {
    let text = text.trim().trim_end_matches('.');
    let (circa, text) = match text.strip_prefix("circa ") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if let Some((from, to)) = text.split_once(" to ").or_else(|| text.split_once('-')) {
        let year = |part: &str| part.split_whitespace().last()?.parse::<i32>().ok();
        return Some(Birth::Years {
            from: year(from)?,
            to: year(to)?,
        });
    }
    let parts: Vec<&str> = text.split_whitespace().collect();
    match parts.as_slice() {
        [day, month, year] => {
            let date =
                Date::from_calendar_date(year.parse().ok()?, month_of(month)?, day.parse().ok()?)
                    .ok()?;
            Some(Birth::Day { date, circa })
        }
        [_, year] | [year] => Some(Birth::year(year.parse().ok()?, circa)),
        _ => None,
    }
}

fn month_of(word: &str) -> Option<Month> {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let head = word.get(..3)?.to_ascii_lowercase();
    let number = MONTHS.iter().position(|month| *month == head)? + 1;
    Month::try_from(u8::try_from(number).ok()?).ok()
}

/// Reads `1954-10-07` or `1954`.
pub(crate) fn birth_of_iso(text: &str, circa: bool) -> Option<Birth> {
    let text = text.trim().get(..10).unwrap_or(text.trim());
    let numbers: Vec<i32> = text
        .split('-')
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    match numbers.as_slice() {
        [year] => Some(Birth::year(*year, circa)),
        [year, month, day] => {
            let month = Month::try_from(u8::try_from(*month).ok()?).ok()?;
            let date = Date::from_calendar_date(*year, month, u8::try_from(*day).ok()?).ok()?;
            Some(Birth::Day { date, circa })
        }
        _ => None,
    }
}

/// A country's code in three letters from its code or from a name that lists use; `None` for what is none.
pub fn country_code(text: &str) -> Option<String> {
    const OTHER_NAMES: [(&str, &str); 29] = [
        ("russia", "RUS"),
        ("iran", "IRN"),
        ("syria", "SYR"),
        ("north korea", "PRK"),
        ("korea, north", "PRK"),
        ("democratic people's republic of korea", "PRK"),
        ("south korea", "KOR"),
        ("korea, south", "KOR"),
        ("republic of korea", "KOR"),
        ("venezuela", "VEN"),
        ("bolivia", "BOL"),
        ("tanzania", "TZA"),
        ("vietnam", "VNM"),
        ("laos", "LAO"),
        ("moldova", "MDA"),
        ("burma", "MMR"),
        ("palestinian", "PSE"),
        ("west bank", "PSE"),
        ("gaza", "PSE"),
        ("congo, democratic republic of the", "COD"),
        ("democratic republic of the congo", "COD"),
        ("united kingdom", "GBR"),
        ("united states", "USA"),
        ("cote d ivoire", "CIV"),
        ("taiwan", "TWN"),
        ("macau", "MAC"),
        ("brunei", "BRN"),
        ("the gambia", "GMB"),
        ("turkey", "TUR"),
    ];
    let text = text.trim();
    let lower = text.to_lowercase();
    if let Some((_, code)) = OTHER_NAMES.iter().find(|(name, _)| *name == lower) {
        return Some((*code).to_owned());
    }
    let upper = text.to_ascii_uppercase();
    let country = match upper.len() {
        2 => celes::Country::from_alpha2(&upper).ok(),
        3 => celes::Country::from_alpha3(&upper).ok(),
        _ => celes::Country::get_countries()
            .into_iter()
            .find(|country| country.long_name.to_lowercase() == lower),
    };
    country.map(|country| country.alpha3.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
    use super::*;

    #[test]
    fn a_date_of_birth_is_as_exact_as_the_list_gives_it() {
        let years = |from, to| Some(Birth::Years { from, to });
        assert_eq!(birth_of_words("1962."), years(1962, 1962));
        assert_eq!(birth_of_words("circa 1962"), years(1960, 1964));
        assert_eq!(birth_of_words("Apr 1965"), years(1965, 1965));
        assert_eq!(
            birth_of_words("01 Jan 1961 to 31 Dec 1965"),
            years(1961, 1965)
        );
        assert_eq!(birth_of_words("31 Feb 1961"), None);
        assert!(matches!(
            birth_of_words("07 Oct 1954"),
            Some(Birth::Day { circa: false, .. })
        ));
        assert!(matches!(
            birth_of_iso("1954-10-07", false),
            Some(Birth::Day { .. })
        ));
        assert_eq!(birth_of_iso("1954-13-07", false), None);
    }

    #[test]
    fn a_country_is_known_by_code_and_by_name() {
        for text in ["FR", "fra", "France"] {
            assert_eq!(country_code(text).as_deref(), Some("FRA"), "{text}");
        }
        assert_eq!(country_code("Korea, North").as_deref(), Some("PRK"));
        assert_eq!(country_code("Atlantis"), None);
    }
}
