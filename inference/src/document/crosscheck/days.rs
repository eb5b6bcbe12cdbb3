//! Dates compared: no edit is tolerated; what one source leaves open, or its century, is not compared.

use super::claims::Day;
use super::{Agreement, Compared};

/// Compares two days in the parts that both state. Two that share no part tell nothing.
pub(super) fn compare(one: &Day, two: &Day, _: bool) -> Compared {
    let years = match (one.year, two.year) {
        (Some(a), Some(b)) if one.century_known && two.century_known => Some(a == b),
        (Some(a), Some(b)) => Some(a % 100 == b % 100),
        _ => None,
    };
    let same = |a: Option<u8>, b: Option<u8>| a.zip(b).map(|(a, b)| a == b);
    let parts = [years, same(one.month, two.month), same(one.day, two.day)];
    let wrong = parts.iter().filter(|part| **part == Some(false)).count();
    let stated = parts.iter().flatten().count();
    match (stated, wrong) {
        (0, _) => Compared::Unknown,
        (3, 0) => Compared::Same(Agreement::Exact, 0),
        (_, 0) => Compared::Same(Agreement::Equivalent, 0),
        (_, wrong) => Compared::Other(wrong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::mrz::MrzDate;
    use time::macros::date;

    #[test]
    fn a_century_is_compared_only_where_both_state_it() {
        let printed = Day::from(date!(1974 - 08 - 12));
        let zone = Day::from(MrzDate::parse("740812").unwrap());
        assert_eq!(
            compare(&printed, &zone, true),
            Compared::Same(Agreement::Exact, 0)
        );
        let later = Day::from(date!(2074 - 08 - 12));
        assert_eq!(compare(&printed, &later, true), Compared::Other(1));
    }

    #[test]
    fn an_unknown_part_is_not_compared() {
        let printed = Day::from(date!(1974 - 08 - 12));
        let year = Day::from(MrzDate::parse("74<<<<").unwrap());
        assert_eq!(
            compare(&printed, &year, true),
            Compared::Same(Agreement::Equivalent, 0)
        );
        let other = Day::from(MrzDate::parse("75<<<<").unwrap());
        assert_eq!(compare(&printed, &other, true), Compared::Other(1));
        assert!(!format!("{printed:?}").contains("1974"));
    }
}
