//! Going through a segment: whole frames one after the other, and what lies between them where it is damaged.

use std::ops::Range;

use super::HEADER;
use super::frame::{self, MAGIC};

/// What stands next in a segment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Scanned {
    Frame {
        commit: u64,
        at: usize,
        body: Range<usize>,
    },
    /// No whole frame begins before the range's end.
    Bad(Range<usize>),
}

/// Goes through a segment's bytes.
pub(crate) struct Scanner<'a> {
    segment: u64,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    /// From the segment's first frame on.
    pub(crate) const fn new(segment: u64, bytes: &'a [u8]) -> Self {
        Self::from(segment, bytes, HEADER as usize)
    }

    /// From the frame at `at` on.
    pub(crate) const fn from(segment: u64, bytes: &'a [u8], at: usize) -> Self {
        Self { segment, bytes, at }
    }

    pub(crate) fn step(&mut self) -> Option<Scanned> {
        if self.at >= self.bytes.len() {
            return None;
        }
        if let Some((commit, body)) = frame::at(self.segment, self.bytes, self.at) {
            let at = std::mem::replace(&mut self.at, body.end);
            return Some(Scanned::Frame { commit, at, body });
        }
        let begun = self.at;
        let next = (begun + 1..self.bytes.len()).find(|at| {
            self.bytes[*at..].starts_with(&MAGIC)
                && frame::at(self.segment, self.bytes, *at).is_some()
        });
        self.at = next.unwrap_or(self.bytes.len());
        Some(Scanned::Bad(begun..self.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(frames: u64) -> (Vec<u8>, Vec<usize>) {
        let mut bytes = vec![0; HEADER as usize];
        let mut starts = Vec::new();
        for commit in 1..=frames {
            starts.push(bytes.len());
            let body = frame::body(&[(vec![1; 9], Some(vec![commit as u8; 50]))]);
            let frame = frame::frame(1, bytes.len() as u64, commit, &body);
            bytes.extend(frame);
        }
        (bytes, starts)
    }

    fn all(bytes: &[u8]) -> Vec<Scanned> {
        let mut scanner = Scanner::new(1, bytes);
        std::iter::from_fn(|| scanner.step()).collect()
    }

    #[test]
    fn frames_behind_a_damaged_one_are_found_whatever_byte_of_it_is_wrong() {
        let (whole, starts) = segment(3);
        for place in starts[1]..starts[2] {
            let mut damaged = whole.clone();
            damaged[place] ^= 0x55;

            let found = all(&damaged);

            assert_eq!(found[1], Scanned::Bad(starts[1]..starts[2]), "byte {place}");
            assert!(matches!(found[2], Scanned::Frame { commit: 3, .. }));
        }
    }

    #[test]
    fn a_segment_cut_anywhere_gives_its_whole_frames_and_one_rest() {
        let (whole, starts) = segment(3);
        for length in HEADER as usize..whole.len() {
            let found = all(&whole[..length]);
            let frames = starts.iter().filter(|start| **start + 86 <= length).count();
            let rest = usize::from(!starts.contains(&length));
            assert_eq!(found.len(), frames + rest, "{length} bytes");
        }
    }
}
