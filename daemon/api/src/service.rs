//! The one service behind every dialect: what can be asked of verifications, in the domain's own words.
//!
//! A dialect translates its published requests into these calls and these answers into its published
//! bodies. Rules stand in `kiosk-session`; what runs them (models, store) stands behind this trait.
// long file: one trait and the words of its questions and answers

use std::fmt;
use std::net::IpAddr;

use async_trait::async_trait;
use bytes::Bytes;
use kiosk_session::{
    Author, Challenge, Closing, Consent, DocumentKind, Ended, Note, Policy, Redacted, Refused,
    Session, SessionId, State, Status,
};
use serde::Serialize;
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::audit::Audit;
use crate::deliveries::Deliveries;
use crate::registry::Registry;
use crate::screening::Screening;

/// Who calls: every session belongs to a tenant, and is seen by that tenant only.
#[derive(Clone, PartialEq, Eq)]
pub struct Caller {
    /// The tenant of the credential.
    pub tenant: String,
    /// The credential's name (never its secret).
    pub credential: String,
    /// Where they call from; `None` where it is not known. For the audit alone.
    pub address: Option<IpAddr>,
}

impl Caller {
    /// A caller of whose address nothing is known.
    pub fn new(tenant: impl Into<String>, credential: impl Into<String>) -> Self {
        Self {
            tenant: tenant.into(),
            credential: credential.into(),
            address: None,
        }
    }

    /// The same, calling from there.
    #[must_use]
    pub fn from_address(self, address: Option<IpAddr>) -> Self {
        Self { address, ..self }
    }

    /// As the author of an event.
    pub fn author(&self) -> Author {
        Author {
            name: self.credential.clone(),
            address: self.address.map(Redacted::new),
        }
    }
}

/// Without the address, which may be a person's.
impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("tenant", &self.tenant)
            .field("credential", &self.credential)
            .finish_non_exhaustive()
    }
}

/// What is asked for when a session begins.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The partner's own name for the person.
    pub external_user_id: Redacted<String>,
    /// Where the partner wants to be told.
    pub webhook_url: Option<Redacted<String>>,
    /// Where the person's browser goes at the end.
    pub redirect_url: Option<Redacted<String>>,
    /// The partner's own data as a JSON text.
    pub metadata: Option<Redacted<String>>,
    /// Consent that the partner states it collected; without it the person has to be asked here.
    pub consent: Option<Consent>,
}

/// A document as it was uploaded.
#[derive(Clone)]
pub struct DocumentUpload {
    /// The encoded picture of its front, or of the page.
    pub front: Bytes,
    /// The encoded picture of its back.
    pub back: Option<Bytes>,
    /// What the person or partner said it is.
    pub kind: Option<DocumentKind>,
    /// Issuing state that the partner named, three letters.
    pub country: Option<String>,
}

/// Pictures of a clip are taken to come this far apart: they have no times, and the API document is silent.
pub const PICTURE_INTERVAL_MS: u32 = 100;

/// A clip as it was uploaded: encoded pictures in order, or one encoded video.
#[derive(Clone)]
pub struct ClipUpload {
    /// The challenge that it answers.
    pub challenge_id: Option<Uuid>,
    /// The files in the order sent.
    pub files: Vec<Bytes>,
}

/// One of a session's pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shot {
    /// The document's front, or its page.
    Front,
    /// The document's back.
    Back,
    /// The selfie.
    Selfie,
    /// The frame of the clip that was kept.
    Liveness,
}

/// A moment of a session's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Happened {
    /// When.
    pub at: OffsetDateTime,
    /// What, by the event's name.
    pub event: &'static str,
}

/// Which sessions to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those in this public status.
    pub status: Option<PublicStatus>,
    /// Only those of this person, by the partner's own name.
    pub external_user_id: Option<Redacted<String>>,
    /// Only those begun then or later.
    pub from: Option<OffsetDateTime>,
    /// Only those begun before.
    pub before: Option<OffsetDateTime>,
    /// Only those for that.
    pub purpose: Option<Purpose>,
    /// How many at most.
    pub limit: usize,
    /// How many to pass over.
    pub offset: usize,
}

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To verify a person by a document.
    Verification,
    /// To tell whether a person is one who was approved before.
    Authentication,
}

impl Purpose {
    /// What a session is for.
    pub fn of(state: &State) -> Self {
        match state.case().and_then(|case| case.opening.identity) {
            Some(_) => Self::Authentication,
            None => Self::Verification,
        }
    }
}

/// Where a session stands, as a partner asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicStatus {
    /// Begun, and nothing captured.
    Pending,
    /// Something is captured, nothing decided.
    InProgress,
    /// Decided.
    Decided(Status),
    /// Its time ran out.
    Expired,
    /// It was ended early.
    Cancelled,
}

impl PublicStatus {
    /// How a partner names a state.
    pub fn of(state: &State) -> Self {
        match state {
            State::New | State::Created { .. } | State::Consented { .. } => Self::Pending,
            State::Documented { .. }
            | State::Pictured { .. }
            | State::Challenged { .. }
            | State::Assessed { .. } => Self::InProgress,
            State::Decided { decision, .. } | State::Synced { decision, .. } => {
                Self::Decided(decision.status)
            }
            State::Expired { .. } => Self::Expired,
            State::Cancelled { .. } => Self::Cancelled,
            State::Anonymised { shell, .. } => match (shell.ended, &shell.outline.decision) {
                (Ended::Decided, Some(decision)) => Self::Decided(decision.status),
                (Ended::Expired, _) => Self::Expired,
                (Ended::Decided | Ended::Cancelled, _) => Self::Cancelled,
            },
        }
    }
}

/// One page of a list, newest first.
#[derive(Debug, Clone)]
pub struct Page {
    /// The sessions.
    pub sessions: Vec<Session>,
    /// How many match in all.
    pub total: usize,
}

/// Whether the machine can serve.
#[derive(Debug, Clone)]
pub struct Health {
    /// How the store stands.
    pub store: StoreHealth,
    /// The models are loaded.
    pub models_ready: bool,
    /// How far the engine is that runs them.
    pub engine: EngineHealth,
    /// How sync stands, in a word or two.
    pub sync: String,
    /// Its cameras; empty where it has none.
    pub cameras: Vec<CameraHealth>,
}

/// How the store stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct StoreHealth {
    /// Whether it takes sessions.
    pub state: StoreState,
    /// Bytes that it takes on disk.
    pub used_bytes: u64,
    /// Bytes that it may take.
    pub max_bytes: u64,
}

/// Whether the store takes sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreState {
    /// It takes new ones.
    Ready,
    /// As large as it may get: new ones are refused, those that are open go on.
    Full,
    /// A write has failed: nothing is taken until kioskd starts anew.
    NotWritable,
}

/// What has no room. A screen says it by the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoRoom {
    /// The store is as large as the config allows.
    #[error(
        "the kiosk's store is full; closed sessions go once central holds them (see [store] when_full), or raise max_bytes"
    )]
    Store,
    /// The disk is full, whoever has filled it.
    #[error("the kiosk's disk is full; make room on it, what was stored stays")]
    Disk,
}

impl NoRoom {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Store => "STORE_FULL",
            Self::Disk => "DISK_FULL",
        }
    }
}

impl Health {
    /// The store takes sessions.
    pub fn is_store_ready(&self) -> bool {
        self.store.state == StoreState::Ready
    }

    /// A verification could be made now.
    pub fn is_ready(&self) -> bool {
        self.is_store_ready() && self.models_ready
    }
}

/// How a camera stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CameraHealth {
    /// What it looks at: `face` or `document`.
    pub place: &'static str,
    /// `idle` between steps, `opening`, `live`, `stalled`, `failed` or `reopening`.
    pub state: &'static str,
    /// Why it failed, e.g. `CAMERA_MISSING`; null in any other state.
    pub code: Option<&'static str>,
    /// Since its last frame that was looked at; null before the first.
    pub last_frame_age_ms: Option<u64>,
}

/// A preview token, which is told once.
#[derive(Serialize)]
pub struct PreviewToken {
    /// The token.
    pub token: String,
    /// When its session ends.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

/// How far the engine is that runs the models.
#[derive(Debug, Clone, serde::Serialize)]
pub struct EngineHealth {
    /// `absent`, `building`, `warming`, `ready` or `refused`.
    pub state: &'static str,
    /// Where the models run, or will.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// While it is building: how many of the networks are done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub networks: Option<Networks>,
}

/// Networks done and in all.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct Networks {
    /// Done.
    pub done: usize,
    /// In all.
    pub of: usize,
}

/// Why a call could not be answered as asked.
#[derive(Debug, Error)]
pub enum ServiceError {
    /// There is no such session for this caller.
    #[error("session not found")]
    NotFound,
    /// The rules do not allow it now.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// What was sent cannot be used; the code is stable, the text says the remedy.
    #[error("{remedy}")]
    Unusable {
        /// Stable code, e.g. `PICTURE_TRUNCATED`, `NO_FACE`, `SEVERAL_FACES`.
        code: &'static str,
        /// What to do about it, without anything personal.
        remedy: String,
    },
    /// There is no room for it: new sessions are refused, none is dropped. It passes by itself where central takes over.
    #[error(transparent)]
    NoRoom(#[from] NoRoom),
    /// The machine is out of time or parts; trying again later may help.
    #[error("not available: {reason}")]
    Unavailable {
        /// Why, without anything personal.
        reason: String,
    },
    /// A fault of ours; the log has the rest.
    #[error("internal error; the kiosk's log names it")]
    Internal,
}

/// Verifications, as one service. Whoever changes something else than a session records it (see [`Audit`]).
#[async_trait]
pub trait Verifications: Audit + Screening + Send + Sync + 'static {
    /// The time that sessions are made and judged by.
    fn now(&self) -> OffsetDateTime;
    /// Begins a session.
    async fn open(&self, caller: &Caller, request: NewSession) -> Result<Session, ServiceError>;
    /// Begins a session that asks for nothing but a living person: a selfie and a clip, no document and no decision.
    async fn open_for_liveness(
        &self,
        caller: &Caller,
        request: NewSession,
    ) -> Result<Session, ServiceError>;
    /// Begins a session that tells whether a person is the one of an approved session of the same tenant; what is no such
    /// session, or has lost its picture, is not found. The request's own name of the person is not looked at.
    async fn authenticate(
        &self,
        caller: &Caller,
        identity: SessionId,
        request: NewSession,
    ) -> Result<Session, ServiceError>;
    /// Records the person's consent.
    async fn consent(
        &self,
        caller: &Caller,
        id: SessionId,
        consent: Consent,
    ) -> Result<Session, ServiceError>;
    /// Reads a session.
    async fn session(&self, caller: &Caller, id: SessionId) -> Result<Session, ServiceError>;
    /// Lists the caller's tenant's sessions, newest first.
    async fn list(&self, caller: &Caller, filter: Filter) -> Result<Page, ServiceError>;
    /// Reads a document.
    async fn add_document(
        &self,
        caller: &Caller,
        id: SessionId,
        upload: DocumentUpload,
    ) -> Result<Session, ServiceError>;
    /// Reads the document's back beside the front that stands.
    async fn add_back(
        &self,
        caller: &Caller,
        id: SessionId,
        back: Bytes,
    ) -> Result<Session, ServiceError>;
    /// Puts something down beside the evidence.
    async fn note(
        &self,
        caller: &Caller,
        id: SessionId,
        note: Note,
    ) -> Result<Session, ServiceError>;
    /// What happened to a session, oldest first.
    async fn history(&self, caller: &Caller, id: SessionId) -> Result<Vec<Happened>, ServiceError>;
    /// One of a session's pictures as it is kept; `None` where there is none.
    async fn shot(
        &self,
        caller: &Caller,
        id: SessionId,
        which: Shot,
    ) -> Result<Option<Bytes>, ServiceError>;
    /// Erases a session with all that was recorded of it here; what central holds of it stays with central.
    async fn erase(&self, caller: &Caller, id: SessionId) -> Result<(), ServiceError>;
    /// Removes what is personal of a session here for good and keeps its shell under the session's name; one that is open
    /// ends with it. Anonymising twice changes nothing.
    async fn anonymise(&self, caller: &Caller, id: SessionId) -> Result<(), ServiceError>;
    /// Takes a selfie and compares it with the document's portrait, or with the enrolled face.
    async fn add_selfie(
        &self,
        caller: &Caller,
        id: SessionId,
        picture: Bytes,
    ) -> Result<Session, ServiceError>;
    /// Draws a challenge.
    async fn draw_challenge(
        &self,
        caller: &Caller,
        id: SessionId,
    ) -> Result<Challenge, ServiceError>;
    /// Judges a clip.
    async fn add_clip(
        &self,
        caller: &Caller,
        id: SessionId,
        clip: ClipUpload,
    ) -> Result<Session, ServiceError>;
    /// Decides.
    async fn submit(&self, caller: &Caller, id: SessionId) -> Result<Session, ServiceError>;
    /// Ends a session early.
    async fn cancel(
        &self,
        caller: &Caller,
        id: SessionId,
        by: Closing,
    ) -> Result<Session, ServiceError>;
    /// A token for one viewer's page of an open session's preview; one that the session had is void.
    async fn preview_token(
        &self,
        caller: &Caller,
        id: SessionId,
    ) -> Result<PreviewToken, ServiceError>;
    /// Whether the machine can serve.
    async fn health(&self) -> Health;
    /// What tenants keep beside sessions.
    fn registry(&self) -> &dyn Registry;
    /// What was delivered to tenants' addresses.
    fn deliveries(&self) -> &dyn Deliveries;
    /// The policy that sessions are judged by, so that a dialect can tell of one check before the decision.
    fn policy(&self) -> &Policy;
    /// The face match's boundary, by which a score reads as 0.5.
    fn max_distance(&self) -> f32 {
        self.policy().face_match.max_distance
    }
}
