//! Findings to evidence: pictures are stored first, then named in the event that tells of them.

use kiosk_api::service::ServiceError;
use kiosk_inference::document::MrzReading;
use kiosk_inference::picture::{DecodeLimits, Picture, PictureError};
use kiosk_session::{
    Assessment, Challenge, CheckDigits, DocumentEvidence, DocumentKind, EvidenceId, GestureSeen,
    KnownFaces, LivenessEvidence, PromptOutcome, Prompted, SelfieEvidence, SessionId, Unassessed,
    answers, met_in_order,
};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::comparison::{crosschecks, signals};
use super::fields::{fields, kind, layout};
use super::injection::{injection, of_document, of_selfie};
use super::{Service, journal::from_store};
use crate::analysis::{ClipFindings, DocumentFindings, SelfieFindings};

/// What the uploader said of a document.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// Its kind.
    pub kind: Option<DocumentKind>,
    /// Its issuing state, three letters.
    pub country: Option<String>,
}

/// The challenge that a clip answers, and when the clip was complete.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// What was asked.
    pub challenge: &'a Challenge,
    /// When the answer was complete.
    pub answered_at: OffsetDateTime,
    /// When, in ms of the clip, all that was asked for once more had to be over; `None` where the person could not be told.
    pub again_until_ms: Option<f64>,
}

impl Answer<'_> {
    /// What came of it: by its moments where the challenge has them, else by order.
    pub fn judged(&self, seen: &[GestureSeen]) -> Prompted {
        let Self {
            challenge,
            answered_at,
            again_until_ms,
        } = *self;
        let prompts = answers(challenge, seen, again_until_ms);
        let met = if challenge.schedule.is_some() {
            let met = prompts
                .iter()
                .filter(|one| one.outcome == PromptOutcome::Met);
            u32::try_from(met.count()).unwrap_or(u32::MAX)
        } else {
            met_in_order(&challenge.gestures, seen)
        };
        Prompted {
            challenge_id: challenge.challenge_id,
            answered_at,
            met,
            asked: u32::try_from(challenge.gestures.len()).unwrap_or(u32::MAX),
            prompts,
            again_until_ms,
        }
    }
}

impl Service {
    /// Stores a picture durably.
    async fn keep(&self, id: SessionId, bytes: Vec<u8>) -> Result<EvidenceId, ServiceError> {
        let kept = self
            .store
            .put_evidence(id.0, &bytes)
            .await
            .map_err(|error| from_store(&error))?;
        Ok(EvidenceId(kept.to_string()))
    }

    /// A stored picture, decoded.
    pub(crate) fn picture(
        &self,
        id: SessionId,
        evidence: &EvidenceId,
    ) -> Result<Picture, ServiceError> {
        let name = evidence.0.parse().map_err(|_| ServiceError::Internal)?;
        let bytes = self
            .store
            .get_evidence(id.0, &name)
            .map_err(|error| from_store(&error))?;
        Picture::decode(&bytes, &DecodeLimits::default()).map_err(|error| from_picture(&error))
    }

    /// A document's findings as evidence.
    pub(crate) async fn document_evidence(
        &self,
        id: SessionId,
        findings: DocumentFindings,
        back: Option<Vec<u8>>,
        declared: Declared,
    ) -> Result<DocumentEvidence, ServiceError> {
        let mut pictures = vec![self.keep(id, findings.picture).await?];
        if let Some(back) = back {
            pictures.push(self.keep(id, back).await?);
        }
        let portrait = match findings.portrait {
            Some(portrait) => Some(self.keep(id, portrait).await?),
            None => None,
        };
        let zone = findings.reading.mrz.as_ref();
        let mut signals = signals(
            &findings.signals,
            zone.map(|mrz| &mrz.fields),
            today(self.clock.now()),
        );
        signals.extend(findings.words.as_ref().map(of_document));
        let fields = fields(&findings.reading, today(self.clock.now()));
        let screening = self.screened(id, fields.as_ref()).await;
        Ok(DocumentEvidence {
            document_id: self.fresh(),
            read_at: self.clock.now(),
            declared_kind: declared.kind,
            declared_country: declared.country,
            kind: kind(&findings.reading),
            layout: layout(&findings.reading),
            fields,
            check_digits: zone.map(check_digits).unwrap_or_default(),
            confidence: zone.map(|mrz| mrz.confidence),
            pictures,
            portrait,
            models: findings.models,
            crosschecks: crosschecks(&findings.crosschecks),
            signals,
            screening,
        })
    }

    /// A selfie's findings as evidence.
    pub(crate) async fn selfie_evidence(
        &self,
        id: SessionId,
        findings: SelfieFindings,
        known: Option<KnownFaces>,
        document_id: Uuid,
    ) -> Result<SelfieEvidence, ServiceError> {
        Ok(SelfieEvidence {
            verification_id: self.fresh(),
            document_id,
            taken_at: self.clock.now(),
            faces: findings.faces,
            face_match: findings.face_match,
            picture: self.keep(id, findings.picture).await?,
            quality: findings.quality,
            is_poor: findings.is_poor,
            metadata: findings.words.as_ref().map(of_selfie),
            known,
            models: findings.models,
        })
    }

    /// A clip's findings as evidence; `asked` is the challenge that it answers.
    pub(crate) async fn liveness_evidence(
        &self,
        id: SessionId,
        findings: &ClipFindings,
        verification_id: Uuid,
        asked: Option<Answer<'_>>,
    ) -> Result<LivenessEvidence, ServiceError> {
        let active = match &asked {
            Some(answer) => Assessment::Assessed(answer.judged(&findings.gestures)),
            None => Assessment::NotAssessed(Unassessed::NotPrompted),
        };
        let injection = injection(findings, asked.as_ref());
        let picture = match &findings.best {
            Some(best) => Some(self.keep(id, best.picture.clone()).await?),
            None => None,
        };
        Ok(LivenessEvidence {
            check_id: self.fresh(),
            verification_id,
            assessed_at: self.clock.now(),
            passive: findings.passive.clone(),
            active,
            same_face: findings.same_face.clone(),
            flash: findings.screen.flash.clone(),
            dot: findings.screen.dot.clone(),
            colours_declined: asked
                .and_then(|asked| asked.challenge.screen.as_ref())
                .is_some_and(|show| show.colours_declined),
            gestures: findings.gestures.clone(),
            frames: findings.frames,
            most_faces: findings.most_faces,
            picture,
            quality: findings.best.as_ref().map(|best| best.quality.clone()),
            injection,
            presentation: Some(findings.presentation.clone()),
            models: findings.models.clone(),
        })
    }
}

/// A picture that can't be used, as an answer.
pub(crate) fn from_picture(error: &PictureError) -> ServiceError {
    ServiceError::Unusable {
        code: error.code(),
        remedy: error.to_string(),
    }
}

fn check_digits(mrz: &MrzReading) -> CheckDigits {
    let read = &mrz.check_digits;
    CheckDigits {
        number: read.number,
        birth: read.birth,
        expiry: read.expiry,
        personal: read.personal,
        composite: read.composite,
    }
}

/// The day on which a document's last day is judged.
pub(crate) fn today(now: OffsetDateTime) -> Date {
    now.date()
}
