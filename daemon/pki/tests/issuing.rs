//! What the authority issues, how it comes to disk and how it is read back.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests: a panic is the failure"
)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use kiosk_pki::{
    Authority, DemoSet, Peer, PkiError, Role, TlsFiles, Validity, client_config, server_config,
    write_demo_set,
};
use time::OffsetDateTime;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

fn validity() -> Validity {
    Validity::days(NOW, 30)
}

fn authority() -> Authority {
    Authority::create("authority-acme", "acme", validity()).unwrap()
}

fn set(folder: &Path) -> kiosk_pki::SetPaths {
    let set = DemoSet {
        tenant: "acme",
        kiosks: &["k-1", "k-2"],
        hosts: &["localhost", "127.0.0.1"],
        validity: validity(),
    };
    write_demo_set(folder, &set).unwrap()
}

#[test]
fn a_certificate_says_who_its_owner_is() {
    let authority = authority();
    let cases = [
        (authority.kiosk("k-1", validity()), "k-1", Role::Kiosk),
        (authority.reader("audit", validity()), "audit", Role::Reader),
        (
            authority.central("central", &["127.0.0.1"], validity()),
            "central",
            Role::Central,
        ),
        (
            authority.broker("broker", &["localhost"], validity()),
            "broker",
            Role::Broker,
        ),
        (
            authority.server("hooks.example", &["hooks.example"], validity()),
            "hooks.example",
            Role::Server,
        ),
    ];
    for (identity, name, role) in cases {
        let der = identity.unwrap().certificate_der().unwrap();
        let peer = Peer::from_certificate(&der).unwrap();
        let expected = Peer {
            name: name.into(),
            role,
            tenant: "acme".into(),
            valid_until: validity().not_after(),
            serial: peer.serial.clone(),
        };
        assert_eq!(peer, expected);
    }
}

#[test]
fn names_that_would_widen_rights_at_the_broker_are_refused() {
    let authority = authority();
    for name in ["#", "+", "k/1", "K-1", "k 1", "", &"k".repeat(65)] {
        let refused = authority.kiosk(name, validity());
        assert!(matches!(refused, Err(PkiError::Name { .. })), "{name}");
    }
    for name in ["#", "a/b", "", "zwölf", "a\nb"] {
        let refused = authority.reader(name, validity());
        assert!(matches!(refused, Err(PkiError::Name { .. })), "{name}");
    }
    assert!(Authority::create("ca", "Acme GmbH", validity()).is_err());
}

#[test]
fn a_subject_without_a_role_is_no_peer() {
    let certificate = certificate_of_the_authority();
    assert!(matches!(
        Peer::from_certificate(&certificate),
        Err(PkiError::Subject(_))
    ));
    assert!(Peer::from_certificate(&vec![0x30, 0x00].into()).is_err());
}

/// The authority's own certificate: its organizational unit is no role.
fn certificate_of_the_authority() -> rustls_pki_types::CertificateDer<'static> {
    use rustls_pki_types::pem::PemObject;
    rustls_pki_types::CertificateDer::from_pem_slice(authority().certificate_pem().as_bytes())
        .unwrap()
}

#[test]
fn a_set_lies_in_one_folder_and_its_keys_are_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let paths = set(folder.path());
    for stem in [
        "ca",
        "central",
        "broker",
        "reader",
        "operator",
        "kiosk-k-1",
        "kiosk-k-2",
    ] {
        let key = folder.path().join(format!("{stem}.key"));
        assert_eq!(
            key.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "{stem}"
        );
        assert!(
            folder.path().join(format!("{stem}.pem")).is_file(),
            "{stem}"
        );
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        14,
        "nothing else is left"
    );
    for files in [&paths.central, &paths.broker] {
        server_config(files, None, NOW).unwrap();
    }
    for files in [
        &paths.central,
        &paths.reader,
        &paths.kiosks[0],
        &paths.kiosks[1],
    ] {
        client_config(files, NOW).unwrap();
    }
}

#[test]
fn a_set_made_again_keeps_its_authority() {
    let folder = tempfile::tempdir().unwrap();
    let first = set(folder.path());
    let ca = std::fs::read(&first.authority).unwrap();
    let kiosk = std::fs::read(&first.kiosks[0].certificate).unwrap();
    let second = set(folder.path());
    assert_eq!(std::fs::read(&second.authority).unwrap(), ca);
    assert_ne!(std::fs::read(&second.kiosks[0].certificate).unwrap(), kiosk);
}

#[test]
fn a_set_of_another_tenant_does_not_take_over_an_authority() {
    let folder = tempfile::tempdir().unwrap();
    set(folder.path());
    let other = DemoSet {
        tenant: "other",
        kiosks: &[],
        hosts: &[],
        validity: validity(),
    };
    assert!(matches!(
        write_demo_set(folder.path(), &other),
        Err(PkiError::Name { .. })
    ));
}

#[test]
fn half_an_authority_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    set(folder.path());
    std::fs::remove_file(folder.path().join("ca.key")).unwrap();
    let again = DemoSet {
        tenant: "acme",
        kiosks: &[],
        hosts: &[],
        validity: validity(),
    };
    let refused = write_demo_set(folder.path(), &again).unwrap_err();
    assert!(
        matches!(&refused, PkiError::Missing { file } if file.ends_with("ca.key")),
        "{refused}"
    );
}

#[test]
fn an_authority_whose_key_is_of_another_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    authority().write(folder.path()).unwrap();
    let certificate = std::fs::read(folder.path().join("ca.pem")).unwrap();
    authority().write(folder.path()).unwrap();
    std::fs::write(folder.path().join("ca.pem"), certificate).unwrap();
    assert!(matches!(
        Authority::open(folder.path()),
        Err(PkiError::KeyMismatch { .. })
    ));
}

#[test]
fn each_unusable_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let good = set(folder.path()).kiosks.remove(0);
    let absent = folder.path().join("absent.pem");

    let files = TlsFiles {
        certificate: absent.clone(),
        ..good.clone()
    };
    let refused = client_config(&files, NOW).unwrap_err();
    assert!(
        matches!(&refused, PkiError::Missing { file } if *file == absent),
        "{refused}"
    );

    let files = TlsFiles {
        authority: good.key.clone(),
        ..good.clone()
    };
    let refused = client_config(&files, NOW).unwrap_err();
    assert!(
        matches!(&refused, PkiError::Malformed { file, .. } if *file == good.key),
        "{refused}"
    );

    let files = TlsFiles {
        key: folder.path().join("kiosk-k-2.key"),
        ..good.clone()
    };
    let refused = client_config(&files, NOW).unwrap_err();
    assert!(
        matches!(&refused, PkiError::KeyMismatch { key, .. } if *key == files.key),
        "{refused}"
    );

    std::fs::set_permissions(&good.key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let refused = client_config(&good, NOW).unwrap_err();
    assert!(
        matches!(refused, PkiError::KeyExposed { mode: 0o640, .. }),
        "{refused}"
    );
}

#[test]
fn the_own_certificate_is_compared_with_the_time_given() {
    let folder = tempfile::tempdir().unwrap();
    let files = set(folder.path()).kiosks.remove(0);
    let day = time::Duration::days(1);
    assert!(client_config(&files, NOW + 29 * day).is_ok());
    assert!(matches!(
        client_config(&files, NOW + 31 * day),
        Err(PkiError::Expired { .. })
    ));
    assert!(matches!(
        client_config(&files, NOW - day),
        Err(PkiError::NotYetValid { .. })
    ));
    assert!(matches!(
        server_config(&files, None, NOW + 31 * day),
        Err(PkiError::Expired { .. })
    ));
}

#[test]
fn a_window_cannot_end_before_it_begins() {
    assert!(matches!(
        Validity::between(NOW, NOW - time::Duration::SECOND),
        Err(PkiError::Window)
    ));
}
