//! Tenants' shelves in memory, by the rules of all others.

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use kiosk_api::registry::{Before, Contents, Registry, RegistryError, Shelf};
use kiosk_session::Redacted;

/// The shelves by tenant and kind.
#[derive(Default)]
pub struct Shelves(Mutex<HashMap<(String, Shelf), Contents>>);

impl Shelves {
    fn with<T>(&self, tenant: &str, shelf: Shelf, act: impl FnOnce(&mut Contents) -> T) -> T {
        let mut shelves = self.0.lock().unwrap();
        act(shelves.entry((tenant.to_owned(), shelf)).or_default())
    }
}

#[async_trait]
impl Registry for Shelves {
    fn get(
        &self,
        tenant: &str,
        shelf: Shelf,
        name: &str,
    ) -> Result<Option<Redacted<String>>, RegistryError> {
        Ok(self.with(tenant, shelf, |contents| contents.get(name).cloned()))
    }

    fn all(
        &self,
        tenant: &str,
        shelf: Shelf,
    ) -> Result<Vec<(String, Redacted<String>)>, RegistryError> {
        Ok(self.with(tenant, shelf, |contents| {
            let entries = contents.iter();
            entries
                .map(|(name, text)| (name.clone(), text.clone()))
                .collect()
        }))
    }

    async fn put(
        &self,
        tenant: &str,
        shelf: Shelf,
        entry: (&str, Redacted<String>),
        before: Before,
    ) -> Result<(), RegistryError> {
        self.with(tenant, shelf, |contents| {
            contents.put(shelf, entry, &before)
        })
    }

    async fn remove(&self, tenant: &str, shelf: Shelf, name: &str) -> Result<bool, RegistryError> {
        Ok(self.with(tenant, shelf, |contents| contents.remove(name)))
    }
}
