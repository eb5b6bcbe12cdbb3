//! What belongs to a tenant and to no session: subscriptions, versions of weights, requirements, staff, keys made at run time.
//!
//! ```text
//! tenant ─► shelf ─► entries by name, each a text (JSON of whoever keeps it)
//! ```
//!
//! A shelf is bounded in entries and bytes, and a full one takes no more: nothing gives way by itself. A change is durable
//! when its call returns. Texts may be secrets or personal, so that they are sealed where they lie and print nothing.
//! [`Contents`] has the rules that every implementation keeps.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kiosk_session::Redacted;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::service::{NoRoom, ServiceError};

/// Longest name of an entry, in bytes.
pub const LONGEST_NAME: usize = 128;
/// Longest text of an entry, in bytes.
pub const LONGEST_TEXT: usize = 64 * 1024;
/// Most bytes of a shelf's texts and names together: each change writes the shelf anew.
pub const MOST_BYTES: usize = 4 * 1024 * 1024;
/// The version of [`Contents`] that this code writes.
const VERSION: u8 = 1;

/// What a tenant keeps, each kind on a shelf of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shelf {
    /// Where to tell of what happens.
    Webhooks,
    /// What those tellings are signed with.
    WebhookSecrets,
    /// Versions of weights; none is ever changed.
    Weights,
    /// What has to be read of a document, by its type and by where it is read.
    Requirements,
    /// People with passwords and roles.
    Staff,
    /// Who is asked to work here.
    StaffInvitations,
    /// Ways to a new password.
    StaffResets,
    /// Who is logged in.
    StaffLogins,
    /// What their tokens are signed with.
    StaffSigning,
    /// Keys that were made at run time.
    ApiKeys,
}

impl Shelf {
    /// Its name where it lies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Webhooks => "webhooks",
            Self::WebhookSecrets => "webhook_secrets",
            Self::Weights => "weights",
            Self::Requirements => "requirements",
            Self::Staff => "staff",
            Self::StaffInvitations => "staff_invitations",
            Self::StaffResets => "staff_resets",
            Self::StaffLogins => "staff_logins",
            Self::StaffSigning => "staff_signing",
            Self::ApiKeys => "api_keys",
        }
    }

    /// Most entries.
    pub const fn most(self) -> usize {
        match self {
            Self::Webhooks | Self::WebhookSecrets => 100,
            Self::StaffSigning => 1,
            Self::Weights
            | Self::Requirements
            | Self::Staff
            | Self::StaffInvitations
            | Self::StaffResets
            | Self::StaffLogins
            | Self::ApiKeys => 1_000,
        }
    }
}

/// What an entry has to be before it is put, so that of two changes at once one is told that it came second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Before {
    /// Anything, or not there.
    Whatever,
    /// Not there.
    Absent,
    /// This.
    Is(Redacted<String>),
}

/// Why a registry did not do as asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RegistryError {
    /// The name can't be an entry's.
    #[error("an entry's name has 1 to {LONGEST_NAME} bytes")]
    Name,
    /// The text is too long.
    #[error("an entry has at most {LONGEST_TEXT} bytes; send less")]
    TooLong,
    /// The shelf has no room for another.
    #[error("this tenant keeps as many of these as it may ({most}); remove some first")]
    Full {
        /// Most entries of that shelf.
        most: usize,
    },
    /// The entry is not what the caller took it for.
    #[error("it was changed meanwhile; read it again and repeat the change")]
    ChangedMeanwhile,
    /// The kiosk has no room.
    #[error(transparent)]
    NoRoom(#[from] NoRoom),
    /// What is kept can't be read or written; the log names it.
    #[error("what this tenant keeps can't be read or written now; the kiosk's log names why")]
    Unavailable,
}

impl From<RegistryError> for ServiceError {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::NoRoom(room) => room.into(),
            other => Self::Unavailable {
                reason: other.to_string(),
            },
        }
    }
}

/// Tenants' shelves.
#[async_trait]
pub trait Registry: Send + Sync {
    /// One entry's text; `None` where there is none of that name.
    fn get(
        &self,
        tenant: &str,
        shelf: Shelf,
        name: &str,
    ) -> Result<Option<Redacted<String>>, RegistryError>;
    /// Every entry by its name, in the names' order.
    fn all(
        &self,
        tenant: &str,
        shelf: Shelf,
    ) -> Result<Vec<(String, Redacted<String>)>, RegistryError>;
    /// Puts an entry where it is `before`; durable when this returns.
    async fn put(
        &self,
        tenant: &str,
        shelf: Shelf,
        entry: (&str, Redacted<String>),
        before: Before,
    ) -> Result<(), RegistryError>;
    /// Removes an entry; durable when this returns. Gives whether it was there.
    async fn remove(&self, tenant: &str, shelf: Shelf, name: &str) -> Result<bool, RegistryError>;
}

/// A shelf's entries within their bounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contents {
    version: u8,
    entries: BTreeMap<String, Redacted<String>>,
}

impl Default for Contents {
    fn default() -> Self {
        Self {
            version: VERSION,
            entries: BTreeMap::new(),
        }
    }
}

impl Contents {
    /// Reads what [`Contents::to_bytes`] wrote; `None` for anything else, a newer version's too.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let read: Self = serde_json::from_slice(bytes).ok()?;
        (read.version == VERSION).then_some(read)
    }

    /// Its bytes; `None` where they could not be written.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(self).ok()
    }

    /// One entry's text.
    pub fn get(&self, name: &str) -> Option<&Redacted<String>> {
        self.entries.get(name)
    }

    /// Every entry, in the names' order.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Redacted<String>)> {
        self.entries.iter()
    }

    /// Puts an entry, where it is `before` and there is room.
    ///
    /// # Errors
    ///
    /// Every one of [`RegistryError`] that is about the entry itself; then nothing has changed.
    pub fn put(
        &mut self,
        shelf: Shelf,
        (name, text): (&str, Redacted<String>),
        before: &Before,
    ) -> Result<(), RegistryError> {
        if !(1..=LONGEST_NAME).contains(&name.len()) {
            return Err(RegistryError::Name);
        }
        let length = text.reveal().len();
        if length > LONGEST_TEXT {
            return Err(RegistryError::TooLong);
        }
        let stands = self.entries.get(name);
        let as_thought = match before {
            Before::Whatever => true,
            Before::Absent => stands.is_none(),
            Before::Is(thought) => stands == Some(thought),
        };
        if !as_thought {
            return Err(RegistryError::ChangedMeanwhile);
        }
        let others = self.entries.iter().filter(|(other, _)| *other != name);
        let (count, bytes) = others.fold((0, 0), |(count, bytes), (name, text)| {
            (count + 1, bytes + name.len() + text.reveal().len())
        });
        let most = shelf.most();
        if count + 1 > most || bytes + name.len() + length > MOST_BYTES {
            return Err(RegistryError::Full { most });
        }
        self.entries.insert(name.to_owned(), text);
        Ok(())
    }

    /// Removes an entry; gives whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        self.entries.remove(name).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Redacted<String> {
        Redacted::new(text.into())
    }

    #[test]
    fn what_is_put_is_there_by_its_name_also_after_it_was_bytes() {
        let mut shelf = Contents::default();
        for name in ["b", "a"] {
            shelf
                .put(Shelf::Webhooks, (name, text(name)), &Before::Absent)
                .unwrap();
        }
        let read = Contents::from_bytes(&shelf.to_bytes().unwrap()).unwrap();
        assert_eq!(read, shelf);
        let names: Vec<&String> = read.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(read.get("b"), Some(&text("b")));
        assert!(shelf.remove("a") && !shelf.remove("a"));
        assert_eq!(
            Contents::from_bytes(b"{\"version\":2,\"entries\":{}}"),
            None
        );
    }

    #[test]
    fn of_two_changes_the_second_is_told_that_it_came_second() {
        let mut shelf = Contents::default();
        let mut put =
            |new: &str, before: Before| shelf.put(Shelf::Staff, ("one", text(new)), &before);
        put("first", Before::Absent).unwrap();
        assert_eq!(
            put("second", Before::Absent),
            Err(RegistryError::ChangedMeanwhile)
        );
        put("second", Before::Is(text("first"))).unwrap();
        assert_eq!(
            put("third", Before::Is(text("first"))),
            Err(RegistryError::ChangedMeanwhile)
        );
        put("third", Before::Whatever).unwrap();
        assert_eq!(shelf.get("one"), Some(&text("third")));
    }

    #[test]
    fn a_full_shelf_takes_no_more_and_loses_nothing() {
        let mut shelf = Contents::default();
        let most = Shelf::Webhooks.most();
        for count in 0..most {
            shelf
                .put(
                    Shelf::Webhooks,
                    (&count.to_string(), text("x")),
                    &Before::Absent,
                )
                .unwrap();
        }
        assert_eq!(
            shelf.put(Shelf::Webhooks, ("more", text("x")), &Before::Absent),
            Err(RegistryError::Full { most })
        );
        shelf
            .put(Shelf::Webhooks, ("7", text("y")), &Before::Whatever)
            .unwrap();
        assert_eq!(shelf.iter().count(), most);
    }

    #[test]
    fn names_texts_and_a_shelf_as_a_whole_are_bounded() {
        let mut shelf = Contents::default();
        let mut put = |name: &str, length: usize| {
            shelf.put(
                Shelf::Staff,
                (name, text(&"x".repeat(length))),
                &Before::Whatever,
            )
        };
        assert_eq!(put("", 1), Err(RegistryError::Name));
        assert_eq!(put(&"n".repeat(129), 1), Err(RegistryError::Name));
        assert_eq!(put("long", LONGEST_TEXT + 1), Err(RegistryError::TooLong));
        let full = (0..70).map(|count| put(&count.to_string(), LONGEST_TEXT));
        assert_eq!(full.filter(Result::is_err).count(), 7);
    }

    #[test]
    fn entries_print_nothing_of_themselves() {
        let mut shelf = Contents::default();
        shelf
            .put(Shelf::ApiKeys, ("key", text("hunter2")), &Before::Absent)
            .unwrap();
        assert!(!format!("{shelf:?}").contains("hunter2"));
    }
}
