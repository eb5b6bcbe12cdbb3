//! A kiosk's log as it would be sent: sealed, numbered, chained.

use kiosk_wire::{
    Batch, CentralPublicKey, Chain, DataKey, ErasedFor, Erasure, KioskId, OsRandom, Record,
    SealedKey, seal_record,
};
use serde_json::{Value, json};
use uuid::Uuid;

/// A kiosk's log with one session.
pub struct Log {
    pub kiosk: KioskId,
    pub session: Uuid,
    pub key: DataKey,
    pub records: Vec<Record>,
    chain: Chain,
}

impl Log {
    pub fn of(kiosk: &str) -> Self {
        Self {
            kiosk: kiosk.parse().unwrap(),
            session: Uuid::new_v4(),
            key: DataKey::generate(&OsRandom).unwrap(),
            records: Vec::new(),
            chain: Chain::default(),
        }
    }

    /// A log with `count` events.
    pub fn with(kiosk: &str, count: usize) -> Self {
        let mut log = Self::of(kiosk);
        for _ in 0..count {
            log.append(&json!({"type": "selfie_taken"}));
        }
        log
    }

    pub fn begin_session(&mut self) {
        self.session = Uuid::new_v4();
        self.key = DataKey::generate(&OsRandom).unwrap();
    }

    pub fn append(&mut self, event: &Value) {
        let entry = json!({"version": 1, "at": "2026-03-01T12:00:00Z", "event": event});
        let entry = serde_json::to_vec(&entry).unwrap();
        let number = self.chain.newest() + 1;
        let sealed = seal_record(
            &self.key,
            &OsRandom,
            &self.kiosk,
            number,
            self.session,
            &entry,
        );
        let record = Record::chain(
            self.kiosk.clone(),
            number,
            self.session,
            self.chain.head(),
            sealed.unwrap(),
        );
        self.chain.accept(&record).unwrap();
        self.records.push(record);
    }

    /// The record that the present session was erased.
    pub fn erase(&mut self, why: ErasedFor) {
        let erasure = Erasure {
            at: time::macros::datetime!(2026-03-02 12:00 UTC),
            why,
        };
        let (number, head) = (self.chain.newest() + 1, self.chain.head());
        let record = Record::erasure(self.kiosk.clone(), number, self.session, head, &erasure);
        self.chain.accept(record.as_ref().unwrap()).unwrap();
        self.records.push(record.unwrap());
    }

    /// The records at these places (from 0), with the key of the present session.
    pub fn batch(&self, places: std::ops::Range<usize>, central: &CentralPublicKey) -> Batch {
        Batch::unsigned(
            self.kiosk.clone(),
            self.records[places].to_vec(),
            vec![self.sealed_key(central)],
        )
    }

    pub fn whole(&self, central: &CentralPublicKey) -> Batch {
        self.batch(0..self.records.len(), central)
    }

    pub fn sealed_key(&self, central: &CentralPublicKey) -> SealedKey {
        SealedKey::seal(central, &OsRandom, &self.kiosk, self.session, &self.key).unwrap()
    }

    pub fn records_path(&self) -> String {
        kiosk_wire::paths::records(&self.kiosk)
    }

    pub fn acknowledged_path(&self) -> String {
        kiosk_wire::paths::acknowledged(&self.kiosk)
    }

    pub fn session_path(&self) -> String {
        kiosk_wire::paths::session(&self.kiosk, self.session)
    }
}
