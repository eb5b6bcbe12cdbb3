//! What sync has to be told: whom to talk to, as whom, and within which bounds.

use std::time::Duration;

use kiosk_pki::TlsFiles;
use kiosk_wire::{CentralPublicKey, KioskId, TenantId, limits};

use crate::backoff::BackoffConfig;
use crate::command::CentralsWord;
use crate::error::SyncError;

/// Everything that sync is told at its start.
///
/// There is no way to say "without TLS" or "without a certificate": neither can be configured.
#[derive(Debug, Clone)]
pub struct SyncConfig {
    /// Which kiosk this is, as in its certificate and its store.
    pub kiosk: KioskId,
    /// The tenant that this kiosk belongs to: the second part of its MQTT topics.
    pub tenant: TenantId,
    /// The central API.
    pub central: Endpoint,
    /// Central's public key (HPKE), to which session keys are sealed.
    pub central_key: CentralPublicKey,
    /// The MQTT broker; without one there are no live events, and records travel all the same.
    pub broker: Option<Endpoint>,
    /// What carries records. Evidence goes by HTTPS alone.
    pub records_by: RecordsBy,
    /// The kiosk's certificate, its key and the authority that it trusts, as PEM files. They are read
    /// anew at each connection, so that a renewed certificate is used without a restart.
    pub identity: TlsFiles,
    /// Commands and the time from central; without it, neither is taken and no certificate renewed.
    pub word: Option<CentralsWord>,
    /// Sizes and times.
    pub limits: Limits,
    /// How long to wait after a failure.
    pub backoff: BackoffConfig,
}

/// What carries records to central. Whichever does: central's durable acknowledgement alone lets the outbox forget.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RecordsBy {
    /// HTTPS alone.
    #[default]
    Https,
    /// MQTT alone; needs a broker.
    Mqtt,
    /// HTTPS; and MQTT as long as central cannot be reached by HTTPS and the broker can.
    Either,
}

/// A TLS server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// A DNS name or an IP address, as it stands in the server's certificate.
    pub host: String,
    /// Its TCP port.
    pub port: u16,
}

/// Bounds on what is sent at once and on how long anything may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Records in one batch.
    pub batch_records: usize,
    /// Sealed bytes in one batch; a larger single record still goes, alone.
    pub batch_bytes: usize,
    /// Time to reach a peer, name resolution and TLS included.
    pub connect: Duration,
    /// Time for one exchange to be answered, sending included.
    pub exchange: Duration,
    /// With nothing to send, central is asked this often whether it is there.
    pub idle_check: Duration,
    /// MQTT's keep-alive (5 s at least; rumqttc takes no shorter one).
    pub keep_alive: Duration,
    /// How long the broker keeps the kiosk's MQTT session after it has gone.
    pub session_expiry: Duration,
    /// Live events that wait while the broker is away; the newest win.
    pub live_queue: usize,
    /// Central is asked for commands this often; the broker brings them sooner.
    pub command_poll: Duration,
    /// Most bytes sent to central a second, on average; `None` for as many as the line takes.
    pub bytes_a_second: Option<u32>,
    /// Time for an orderly stop.
    pub stop: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            batch_records: limits::BATCH_RECORDS,
            batch_bytes: limits::BATCH_SEALED_BYTES,
            connect: Duration::from_secs(10),
            exchange: Duration::from_secs(30),
            idle_check: Duration::from_secs(60),
            keep_alive: Duration::from_secs(20),
            session_expiry: Duration::from_secs(3600),
            live_queue: 256,
            command_poll: Duration::from_secs(60),
            bytes_a_second: None,
            stop: Duration::from_secs(5),
        }
    }
}

impl Endpoint {
    /// Reads `https://host[:port]`; the port is 443 where none is given.
    ///
    /// # Errors
    ///
    /// [`SyncError::NotHttps`] for another scheme, a path, or no host.
    pub fn from_https_url(url: &str) -> Result<Self, SyncError> {
        let wrong = || SyncError::NotHttps(url.to_owned());
        let parsed: hyper::Uri = url.parse().map_err(|_| wrong())?;
        let bare = parsed
            .path_and_query()
            .is_none_or(|path| path.as_str() == "/");
        match (parsed.scheme_str(), parsed.host()) {
            (Some("https"), Some(host)) if bare && !host.is_empty() => {
                let host = host
                    .trim_start_matches('[')
                    .trim_end_matches(']')
                    .to_owned();
                Ok(Self {
                    host,
                    port: parsed.port_u16().unwrap_or(443),
                })
            }
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_https_url_is_a_host_and_a_port() {
        let read = |url| Endpoint::from_https_url(url).map(|to| (to.host, to.port));

        assert_eq!(
            read("https://central.example"),
            Ok(("central.example".to_owned(), 443))
        );
        assert_eq!(
            read("https://127.0.0.1:8443/"),
            Ok(("127.0.0.1".to_owned(), 8443))
        );
        assert_eq!(read("https://[::1]:8443"), Ok(("::1".to_owned(), 8443)));
    }

    #[test]
    fn no_url_leads_to_plain_http() {
        for url in [
            "http://central.example",
            "central.example:80",
            "https://",
            "https://a/b",
            "",
        ] {
            assert!(Endpoint::from_https_url(url).is_err(), "{url:?}");
        }
    }
}
