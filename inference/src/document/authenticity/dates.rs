//! What a document's dates say, with today passed in.

use time::{Date, Duration};

use super::consistency::printed;
use super::{Reason, Scored, Signal, SignalKind};
use crate::document::aamva::Field;
use crate::document::assessment::{Assessment, Unmeasured};
use crate::document::mrz::MrzFields;
use crate::document::reading::DocumentReading;

/// Nobody is known to have lived longer (J. Calment, 122 years and 164 days).
const LONGEST_LIFE: Duration = Duration::days(123 * 365 + 31);
/// No document is issued for longer: passports for 10 years at most (ICAO 9303-3, 4.8 knows no
/// limit, Regulation (EU) 2252/2004 sets 10), identity cards for 10, for 15 in some states; five
/// years are left for those that are issued beforehand.
const LONGEST_VALIDITY: Duration = Duration::days(20 * 366);

/// A document's dates, as far as they are known.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Dates {
    /// Date of birth.
    pub birth: Option<Date>,
    /// Day of issue, which no MRZ holds: from the visual zone or a barcode.
    pub issued: Option<Date>,
    /// Last day of validity.
    pub expiry: Option<Date>,
}

impl std::fmt::Debug for Dates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dates([redacted])")
    }
}

impl Dates {
    /// The dates of a machine readable zone. Years of two digits are read by the rules of
    /// [`crate::document::mrz::MrzDate`], with `today` as reference.
    #[must_use]
    pub fn of(fields: &MrzFields, today: Date) -> Self {
        Self {
            birth: fields.birth.and_then(|date| date.as_birth(today)),
            issued: None,
            expiry: fields.expiry.and_then(|date| date.as_expiry(today)),
        }
    }

    /// The dates of a side: its zone's, else its barcode's, else those that its print states surely. The day of
    /// issue stands in no zone.
    #[must_use]
    pub fn of_reading(reading: &DocumentReading, today: Date) -> Self {
        let zone = reading.mrz.as_ref().map(|mrz| Self::of(&mrz.fields, today));
        let zone = zone.unwrap_or_default();
        let barcode = reading.read_licence();
        let coded = [Field::Birth, Field::Issued, Field::Expires]
            .map(|field| barcode.and_then(|licence| licence.fields.date(field)));
        let sides: Vec<_> = reading.viz.iter().collect();
        let print = printed(&sides);
        Self {
            birth: zone.birth.or(coded[0]).or(print[0]),
            issued: coded[1].or(print[1]),
            expiry: zone.expiry.or(coded[2]).or(print[2]),
        }
    }
}

/// Whether the document has expired, is not yet valid, or has dates that cannot be.
#[must_use]
pub fn dates(dates: &Dates, today: Date) -> [Signal; 3] {
    let plain = |kind, raised: Option<bool>, reason| {
        let scored = raised.map(|raised| Scored::plain(raised, reason));
        Signal::new(kind, Assessment::or_why(scored, Unmeasured::NotStated))
    };
    let expired = dates.expiry.map(|expiry| expiry < today);
    let early = dates.issued.map(|issued| issued > today);
    [
        plain(SignalKind::Expired, expired, Reason::Expiry),
        plain(SignalKind::NotYetValid, early, Reason::Issue),
        implausible(dates, today),
    ]
}

/// Dates against each other. One contradiction is enough; without two dates to compare, or one and
/// today, nothing is said.
fn implausible(dates: &Dates, today: Date) -> Signal {
    let Dates {
        birth,
        issued,
        expiry,
    } = *dates;
    let longer = |from: Option<Date>, to: Option<Date>, most: Duration| {
        from.zip(to).map(|(from, to)| to - from > most)
    };
    let after = |one: Option<Date>, other: Option<Date>| one.zip(other).map(|(a, b)| a > b);
    let checks = [
        (longer(birth, Some(today), LONGEST_LIFE), Reason::Age),
        (after(birth, Some(today)), Reason::Order),
        (after(birth, issued), Reason::Order),
        (after(birth, expiry), Reason::Order),
        (after(issued, expiry), Reason::Order),
        (
            longer(issued.or(Some(today)), expiry, LONGEST_VALIDITY),
            Reason::Validity,
        ),
    ];
    let known = birth.is_some() || issued.is_some() || expiry.is_some();
    let wrong = checks.iter().find(|(wrong, _)| *wrong == Some(true));
    let scored = known.then(|| {
        wrong.map_or(Scored::plain(false, Reason::Order), |(_, reason)| {
            Scored::plain(true, *reason)
        })
    });
    Signal::new(
        SignalKind::ImplausibleDates,
        Assessment::or_why(scored, Unmeasured::NotStated),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::mrz::MrzDate;
    use time::macros::date;

    const TODAY: Date = date!(2026 - 11 - 21);

    fn stated(birth: &str, expiry: &str, issued: Option<Date>) -> Dates {
        let fields = MrzFields {
            birth: MrzDate::parse(birth),
            expiry: MrzDate::parse(expiry),
            ..MrzFields::default()
        };
        Dates {
            issued,
            ..Dates::of(&fields, TODAY)
        }
    }

    fn raised(birth: &str, expiry: &str, issued: Option<Date>) -> Vec<SignalKind> {
        let all = dates(&stated(birth, expiry, issued), TODAY);
        all.iter()
            .filter(|signal| signal.is_raised())
            .map(|signal| signal.kind)
            .collect()
    }

    #[test]
    fn a_document_in_its_time_raises_nothing() {
        assert!(raised("740812", "341119", Some(date!(2024 - 11 - 21))).is_empty());
        assert!(
            raised("740812", "261121", None).is_empty(),
            "its last day is today"
        );
    }

    #[test]
    fn each_fault_raises_its_own_signal() {
        assert_eq!(raised("740812", "261120", None), [SignalKind::Expired]);
        let tomorrow = Some(date!(2026 - 11 - 22));
        assert_eq!(
            raised("740812", "341119", tomorrow),
            [SignalKind::NotYetValid]
        );
        assert_eq!(
            raised("740812", "501119", None),
            [SignalKind::ImplausibleDates],
            "for 24 years"
        );
        let early = Some(date!(1970 - 01 - 01));
        assert_eq!(
            raised("740812", "261121", early),
            [SignalKind::ImplausibleDates],
            "issued before birth"
        );
    }

    #[test]
    fn a_life_longer_than_any_known_is_implausible() {
        let old = Dates {
            birth: Some(date!(1890 - 01 - 01)),
            ..Dates::default()
        };
        assert!(dates(&old, TODAY)[2].is_raised());
    }

    #[test]
    fn what_is_not_stated_is_not_assessed() {
        for signal in dates(&Dates::default(), TODAY) {
            assert_eq!(
                signal.scored,
                Assessment::NotAssessed(Unmeasured::NotStated)
            );
        }
        let [expired, not_yet, implausible] = dates(&stated("740812", "", None), TODAY);
        assert!(expired.scored.measured().is_none() && not_yet.scored.measured().is_none());
        assert!(implausible.scored.measured().is_some());
    }
}
