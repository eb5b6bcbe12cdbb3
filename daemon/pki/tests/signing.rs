//! Signatures by a certificate's key: they count by the authority, at their time, for what was signed, and no other.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::path::Path;

use kiosk_pki::{Authority, Identity, PkiError, Role, SignatureCheck, Signer, TlsFiles, Validity};
use tempfile::TempDir;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

struct Place {
    folder: TempDir,
    authority: Authority,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let whole = Validity::days(NOW - Duration::days(10), 400);
        let authority = Authority::create("authority", "bank", whole).unwrap();
        authority.write(folder.path()).unwrap();
        Self { folder, authority }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn put(&self, name: &str, identity: &Identity) -> TlsFiles {
        let ca = self.path().join("ca.pem");
        identity.write(self.path(), name, &ca).unwrap()
    }

    fn kiosk(&self, name: &str, days: i64) -> TlsFiles {
        let window = Validity::between(NOW - Duration::days(9), NOW + Duration::days(days));
        let identity = self.authority.kiosk(name, window.unwrap()).unwrap();
        self.put(&format!("{name}-{days}"), &identity)
    }

    fn check(&self, revoked: Option<&Path>) -> SignatureCheck {
        SignatureCheck::new(&self.kiosk("any", 1), revoked).unwrap()
    }
}

fn signed(files: &TlsFiles, message: &[u8]) -> (String, Vec<u8>) {
    let signer = Signer::load(files, NOW).unwrap();
    let signature = signer.sign(message).unwrap();
    (signer.chain_pem().to_owned(), signature)
}

#[test]
fn a_signature_says_whose_it_is_and_counts_for_its_own_text_alone() {
    let place = Place::new();
    let check = place.check(None);
    let (chain, signature) = signed(&place.kiosk("k-1", 5), b"text");

    let signer = check.signer(&chain, b"text", &signature, NOW).unwrap();

    let who = (signer.name.as_str(), signer.role, signer.tenant.as_str());
    assert_eq!(who, ("k-1", Role::Kiosk, "bank"));
    let refused = |chain: &str, text: &[u8], signature: &[u8]| {
        let told = check.signer(chain, text, signature, NOW);
        assert!(matches!(told, Err(PkiError::NotSigned(_))), "{told:?}");
    };
    refused(&chain, b"texT", &signature);
    for at in 0..signature.len() {
        let mut changed = signature.clone();
        changed[at] ^= 1;
        refused(&chain, b"text", &changed);
    }
    let (other, _) = signed(&place.kiosk("k-2", 5), b"text");
    refused(&other, b"text", &signature);
    refused("", b"text", &signature);
    refused(
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
        b"text",
        &signature,
    );
    refused(&chain.repeat(40), b"text", &signature);
    assert!(!chain.contains("PRIVATE"));
}

#[test]
fn a_certificate_counts_at_its_time_by_its_authority_and_until_it_is_revoked() {
    let place = Place::new();
    let check = place.check(None);
    let files = place.kiosk("k-1", 5);
    let (chain, signature) = signed(&files, b"text");
    for (later, counts) in [(0, true), (4, true), (6, false), (-10, false)] {
        let at = NOW + Duration::days(later);
        let told = check.signer(&chain, b"text", &signature, at);
        assert_eq!(told.is_ok(), counts, "{later} days on");
    }
    let renewed = place.kiosk("k-1", 50);
    let (chain_then, signature_then) = signed(&renewed, b"text");
    let later = NOW + Duration::days(20);
    check
        .signer(&chain_then, b"text", &signature_then, later)
        .unwrap();

    let stranger = Place::new();
    let (foreign, by_foreign) = signed(&stranger.kiosk("k-1", 5), b"text");
    assert!(check.signer(&foreign, b"text", &by_foreign, NOW).is_err());

    let list = place.path().join("revoked.pem");
    let gone = files.certificate.as_path();
    place.authority.revoke(&list, &[gone], NOW).unwrap();
    let strict = place.check(Some(&list));
    assert!(strict.signer(&chain, b"text", &signature, NOW).is_err());
    strict
        .signer(&chain_then, b"text", &signature_then, NOW)
        .unwrap();
}

#[test]
fn a_key_beside_another_certificate_signs_nothing() {
    let place = Place::new();
    let (one, other) = (place.kiosk("k-1", 5), place.kiosk("k-2", 5));
    let mixed = TlsFiles {
        key: other.key,
        ..one.clone()
    };
    let told = Signer::load(&mixed, NOW).unwrap_err();
    assert!(matches!(told, PkiError::KeyMismatch { .. }), "{told}");
    let over = Signer::load(&one, NOW + Duration::days(9)).unwrap_err();
    assert!(matches!(over, PkiError::Expired { .. }), "{over}");
}
