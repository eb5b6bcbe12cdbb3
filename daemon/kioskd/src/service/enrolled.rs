//! The face that a selfie has to be: a document's portrait, or the selfie of the session that approved the person.

use kiosk_api::service::{Purpose, ServiceError};
use kiosk_inference::picture::Picture;
use kiosk_session::{Case, Refused, SessionId, State, Status};
use uuid::Uuid;

use super::Service;
use crate::analysis::Against;

impl Service {
    /// What a session's selfie is compared with: the name of it, and the face.
    pub(crate) fn compared_with(
        &self,
        id: SessionId,
        state: &State,
    ) -> Result<(Uuid, Against), ServiceError> {
        let identity = state.case().and_then(|case| case.opening.identity);
        if let Some(identity) = identity {
            return Ok((identity.0, Against::Enrolled(self.enrolled(identity)?)));
        }
        if is_liveness_alone(state) {
            return Ok((Uuid::nil(), Against::Nobody));
        }
        let document = state.document().ok_or(Refused::DocumentMissing)?;
        let portrait = document.portrait.as_ref();
        let picture = portrait
            .map(|portrait| self.picture(id, portrait))
            .transpose()?;
        Ok((document.document_id, Against::Portrait(picture)))
    }

    /// The picture that a person was approved by.
    fn enrolled(&self, identity: SessionId) -> Result<Picture, ServiceError> {
        let gone = || ServiceError::Unusable {
            code: "IDENTITY_GONE",
            remedy: "the identity was deleted or anonymized meanwhile; verify the person anew"
                .into(),
        };
        let state = match self.journal.load(identity) {
            Err(ServiceError::NotFound) => return Err(gone()),
            loaded => loaded?,
        };
        let selfie = state.selfie().ok_or_else(gone)?;
        self.picture(identity, &selfie.picture)
    }
}

/// Whether nothing but a living person is asked for.
pub(crate) fn is_liveness_alone(state: &State) -> bool {
    state.case().is_some_and(|case| case.opening.liveness_alone)
}

/// The case of a session whose person may be authenticated: approved by a document, its picture still there.
pub(super) fn enrolled_case(state: &State) -> Option<&Case> {
    let decision = state.decision()?;
    let enrolled = decision.status == Status::Approved
        && Purpose::of(state) == Purpose::Verification
        && state.selfie().is_some();
    enrolled.then(|| state.case()).flatten()
}
