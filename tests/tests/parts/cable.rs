//! The cable does to connections what its name says, so that tests which pull it can be believed.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use kiosk_tests::rig::{Cable, Flow, until};

const SECOND: Duration = Duration::from_secs(1);

/// A server that sends back what it gets, in capitals.
fn shouting_server() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut buffer = [0; 64];
                while let Ok(read @ 1..) = stream.read(&mut buffer) {
                    buffer.make_ascii_uppercase();
                    if stream.write_all(&buffer[..read]).is_err() {
                        break;
                    }
                }
            });
        }
    });
    address
}

fn client(cable: &Cable) -> TcpStream {
    let stream = TcpStream::connect(cable.address()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    stream
}

fn ask(stream: &mut TcpStream) -> Result<String, ErrorKind> {
    let mut buffer = [0; 64];
    stream.write_all(b"hello").map_err(|why| why.kind())?;
    let read = stream.read(&mut buffer).map_err(|why| why.kind())?;
    Ok(String::from_utf8_lossy(&buffer[..read]).into_owned())
}

#[test]
fn a_whole_cable_carries_both_ways() {
    let cable = Cable::lay(shouting_server()).unwrap();

    assert_eq!(ask(&mut client(&cable)).as_deref(), Ok("HELLO"));
    // Bytes are counted after they were passed on: the answer may be here before its count.
    let counted = || (cable.bytes_up(), cable.bytes_down(), cable.connections());
    until("the answer's count", SECOND, || counted() == (5, 5, 1)).unwrap();
    assert_eq!(counted(), (5, 5, 1));
}

#[test]
fn a_pulled_cable_resets_what_was_connected_and_refuses_what_comes() {
    let cable = Cable::lay(shouting_server()).unwrap();
    let mut open = client(&cable);
    assert_eq!(ask(&mut open).as_deref(), Ok("HELLO"));

    cable.unplug();

    let mut last = Ok(0);
    until("the reset", SECOND, || {
        last = open.read(&mut [0; 8]).map_err(|why| why.kind());
        last != Err(ErrorKind::WouldBlock)
    })
    .unwrap();
    assert_eq!(last, Err(ErrorKind::ConnectionReset));
    let refused = TcpStream::connect(cable.address()).map_err(|why| why.kind());
    assert_eq!(refused.err(), Some(ErrorKind::ConnectionRefused));
}

#[test]
fn a_cable_put_back_carries_again_on_the_same_port() {
    let cable = Cable::lay(shouting_server()).unwrap();
    for _ in 0..3 {
        cable.unplug();
        cable.plug();
        assert_eq!(ask(&mut client(&cable)).as_deref(), Ok("HELLO"));
    }
}

#[test]
fn answers_that_are_lost_were_yet_asked_for() {
    let cable = Cable::lay(shouting_server()).unwrap();
    let mut open = client(&cable);
    assert_eq!(ask(&mut open).as_deref(), Ok("HELLO"));

    cable.set(Flow::AnswersLost);

    assert_eq!(ask(&mut open), Err(ErrorKind::WouldBlock));
    assert_eq!((cable.bytes_up(), cable.bytes_down()), (10, 5));
}

#[test]
fn a_silent_cable_tells_nobody() {
    let cable = Cable::lay(shouting_server()).unwrap();
    cable.set(Flow::Silent);

    assert_eq!(ask(&mut client(&cable)), Err(ErrorKind::WouldBlock));
    assert_eq!(cable.bytes_up(), 0);
}
