//! What can be asked of a session beside its steps: its pictures as they are kept, its history, a back for its front.

use bytes::Bytes;
use kiosk_api::service::{DocumentUpload, Happened, ServiceError, Shot};
use kiosk_session::{Event, EvidenceId, Past, Refused, SessionId, State};

use super::Service;
use super::journal::from_store;

impl Service {
    /// The front that stands with a back beside it, as one upload.
    pub(super) fn with_back(
        &self,
        id: SessionId,
        state: &State,
        back: Bytes,
    ) -> Result<DocumentUpload, ServiceError> {
        let document = state.document().ok_or(Refused::DocumentMissing)?;
        let front = self
            .kept(id, state, Shot::Front)?
            .ok_or(ServiceError::Internal)?;
        Ok(DocumentUpload {
            front,
            back: Some(back),
            kind: document.declared_kind,
            country: document.declared_country.clone(),
        })
    }

    /// A picture as it is kept; `None` where the session has none of that kind.
    pub(super) fn kept(
        &self,
        id: SessionId,
        state: &State,
        which: Shot,
    ) -> Result<Option<Bytes>, ServiceError> {
        let document = state.document();
        let found: Option<&EvidenceId> = match which {
            Shot::Front => document.and_then(|read| read.pictures.first()),
            Shot::Back => document.and_then(|read| read.pictures.get(1)),
            Shot::Selfie => state.selfie().map(|taken| &taken.picture),
            Shot::Liveness => state.liveness().and_then(|judged| judged.picture.as_ref()),
        };
        let Some(found) = found else { return Ok(None) };
        let name = found.0.parse().map_err(|_| ServiceError::Internal)?;
        let bytes = self.store.get_evidence(id.0, &name);
        Ok(Some(bytes.map_err(|error| from_store(&error))?.into()))
    }

    /// What happened, oldest first.
    pub(super) fn happened(&self, id: SessionId) -> Result<Vec<Happened>, ServiceError> {
        let mut happened = Vec::new();
        for (_, entry) in self.journal.entries(id)? {
            if let Event::Anonymised { shell } = &entry.event {
                happened.extend(shell.history.iter().filter_map(earlier));
            }
            happened.push(Happened {
                at: entry.at,
                event: entry.event.name(),
            });
        }
        Ok(happened)
    }
}

/// What happened before a session was anonymised.
fn earlier(moment: &Past) -> Option<Happened> {
    let known = Event::NAMES.into_iter();
    let event = known.into_iter().find(|name| *name == moment.event)?;
    Some(Happened {
        at: moment.at,
        event,
    })
}
