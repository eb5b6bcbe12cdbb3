//! Specimen documents of ICAO's Utopia, rendered from field values, and how a camera sees them.
//!
//! ```text
//! Specimen { kind, holder, number, dates } ─► mrz() ─► kiosk_inference's encoder
//!   ▲    └─ render(portrait, fonts, dots a mm) ─► Pages { front, back } ─┬─► photograph ─► picture
//!   │                                                                   ├─► Camera::take ─► picture
//! drawn(kind, seed)                                                     └─► hold ─► MJPEG film
//! ```
//!
//! Every page bears the word SPECIMEN, and its issuer is UTO, which a policy accepts only where it says
//! `specimens = true`. One layout cannot say UTO: the French card's zone begins with IDFRA. Its page says
//! UTOPIA and SPECIMEN all the same, and its number has a month of issue from 13 on, which no French card has.

mod camera;
mod canvas;
mod drawn;
mod fonts;
mod layout;
mod page;
mod photograph;
mod portrait;
mod security;
mod studio;
mod table;

use anyhow::ensure;
use kiosk_inference::document::mrz::{MrzDate, MrzFields, MrzFormat, Names, Sex, encode};
use time::{Date, Duration};

pub use camera::{Camera, Glare, Turn};
pub use fonts::Fonts;
pub use page::{Page, Pages};
pub use photograph::{Photograph, Shot, hold, photograph, photograph_at};
pub use portrait::head_and_shoulders;
pub use studio::{Studio, Taken};
pub use table::Background;

/// Utopia (ICAO 9303-3, section 5, part D: codes for specimens).
const UTOPIA: &str = "UTO";
/// The state that the French layout knows alone.
const FRANCE: &str = "FRA";
/// A bona fide specimen was issued this long before the day it is shown.
const AGE: Duration = Duration::days(2 * 365);
/// And is valid this long after that day; an expired one ended [`OVERDUE`] before it.
const LEFT: Duration = Duration::days(8 * 365);
/// How long ago an expired specimen expired.
const OVERDUE: Duration = Duration::days(45);

/// What a specimen is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Passport booklet's data page: TD3, 125 x 88 mm.
    Passport,
    /// Identity card the size of a bank card: TD1, 85.6 x 54 mm, the MRZ on its back.
    IdentityCard,
    /// The larger identity card: TD2, 105 x 74 mm, all on its front.
    LargeIdentityCard,
    /// Visa that fills a passport's page: MRV-A, 120 x 80 mm.
    Visa,
    /// The smaller visa: MRV-B, 105 x 74 mm.
    SmallVisa,
    /// Utopia's card in the layout of the French identity card of 1988 to 2021, 105 x 74 mm.
    FrenchCard,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Passport,
        Self::IdentityCard,
        Self::LargeIdentityCard,
        Self::Visa,
        Self::SmallVisa,
        Self::FrenchCard,
    ];

    /// The MRZ's layout.
    pub const fn format(self) -> MrzFormat {
        match self {
            Self::Passport => MrzFormat::Td3,
            Self::IdentityCard => MrzFormat::Td1,
            Self::LargeIdentityCard => MrzFormat::Td2,
            Self::Visa => MrzFormat::MrvA,
            Self::SmallVisa => MrzFormat::MrvB,
            Self::FrenchCard => MrzFormat::FrenchId,
        }
    }

    const fn document_code(self) -> &'static str {
        match self {
            Self::Passport => "P",
            Self::IdentityCard | Self::LargeIdentityCard => "I",
            Self::Visa | Self::SmallVisa => "V",
            Self::FrenchCard => "ID",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Passport => "PASSPORT / PASSEPORT",
            Self::IdentityCard | Self::LargeIdentityCard => "IDENTITY CARD / CARTE D’IDENTITÉ",
            Self::Visa | Self::SmallVisa => "VISA",
            Self::FrenchCard => "IDENTITY CARD, FRENCH LAYOUT",
        }
    }
}

/// Who a specimen is made out to. All are invented.
#[derive(Clone)]
pub struct Holder {
    /// Surname, as the visual zone prints it.
    pub surname: String,
    /// Given names, as the visual zone prints them.
    pub given_names: String,
    /// Date of birth.
    pub birth: Date,
    /// Sex.
    pub sex: Sex,
    /// Place of birth.
    pub birthplace: String,
}

impl Holder {
    /// The holder of ICAO's own specimens (9303-4, appendix A), with a birthplace added.
    pub fn eriksson() -> Self {
        Self {
            surname: "ERIKSSON".into(),
            given_names: "ANNA MARIA".into(),
            birth: time::macros::date!(1974 - 08 - 12),
            sex: Sex::Female,
            birthplace: "ZENITH".into(),
        }
    }

    /// Somebody else, with letters that the MRZ has to transliterate.
    pub fn almqvist() -> Self {
        Self {
            surname: "ÅLMQVIST-JØRGENSEN".into(),
            given_names: "BJÖRN ÉMILE".into(),
            birth: time::macros::date!(1988 - 02 - 29),
            sex: Sex::Male,
            birthplace: "NADIR".into(),
        }
    }
}

/// A document to render.
#[derive(Clone)]
pub struct Specimen {
    /// What it is.
    pub kind: Kind,
    /// Document code: the kind's letter, or two.
    pub code: String,
    /// The holder's nationality, a code of ICAO 9303-3.
    pub nationality: String,
    /// Who it is made out to.
    pub holder: Holder,
    /// Document number: at most nine characters A-Z and 0-9, more on cards.
    pub number: String,
    /// Date of issue; printed in the visual zone only.
    pub issued: Date,
    /// Last day of validity.
    pub expires: Date,
    /// Optional data of the MRZ; a passport's personal number.
    pub optional: String,
    /// A small card's optional data in its second line.
    pub second_optional: String,
}

impl Specimen {
    /// A document that was valid before `today` and stays so for years.
    pub fn bona_fide(kind: Kind, holder: Holder, today: Date) -> Self {
        Self {
            kind,
            code: kind.document_code().into(),
            nationality: UTOPIA.into(),
            holder,
            number: match kind {
                Kind::FrenchCard => "001302198765".into(),
                _ => "L898902C3".into(),
            },
            issued: today - AGE,
            expires: today + LEFT,
            optional: String::new(),
            second_optional: String::new(),
        }
    }

    /// The same document, some weeks after its last day.
    pub fn expired(kind: Kind, holder: Holder, today: Date) -> Self {
        Self {
            issued: today - OVERDUE - AGE - LEFT,
            expires: today - OVERDUE,
            ..Self::bona_fide(kind, holder, today)
        }
    }

    /// With another document number.
    #[must_use]
    pub fn numbered(self, number: &str) -> Self {
        Self {
            number: number.into(),
            ..self
        }
    }

    /// With optional data; a passport's personal number.
    #[must_use]
    pub fn with_optional(self, optional: &str) -> Self {
        Self {
            optional: optional.into(),
            ..self
        }
    }

    /// What the MRZ says.
    pub fn fields(&self) -> MrzFields {
        let french = self.kind == Kind::FrenchCard;
        let state = if french { FRANCE } else { UTOPIA };
        MrzFields {
            document_code: self.code.clone(),
            issuing_state: state.into(),
            names: Names::new(&self.holder.surname, &self.holder.given_names),
            document_number: self.number.clone(),
            nationality: if french {
                FRANCE.into()
            } else {
                self.nationality.clone()
            },
            birth: Some(MrzDate::from_date(self.holder.birth)),
            sex: Some(self.holder.sex),
            expiry: (!french).then(|| MrzDate::from_date(self.expires)),
            optional: self.optional.clone(),
            second_optional: self.second_optional.clone(),
        }
    }

    /// The MRZ's lines.
    pub fn mrz(&self) -> anyhow::Result<Vec<String>> {
        ensure!(self.issued <= self.expires, "issued after its last day");
        Ok(encode(self.kind.format(), &self.fields())?)
    }
}
