//! The record that says that a session was erased: the one kind whose content is not sealed.
//!
//! ```text
//!  version 2, session: the one that was erased
//!  content: {"at": "2026-01-02T03:04:05Z", "why": "asked"}
//! ```
//!
//! The session's key is gone, so nothing can be sealed with it any more, and central has to understand the
//! record without any key. Nothing in it is personal: number and session stand open in every record.
//! A central that does not know version 2 refuses it, so that no erasure is acknowledged that was not
//! carried out.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::record::ERASURE_VERSION;
use crate::{KioskId, Record, WireError};

/// Longest content of such a record, in bytes.
const LONGEST: usize = 256;

/// When a session was erased, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// When, by the kiosk's clock.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// For what.
    pub why: ErasedFor,
}

/// Why a kiosk erased a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErasedFor {
    /// The person, or the partner for the person, asked for it: nobody is to hold it any more.
    Asked,
    /// Central ordered that the kiosk hold nothing any more.
    Wiped,
    /// The kiosk's own time for it was over before central held all of it.
    Overdue,
}

impl ErasedFor {
    /// Whether central erases what it holds, too. A wiped kiosk may have been stolen, and a kiosk's short
    /// memory is not central's: both say only that nothing more comes.
    pub const fn everywhere(self) -> bool {
        matches!(self, Self::Asked)
    }

    /// As it stands in the record.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Wiped => "wiped",
            Self::Overdue => "overdue",
        }
    }
}

impl Record {
    /// The record that `session` was erased, following the one with hash `previous`.
    ///
    /// # Errors
    ///
    /// [`WireError::NotAnErasure`] for a time beyond the year 9999.
    pub fn erasure(
        kiosk: KioskId,
        number: u64,
        session: Uuid,
        previous: [u8; 32],
        erasure: &Erasure,
    ) -> Result<Self, WireError> {
        let content = serde_json::to_vec(erasure);
        let content = content.map_err(|_| WireError::NotAnErasure { number })?;
        let at = (kiosk, number, session);
        Ok(Self::of_version(ERASURE_VERSION, at, previous, content))
    }

    /// The erasure that this record tells of; `None` for a record of any other kind.
    ///
    /// # Errors
    ///
    /// [`WireError::NotAnErasure`] where it is of that kind and can't be understood.
    pub fn as_erasure(&self) -> Result<Option<Erasure>, WireError> {
        if self.version != ERASURE_VERSION {
            return Ok(None);
        }
        let told = match self.sealed.len() <= LONGEST {
            true => serde_json::from_slice(&self.sealed).ok(),
            false => None,
        };
        told.map(Some).ok_or(WireError::NotAnErasure {
            number: self.number,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Batch, Chain, ChainFault, FIRST_PREVIOUS, HeldRecord};

    fn kiosk() -> KioskId {
        "k-1".parse().unwrap()
    }

    fn told() -> Erasure {
        Erasure {
            at: time::macros::datetime!(2026-01-02 03:04:05 UTC),
            why: ErasedFor::Asked,
        }
    }

    fn erasure() -> Record {
        let session = Uuid::from_u128(7);
        Record::erasure(kiosk(), 1, session, FIRST_PREVIOUS, &told()).unwrap()
    }

    /// A record of that kind with any content, chained as it should be.
    fn saying(content: &str) -> Record {
        let at = (kiosk(), 1, Uuid::from_u128(7));
        Record::of_version(ERASURE_VERSION, at, FIRST_PREVIOUS, content.into())
    }

    #[test]
    fn an_erasure_is_read_as_it_was_told_and_holds_nothing_else() {
        let record = erasure();
        assert_eq!(record.as_erasure(), Ok(Some(told())));
        let content = r#"{"at":"2026-01-02T03:04:05Z","why":"asked"}"#;
        assert_eq!(record.sealed, content.as_bytes());
        let json = serde_json::to_vec(&record).unwrap();
        assert_eq!(serde_json::from_slice::<Record>(&json).unwrap(), record);
        Chain::default().accept(&record).unwrap();
    }

    #[test]
    fn a_record_of_one_kind_is_none_of_the_other() {
        let event = Record::chain(kiosk(), 1, Uuid::from_u128(7), FIRST_PREVIOUS, vec![1; 50]);
        assert_eq!(event.as_erasure(), Ok(None));
        for mut record in [event, erasure()] {
            record.version = 3 - record.version;
            let verified = record.verify(&FIRST_PREVIOUS);
            assert_eq!(verified, Err(ChainFault::Hash { number: 1 }));
        }
        let mut later = erasure();
        later.version = 3;
        let fault = ChainFault::Version {
            number: 1,
            version: 3,
        };
        assert_eq!(later.verify(&FIRST_PREVIOUS), Err(fault));
    }

    #[test]
    fn what_a_later_kiosk_would_say_is_refused_and_never_taken_for_less() {
        for content in [
            r#"{"at":"2026-01-02T03:04:05Z","why":"another"}"#,
            r#"{"at":"2026-01-02T03:04:05Z","why":"asked","scope":"half"}"#,
            r#"{"why":"asked"}"#,
            "",
            &format!(
                r#"{{"at":"2026-01-02T03:04:05Z",{}"why":"asked"}}"#,
                " ".repeat(300)
            ),
        ] {
            let record = saying(content);
            assert_eq!(record.verify(&FIRST_PREVIOUS), Ok(()));
            let batch = Batch::unsigned(kiosk(), vec![record], vec![]);
            let refused = Err(WireError::NotAnErasure { number: 1 });
            assert_eq!(batch.check(), refused, "{content}");
        }
    }

    #[test]
    fn a_stub_stands_in_its_records_place_and_no_other() {
        let event = Record::chain(kiosk(), 1, Uuid::from_u128(7), FIRST_PREVIOUS, vec![1; 50]);
        let stub = crate::RecordStub {
            version: 1,
            kiosk: kiosk(),
            number: 1,
            session: event.session,
            previous: event.previous,
            digest: sha2::Digest::finalize(sha2::Digest::chain_update(
                <sha2::Sha256 as sha2::Digest>::new(),
                &event.sealed,
            ))
            .into(),
            hash: event.hash,
        };
        let held = HeldRecord::Stub(stub.clone());
        let json = serde_json::to_value(&held).unwrap();
        assert!(json.get("sealed").is_none());
        assert_eq!(serde_json::from_value::<HeldRecord>(json).unwrap(), held);
        let whole = HeldRecord::Whole(event);
        let json = serde_json::to_value(&whole).unwrap();
        assert_eq!(serde_json::from_value::<HeldRecord>(json).unwrap(), whole);
        Chain::default().accept_held(&held).unwrap();
        let mut other = stub;
        other.digest[0] ^= 1;
        let fault = Err(ChainFault::Hash { number: 1 });
        assert_eq!(HeldRecord::Stub(other).verify(&FIRST_PREVIOUS), fault);
    }
}
