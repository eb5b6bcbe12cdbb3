//! Why sync waits: one typed reason, read from whatever TLS, HTTP, MQTT or the store said.
//!
//! A reason names the party that has to do something about it. It carries no address, no name of a
//! person and no text from the peer, so it may be shown and logged.

use std::error::Error;
use std::fmt;
use std::io::ErrorKind;

use kiosk_store::StoreError;
use rustls::{AlertDescription, CertificateError};

/// Which side of the conversation a reason speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// The central API, by HTTPS.
    Central,
    /// The MQTT broker.
    Broker,
}

/// Why a transport is not carrying anything at the moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Why {
    /// The first connection has not been made yet.
    #[error("not connected yet")]
    NotConnectedYet,
    /// Sync was told to stop.
    #[error("stopped")]
    Stopped,
    /// Central cannot be reached, or went away: network, address or central itself.
    #[error("central cannot be reached ({0}); check the network and central.host")]
    CentralUnreachable(Unreachable),
    /// The broker cannot be reached, or went away.
    #[error("the broker cannot be reached ({0}); check the network and broker.host")]
    BrokerUnreachable(Unreachable),
    /// The kiosk's own certificate, key or authority file cannot be used.
    #[error("the kiosk's own certificate files cannot be used ({0}); install them again")]
    OwnCertificateUnusable(String),
    /// The kiosk's own certificate has run out. Nothing was sent.
    #[error("the kiosk's own certificate has expired; install a new one")]
    OwnCertificateExpired,
    /// The kiosk's own certificate is not valid yet. Nothing was sent.
    #[error("the kiosk's own certificate is not valid yet; check the kiosk's clock")]
    OwnCertificateNotYetValid,
    /// The peer refuses the kiosk's certificate (its alert or status is given).
    #[error(
        "the {0} refuses the kiosk's certificate ({1}); let it be signed by the peer's authority"
    )]
    CertificateRefused(Peer, String),
    /// The peer's certificate comes from an authority that the kiosk does not know. Nothing was
    /// sent.
    #[error("the {0}'s certificate is of a foreign authority; check whom the kiosk talks to")]
    ForeignAuthority(Peer),
    /// The peer's certificate has run out, or is not valid yet. Nothing was sent.
    #[error("the {0}'s certificate is not valid at this time; renew it, or check the clock")]
    PeerCertificateExpired(Peer),
    /// The peer's certificate is for another name or is otherwise unfit. Nothing was sent.
    #[error("the {0}'s certificate does not fit ({1}); check whom the kiosk talks to")]
    PeerCertificateUnfit(Peer, String),
    /// No common TLS 1.3 with the peer.
    #[error("no TLS 1.3 with the {0} ({1}); check that it is a TLS 1.3 server")]
    NoCommonTls(Peer, String),
    /// Central answered with an error status.
    #[error("central answered {0}; see central's log")]
    CentralError(u16),
    /// Central answered something that is not its protocol.
    #[error("central's answer was not understood ({0}); do the versions fit?")]
    CentralUnintelligible(&'static str),
    /// Central lacks records that this kiosk no longer holds.
    #[error(
        "central holds records up to {central}, the kiosk only those above {kiosk}: records are missing"
    )]
    Gap {
        /// Central's highest durable number.
        central: u64,
        /// The number up to which the kiosk has let records go.
        kiosk: u64,
    },
    /// Central holds records of this kiosk that the kiosk itself does not: its store was replaced.
    #[error(
        "central holds records up to {central}, the kiosk has written only {kiosk}: its store was replaced or went back; \
         enrol the kiosk under a new id with an empty store"
    )]
    CentralAhead {
        /// Central's highest durable number.
        central: u64,
        /// The newest number of this kiosk's store.
        kiosk: u64,
    },
    /// Central's record of this number is another than the kiosk's: its store was replaced or went back to
    /// an earlier state, and was written on. Nothing is sent and nothing let go.
    #[error(
        "central holds another record {number} of this kiosk: its store was replaced or went back; \
         keep the store for `kioskctl store export`, and enrol the kiosk under a new id with an empty one"
    )]
    Forked {
        /// A number at which the two differ; an earlier one may, too.
        number: u64,
    },
    /// Central refuses a batch because its hash chain does not continue what central holds.
    #[error("central refuses the records' hash chain; run kioskctl store check")]
    ChainRefused,
    /// Central does not know this kiosk's form of records.
    #[error("central does not understand this kiosk's records; update central before its kiosks")]
    CentralOutdated,
    /// What went by MQTT was not acknowledged in time.
    #[error(
        "central does not acknowledge what goes by MQTT; see its log, and whether it is connected to the broker"
    )]
    NotAcknowledged,
    /// One record is larger than central takes.
    #[error("a record is larger than central takes; raise central's limit")]
    TooLarge,
    /// The broker refuses the connection or what is asked of it (its reason code is given).
    #[error("the broker refuses the kiosk ({0}); check its access list")]
    BrokerRefused(String),
    /// A batch could not be sealed or written as JSON; the system gives no randomness.
    #[error("a batch could not be made ready ({0}); restart kioskd, and the machine if it stays")]
    BatchUnready(String),
    /// The kiosk's own store could not be read or written (its own words are given).
    #[error("the kiosk's store does not answer: {0}")]
    StoreUnreadable(String),
}

/// How a peer could not be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreachable {
    /// The address refused the connection.
    Refused,
    /// The connection was reset or ended in the middle.
    Lost,
    /// No answer within the time limit.
    TimedOut,
    /// The name could not be resolved.
    NoSuchName,
    /// There is no way to the network.
    NoRoute,
    /// Anything else that the system said.
    Other,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Central => "central",
            Self::Broker => "broker",
        })
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "connection refused",
            Self::Lost => "connection lost",
            Self::TimedOut => "no answer in time",
            Self::NoSuchName => "no such name",
            Self::NoRoute => "no route",
            Self::Other => "the connection failed",
        })
    }
}

impl Why {
    /// The store's own words; they name files and numbers, never a person.
    pub(crate) fn store(error: StoreError) -> Self {
        Self::StoreUnreadable(error.to_string())
    }

    /// Whether central could not be asked at all, or could not answer: another way may lead to it.
    pub(crate) const fn is_of_the_way(&self) -> bool {
        match self {
            Self::NotConnectedYet
            | Self::CentralUnreachable(_)
            | Self::ForeignAuthority(Peer::Central)
            | Self::PeerCertificateExpired(Peer::Central)
            | Self::PeerCertificateUnfit(Peer::Central, _)
            | Self::NoCommonTls(Peer::Central, _)
            | Self::CentralUnintelligible(_) => true,
            Self::CentralError(status) => *status >= 500,
            _ => false,
        }
    }

    pub(crate) fn unready(error: impl Error) -> Self {
        Self::BatchUnready(error.to_string())
    }
}

impl Peer {
    /// This peer is unreachable in this way.
    pub fn unreachable(self, how: Unreachable) -> Why {
        match self {
            Self::Central => Why::CentralUnreachable(how),
            Self::Broker => Why::BrokerUnreachable(how),
        }
    }

    /// What an error of the connection to this peer means. The whole chain of causes is searched for
    /// what TLS said; only without it is the I/O error's kind believed.
    pub fn blame(self, error: &(dyn Error + 'static)) -> Why {
        let mut kind = None;
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(tls) = error.downcast_ref::<rustls::Error>() {
                return self.tls(tls);
            }
            if let Some(io) = error.downcast_ref::<std::io::Error>() {
                // `source()` of an I/O error skips the error it wraps: look at that one itself.
                if let Some(tls) = io.get_ref().and_then(|inner| inner.downcast_ref()) {
                    return self.tls(tls);
                }
                kind = Some(io.kind());
            }
            cause = error.source();
        }
        self.unreachable(kind.map_or(Unreachable::Lost, how))
    }

    /// What an error of rustls means.
    pub fn tls(self, error: &rustls::Error) -> Why {
        match error {
            rustls::Error::AlertReceived(alert) => self.alert(*alert),
            rustls::Error::InvalidCertificate(why) => self.certificate(why),
            rustls::Error::NoCertificatesPresented => {
                Why::PeerCertificateUnfit(self, "it showed none".to_owned())
            }
            rustls::Error::PeerIncompatible(_)
            | rustls::Error::InvalidMessage(_)
            | rustls::Error::InappropriateMessage { .. }
            | rustls::Error::InappropriateHandshakeMessage { .. }
            | rustls::Error::PeerMisbehaved(_) => Why::NoCommonTls(self, name(error)),
            _ => self.unreachable(Unreachable::Other),
        }
    }

    fn alert(self, alert: AlertDescription) -> Why {
        use AlertDescription as Alert;
        match alert {
            Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
            | Alert::DecryptError
            | Alert::CertificateRequired => Why::CertificateRefused(self, name(&alert)),
            Alert::ProtocolVersion | Alert::HandshakeFailure | Alert::InsufficientSecurity => {
                Why::NoCommonTls(self, name(&alert))
            }
            _ => self.unreachable(Unreachable::Lost),
        }
    }

    fn certificate(self, why: &CertificateError) -> Why {
        use CertificateError as Bad;
        match why {
            Bad::UnknownIssuer | Bad::BadSignature => Why::ForeignAuthority(self),
            Bad::Expired
            | Bad::ExpiredContext { .. }
            | Bad::NotValidYet
            | Bad::NotValidYetContext { .. } => Why::PeerCertificateExpired(self),
            Bad::NotValidForName | Bad::NotValidForNameContext { .. } => {
                Why::PeerCertificateUnfit(self, "it is for another name".to_owned())
            }
            other => Why::PeerCertificateUnfit(self, name(other)),
        }
    }
}

/// The name of an enum's variant, without what it carries.
fn name(value: &impl fmt::Debug) -> String {
    let whole = format!("{value:?}");
    whole
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect()
}

fn how(kind: ErrorKind) -> Unreachable {
    match kind {
        ErrorKind::ConnectionRefused => Unreachable::Refused,
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof
        | ErrorKind::NotConnected => Unreachable::Lost,
        ErrorKind::TimedOut => Unreachable::TimedOut,
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable | ErrorKind::NetworkDown => {
            Unreachable::NoRoute
        }
        _ => Unreachable::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(error: rustls::Error) -> std::io::Error {
        std::io::Error::new(ErrorKind::InvalidData, error)
    }

    #[test]
    fn what_tls_said_is_found_inside_an_io_error() {
        let expired = wrapped(rustls::Error::AlertReceived(
            AlertDescription::CertificateExpired,
        ));

        assert_eq!(
            Peer::Central.blame(&expired),
            Why::CertificateRefused(Peer::Central, "CertificateExpired".to_owned())
        );
    }

    #[test]
    fn an_unknown_issuer_is_a_foreign_authority() {
        let foreign = wrapped(rustls::Error::InvalidCertificate(
            CertificateError::UnknownIssuer,
        ));

        assert_eq!(
            Peer::Broker.blame(&foreign),
            Why::ForeignAuthority(Peer::Broker)
        );
    }

    #[test]
    fn a_refused_connection_says_whose() {
        let refused = std::io::Error::from(ErrorKind::ConnectionRefused);

        assert_eq!(
            Peer::Broker.blame(&refused),
            Why::BrokerUnreachable(Unreachable::Refused)
        );
    }

    #[test]
    fn a_certificate_for_another_name_shows_neither_name() {
        let other = rustls::Error::InvalidCertificate(CertificateError::NotValidForNameContext {
            expected: rustls::pki_types::ServerName::try_from("central.example").unwrap(),
            presented: vec!["somebody.else".to_owned()],
        });

        assert!(!Peer::Central.tls(&other).to_string().contains("somebody"));
    }
}
