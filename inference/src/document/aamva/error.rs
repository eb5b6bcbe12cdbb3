//! Why a text is no licence that can be read, or a licence cannot be written.

/// Why a text was not read as a licence. Quotes nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AamvaError {
    /// Longer than any barcode holds.
    #[error(
        "{bytes} bytes are more than a PDF417 symbol holds ({limit} are taken): send the text of one barcode"
    )]
    TooLong {
        /// Bytes given.
        bytes: usize,
        /// The most that are taken.
        limit: usize,
    },
    /// Another kind of barcode.
    #[error(
        "the barcode is not an AAMVA licence or identity card: show the side with the PDF417 of one"
    )]
    NotAamva,
    /// The text of a magnetic stripe, as some cards print it in a barcode.
    #[error(
        "the barcode holds magnetic stripe data, which is not supported: read the card's front"
    )]
    MagneticStripe,
    /// From before the standard of 2000 (version 0).
    #[error(
        "the card is older than the AAMVA standard of 2000, which is not supported: read its front"
    )]
    BeforeStandard,
    /// The header's numbers cannot be told.
    #[error("the barcode's header is damaged: hold the card flat and let it be read again")]
    Header,
    /// A header and no element.
    #[error("the barcode has no element of a licence or identity card: let it be read again")]
    Empty,
}

/// Why a licence was not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A version that this program does not know.
    #[error(
        "version {version} cannot be written: give 1 to {}",
        super::NEWEST_VERSION
    )]
    Version {
        /// As asked for.
        version: u8,
    },
    /// The header's numbers don't fit their places, or the version has none of them.
    #[error(
        "the header's numbers do not fit: six digits of issuer, two of the jurisdiction's version, none of it in version 1"
    )]
    Header,
    /// Whether it is a licence or an identity card is not told.
    #[error("whether it is a licence or an identity card is not told: say which")]
    Card,
    /// A field that the version demands is empty.
    #[error("{id} is missing: this version demands it")]
    Missing {
        /// Its element.
        id: &'static str,
    },
    /// A field that the version has no element for.
    #[error("this version has no element for {field:?}: leave it empty")]
    NoPlace {
        /// Which.
        field: super::Field,
    },
    /// A value that its element cannot hold.
    #[error("{id} cannot hold this value: see the element's length and kind")]
    Value {
        /// Its element.
        id: &'static str,
    },
    /// A jurisdiction's own element whose name or value cannot be written.
    #[error("a jurisdiction's own element cannot be written: its name begins with its subfile's")]
    Extra,
    /// A subfile above 9,999 bytes.
    #[error("a subfile has {bytes} bytes and its designator room for four digits: shorten it")]
    TooLong {
        /// Its bytes.
        bytes: usize,
    },
}
