//! Who stands at the other end, read from the certificate that rustls has already verified.

use std::fmt;
use std::str::FromStr;

use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;
use x509_parser::prelude::{AttributeTypeAndValue, FromDer, X509Certificate};

use crate::PkiError;
use crate::name::{check_common_name, check_id};

/// What a certificate's owner may be. Stands in the subject as its organizational unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A kiosk: sends its own records.
    Kiosk,
    /// Reads sessions at central.
    Reader,
    /// Issues commands to kiosks, and reads what came of them.
    Operator,
    /// Central: receives records, and is a client of the broker.
    Central,
    /// The MQTT broker.
    Broker,
    /// Any other HTTPS server.
    Server,
}

impl Role {
    /// As it stands in the subject.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kiosk => "kiosk",
            Self::Reader => "reader",
            Self::Operator => "operator",
            Self::Central => "central",
            Self::Broker => "broker",
            Self::Server => "server",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = PkiError;

    fn from_str(text: &str) -> Result<Self, PkiError> {
        [
            Self::Kiosk,
            Self::Reader,
            Self::Operator,
            Self::Central,
            Self::Broker,
            Self::Server,
        ]
        .into_iter()
        .find(|role| role.as_str() == text)
        .ok_or(PkiError::Subject(
            "its organizational unit is no known role",
        ))
    }
}

/// The owner of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Common name: a kiosk's id, or the name of a machine or reader.
    pub name: String,
    /// Organizational unit.
    pub role: Role,
    /// Organization.
    pub tenant: String,
    /// Last second of the certificate's validity: a connection may outlive it.
    pub valid_until: OffsetDateTime,
    /// The certificate's serial number, as revocation lists name it.
    pub serial: Vec<u8>,
}

impl Peer {
    /// Reads the subject. Does *not* verify the signature or the validity: TLS has done so before
    /// it hands out a peer's certificate.
    ///
    /// # Errors
    ///
    /// [`PkiError::Subject`] where it is no certificate or one of the three is absent or there
    /// twice; [`PkiError::Name`] where a name holds what no name of ours holds.
    pub fn from_certificate(certificate: &CertificateDer<'_>) -> Result<Self, PkiError> {
        let (rest, certificate) = X509Certificate::from_der(certificate)
            .map_err(|_| PkiError::Subject("it cannot be parsed"))?;
        if !rest.is_empty() {
            return Err(PkiError::Subject("something follows it"));
        }
        let subject = certificate.subject();
        let name = one(subject.iter_common_name(), "one common name is wanted")?;
        let unit = one(
            subject.iter_organizational_unit(),
            "one organizational unit is wanted",
        )?;
        let tenant = one(subject.iter_organization(), "one organization is wanted")?;
        let role = unit.parse()?;
        check_id("tenant", tenant)?;
        match role {
            Role::Kiosk => check_id("kiosk id", name)?,
            _ => check_common_name(name)?,
        }
        Ok(Self {
            name: name.to_owned(),
            role,
            tenant: tenant.to_owned(),
            valid_until: certificate.validity().not_after.to_datetime(),
            serial: certificate.raw_serial().to_vec(),
        })
    }
}

fn one<'a>(
    mut values: impl Iterator<Item = &'a AttributeTypeAndValue<'a>>,
    wanted: &'static str,
) -> Result<&'a str, PkiError> {
    match (values.next(), values.next()) {
        (Some(value), None) => value.as_str().map_err(|_| PkiError::Subject(wanted)),
        _ => Err(PkiError::Subject(wanted)),
    }
}
