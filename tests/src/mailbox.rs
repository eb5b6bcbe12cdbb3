//! A mail server on loopback that keeps what it is handed: enough of SMTP (RFC 5321) for one letter, with TLS, STARTTLS and a
//! login where a test wants them.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// How the server is spoken to.
#[derive(Clone, Default)]
pub enum Speaks {
    /// In clear.
    #[default]
    Clear,
    /// With TLS from the first byte.
    Tls(Arc<ServerConfig>),
    /// In clear until STARTTLS, which it offers.
    StartTls(Arc<ServerConfig>),
}

/// What the server is like.
#[derive(Clone, Default)]
pub struct Manners {
    /// How it is spoken to.
    pub speaks: Speaks,
    /// What it answers RCPT TO in place of 250.
    pub to_recipient: Option<&'static str>,
    /// It takes mail after a login alone, and offers one.
    pub wants_login: bool,
    /// It takes connections and says nothing.
    pub is_silent: bool,
}

/// One session's lines as the server heard them, the letter's among them.
pub type Heard = Vec<String>;

/// A running mail server; it ends with the runtime.
pub struct Mailbox {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Mailbox {
    /// Listens on a free port.
    pub async fn open(manners: Manners) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let heard = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, manners) = (Arc::clone(&kept), manners.clone());
                tokio::spawn(async move {
                    let mut said = Heard::new();
                    // A client that goes away midway is what some tests are about.
                    let _ = serve(stream, &manners, &mut said).await;
                    kept.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(said);
                });
            }
        });
        Ok(Self { address, heard })
    }

    /// Its port on loopback.
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    /// What each session said that is over, oldest first.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The newest letter, once its session is over.
    pub async fn letter(&self) -> anyhow::Result<Heard> {
        for _ in 0..200 {
            if let Some(newest) = self.heard().pop() {
                return Ok(newest);
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        anyhow::bail!("no letter came")
    }

    /// Forgets what it heard.
    pub fn empty(&self) {
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

/// A server's TLS without a client's certificate, as mail servers have it.
pub fn tls(certificate: &Path, key: &Path) -> anyhow::Result<Arc<ServerConfig>> {
    let chain = CertificateDer::pem_file_iter(certificate)?.collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_file(key)?;
    let config = ServerConfig::builder_with_provider(kiosk_pki::provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(Arc::new(config))
}

/// The six digits in a letter or message.
pub fn code_in(text: &str) -> anyhow::Result<String> {
    let words = text.split(|letter: char| !letter.is_ascii_digit());
    let code = words.into_iter().find(|word| word.len() == 6);
    Ok(code.context("no code in it")?.to_owned())
}

async fn serve(stream: TcpStream, manners: &Manners, said: &mut Heard) -> anyhow::Result<()> {
    if manners.is_silent {
        std::future::pending::<()>().await;
    }
    match &manners.speaks {
        Speaks::Clear => {
            greeted(stream, manners, said, false).await?;
        }
        Speaks::Tls(config) => {
            let stream = TlsAcceptor::from(Arc::clone(config)).accept(stream).await?;
            greeted(stream, manners, said, false).await?;
        }
        Speaks::StartTls(config) => {
            let Some(stream) = greeted(stream, manners, said, true).await? else {
                return Ok(());
            };
            let stream = TlsAcceptor::from(Arc::clone(config)).accept(stream).await?;
            speak(&mut BufStream::new(stream), manners, said, false).await?;
        }
    }
    Ok(())
}

async fn greeted<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    manners: &Manners,
    said: &mut Heard,
    offers_tls: bool,
) -> anyhow::Result<Option<S>> {
    let mut stream = BufStream::new(stream);
    answer(&mut stream, "220 mail.test ESMTP").await?;
    let goes_on = speak(&mut stream, manners, said, offers_tls).await?;
    Ok(goes_on.then(|| stream.into_inner()))
}

/// True where TLS is to begin now; false where the session is over.
async fn speak<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufStream<S>,
    manners: &Manners,
    said: &mut Heard,
    offers_tls: bool,
) -> anyhow::Result<bool> {
    let mut is_known = !manners.wants_login;
    while let Some(line) = line(stream).await? {
        said.push(line.clone());
        let verb = line.split([' ', ':']).next().unwrap_or_default();
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" if offers_tls => answer(stream, "250-mail.test\r\n250 STARTTLS").await?,
            "EHLO" if manners.wants_login => {
                answer(stream, "250-mail.test\r\n250 AUTH PLAIN").await?;
            }
            "EHLO" => answer(stream, "250 mail.test").await?,
            "STARTTLS" if offers_tls => {
                answer(stream, "220 go on").await?;
                return Ok(true);
            }
            "AUTH" => {
                is_known = true;
                answer(stream, "235 welcome").await?;
            }
            _ if !is_known => answer(stream, "530 log in first").await?,
            "RCPT" => answer(stream, manners.to_recipient.unwrap_or("250 fine")).await?,
            "DATA" => {
                answer(stream, "354 go on").await?;
                while let Some(line) = self::line(stream).await? {
                    if line == "." {
                        break;
                    }
                    said.push(line);
                }
                answer(stream, "250 taken").await?;
            }
            "QUIT" => {
                answer(stream, "221 bye").await?;
                return Ok(false);
            }
            _ => answer(stream, "250 fine").await?,
        }
    }
    Ok(false)
}

async fn line<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufStream<S>,
) -> anyhow::Result<Option<String>> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await?;
    Ok((read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufStream<S>,
    text: &str,
) -> anyhow::Result<()> {
    stream.write_all(format!("{text}\r\n").as_bytes()).await?;
    Ok(stream.flush().await?)
}
