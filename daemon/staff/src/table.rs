//! Records of one kind of one tenant: in memory to be read, on the shelf before a change is answered.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::StaffError;
use crate::shelf::{Shelf, ShelfError};

/// Something that is kept.
pub(crate) trait Record: Clone + Serialize + DeserializeOwned {
    /// How its kind is called on the shelf.
    const KIND: &'static str;
    /// How it is called to people.
    const NAME: &'static str;
    /// How many of it a tenant has at most.
    const MOST: usize;
    /// Its id.
    fn id(&self) -> Uuid;
}

pub(crate) struct Table<R>(BTreeMap<Uuid, R>);

impl<R: Record> Table<R> {
    pub(crate) async fn read(shelf: &dyn Shelf, tenant: &str) -> Result<Self, StaffError> {
        let mut table = BTreeMap::new();
        for (id, bytes) in shelf.all(tenant, R::KIND).await? {
            let record: R = serde_json::from_slice(&bytes)
                .map_err(|_| ShelfError(format!("a {} can't be read", R::NAME)))?;
            table.insert(id, record);
        }
        Ok(Self(table))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &R> {
        self.0.values()
    }

    pub(crate) fn get(&self, id: Uuid) -> Option<&R> {
        self.0.get(&id)
    }

    pub(crate) fn known(&self, id: Uuid) -> Result<&R, StaffError> {
        self.get(id).ok_or(StaffError::Unknown(R::NAME))
    }

    /// Keeps a record, new or over its former self.
    pub(crate) async fn put(
        &mut self,
        shelf: &dyn Shelf,
        tenant: &str,
        record: R,
    ) -> Result<(), StaffError> {
        let id = record.id();
        if self.0.len() >= R::MOST && !self.0.contains_key(&id) {
            return Err(StaffError::Full(R::NAME));
        }
        let bytes =
            serde_json::to_vec(&record).map_err(|_| StaffError::Fault("writing a record"))?;
        shelf
            .put(tenant, R::KIND, id, Zeroizing::new(bytes))
            .await?;
        self.0.insert(id, record);
        Ok(())
    }

    pub(crate) async fn remove(
        &mut self,
        shelf: &dyn Shelf,
        tenant: &str,
        id: Uuid,
    ) -> Result<(), StaffError> {
        shelf.remove(tenant, R::KIND, id).await?;
        self.0.remove(&id);
        Ok(())
    }

    /// Removes all that `gone` says of.
    pub(crate) async fn clear(
        &mut self,
        shelf: &dyn Shelf,
        tenant: &str,
        gone: impl Fn(&R) -> bool,
    ) -> Result<(), StaffError> {
        let over: Vec<Uuid> = self
            .iter()
            .filter(|record| gone(record))
            .map(Record::id)
            .collect();
        for id in over {
            self.remove(shelf, tenant, id).await?;
        }
        Ok(())
    }
}
