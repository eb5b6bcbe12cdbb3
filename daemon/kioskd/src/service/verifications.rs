//! The service as the dialects see it.

use async_trait::async_trait;
use bytes::Bytes;
use kiosk_api::deliveries::Deliveries;
use kiosk_api::registry::Registry;
use kiosk_api::service::{
    Caller, ClipUpload, DocumentUpload, EngineHealth, Filter, Happened, Health, Networks,
    NewSession, Page, PreviewToken, PublicStatus, Purpose, ServiceError, Shot, Verifications,
};
use kiosk_api::terms;
use kiosk_inference::engine::EngineState;
use kiosk_session::{
    AttemptedStep, Challenge, Closing, Consent, Decision, Event, Evidence, Note, Opening, Policy,
    Refused, Session, SessionId, State, authenticate, decide_by,
};
use kiosk_store::ErasedFor;
use time::{Date, Duration, OffsetDateTime};

use super::enrolled::enrolled_case;
use super::evidence::today;
use super::{Attempt, Service, Showing, room};

#[async_trait]
impl Verifications for Service {
    fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    async fn open(&self, caller: &Caller, request: NewSession) -> Result<Session, ServiceError> {
        self.begin(caller, request, Asked::Document).await
    }

    async fn open_for_liveness(
        &self,
        caller: &Caller,
        request: NewSession,
    ) -> Result<Session, ServiceError> {
        self.begin(caller, request, Asked::LivenessAlone).await
    }

    async fn authenticate(
        &self,
        caller: &Caller,
        identity: SessionId,
        request: NewSession,
    ) -> Result<Session, ServiceError> {
        let enrolled = self.own(caller, identity)?;
        let case = enrolled_case(&enrolled).ok_or(ServiceError::NotFound)?;
        // Under the same name the person is no duplicate of themselves.
        let request = NewSession {
            external_user_id: case.opening.external_user_id.clone(),
            ..request
        };
        self.begin(caller, request, Asked::Identity(identity)).await
    }

    async fn consent(
        &self,
        caller: &Caller,
        id: SessionId,
        consent: Consent,
    ) -> Result<Session, ServiceError> {
        self.own(caller, id)?;
        let state = self
            .journal
            .add(id, caller.author(), |_| Ok(Event::ConsentGiven { consent }))
            .await?;
        Ok(Self::as_session(id, state))
    }

    async fn session(&self, caller: &Caller, id: SessionId) -> Result<Session, ServiceError> {
        Ok(Self::as_session(id, self.own(caller, id)?))
    }

    async fn list(&self, caller: &Caller, filter: Filter) -> Result<Page, ServiceError> {
        self.page(caller, &filter)
    }

    async fn add_document(
        &self,
        caller: &Caller,
        id: SessionId,
        upload: DocumentUpload,
    ) -> Result<Session, ServiceError> {
        let taken = self.take_document(caller, id, upload);
        let tried = AttemptedStep::Document;
        self.attempt(caller, id, tried, taken).await
    }

    async fn add_back(
        &self,
        caller: &Caller,
        id: SessionId,
        back: Bytes,
    ) -> Result<Session, ServiceError> {
        let upload = self.with_back(id, &self.own(caller, id)?, back)?;
        self.add_document(caller, id, upload).await
    }

    async fn note(
        &self,
        caller: &Caller,
        id: SessionId,
        note: Note,
    ) -> Result<Session, ServiceError> {
        self.own(caller, id)?;
        let state = self
            .journal
            .add(id, caller.author(), |_| Ok(Event::Noted { note }))
            .await?;
        Ok(Self::as_session(id, state))
    }

    async fn history(&self, caller: &Caller, id: SessionId) -> Result<Vec<Happened>, ServiceError> {
        self.own(caller, id)?;
        self.happened(id)
    }

    async fn shot(
        &self,
        caller: &Caller,
        id: SessionId,
        which: Shot,
    ) -> Result<Option<Bytes>, ServiceError> {
        self.kept(id, &self.own(caller, id)?, which)
    }

    async fn erase(&self, caller: &Caller, id: SessionId) -> Result<(), ServiceError> {
        self.own(caller, id)?;
        let object = id.to_string();
        self.record_anyway(&caller.into(), "session.erased", Some(&object))
            .await?;
        self.forget_person(id).await?;
        self.journal.erase(id, ErasedFor::Asked).await?;
        self.webhooks.forget(id).await;
        Ok(())
    }

    async fn anonymise(&self, caller: &Caller, id: SessionId) -> Result<(), ServiceError> {
        self.own(caller, id)?;
        self.forget_person(id).await?;
        let author = caller.author();
        self.journal.anonymise(id, author, &self.policy).await?;
        // Its own address is gone with the rest.
        self.webhooks.forget_address(id).await;
        Ok(())
    }

    async fn add_selfie(
        &self,
        caller: &Caller,
        id: SessionId,
        picture: Bytes,
    ) -> Result<Session, ServiceError> {
        let taken = self.take_selfie(caller, id, picture);
        self.attempt(caller, id, AttemptedStep::Selfie, taken).await
    }

    async fn draw_challenge(
        &self,
        caller: &Caller,
        id: SessionId,
    ) -> Result<Challenge, ServiceError> {
        self.issue(caller, id, Showing::Nothing).await
    }

    async fn add_clip(
        &self,
        caller: &Caller,
        id: SessionId,
        clip: ClipUpload,
    ) -> Result<Session, ServiceError> {
        let tried = Attempt {
            step: AttemptedStep::Liveness,
            challenge_id: clip.challenge_id,
        };
        let taken = self.take_clip(caller, id, clip);
        self.attempt(caller, id, tried, taken).await
    }

    async fn submit(&self, caller: &Caller, id: SessionId) -> Result<Session, ServiceError> {
        self.own(caller, id)?;
        let noted = terms::note_policy(&self.registry, &caller.tenant, &self.policy).await;
        if let Err(error) = noted {
            tracing::warn!(%error, "the policy's weights can't be looked up later by its name");
        }
        let day = today(self.clock.now());
        let state = self
            .journal
            .add(id, caller.author(), |state| {
                let mut decision = self.decided(&caller.tenant, state, day)?;
                decision.policy_sha256 = Some(self.policy_sha256.clone());
                Ok(Event::Decided { decision })
            })
            .await?;
        self.enrol_approved(id, &state).await;
        Ok(Self::as_session(id, state))
    }

    async fn cancel(
        &self,
        caller: &Caller,
        id: SessionId,
        by: Closing,
    ) -> Result<Session, ServiceError> {
        self.own(caller, id)?;
        let state = self
            .journal
            .add(id, caller.author(), |_| Ok(Event::Cancelled { by }))
            .await?;
        Ok(Self::as_session(id, state))
    }

    async fn preview_token(
        &self,
        caller: &Caller,
        id: SessionId,
    ) -> Result<PreviewToken, ServiceError> {
        let tokens = self.tokens.as_ref().ok_or(ServiceError::Unusable {
            code: "PREVIEW_NOT_CONFIGURED",
            remedy: "no preview is served; add [preview] to the config".into(),
        })?;
        let state = self.own(caller, id)?;
        match PublicStatus::of(&state) {
            PublicStatus::Pending | PublicStatus::InProgress => {}
            _ => return Err(Refused::Closed.into()),
        }
        let case = state.case().ok_or(ServiceError::Internal)?;
        let expires_at = case.opening.expires_at;
        let token = tokens.mint(id, caller, (self.clock.now(), expires_at))?;
        Ok(PreviewToken { token, expires_at })
    }

    async fn health(&self) -> Health {
        let engine = self.analyst.engine();
        Health {
            store: room::store_health(&self.store),
            models_ready: self.analyst.is_running() && engine.is_ready(),
            engine: engine_health(&engine),
            sync: (self.sync_state)(),
            cameras: self.cameras.health(),
        }
    }

    fn registry(&self) -> &dyn Registry {
        &self.registry
    }

    fn deliveries(&self) -> &dyn Deliveries {
        self.webhooks.as_ref()
    }

    fn policy(&self) -> &Policy {
        &self.policy
    }
}

/// The engine's state in the service's words.
fn engine_health(state: &EngineState) -> EngineHealth {
    let (on, progress) = match state {
        EngineState::Absent => (None, None),
        EngineState::Building { on, done, of } => (Some(on), Some((*done, *of))),
        EngineState::Warming { on }
        | EngineState::Ready { on }
        | EngineState::Refused { on, .. } => (Some(on), None),
    };
    EngineHealth {
        state: state.name(),
        provider: on.map(|on| on.provider.to_string()),
        networks: progress.map(|(done, of)| Networks { done, of }),
    }
}

/// What a session is begun for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// A person and their document.
    Document,
    /// A person who was approved by that session.
    Identity(SessionId),
    /// A living person, whoever it is.
    LivenessAlone,
}

impl Service {
    /// Begins a session.
    async fn begin(
        &self,
        caller: &Caller,
        request: NewSession,
        asked: Asked,
    ) -> Result<Session, ServiceError> {
        let identity = match asked {
            Asked::Identity(identity) => Some(identity),
            Asked::Document | Asked::LivenessAlone => None,
        };
        let lifetime = Duration::seconds(i64::from(self.policy.session.lifetime_s));
        let opening = Opening {
            tenant: caller.tenant.clone(),
            credential: caller.credential.clone(),
            external_user_id: request.external_user_id,
            webhook_url: request.webhook_url,
            redirect_url: request.redirect_url,
            metadata: request.metadata,
            identity,
            liveness_alone: asked == Asked::LivenessAlone,
            expires_at: self.clock.now() + lifetime,
        };
        let mut events = vec![Event::Created { opening }];
        events.extend(
            request
                .consent
                .map(|consent| Event::ConsentGiven { consent }),
        );
        let id = SessionId(self.fresh());
        let state = self.journal.begin(id, caller.author(), events).await?;
        Ok(Self::as_session(id, state))
    }

    /// The decision that a session's evidence gives by the policy and what its tenant has set.
    fn decided(&self, tenant: &str, state: &State, day: Date) -> Result<Decision, ServiceError> {
        if state.is_closed() {
            return Err(Refused::Closed.into());
        }
        let terms = terms::standing(&self.registry, tenant, state.document())?;
        match (state.document(), state.selfie(), state.liveness()) {
            (Some(document), Some(selfie), Some(liveness)) => {
                let evidence = Evidence {
                    document,
                    selfie,
                    liveness,
                };
                Ok(decide_by(evidence, &self.policy, &terms, day))
            }
            (None, ..) if Purpose::of(state) == Purpose::Verification => {
                Err(Refused::DocumentMissing.into())
            }
            (None, Some(selfie), Some(liveness)) => {
                Ok(authenticate(selfie, liveness, &self.policy, &terms))
            }
            (_, None, _) => Err(Refused::SelfieMissing.into()),
            (.., None) => Err(Refused::LivenessMissing.into()),
        }
    }

    /// Draws a challenge and writes it down, with what the kiosk's own screen shows before it.
    pub(crate) async fn issue(
        &self,
        caller: &Caller,
        id: SessionId,
        showing: Showing,
    ) -> Result<Challenge, ServiceError> {
        self.own(caller, id)?;
        let challenge = self.drawn(showing);
        let issued = challenge.clone();
        self.journal
            .add(id, caller.author(), |state| {
                let given = state.case().map_or(0, |case| case.challenges);
                if given >= self.policy.active_liveness.most_challenges {
                    return Err(Refused::ChallengesSpent.into());
                }
                Ok(Event::ChallengeIssued { challenge })
            })
            .await?;
        Ok(issued)
    }
}
