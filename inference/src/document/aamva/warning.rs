//! How a card's text strays from the standard and was read all the same, or in part.

use std::fmt;

/// An element's three characters, `DAQ` among them: capitals and digits only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ElementId([u8; 3]);

impl ElementId {
    /// Takes the first three bytes of text that begins with an element's name.
    #[must_use]
    pub fn at(text: &str) -> Option<Self> {
        let id: [u8; 3] = text.as_bytes().get(..3)?.try_into().ok()?;
        let letters = id[..2].iter().all(u8::is_ascii_uppercase);
        let last = id[2].is_ascii_uppercase() || id[2].is_ascii_digit();
        (letters && last).then_some(Self(id))
    }

    /// The three characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Checked in `at`: ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for ElementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ElementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One way in which a text strays. Says which element, never what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// A version above the newest one known; read as that.
    #[error(
        "version {version} is newer than {}: read as that",
        super::NEWEST_VERSION
    )]
    NewerVersion {
        /// As the header says.
        version: u8,
    },
    /// The header's separators are not `@`, line feed, record separator, carriage return.
    #[error("the header's separators are not as they should be")]
    HeaderSeparators,
    /// The header has numbers too few or too many for its version.
    #[error("the header's numbers are not those of its version")]
    HeaderNumbers,
    /// The issuer's number is not on AAMVA's list.
    #[error("the issuer is not known")]
    UnknownIssuer,
    /// The header tells another number of subfiles than there are designators.
    #[error("the header tells {told} subfiles, {found} are designated")]
    Entries {
        /// As the header says.
        told: u8,
        /// Designators.
        found: u8,
    },
    /// A designator's numbers are damaged.
    #[error("a subfile designator is damaged")]
    Designator,
    /// A subfile does not lie where its designator says, or not so long.
    #[error("subfile {subfile} is not where or not as long as designated")]
    SubfilePlace {
        /// `DL`, `ID`, `ZV`, ...
        subfile: Subfile,
    },
    /// A subfile does not begin with its own two letters, or begins with them twice.
    #[error("subfile {subfile} does not begin with its name")]
    SubfileName {
        /// `DL`, `ID`, `ZV`, ...
        subfile: Subfile,
    },
    /// Text between separators that is no element.
    #[error("there is text that is no element")]
    StrayText,
    /// An element stands twice with the same value.
    #[error("element {id} stands twice")]
    Repeated {
        /// Which.
        id: ElementId,
    },
    /// An element stands twice with two values: none of them was taken.
    #[error("element {id} stands twice and says two things: not read")]
    Conflict {
        /// Which.
        id: ElementId,
    },
    /// An element of another version than the card's.
    #[error("element {id} is not one of this version")]
    OtherVersion {
        /// Which.
        id: ElementId,
    },
    /// An element that no version has.
    #[error("element {id} is in no version of the standard")]
    UnknownElement {
        /// Which.
        id: ElementId,
    },
    /// A value written otherwise than the standard asks, and told all the same.
    #[error("element {id} is written in an unusual way")]
    Unusual {
        /// Which.
        id: ElementId,
    },
    /// A value that cannot be told: not read.
    #[error("element {id} cannot be read")]
    Unreadable {
        /// Which.
        id: ElementId,
    },
    /// An element that the version demands is not there.
    #[error("element {id}, which this version demands, is missing")]
    Missing {
        /// Which.
        id: ElementId,
    },
    /// A whole name whose parts cannot be told apart.
    #[error("the name's parts cannot be told apart")]
    NameNotParted,
    /// A whole name was read as given names first, as this issuer wrote version 1.
    #[error("the name was read given names first, as this issuer wrote them")]
    GivenNamesFirst,
    /// More strays than are told.
    #[error("more strays than are told")]
    More,
}

/// A subfile's two letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subfile(pub(super) [u8; 2]);

impl Subfile {
    /// Takes the first two bytes of text that begins with a subfile's name.
    #[must_use]
    pub fn at(text: &str) -> Option<Self> {
        let name: [u8; 2] = text.as_bytes().get(..2)?.try_into().ok()?;
        let fits = name[0].is_ascii_uppercase()
            && (name[1].is_ascii_uppercase() || name[1].is_ascii_digit());
        fits.then_some(Self(name))
    }

    /// The two characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Checked in `at`: ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Whether it is a jurisdiction's own: those begin with `Z`.
    #[must_use]
    pub fn is_jurisdictions_own(&self) -> bool {
        self.0[0] == b'Z'
    }
}

impl fmt::Display for Subfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Subfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
