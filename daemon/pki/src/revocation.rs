//! Certificates that are no longer believed, although they have not run out (RFC 5280, section 5).
//!
//! The list is signed by the authority; servers read its file again while they run. It is its own memory:
//! revoking reads the list, adds to it and replaces it whole.

use std::collections::BTreeSet;
use std::path::Path;

use rcgen::{CertificateRevocationListParams, KeyIdMethod, RevokedCertParams, SerialNumber};
use rustls_pki_types::CertificateRevocationListDer;
use rustls_pki_types::pem::PemObject;
use time::{Duration, OffsetDateTime};
use x509_parser::prelude::{CertificateRevocationList, FromDer, X509Certificate};

use crate::files::{PUBLIC_MODE, read, replace};
use crate::tls::certificates;
use crate::{Authority, PkiError};

/// A list that nobody renews is used on; brokers that insist on its date get a long one.
const RENEWED_WITHIN: Duration = Duration::days(3650);

/// The serial numbers of revoked certificates, as they stand in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Revoked(BTreeSet<Vec<u8>>);

impl Revoked {
    /// Whether a certificate of this serial number is revoked.
    pub fn contains(&self, serial: &[u8]) -> bool {
        self.0.contains(significant(serial))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads a list's file. That the authority signed it, rustls checks.
    ///
    /// # Errors
    ///
    /// Names the file that is missing, unreadable or no list.
    pub fn read(file: &Path) -> Result<Self, PkiError> {
        let der = read_list(file)?;
        let (_, list) = CertificateRevocationList::from_der(&der).map_err(|_| no_list(file))?;
        let serials = list.iter_revoked_certificates();
        Ok(Self(
            serials
                .map(|revoked| significant(revoked.raw_serial()).to_vec())
                .collect(),
        ))
    }
}

/// DER puts a zero before a number whose first bit is set.
fn significant(serial: &[u8]) -> &[u8] {
    let zeros = serial.iter().take_while(|byte| **byte == 0).count();
    &serial[zeros.min(serial.len().saturating_sub(1))..]
}

impl Authority {
    /// Adds the first certificate of each file to the list in `list`, which is made where it is missing.
    /// Returns how many are revoked now.
    ///
    /// # Errors
    ///
    /// Names the file that is unreadable or holds no certificate.
    pub fn revoke(
        &self,
        list: &Path,
        certificates: &[&Path],
        now: OffsetDateTime,
    ) -> Result<usize, PkiError> {
        let mut revoked = match Revoked::read(list) {
            Err(PkiError::Missing { .. }) => Revoked::default(),
            read => read?,
        };
        for file in certificates {
            revoked.0.insert(serial_of(file)?);
        }
        replace(list, self.list_of(&revoked, now)?.as_bytes(), PUBLIC_MODE)?;
        Ok(revoked.len())
    }

    fn list_of(&self, revoked: &Revoked, now: OffsetDateTime) -> Result<String, PkiError> {
        let entry = |serial: &Vec<u8>| RevokedCertParams {
            serial_number: SerialNumber::from_slice(serial),
            revocation_time: now,
            reason_code: None,
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: now,
            next_update: now.saturating_add(RENEWED_WITHIN),
            // It must grow with each list of an authority.
            crl_number: SerialNumber::from(now.unix_timestamp().unsigned_abs()),
            issuing_distribution_point: None,
            revoked_certs: revoked.0.iter().map(entry).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        Ok(list.signed_by(self.issuer())?.pem()?)
    }
}

fn serial_of(file: &Path) -> Result<Vec<u8>, PkiError> {
    let chain = certificates(file)?;
    let first = chain
        .first()
        .and_then(|der| X509Certificate::from_der(der).ok());
    let (_, certificate) = first.ok_or_else(|| PkiError::Malformed {
        file: file.to_owned(),
        wanted: "certificate",
    })?;
    Ok(significant(certificate.raw_serial()).to_vec())
}

/// The list of a PEM file.
pub(crate) fn read_list(file: &Path) -> Result<CertificateRevocationListDer<'static>, PkiError> {
    CertificateRevocationListDer::from_pem_slice(&read(file)?).map_err(|_| no_list(file))
}

fn no_list(file: &Path) -> PkiError {
    PkiError::Malformed {
        file: file.to_owned(),
        wanted: "revocation list",
    }
}
