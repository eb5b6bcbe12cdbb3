//! The domain, pure: what a verification is, its states, its evidence, its decision.
//!
//! A session is its events. [`step`] takes a state and an event and gives the next state with its
//! effects, or says by type why not; [`decide`] takes evidence and a policy and gives a decision.
//! Every rule of the business is in these two and in nothing else. No async, no clock, no files,
//! no logging: time and randomness are arguments.

mod assessment;
mod attempt;
mod challenge;
mod crosscheck;
mod decide;
mod decision;
mod details;
mod document;
mod event;
mod face;
mod ids;
mod liveness;
mod living;
mod policy;
mod presentation;
mod prompts;
mod redacted;
mod required;
mod screen;
mod screening;
mod shell;
mod state;
mod step;
mod terms;
mod weights;

pub use assessment::{Assessment, Unassessed};
pub use attempt::{AttemptedStep, FailedAttempt, FailedSelfie};
pub use challenge::{Challenge, Gesture, Moment, Schedule, draw, sequences};
pub use crosscheck::{
    Agreement, CrosscheckField, CrosscheckOutcome, DocumentCrosscheck, DocumentPart,
    DocumentSignal, NotCompared, SignalName, SignalOutcome,
};
pub use decide::{Evidence, decide, document_reasons, face_match_passed, leads_to, living_reasons};
pub use decision::{Checks, Decision, Reason, RiskLevel, Status, Warning};
pub use details::DocumentDetails;
pub use document::{
    BARCODE_LAYOUT, CheckDigits, DocumentEvidence, DocumentFields, DocumentKind, Sex,
};
pub use event::{
    Author, Closing, Consent, ConsentSource, ENTRY_VERSION, Entry, Event, Note, Opening,
};
pub use face::{
    CalibratedMatch, FaceMatch, FalseMatches, KnownFaces, MatchCalibration, PictureQuality,
    SelfieEvidence,
};
pub use ids::{EvidenceId, SessionId};
pub use liveness::{
    GestureSeen, InjectionSign, InjectionSignal, LivenessEvidence, PassivePad, Prompted, answering,
    met_in_order,
};
pub use living::{liveness_passed, passive_pad_passed};
pub use policy::{
    ActiveLiveness, CrosscheckPolicy, DocumentToSelfie, FaceMatchPolicy, InjectionPolicy,
    KnownFacesPolicy, LEAST_IMPOSTOR_PAIRS, OnDifference, OnKnownFace, OnRecording, OnSignal,
    OperatingPoint, PassivePadPolicy, Policy, PolicyError, PresentationPolicy, RiskPolicy,
    SameFacePolicy, ScreeningPolicy, SessionPolicy, SignalPolicy, Timing, Unscreened, UsableFace,
};
pub use presentation::{Presentation, PresentationSignal, presentation_suspected};
pub use prompts::{Prompt, PromptOutcome, answers, asked_so_far, is_over};
pub use redacted::Redacted;
pub use required::{DocumentType, FieldName, data_source};
pub use screen::{DotAnswer, DotPlace, DotShow, FlashAnswer, FlashShow, FlashVerdict, ScreenShow};
pub use screening::{Accepted, Fact, ListHit, ListVersion, Screening, TokenMet, Topic};
pub use shell::{DocumentOutline, Ended, Outline, Past, Shell};
pub use state::{Case, Session, State};
pub use step::{Effect, Refused, replay, step};
pub use terms::{Terms, WeightsVersion, authenticate, decide_by};
pub use weights::{MANIPULATION, Weights, quiet};
