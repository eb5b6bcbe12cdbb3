//! What carries one-time codes to people. The service behind it knows servers and passwords; a dialect hands over a letter.

use std::sync::Arc;

use async_trait::async_trait;
use kiosk_session::Redacted;
use thiserror::Error;

/// A way to reach a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// E-mail.
    Email,
    /// A text message to a telephone.
    Sms,
}

impl Channel {
    /// Every channel with its name in requests and answers.
    pub const NAMED: [(&'static str, Self); 2] = [("email", Self::Email), ("sms", Self::Sms)];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
        }
    }
}

/// What is to be carried. Nothing of it may reach a log: it names a person and holds a secret.
#[derive(Debug, Clone)]
pub struct Letter {
    /// By which way.
    pub channel: Channel,
    /// An e-mail address, or a telephone number as ITU-T E.164 writes it, `+` first.
    pub to: Redacted<String>,
    /// What it is about; a text message has none.
    pub subject: &'static str,
    /// What it says.
    pub text: Redacted<String>,
}

/// Why a letter was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Undelivered {
    /// The address is none, or the server says for good that nobody is there.
    #[error("the address was refused")]
    Address,
    /// The server could not be reached, refused us, or did not answer in time. The log says which.
    #[error("the message could not be handed over")]
    Failed,
}

/// Carries letters.
#[async_trait]
pub trait Courier: Send + Sync + 'static {
    /// Whether it goes that way at all.
    fn goes_by(&self, channel: Channel) -> bool;
    /// Hands a letter to the server behind its channel; done once that server has taken it.
    async fn carry(&self, letter: Letter) -> Result<(), Undelivered>;
}

/// One-time codes, where the kiosk's config has a way to send them.
#[derive(Clone)]
pub struct Codes {
    /// What carries them.
    pub courier: Arc<dyn Courier>,
    /// Whether nothing is captured of an applicant before a code came back.
    pub required: bool,
}
