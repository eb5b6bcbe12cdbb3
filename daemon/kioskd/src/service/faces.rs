//! Sessions and the faces that the kiosk knows: a selfie is searched for, and who was approved is enrolled.

use std::sync::Arc;

use kiosk_api::service::{Caller, Purpose, ServiceError};
use kiosk_inference::face::Template;
use kiosk_inference::picture::{DecodeLimits, Picture};
use kiosk_session::{KnownFaces, OnKnownFace, SessionId, State, Status};

use super::known::{ListError, Person};
use super::{Service, from_analyst, from_inference, from_picture, journal::from_store};
use crate::analysis::template_of;

impl Service {
    /// Searches for a selfie's face; `None` where the policy asks for no search.
    pub(super) async fn search_known(
        &self,
        id: SessionId,
        face: Template,
    ) -> Result<Option<KnownFaces>, ServiceError> {
        let limits = &self.policy.known_faces;
        if limits.block_listed == OnKnownFace::Off && limits.duplicate == OnKnownFace::Off {
            return Ok(None);
        }
        let whose = person(&self.journal.load(id)?).ok_or(ServiceError::NotFound)?;
        let known = Arc::clone(&self.known);
        let searched = tokio::task::spawn_blocking(move || known.search(&face, whose)).await;
        searched.map(Some).map_err(|_| ServiceError::Internal)
    }

    /// Enrols the person of an approved session, where the policy looks for duplicates. The decision stands whatever
    /// comes of it.
    pub(super) async fn enrol_approved(&self, id: SessionId, state: &State) {
        if !is_approved(state) || self.policy.known_faces.duplicate == OnKnownFace::Off {
            return;
        }
        if let Err(error) = self.enrol(id, state).await {
            tracing::warn!(%error, "an approved person could not be enrolled; no later session is a duplicate of theirs");
        }
    }

    /// Takes a session's person off those who are enrolled, before the session goes: afterwards nobody could tell whose it
    /// was. One of several sessions is enough: whose face it was that was enrolled is not kept.
    pub(super) async fn forget_person(&self, id: SessionId) -> Result<(), ServiceError> {
        let whose = match self.journal.load(id) {
            Ok(state) if is_approved(&state) => person(&state),
            Ok(_) => None,
            Err(ServiceError::NotFound) => None,
            Err(error) => return Err(error),
        };
        let Some(whose) = whose else { return Ok(()) };
        let forgotten = self.known.forget(whose).await;
        forgotten.map(|_| ()).map_err(|error| from_store(&error))
    }

    async fn enrol(&self, id: SessionId, state: &State) -> Result<(), ServiceError> {
        let (Some(whose), Some(selfie)) = (person(state), state.selfie()) else {
            return Err(ServiceError::Internal);
        };
        let picture = self.picture(id, &selfie.picture)?;
        let face = self.face_of(picture).await?;
        let enrolled = self.known.enrol(whose, &face).await;
        enrolled.map_err(|error| from_store(&error))
    }

    /// Puts the nearest face of an encoded picture on the block list.
    pub async fn list_face(
        &self,
        caller: &Caller,
        name: &str,
        picture: &[u8],
    ) -> Result<(), ServiceError> {
        let picture = Picture::decode(picture, &DecodeLimits::default())
            .map_err(|error| from_picture(&error))?;
        let face = self.face_of(picture).await?;
        let listed = self.known.list(name, &face).await;
        listed.map_err(|error| from_list(&error))?;
        let (who, action) = (caller.into(), "block_list.added");
        self.journal.record(&who, action, Some(name)).await
    }

    /// Takes a face off the block list.
    pub async fn unlist_face(&self, caller: &Caller, name: &str) -> Result<(), ServiceError> {
        let removed = self.known.unlist(name).await;
        removed.map_err(|error| from_list(&error))?;
        let (who, action) = (caller.into(), "block_list.removed");
        self.journal.record(&who, action, Some(name)).await
    }

    async fn face_of(&self, picture: Picture) -> Result<Template, ServiceError> {
        let found = self
            .analyst
            .run(move |models| template_of(models, &picture))
            .await
            .map_err(from_analyst)?
            .map_err(|error| from_inference(&error))?;
        found.ok_or_else(|| ServiceError::Unusable {
            code: "NO_FACE",
            remedy: "no face was found; give a picture of one person who faces the camera".into(),
        })
    }
}

/// Nobody is enrolled by another session, nor by one that told who they are by an earlier.
fn is_approved(state: &State) -> bool {
    let decision = state.decision();
    decision.is_some_and(|decision| decision.status == Status::Approved)
        && Purpose::of(state) == Purpose::Verification
        && !matches!(state, State::Anonymised { .. })
}

fn person(state: &State) -> Option<Person> {
    let opening = &state.case()?.opening;
    let name = opening.external_user_id.reveal();
    Some(Person::of(&opening.tenant, name))
}

fn from_list(error: &ListError) -> ServiceError {
    let code = match error {
        ListError::Name => "NAME_UNUSABLE",
        ListError::Taken => "NAME_TAKEN",
        ListError::Unknown => "NAME_UNKNOWN",
        ListError::Full => "BLOCK_LIST_FULL",
        ListError::Store(error) => return from_store(error),
    };
    ServiceError::Unusable {
        code,
        remedy: error.to_string(),
    }
}
