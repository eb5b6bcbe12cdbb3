//! Tenants' shelves in the store: a side note for each, sealed, written whole.
//!
//! ```text
//!  side note "registry"                  which shelves there are: [[tenant, shelf], ..]
//!  side note "registry SHELF TENANT"     its contents (see `kiosk_api::registry`)
//! ```
//!
//! A shelf is listed before it is first written, so that a wipe finds every one; it is held in memory once it was read. One
//! change at a time, in a task of its own: a caller that goes away meanwhile leaves nothing half done.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use kiosk_api::registry::{Before, Contents, Registry, RegistryError, Shelf};
use kiosk_api::service::ServiceError;
use kiosk_session::Redacted;
use kiosk_store::{Store, StoreError};
use zeroize::Zeroizing;

use super::journal::from_store;

/// The note that lists the shelves.
const LIST: &str = "registry";
/// Shelves of all tenants at most.
const MOST_SHELVES: usize = 1_000;

type Place = (String, Shelf);

/// The registry over a store.
#[derive(Clone)]
pub struct StoredRegistry(Arc<Inner>);

struct Inner {
    store: Store,
    held: Mutex<HashMap<Place, Arc<Contents>>>,
    turn: tokio::sync::Mutex<()>,
}

impl StoredRegistry {
    /// Over that store; nothing is read before it is asked for.
    pub fn new(store: Store) -> Self {
        Self(Arc::new(Inner {
            store,
            held: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }))
    }

    /// Empties every shelf of every tenant; durable when this returns. What does not open is removed, too.
    pub async fn forget_all(&self) -> Result<(), StoreError> {
        let _turn = self.0.turn.lock().await;
        let listed = match self.0.listed() {
            Ok(listed) => listed,
            // What can't be read can't be followed: the list goes, and the shelves that are at hand.
            Err(_) => self.0.held().keys().cloned().collect(),
        };
        for place in &listed {
            self.0.store.remove_note(&note(place)).await?;
        }
        self.0.store.remove_note(LIST).await?;
        self.0.held().clear();
        Ok(())
    }

    /// Changes a shelf, in a task of its own.
    async fn change<T: Send + 'static>(
        &self,
        place: Place,
        change: impl FnOnce(&mut Contents) -> Result<T, RegistryError> + Send + 'static,
    ) -> Result<T, RegistryError> {
        let inner = Arc::clone(&self.0);
        let changed = tokio::spawn(async move {
            let _turn = inner.turn.lock().await;
            let mut contents = Contents::clone(&*inner.contents(&place)?);
            let told = change(&mut contents)?;
            inner.write(place, contents).await?;
            Ok(told)
        });
        changed.await.map_err(|_| RegistryError::Unavailable)?
    }
}

impl Inner {
    fn held(&self) -> MutexGuard<'_, HashMap<Place, Arc<Contents>>> {
        // Each change under the lock is one insertion: a poisoned map is whole.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn contents(&self, place: &Place) -> Result<Arc<Contents>, RegistryError> {
        if let Some(held) = self.held().get(place) {
            return Ok(Arc::clone(held));
        }
        let note = self.store.note(&note(place));
        let contents = match note.map_err(|error| unavailable(&error))? {
            None => Contents::default(),
            Some(bytes) => Contents::from_bytes(&bytes).ok_or_else(|| {
                tracing::error!(
                    shelf = place.1.name(),
                    "what a tenant keeps is not of this program's form; it is left as it is"
                );
                RegistryError::Unavailable
            })?,
        };
        // Who reads while another writes may hold what was before: the writer's own insertion comes after it.
        let contents = Arc::new(contents);
        let mut held = self.held();
        let stands = held.entry(place.clone()).or_insert(contents);
        Ok(Arc::clone(stands))
    }

    async fn write(&self, place: Place, contents: Contents) -> Result<(), RegistryError> {
        let mut listed = self.listed()?;
        if listed.insert(place.clone()) {
            if listed.len() > MOST_SHELVES {
                return Err(RegistryError::Full { most: MOST_SHELVES });
            }
            let bytes = serde_json::to_vec(&listed).map_err(|_| RegistryError::Unavailable)?;
            let written = self.store.put_note(LIST, &bytes).await;
            written.map_err(|error| unavailable(&error))?;
        }
        let bytes = Zeroizing::new(contents.to_bytes().ok_or(RegistryError::Unavailable)?);
        let written = self.store.put_note(&note(&place), &bytes).await;
        written.map_err(|error| unavailable(&error))?;
        self.held().insert(place, Arc::new(contents));
        Ok(())
    }

    fn listed(&self) -> Result<BTreeSet<Place>, RegistryError> {
        let note = self.store.note(LIST).map_err(|error| unavailable(&error))?;
        let Some(bytes) = note else {
            return Ok(BTreeSet::new());
        };
        serde_json::from_slice(&bytes).map_err(|_| {
            tracing::error!("the list of what tenants keep is not of this program's form");
            RegistryError::Unavailable
        })
    }
}

fn note((tenant, shelf): &Place) -> String {
    format!("{LIST} {} {tenant}", shelf.name())
}

fn unavailable(error: &StoreError) -> RegistryError {
    match from_store(error) {
        ServiceError::NoRoom(room) => RegistryError::NoRoom(room),
        _ => RegistryError::Unavailable,
    }
}

#[async_trait]
impl Registry for StoredRegistry {
    fn get(
        &self,
        tenant: &str,
        shelf: Shelf,
        name: &str,
    ) -> Result<Option<Redacted<String>>, RegistryError> {
        let contents = self.0.contents(&(tenant.to_owned(), shelf))?;
        Ok(contents.get(name).cloned())
    }

    fn all(
        &self,
        tenant: &str,
        shelf: Shelf,
    ) -> Result<Vec<(String, Redacted<String>)>, RegistryError> {
        let contents = self.0.contents(&(tenant.to_owned(), shelf))?;
        let entries = contents.iter();
        Ok(entries
            .map(|(name, text)| (name.clone(), text.clone()))
            .collect())
    }

    async fn put(
        &self,
        tenant: &str,
        shelf: Shelf,
        (name, text): (&str, Redacted<String>),
        before: Before,
    ) -> Result<(), RegistryError> {
        let name = name.to_owned();
        self.change((tenant.to_owned(), shelf), move |contents| {
            contents.put(shelf, (&name, text), &before)
        })
        .await
    }

    async fn remove(&self, tenant: &str, shelf: Shelf, name: &str) -> Result<bool, RegistryError> {
        if self.get(tenant, shelf, name)?.is_none() {
            return Ok(false);
        }
        let name = name.to_owned();
        self.change((tenant.to_owned(), shelf), move |contents| {
            Ok(contents.remove(&name))
        })
        .await
    }
}
