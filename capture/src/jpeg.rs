//! Where a JPEG ends: decoders fill what is missing with grey, and V4L2 buffers carry old bytes after
//! the picture.

/// The length of the JPEG that `bytes` begins with, up to and with its end-of-image marker; `None`
/// where it has none. Walks the segments of ITU-T T.81, annex B.
pub(crate) fn length(bytes: &[u8]) -> Option<usize> {
    if !bytes.starts_with(&[0xFF, 0xD8]) {
        return None;
    }
    let mut at = 2;
    loop {
        // Entropy-coded data of a scan, or filling between segments.
        at += bytes.get(at..)?.iter().position(|&byte| byte == 0xFF)?;
        at += bytes.get(at..)?.iter().position(|&byte| byte != 0xFF)?;
        let marker = *bytes.get(at)?;
        at += 1;
        match marker {
            0xD9 => return Some(at),
            // Stuffed byte, TEM, RSTn and SOI carry no length.
            0x00 | 0x01 | 0xD0..=0xD8 => {}
            _ => {
                let two: [u8; 2] = bytes.get(at..at + 2)?.try_into().ok()?;
                at += usize::from(u16::from_be_bytes(two)).max(2);
            }
        }
    }
}

/// Whether Huffman tables (DHT) stand before the first scan (SOS).
pub(crate) fn has_tables(bytes: &[u8]) -> bool {
    let mut at = 2;
    let mut found = false;
    while let Some([0xFF, marker, high, low]) = bytes.get(at..at + 4) {
        match marker {
            0xDA => return found,
            0xC4 => found = true,
            _ => {}
        }
        at += 2 + usize::from(u16::from_be_bytes([*high, *low])).max(2);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_count_where_they_stand_before_the_scan() {
        let (start, other) = ([0xFF, 0xD8], [0xFF, 0xE1, 0, 4, 0xFF, 0xC4]);
        let (tables, scan) = ([0xFF, 0xC4, 0, 3, 7], [0xFF, 0xDA, 0, 2, 5]);
        assert!(has_tables(&[&start[..], &other, &tables, &scan].concat()));
        assert!(!has_tables(&[&start[..], &other, &scan, &tables].concat()));
        assert!(!has_tables(&[&start[..], &tables].concat()));
        assert!(!has_tables(&[]));
    }

    /// SOI, an application segment that holds an end marker, a scan with a stuffed byte, EOI.
    const SMALL: [u8; 17] = [
        0xFF, 0xD8, 0xFF, 0xE1, 0, 4, 0xFF, 0xD9, 0xFF, 0xDA, 0, 2, 5, 0xFF, 0x00, 0xFF, 0xD9,
    ];

    #[test]
    fn a_jpeg_ends_at_its_own_end_marker_and_not_at_one_inside_a_segment() {
        let mut bytes = SMALL.to_vec();
        bytes.extend([9, 9, 0xFF, 0xD9]);
        assert_eq!(length(&bytes), Some(SMALL.len()));
    }

    #[test]
    fn a_jpeg_cut_off_anywhere_has_no_end() {
        for end in 0..SMALL.len() {
            assert_eq!(length(&SMALL[..end]), None, "cut at {end}");
        }
    }
}
