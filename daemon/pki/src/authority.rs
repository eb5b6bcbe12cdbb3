//! The authority: the one key that all parties trust, and what it issues.

use std::fmt;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PublicKeyData,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use x509_parser::prelude::{FromDer, X509Certificate};
use zeroize::Zeroizing;

use crate::files::{PUBLIC_MODE, read, read_secret, replace, write_secret};
use crate::name::{check_common_name, check_id};
use crate::{Identity, PkiError, Role, Validity};

const CLIENT: &[ExtendedKeyUsagePurpose] = &[ExtendedKeyUsagePurpose::ClientAuth];
const SERVER: &[ExtendedKeyUsagePurpose] = &[ExtendedKeyUsagePurpose::ServerAuth];
const BOTH: &[ExtendedKeyUsagePurpose] = &[
    ExtendedKeyUsagePurpose::ServerAuth,
    ExtendedKeyUsagePurpose::ClientAuth,
];

/// A certificate authority of one tenant: its certificate, its key, and nothing above it.
pub struct Authority {
    certificate_pem: String,
    tenant: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// A new authority with a new ECDSA P-256 key.
    ///
    /// `name` becomes its common name, `tenant` (a-z, 0-9, -) the organization of all it issues.
    ///
    /// # Errors
    ///
    /// [`PkiError::Name`] for names that cannot stand in a subject; [`PkiError::Issue`] where the
    /// system gives no randomness.
    pub fn create(name: &str, tenant: &str, validity: Validity) -> Result<Self, PkiError> {
        check_common_name(name)?;
        check_id("tenant", tenant)?;
        let key = new_key()?;
        let mut params = window(validity);
        params.distinguished_name = subject(name, "authority", tenant);
        // It signs the parties themselves: no further authority below it.
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate_pem = params.self_signed(&key)?.pem();
        Ok(Self {
            certificate_pem,
            tenant: tenant.to_owned(),
            issuer: Issuer::new(params, key),
        })
    }

    /// Reads back `ca.pem` and `ca.key`, as [`Authority::write`] left them, to issue more.
    ///
    /// # Errors
    ///
    /// Names the file that is missing, unreadable, open to others, malformed or of another pair.
    pub fn open(folder: &Path) -> Result<Self, PkiError> {
        let (certificate, key) = (folder.join("ca.pem"), folder.join("ca.key"));
        let wanted = |file: &Path, wanted| PkiError::Malformed {
            file: file.to_owned(),
            wanted,
        };
        let no_certificate = || wanted(&certificate, "certificate of an authority");
        let certificate_pem =
            String::from_utf8(read(&certificate)?).map_err(|_| no_certificate())?;
        let key_pem = read_secret(&key)?;
        let key_pair = std::str::from_utf8(&key_pem)
            .ok()
            .and_then(|pem| KeyPair::from_pem(pem).ok())
            .ok_or_else(|| wanted(&key, "private key"))?;
        let der = CertificateDer::from_pem_slice(certificate_pem.as_bytes())
            .map_err(|_| no_certificate())?;
        let (_, parsed) = X509Certificate::from_der(&der).map_err(|_| no_certificate())?;
        let tenant = parsed
            .subject()
            .iter_organization()
            .next()
            .and_then(|value| value.as_str().ok())
            .filter(|_| parsed.is_ca())
            .ok_or_else(no_certificate)?;
        check_id("tenant", tenant)?;
        if parsed.public_key().raw != key_pair.subject_public_key_info().as_slice() {
            return Err(PkiError::KeyMismatch { key, certificate });
        }
        let tenant = tenant.to_owned();
        let issuer = Issuer::from_ca_cert_der(&der, key_pair)?;
        Ok(Self {
            certificate_pem,
            tenant,
            issuer,
        })
    }

    /// Writes `ca.key` (0600) and `ca.pem` into `folder`, each replaced whole.
    ///
    /// # Errors
    ///
    /// [`PkiError::Unreadable`] where the folder cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), PkiError> {
        let key = Zeroizing::new(self.issuer.key().serialize_pem());
        write_secret(&folder.join("ca.key"), key.as_bytes())?;
        replace(
            &folder.join("ca.pem"),
            self.certificate_pem.as_bytes(),
            PUBLIC_MODE,
        )
    }

    /// The authority's certificate, PEM: what every party trusts.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The organization of all that it issues.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// A kiosk: a client whose common name is its id (a-z, 0-9, -).
    ///
    /// # Errors
    ///
    /// [`PkiError::Name`] or [`PkiError::Issue`], as for all that follow.
    pub fn kiosk(&self, kiosk_id: &str, validity: Validity) -> Result<Identity, PkiError> {
        check_id("kiosk id", kiosk_id)?;
        self.issue(kiosk_id, Role::Kiosk, &[], CLIENT, validity)
    }

    /// A reader of sessions: a client.
    ///
    /// # Errors
    ///
    /// As for [`Authority::kiosk`].
    pub fn reader(&self, name: &str, validity: Validity) -> Result<Identity, PkiError> {
        self.issue(name, Role::Reader, &[], CLIENT, validity)
    }

    /// Central: an HTTPS server under `sans` (host names and IP addresses), and a client of the
    /// broker.
    ///
    /// # Errors
    ///
    /// As for [`Authority::kiosk`].
    pub fn central(
        &self,
        name: &str,
        sans: &[&str],
        validity: Validity,
    ) -> Result<Identity, PkiError> {
        self.issue(name, Role::Central, sans, BOTH, validity)
    }

    /// The MQTT broker: a server under `sans`.
    ///
    /// # Errors
    ///
    /// As for [`Authority::kiosk`].
    pub fn broker(
        &self,
        name: &str,
        sans: &[&str],
        validity: Validity,
    ) -> Result<Identity, PkiError> {
        self.issue(name, Role::Broker, sans, SERVER, validity)
    }

    /// Any other HTTPS server under `sans`.
    ///
    /// # Errors
    ///
    /// As for [`Authority::kiosk`].
    pub fn server(
        &self,
        name: &str,
        sans: &[&str],
        validity: Validity,
    ) -> Result<Identity, PkiError> {
        self.issue(name, Role::Server, sans, SERVER, validity)
    }

    /// An operator, who issues commands: a client.
    ///
    /// # Errors
    ///
    /// As for [`Authority::kiosk`].
    pub fn operator(&self, name: &str, validity: Validity) -> Result<Identity, PkiError> {
        self.issue(name, Role::Operator, &[], CLIENT, validity)
    }

    /// A kiosk's certificate for the key of its request; of what else the request says, nothing is taken.
    /// PEM.
    ///
    /// # Errors
    ///
    /// [`PkiError::Request`] where it is none or not signed by its key; and as for [`Authority::kiosk`].
    pub fn renew_kiosk(
        &self,
        kiosk_id: &str,
        request_pem: &str,
        validity: Validity,
    ) -> Result<String, PkiError> {
        check_id("kiosk id", kiosk_id)?;
        let mut request = CertificateSigningRequestParams::from_pem(request_pem)
            .map_err(|_| PkiError::Request)?;
        request.params = self.params(kiosk_id, Role::Kiosk, &[], CLIENT, validity)?;
        Ok(request.signed_by(&self.issuer)?.pem())
    }

    pub(crate) const fn issuer(&self) -> &Issuer<'static, KeyPair> {
        &self.issuer
    }

    fn issue(
        &self,
        name: &str,
        role: Role,
        sans: &[&str],
        usages: &[ExtendedKeyUsagePurpose],
        validity: Validity,
    ) -> Result<Identity, PkiError> {
        let key = new_key()?;
        let params = self.params(name, role, sans, usages, validity)?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Identity::new(
            certificate.pem(),
            Zeroizing::new(key.serialize_pem()),
        ))
    }

    fn params(
        &self,
        name: &str,
        role: Role,
        sans: &[&str],
        usages: &[ExtendedKeyUsagePurpose],
        validity: Validity,
    ) -> Result<CertificateParams, PkiError> {
        check_common_name(name)?;
        let mut params = window(validity);
        let sans: Vec<String> = sans.iter().map(|&san| san.to_owned()).collect();
        params.subject_alt_names = CertificateParams::new(sans)?.subject_alt_names;
        params.distinguished_name = subject(name, role.as_str(), &self.tenant);
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = usages.to_vec();
        params.use_authority_key_identifier_extension = true;
        Ok(params)
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority")
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

pub(crate) fn new_key() -> Result<KeyPair, PkiError> {
    Ok(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?)
}

fn window(validity: Validity) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.not_before = validity.not_before;
    params.not_after = validity.not_after;
    params
}

fn subject(name: &str, unit: &str, tenant: &str) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, tenant);
    subject.push(DnType::OrganizationalUnitName, unit);
    subject.push(DnType::CommonName, name);
    subject
}
