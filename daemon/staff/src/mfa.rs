//! The second factor: codes of an authenticator by time (RFC 6238: SHA-1, 6 digits, 30 s, as authenticators know them).

use time::OffsetDateTime;
use totp_rs::{Builder, Secret, Totp};

use crate::StaffError;
use crate::records::Factor;

/// Who the codes are for, as an authenticator shows it.
const ISSUER: &str = "kioskd";

/// What an authenticator needs, told once.
pub struct Enrolment {
    /// The secret in base 32.
    pub secret: String,
    /// The same as an address, for a picture code.
    pub otpauth_url: String,
}

fn totp(factor: &Factor, email: &str) -> Result<Totp, StaffError> {
    // A colon would part issuer and account in the address.
    let account = email.replace(':', "_");
    Builder::new()
        .with_secret(Secret::from(factor.secret.as_slice()))
        .with_issuer(Some(ISSUER))
        .with_account_name(account)
        .build()
        .map_err(|_| StaffError::Fault("reading a second factor"))
}

impl Factor {
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self {
            secret: secret.to_vec(),
            enabled: false,
            last_step: 0,
        }
    }

    pub(crate) fn enrolment(&self, email: &str) -> Result<Enrolment, StaffError> {
        let otpauth_url = totp(self, email)?.to_url();
        Ok(Enrolment {
            secret: Secret::from(self.secret.as_slice()).to_base32(),
            otpauth_url: otpauth_url.map_err(|_| StaffError::Fault("writing a second factor"))?,
        })
    }

    /// Takes a code, each once: the current one, or one next to it for clocks that differ.
    pub(crate) fn take(&mut self, code: &str, now: OffsetDateTime) -> Result<(), StaffError> {
        let at = u64::try_from(now.unix_timestamp()).map_err(|_| StaffError::CodeWrong)?;
        let step = totp(self, "")?
            .check(code, at)
            .ok_or(StaffError::CodeWrong)?;
        if step <= self.last_step {
            return Err(StaffError::CodeWrong);
        }
        self.last_step = step;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;

    // RFC 6238, appendix B: the secret, 59 s after the epoch, 94287082 of eight digits.
    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn the_rfcs_own_code_is_taken_once() {
        let mut factor = Factor::new(SECRET);
        let at = OffsetDateTime::UNIX_EPOCH + Duration::seconds(59);
        assert!(matches!(
            factor.take("287083", at),
            Err(StaffError::CodeWrong)
        ));
        factor.take("287082", at).unwrap();
        assert!(matches!(
            factor.take("287082", at),
            Err(StaffError::CodeWrong)
        ));
        let later = at + Duration::seconds(120);
        assert!(matches!(
            factor.take("287082", later),
            Err(StaffError::CodeWrong)
        ));
    }

    #[test]
    fn an_authenticator_is_told_what_it_needs() {
        let told = Factor::new(SECRET).enrolment("anna@bank.example").unwrap();
        assert_eq!(told.secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(
            told.otpauth_url.starts_with("otpauth://totp/kioskd:anna"),
            "{}",
            told.otpauth_url
        );
    }
}
