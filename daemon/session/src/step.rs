//! One step of a session: a state and an event in, the next state and its effects out.

use std::collections::BTreeMap;

use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::state::Case;
use crate::{Entry, Event, State, Status};

/// What the world outside has to be told after an event is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// A session began.
    TellCreated,
    /// A document was read.
    TellDocument,
    /// A decision was made.
    TellDecided(Status),
    /// A session's time ran out.
    TellExpired,
    /// A session was ended early.
    TellCancelled,
}

/// Why an event cannot happen now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    /// It began already.
    #[error("the session has begun already; create another")]
    AlreadyCreated,
    /// It has not begun.
    #[error("the session does not exist; create it first")]
    NotCreated,
    /// Nothing may be captured without consent.
    #[error("the person has not consented; record the consent first")]
    ConsentMissing,
    /// The document comes first.
    #[error("no document was read; add the document first")]
    DocumentMissing,
    /// The selfie comes first.
    #[error("no selfie was taken; add the selfie first")]
    SelfieMissing,
    /// Liveness comes first.
    #[error("liveness was not assessed; add the liveness clip first")]
    LivenessMissing,
    /// The selfie was compared with a document that has been replaced meanwhile.
    #[error("the document was replaced while the selfie was compared; take the selfie again")]
    DocumentReplaced,
    /// The clip was compared with a selfie that has been replaced meanwhile.
    #[error("the selfie was replaced while the clip was judged; record the clip again")]
    SelfieReplaced,
    /// The answer is to another challenge than the one that waits.
    #[error("the challenge is unknown or was replaced; ask for a new one")]
    ChallengeUnknown,
    /// The answer came too late.
    #[error("the challenge's time has run out; ask for a new one")]
    ChallengeLate,
    /// The person was given as many challenges as the policy allows.
    #[error("no challenge is left in this session; submit it as it is, or create another")]
    ChallengesSpent,
    /// It is over.
    #[error("the session has ended; create another")]
    Closed,
    /// Its time has run out.
    #[error("the session has expired; create another")]
    Expired,
    /// Its time has not run out.
    #[error("the session's time has not run out; cancel it instead")]
    NotYetExpired,
    /// It has no place for a document.
    #[error(
        "the session takes no document: it authenticates an identity, or asks for a living person alone; add the selfie"
    )]
    NoDocumentAsked,
    /// There is no decision that central could hold.
    #[error("the session is not decided; it can't be marked as synced")]
    NotDecided,
}

/// The state that a session's log gives, and the entry that did not follow, if there is one.
pub fn replay<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Result<State, Refused> {
    let mut state = State::New;
    for entry in entries {
        state = step(state, entry)?.0;
    }
    Ok(state)
}

/// Takes one step, or says why it can't be taken; a refused step changes nothing that is kept.
pub fn step(state: State, entry: &Entry) -> Result<(State, Vec<Effect>), Refused> {
    let at = entry.at;
    check_time(&state, entry)?;
    match &entry.event {
        Event::Created { opening } => match state {
            State::New => {
                let case = Case {
                    opening: opening.clone(),
                    created_at: at,
                    changed_at: at,
                    consented_at: None,
                    challenges: 0,
                    failed_attempts: 0,
                    notes: BTreeMap::new(),
                };
                Ok((State::Created { case }, vec![Effect::TellCreated]))
            }
            _ => Err(Refused::AlreadyCreated),
        },
        Event::ConsentGiven { consent } => match open(state, at)? {
            State::Created { case } => Ok((
                State::Consented {
                    case: Case {
                        consented_at: Some(at),
                        ..case
                    },
                    consent: consent.clone(),
                },
                vec![],
            )),
            agreed => Ok((agreed, vec![])),
        },
        Event::Noted { note } => {
            let mut state = open(state, at)?;
            if let Some(case) = state.case_mut() {
                case.notes.insert(note.name.clone(), note.text.clone());
            }
            Ok((state, vec![]))
        }
        Event::AttemptFailed { .. } => {
            let mut state = open(state, at)?;
            if matches!(state, State::Created { .. }) {
                return Err(Refused::ConsentMissing);
            }
            let case = state.case_mut().ok_or(Refused::NotCreated)?;
            case.failed_attempts = case.failed_attempts.saturating_add(1);
            Ok((state, vec![]))
        }
        Event::Cancelled { by } => {
            let case = begun(open(state, at)?)?;
            Ok((
                State::Cancelled { case, by: *by },
                vec![Effect::TellCancelled],
            ))
        }
        Event::Expired => {
            let case = begun(open(state, at)?)?;
            Ok((State::Expired { case }, vec![Effect::TellExpired]))
        }
        Event::Synced { .. } => synced(state),
        Event::Anonymised { shell } => match state {
            State::New => {
                let (case, shell) = (shell.case(), shell.clone());
                Ok((State::Anonymised { case, shell }, vec![]))
            }
            _ => Err(Refused::AlreadyCreated),
        },
        _ => capture(open(state, at)?, entry),
    }
}

/// After its time only `expired` and `synced` can happen, and before it `expired` cannot.
fn check_time(state: &State, entry: &Entry) -> Result<(), Refused> {
    let Some(case) = state.case().filter(|_| !state.is_closed()) else {
        return Ok(());
    };
    let over = entry.at >= case.opening.expires_at;
    match entry.event {
        Event::Expired if !over => Err(Refused::NotYetExpired),
        Event::Expired | Event::Synced { .. } => Ok(()),
        _ if over => Err(Refused::Expired),
        _ => Ok(()),
    }
}

/// The state with its time of change, if it has begun and not ended.
fn open(mut state: State, at: OffsetDateTime) -> Result<State, Refused> {
    if state.is_closed() {
        return Err(if matches!(state, State::Expired { .. }) {
            Refused::Expired
        } else {
            Refused::Closed
        });
    }
    state.case_mut().ok_or(Refused::NotCreated)?.changed_at = at;
    Ok(state)
}

fn begun(state: State) -> Result<Case, Refused> {
    state.case().cloned().ok_or(Refused::NotCreated)
}

fn synced(state: State) -> Result<(State, Vec<Effect>), Refused> {
    match state {
        State::Decided {
            case,
            consent,
            document,
            selfie,
            liveness,
            decision,
        } => Ok((
            State::Synced {
                case,
                consent,
                document,
                selfie,
                liveness,
                decision,
            },
            vec![],
        )),
        _ => Err(Refused::NotDecided),
    }
}

/// The steps that look at the person or the document: none without consent, each after what it needs.
fn capture(state: State, entry: &Entry) -> Result<(State, Vec<Effect>), Refused> {
    match &entry.event {
        Event::DocumentRead { document } => {
            let (case, consent) = consented(state)?;
            if case.opening.identity.is_some() || case.opening.liveness_alone {
                return Err(Refused::NoDocumentAsked);
            }
            Ok((
                State::Documented {
                    case,
                    consent,
                    document: document.clone(),
                },
                vec![Effect::TellDocument],
            ))
        }
        Event::SelfieTaken { selfie } => {
            let document = state.document().cloned().map(Box::new);
            let (case, consent) = consented(state)?;
            let compared_with = match (case.opening.identity, &document) {
                (Some(identity), _) => identity.0,
                (None, Some(document)) => document.document_id,
                // With nobody's: it is the face that the clip has to show.
                (None, None) if case.opening.liveness_alone => Uuid::nil(),
                (None, None) => return Err(Refused::DocumentMissing),
            };
            if selfie.document_id != compared_with {
                return Err(Refused::DocumentReplaced);
            }
            Ok((
                State::Pictured {
                    case,
                    consent,
                    document,
                    selfie: selfie.clone(),
                },
                vec![],
            ))
        }
        Event::ChallengeIssued { challenge } => {
            let (mut case, consent, document, selfie) = pictured(state)?;
            case.challenges = case.challenges.saturating_add(1);
            let challenge = challenge.clone();
            Ok((
                State::Challenged {
                    case,
                    consent,
                    document,
                    selfie,
                    challenge,
                },
                vec![],
            ))
        }
        Event::LivenessAssessed { liveness } => {
            answered(&state, liveness)?;
            let (case, consent, document, selfie) = pictured(state)?;
            if liveness.verification_id != selfie.verification_id {
                return Err(Refused::SelfieReplaced);
            }
            let liveness = liveness.clone();
            Ok((
                State::Assessed {
                    case,
                    consent,
                    document,
                    selfie,
                    liveness,
                },
                vec![],
            ))
        }
        Event::Decided { decision } => {
            let liveness = state.liveness().cloned();
            let (case, consent, document, selfie) = pictured(state)?;
            if document.is_none() && case.opening.identity.is_none() {
                return Err(Refused::DocumentMissing);
            }
            let liveness = liveness.ok_or(Refused::LivenessMissing)?;
            let told = vec![Effect::TellDecided(decision.status)];
            let decision = decision.clone();
            Ok((
                State::Decided {
                    case,
                    consent,
                    document,
                    selfie,
                    liveness: Box::new(liveness),
                    decision,
                },
                told,
            ))
        }
        _ => Err(Refused::Closed),
    }
}

fn consented(state: State) -> Result<(Case, crate::Consent), Refused> {
    match state {
        State::Consented { case, consent }
        | State::Documented { case, consent, .. }
        | State::Pictured { case, consent, .. }
        | State::Challenged { case, consent, .. }
        | State::Assessed { case, consent, .. } => Ok((case, consent)),
        State::New => Err(Refused::NotCreated),
        State::Created { .. } => Err(Refused::ConsentMissing),
        _ => Err(Refused::Closed),
    }
}

type Pictured = (
    Case,
    crate::Consent,
    Option<Box<crate::DocumentEvidence>>,
    crate::SelfieEvidence,
);

fn pictured(state: State) -> Result<Pictured, Refused> {
    match state {
        State::Pictured {
            case,
            consent,
            document,
            selfie,
        }
        | State::Challenged {
            case,
            consent,
            document,
            selfie,
            ..
        }
        | State::Assessed {
            case,
            consent,
            document,
            selfie,
            ..
        } => Ok((case, consent, document, selfie)),
        State::Documented { .. } => Err(Refused::SelfieMissing),
        other => {
            let (case, _) = consented(other)?;
            let without_document = case.opening.identity.is_some() || case.opening.liveness_alone;
            Err(match without_document {
                true => Refused::SelfieMissing,
                false => Refused::DocumentMissing,
            })
        }
    }
}

/// An answer names the challenge that waits and comes in its time. A clip that answers none is taken
/// only where none waits.
fn answered(state: &State, liveness: &crate::LivenessEvidence) -> Result<(), Refused> {
    match (state.challenge(), liveness.active.assessed()) {
        (Some(asked), Some(answer)) if asked.challenge_id != answer.challenge_id => {
            Err(Refused::ChallengeUnknown)
        }
        (Some(asked), Some(answer))
            if answer.answered_at > asked.ends_at(answer.again_until_ms.is_some()) =>
        {
            Err(Refused::ChallengeLate)
        }
        (Some(_), Some(_)) | (None, None) => Ok(()),
        (Some(_), None) | (None, Some(_)) => Err(Refused::ChallengeUnknown),
    }
}
