//! Passwords: Argon2id (RFC 9106) with the parameters that OWASP asks for at least, two at a time.
//!
//! The least length is that of NIST SP 800-63B-4, section 3.1.1.2, for a password that may be the only factor; no mixture of
//! characters is asked for, as there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use argon2::password_hash::{PasswordVerifier, phc::PasswordHash};
use kiosk_wire::Random;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::StaffError;
use crate::secret::drawn;

/// Shortest password, in characters: the standard counts code points.
pub(crate) const LEAST: usize = 15;
/// Longest password, in characters.
pub(crate) const MOST: usize = 256;
/// Hashes at once: each takes 19 MiB and some 20 ms of a core.
const AT_ONCE: usize = 2;

/// Hashes and compares, off the runtime's threads.
pub(crate) struct Passwords {
    places: Semaphore,
    random: Arc<dyn Random>,
    /// The hash of a password that nobody has: compared with where an address is unknown, so that this takes as long.
    nobody: String,
    /// Passwords that were hashed or compared.
    worked: AtomicU64,
}

impl Passwords {
    pub(crate) fn new(random: Arc<dyn Random>) -> Result<Self, StaffError> {
        let secret = hex::encode(*drawn::<16>(&*random)?);
        Ok(Self {
            places: Semaphore::new(AT_ONCE),
            nobody: hash(secret.as_bytes(), *drawn::<16>(&*random)?)?,
            random,
            worked: AtomicU64::new(0),
        })
    }

    /// The hash of a password that somebody chose.
    pub(crate) async fn hash(&self, password: &str, email: &str) -> Result<String, StaffError> {
        let length = password.chars().count();
        let fits = (LEAST..=MOST).contains(&length) && !password.eq_ignore_ascii_case(email);
        if !fits {
            return Err(StaffError::Password);
        }
        let password = Zeroizing::new(password.as_bytes().to_vec());
        let salt = *drawn::<16>(&*self.random)?;
        self.aside(move || hash(&password, salt)).await?
    }

    /// Whether a password is that of `stored`; without one it never is, and takes as long.
    pub(crate) async fn fits(
        &self,
        password: &str,
        stored: Option<&str>,
    ) -> Result<bool, StaffError> {
        if password.chars().count() > MOST {
            return Ok(false);
        }
        let known = stored.is_some();
        let stored = stored.unwrap_or(&self.nobody).to_owned();
        let password = Zeroizing::new(password.as_bytes().to_vec());
        let fits = move || {
            let hash = PasswordHash::new(&stored)
                .map_err(|_| StaffError::Fault("reading a password's hash"))?;
            Ok::<bool, StaffError>(Argon2::default().verify_password(&password, &hash).is_ok())
        };
        Ok(self.aside(fits).await?? && known)
    }

    pub(crate) fn worked(&self) -> u64 {
        self.worked.load(Ordering::Relaxed)
    }

    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, StaffError> {
        let _place = self.places.acquire().await;
        self.worked.fetch_add(1, Ordering::Relaxed);
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|_| StaffError::Fault("hashing a password"))
    }
}

fn hash(password: &[u8], salt: [u8; 16]) -> Result<String, StaffError> {
    let hash: Result<PasswordHash, _> = Argon2::default().hash_password_with_salt(password, &salt);
    hash.map(|hash| hash.to_string())
        .map_err(|_| StaffError::Fault("hashing a password"))
}
