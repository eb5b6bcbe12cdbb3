//! Everybody who works with this kiosk's API, tenant by tenant.
//!
//! ```text
//! directory.rs   opening it, the first administrator, who a token or key stands for
//! session.rs     logging in, a pair for a pair, logging out, the second factor
//! people.rs      users, invitations, forgotten passwords
//! key.rs         API keys
//! ```
//!
//! One change at a time: each is on the shelf before it stands here.

use std::collections::BTreeMap;
use std::sync::Arc;

use kiosk_wire::Random;
use time::OffsetDateTime;
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::StaffError;
use crate::access::Tokens;
use crate::password::Passwords;
use crate::principal::{Principal, Who};
use crate::records::{Family, Invitation, Key, Reset, User};
use crate::refresh::Refresh;
use crate::scope::Role;
use crate::secret;
use crate::shelf::Shelf;
use crate::table::Table;

/// Where the key lies that access tokens are signed with.
const SIGNING: &str = "staff-signing";
/// The tenant of what belongs to none.
const NOBODY: &str = "";

/// Everybody of one tenant.
pub(crate) struct Staff {
    pub(crate) users: Table<User>,
    pub(crate) invitations: Table<Invitation>,
    pub(crate) resets: Table<Reset>,
    pub(crate) logins: Table<Family>,
    pub(crate) keys: Table<Key>,
}

impl Staff {
    async fn read(shelf: &dyn Shelf, tenant: &str) -> Result<Self, StaffError> {
        Ok(Self {
            users: Table::read(shelf, tenant).await?,
            invitations: Table::read(shelf, tenant).await?,
            resets: Table::read(shelf, tenant).await?,
            logins: Table::read(shelf, tenant).await?,
            keys: Table::read(shelf, tenant).await?,
        })
    }

    /// Who logs in with an address.
    pub(crate) fn by_address(&self, email: &str) -> Option<&User> {
        self.users.iter().find(|user| user.email == email)
    }
}

/// Everybody.
pub struct Directory {
    pub(crate) shelf: Arc<dyn Shelf>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) passwords: Passwords,
    pub(crate) tokens: Tokens,
    pub(crate) refresh: Refresh,
    tenants: Mutex<BTreeMap<String, Staff>>,
}

/// A tenant's first administrator, whose password is told once.
pub struct FirstAdmin {
    /// The address to log in with.
    pub email: String,
    /// A password that serves for choosing another.
    pub password: Zeroizing<String>,
}

impl Directory {
    /// Reads what the shelf holds.
    ///
    /// # Errors
    /// Where it can't be read, or no secret can be drawn.
    pub async fn open(shelf: Arc<dyn Shelf>, random: Arc<dyn Random>) -> Result<Self, StaffError> {
        let mut tenants = BTreeMap::new();
        for tenant in shelf.tenants() {
            let staff = Staff::read(&*shelf, &tenant).await?;
            tenants.insert(tenant, staff);
        }
        let signing = signing(&*shelf, &*random).await?;
        Ok(Self {
            passwords: Passwords::new(Arc::clone(&random))?,
            tokens: Tokens::new(&signing),
            refresh: Refresh::new(&signing)?,
            tenants: Mutex::new(tenants),
            shelf,
            random,
        })
    }

    /// Makes a tenant's first administrator where it has no user at all.
    ///
    /// # Errors
    /// [`StaffError::AddressTaken`], or where it can't be kept.
    pub async fn first_admin(
        &self,
        tenant: &str,
        email: &str,
        now: OffsetDateTime,
    ) -> Result<Option<FirstAdmin>, StaffError> {
        let mut tenants = self.held().await;
        let staff = self.staff(&mut tenants, tenant).await?;
        if staff.users.iter().next().is_some() {
            return Ok(None);
        }
        let email = email.to_lowercase();
        let mut all = tenants.values();
        if all.any(|staff| staff.by_address(&email).is_some()) {
            return Err(StaffError::AddressTaken);
        }
        let staff = self.staff(&mut tenants, tenant).await?;
        let password = Zeroizing::new(hex::encode(*secret::drawn::<12>(&*self.random)?));
        let user = User {
            id: secret::id(&*self.random)?,
            name: "Administrator".to_owned(),
            role: Role::Admin,
            active: true,
            created_at: now,
            last_login_at: None,
            password: self.passwords.hash(&password, &email).await?,
            one_time: true,
            factor: None,
            email: email.clone(),
        };
        staff.users.put(&*self.shelf, tenant, user).await?;
        Ok(Some(FirstAdmin { email, password }))
    }

    /// Who an access token stands for. It ends with its login, and with the right of its user to come in.
    ///
    /// # Errors
    /// [`StaffError::Token`], or [`StaffError::PasswordIsOneTime`] where another password has to be chosen first.
    pub async fn bearer(&self, token: &str, now: OffsetDateTime) -> Result<Principal, StaffError> {
        let principal = self.bearer_of_any_password(token, now).await?;
        let tenants = self.held().await;
        let Who::User { id, .. } = principal.who else {
            return Err(StaffError::Token);
        };
        let user = tenants
            .get(&principal.tenant)
            .and_then(|staff| staff.users.get(id));
        match user.is_some_and(User::has_one_time_password) {
            true => Err(StaffError::PasswordIsOneTime),
            false => Ok(principal),
        }
    }

    /// The same, whatever password it came of: for choosing another and for going.
    ///
    /// # Errors
    /// [`StaffError::Token`].
    pub async fn bearer_of_any_password(
        &self,
        token: &str,
        now: OffsetDateTime,
    ) -> Result<Principal, StaffError> {
        let claims = self.tokens.read(token, now)?;
        let tenants = self.held().await;
        let staff = tenants.get(&claims.tenant).ok_or(StaffError::Token)?;
        let login = staff
            .logins
            .get(claims.sid)
            .filter(|login| login.user == claims.sub);
        let user = staff.users.get(claims.sub).filter(|user| user.active);
        let (_, user) = login.zip(user).ok_or(StaffError::Token)?;
        Ok(Principal {
            tenant: claims.tenant.clone(),
            name: user.id.to_string(),
            scopes: user.role.scopes(),
            who: Who::User {
                id: user.id,
                login: claims.sid,
            },
        })
    }

    /// How often a password was hashed or compared: the work that a try to come in costs, whoever it is of.
    pub fn passwords_worked(&self) -> u64 {
        self.passwords.worked()
    }

    pub(crate) async fn held(&self) -> MutexGuard<'_, BTreeMap<String, Staff>> {
        self.tenants.lock().await
    }

    /// A tenant's people; it has none before the first.
    pub(crate) async fn staff<'a>(
        &self,
        tenants: &'a mut BTreeMap<String, Staff>,
        tenant: &str,
    ) -> Result<&'a mut Staff, StaffError> {
        if !tenants.contains_key(tenant) {
            let staff = Staff::read(&*self.shelf, tenant).await?;
            tenants.insert(tenant.to_owned(), staff);
        }
        tenants
            .get_mut(tenant)
            .ok_or(StaffError::Fault("finding a tenant"))
    }
}

/// The key that tokens are signed with: drawn once, so that they outlive a restart.
async fn signing(
    shelf: &dyn Shelf,
    random: &dyn Random,
) -> Result<Zeroizing<[u8; 32]>, StaffError> {
    let kept = shelf.all(NOBODY, SIGNING).await?;
    if let Some((_, bytes)) = kept.first() {
        let bytes: [u8; 32] = bytes
            .as_slice()
            .try_into()
            .map_err(|_| StaffError::Fault("reading the tokens' key"))?;
        return Ok(Zeroizing::new(bytes));
    }
    let drawn = secret::drawn::<32>(random)?;
    let bytes = Zeroizing::new(drawn.to_vec());
    shelf.put(NOBODY, SIGNING, Uuid::nil(), bytes).await?;
    Ok(drawn)
}
