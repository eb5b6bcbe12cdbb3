//! API keys: what machines come with.

use time::OffsetDateTime;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::StaffError;
use crate::directory::Directory;
use crate::principal::{Principal, Who};
use crate::records::Key;
use crate::scope::Scope;
use crate::secret::{self, Hash};

/// What a key begins with, so that scanners for leaked secrets know it.
const KEY: &str = "kky";

/// What is asked of a new key.
pub struct NewKey<'a> {
    /// How it is called.
    pub name: &'a str,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Until when it holds.
    pub expires_at: Option<OffsetDateTime>,
}

impl Directory {
    /// Makes a key, which is told once.
    ///
    /// # Errors
    /// [`StaffError::Exists`] where one of that name holds, [`StaffError::Rule`] for more than its maker may, or what the
    /// shelf says.
    pub async fn make_key(
        &self,
        by: &Principal,
        new: NewKey<'_>,
        now: OffsetDateTime,
    ) -> Result<(Key, Zeroizing<String>), StaffError> {
        if new.scopes.iter().any(|scope| !by.may(*scope)) {
            return Err(StaffError::Rule(
                "a key may have no scope that its maker lacks",
            ));
        }
        let mut tenants = self.held().await;
        let staff = self.staff(&mut tenants, &by.tenant).await?;
        let holds = |key: &Key| key.name == new.name && key.revoked_at.is_none();
        if staff.keys.iter().any(holds) {
            return Err(StaffError::Exists("an API key of that name"));
        }
        let id = secret::id(&*self.random)?;
        let told = secret::named(KEY, id, &*self.random)?;
        let key = Key {
            id,
            name: new.name.to_owned(),
            scopes: new.scopes,
            created_by: by.name.clone(),
            created_at: now,
            expires_at: new.expires_at,
            revoked_at: None,
            secret: Hash::of(&told),
        };
        staff
            .keys
            .put(&*self.shelf, &by.tenant, key.clone())
            .await?;
        Ok((key, told))
    }

    /// All keys of a tenant, ended ones too, oldest first.
    ///
    /// # Errors
    /// What the shelf says.
    pub async fn keys(&self, tenant: &str) -> Result<Vec<Key>, StaffError> {
        let mut tenants = self.held().await;
        let staff = self.staff(&mut tenants, tenant).await?;
        let mut keys: Vec<Key> = staff.keys.iter().cloned().collect();
        keys.sort_by_key(|key| (key.created_at, key.id));
        Ok(keys)
    }

    /// Ends a key; ending it again changes nothing.
    ///
    /// # Errors
    /// [`StaffError::Unknown`], or what the shelf says.
    pub async fn revoke_key(
        &self,
        tenant: &str,
        id: Uuid,
        now: OffsetDateTime,
    ) -> Result<Key, StaffError> {
        let mut tenants = self.held().await;
        let staff = self.staff(&mut tenants, tenant).await?;
        let mut key = staff.keys.known(id)?.clone();
        if key.revoked_at.is_none() {
            key.revoked_at = Some(now);
            staff.keys.put(&*self.shelf, tenant, key.clone()).await?;
        }
        Ok(key)
    }

    /// Who a key stands for.
    ///
    /// # Errors
    /// [`StaffError::Token`].
    pub async fn machine(
        &self,
        presented: &str,
        now: OffsetDateTime,
    ) -> Result<Principal, StaffError> {
        let id = secret::id_in(KEY, presented).ok_or(StaffError::Token)?;
        let tenants = self.held().await;
        let mut staffs = tenants.iter();
        let found = staffs.find_map(|(tenant, staff)| Some((tenant, staff.keys.get(id)?)));
        let fits = secret::fits(found.map(|(_, key)| &key.secret), presented);
        let (tenant, key) = found.filter(|_| fits).ok_or(StaffError::Token)?;
        let holds = key.revoked_at.is_none() && key.expires_at.is_none_or(|until| until > now);
        holds.then_some(()).ok_or(StaffError::Token)?;
        Ok(Principal {
            tenant: tenant.clone(),
            name: key.name.clone(),
            scopes: key.scopes.clone(),
            who: Who::Machine,
        })
    }
}
