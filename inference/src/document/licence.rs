//! The licence among a picture's barcodes, and what it says for comparing.

use super::aamva::{AamvaError, Card, Field, Licence, parse};
use super::barcode::Barcode;
use super::crosscheck::{Claims, Said, Source};
use super::findings::{DocumentKind, Finding};
use super::mrz::Sex;
use super::reading::DocumentReading;

/// The first barcode that is a licence; where none could be read, why the first that looks like one
/// could not. `None` where no barcode looks like one. Readings that nothing confirms are left out: a
/// wrong letter in them would pass for the holder's.
pub(super) fn licence(barcodes: &[Barcode]) -> Option<Result<Licence, AamvaError>> {
    let confirmed = barcodes.iter().filter(|barcode| barcode.confirmed);
    let read = confirmed.map(|barcode| parse(&barcode.bytes));
    let mut likely: Vec<_> = read
        .filter(|licence| !matches!(licence, Err(AamvaError::NotAamva)))
        .collect();
    let best = likely.iter().position(Result::is_ok).unwrap_or(0);
    (!likely.is_empty()).then(|| likely.swap_remove(best))
}

impl DocumentReading {
    /// What the document is, by its licence's barcode, else by its zone; `None` where neither was read.
    #[must_use]
    pub fn kind(&self) -> Option<DocumentKind> {
        let by_barcode = self.read_licence().and_then(|licence| match licence.card {
            Some(Card::DrivingLicence) => Some(DocumentKind::DrivingLicence),
            Some(Card::IdentityCard) => Some(DocumentKind::IdentityCard),
            None => None,
        });
        by_barcode.or_else(|| self.mrz.as_ref().map(super::MrzReading::kind))
    }

    /// The licence that its barcode holds.
    #[must_use]
    pub fn read_licence(&self) -> Option<&Licence> {
        self.licence.as_ref()?.as_ref().ok()
    }

    /// What its barcode says, for comparing with the other parts and with the other side.
    #[must_use]
    pub fn barcode_claims(&self) -> Option<Claims> {
        self.read_licence().map(claims)
    }

    /// Takes back that a zone or a document is lacking where a licence was read: those of North
    /// America mostly have no zone.
    pub(super) fn settle_findings(&mut self) {
        if self.read_licence().is_some() {
            self.findings
                .retain(|finding| !matches!(finding, Finding::NoMrz | Finding::NoDocument));
        }
    }
}

/// Error correction vouches for what a barcode says, so that all of it is sure; names that the card
/// says may be cut are known as such.
fn claims(licence: &Licence) -> Claims {
    use super::aamva::{Truncation, Value};
    let fields = &licence.fields;
    let mut claims = Claims {
        document_number: Said::perhaps(fields.text(Field::LicenceNumber).map(str::to_owned)),
        address: Said::perhaps(licence.address()),
        birth: Said::perhaps(fields.date(Field::Birth).map(Into::into)),
        expiry: Said::perhaps(fields.date(Field::Expires).map(Into::into)),
        sex: Said::perhaps(fields.sex().map(|sex| match sex {
            Sex::Female => 'F',
            Sex::Male => 'M',
            Sex::Unspecified => 'X',
        })),
        ..Claims::new(Source::Barcode)
    };
    let cut = [
        Field::FamilyNameTruncated,
        Field::FirstNameTruncated,
        Field::MiddleNameTruncated,
    ]
    .into_iter()
    .any(|field| {
        matches!(
            fields.get(field),
            Some(Value::Truncation(
                Truncation::Truncated | Truncation::Unknown
            ))
        )
    });
    let names = licence.names();
    if let Some(family) = &names.family {
        claims = claims.with_names(family, names.given.as_deref().unwrap_or(""), cut);
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::*;

    const LICENCE: &str = "@\n\x1e\rANSI 636000100001DL00310120DLDAQX98765432\nDCSSPECIMEN\nDDEN\n\
        DACPAULA\nDDFN\nDADMAY\nDDGT\nDBB02291984\nDBA12102031\nDBC2\nDAG1 EXAMPLE STREET\n\
        DAISAMPLETOWN\nDAJVA\nDAK232690000\r";

    fn barcode(text: &str) -> Barcode {
        Barcode {
            text: text.into(),
            bytes: text.into(),
            corners: [[0.0; 2]; 4],
            confirmed: true,
        }
    }

    #[test]
    fn a_reading_that_nothing_confirms_is_no_licence() {
        let doubtful = Barcode {
            confirmed: false,
            ..barcode(LICENCE)
        };
        assert!(licence(&[doubtful]).is_none());
    }

    #[test]
    fn the_licence_is_found_among_other_barcodes() {
        let found = licence(&[barcode("1234"), barcode(LICENCE)])
            .unwrap()
            .unwrap();
        assert_eq!(found.fields.text(Field::LicenceNumber), Some("X98765432"));
        assert!(licence(&[barcode("1234")]).is_none());
        assert!(licence(&[]).is_none());
        let old = barcode("@\n\x1e\rANSI 6360000001DL00290120DLDAQ1\r");
        assert_eq!(licence(&[old]).unwrap(), Err(AamvaError::BeforeStandard));
    }

    #[test]
    fn a_licence_states_what_other_parts_state() {
        let claims = claims(&parse(LICENCE.as_bytes()).unwrap());
        assert_eq!(claims.source, Source::Barcode);
        assert_eq!(claims.document_number, Said::surely("X98765432".into()));
        assert_eq!(claims.sex, Said::surely('F'));
        let address = "1 EXAMPLE STREET, SAMPLETOWN, VA, 23269";
        assert_eq!(claims.address, Said::surely(address.into()));
        let names = Claims::new(Source::Barcode).with_names("SPECIMEN", "PAULA MAY", true);
        assert_eq!(claims.names, names.names);
    }
}
