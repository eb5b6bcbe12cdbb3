//! A frame: the changes of one commit, as they lie in a segment.
//!
//! ```text
//!  magic (4) ‖ length of body (4) ‖ CRC32C (4) ‖ commit (8) ‖ body
//!                                     │
//!                                     └── over segment (8) ‖ offset (8) ‖ length ‖ commit ‖ body
//!  body: one after the other
//!        kind (1: 0 removed, 1 put) ‖ length of key (2) ‖ length of value (4) ‖ key ‖ value
//! ```
//!
//! Numbers are big-endian. The checksum covers the place, so that a block that a disk or a file system brings
//! back from elsewhere is no frame here.

use std::ops::Range;

/// How a frame begins.
pub(crate) const MAGIC: [u8; 4] = *b"kjF1";
/// Bytes before a frame's body.
pub(crate) const HEAD: usize = 20;
/// No frame is longer: a request alone stays far below (see `writer` and the limits of `kiosk_wire`).
pub(crate) const LONGEST: usize = 64 * 1024 * 1024;

const CHANGE: usize = 7;

/// One key put or removed.
pub(crate) type Change = (Vec<u8>, Option<Vec<u8>>);

/// A change as it stands in a frame's body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: Vec<u8>,
    /// Where in the body the value lies; `None` where the key is removed.
    pub(crate) value: Option<Range<usize>>,
}

/// What an entry takes in a body.
pub(crate) const fn entry_bytes(key: usize, value: usize) -> u64 {
    (CHANGE + key + value) as u64
}

/// The body of a commit.
pub(crate) fn body(changes: &[Change]) -> Vec<u8> {
    let mut body = Vec::new();
    for (key, value) in changes {
        let bytes = value.as_deref().unwrap_or_default();
        body.push(u8::from(value.is_some()));
        // Keys have at most 49 bytes by the layout, values at most a record's length.
        body.extend_from_slice(&(key.len() as u16).to_be_bytes());
        body.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
        body.extend_from_slice(key);
        body.extend_from_slice(bytes);
    }
    body
}

/// A whole frame for its place.
pub(crate) fn frame(segment: u64, offset: u64, commit: u64, body: &[u8]) -> Vec<u8> {
    let length = body.len() as u32;
    let mut frame = Vec::with_capacity(HEAD + body.len());
    frame.extend_from_slice(&MAGIC);
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(&checksum(segment, offset, length, commit, body).to_be_bytes());
    frame.extend_from_slice(&commit.to_be_bytes());
    frame.extend_from_slice(body);
    frame
}

fn checksum(segment: u64, offset: u64, length: u32, commit: u64, body: &[u8]) -> u32 {
    let mut place = [0; 28];
    place[..8].copy_from_slice(&segment.to_be_bytes());
    place[8..16].copy_from_slice(&offset.to_be_bytes());
    place[16..20].copy_from_slice(&length.to_be_bytes());
    place[20..].copy_from_slice(&commit.to_be_bytes());
    crc32c::crc32c_append(crc32c::crc32c(&place), body)
}

/// The frame that begins at `at` of a segment's bytes, if a whole one does: its commit and its body's place.
pub(crate) fn at(segment: u64, bytes: &[u8], at: usize) -> Option<(u64, Range<usize>)> {
    let head: &[u8; HEAD] = bytes.get(at..)?.first_chunk()?;
    let (magic, rest) = head.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (sum, rest) = rest.split_first_chunk()?;
    let commit = u64::from_be_bytes(*rest.first_chunk()?);
    let length = u32::from_be_bytes(*length);
    if *magic != MAGIC || length as usize > LONGEST {
        return None;
    }
    let body = at + HEAD..at + HEAD + length as usize;
    let whole = bytes.get(body.clone())?;
    let expected = checksum(segment, at as u64, length, commit, whole);
    (expected == u32::from_be_bytes(*sum)).then_some((commit, body))
}

/// The changes of a body; `None` where it is not what a frame holds, which a right checksum rules out.
pub(crate) fn entries(body: &[u8]) -> Option<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut at = 0;
    while at < body.len() {
        let head: &[u8; CHANGE] = body.get(at..)?.first_chunk()?;
        let key = usize::from(u16::from_be_bytes([head[1], head[2]]));
        let value = u32::from_be_bytes([head[3], head[4], head[5], head[6]]) as usize;
        let key = at + CHANGE..at + CHANGE + key;
        let value = key.end..key.end + value;
        at = value.end;
        let key = body.get(key)?.to_vec();
        body.get(value.clone())?;
        let value = (head[0] != 0).then_some(value);
        entries.push(Entry { key, value });
    }
    Some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes() -> Vec<Change> {
        vec![
            (b"one".to_vec(), Some(b"first".to_vec())),
            (b"two".to_vec(), None),
            (b"three".to_vec(), Some(Vec::new())),
        ]
    }

    #[test]
    fn a_frame_reads_as_it_was_written_at_its_place_and_nowhere_else() {
        let written = [vec![0; 9], frame(3, 9, 7, &body(&changes()))].concat();

        let (commit, place) = at(3, &written, 9).unwrap();

        assert_eq!(commit, 7);
        let found = entries(&written[place.clone()]).unwrap();
        let value = |entry: &Entry| {
            let bytes = entry.value.clone()?;
            Some(written[place.clone()][bytes].to_vec())
        };
        let read: Vec<Change> = found
            .iter()
            .map(|entry| (entry.key.clone(), value(entry)))
            .collect();
        assert_eq!(read, changes());
        assert_eq!(at(4, &written, 9), None, "another segment");
        assert_eq!(at(3, &written[1..], 8), None, "another offset");
    }

    #[test]
    fn a_frame_with_any_bit_changed_or_any_byte_missing_is_none() {
        let whole = frame(1, 0, 1, &body(&changes()));
        for bit in 0..whole.len() * 8 {
            let mut changed = whole.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(at(1, &changed, 0), None, "bit {bit}");
        }
        for length in 0..whole.len() {
            assert_eq!(at(1, &whole[..length], 0), None, "{length} bytes");
        }
    }
}
