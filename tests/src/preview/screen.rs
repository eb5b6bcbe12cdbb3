//! A viewer of the preview's Unix socket, as the kiosk's own screen is one.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::Value;

/// A message that takes longer is not awaited.
const MESSAGE_WITHIN: Duration = Duration::from_secs(20);
/// Larger than any frame.
const LONGEST: usize = 64 << 20;

/// One message.
#[derive(Debug)]
pub struct Told {
    /// Its head.
    pub head: Value,
    /// The picture; empty where it has none.
    pub picture: Vec<u8>,
}

impl Told {
    /// From the bytes of a message, without the length before it.
    pub fn parse(message: &[u8]) -> anyhow::Result<Self> {
        let (length, rest) = message.split_first_chunk::<4>().context("no head")?;
        let length = u32::from_be_bytes(*length) as usize;
        ensure!(length <= rest.len(), "the head is cut off");
        let (head, picture) = rest.split_at(length);
        Ok(Self {
            head: serde_json::from_slice(head)?,
            picture: picture.to_vec(),
        })
    }

    /// The frame's number; none of another message.
    pub fn sequence(&self) -> Option<u64> {
        self.head["sequence"].as_u64()
    }

    /// The state that it tells; none of another message.
    pub fn state(&self) -> Option<&str> {
        self.head["state"].as_str()
    }
}

/// The viewer.
#[derive(Debug)]
pub struct Screen(UnixStream);

impl Screen {
    /// Opens the socket and says what is wanted, such as `{"place": "face", "form": "jpeg"}`.
    pub fn open(socket: &Path, wish: &str) -> anyhow::Result<Self> {
        let mut stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(MESSAGE_WITHIN))?;
        stream.write_all(format!("{wish}\n").as_bytes())?;
        Ok(Self(stream))
    }

    /// The next message.
    pub fn told(&mut self) -> anyhow::Result<Told> {
        let mut length = [0; 4];
        self.0.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length) as usize;
        ensure!(length <= LONGEST, "a message of {length} bytes");
        let mut message = vec![0; length];
        self.0.read_exact(&mut message)?;
        Told::parse(&message)
    }

    /// The next message that `is` it.
    pub fn until(&mut self, is: impl Fn(&Told) -> bool) -> anyhow::Result<Told> {
        for _ in 0..10_000 {
            let told = self.told()?;
            if is(&told) {
                return Ok(told);
            }
        }
        anyhow::bail!("it did not come in 10,000 messages")
    }
}
