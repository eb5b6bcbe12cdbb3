//! The states of a session.
//!
//! ```text
//! New ─created─► Created ─consent─► Consented ─document─► Documented ─selfie─► Pictured
//!                                                             ▲  ▲                │
//!                                              document again─┘  └──document──────┤
//!                                                                                 ▼
//!      Synced ◄─synced─ Decided ◄─decided─ Assessed ◄─liveness─ Challenged ◄─challenge
//!                                             ▲ └──challenge again──►┘
//!                                             └─liveness, unprompted── Pictured
//!
//! Created to Assessed ─expired─► Expired      Created to Assessed ─cancelled─► Cancelled
//! ```
//!
//! What each event leads to, by the state that it finds; `.` is refused. `tests/transitions.rs` renders this
//! table from what `step` allows and compares the two.
//!
//! ```text
//! from       created consent    document   selfie   challenge  answer   unprompted noted      failed     decided expired cancelled synced anonymised
//! new        created .          .          .        .          .        .          .          .          .       .       .         .      anonymised
//! created    .       consented  .          .        .          .        .          created    .          .       expired cancelled .      .
//! consented  .       consented  documented .        .          .        .          consented  consented  .       expired cancelled .      .
//! documented .       documented documented pictured .          .        .          documented documented .       expired cancelled .      .
//! pictured   .       pictured   documented pictured challenged .        assessed   pictured   pictured   .       expired cancelled .      .
//! challenged .       challenged documented pictured challenged assessed .          challenged challenged .       expired cancelled .      .
//! assessed   .       assessed   documented pictured challenged .        assessed   assessed   assessed   decided expired cancelled .      .
//! decided    .       .          .          .        .          .        .          .          .          .       .       .         synced .
//! synced     .       .          .          .        .          .        .          .          .          .       .       .         .      .
//! expired    .       .          .          .        .          .        .          .          .          .       .       .         .      .
//! cancelled  .       .          .          .        .          .        .          .          .          .       .       .         .      .
//! anonymised .       .          .          .        .          .        .          .          .          .       .       .         .      .
//! ```
//!
//! Data lives inside the state that needs it: there is no `Documented` without a document. A new document
//! takes the session back to `Documented`, since the selfie was compared with the one before; a new selfie
//! takes it back to `Pictured`, since the clip was compared with the one before.
//!
//! A session that authenticates an identity (its opening names one) has no document: it goes from `Consented` to `Pictured`,
//! its selfie compared with the enrolled face, and its states hold `None` in the document's place. What stays of a session
//! whose personal data were removed is `Anonymised`, the only state of a log of its own, reached from `New` alone.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use crate::{
    Challenge, Closing, Consent, Decision, DocumentEvidence, LivenessEvidence, Opening, Redacted,
    SelfieEvidence, SessionId, Shell,
};

/// A session: its name and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Its name.
    pub id: SessionId,
    /// Where it stands.
    pub state: State,
}

/// What every begun session has.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Who asked for it.
    pub opening: Opening,
    /// When it began.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub changed_at: OffsetDateTime,
    /// When the person agreed, or the partner said so; `None` before.
    pub consented_at: Option<OffsetDateTime>,
    /// Challenges that the person was given so far.
    pub challenges: u32,
    /// Captures that came to nothing so far.
    pub failed_attempts: u32,
    /// What was put down beside the evidence, by name.
    pub notes: BTreeMap<String, Redacted<String>>,
}

/// Where a session stands; the module's head draws the ways between.
#[derive(Debug, Clone, PartialEq)]
#[allow(
    missing_docs,
    reason = "a state's fields are the evidence types, which tell what they are"
)]
pub enum State {
    /// Nothing has happened.
    New,
    /// Asked for; the person has not agreed.
    Created { case: Case },
    /// The person agreed.
    Consented { case: Case, consent: Consent },
    /// A document was read.
    Documented {
        case: Case,
        consent: Consent,
        document: Box<DocumentEvidence>,
    },
    /// The person's picture was taken and compared.
    Pictured {
        case: Case,
        consent: Consent,
        document: Option<Box<DocumentEvidence>>,
        selfie: SelfieEvidence,
    },
    /// The person was asked for gestures.
    Challenged {
        case: Case,
        consent: Consent,
        document: Option<Box<DocumentEvidence>>,
        selfie: SelfieEvidence,
        challenge: Challenge,
    },
    /// The person's clip was judged.
    Assessed {
        case: Case,
        consent: Consent,
        document: Option<Box<DocumentEvidence>>,
        selfie: SelfieEvidence,
        liveness: Box<LivenessEvidence>,
    },
    /// Decided; central may not hold all of it yet.
    Decided {
        case: Case,
        consent: Consent,
        document: Option<Box<DocumentEvidence>>,
        selfie: SelfieEvidence,
        liveness: Box<LivenessEvidence>,
        decision: Decision,
    },
    /// Decided, and central holds all of it.
    Synced {
        case: Case,
        consent: Consent,
        document: Option<Box<DocumentEvidence>>,
        selfie: SelfieEvidence,
        liveness: Box<LivenessEvidence>,
        decision: Decision,
    },
    /// Its time ran out.
    Expired { case: Case },
    /// Ended before a decision.
    Cancelled { case: Case, by: Closing },
    /// Its personal data were removed; what stays is no log of the session's.
    Anonymised { case: Case, shell: Box<Shell> },
}

impl State {
    /// The names of all states but `new`, in which nothing is stored.
    pub const NAMES: [&'static str; 11] = [
        "created",
        "consented",
        "documented",
        "pictured",
        "challenged",
        "assessed",
        "decided",
        "synced",
        "expired",
        "cancelled",
        "anonymised",
    ];

    /// The state's name, as it stands in answers and metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Created { .. } => "created",
            Self::Consented { .. } => "consented",
            Self::Documented { .. } => "documented",
            Self::Pictured { .. } => "pictured",
            Self::Challenged { .. } => "challenged",
            Self::Assessed { .. } => "assessed",
            Self::Decided { .. } => "decided",
            Self::Synced { .. } => "synced",
            Self::Expired { .. } => "expired",
            Self::Cancelled { .. } => "cancelled",
            Self::Anonymised { .. } => "anonymised",
        }
    }

    /// What every begun session has.
    pub const fn case(&self) -> Option<&Case> {
        match self {
            Self::New => None,
            Self::Created { case }
            | Self::Consented { case, .. }
            | Self::Documented { case, .. }
            | Self::Pictured { case, .. }
            | Self::Challenged { case, .. }
            | Self::Assessed { case, .. }
            | Self::Decided { case, .. }
            | Self::Synced { case, .. }
            | Self::Expired { case }
            | Self::Cancelled { case, .. }
            | Self::Anonymised { case, .. } => Some(case),
        }
    }

    /// The same, to be changed.
    pub(crate) const fn case_mut(&mut self) -> Option<&mut Case> {
        match self {
            Self::New => None,
            Self::Created { case }
            | Self::Consented { case, .. }
            | Self::Documented { case, .. }
            | Self::Pictured { case, .. }
            | Self::Challenged { case, .. }
            | Self::Assessed { case, .. }
            | Self::Decided { case, .. }
            | Self::Synced { case, .. }
            | Self::Expired { case }
            | Self::Cancelled { case, .. }
            | Self::Anonymised { case, .. } => Some(case),
        }
    }

    /// The document that stands, where one was read.
    pub fn document(&self) -> Option<&DocumentEvidence> {
        match self {
            Self::Documented { document, .. } => Some(document),
            Self::Pictured { document, .. }
            | Self::Challenged { document, .. }
            | Self::Assessed { document, .. }
            | Self::Decided { document, .. }
            | Self::Synced { document, .. } => document.as_deref(),
            _ => None,
        }
    }

    /// The selfie that stands, where one was taken.
    pub const fn selfie(&self) -> Option<&SelfieEvidence> {
        match self {
            Self::Pictured { selfie, .. }
            | Self::Challenged { selfie, .. }
            | Self::Assessed { selfie, .. }
            | Self::Decided { selfie, .. }
            | Self::Synced { selfie, .. } => Some(selfie),
            _ => None,
        }
    }

    /// The challenge that waits for its answer.
    pub const fn challenge(&self) -> Option<&Challenge> {
        match self {
            Self::Challenged { challenge, .. } => Some(challenge),
            _ => None,
        }
    }

    /// The judged clip, where there is one.
    pub const fn liveness(&self) -> Option<&LivenessEvidence> {
        match self {
            Self::Assessed { liveness, .. }
            | Self::Decided { liveness, .. }
            | Self::Synced { liveness, .. } => Some(liveness),
            _ => None,
        }
    }

    /// The decision, once there is one.
    pub const fn decision(&self) -> Option<&Decision> {
        match self {
            Self::Decided { decision, .. } | Self::Synced { decision, .. } => Some(decision),
            Self::Anonymised { shell, .. } => shell.outline.decision.as_ref(),
            _ => None,
        }
    }

    /// No event but `synced` can change it any more.
    pub const fn is_closed(&self) -> bool {
        matches!(
            self,
            Self::Decided { .. }
                | Self::Synced { .. }
                | Self::Expired { .. }
                | Self::Cancelled { .. }
                | Self::Anonymised { .. }
        )
    }
}
