//! What the parts of a document say of the same thing, compared; and what was seen of its authenticity.

use serde::{Deserialize, Serialize};

use crate::{OnDifference, OnSignal, Policy, Reason, Warning};

/// A field that several parts of a document state, under the name that document APIs give its check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CrosscheckField {
    /// Document number.
    #[serde(rename = "document_number_crosscheck")]
    DocumentNumber,
    /// Names.
    #[serde(rename = "name_crosscheck")]
    Name,
    /// Address.
    #[serde(rename = "address_crosscheck")]
    Address,
    /// Date of birth.
    #[serde(rename = "birth_date")]
    BirthDate,
    /// Date of expiry.
    #[serde(rename = "expiry_date")]
    ExpiryDate,
    /// Sex.
    #[serde(rename = "sex")]
    Sex,
    /// Nationality.
    #[serde(rename = "nationality")]
    Nationality,
}

impl CrosscheckField {
    /// Every field.
    pub const ALL: [Self; 7] = [
        Self::DocumentNumber,
        Self::Name,
        Self::Address,
        Self::BirthDate,
        Self::ExpiryDate,
        Self::Sex,
        Self::Nationality,
    ];

    /// The reason that a difference in this field gives.
    pub const fn mismatch(self) -> Reason {
        match self {
            Self::DocumentNumber => Reason::DocumentNumberMismatch,
            Self::Name => Reason::NameMismatch,
            Self::Address => Reason::AddressMismatch,
            Self::BirthDate => Reason::BirthDateMismatch,
            Self::ExpiryDate => Reason::ExpiryDateMismatch,
            Self::Sex => Reason::SexMismatch,
            Self::Nationality => Reason::NationalityMismatch,
        }
    }
}

/// A part of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentPart {
    /// Machine-readable zone.
    Mrz,
    /// Barcode.
    Barcode,
    /// Visual inspection zone.
    Viz,
}

/// How two parts agree, from the plainest to the loosest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// Character for character.
    Exact,
    /// By a transliteration that ICAO 9303-3 permits, or another way to write the same.
    Equivalent,
    /// As far as a truncated name goes.
    Truncated,
    /// By characters that print mistakes for one another.
    LookAlike,
    /// Within a stated edit distance.
    Tolerated,
}

/// Why nothing was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotCompared {
    /// Fewer than two parts state the field.
    OneSource,
    /// One part states it in words that are not known.
    NotUnderstood,
    /// They do not agree, but it is not sure that the right text was read, or read rightly.
    Unsure,
}

/// What came of comparing one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrosscheckOutcome {
    /// Two parts say the same.
    Agrees {
        /// Which.
        between: [DocumentPart; 2],
        /// How.
        by: Agreement,
        /// Edits between them.
        distance: u32,
    },
    /// Two parts say different things.
    Differs {
        /// Which.
        between: [DocumentPart; 2],
        /// Edits between them.
        distance: u32,
    },
    /// Nothing was compared: neither a pass nor a failure.
    NotAssessed(NotCompared),
}

/// One field's comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentCrosscheck {
    /// Which field.
    pub field: CrosscheckField,
    /// What came of it.
    pub outcome: CrosscheckOutcome,
}

/// Something that tells of a document's authenticity. What this program does not know by name yet is
/// kept as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalName {
    /// The picture shows a screen.
    ScreenRecapture,
    /// The picture shows a photocopy.
    Photocopy,
    /// The portrait is not of one piece with the page.
    PortraitPasted,
    /// Font or baseline of the zone is off.
    MrzPrint,
    /// The page bears a word such as SPECIMEN.
    SuspiciousWords,
    /// Its validity has not begun.
    NotYetValid,
    /// Its dates can't all be right.
    ImplausibleDates,
    /// What it says contradicts itself or the standards.
    DataInconsistent,
    /// What the uploaded file says of itself contradicts the picture, the clock or itself.
    UploadMetadata,
    /// Another.
    #[serde(untagged)]
    Other(String),
}

impl SignalName {
    /// Those that this program knows by name: the shipped policy has a threshold for each.
    pub const KNOWN: [Self; 9] = [
        Self::ScreenRecapture,
        Self::Photocopy,
        Self::PortraitPasted,
        Self::MrzPrint,
        Self::SuspiciousWords,
        Self::NotYetValid,
        Self::ImplausibleDates,
        Self::DataInconsistent,
        Self::UploadMetadata,
    ];

    /// The signal of that name, known here or not.
    pub fn of(name: &str) -> Self {
        let mut known = Self::KNOWN.into_iter();
        known
            .find(|signal| signal.as_str() == name)
            .unwrap_or_else(|| Self::Other(name.to_owned()))
    }

    /// The name, as policies and evidence write it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::ScreenRecapture => "screen_recapture",
            Self::Photocopy => "photocopy",
            Self::PortraitPasted => "portrait_pasted",
            Self::MrzPrint => "mrz_print",
            Self::SuspiciousWords => "suspicious_words",
            Self::NotYetValid => "not_yet_valid",
            Self::ImplausibleDates => "implausible_dates",
            Self::DataInconsistent => "data_inconsistent",
            Self::UploadMetadata => "upload_metadata",
            Self::Other(name) => name,
        }
    }

    /// The reason that it gives where it reaches the policy's threshold.
    const fn reason(&self) -> Reason {
        match self {
            Self::ScreenRecapture => Reason::ScreenRecapture,
            Self::Photocopy => Reason::Photocopy,
            Self::PortraitPasted => Reason::PortraitPasted,
            Self::MrzPrint => Reason::MrzPrint,
            Self::SuspiciousWords => Reason::SuspiciousWords,
            Self::NotYetValid => Reason::NotYetValid,
            Self::ImplausibleDates => Reason::ImplausibleDates,
            Self::DataInconsistent => Reason::DataInconsistent,
            Self::UploadMetadata => Reason::UploadMetadata,
            Self::Other(_) => Reason::DocumentAuthenticityDoubt,
        }
    }
}

/// What a signal says by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalOutcome {
    /// Looked for and not seen.
    Clear,
    /// Seen.
    Suspicious,
    /// Not looked for, or not possible on this picture.
    NotAssessed,
}

/// One signal of a document's authenticity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentSignal {
    /// Which.
    pub name: SignalName,
    /// 0 (bona fide) to 1, where it is measured on a scale.
    pub score: Option<f32>,
    /// What it says.
    pub outcome: SignalOutcome,
}

impl DocumentSignal {
    /// Whether it stays below the policy's threshold for its name; `None` where it was not assessed.
    pub fn is_quiet(&self, policy: &Policy) -> Option<bool> {
        let suspicious = self.outcome == SignalOutcome::Suspicious;
        let loud = match policy.signals.get(self.name.as_str()) {
            Some(limit) => self
                .score
                .map_or(suspicious, |score| score >= limit.review_from),
            None => suspicious,
        };
        (self.outcome != SignalOutcome::NotAssessed).then_some(!loud)
    }
}

/// The reasons that differences between a document's parts give. What was not compared gives none.
pub(crate) fn mismatches(checks: &[DocumentCrosscheck], policy: &Policy) -> Vec<Reason> {
    if policy.crosscheck.differs == OnDifference::Warn {
        return Vec::new();
    }
    differing(checks).map(CrosscheckField::mismatch).collect()
}

fn differing(checks: &[DocumentCrosscheck]) -> impl Iterator<Item = CrosscheckField> {
    let differ =
        |check: &&DocumentCrosscheck| matches!(check.outcome, CrosscheckOutcome::Differs { .. });
    checks.iter().filter(differ).map(|check| check.field)
}

/// The warning that a difference gives where the policy does not decide by it.
pub(crate) fn difference_warning(
    checks: &[DocumentCrosscheck],
    policy: &Policy,
) -> Option<Warning> {
    let warns = policy.crosscheck.differs == OnDifference::Warn;
    (warns && differing(checks).next().is_some()).then_some(Warning::DocumentPartsDiffer)
}

/// What the signals lead to: each one's reason where it reaches the policy's threshold for its name, a warning where one
/// is suspicious that no person has to look at. Where specimens are accepted, a specimen's words are such a one.
pub(crate) fn doubts(
    signals: &[DocumentSignal],
    policy: &Policy,
) -> (Vec<Reason>, Option<Warning>) {
    let (mut reasons, mut warning) = (Vec::new(), None);
    for signal in signals {
        let suspicious = signal.outcome == SignalOutcome::Suspicious;
        let reaches = |limit: f32| signal.score.map_or(suspicious, |score| score >= limit);
        let expected = policy.specimens && signal.name == SignalName::SuspiciousWords;
        let limit = policy.signals.get(signal.name.as_str());
        let limit = limit.filter(|limit| limit.leads_to == OnSignal::Review && !expected);
        match limit {
            _ if signal.outcome == SignalOutcome::NotAssessed => {}
            Some(limit) if reaches(limit.review_from) => reasons.push(signal.name.reason()),
            None if suspicious => warning = Some(Warning::DocumentAuthenticityDoubt),
            Some(_) | None => {}
        }
    }
    (reasons, warning)
}
