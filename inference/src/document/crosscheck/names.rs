//! Names compared: surname with surname, given names with given names, or both together in either order.

use std::fmt;

use super::letters::{align, components};
use super::{Agreement, Compared};

/// What follows on paper does not stand in an MRZ: a former name or a spouse's.
const FORMER: [&str; 12] = [
    "GEB", "GEBOREN", "NEE", "NE", "EPOUSE", "EP", "EPOUX", "VVE", "VEUVE", "BORN", "ROZ",
    "NAROZENA",
];
/// Titles that precede or follow a name on paper and may be left out of an MRZ (ICAO 9303-3, 4.6).
const TITLES: [&str; 16] = [
    "DR", "PROF", "MR", "MRS", "MS", "MISS", "ING", "MGR", "BC", "SIR", "DIPL", "PHD", "MD",
    "JUDR", "MUDR", "HERR",
];

/// A name as one source states it.
#[derive(Clone, PartialEq, Eq)]
pub struct Name {
    /// Components of the surname; of the whole name where `given` is none.
    surname: Vec<String>,
    /// Components of the given names, where the two stand apart.
    given: Option<Vec<String>>,
    /// Whether it may have been cut to fit its place.
    truncated: bool,
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Name([redacted])")
    }
}

impl Name {
    /// Surname and given names apart.
    #[must_use]
    pub fn apart(surname: &str, given: &str, truncated: bool) -> Self {
        Self {
            surname: stated(surname),
            given: Some(stated(given)),
            truncated,
        }
    }

    /// Both in one text.
    #[must_use]
    pub fn together(name: &str) -> Self {
        Self {
            surname: stated(name),
            given: None,
            truncated: false,
        }
    }
}

/// Components up to a former name.
fn stated(text: &str) -> Vec<String> {
    let mut all = components(text);
    let former = all
        .iter()
        .skip(1)
        .position(|component| FORMER.contains(&component.as_str()));
    if let Some(place) = former {
        all.truncate(place + 1);
    }
    all
}

fn without_titles(components: &[String]) -> Vec<String> {
    let kept: Vec<String> = components
        .iter()
        .filter(|component| !TITLES.contains(&component.as_str()))
        .cloned()
        .collect();
    if kept.is_empty() {
        components.to_vec()
    } else {
        kept
    }
}

/// Compares two names. The one with letters A to Z alone is taken for the MRZ's form.
pub(super) fn compare(one: &Name, two: &Name, of_print: bool) -> Compared {
    let plain = |name: &Name| {
        let given = name.given.iter().flatten();
        name.surname
            .iter()
            .chain(given)
            .all(|component| component.is_ascii())
    };
    let (printed, zone) = if one.truncated || (plain(one) && !two.truncated) {
        (two, one)
    } else {
        (one, two)
    };
    if printed.surname.is_empty() || zone.surname.is_empty() {
        return Compared::Unknown;
    }
    let as_stated = in_any_order(printed, zone, of_print);
    if matches!(as_stated, Compared::Same(..)) {
        return as_stated;
    }
    let bare = Name {
        surname: without_titles(&printed.surname),
        given: printed.given.as_deref().map(without_titles),
        truncated: printed.truncated,
    };
    better(as_stated, in_any_order(&bare, zone, of_print))
}

fn in_any_order(printed: &Name, zone: &Name, of_print: bool) -> Compared {
    let cut = zone.truncated || printed.truncated;
    let part = |printed: &[String], zone: &[String], cut: bool| {
        align(printed, &zone.concat(), cut, of_print)
    };
    match (&printed.given, &zone.given) {
        (Some(printed_given), Some(zone_given)) => {
            // A name that was cut is cut in its last part first.
            let first = part(&printed.surname, &zone.surname, cut);
            let second = part(printed_given, zone_given, cut);
            both(first, second)
        }
        _ => {
            let whole = |name: &Name, given_first: bool| {
                let given = name.given.clone().unwrap_or_default();
                if given_first {
                    [given, name.surname.clone()].concat()
                } else {
                    [name.surname.clone(), given].concat()
                }
            };
            let printed_whole = whole(printed, false);
            let straight = part(&printed_whole, &whole(zone, false), cut);
            let turned = part(&printed_whole, &whole(zone, true), cut);
            match better(straight, turned) {
                Compared::Other(_)
                    if is_one_part(printed, zone, of_print)
                        || is_one_part(zone, printed, of_print) =>
                {
                    Compared::Unknown
                }
                compared => compared,
            }
        }
    }
}

/// Whether a text taken for a whole name is all of the other's surname or all of its given names: the
/// other part stands elsewhere on the page and was not found.
fn is_one_part(whole: &Name, apart: &Name, of_print: bool) -> bool {
    let is = |part: &[String]| {
        let same = align(&whole.surname, &part.concat(), false, of_print);
        matches!(same, Compared::Same(..))
    };
    let given = apart.given.as_ref().filter(|given| !given.is_empty());
    whole.given.is_none() && given.is_some_and(|given| is(&apart.surname) || is(given))
}

/// Two parts of one name: both have to agree.
fn both(one: Compared, two: Compared) -> Compared {
    match (one, two) {
        (Compared::Same(a, x), Compared::Same(b, y)) => Compared::Same(a.max(b), x + y),
        (Compared::Unknown, _) | (_, Compared::Unknown) => Compared::Unknown,
        (one, two) => {
            let edits = |part| match part {
                Compared::Same(_, edits) | Compared::Other(edits) => edits,
                Compared::Unknown => 0,
            };
            Compared::Other(edits(one) + edits(two))
        }
    }
}

fn better(one: Compared, two: Compared) -> Compared {
    let rank = |part: &Compared| match part {
        Compared::Same(by, edits) => (0, *by, *edits),
        Compared::Other(edits) => (1, Agreement::Exact, *edits),
        Compared::Unknown => (2, Agreement::Exact, 0),
    };
    if rank(&two) < rank(&one) { two } else { one }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &Name, two: &Name) -> bool {
        matches!(compare(one, two, true), Compared::Same(..))
    }

    #[test]
    fn surname_and_given_names_agree_part_by_part() {
        let zone = Name::apart("AALMQVIST JOERGENSEN", "BJOERN EMILE", false);
        assert!(same(
            &zone,
            &Name::apart("ÅLMQVIST-JØRGENSEN", "BJÖRN ÉMILE", false)
        ));
        assert!(same(
            &zone,
            &Name::apart("ALMQVIST-JORGENSEN", "BJORN EMILE", false)
        ));
        assert!(!same(
            &zone,
            &Name::apart("BJÖRN ÉMILE", "ÅLMQVIST-JØRGENSEN", false)
        ));
        assert!(!same(
            &zone,
            &Name::apart("ÅLMQVIST-JØRGENSEN", "KNUT", false)
        ));
    }

    #[test]
    fn a_whole_name_agrees_in_either_order() {
        let zone = Name::apart("MABROUK", "ALAAELDIN ISMAIL MOHAMED", false);
        assert!(same(
            &zone,
            &Name::together("ALAAELDIN ISMAIL MOHAMED MABROUK")
        ));
        assert!(same(
            &zone,
            &Name::together("MABROUK, ALAAELDIN ISMAIL MOHAMED")
        ));
        assert!(!same(
            &zone,
            &Name::together("SAYED, ALAAELDIN ISMAIL MOHAMED")
        ));
    }

    #[test]
    fn a_surname_found_where_a_whole_name_should_stand_says_nothing_of_the_rest() {
        let zone = Name::apart("KOWALSKA KWIATKOWSKA", "BEATA", false);
        let found = |text| compare(&Name::together(text), &zone, true);
        assert!(matches!(found("KOWALSKA-KWIATKOWSKA"), Compared::Unknown));
        assert!(matches!(found("BEATA"), Compared::Unknown));
        assert!(matches!(found("KOWALSKA"), Compared::Other(_)));
    }

    #[test]
    fn former_names_and_titles_stand_on_paper_only() {
        let zone = Name::apart("MUSTERMANN", "ERIKA", false);
        assert!(same(
            &zone,
            &Name::apart("MUSTERMANN GEB. GABLER", "ERIKA", false)
        ));
        assert!(same(&zone, &Name::apart("DR. MUSTERMANN", "ERIKA", false)));
        assert!(!same(
            &zone,
            &Name::apart("MUSTERMANN GABLER", "ERIKA", false)
        ));
    }

    #[test]
    fn a_truncated_zone_agrees_as_far_as_it_goes() {
        let zone = Name::apart("NILAVADHANANANDA", "CHAYAPA DEJTHAMRONG K", true);
        assert!(same(
            &zone,
            &Name::apart("NILAVADHANANANDA", "CHAYAPA DEJTHAMRONG KRASUANG", false)
        ));
        assert!(!same(
            &zone,
            &Name::apart("NILAVADHANANANDA", "SOMCHAI PRASERT", false)
        ));
        assert!(!format!("{zone:?}").contains("NILA"));
    }
}
