//! The service over a map in memory: prepared evidence, real rules. Every step is the domain's `step`, every
//! decision its `decide`.
// long file: one trait, a method for each step of a verification

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use kiosk_api::audit::AuditEntry;
use kiosk_api::deliveries::Deliveries;
use kiosk_api::registry::Registry;
use kiosk_api::service::{
    Caller, ClipUpload, DocumentUpload, EngineHealth, Filter, Happened, Health, NewSession, NoRoom,
    Page, PreviewToken, PublicStatus, Purpose, ServiceError, Shot, StoreHealth, StoreState,
    Verifications,
};
use kiosk_api::terms;
use kiosk_session::{
    Assessment, Challenge, Closing, Consent, DocumentEvidence, Entry, Event, Evidence, EvidenceId,
    FaceMatch, Gesture, LivenessEvidence, Note, Opening, Policy, Prompted, Refused, SelfieEvidence,
    Session, SessionId, Shell, State, Status, Unassessed, authenticate, decide_by, replay, step,
};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Delivered, Shelves};

/// When the tests take place: the moment of the published example.
pub const NOW: OffsetDateTime = datetime!(2024-01-15 10:30:00 UTC);

/// A picture that the kiosk in memory finds no face in.
pub const FACELESS: &[u8] = b"no face";
/// A selfie of another person than the enrolled one.
pub const STRANGER: &[u8] = b"stranger";
/// A file at which it panics.
pub const PANICS: &[u8] = b"panic";
/// A file for which it has no room.
pub const NO_ROOM: &[u8] = b"no room";
/// A picture for which a part is not at hand.
pub const BUSY: &[u8] = b"busy";

/// A kiosk in memory.
pub struct Memory {
    pub policy: Policy,
    pub document: DocumentEvidence,
    pub selfie: SelfieEvidence,
    pub liveness: LivenessEvidence,
    pub gestures: Vec<Gesture>,
    /// How many of the gestures a clip shows.
    pub met: u32,
    pub health: Health,
    pub registry: Shelves,
    pub delivered: Delivered,
    now: Mutex<OffsetDateTime>,
    logs: Mutex<BTreeMap<u128, Vec<Entry>>>,
    /// What was uploaded as a document, last.
    pub uploaded: Mutex<Option<DocumentUpload>>,
    /// What was recorded beside the sessions, each with its tenant.
    pub recorded: Mutex<Vec<(String, AuditEntry)>>,
}

impl Default for Memory {
    fn default() -> Self {
        let policy = include_str!("../../../session/policies/default.toml");
        Self {
            policy: toml::from_str(policy).unwrap(),
            document: super::document(),
            selfie: super::selfie(),
            liveness: super::liveness(),
            gestures: vec![Gesture::TurnLeft, Gesture::Blink],
            met: 2,
            health: Health {
                store: StoreHealth {
                    state: StoreState::Ready,
                    used_bytes: 1,
                    max_bytes: 2,
                },
                models_ready: true,
                engine: EngineHealth {
                    state: "ready",
                    provider: Some("CPU".into()),
                    networks: None,
                },
                sync: "online".into(),
                cameras: Vec::new(),
            },
            registry: Shelves::default(),
            delivered: Delivered::default(),
            now: Mutex::new(NOW),
            logs: Mutex::default(),
            uploaded: Mutex::default(),
            recorded: Mutex::default(),
        }
    }
}

impl Memory {
    /// Where a session stands.
    pub fn state(&self, id: Uuid) -> State {
        let logs = self.logs.lock().unwrap();
        replay(&logs[&id.as_u128()]).unwrap()
    }

    /// Lets time pass.
    pub fn wait(&self, by: Duration) {
        *self.now.lock().unwrap() += by;
    }

    fn add(&self, id: SessionId, event: Event) -> Result<Session, ServiceError> {
        let mut logs = self.logs.lock().unwrap();
        let log = logs.entry(id.0.as_u128()).or_default();
        let entry = Entry::new(self.now(), event);
        let (state, _) = step(replay(log.iter())?, &entry)?;
        log.push(entry);
        Ok(Session { id, state })
    }

    fn begin(
        &self,
        caller: &Caller,
        request: NewSession,
        (identity, liveness_alone): (Option<SessionId>, bool),
    ) -> Result<Session, ServiceError> {
        let id = SessionId(Uuid::new_v4());
        let opening = Opening {
            tenant: caller.tenant.clone(),
            credential: caller.credential.clone(),
            external_user_id: request.external_user_id,
            webhook_url: request.webhook_url,
            redirect_url: request.redirect_url,
            metadata: request.metadata,
            identity,
            liveness_alone,
            expires_at: self.now() + Duration::seconds(self.policy.session.lifetime_s.into()),
        };
        let session = self.add(id, Event::Created { opening })?;
        match request.consent {
            Some(consent) => self.add(id, Event::ConsentGiven { consent }),
            None => Ok(session),
        }
    }

    fn find(&self, caller: &Caller, id: SessionId) -> Result<Session, ServiceError> {
        let logs = self.logs.lock().unwrap();
        let log = logs.get(&id.0.as_u128()).ok_or(ServiceError::NotFound)?;
        let state = replay(log)?;
        let own = state
            .case()
            .is_some_and(|case| case.opening.tenant == caller.tenant);
        if own {
            Ok(Session { id, state })
        } else {
            Err(ServiceError::NotFound)
        }
    }
}

fn looked_at(file: &[u8]) -> Result<(), ServiceError> {
    match file {
        FACELESS => Err(ServiceError::Unusable {
            code: "NO_FACE",
            remedy: "no face was found; face the camera and try again".into(),
        }),
        NO_ROOM => Err(NoRoom::Store.into()),
        BUSY => Err(ServiceError::Unavailable {
            reason: "the kiosk is stopping".into(),
        }),
        PANICS => panic!("a fault of ours"),
        _ => Ok(()),
    }
}

#[async_trait]
impl Verifications for Memory {
    fn now(&self) -> OffsetDateTime {
        *self.now.lock().unwrap()
    }

    fn registry(&self) -> &dyn Registry {
        &self.registry
    }

    fn deliveries(&self) -> &dyn Deliveries {
        &self.delivered
    }

    fn policy(&self) -> &Policy {
        &self.policy
    }

    async fn open(&self, caller: &Caller, request: NewSession) -> Result<Session, ServiceError> {
        self.begin(caller, request, (None, false))
    }

    async fn open_for_liveness(
        &self,
        caller: &Caller,
        request: NewSession,
    ) -> Result<Session, ServiceError> {
        self.begin(caller, request, (None, true))
    }

    async fn authenticate(
        &self,
        caller: &Caller,
        identity: SessionId,
        request: NewSession,
    ) -> Result<Session, ServiceError> {
        let enrolled = self.find(caller, identity)?.state;
        let approved = enrolled
            .decision()
            .is_some_and(|made| made.status == Status::Approved);
        let is_identity = approved
            && enrolled.selfie().is_some()
            && Purpose::of(&enrolled) == Purpose::Verification;
        if !is_identity {
            return Err(ServiceError::NotFound);
        }
        self.begin(caller, request, (Some(identity), false))
    }

    async fn consent(
        &self,
        caller: &Caller,
        id: SessionId,
        consent: Consent,
    ) -> Result<Session, ServiceError> {
        self.find(caller, id)?;
        self.add(id, Event::ConsentGiven { consent })
    }

    async fn session(&self, caller: &Caller, id: SessionId) -> Result<Session, ServiceError> {
        self.find(caller, id)
    }

    async fn list(&self, caller: &Caller, filter: Filter) -> Result<Page, ServiceError> {
        let ids: Vec<u128> = self.logs.lock().unwrap().keys().copied().collect();
        let mut own: Vec<Session> = ids
            .into_iter()
            .filter_map(|id| self.find(caller, SessionId(Uuid::from_u128(id))).ok())
            .filter(|found| {
                filter
                    .status
                    .is_none_or(|wanted| wanted == PublicStatus::of(&found.state))
            })
            .filter(|found| {
                filter
                    .purpose
                    .is_none_or(|wanted| wanted == Purpose::of(&found.state))
            })
            .filter(|found| {
                let begun = found.state.case().unwrap().created_at;
                filter.from.is_none_or(|from| begun >= from)
                    && filter.before.is_none_or(|before| begun < before)
            })
            .filter(|found| {
                filter.external_user_id.as_ref().is_none_or(|wanted| {
                    found.state.case().unwrap().opening.external_user_id == *wanted
                })
            })
            .collect();
        own.sort_by_key(|found| std::cmp::Reverse(found.state.case().unwrap().created_at));
        let total = own.len();
        let sessions = own
            .into_iter()
            .skip(filter.offset)
            .take(filter.limit)
            .collect();
        Ok(Page { sessions, total })
    }

    async fn add_document(
        &self,
        caller: &Caller,
        id: SessionId,
        upload: DocumentUpload,
    ) -> Result<Session, ServiceError> {
        self.find(caller, id)?;
        looked_at(&upload.front)?;
        let document = Box::new(DocumentEvidence {
            declared_kind: upload.kind,
            declared_country: upload.country.clone(),
            pictures: std::iter::repeat_n(
                EvidenceId("00".into()),
                1 + usize::from(upload.back.is_some()),
            )
            .collect(),
            ..self.document.clone()
        });
        *self.uploaded.lock().unwrap() = Some(upload);
        self.add(id, Event::DocumentRead { document })
    }

    async fn add_back(
        &self,
        caller: &Caller,
        id: SessionId,
        back: Bytes,
    ) -> Result<Session, ServiceError> {
        let before = self.find(caller, id)?;
        let read = before.state.document().ok_or(Refused::DocumentMissing)?;
        let upload = DocumentUpload {
            front: Bytes::from_static(b"front"),
            back: Some(back),
            kind: read.declared_kind,
            country: read.declared_country.clone(),
        };
        self.add_document(caller, id, upload).await
    }

    async fn note(
        &self,
        caller: &Caller,
        id: SessionId,
        note: Note,
    ) -> Result<Session, ServiceError> {
        self.find(caller, id)?;
        self.add(id, Event::Noted { note })
    }

    async fn history(&self, caller: &Caller, id: SessionId) -> Result<Vec<Happened>, ServiceError> {
        self.find(caller, id)?;
        let logs = self.logs.lock().unwrap();
        let log = logs.get(&id.0.as_u128()).ok_or(ServiceError::NotFound)?;
        let mut happened = Vec::new();
        for entry in log {
            if let Event::Anonymised { shell } = &entry.event {
                happened.extend(shell.history.iter().map(|moment| {
                    Happened {
                        at: moment.at,
                        event: Event::NAMES
                            .into_iter()
                            .find(|name| *name == moment.event)
                            .unwrap(),
                    }
                }));
            }
            happened.push(Happened {
                at: entry.at,
                event: entry.event.name(),
            });
        }
        Ok(happened)
    }

    async fn shot(
        &self,
        caller: &Caller,
        id: SessionId,
        which: Shot,
    ) -> Result<Option<Bytes>, ServiceError> {
        let state = self.find(caller, id)?.state;
        let has = match which {
            Shot::Front => state.document().is_some(),
            Shot::Back => state.document().is_some_and(|read| read.pictures.len() > 1),
            Shot::Selfie => state.selfie().is_some(),
            Shot::Liveness => state.liveness().is_some(),
        };
        Ok(has.then(|| Bytes::from(format!("{which:?}"))))
    }

    async fn erase(&self, caller: &Caller, id: SessionId) -> Result<(), ServiceError> {
        self.find(caller, id)?;
        self.logs.lock().unwrap().remove(&id.0.as_u128());
        Ok(())
    }

    async fn add_selfie(
        &self,
        caller: &Caller,
        id: SessionId,
        picture: Bytes,
    ) -> Result<Session, ServiceError> {
        self.find(caller, id)?;
        looked_at(&picture)?;
        let state = self.find(caller, id)?.state;
        let identity = state.case().and_then(|case| case.opening.identity);
        let mut selfie = self.selfie.clone();
        if state.case().is_some_and(|case| case.opening.liveness_alone) {
            selfie.document_id = Uuid::nil();
            selfie.face_match = Assessment::NotAssessed(Unassessed::NoPortrait);
        }
        if let Some(identity) = identity {
            selfie.document_id = identity.0;
            let distance = if picture == STRANGER { 0.7 } else { 0.3 };
            selfie.face_match = Assessment::Assessed(FaceMatch::uncalibrated(distance));
        }
        self.add(id, Event::SelfieTaken { selfie })
    }

    async fn draw_challenge(
        &self,
        caller: &Caller,
        id: SessionId,
    ) -> Result<Challenge, ServiceError> {
        self.find(caller, id)?;
        let challenge = Challenge {
            challenge_id: Uuid::new_v4(),
            gestures: self.gestures.clone(),
            schedule: None,
            screen: None,
            issued_at: self.now(),
            expires_at: self.now() + Duration::seconds(30),
        };
        self.add(
            id,
            Event::ChallengeIssued {
                challenge: challenge.clone(),
            },
        )?;
        Ok(challenge)
    }

    async fn add_clip(
        &self,
        caller: &Caller,
        id: SessionId,
        clip: ClipUpload,
    ) -> Result<Session, ServiceError> {
        self.find(caller, id)?;
        clip.files.iter().try_for_each(|file| looked_at(file))?;
        let answer = |challenge_id| Prompted {
            challenge_id,
            answered_at: self.now(),
            met: self.met,
            asked: u32::try_from(self.gestures.len()).unwrap(),
            prompts: vec![],
            again_until_ms: None,
        };
        let active = clip.challenge_id.map(|id| Assessment::Assessed(answer(id)));
        let liveness = LivenessEvidence {
            active: active.unwrap_or_else(|| self.liveness.active.clone()),
            ..self.liveness.clone()
        };
        self.add(
            id,
            Event::LivenessAssessed {
                liveness: Box::new(liveness),
            },
        )
    }

    async fn submit(&self, caller: &Caller, id: SessionId) -> Result<Session, ServiceError> {
        let state = self.find(caller, id)?.state;
        let terms = terms::standing(&self.registry, &caller.tenant, state.document())?;
        terms::note_policy(&self.registry, &caller.tenant, &self.policy).await?;
        // Where there is no evidence to decide on, the step itself says which part is missing, whatever is decided.
        let selfie = state.selfie().unwrap_or(&self.selfie);
        let liveness = state.liveness().unwrap_or(&self.liveness);
        let decision = if Purpose::of(&state) == Purpose::Authentication {
            authenticate(selfie, liveness, &self.policy, &terms)
        } else {
            let document = state.document().unwrap_or(&self.document);
            let evidence = Evidence {
                document,
                selfie,
                liveness,
            };
            decide_by(evidence, &self.policy, &terms, self.now().date())
        };
        self.add(id, Event::Decided { decision })
    }

    async fn anonymise(&self, caller: &Caller, id: SessionId) -> Result<(), ServiceError> {
        let state = self.find(caller, id)?.state;
        let mut logs = self.logs.lock().unwrap();
        let log = logs.get_mut(&id.0.as_u128()).unwrap();
        if !matches!(state, State::Anonymised { .. }) {
            let shell = Box::new(Shell::of(id, log, &state, &self.policy).unwrap());
            *log = vec![Entry::new(self.now(), Event::Anonymised { shell })];
        }
        Ok(())
    }

    async fn cancel(
        &self,
        caller: &Caller,
        id: SessionId,
        by: Closing,
    ) -> Result<Session, ServiceError> {
        self.find(caller, id)?;
        self.add(id, Event::Cancelled { by })
    }

    async fn preview_token(
        &self,
        caller: &Caller,
        id: SessionId,
    ) -> Result<PreviewToken, ServiceError> {
        let session = self.session(caller, id).await?;
        if session.state.is_closed() {
            return Err(Refused::Closed.into());
        }
        Ok(PreviewToken {
            token: "a-token".into(),
            expires_at: NOW + Duration::hours(1),
        })
    }

    async fn health(&self) -> Health {
        self.health.clone()
    }
}
