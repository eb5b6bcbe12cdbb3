//! A disk with a volatile cache, served over NBD: what was not flushed is lost when the power goes.
//!
//! ```text
//!  write ──► later ──┬─ FLUSH, FUA ──► kept
//!                    └─ cut ──► a random part of it, one write torn ──► kept
//!  read  ──► as written
//! ```
//!
//! It speaks the fixed newstyle handshake and simple replies, as qemu wants them: see the NBD protocol's text,
//! `doc/proto.md` of the reference implementation.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

use rand::Rng;
use rand::rngs::StdRng;

const SECTOR: usize = 512;
const OPTION_MAGIC: u64 = 0x4948_4156_454f_5054;
const REPLY_MAGIC: u64 = 0x0003_e889_0455_65a9;
const OPT_ABORT: u32 = 2;
const OPT_GO: u32 = 7;
const REP_ACK: u32 = 1;
const REP_INFO: u32 = 3;
const REP_ERR_UNSUP: u32 = 0x8000_0001;
/// Flags are given, flush and FUA are understood.
const TRANSMISSION: u16 = 1 | 4 | 8;
const REQUEST: u32 = 0x2560_9513;
const SIMPLE_REPLY: u32 = 0x6744_6698;
const FUA: u16 = 1;

/// The disk's content.
pub struct Volatile {
    now: Vec<u8>,
    kept: Vec<u8>,
    later: Vec<Written>,
    dead: bool,
    flushes: u64,
}

/// What was written and not flushed.
struct Written {
    at: usize,
    bytes: Vec<u8>,
    /// With FUA: a cut takes neither it nor its place in the order.
    sure: bool,
}

/// The disk and where it is served.
pub struct Served {
    disk: Arc<Mutex<Volatile>>,
    pub port: u16,
}

impl Served {
    /// Serves a disk to one client.
    pub fn start(content: Vec<u8>) -> io::Result<Self> {
        let disk = Arc::new(Mutex::new(Volatile {
            now: content.clone(),
            kept: content,
            later: Vec::new(),
            dead: false,
            flushes: 0,
        }));
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let shared = Arc::clone(&disk);
        std::thread::spawn(move || {
            // It ends when qemu is gone; what went wrong shows in the guest.
            let _ = listener
                .accept()
                .and_then(|(client, _)| serve(client, &shared));
        });
        Ok(Self { disk, port })
    }

    fn disk(&self) -> MutexGuard<'_, Volatile> {
        self.disk.lock().unwrap()
    }

    /// The power goes: gives what the disk holds then, how many writes were lost or torn, and the flushes before.
    pub fn cut(&self, random: &mut StdRng) -> (Vec<u8>, usize, u64) {
        let mut disk = self.disk();
        disk.dead = true;
        let later = std::mem::take(&mut disk.later);
        let mut kept = std::mem::take(&mut disk.kept);
        let torn = random.random_range(0..later.len().max(1));
        let mut lost = 0;
        for (turn, mut write) in later.into_iter().enumerate() {
            if !write.sure && turn == torn {
                write
                    .bytes
                    .truncate(write.bytes.len() / SECTOR / 2 * SECTOR);
                lost += 1;
            } else if !write.sure && random.random_bool(0.5) {
                lost += 1;
                continue;
            }
            write.put(&mut kept);
        }
        (kept, lost, disk.flushes)
    }
}

impl Written {
    fn put(&self, disk: &mut [u8]) {
        disk[self.at..self.at + self.bytes.len()].copy_from_slice(&self.bytes);
    }
}

impl Volatile {
    fn flush(&mut self) {
        for write in std::mem::take(&mut self.later) {
            write.put(&mut self.kept);
        }
        self.flushes += 1;
    }

    fn write(&mut self, at: usize, bytes: Vec<u8>, sure: bool) {
        let write = Written { at, bytes, sure };
        write.put(&mut self.now);
        self.later.push(write);
    }
}

fn number<const N: usize>(client: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    client.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn serve(mut client: TcpStream, disk: &Mutex<Volatile>) -> io::Result<()> {
    client.set_nodelay(true)?;
    let size = disk.lock().unwrap().now.len() as u64;
    shake_hands(&mut client, size)?;
    loop {
        let magic = u32::from_be_bytes(number(&mut client)?);
        let flags = u16::from_be_bytes(number(&mut client)?);
        let kind = u16::from_be_bytes(number(&mut client)?);
        let handle: [u8; 8] = number(&mut client)?;
        let at = u64::from_be_bytes(number(&mut client)?) as usize;
        let length = u32::from_be_bytes(number(&mut client)?) as usize;
        if magic != REQUEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut bytes = vec![0; if kind == 1 { length } else { 0 }];
        client.read_exact(&mut bytes)?;
        let mut disk = disk.lock().unwrap();
        if disk.dead {
            // Nobody is answered any more.
            return Ok(());
        }
        let mut reply = [SIMPLE_REPLY.to_be_bytes(), 0u32.to_be_bytes()].concat();
        reply.extend(handle);
        match kind {
            0 => reply.extend_from_slice(&disk.now[at..at + length]),
            1 => disk.write(at, bytes, flags & FUA != 0),
            2 => return Ok(()),
            3 => disk.flush(),
            // Not offered: invalid argument.
            _ => reply[4..8].copy_from_slice(&22u32.to_be_bytes()),
        }
        drop(disk);
        client.write_all(&reply)?;
    }
}

fn shake_hands(client: &mut TcpStream, size: u64) -> io::Result<()> {
    client.write_all(b"NBDMAGIC")?;
    client.write_all(&OPTION_MAGIC.to_be_bytes())?;
    // Fixed newstyle, no zeroes.
    client.write_all(&3u16.to_be_bytes())?;
    let _flags: [u8; 4] = number(client)?;
    loop {
        let _magic: [u8; 8] = number(client)?;
        let option = u32::from_be_bytes(number(client)?);
        let length = u32::from_be_bytes(number(client)?) as usize;
        let mut data = vec![0; length];
        client.read_exact(&mut data)?;
        match option {
            OPT_GO => {
                let size = size.to_be_bytes();
                let info = [&[0, 0], size.as_slice(), &TRANSMISSION.to_be_bytes()];
                answer(client, option, REP_INFO, &info.concat())?;
                return answer(client, option, REP_ACK, &[]);
            }
            OPT_ABORT => return Err(io::ErrorKind::ConnectionAborted.into()),
            _ => answer(client, option, REP_ERR_UNSUP, &[])?,
        }
    }
}

fn answer(client: &mut TcpStream, option: u32, kind: u32, data: &[u8]) -> io::Result<()> {
    let mut reply = REPLY_MAGIC.to_be_bytes().to_vec();
    for number in [option, kind, data.len() as u32] {
        reply.extend(number.to_be_bytes());
    }
    reply.extend_from_slice(data);
    client.write_all(&reply)
}
