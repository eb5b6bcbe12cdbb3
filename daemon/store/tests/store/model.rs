//! Random appends, acknowledgements, evidence, erasures, reopenings and crashes against a model in memory.

use std::collections::BTreeSet;

use kiosk_store::{EvidenceId, Store, StoreError};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{Place, copy, session};

#[derive(Debug, Clone)]
enum Step {
    Append { session: u128, events: Vec<Vec<u8>> },
    Acknowledge { part: u8 },
    Evidence { session: u128, bytes: Vec<u8> },
    Deliver { place: prop::sample::Index },
    Erase { session: u128 },
    Reopen,
    Crash,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let session = 1..5u128;
    let bytes = || proptest::collection::vec(any::<u8>(), 0..300);
    let step = prop_oneof![
        8 => (session.clone(), proptest::collection::vec(bytes(), 1..4))
            .prop_map(|(session, events)| Step::Append { session, events }),
        2 => any::<u8>().prop_map(|part| Step::Acknowledge { part }),
        3 => (session.clone(), bytes()).prop_map(|(session, bytes)| Step::Evidence { session, bytes }),
        2 => any::<prop::sample::Index>().prop_map(|place| Step::Deliver { place }),
        1 => session.prop_map(|session| Step::Erase { session }),
        1 => Just(Step::Reopen),
        2 => Just(Step::Crash),
    ];
    proptest::collection::vec(step, 1..30)
}

/// What the store has to hold.
#[derive(Debug, Default)]
struct Model {
    log: Vec<(Uuid, Vec<u8>)>,
    acknowledged: u64,
    evidence: Vec<(EvidenceId, Uuid, Vec<u8>)>,
    delivered: BTreeSet<EvidenceId>,
    erased: BTreeSet<Uuid>,
}

impl Model {
    fn events(&self, wanted: Uuid) -> Vec<(u64, Vec<u8>)> {
        let numbered = (1..).zip(&self.log);
        numbered
            .filter(|(_, (session, _))| *session == wanted)
            .map(|(number, (_, event))| (number, event.clone()))
            .collect()
    }

    fn sessions(&self) -> Vec<Uuid> {
        let all: BTreeSet<Uuid> = self.log.iter().map(|(session, _)| *session).collect();
        all.difference(&self.erased).copied().collect()
    }

    fn waiting(&self) -> Vec<EvidenceId> {
        let ids = self.evidence.iter().map(|(id, ..)| id.clone());
        ids.filter(|id| !self.delivered.contains(id)).collect()
    }
}

struct Run {
    place: Place,
    store: Store,
    model: Model,
}

impl Run {
    async fn step(mut self, step: Step) -> Self {
        match step {
            Step::Append {
                session: number,
                events,
            } => self.append(session(number), events).await,
            Step::Acknowledge { part } => {
                let upto = self.model.log.len() as u64 * u64::from(part) / 255;
                let now = self.store.acknowledge(upto).await.unwrap();
                self.model.acknowledged = self.model.acknowledged.max(upto);
                assert_eq!(now, self.model.acknowledged);
            }
            Step::Evidence {
                session: number,
                bytes,
            } => {
                self.evidence(session(number), bytes).await;
            }
            Step::Deliver { place } if !self.model.evidence.is_empty() => {
                let id = place.get(&self.model.evidence).0.clone();
                self.store.acknowledge_evidence(&id).await.unwrap();
                self.model.delivered.insert(id);
            }
            Step::Deliver { .. } => {}
            Step::Erase { session: number } => {
                let gone = session(number);
                self.store.erase(gone).await.unwrap();
                self.model.erased.insert(gone);
                self.model
                    .evidence
                    .retain(|(_, session, _)| *session != gone);
            }
            Step::Reopen => {
                self.store.close().await.unwrap();
                self.store = self.place.open_whole();
            }
            Step::Crash => {
                let after = Place::new();
                copy(&self.place.path(), &after.path());
                self = Self {
                    store: after.open_whole(),
                    place: after,
                    model: self.model,
                };
            }
        }
        self
    }

    async fn append(&mut self, session: Uuid, events: Vec<Vec<u8>>) {
        let told = self.store.append_all(session, events.clone()).await;
        match self.model.erased.contains(&session) {
            true => assert!(matches!(told, Err(StoreError::Erased { .. }))),
            false => {
                self.model
                    .log
                    .extend(events.into_iter().map(|event| (session, event)));
                assert_eq!(told.unwrap(), self.model.log.len() as u64);
            }
        }
    }

    async fn evidence(&mut self, session: Uuid, bytes: Vec<u8>) {
        let told = self.store.put_evidence(session, &bytes).await;
        match self.model.erased.contains(&session) {
            true => assert!(matches!(told, Err(StoreError::Erased { .. }))),
            false => self.model.evidence.push((told.unwrap(), session, bytes)),
        }
    }

    async fn compare(&self) {
        let (store, model) = (&self.store, &self.model);
        let newest = model.log.len() as u64;
        assert_eq!(
            (store.newest(), store.acknowledged()),
            (newest, model.acknowledged)
        );
        assert_eq!(store.verify_chain().unwrap(), newest);
        assert_eq!(store.sessions().unwrap(), model.sessions());
        for session in (1..5).map(session) {
            let told = store.events(session);
            match model.erased.contains(&session) {
                true => assert!(matches!(told, Err(StoreError::Erased { .. })), "{told:?}"),
                false => assert_eq!(told.unwrap(), model.events(session)),
            }
        }
        let numbers: Vec<u64> = store
            .outbox(1000)
            .await
            .unwrap()
            .iter()
            .map(|record| record.number)
            .collect();
        assert_eq!(
            numbers,
            (model.acknowledged + 1..=newest).collect::<Vec<_>>()
        );
        let waiting: Vec<_> = store
            .evidence_outbox(1000)
            .await
            .unwrap()
            .into_iter()
            .map(|piece| piece.id)
            .collect();
        assert_eq!(waiting, model.waiting());
        for (id, session, bytes) in &model.evidence {
            assert_eq!(&store.get_evidence(*session, id).unwrap(), bytes);
        }
    }
}

async fn run(steps: Vec<Step>) {
    let place = Place::new();
    let mut run = Run {
        store: place.open_whole(),
        place,
        model: Model::default(),
    };
    for step in steps {
        run = run.step(step).await;
        run.compare().await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|c| c.parse().ok()).unwrap_or(48),
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_store_does_what_the_model_does(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(run(steps));
    }
}
