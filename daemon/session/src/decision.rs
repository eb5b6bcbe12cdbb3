//! The end of a verification: a status, the reasons for it, and what was checked.

use serde::{Deserialize, Serialize};

use crate::{FieldName, Terms};

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The document is real and theirs, and they are present.
    Approved,
    /// A person has to look.
    ManualReview,
    /// Something is wrong.
    Rejected,
}

/// Why a session was not approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// The last day of validity has passed.
    DocumentExpired,
    /// A specimen (ICAO's Utopia, `UTO`) where the policy does not accept specimens.
    SpecimenDocument,
    /// The face is not the one on the document.
    FailedFaceMatch,
    /// The face of the liveness clip is not the face of the selfie.
    FaceChanged,
    /// Passive detection doubts the clip and the challenge was not met.
    PresentationAttack,
    /// The clip that meets the challenge was judged before the challenge was drawn.
    ClipSeenBefore,
    /// The face is on the kiosk's block list, as far as faces tell.
    BlockListed,
    /// The face is one that was approved here under another name.
    DuplicateIdentity,
    /// No machine-readable zone could be read.
    DocumentUnreadable,
    /// A check digit does not agree with its field.
    CheckDigitFailed,
    /// The expiry date could not be read.
    ExpiryNotRead,
    /// The document is of another kind than was declared.
    DocumentKindMismatch,
    /// The document's issuing state is not the one declared.
    CountryMismatch,
    /// Two parts of the document state different numbers of it.
    DocumentNumberMismatch,
    /// Two parts of the document state different names.
    NameMismatch,
    /// Two parts of the document state different addresses.
    AddressMismatch,
    /// Two parts of the document state different dates of birth.
    BirthDateMismatch,
    /// Two parts of the document state different dates of expiry.
    ExpiryDateMismatch,
    /// Two parts of the document state different sexes.
    SexMismatch,
    /// Two parts of the document state different nationalities.
    NationalityMismatch,
    /// The picture of the document shows a screen.
    ScreenRecapture,
    /// The picture shows a photocopy.
    Photocopy,
    /// The portrait is not of one piece with the page.
    PortraitPasted,
    /// Font, baseline or pitch of the machine-readable zone is off.
    MrzPrint,
    /// The page bears a word such as SPECIMEN.
    SuspiciousWords,
    /// The document's validity has not begun.
    NotYetValid,
    /// The document's dates can't all be right.
    ImplausibleDates,
    /// What the document says contradicts itself or the standards.
    DataInconsistent,
    /// What an uploaded picture's file says of itself contradicts the picture, the clock or itself.
    UploadMetadata,
    /// Another sign of tampering or copying reaches the policy's threshold.
    DocumentAuthenticityDoubt,
    /// The face could not be compared with the document's portrait.
    FaceMatchNotAssessed,
    /// More than one face in the selfie or the clip.
    SeveralFaces,
    /// Passive detection was not made.
    PassivePadNotAssessed,
    /// Passive detection doubts that a person was there.
    PassivePadDoubt,
    /// Signals of a picture, a sheet or a screen before the camera are loud.
    PresentationSuspected,
    /// A sign says that the clip was put in a camera's place.
    InjectionSuspected,
    /// A recording answered the challenge.
    RecordedAnswer,
    /// The gestures that were asked for were not all seen in order.
    ChallengeNotMet,
    /// The person was never asked for a gesture.
    LivenessNotChallenged,
    /// The face did not answer what the kiosk's screen showed.
    ScreenNotAnswered,
    /// Whether it did could not be said.
    ScreenNotAssessed,
    /// The clip's face could not be compared with the selfie.
    SameFaceNotAssessed,
    /// Watch lists were not consulted and the policy demands it.
    ScreeningNotAssessed,
    /// A name on a watch list is near the document's, and nobody has found yet that it is another person.
    WatchListHit,
    /// The same, on the operator's list of politically exposed persons.
    PoliticallyExposed,
    /// Fields that the tenant's requirements want were not read.
    FieldsMissing,
    /// The session's score or a document's agreement with itself lies below the tenant's tolerance.
    BelowTolerance,
}

impl Reason {
    /// What this reason alone leads to, where the policy does not say more of it.
    pub const fn leads_to(self) -> Status {
        match self {
            Self::DocumentExpired
            | Self::SpecimenDocument
            | Self::FailedFaceMatch
            | Self::FaceChanged
            | Self::PresentationAttack
            | Self::ClipSeenBefore => Status::Rejected,
            _ => Status::ManualReview,
        }
    }

    /// The reason in a sentence, for people.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::DocumentExpired => "The document has expired",
            Self::SpecimenDocument => "The document is a specimen",
            Self::FailedFaceMatch => "The face does not match the document's portrait",
            Self::FaceChanged => "The face in the liveness clip is not the face of the selfie",
            Self::PresentationAttack => "The clip looks like a presentation attack",
            Self::ClipSeenBefore => "The liveness clip was used before",
            Self::BlockListed => "The face is like one on the block list",
            Self::DuplicateIdentity => "The face is like one that was approved as another person",
            Self::DocumentUnreadable => "The machine-readable zone could not be read",
            Self::CheckDigitFailed => "A check digit of the document is wrong",
            Self::ExpiryNotRead => "The document's expiry date could not be read",
            Self::DocumentKindMismatch => "The document is not of the declared kind",
            Self::CountryMismatch => "The document is not of the declared issuing state",
            Self::DocumentNumberMismatch => "Parts of the document state different numbers",
            Self::NameMismatch => "Parts of the document state different names",
            Self::AddressMismatch => "Parts of the document state different addresses",
            Self::BirthDateMismatch => "Parts of the document state different dates of birth",
            Self::ExpiryDateMismatch => "Parts of the document state different expiry dates",
            Self::SexMismatch => "Parts of the document state different sexes",
            Self::NationalityMismatch => "Parts of the document state different nationalities",
            Self::ScreenRecapture => "The document may have been shown on a screen",
            Self::Photocopy => "The document may be a photocopy",
            Self::PortraitPasted => "The document's portrait may have been replaced",
            Self::MrzPrint => "The machine-readable zone is not printed as it should be",
            Self::SuspiciousWords => "The document bears a word that stands on specimens",
            Self::NotYetValid => "The document is not valid yet",
            Self::ImplausibleDates => "The document's dates can't all be right",
            Self::DataInconsistent => "What the document says contradicts itself",
            Self::UploadMetadata => "An uploaded picture's own data contradict it",
            Self::DocumentAuthenticityDoubt => "The document may have been altered or copied",
            Self::FaceMatchNotAssessed => "The face could not be compared with the document",
            Self::SeveralFaces => "More than one face was seen",
            Self::PassivePadNotAssessed => "Passive attack detection was not assessed",
            Self::PassivePadDoubt => "Passive attack detection doubts that a person was present",
            Self::PresentationSuspected => "The clip may show a picture or a screen",
            Self::InjectionSuspected => "The clip may not come from a camera",
            Self::RecordedAnswer => {
                "The challenge was answered by a recording, not before a camera"
            }
            Self::ChallengeNotMet => "The requested gestures were not all seen in order",
            Self::LivenessNotChallenged => "The person was not asked for a gesture",
            Self::ScreenNotAnswered => "The face did not answer what the screen showed",
            Self::ScreenNotAssessed => "Whether the face answered the screen could not be judged",
            Self::SameFaceNotAssessed => "The clip's face could not be compared with the selfie",
            Self::ScreeningNotAssessed => "Watch lists were not consulted",
            Self::WatchListHit => "A name on a watch list is near the person's",
            Self::PoliticallyExposed => "The person may be politically exposed",
            Self::FieldsMissing => "Required fields of the document could not be read",
            Self::BelowTolerance => "A score lies below the tolerance that was set for it",
        }
    }
}

/// Something that a reader of the decision has to know and that did not change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Warning {
    /// A specimen was accepted because the policy says so.
    SpecimenAccepted,
    /// Watch lists were not consulted; the policy does not demand it.
    ScreeningNotAssessed,
    /// Parts of the document differ; the policy does not decide by it.
    DocumentPartsDiffer,
    /// Something speaks against the document that the policy has no person look at.
    DocumentAuthenticityDoubt,
    /// A check that the tenant's weights count was not assessed: it counts neither way.
    WeightNotAssessed,
    /// A recording answered the challenge, which the policy takes for demonstrations and tests.
    RecordedAnswer,
    /// The person asked for no colours: they followed a dot in their place.
    ColoursDeclined,
}

impl Warning {
    /// The warning in a sentence, for people.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::SpecimenAccepted => "The document is a specimen, which the policy accepts",
            Self::ScreeningNotAssessed => "Watch lists were not consulted",
            Self::DocumentPartsDiffer => "Parts of the document state different things",
            Self::DocumentAuthenticityDoubt => "Something speaks against the document",
            Self::WeightNotAssessed => "A check that has weight was not assessed",
            Self::RecordedAnswer => "A recording answered the challenge, which the policy accepts",
            Self::ColoursDeclined => "A dot was followed in place of the screen's colours",
        }
    }
}

/// How much is at stake in believing this session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskLevel {
    /// Up to the policy's first bound.
    Low,
    /// Up to its second.
    Medium,
    /// Beyond.
    High,
}

/// Each check on its own; `None` where it was not assessed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Checks {
    /// The document was read, agrees with itself and is valid today.
    pub document_verified: Option<bool>,
    /// The person's face is the document's.
    pub face_match_passed: Option<bool>,
    /// 0 to 1, 0.5 at the boundary; not calibrated.
    pub face_match_score: Option<f32>,
    /// The person is alive and present: passive and active together.
    pub liveness_passed: Option<bool>,
    /// No watch list names the person.
    pub sanctions_clear: Option<bool>,
}

/// A decision, with all that is needed to explain it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// What was decided.
    pub status: Status,
    /// Why it is not an approval, gravest first; empty when approved.
    pub reasons: Vec<Reason>,
    /// What else a reader has to know.
    pub warnings: Vec<Warning>,
    /// Each check on its own.
    pub checks: Checks,
    /// 0 to 1: the largest risk that any check leaves.
    pub risk_score: f32,
    /// The same in words.
    pub risk_level: RiskLevel,
    /// Name and version of the policy that it was made by.
    pub policy: String,
    /// SHA-256 (hex) of that policy's JSON, by which whoever recorded the decision keeps all of its thresholds; absent in what was
    /// recorded before there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_sha256: Option<String>,
    /// Fields that the tenant wants and that were not read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<FieldName>,
    /// The score by the tenant's weights, 0 to 1; absent where none were set or nothing that has weight was assessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// What the tenant had set, whole; absent where that was nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Box<Terms>>,
}

impl Decision {
    /// The version of the weights that it was made by: the tenant's own, or the policy's.
    pub fn weights_id(&self) -> &str {
        let own = self.terms.as_ref().and_then(|terms| terms.weights.as_ref());
        own.map_or(&self.policy, |version| &version.id)
    }
}
