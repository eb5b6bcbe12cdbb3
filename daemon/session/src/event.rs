//! What happens to a session. Events are facts: written once, in order, and never changed.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    Challenge, Decision, DocumentEvidence, FailedAttempt, LivenessEvidence, Redacted,
    SelfieEvidence, SessionId, Shell,
};

/// The version of [`Entry`] that this code writes.
pub const ENTRY_VERSION: u8 = 1;

/// An event with its time, as it is written to the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Version of this form: [`ENTRY_VERSION`].
    pub version: u8,
    /// When it happened, by the kiosk's clock.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// By whom it was asked for; absent in what was written before this was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Author>,
    /// What happened.
    pub event: Event,
}

/// Who had something happen. It changes no state and no decision: it is what an audit tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The credential's or staff user's name, or [`Author::KIOSK`].
    pub name: String,
    /// The address that they called from; absent where none is known, as on the kiosk itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Redacted<IpAddr>>,
}

impl Author {
    /// The kiosk itself, by its own clock and policy. No credential can have this name.
    pub const KIOSK: &'static str = "(kiosk)";

    /// The kiosk itself.
    pub fn kiosk() -> Self {
        Self {
            name: Self::KIOSK.to_owned(),
            address: None,
        }
    }
}

impl Entry {
    /// An entry of the version that this code writes, of which nobody is named as its author.
    pub const fn new(at: OffsetDateTime, event: Event) -> Self {
        Self {
            version: ENTRY_VERSION,
            at,
            by: None,
            event,
        }
    }

    /// The same, by that author.
    #[must_use]
    pub fn by(self, author: Author) -> Self {
        Self {
            by: Some(author),
            ..self
        }
    }
}

/// What can happen to a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A partner or the kiosk itself began it.
    Created {
        /// By whom and for whom.
        opening: Opening,
    },
    /// The person agreed, or the partner states that they did.
    ConsentGiven {
        /// To what, and how it is known.
        consent: Consent,
    },
    /// A document was read. A new reading replaces the one before and what was compared with it.
    DocumentRead {
        /// What it said.
        document: Box<DocumentEvidence>,
    },
    /// A picture of the person was taken and compared.
    SelfieTaken {
        /// What came of it.
        selfie: SelfieEvidence,
    },
    /// The person was asked to do something.
    ChallengeIssued {
        /// What.
        challenge: Challenge,
    },
    /// A clip of the person was judged.
    LivenessAssessed {
        /// What came of it.
        liveness: Box<LivenessEvidence>,
    },
    /// Something was put down that decides nothing: where a picture was taken, what an SDK says of itself.
    Noted {
        /// What.
        note: Note,
    },
    /// A capture came to nothing. It decides nothing and changes no state; what was measured of it is kept.
    AttemptFailed {
        /// What was tried, and why it does not count.
        attempt: Box<FailedAttempt>,
    },
    /// The end of the matter.
    Decided {
        /// What was decided, why, and by which policy.
        decision: Decision,
    },
    /// Its time ran out before a decision.
    Expired,
    /// It was ended before a decision.
    Cancelled {
        /// By whom.
        by: Closing,
    },
    /// Central holds everything up to the decision.
    Synced {
        /// Highest record number that central had acknowledged.
        through: u64,
    },
    /// What stays of a session whose personal data were removed; the only event of its log.
    Anonymised {
        /// That.
        shell: Box<Shell>,
    },
}

impl Event {
    /// The names of all events.
    pub const NAMES: [&'static str; 13] = [
        "created",
        "consent_given",
        "document_read",
        "selfie_taken",
        "challenge_issued",
        "liveness_assessed",
        "noted",
        "attempt_failed",
        "decided",
        "expired",
        "cancelled",
        "synced",
        "anonymised",
    ];

    /// The event's name, as its `type` in the log.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Created { .. } => "created",
            Self::ConsentGiven { .. } => "consent_given",
            Self::DocumentRead { .. } => "document_read",
            Self::SelfieTaken { .. } => "selfie_taken",
            Self::ChallengeIssued { .. } => "challenge_issued",
            Self::LivenessAssessed { .. } => "liveness_assessed",
            Self::Noted { .. } => "noted",
            Self::AttemptFailed { .. } => "attempt_failed",
            Self::Decided { .. } => "decided",
            Self::Expired => "expired",
            Self::Cancelled { .. } => "cancelled",
            Self::Synced { .. } => "synced",
            Self::Anonymised { .. } => "anonymised",
        }
    }
}

/// Who asked for a verification, and what they said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opening {
    /// The tenant that it belongs to.
    pub tenant: String,
    /// Name of the credential that made it.
    pub credential: String,
    /// The partner's own name for the person.
    pub external_user_id: Redacted<String>,
    /// Where the partner wants to be told.
    pub webhook_url: Option<Redacted<String>>,
    /// Where the person's browser goes at the end.
    pub redirect_url: Option<Redacted<String>>,
    /// The partner's own data as a JSON text, given back unchanged.
    pub metadata: Option<Redacted<String>>,
    /// The approved session whose person this one has to be; absent where a document is verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<SessionId>,
    /// Whether it asks for nothing but a living person before the camera: no document is looked at, nobody is named, nothing decided.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub liveness_alone: bool,
    /// When it expires if nothing is decided.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

/// A named text beside the evidence; one of the same name replaces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What it is of, in the dialect's own word, e.g. `sdk_metadata`.
    pub name: String,
    /// What it says.
    pub text: Redacted<String>,
}

/// An agreement to the verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// How it is known.
    pub source: ConsentSource,
    /// Version of the text that was agreed to.
    pub text_version: String,
}

/// How consent is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentSource {
    /// The person agreed on this machine.
    Person,
    /// The partner's configuration states that it collected consent.
    PartnerStatement,
}

/// Who ended a session early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// The person.
    Person,
    /// The partner.
    Partner,
    /// Staff or an operator of the kiosk.
    Staff,
}
