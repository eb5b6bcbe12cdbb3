//! Logging in, a pair of tokens for a pair, logging out, the second factor.

use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::StaffError;
use crate::access::LIFETIME;
use crate::directory::{Directory, Staff};
use crate::mfa::Enrolment;
use crate::records::{Factor, Family, User};
use crate::refresh::Refresh;
use crate::secret::{self, Hash};

/// How long a login lasts without a refresh.
const IDLE: Duration = Duration::days(7);
/// How long it lasts at most.
const LONGEST: Duration = Duration::days(30);
/// Logins of one person at once; the oldest goes for one more.
const LOGINS: usize = 10;

/// What somebody shows to come in.
pub struct Login<'a> {
    /// The address.
    pub email: &'a str,
    /// The password.
    pub password: &'a str,
    /// The authenticator's code, where one is asked for.
    pub mfa_code: Option<&'a str>,
}

/// Two tokens.
pub struct Pair {
    /// For every call.
    pub access: String,
    /// For the next pair, once.
    pub refresh: Zeroizing<String>,
    /// Seconds that the first holds.
    pub expires_in: i64,
}

/// Somebody who came in.
pub struct LoggedIn {
    /// The tokens.
    pub pair: Pair,
    /// Who.
    pub user: User,
    /// Of which tenant.
    pub tenant: String,
}

impl Directory {
    /// Lets somebody in.
    ///
    /// # Errors
    /// [`StaffError::Credentials`], [`StaffError::CodeMissing`], [`StaffError::CodeWrong`], or what the shelf says.
    pub async fn login(
        &self,
        login: Login<'_>,
        now: OffsetDateTime,
    ) -> Result<LoggedIn, StaffError> {
        let email = login.email.to_lowercase();
        let found = {
            let tenants = self.held().await;
            let mut staffs = tenants.iter();
            staffs.find_map(|(tenant, staff)| {
                Some((tenant.clone(), staff.by_address(&email)?.clone()))
            })
        };
        let stored = found.as_ref().map(|(_, user)| user.password.as_str());
        let fits = self.passwords.fits(login.password, stored).await?;
        let (tenant, known) = found
            .filter(|(_, user)| fits && user.active)
            .ok_or(StaffError::Credentials)?;
        let mut tenants = self.held().await;
        let staff = self.staff(&mut tenants, &tenant).await?;
        // As it stands now: somebody may have changed it meanwhile.
        let user = staff
            .users
            .get(known.id)
            .filter(|user| user.active && user.password == known.password);
        let mut user = user.ok_or(StaffError::Credentials)?.clone();
        if let Some(factor) = user.factor.as_mut().filter(|factor| factor.enabled) {
            factor.take(login.mfa_code.ok_or(StaffError::CodeMissing)?, now)?;
        }
        user.last_login_at = Some(now);
        staff.users.put(&*self.shelf, &tenant, user.clone()).await?;
        let pair = self.begin(staff, &tenant, user.id, now).await?;
        Ok(LoggedIn { pair, user, tenant })
    }

    async fn begin(
        &self,
        staff: &mut Staff,
        tenant: &str,
        user: Uuid,
        now: OffsetDateTime,
    ) -> Result<Pair, StaffError> {
        staff
            .logins
            .clear(&*self.shelf, tenant, |login| login.expires_at <= now)
            .await?;
        let mut of_user: Vec<&Family> = staff
            .logins
            .iter()
            .filter(|login| login.user == user)
            .collect();
        of_user.sort_by_key(|login| login.began);
        let oldest = (of_user.len() >= LOGINS).then(|| of_user[0].id);
        if let Some(oldest) = oldest {
            staff.logins.remove(&*self.shelf, tenant, oldest).await?;
        }
        let family = Family {
            id: secret::id(&*self.random)?,
            user,
            refresh: Hash::of(""),
            began: now,
            expires_at: now,
        };
        self.next(staff, tenant, family, now).await
    }

    /// A family's next pair.
    async fn next(
        &self,
        staff: &mut Staff,
        tenant: &str,
        mut family: Family,
        now: OffsetDateTime,
    ) -> Result<Pair, StaffError> {
        let refresh = self.refresh.drawn(family.id, &*self.random)?;
        family.refresh = Hash::of(&refresh);
        family.expires_at = (now + IDLE).min(family.began + LONGEST);
        let access = self.tokens.sign(family.user, tenant, family.id, now)?;
        staff.logins.put(&*self.shelf, tenant, family).await?;
        Ok(Pair {
            access,
            refresh,
            expires_in: LIFETIME.whole_seconds(),
        })
    }

    /// A new pair for a refresh token. One that was used ends its login: somebody else has it. One that was never given out ends
    /// nothing.
    ///
    /// # Errors
    /// [`StaffError::Token`], [`StaffError::Reused`], or what the shelf says.
    pub async fn refresh(&self, token: &str, now: OffsetDateTime) -> Result<Pair, StaffError> {
        let id = Refresh::login(token).ok_or(StaffError::Token)?;
        let mut tenants = self.held().await;
        let found = tenants
            .iter_mut()
            .find(|(_, staff)| staff.logins.get(id).is_some());
        let kept = found.as_ref().and_then(|(_, staff)| staff.logins.get(id));
        let fits = secret::fits(kept.map(|family| &family.refresh), token);
        let was_ours = self.refresh.is_marked(id, token);
        let found = found.filter(|_| fits || was_ours);
        let (tenant, staff) = found.ok_or(StaffError::Token)?;
        let family = staff.logins.known(id)?.clone();
        if !fits {
            staff.logins.remove(&*self.shelf, tenant, id).await?;
            return Err(StaffError::Reused);
        }
        let comes_in = staff.users.get(family.user).is_some_and(|user| user.active);
        if family.expires_at <= now || !comes_in {
            staff.logins.remove(&*self.shelf, tenant, id).await?;
            return Err(StaffError::Token);
        }
        self.next(staff, tenant, family, now).await
    }

    /// Ends a login with all its tokens.
    ///
    /// # Errors
    /// What the shelf says.
    pub async fn logout(&self, tenant: &str, login: Uuid) -> Result<(), StaffError> {
        let mut tenants = self.held().await;
        let staff = self.staff(&mut tenants, tenant).await?;
        staff.logins.remove(&*self.shelf, tenant, login).await
    }

    /// Draws a second factor, which holds once a code of it was shown.
    ///
    /// # Errors
    /// [`StaffError::Exists`] where one is enabled, or what the shelf says.
    pub async fn draw_factor(&self, tenant: &str, user: Uuid) -> Result<Enrolment, StaffError> {
        let mut tenants = self.held().await;
        let staff = self.staff(&mut tenants, tenant).await?;
        let mut user = staff.users.known(user)?.clone();
        if user.has_second_factor() {
            return Err(StaffError::Exists("a second factor"));
        }
        let factor = Factor::new(secret::drawn::<20>(&*self.random)?.as_slice());
        let told = factor.enrolment(&user.email)?;
        user.factor = Some(factor);
        staff.users.put(&*self.shelf, tenant, user).await?;
        Ok(told)
    }

    /// Turns a drawn factor on, by its first code.
    ///
    /// # Errors
    /// [`StaffError::Rule`] where none was drawn, [`StaffError::CodeWrong`], or what the shelf says.
    pub async fn enable_factor(
        &self,
        tenant: &str,
        user: Uuid,
        code: &str,
        now: OffsetDateTime,
    ) -> Result<(), StaffError> {
        let mut tenants = self.held().await;
        let staff = self.staff(&mut tenants, tenant).await?;
        let mut user = staff.users.known(user)?.clone();
        let factor = user.factor.as_mut().filter(|factor| !factor.enabled);
        let factor = factor.ok_or(StaffError::Rule(
            "draw a second factor first: POST auth/mfa/setup",
        ))?;
        factor.take(code, now)?;
        factor.enabled = true;
        staff.users.put(&*self.shelf, tenant, user).await
    }

    /// Turns a factor off, by the password and a code.
    ///
    /// # Errors
    /// [`StaffError::Credentials`], [`StaffError::CodeWrong`], [`StaffError::Rule`], or what the shelf says.
    pub async fn disable_factor(
        &self,
        tenant: &str,
        user: Uuid,
        (password, code): (&str, &str),
        now: OffsetDateTime,
    ) -> Result<(), StaffError> {
        let known = self.user(tenant, user).await?;
        if !self.passwords.fits(password, Some(&known.password)).await? {
            return Err(StaffError::Credentials);
        }
        let mut tenants = self.held().await;
        let staff = self.staff(&mut tenants, tenant).await?;
        let mut user = staff.users.known(user)?.clone();
        let factor = user.factor.as_mut().filter(|factor| factor.enabled);
        factor
            .ok_or(StaffError::Rule("no second factor is enabled"))?
            .take(code, now)?;
        user.factor = None;
        staff.users.put(&*self.shelf, tenant, user).await
    }
}
