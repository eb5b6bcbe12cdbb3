//! The broker as the rig sets it up: TLS with certificates for all, and rights by certificate.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use kiosk_pki::{DemoSet, SetPaths, Validity, write_demo_set};
use kiosk_tests::now;
use kiosk_tests::rig::{BrokerFiles, Mosquitto, Watcher, until};
use tempfile::TempDir;

const SOON: Duration = Duration::from_secs(5);

fn start() -> (TempDir, SetPaths, Mosquitto) {
    let folder = tempfile::tempdir().unwrap();
    let set = DemoSet {
        tenant: "branch",
        kiosks: &["kiosk-1", "kiosk-2"],
        hosts: &["localhost", "127.0.0.1"],
        validity: Validity::days(now(), 1),
    };
    let pki = write_demo_set(&folder.path().join("pki"), &set).unwrap();
    let broker = Mosquitto::start(
        &folder.path().join("broker"),
        &BrokerFiles::of(&pki.broker, &["central"]),
    )
    .unwrap();
    (folder, pki, broker)
}

#[test]
fn a_kiosk_may_speak_for_itself_and_for_nobody_else() {
    let (_folder, pki, broker) = start();
    let central = Watcher::start("central", broker.address(), &pki.central, "kiosk/v1/#").unwrap();
    let kiosk = Watcher::start(
        "kiosk-1",
        broker.address(),
        &pki.kiosks[0],
        "kiosk/v1/branch/kiosk-1/ack",
    )
    .unwrap();

    kiosk
        .say("kiosk/v1/branch/kiosk-2/events", b"forged")
        .unwrap();
    kiosk.say("kiosk/v1/branch/kiosk-1/events", b"own").unwrap();

    until("its own words", SOON, || !central.heard().is_empty()).unwrap();
    assert_eq!(
        central.last("kiosk/v1/branch/kiosk-1/events").as_deref(),
        Some(&b"own"[..])
    );
    assert_eq!(central.last("kiosk/v1/branch/kiosk-2/events"), None);
    assert_eq!(kiosk.refusals(), ["NotAuthorized"]);
}

#[test]
fn a_kiosk_hears_nothing_that_is_said_to_another() {
    let (_folder, pki, broker) = start();
    let central = Watcher::start("central", broker.address(), &pki.central, "kiosk/v1/#").unwrap();
    let nosy = Watcher::start("kiosk-1", broker.address(), &pki.kiosks[0], "kiosk/v1/#").unwrap();

    central
        .say("kiosk/v1/branch/kiosk-2/ack", b"not for you")
        .unwrap();
    central
        .say("kiosk/v1/branch/kiosk-1/ack", b"for you")
        .unwrap();

    until("its own message", SOON, || !nosy.heard().is_empty()).unwrap();
    assert_eq!(nosy.last("kiosk/v1/branch/kiosk-2/ack"), None);
}

#[test]
fn a_broker_that_was_killed_comes_back_on_its_port() {
    let (_folder, pki, mut broker) = start();
    let central = Watcher::start("central", broker.address(), &pki.central, "kiosk/v1/#").unwrap();

    broker.kill();
    assert!(TcpStream::connect(broker.address()).is_err());
    broker.restart().unwrap();

    until("the watcher to be heard again", SOON, || {
        central
            .say("kiosk/v1/branch/kiosk-1/ack", b"again")
            .unwrap();
        !central.heard().is_empty()
    })
    .unwrap();
}

#[test]
fn whoever_speaks_without_tls_is_hung_up_on() {
    let (_folder, _pki, broker) = start();
    let mut stream = TcpStream::connect(broker.address()).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();

    // An MQTT CONNECT, as a client without TLS would begin.
    stream
        .write_all(b"\x10\x10\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x03kio")
        .unwrap();

    let mut heard = Vec::new();
    let _ = stream.read_to_end(&mut heard);
    assert!(!heard.starts_with(&[0x20]), "no CONNACK");
}

#[test]
fn a_revoked_kiosk_is_not_let_in() {
    let (folder, pki, broker) = start();
    drop(broker);
    let list = folder.path().join("revoked.pem");
    let authority = kiosk_pki::Authority::open(&folder.path().join("pki")).unwrap();
    authority
        .revoke(&list, &[&pki.kiosks[0].certificate], now())
        .unwrap();
    let files = BrokerFiles {
        revocation_list: Some(list),
        ..BrokerFiles::of(&pki.broker, &["central"])
    };
    let broker = Mosquitto::start(&folder.path().join("strict"), &files).unwrap();

    let topic = "kiosk/v1/branch/kiosk-2/ack";
    let other = Watcher::start("kiosk-2", broker.address(), &pki.kiosks[1], topic).unwrap();
    until("the other to be let in", SOON, || other.may_read()).unwrap();
    let topic = "kiosk/v1/branch/kiosk-1/ack";
    let revoked = Watcher::start("kiosk-1", broker.address(), &pki.kiosks[0], topic);
    assert!(revoked.is_err() || !revoked.unwrap().may_read());
    // Mosquitto does not say why; the other kiosk's certificate differs in nothing but the list.
    assert!(
        broker.log().contains("certificate verify failed"),
        "{}",
        broker.log()
    );
}
