//! Watch lists in the service: asked once a document is read, by dialects, and kept up with their files.

use std::sync::Arc;

use async_trait::async_trait;
use kiosk_api::audit::{Actor, Audit};
use kiosk_api::screening::{
    Bearer, KeptException, ListsState, ScreenAnswer, ScreenQuery, Screening,
};
use kiosk_api::service::ServiceError;
use kiosk_screening::Exception;
use kiosk_session::{DocumentFields, ListVersion, Redacted, Screening as Screened, SessionId};

use super::Service;
use super::journal::from_store;
use super::lists::{Lists, MOST_EXCEPTIONS, kept, person_of, query};

impl Service {
    /// Asks the lists for whom a document names; `None` where nobody was asked for.
    pub(super) async fn screened(
        &self,
        id: SessionId,
        fields: Option<&DocumentFields>,
    ) -> Option<Screened> {
        let asked = of_document(self.journal.index().tenant(id)?, fields?);
        let (lists, now) = (Arc::clone(&self.lists), self.clock.now());
        let least = self.policy.screening.review_from;
        // Some milliseconds of work.
        let answered = tokio::task::spawn_blocking(move || lists.ask(&asked, least, now)).await;
        match answered {
            Ok(ScreenAnswer::Assessed { found, .. }) => Some(found),
            Ok(ScreenAnswer::NotAssessed { .. }) => None,
            Err(_) => {
                tracing::error!(session = %id, "watch lists could not be asked");
                None
            }
        }
    }
}

fn of_document(tenant: String, fields: &DocumentFields) -> ScreenQuery {
    let name = [&fields.secondary_identifier, &fields.primary_identifier];
    let name = name.map(|part| part.reveal().as_str()).join(" ");
    let country = [&fields.nationality, &fields.issuing_state];
    ScreenQuery {
        tenant,
        name: Redacted::new(name),
        kind: Some(Bearer::Person),
        birth_date: fields.birth_date.clone(),
        country: country.into_iter().find(|code| !code.is_empty()).cloned(),
    }
}

#[async_trait]
impl Screening for Service {
    fn screen(&self, query: &ScreenQuery) -> ScreenAnswer {
        let least = self.policy.screening.review_from;
        self.lists.ask(query, least, self.clock.now())
    }

    fn lists(&self) -> Vec<ListVersion> {
        self.lists.versions()
    }

    fn lists_state(&self) -> ListsState {
        self.lists.state()
    }

    async fn accept(
        &self,
        who: &Actor,
        asked: &ScreenQuery,
        entry: &str,
        note: &str,
    ) -> Result<KeptException, ServiceError> {
        if note.trim().is_empty() {
            return Err(unusable("say in a note why it is another person"));
        }
        if !self.lists.has(entry) {
            return Err(unusable(
                "name an entry of the lists in use, as a hit gives it",
            ));
        }
        let exception = Exception {
            person: person_of(&query(asked)),
            entry: entry.to_owned(),
            time: self.clock.now(),
            user: who.name.clone(),
            note: note.to_owned(),
        };
        let _turn = self.lists.turn.lock().await;
        let mut all = self.all(&who.tenant)?;
        all.retain(|other| other.person != exception.person || other.entry != exception.entry);
        if all.len() >= MOST_EXCEPTIONS {
            return Err(unusable(
                "withdraw exceptions that are not needed: there are too many",
            ));
        }
        all.push(exception.clone());
        self.put(&who.tenant, all).await?;
        self.record(who, "screening.exception_accepted", Some(entry))
            .await?;
        Ok(kept(&exception))
    }

    async fn withdraw(&self, who: &Actor, person: &str, entry: &str) -> Result<(), ServiceError> {
        let _turn = self.lists.turn.lock().await;
        let mut all = self.all(&who.tenant)?;
        let before = all.len();
        all.retain(|other| other.person != person || other.entry != entry);
        if all.len() == before {
            return Err(ServiceError::NotFound);
        }
        self.put(&who.tenant, all).await?;
        self.record(who, "screening.exception_withdrawn", Some(entry))
            .await
    }

    fn exceptions(&self, tenant: &str) -> Result<Vec<KeptException>, ServiceError> {
        Ok(self.all(tenant)?.iter().map(kept).collect())
    }
}

impl Service {
    fn all(&self, tenant: &str) -> Result<Vec<Exception>, ServiceError> {
        let all = self.lists.exceptions(tenant);
        let all = all.map_err(|error| from_store(&error))?;
        Ok(all.as_ref().clone())
    }

    async fn put(&self, tenant: &str, all: Vec<Exception>) -> Result<(), ServiceError> {
        let kept = self.lists.keep(tenant, all).await;
        kept.map_err(|error| from_store(&error))
    }
}

fn unusable(remedy: &str) -> ServiceError {
    ServiceError::Unusable {
        code: "EXCEPTION_UNUSABLE",
        remedy: remedy.to_owned(),
    }
}

/// Reads the lists where their files have changed. Damaged ones are told, by file and line; what was in use stays.
pub async fn refresh_lists(lists: &Arc<Lists>) {
    let reading = Arc::clone(lists);
    let read = tokio::task::spawn_blocking(move || reading.refresh()).await;
    match read {
        Ok(Ok(false)) => {}
        Ok(Ok(true)) => {
            for version in lists.versions() {
                tracing::info!(
                    list = version.list,
                    sha256 = version.sha256,
                    entries = version.entries,
                    "a watch list is in use"
                );
            }
        }
        Ok(Err(error)) => {
            tracing::error!(
                error = format!("{error:#}"),
                "watch lists can't be read; what was in use stays, and without any nobody is screened"
            );
        }
        Err(_) => tracing::error!("watch lists could not be read: a fault of ours"),
    }
}
