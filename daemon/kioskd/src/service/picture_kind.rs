//! A single picture or a clip: told by how the bytes begin, never by a name.

/// Whether the bytes begin as a picture does: JPEG, PNG, WebP or BMP.
pub fn is_picture(bytes: &[u8]) -> bool {
    let jpeg = bytes.starts_with(&[0xff, 0xd8, 0xff]);
    let png = bytes.starts_with(b"\x89PNG");
    let webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    let bmp = bytes.starts_with(b"BM");
    jpeg || png || webp || bmp
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_avi_is_no_picture_although_it_begins_as_webp_does() {
        assert!(is_picture(b"RIFF\0\0\0\0WEBPVP8 "));
        assert!(!is_picture(b"RIFF\0\0\0\0AVI LIST"));
        assert!(!is_picture(b""));
    }
}
