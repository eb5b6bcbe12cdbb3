//! What the parts of a document say of the same thing, compared field by field.
//!
//! ```text
//! MRZ ─► Claims ─┐
//! barcode ───────┼─► every two that both state a field ─► Agrees / Differs; NotAssessed where none do
//! VIZ ─► Claims ─┘
//! ```
//!
//! Tolerances, stated: dates, sex, nationality and the document number 0; names one edit for every
//! [`LETTERS_AN_EDIT`] letters, [`MOST_NAME_EDITS`] at most; addresses one for every
//! [`ADDRESS_LETTERS_AN_EDIT`]. Before counting, names are equal where one is any transliteration of the
//! other that ICAO 9303-3, section 6 permits, and a truncated MRZ name is compared as far as it goes.
//! Letters and figures that print mistakes for one another (O and 0, I and 1, ...) agree where one side
//! is the visual zone, and only as [`Agreement::LookAlike`].
//!
//! A difference is told only where it is known which field was read, and read surely: what stands at a
//! guessed place, or was hardly legible, can agree but not differ.

mod address;
mod claims;
mod days;
mod demonyms;
mod letters;
mod names;
mod nationality;
mod numbers;

pub use claims::{Claims, Day, Said, Source};

use super::reading::MrzReading;
use super::viz::Viz;

/// Letters of a name for which one edit is tolerated: the recogniser gives about one wrong letter in
/// forty on sharp pages, and knows few capitals with marks.
pub const LETTERS_AN_EDIT: usize = 8;
/// Edits tolerated in a name at most.
pub const MOST_NAME_EDITS: usize = 2;
/// Letters of an address for which one edit is tolerated.
pub const ADDRESS_LETTERS_AN_EDIT: usize = 8;

/// How two sources agree, from the plainest to the loosest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Agreement {
    /// Character for character, capitals, spaces and punctuation apart.
    Exact,
    /// By the transliteration of ICAO 9303-3, section 6, or by one of the readings of an ambiguous
    /// date, or by a number that prints its check digit.
    Equivalent,
    /// As far as a truncated MRZ name goes (ICAO 9303-4 to -7, name rules).
    Truncated,
    /// By characters that print mistakes for one another.
    LookAlike,
    /// Within the stated edit distance.
    Tolerated,
}

/// Why two sources were not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotCompared {
    /// Fewer than two sources state the field.
    OneSource,
    /// Both state it, but one of them in words that are not known.
    NotUnderstood,
    /// They do not agree, but it is not sure that the right text was read, or read rightly.
    Unsure,
}

/// The result for one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crosscheck {
    /// Two sources say the same.
    Agrees {
        /// Which.
        between: [Source; 2],
        /// How.
        by: Agreement,
        /// Edits between them, within what is tolerated.
        distance: usize,
    },
    /// Two sources say different things.
    Differs {
        /// Which.
        between: [Source; 2],
        /// Edits between them.
        distance: usize,
    },
    /// Nothing was compared: no pass and no failure.
    NotAssessed(NotCompared),
}

/// Every field's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crosschecks {
    /// Document number.
    pub document_number: Crosscheck,
    /// Surname and given names together.
    pub name: Crosscheck,
    /// Address: stated by barcodes and visual zones only.
    pub address: Crosscheck,
    /// Date of birth.
    pub birth_date: Crosscheck,
    /// Date of expiry.
    pub expiry_date: Crosscheck,
    /// Sex.
    pub sex: Crosscheck,
    /// Nationality.
    pub nationality: Crosscheck,
}

impl Default for Crosschecks {
    /// Nothing compared.
    fn default() -> Self {
        let open = Crosscheck::NotAssessed(NotCompared::OneSource);
        Self {
            document_number: open,
            name: open,
            address: open,
            birth_date: open,
            expiry_date: open,
            sex: open,
            nationality: open,
        }
    }
}

impl Crosschecks {
    /// Every result with its name: those of the document APIs where they have one.
    #[must_use]
    pub const fn named(&self) -> [(&'static str, Crosscheck); 7] {
        [
            ("document_number_crosscheck", self.document_number),
            ("name_crosscheck", self.name),
            ("address_crosscheck", self.address),
            ("birth_date", self.birth_date),
            ("expiry_date", self.expiry_date),
            ("sex", self.sex),
            ("nationality", self.nationality),
        ]
    }
}

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compared {
    Same(Agreement, usize),
    Other(usize),
    Unknown,
}

/// Compares what a document's parts say: its MRZ, the visual zones of its sides, and its barcode.
#[must_use]
pub fn of_reading(
    mrz: Option<&MrzReading>,
    sides: &[&Viz],
    barcode: Option<&Claims>,
) -> Crosschecks {
    let mut sources = Vec::new();
    sources.extend(mrz.map(Claims::of_mrz));
    sources.extend(barcode.cloned());
    if !sides.is_empty() {
        sources.push(Claims::of_viz(sides));
    }
    compare(&sources)
}

/// Compares every two of the sources, field by field. Of several results the gravest stands: a
/// difference before an agreement, an agreement before nothing.
#[must_use]
pub fn compare(sources: &[Claims]) -> Crosschecks {
    let mut checks = Crosschecks::default();
    for (index, one) in sources.iter().enumerate() {
        for two in &sources[index + 1..] {
            let pair = Pair { one, two };
            graver(
                &mut checks.document_number,
                pair.check(
                    |claims| &claims.document_number,
                    |a, b, of_print| numbers::compare(a, b, of_print),
                ),
            );
            graver(&mut checks.name, pair.names());
            graver(
                &mut checks.address,
                pair.check(
                    |claims| &claims.address,
                    |a, b, of_print| address::compare(a, b, of_print),
                ),
            );
            graver(
                &mut checks.birth_date,
                pair.check(|claims| &claims.birth, days::compare),
            );
            graver(
                &mut checks.expiry_date,
                pair.check(|claims| &claims.expiry, days::compare),
            );
            graver(&mut checks.sex, pair.check(|claims| &claims.sex, same_sex));
            graver(
                &mut checks.nationality,
                pair.check(
                    |claims| &claims.nationality,
                    |a, b, of_print| nationality::compare(a, b, of_print),
                ),
            );
        }
    }
    checks
}

fn graver(kept: &mut Crosscheck, new: Crosscheck) {
    const fn weight(check: &Crosscheck) -> u8 {
        match check {
            Crosscheck::Differs { .. } => 4,
            Crosscheck::Agrees { .. } => 3,
            Crosscheck::NotAssessed(NotCompared::Unsure) => 2,
            Crosscheck::NotAssessed(NotCompared::NotUnderstood) => 1,
            Crosscheck::NotAssessed(NotCompared::OneSource) => 0,
        }
    }
    if weight(&new) > weight(kept) {
        *kept = new;
    }
}

struct Pair<'a> {
    one: &'a Claims,
    two: &'a Claims,
}

impl Pair<'_> {
    fn between(&self) -> [Source; 2] {
        [self.one.source, self.two.source]
    }

    /// Whether one of the two was read off print by the general recogniser.
    fn of_print(&self) -> bool {
        self.between().contains(&Source::Viz)
    }

    /// Every reading of one against every reading of the other: the best counts.
    fn check<T>(
        &self,
        field: impl Fn(&Claims) -> &Said<T>,
        same: impl Fn(&T, &T, bool) -> Compared,
    ) -> Crosscheck {
        let (one, two) = (field(self.one), field(self.two));
        let results = one.readings.iter().flat_map(|a| {
            let of_print = self.of_print();
            let same = &same;
            two.readings.iter().map(move |b| same(a, b, of_print))
        });
        self.result(results.collect(), one.sure && two.sure)
    }

    fn names(&self) -> Crosscheck {
        let (one, two) = (&self.one.names, &self.two.names);
        let results = one.readings.iter().flat_map(|a| {
            let of_print = self.of_print();
            two.readings
                .iter()
                .map(move |b| names::compare(a, b, of_print))
        });
        self.result(results.collect(), one.sure && two.sure)
    }

    fn result(&self, results: Vec<Compared>, sure: bool) -> Crosscheck {
        let between = self.between();
        let best = results.iter().filter_map(|result| match result {
            Compared::Same(by, distance) => Some((*by, *distance)),
            _ => None,
        });
        if let Some((by, distance)) = best.min() {
            return Crosscheck::Agrees {
                between,
                by,
                distance,
            };
        }
        let nearest = results.iter().filter_map(|result| match result {
            Compared::Other(distance) => Some(*distance),
            _ => None,
        });
        match nearest.min() {
            Some(distance) if sure => Crosscheck::Differs { between, distance },
            Some(_) => Crosscheck::NotAssessed(NotCompared::Unsure),
            None if results.is_empty() => Crosscheck::NotAssessed(NotCompared::OneSource),
            None => Crosscheck::NotAssessed(NotCompared::NotUnderstood),
        }
    }
}

fn same_sex(one: &char, two: &char, _: bool) -> Compared {
    if one == two {
        Compared::Same(Agreement::Exact, 0)
    } else {
        Compared::Other(1)
    }
}

#[cfg(test)]
mod tests;
