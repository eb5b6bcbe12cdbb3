//! Letters by SMTP (RFC 5321): with TLS from the first byte, or from STARTTLS on, which is never left out; in clear to this machine
//! alone.

use anyhow::Context;
use kiosk_api::courier::{Letter, Undelivered};
use lettre::address::AddressError;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::WITHIN;
use crate::config::{MailServer, MailTls};
use crate::secrets;

/// Answers that say of an address that nobody is there, or that it is none (RFC 5321, section 4.2.3).
const NOBODY: [u16; 4] = [550, 551, 553, 501];

/// A server that takes mail.
pub(super) struct Mail {
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mail {
    /// Reads what the config names; nothing is sent yet.
    pub(super) fn new(wanted: &MailServer) -> anyhow::Result<Self> {
        let tls = || parameters(wanted).context("its TLS can't be set up");
        let tls = match wanted.tls {
            MailTls::FromTheStart => Tls::Wrapper(tls()?),
            MailTls::StartTls => Tls::Required(tls()?),
            MailTls::InClear => Tls::None,
        };
        let mut server = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&wanted.server)
            .port(wanted.port)
            .tls(tls)
            .timeout(Some(WITHIN));
        if let Some(login) = &wanted.login {
            let password = secrets::text(&login.password).context("password")?;
            server = server.credentials(Credentials::new(login.user.clone(), password));
        }
        Ok(Self {
            server: server.build(),
            from: wanted.from.clone(),
        })
    }

    /// Hands a letter over.
    pub(super) async fn send(&self, letter: &Letter) -> Result<(), Undelivered> {
        let to: Result<Address, AddressError> = letter.to.reveal().parse();
        let to = to.map_err(|_| Undelivered::Address)?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text.reveal().clone())
            .map_err(|_| Undelivered::Address)?;
        match self.server.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => Err(failed(&error)),
        }
    }
}

fn parameters(wanted: &MailServer) -> anyhow::Result<TlsParameters> {
    let mut tls = TlsParameters::builder(wanted.server.clone());
    if let Some(path) = &wanted.ca {
        let pem = std::fs::read(path).with_context(|| path.display().to_string())?;
        let authority = Certificate::from_pem(&pem);
        let authority = authority.with_context(|| format!("{} is not PEM", path.display()))?;
        tls = tls.add_root_certificate(authority);
    }
    Ok(tls.build()?)
}

/// A server's words may repeat the address, so that only its number is told.
fn failed(error: &lettre::transport::smtp::Error) -> Undelivered {
    let answer = error.status().map(u16::from);
    if answer.is_some_and(|answer| NOBODY.contains(&answer)) {
        return Undelivered::Address;
    }
    let why = match () {
        () if error.is_timeout() => "it did not answer in time",
        () if error.is_tls() => "its TLS is not to be trusted or could not be begun",
        () if error.is_permanent() => "it refused",
        () if error.is_transient() => "it refused for now",
        () => "it could not be reached or does not speak SMTP",
    };
    tracing::warn!(?answer, why, "the mail server took no letter");
    Undelivered::Failed
}
