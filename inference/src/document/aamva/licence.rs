//! A card as it was read.

use std::fmt;

use super::country::{Country, Jurisdiction, jurisdiction};
use super::element::Field;
use super::fields::Fields;
use super::header::Header;
use super::warning::{ElementId, Subfile, Warning};

/// What a card is, by its subfile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Card {
    /// `DL`.
    DrivingLicence,
    /// `ID`.
    IdentityCard,
}

/// An element that has no meaning here: a jurisdiction's own, an unknown one, or one whose value
/// could not be told.
#[derive(Clone, PartialEq, Eq)]
pub struct Extra {
    /// The subfile that it stands in.
    pub subfile: Subfile,
    /// Its name.
    pub id: ElementId,
    /// Its text, without spaces at its ends.
    pub text: String,
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Extra({} {} [redacted])", self.subfile, self.id)
    }
}

/// The holder's names, spaces between several.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Family name.
    pub family: Option<String>,
    /// All given names: where the card parts them, the first and the middle ones.
    pub given: Option<String>,
    /// Suffix: `JR`, `III`.
    pub suffix: Option<String>,
    /// Where nothing else can be told of it: the name as a whole.
    pub unparted: Option<String>,
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Names([redacted])")
    }
}

/// A driving licence or identity card, read from its barcode.
#[derive(Clone, PartialEq, Eq)]
pub struct Licence {
    /// The header's numbers.
    pub header: Header,
    /// What it is; `None` where its subfile does not tell.
    pub card: Option<Card>,
    /// What it says.
    pub fields: Fields,
    /// The elements of the jurisdiction's own subfiles.
    pub jurisdictions_own: Vec<Extra>,
    /// Elements that could not be told.
    pub unread: Vec<Extra>,
    /// How the text strays from the standard.
    pub warnings: Vec<Warning>,
}

impl fmt::Debug for Licence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Licence")
            .field("header", &self.header)
            .field("card", &self.card)
            .field("fields", &self.fields)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

impl Licence {
    /// Who issued it; `None` where the issuer's number is not on AAMVA's list.
    #[must_use]
    pub fn issuer(&self) -> Option<&'static Jurisdiction> {
        jurisdiction(self.header.issuer)
    }

    /// The country that issued it: as the card says, else its issuer's.
    #[must_use]
    pub fn country(&self) -> Option<Country> {
        self.fields
            .text(Field::Country)
            .and_then(Country::by_code)
            .or_else(|| self.issuer().map(|issuer| issuer.country))
    }

    /// The holder's names.
    #[must_use]
    pub fn names(&self) -> Names {
        let text = |field| self.fields.text(field).map(spaced);
        let parts = [Field::FirstName, Field::MiddleName].map(text);
        let given = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let family = text(Field::FamilyName);
        let given = text(Field::GivenNames).or((!given.is_empty()).then_some(given));
        let unparted = match (&family, &given) {
            (None, None) => text(Field::FullName),
            _ => None,
        };
        Names {
            family,
            given,
            suffix: text(Field::Suffix),
            unparted,
        }
    }

    /// Street, second line, city, jurisdiction and postal code, those that the card has, a comma
    /// between them.
    #[must_use]
    pub fn address(&self) -> Option<String> {
        let own = [
            Field::Street,
            Field::SecondStreet,
            Field::City,
            Field::Jurisdiction,
        ];
        let residence = [
            Field::ResidenceStreet,
            Field::ResidenceSecondStreet,
            Field::ResidenceCity,
            Field::ResidenceJurisdiction,
        ];
        let has = |fields: &[Field; 4]| self.fields.text(fields[0]).is_some();
        let (lines, code) = if !has(&own) && has(&residence) {
            (
                residence,
                self.fields
                    .text(Field::ResidencePostalCode)
                    .map(str::to_owned),
            )
        } else {
            (own, self.fields.postal_code())
        };
        let mut parts: Vec<String> = lines
            .iter()
            .filter_map(|field| self.fields.text(*field))
            .map(str::to_owned)
            .collect();
        parts.extend(code);
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// Names that the card parts by commas, parted by single spaces.
fn spaced(text: &str) -> String {
    text.split([',', ' '])
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
