//! Users, invitations, forgotten passwords.

use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::StaffError;
use crate::directory::{Directory, Staff};
use crate::records::{Invitation, Reset, User};
use crate::scope::Role;
use crate::secret::{self, Hash};

/// How long an invitation holds.
const INVITED_FOR: Duration = Duration::days(7);
/// How long the way to a new password holds.
const RESET_FOR: Duration = Duration::minutes(30);
const INVITATION: &str = "kiv";
const RESET: &str = "kpr";

/// An invitation, and the token that its receiver comes in with.
pub struct Invited {
    /// As it stands.
    pub invitation: Invitation,
    /// Told once.
    pub token: Zeroizing<String>,
}

impl Directory {
    /// A user.
    ///
    /// # Errors
    /// [`StaffError::Unknown`].
    pub async fn user(&self, tenant: &str, id: Uuid) -> Result<User, StaffError> {
        let mut tenants = self.held().await;
        let staff = self.staff(&mut tenants, tenant).await?;
        staff.users.known(id).cloned()
    }

    /// All users, oldest first.
    ///
    /// # Errors
    /// What the shelf says.
    pub async fn users(&self, tenant: &str) -> Result<Vec<User>, StaffError> {
        let mut tenants = self.held().await;
        let staff = self.staff(&mut tenants, tenant).await?;
        let mut users: Vec<User> = staff.users.iter().cloned().collect();
        users.sort_by_key(|user| (user.created_at, user.id));
        Ok(users)
    }

    /// Changes a role, or whether somebody may come in.
    ///
    /// # Errors
    /// [`StaffError::Unknown`], [`StaffError::Rule`] for the last administrator, or what the shelf says.
    pub async fn change_user(
        &self,
        tenant: &str,
        id: Uuid,
        role: Option<Role>,
        active: Option<bool>,
    ) -> Result<User, StaffError> {
        let mut tenants = self.held().await;
        let staff = self.staff(&mut tenants, tenant).await?;
        let mut user = staff.users.known(id)?.clone();
        user.role = role.unwrap_or(user.role);
        user.active = active.unwrap_or(user.active);
        let stays = user.role == Role::Admin && user.active;
        stays
            .then_some(())
            .map_or_else(|| keeps_an_administrator(staff, id), Ok)?;
        if !user.active {
            staff
                .logins
                .clear(&*self.shelf, tenant, |login| login.user == id)
                .await?;
        }
        staff.users.put(&*self.shelf, tenant, user.clone()).await?;
        Ok(user)
    }

    /// Removes a user.
    ///
    /// # Errors
    /// As for changing one.
    pub async fn remove_user(&self, tenant: &str, id: Uuid) -> Result<(), StaffError> {
        let mut tenants = self.held().await;
        let staff = self.staff(&mut tenants, tenant).await?;
        staff.users.known(id)?;
        keeps_an_administrator(staff, id)?;
        staff
            .logins
            .clear(&*self.shelf, tenant, |login| login.user == id)
            .await?;
        staff.users.remove(&*self.shelf, tenant, id).await
    }

    /// Asks somebody to work here. Who was asked before is asked anew. Whether they work for another tenant is not told: only who
    /// comes by the token learns it.
    ///
    /// # Errors
    /// [`StaffError::Exists`] for somebody who works here, or what the shelf says.
    pub async fn invite(
        &self,
        (tenant, by): (&str, &str),
        email: &str,
        role: Role,
        now: OffsetDateTime,
    ) -> Result<Invited, StaffError> {
        let email = email.to_lowercase();
        let mut tenants = self.held().await;
        let staff = self.staff(&mut tenants, tenant).await?;
        if staff.by_address(&email).is_some() {
            return Err(StaffError::Exists("a user"));
        }
        let over = |asked: &Invitation| asked.expires_at <= now || asked.email == email;
        staff.invitations.clear(&*self.shelf, tenant, over).await?;
        let id = secret::id(&*self.random)?;
        let token = secret::named(INVITATION, id, &*self.random)?;
        let invitation = Invitation {
            id,
            email,
            role,
            invited_by: by.to_owned(),
            expires_at: now + INVITED_FOR,
            token: Hash::of(&token),
        };
        staff
            .invitations
            .put(&*self.shelf, tenant, invitation.clone())
            .await?;
        Ok(Invited { invitation, token })
    }

    /// The invitations that hold.
    ///
    /// # Errors
    /// What the shelf says.
    pub async fn invitations(
        &self,
        tenant: &str,
        now: OffsetDateTime,
    ) -> Result<Vec<Invitation>, StaffError> {
        let mut tenants = self.held().await;
        let staff = self.staff(&mut tenants, tenant).await?;
        let hold = staff
            .invitations
            .iter()
            .filter(|asked| asked.expires_at > now);
        Ok(hold.cloned().collect())
    }

    /// Takes an invitation back.
    ///
    /// # Errors
    /// [`StaffError::Unknown`], or what the shelf says.
    pub async fn uninvite(&self, tenant: &str, id: Uuid) -> Result<(), StaffError> {
        let mut tenants = self.held().await;
        let staff = self.staff(&mut tenants, tenant).await?;
        staff.invitations.known(id)?;
        staff.invitations.remove(&*self.shelf, tenant, id).await
    }

    /// Comes, by an invitation's token.
    ///
    /// # Errors
    /// [`StaffError::Token`], [`StaffError::Password`], [`StaffError::AddressTaken`], or what the shelf says.
    pub async fn accept(
        &self,
        token: &str,
        (name, password): (&str, &str),
        now: OffsetDateTime,
    ) -> Result<(String, User), StaffError> {
        let id = secret::id_in(INVITATION, token).ok_or(StaffError::Token)?;
        let found = {
            let tenants = self.held().await;
            let mut staffs = tenants.iter();
            staffs.find_map(|(tenant, staff)| {
                Some((tenant.clone(), staff.invitations.get(id)?.clone()))
            })
        };
        let fits = secret::fits(found.as_ref().map(|(_, asked)| &asked.token), token);
        let found = found.filter(|(_, asked)| fits && asked.expires_at > now);
        let (tenant, asked) = found.ok_or(StaffError::Token)?;
        let password = self.passwords.hash(password, &asked.email).await?;
        let mut tenants = self.held().await;
        let mut all = tenants.values();
        // An address tells the tenant at login: it works at one.
        let taken = all.any(|staff| staff.by_address(&asked.email).is_some());
        let staff = self.staff(&mut tenants, &tenant).await?;
        // Somebody may have come by it while the password was hashed.
        staff.invitations.get(id).ok_or(StaffError::Token)?;
        if taken {
            // Nobody may ask again and again by it.
            staff.invitations.remove(&*self.shelf, &tenant, id).await?;
            return Err(StaffError::AddressTaken);
        }
        let user = User {
            id: secret::id(&*self.random)?,
            email: asked.email,
            name: name.to_owned(),
            role: asked.role,
            active: true,
            created_at: now,
            last_login_at: None,
            password,
            one_time: false,
            factor: None,
        };
        staff.users.put(&*self.shelf, &tenant, user.clone()).await?;
        staff.invitations.remove(&*self.shelf, &tenant, id).await?;
        Ok((tenant, user))
    }

    /// The way to a new password, for who has that address; `None` where nobody has, which a caller must not be told.
    ///
    /// # Errors
    /// What the shelf says.
    pub async fn forgot(
        &self,
        email: &str,
        now: OffsetDateTime,
    ) -> Result<Option<Zeroizing<String>>, StaffError> {
        let email = email.to_lowercase();
        let mut tenants = self.held().await;
        let found = tenants.iter_mut().find_map(|(tenant, staff)| {
            let user = staff.by_address(&email).filter(|user| user.active)?.id;
            Some((tenant, staff, user))
        });
        let Some((tenant, staff, user)) = found else {
            return Ok(None);
        };
        let over = |reset: &Reset| reset.expires_at <= now || reset.user == user;
        staff.resets.clear(&*self.shelf, tenant, over).await?;
        let id = secret::id(&*self.random)?;
        let token = secret::named(RESET, id, &*self.random)?;
        let reset = Reset {
            id,
            user,
            expires_at: now + RESET_FOR,
            token: Hash::of(&token),
        };
        staff.resets.put(&*self.shelf, tenant, reset).await?;
        Ok(Some(token))
    }

    /// Chooses a new password by the token that `forgot` gave; every login ends.
    ///
    /// # Errors
    /// [`StaffError::Token`], [`StaffError::Password`], or what the shelf says.
    pub async fn reset(
        &self,
        token: &str,
        password: &str,
        now: OffsetDateTime,
    ) -> Result<(), StaffError> {
        let id = secret::id_in(RESET, token).ok_or(StaffError::Token)?;
        let found = {
            let tenants = self.held().await;
            let mut staffs = tenants.iter();
            staffs.find_map(|(tenant, staff)| Some((tenant.clone(), staff.resets.get(id)?.clone())))
        };
        let fits = secret::fits(found.as_ref().map(|(_, reset)| &reset.token), token);
        let found = found.filter(|(_, reset)| fits && reset.expires_at > now);
        let (tenant, reset) = found.ok_or(StaffError::Token)?;
        let email = self.user(&tenant, reset.user).await?.email;
        let password = self.passwords.hash(password, &email).await?;
        let mut tenants = self.held().await;
        let staff = self.staff(&mut tenants, &tenant).await?;
        staff.resets.get(id).ok_or(StaffError::Token)?;
        staff.resets.remove(&*self.shelf, &tenant, id).await?;
        self.put_password(staff, &tenant, reset.user, password)
            .await
    }

    /// Chooses a new password by the old one; every login ends.
    ///
    /// # Errors
    /// [`StaffError::Credentials`], [`StaffError::Password`], or what the shelf says.
    pub async fn change_password(
        &self,
        tenant: &str,
        id: Uuid,
        old: &str,
        new: &str,
    ) -> Result<(), StaffError> {
        let known = self.user(tenant, id).await?;
        if !self.passwords.fits(old, Some(&known.password)).await? {
            return Err(StaffError::Credentials);
        }
        if old == new {
            return Err(StaffError::Rule(
                "the new password is the old one; choose another",
            ));
        }
        let password = self.passwords.hash(new, &known.email).await?;
        let mut tenants = self.held().await;
        let staff = self.staff(&mut tenants, tenant).await?;
        self.put_password(staff, tenant, id, password).await
    }

    async fn put_password(
        &self,
        staff: &mut Staff,
        tenant: &str,
        id: Uuid,
        password: String,
    ) -> Result<(), StaffError> {
        let mut user = staff.users.known(id)?.clone();
        user.password = password;
        user.one_time = false;
        staff
            .logins
            .clear(&*self.shelf, tenant, |login| login.user == id)
            .await?;
        staff.users.put(&*self.shelf, tenant, user).await
    }
}

/// Somebody else has to be able to do what an administrator does.
fn keeps_an_administrator(staff: &Staff, but: Uuid) -> Result<(), StaffError> {
    let mut others = staff.users.iter().filter(|user| user.id != but);
    let kept = others.any(|user| user.role == Role::Admin && user.active);
    kept.then_some(()).ok_or(StaffError::Rule(
        "the last administrator stays one; make another first",
    ))
}
