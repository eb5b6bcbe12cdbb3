//! Captures that came to nothing: each is put down with what was measured until then, and changes nothing.
//!
//! ```text
//! capture ──► Ok ─────────────────────────────► answer
//!        └──► Failure: error, what was measured ──► event attempt_failed ──► the error as the answer
//! ```

use kiosk_api::service::{Caller, ServiceError};
use kiosk_session::{
    AttemptedStep, Event, FailedAttempt, FailedSelfie, LivenessEvidence, Refused, SessionId,
};
use uuid::Uuid;

use super::Service;
use crate::analysis::{NoSelfie, SelfieFindings, SelfieWish, Unusable};

/// Failed attempts that are kept of one session, and how many of them may be of nothing that was measured: who sends what is no
/// picture leaves room for those that say something.
const MOST: u32 = 50;
const MOST_UNMEASURED: u32 = 25;

/// Selfies that are refused for how the face is seen before one is taken as it is.
const POOR_SELFIES: usize = 2;

/// A capture that came to nothing, and what was measured until then.
pub(crate) struct Failure {
    error: ServiceError,
    measured: Measured,
}

/// What was measured of a capture that came to nothing.
#[derive(Default)]
pub(crate) struct Measured {
    /// Of a picture of the person.
    pub(crate) selfie: Option<FailedSelfie>,
    /// Of a clip.
    pub(crate) liveness: Option<Box<LivenessEvidence>>,
    /// Hashes of the models that had a part in it.
    pub(crate) models: Vec<(String, String)>,
}

/// What is tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    /// Which step.
    pub(crate) step: AttemptedStep,
    /// The challenge that it names.
    pub(crate) challenge_id: Option<Uuid>,
}

impl From<AttemptedStep> for Attempt {
    fn from(step: AttemptedStep) -> Self {
        Self {
            step,
            challenge_id: None,
        }
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        Self {
            error,
            measured: Measured::default(),
        }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        ServiceError::from(refused).into()
    }
}

impl From<NoSelfie> for Failure {
    fn from(found: NoSelfie) -> Self {
        let NoSelfie {
            why,
            faces,
            quality,
            models,
        } = found;
        let error = ServiceError::Unusable {
            code: why.code(),
            remedy: why.to_string(),
        };
        let selfie = Some(FailedSelfie { faces, quality });
        let measured = Measured {
            selfie,
            models,
            ..Measured::default()
        };
        Self { error, measured }
    }
}

impl Measured {
    /// Of a picture that would have been a selfie.
    pub(crate) fn of_selfie(findings: &SelfieFindings) -> Self {
        let selfie = Some(FailedSelfie {
            faces: findings.faces,
            quality: findings.quality.clone(),
        });
        Self {
            selfie,
            models: findings.models.clone(),
            ..Self::default()
        }
    }

    /// Of a clip that was judged. Its picture is not named: nothing is decided by it.
    pub(crate) fn of_clip(liveness: LivenessEvidence) -> Self {
        let models = liveness.models.clone();
        let liveness = Box::new(LivenessEvidence {
            picture: None,
            ..liveness
        });
        Self {
            liveness: Some(liveness),
            models,
            ..Self::default()
        }
    }
}

impl Failure {
    /// The error with what was measured.
    pub(crate) const fn with(error: ServiceError, measured: Measured) -> Self {
        Self { error, measured }
    }
}

impl Service {
    /// Does what is tried. Where it comes to nothing that is put down, and the error is the answer whether or not it could be.
    pub(crate) async fn attempt<T>(
        &self,
        caller: &Caller,
        id: SessionId,
        tried: impl Into<Attempt>,
        work: impl Future<Output = Result<T, Failure>> + Send,
    ) -> Result<T, ServiceError> {
        let Failure { error, measured } = match work.await {
            Ok(done) => return Ok(done),
            Err(failure) => failure,
        };
        if let Some(code) = code(&error) {
            let attempt = self.failed(tried.into(), code, measured);
            let put_down = self.put_down(caller, id, attempt).await;
            if let Err(error) = put_down {
                tracing::warn!(session = %id, %error, code, "a failed attempt could not be put down");
            }
        }
        Err(error)
    }

    /// What a session's next selfie has to be like: who failed twice for how the face is seen alone can do no better, and is not
    /// sent away.
    pub(crate) fn selfie_wish(&self, id: SessionId) -> Result<SelfieWish, ServiceError> {
        let is_poor = |code: &str| Unusable::POOR.iter().any(|why| why.code() == code);
        let entries = self.journal.entries(id)?;
        let failed = entries.iter().filter(|(_, entry)| match &entry.event {
            Event::AttemptFailed { attempt } => {
                attempt.step == AttemptedStep::Selfie && is_poor(&attempt.code)
            }
            _ => false,
        });
        Ok(SelfieWish {
            limits: self.policy.usable_face.clone(),
            poor_too: failed.count() >= POOR_SELFIES,
        })
    }

    fn failed(&self, tried: Attempt, code: &str, measured: Measured) -> FailedAttempt {
        FailedAttempt {
            attempt_id: self.fresh(),
            step: tried.step,
            code: code.to_owned(),
            challenge_id: tried.challenge_id,
            policy_sha256: self.policy_sha256.clone(),
            selfie: measured.selfie,
            liveness: measured.liveness,
            models: measured.models,
        }
    }

    /// Who goes on failing leaves no more than so many.
    async fn put_down(
        &self,
        caller: &Caller,
        id: SessionId,
        attempt: FailedAttempt,
    ) -> Result<(), ServiceError> {
        let measured = attempt.selfie.is_some() || attempt.liveness.is_some();
        let most = if measured { MOST } else { MOST_UNMEASURED };
        let state = self.own(caller, id)?;
        if state.case().is_none_or(|case| case.failed_attempts >= most) {
            return Ok(());
        }
        let attempt = Box::new(attempt);
        let event = Event::AttemptFailed { attempt };
        self.journal.add(id, caller.author(), |_| Ok(event)).await?;
        Ok(())
    }
}

/// The code of an attempt that failed, by whosever fault; none where nothing was tried: the call came at the wrong time, to nobody, or
/// while the kiosk starts, stops or has no room.
const fn code(error: &ServiceError) -> Option<&'static str> {
    match error {
        ServiceError::Unusable { code, .. } => Some(code),
        ServiceError::Refused(Refused::ChallengeLate) => Some("CHALLENGE_LATE"),
        ServiceError::Refused(Refused::ChallengeUnknown) => Some("CHALLENGE_UNKNOWN"),
        ServiceError::Refused(Refused::DocumentReplaced) => Some("DOCUMENT_REPLACED"),
        ServiceError::Refused(Refused::SelfieReplaced) => Some("SELFIE_REPLACED"),
        ServiceError::Internal => Some("INTERNAL"),
        ServiceError::Refused(_)
        | ServiceError::NotFound
        | ServiceError::NoRoom(_)
        | ServiceError::Unavailable { .. } => None,
    }
}
