//! What a person shows, taken: looked at, put into evidence, written down. Uploads here, the station's by the same ends.

use bytes::Bytes;
use kiosk_api::service::{Caller, ClipUpload, DocumentUpload, Purpose, ServiceError};
use kiosk_inference::liveness::injection::{Origin, Upload, judge_words};
use kiosk_inference::picture::{DecodeLimits, Picture};
use kiosk_session::{Challenge, Event, Refused, Session, SessionId, State};
use time::OffsetDateTime;
use uuid::Uuid;

use super::attempts::{Failure, Measured};
use super::clip::judge_files;
use super::enrolled::is_liveness_alone;
use super::evidence::{Answer, Declared, from_picture};
use super::seen::remember;
use super::{Service, from_analyst, from_inference};
use crate::analysis::{
    ClipFindings, ClipJudge, DocumentFindings, Models, SelfieFindings, look_at_selfie,
    read_document,
};

impl Service {
    /// Reads an uploaded document.
    pub(super) async fn take_document(
        &self,
        caller: &Caller,
        id: SessionId,
        upload: DocumentUpload,
    ) -> Result<Session, Failure> {
        may_capture(&self.own(caller, id)?, self.clock.now())?;
        let DocumentUpload {
            front,
            back,
            kind,
            country,
        } = upload;
        let came = Upload {
            at: self.clock.now(),
            asked_now: false,
        };
        let findings = self
            .analyst
            .run(move |models| {
                let mut findings = read_side(models, &front, came)?;
                if let Some(back) = &back {
                    findings.complete_from(read_side(models, back, came)?);
                }
                Ok::<_, ServiceError>((findings, back))
            })
            .await
            .map_err(from_analyst)?;
        let (findings, back) = findings?;
        let back = back.map(|bytes| bytes.to_vec());
        let declared = Declared { kind, country };
        self.record_document(caller, id, (findings, back), declared)
            .await
    }

    /// Looks at an uploaded picture of the person.
    pub(super) async fn take_selfie(
        &self,
        caller: &Caller,
        id: SessionId,
        picture: Bytes,
    ) -> Result<Session, Failure> {
        let state = self.own(caller, id)?;
        may_capture(&state, self.clock.now())?;
        let (compared_with, against) = self.compared_with(id, &state)?;
        let wish = self.selfie_wish(id)?;
        let came = Upload {
            at: self.clock.now(),
            asked_now: true,
        };
        let looked = self
            .analyst
            .run(move |models| {
                let file = picture;
                let picture = Picture::decode(&file, &DecodeLimits::default())
                    .map_err(|error| from_picture(&error))?;
                let words = judge_words(&file, &picture, came);
                let words = words.map_err(|error| from_inference(&error))?;
                let looked = look_at_selfie(models, &picture, &against, &wish);
                let looked = looked.map_err(|error| from_inference(&error))?;
                Ok::<_, ServiceError>(looked.map(|findings| SelfieFindings {
                    words: Some(words),
                    ..findings
                }))
            })
            .await
            .map_err(from_analyst)??;
        let findings = looked.map_err(Failure::from)?;
        self.record_selfie(caller, id, findings, compared_with)
            .await
    }

    /// Judges an uploaded clip.
    pub(super) async fn take_clip(
        &self,
        caller: &Caller,
        id: SessionId,
        clip: ClipUpload,
    ) -> Result<Session, Failure> {
        let state = self.own(caller, id)?;
        let answered_at = self.clock.now();
        let asked = self.awaited(&state, clip.challenge_id)?;
        let (verification_id, selfie) = self.selfie(id, &state)?;
        let is_poor = state.selfie().is_some_and(|selfie| selfie.is_poor);
        let attempt = asked
            .as_ref()
            .map_or(verification_id, |challenge| challenge.challenge_id);
        let judge = ClipJudge::new(self.policy.usable_face.clone())
            .from_origin(Origin::Upload { at: answered_at })
            .of_attempt(attempt)
            .behind_poor_selfie(is_poor)
            .before_screen(asked.as_ref().and_then(|asked| asked.screen.clone()));
        let findings = self
            .analyst
            .run(move |models| judge_files(models, judge, &clip.files, Some(&selfie), answered_at))
            .await
            .map_err(from_analyst)??;
        let answer = asked.as_ref().map(|challenge| Answer {
            challenge,
            answered_at,
            again_until_ms: None,
        });
        self.record_clip(caller, id, &findings, (verification_id, answer))
            .await
    }

    pub(crate) async fn record_document(
        &self,
        caller: &Caller,
        id: SessionId,
        (findings, back): (DocumentFindings, Option<Vec<u8>>),
        declared: Declared,
    ) -> Result<Session, Failure> {
        let document = self.document_evidence(id, findings, back, declared).await?;
        let event = Event::DocumentRead {
            document: Box::new(document),
        };
        let state = self.journal.add(id, caller.author(), |_| Ok(event)).await?;
        Ok(Self::as_session(id, state))
    }

    pub(crate) async fn record_selfie(
        &self,
        caller: &Caller,
        id: SessionId,
        findings: SelfieFindings,
        compared_with: Uuid,
    ) -> Result<Session, Failure> {
        let known = self.search_known(id, findings.template.clone()).await?;
        let measured = Measured::of_selfie(&findings);
        let selfie = self
            .selfie_evidence(id, findings, known, compared_with)
            .await?;
        let added = self
            .journal
            .add(id, caller.author(), |_| Ok(Event::SelfieTaken { selfie }))
            .await;
        let state = added.map_err(|error| Failure::with(error, measured))?;
        Ok(Self::as_session(id, state))
    }

    pub(crate) async fn record_clip(
        &self,
        caller: &Caller,
        id: SessionId,
        findings: &ClipFindings,
        (verification_id, asked): (Uuid, Option<Answer<'_>>),
    ) -> Result<Session, Failure> {
        remember(&self.store, &findings.seen).await;
        let liveness = self
            .liveness_evidence(id, findings, verification_id, asked)
            .await?;
        let liveness = Box::new(liveness);
        let written = liveness.clone();
        let added = self
            .journal
            .add(id, caller.author(), |_| {
                Ok(Event::LivenessAssessed { liveness: written })
            })
            .await;
        let state = added.map_err(|error| Failure::with(error, Measured::of_clip(*liveness)))?;
        Ok(Self::as_session(id, state))
    }

    /// The selfie that stands, and its picture.
    pub(crate) fn selfie(
        &self,
        id: SessionId,
        state: &State,
    ) -> Result<(Uuid, Picture), ServiceError> {
        may_capture(state, self.clock.now())?;
        let selfie = match (state.selfie(), state.document(), Purpose::of(state)) {
            (Some(selfie), ..) => selfie,
            (None, None, Purpose::Verification) if !is_liveness_alone(state) => {
                return Err(Refused::DocumentMissing.into());
            }
            (None, ..) => return Err(Refused::SelfieMissing.into()),
        };
        Ok((selfie.verification_id, self.picture(id, &selfie.picture)?))
    }

    /// The challenge that a clip answers: the one that waits, if it is the one named, or none where none waits.
    pub(crate) fn awaited(
        &self,
        state: &State,
        named: Option<Uuid>,
    ) -> Result<Option<Challenge>, ServiceError> {
        match (state.challenge(), named) {
            (Some(asked), Some(named)) if asked.challenge_id == named => {
                if self.clock.now() > asked.expires_at {
                    return Err(Refused::ChallengeLate.into());
                }
                Ok(Some(asked.clone()))
            }
            (None, None) => Ok(None),
            _ => Err(Refused::ChallengeUnknown.into()),
        }
    }
}

/// Reads one uploaded side of a document, and what its file says of itself.
fn read_side(
    models: &mut Models,
    file: &[u8],
    came: Upload,
) -> Result<DocumentFindings, ServiceError> {
    let picture =
        Picture::decode(file, &DecodeLimits::default()).map_err(|error| from_picture(&error))?;
    let words = judge_words(file, &picture, came).map_err(|error| from_inference(&error))?;
    let findings = read_document(models, &picture).map_err(|error| from_inference(&error))?;
    Ok(DocumentFindings {
        words: Some(words),
        ..findings
    })
}

/// Whether anything may be captured at all, before work is put into it.
pub(crate) fn may_capture(state: &State, now: OffsetDateTime) -> Result<(), Refused> {
    match state {
        State::New => Err(Refused::NotCreated),
        State::Expired { .. } => Err(Refused::Expired),
        closed if closed.is_closed() => Err(Refused::Closed),
        open if open
            .case()
            .is_some_and(|case| now >= case.opening.expires_at) =>
        {
            Err(Refused::Expired)
        }
        State::Created { .. } => Err(Refused::ConsentMissing),
        _ => Ok(()),
    }
}
