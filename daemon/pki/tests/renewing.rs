//! A certificate is renewed by its request, takes the old one's place whole, and may be revoked.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::path::PathBuf;

use kiosk_pki::{
    Authority, Identity, Peer, PkiError, Request, Revoked, Role, TlsFiles, Validity, client_config,
    finish_installing, own_validity,
};
use tempfile::TempDir;
use time::OffsetDateTime;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2030-01-15 0:00 UTC);

fn authority(folder: &TempDir) -> Authority {
    let authority = Authority::create("authority", "acme", Validity::days(NOW, 90)).unwrap();
    authority.write(folder.path()).unwrap();
    authority
}

fn installed(folder: &TempDir, authority: &Authority, days: u16) -> TlsFiles {
    let identity = authority.kiosk("k-1", Validity::days(NOW, days)).unwrap();
    identity
        .write(folder.path(), "kiosk", &folder.path().join("ca.pem"))
        .unwrap()
}

fn next(path: &std::path::Path) -> PathBuf {
    format!("{}.next", path.display()).into()
}

#[test]
fn a_request_gets_its_own_key_certified_under_the_name_of_who_asks() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority(&folder);
    // The name in a request is worth nothing.
    let request = Request::new("somebody-else").unwrap();
    let pem = authority
        .renew_kiosk("k-1", request.pem(), Validity::days(NOW, 30))
        .unwrap();
    let identity = request.answered(pem);

    let peer = Peer::from_certificate(&identity.certificate_der().unwrap()).unwrap();
    assert_eq!(
        (peer.name.as_str(), peer.role, peer.tenant.as_str()),
        ("k-1", Role::Kiosk, "acme")
    );
    let ca = folder.path().join("ca.pem");
    let files = identity.write(folder.path(), "renewed", &ca).unwrap();
    client_config(&files, NOW).unwrap();
}

#[test]
fn what_is_no_request_or_not_signed_by_its_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority(&folder);
    let sound = Request::new("k-1").unwrap().pem().to_owned();
    let middle = sound.len() / 2;
    let other = if &sound[middle..=middle] == "A" {
        "B"
    } else {
        "A"
    };
    let changed = format!("{}{other}{}", &sound[..middle], &sound[middle + 1..]);
    for wrong in ["", "-----BEGIN CERTIFICATE REQUEST-----", changed.as_str()] {
        let refused = authority.renew_kiosk("k-1", wrong, Validity::days(NOW, 30));
        assert!(matches!(refused, Err(PkiError::Request)), "{refused:?}");
    }
}

#[test]
fn wherever_a_crash_cuts_an_installation_a_pair_that_fits_is_there_after() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority(&folder);
    let new = |days| authority.kiosk("k-1", Validity::days(NOW, days)).unwrap();
    let write = |identity: &Identity, files: &TlsFiles, certificate: bool, key: bool| {
        if key {
            kiosk_pki::write_secret(&next(&files.key), identity.key_pem().as_bytes()).unwrap();
        }
        if certificate {
            std::fs::write(next(&files.certificate), identity.certificate_pem()).unwrap();
        }
    };
    let end = |files: &TlsFiles| own_validity(files).unwrap().not_after();

    // Cut off before the certificate was written: the old pair stays.
    let files = installed(&folder, &authority, 30);
    let old = end(&files);
    write(&new(60), &files, false, true);
    finish_installing(&files).unwrap();
    client_config(&files, NOW).unwrap();
    assert_eq!(end(&files), old);

    // Both were written: the new pair comes.
    let identity = new(60);
    write(&identity, &files, true, true);
    finish_installing(&files).unwrap();
    client_config(&files, NOW).unwrap();
    assert!(end(&files) > old);

    // Cut off between the two renames: the new key is in its place, the certificate follows.
    let identity = new(80);
    kiosk_pki::write_secret(&files.key, identity.key_pem().as_bytes()).unwrap();
    write(&identity, &files, true, false);
    assert!(client_config(&files, NOW).is_err(), "as the crash left it");
    finish_installing(&files).unwrap();
    client_config(&files, NOW).unwrap();
}

#[test]
fn a_revoked_serial_number_is_found_again_and_the_list_grows() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority(&folder);
    let list = folder.path().join("revoked.pem");
    let ca = folder.path().join("ca.pem");
    let of = |name: &str| {
        let identity = authority.kiosk(name, Validity::days(NOW, 30)).unwrap();
        let peer = Peer::from_certificate(&identity.certificate_der().unwrap()).unwrap();
        (
            identity.write(folder.path(), name, &ca).unwrap(),
            peer.serial,
        )
    };
    // Enough for serial numbers of either first bit.
    let kiosks: Vec<_> = (0..8).map(|number| of(&format!("k-{number}"))).collect();
    for (count, (files, _)) in kiosks[..7].iter().enumerate() {
        let held = authority.revoke(&list, &[&files.certificate], NOW).unwrap();
        assert_eq!(held, count + 1);
    }
    let revoked = Revoked::read(&list).unwrap();
    for (_, serial) in &kiosks[..7] {
        assert!(revoked.contains(serial));
    }
    assert!(!revoked.contains(&kiosks[7].1));
}
