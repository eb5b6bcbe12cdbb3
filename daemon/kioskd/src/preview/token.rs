//! Who may open a WebSocket: the holder of a session's token, and staff. Tokens are kept as their SHA-256 only and
//! compared in constant time.

use std::collections::HashMap;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, ensure};
use kiosk_api::auth::KeyHash;
use kiosk_api::service::{Caller, ServiceError};
use kiosk_session::SessionId;
use rand::TryRngCore;
use rand::rngs::OsRng;
use time::OffsetDateTime;

/// Random bytes of a session's token.
const TOKEN_BYTES: usize = 32;
/// Sessions that may have a token at a time.
const MOST_TOKENS: usize = 1024;
/// Shortest and longest staff token, in characters.
const STAFF_TOKEN: std::ops::RangeInclusive<usize> = 32..=256;

/// What a token lets its holder see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Granted {
    /// One session, for as long as it is open, as the caller that asked for the token.
    Session(Caller),
    /// Whatever is on.
    Staff,
}

/// The tokens of a kiosk.
pub struct Tokens {
    sessions: Mutex<HashMap<SessionId, Minted>>,
    staff: Option<KeyHash>,
}

struct Minted {
    hash: KeyHash,
    until: OffsetDateTime,
    caller: Caller,
}

impl Tokens {
    /// No session has one yet; without `staff`, no token is staff's.
    pub fn new(staff: Option<KeyHash>) -> Self {
        Self {
            sessions: Mutex::default(),
            staff,
        }
    }

    /// A new token for a session that ends at `until`; one that it had is void.
    pub fn mint(
        &self,
        session: SessionId,
        caller: &Caller,
        (now, until): (OffsetDateTime, OffsetDateTime),
    ) -> Result<String, ServiceError> {
        let mut bytes = [0; TOKEN_BYTES];
        OsRng.try_fill_bytes(&mut bytes).map_err(|error| {
            tracing::error!(%error, "the system gives no random bytes");
            ServiceError::Internal
        })?;
        let token = hex::encode(bytes);
        let mut sessions = self.sessions();
        sessions.retain(|_, minted| minted.until > now);
        if sessions.len() >= MOST_TOKENS && !sessions.contains_key(&session) {
            return Err(ServiceError::Unavailable {
                reason: "too many sessions have a preview token".into(),
            });
        }
        let minted = Minted {
            hash: KeyHash::of(token.as_bytes()),
            until,
            caller: caller.clone(),
        };
        sessions.insert(session, minted);
        Ok(token)
    }

    /// What a token is good for; `session` is none where whatever is on is asked for.
    pub(super) fn granted(
        &self,
        token: &str,
        session: Option<SessionId>,
        now: OffsetDateTime,
    ) -> Option<Granted> {
        let staff = self.staff.is_some_and(|hash| hash.fits(token.as_bytes()));
        if staff {
            return Some(Granted::Staff);
        }
        let sessions = self.sessions();
        let minted = sessions.get(&session?)?;
        let fits = minted.hash.fits(token.as_bytes()) && minted.until > now;
        fits.then(|| Granted::Session(minted.caller.clone()))
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<SessionId, Minted>> {
        // Nothing in it can panic midway.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads the staff's token from a file that only its owner may read.
pub fn staff_token(path: &Path) -> anyhow::Result<KeyHash> {
    let file = std::fs::File::open(path).with_context(|| format!("{}", path.display()))?;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    ensure!(
        mode & 0o077 == 0,
        "{} is open to others (mode {mode:o}): chmod 600 it, and replace the token",
        path.display()
    );
    let mut text = String::new();
    file.take(1024).read_to_string(&mut text)?;
    let token = text.trim();
    ensure!(
        STAFF_TOKEN.contains(&token.len())
            && token.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        "{} holds no staff token: write 32 to 256 random letters and digits, e.g. by `openssl rand -hex 32`",
        path.display()
    );
    Ok(KeyHash::of(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller() -> Caller {
        Caller::new("demo", "test")
    }

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    }

    fn session(number: u128) -> SessionId {
        SessionId(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn a_token_is_good_for_its_session_until_it_ends_and_until_the_next_one() {
        let tokens = Tokens::new(None);
        let token = tokens
            .mint(session(1), &caller(), (at(0), at(100)))
            .unwrap();
        let other = tokens
            .mint(session(2), &caller(), (at(0), at(100)))
            .unwrap();
        assert_eq!(token.len(), 64);
        let granted =
            |token: &str, number, now| tokens.granted(token, Some(session(number)), at(now));
        assert_eq!(granted(&token, 1, 99), Some(Granted::Session(caller())));
        assert_eq!(granted(&token, 1, 100), None, "its session is over");
        assert_eq!(granted(&token, 2, 0), None);
        assert_eq!(granted(&other, 1, 0), None);
        assert_eq!(granted("", 1, 0), None);
        assert_eq!(granted(&token, 3, 0), None, "no such session");
        assert_eq!(tokens.granted(&token, None, at(0)), None);
        tokens
            .mint(session(1), &caller(), (at(0), at(100)))
            .unwrap();
        assert_eq!(granted(&token, 1, 0), None, "a newer one voids it");
    }

    #[test]
    fn tokens_are_bounded_and_those_of_ended_sessions_make_room() {
        let tokens = Tokens::new(None);
        for number in 0..MOST_TOKENS as u128 {
            tokens
                .mint(session(number), &caller(), (at(0), at(100)))
                .unwrap();
        }
        let full = tokens.mint(session(9_999), &caller(), (at(0), at(100)));
        assert!(matches!(full, Err(ServiceError::Unavailable { .. })));
        tokens
            .mint(session(9_999), &caller(), (at(100), at(200)))
            .unwrap();
    }

    #[test]
    fn a_staff_token_comes_from_a_file_of_its_owner_alone_and_is_long() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("staff");
        let written = |text: &str, mode| {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            staff_token(&path).map_err(|error| error.to_string())
        };
        let good = "0123456789abcdef0123456789abcdef";
        let hash = written(&format!("{good}\n"), 0o600).unwrap();
        let tokens = Tokens::new(Some(hash));
        assert_eq!(tokens.granted(good, None, at(0)), Some(Granted::Staff));
        assert_eq!(tokens.granted("no", None, at(0)), None);
        assert!(written(good, 0o640).unwrap_err().contains("chmod 600"));
        assert!(written("short", 0o600).unwrap_err().contains("openssl"));
        assert!(written("", 0o600).is_err());
        let missing = staff_token(&folder.path().join("none"));
        assert!(missing.is_err());
    }
}
