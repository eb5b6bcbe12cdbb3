//! The one thing of EXIF that is read: which way is up (CIPA DC-008, tag 0x0112 of the first directory).
//!
//! ```text
//! "II*\0" or "MM\0*"  offset u32 ─► count u16, then entries of 12 bytes: tag u16, type u16, count u32, value
//! ```

/// How stored pixels have to be turned to stand upright, numbered as EXIF does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Orientation {
    /// 1, or nothing said.
    Upright,
    /// 2: left and right change places.
    Mirrored,
    /// 3: half a turn.
    HalfTurn,
    /// 4: top and bottom change places.
    Flipped,
    /// 5: rows become columns.
    Transposed,
    /// 6: a quarter turn to the right.
    QuarterRight,
    /// 7: rows become columns, and half a turn.
    Transversed,
    /// 8: a quarter turn to the left.
    QuarterLeft,
}

impl Orientation {
    /// Whether width and height change places.
    pub const fn swaps_sides(self) -> bool {
        matches!(
            self,
            Self::Transposed | Self::QuarterRight | Self::Transversed | Self::QuarterLeft
        )
    }

    /// Reads a TIFF header's orientation; what cannot be made out is upright, as every reader has it.
    pub(super) fn of_tiff(tiff: &[u8]) -> Self {
        match orientation(tiff) {
            Some(2) => Self::Mirrored,
            Some(3) => Self::HalfTurn,
            Some(4) => Self::Flipped,
            Some(5) => Self::Transposed,
            Some(6) => Self::QuarterRight,
            Some(7) => Self::Transversed,
            Some(8) => Self::QuarterLeft,
            _ => Self::Upright,
        }
    }
}

fn orientation(tiff: &[u8]) -> Option<u16> {
    let little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let word = |at: usize| {
        let two: [u8; 2] = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little {
            u16::from_le_bytes(two)
        } else {
            u16::from_be_bytes(two)
        })
    };
    let four: [u8; 4] = tiff.get(4..8)?.try_into().ok()?;
    let directory = if little {
        u32::from_le_bytes(four)
    } else {
        u32::from_be_bytes(four)
    } as usize;
    let entries = usize::from(word(directory)?);
    (0..entries)
        .map(|entry| directory + 2 + 12 * entry)
        .find(|at| word(*at) == Some(0x0112))
        .and_then(|at| word(at + 8))
}
