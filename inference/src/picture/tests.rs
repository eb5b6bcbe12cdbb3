//! What is let in, and what is refused how.

use super::*;

fn a_picture(width: u32, height: u32) -> Picture {
    let pixel = |i: u32| {
        let (x, y) = (i % width, i / width);
        [
            (x * 7 % 256) as u8,
            (y * 5 % 256) as u8,
            ((x + y) * 3 % 256) as u8,
        ]
    };
    let bgr = (0..width * height).flat_map(pixel).collect();
    Picture::from_bgr(width, height, bgr).unwrap()
}

fn encoded(picture: &Picture, extension: &str) -> Vec<u8> {
    let mut out = Vector::<u8>::new();
    let mat = picture.as_mat().unwrap();
    let lossy = Vector::from_slice(&[imgcodecs::IMWRITE_WEBP_QUALITY, 90]);
    let options = if extension == ".webp" {
        lossy
    } else {
        Vector::new()
    };
    imgcodecs::imencode(extension, &mat, &mut out, &options).unwrap();
    out.to_vec()
}

fn progressive(picture: &Picture) -> Vec<u8> {
    let mut out = Vector::<u8>::new();
    let options = Vector::from_slice(&[imgcodecs::IMWRITE_JPEG_PROGRESSIVE, 1]);
    imgcodecs::imencode(".jpg", &picture.as_mat().unwrap(), &mut out, &options).unwrap();
    out.to_vec()
}

fn decode(bytes: &[u8]) -> Result<Picture, PictureError> {
    Picture::decode(bytes, &DecodeLimits::default())
}

#[test]
fn every_accepted_format_decodes_to_its_size() {
    let picture = a_picture(37, 23);
    for extension in [".jpg", ".png", ".webp", ".bmp"] {
        let decoded = decode(&encoded(&picture, extension)).unwrap();
        assert_eq!((decoded.width(), decoded.height()), (37, 23), "{extension}");
    }
    assert_eq!(decode(&encoded(&picture, ".png")).unwrap(), picture);
}

#[test]
fn nothing_and_noise_are_typed_refusals() {
    assert!(matches!(decode(&[]), Err(PictureError::Empty)));
    assert!(matches!(
        decode(b"GIF89a and more"),
        Err(PictureError::UnknownFormat)
    ));
    assert!(matches!(
        decode(b"%PDF-1.7"),
        Err(PictureError::UnknownFormat)
    ));
}

#[test]
fn a_file_cut_anywhere_is_refused_and_never_panics() {
    let picture = a_picture(64, 48);
    for extension in [".jpg", ".png", ".webp", ".bmp"] {
        let bytes = encoded(&picture, extension);
        for end in 0..bytes.len() {
            assert!(decode(&bytes[..end]).is_err(), "{extension} cut at {end}");
        }
    }
}

#[test]
fn a_jpeg_without_its_end_is_called_truncated() {
    let bytes = encoded(&a_picture(64, 48), ".jpg");
    assert!(matches!(
        decode(&bytes[..bytes.len() / 2]),
        Err(PictureError::Truncated)
    ));
    assert!(matches!(
        decode(&bytes[..bytes.len() - 2]),
        Err(PictureError::Truncated)
    ));
}

#[test]
fn a_hundred_megapixels_are_refused_from_the_header_alone() {
    let mut bytes = encoded(&a_picture(8, 8), ".jpg");
    let sof = bytes
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .unwrap();
    bytes[sof + 5..sof + 9].copy_from_slice(&[0x27, 0x10, 0x27, 0x10]); // 10,000 x 10,000
    let error = decode(&bytes).unwrap_err();
    assert!(
        matches!(
            error,
            PictureError::TooManyPixels {
                width: 10_000,
                height: 10_000,
                ..
            }
        ),
        "{error}"
    );
    let mut bytes = encoded(&a_picture(8, 8), ".png");
    bytes[16..24].copy_from_slice(&[0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10]);
    assert!(matches!(
        decode(&bytes),
        Err(PictureError::TooManyPixels { .. })
    ));
}

/// Limits under which the picture does not fit as it is, and fits at half its size.
fn tight(width: u64, height: u64) -> DecodeLimits {
    DecodeLimits {
        max_memory: width * height * 3 / 2 + (4 << 20),
        ..DecodeLimits::default()
    }
}

#[test]
fn a_jpeg_that_would_take_too_much_memory_is_decoded_at_half_its_size() {
    let picture = a_picture(4001, 301);
    let half = Picture::decode(&encoded(&picture, ".jpg"), &tight(4001, 301)).unwrap();
    assert_eq!((half.width(), half.height()), (2001, 151));
}

#[test]
fn what_cannot_be_halved_is_refused_with_the_limit() {
    let picture = a_picture(4001, 301);
    for extension in [".png", ".bmp", ".webp"] {
        let error = Picture::decode(&encoded(&picture, extension), &tight(4001, 301)).unwrap_err();
        assert_eq!(error.code(), "PICTURE_TOO_LARGE", "{extension}: {error}");
        let PictureError::TooMuchMemory { bytes, limit, .. } = error else {
            panic!("{error}");
        };
        assert!(bytes > limit && limit == tight(4001, 301).max_memory);
    }
}

#[test]
fn a_picture_is_not_halved_below_what_a_document_is_read_at() {
    let small = encoded(&a_picture(3001, 301), ".jpg");
    assert!(matches!(
        Picture::decode(&small, &tight(3001, 301)),
        Err(PictureError::TooMuchMemory { .. })
    ));
}

#[test]
fn a_progressive_jpeg_is_counted_with_its_coefficients() {
    let bytes = progressive(&a_picture(4000, 320));
    let header = Header::read(&bytes).unwrap();
    // 4:2:0: a block of 64 coefficients of 16 bits for each 8 x 8 of brightness, and two for four such.
    assert_eq!(header.held, 4000 * 320 * 3);
    assert_eq!(
        Header::read(&encoded(&a_picture(4000, 320), ".jpg"))
            .unwrap()
            .held,
        0
    );
    assert!(matches!(
        Picture::decode(&bytes, &tight(4000, 320)),
        Err(PictureError::TooMuchMemory { .. })
    ));
}

#[test]
fn compressed_text_beside_the_pixels_counts_at_what_it_may_grow_to() {
    let png = encoded(&a_picture(8, 8), ".png");
    let chunk = [&20_000_u32.to_be_bytes()[..], b"zTXt", &[0; 20_004]].concat();
    let bomb = [&png[..33], &chunk.repeat(5), &png[33..]].concat();
    assert!(matches!(
        decode(&bomb),
        Err(PictureError::TooMuchMemory { .. })
    ));
}

#[test]
fn lossless_webp_is_taken_from_own_files_and_refused_from_outside() {
    let picture = a_picture(37, 23);
    let mut out = Vector::<u8>::new();
    imgcodecs::imencode(
        ".webp",
        &picture.as_mat().unwrap(),
        &mut out,
        &Vector::new(),
    )
    .unwrap();
    let bytes = out.to_vec();
    assert!(matches!(decode(&bytes), Err(PictureError::Unbounded)));
    let own = Picture::decode(&bytes, &DecodeLimits::for_own_files()).unwrap();
    assert_eq!(own, picture);
}

#[test]
fn too_many_bytes_are_refused_before_reading_them() {
    let limits = DecodeLimits {
        max_bytes: 10,
        ..DecodeLimits::default()
    };
    let error = Picture::decode(&encoded(&a_picture(8, 8), ".png"), &limits).unwrap_err();
    assert!(matches!(
        error,
        PictureError::TooManyBytes { limit: 10, .. }
    ));
}

#[test]
fn exif_orientation_turns_the_picture_upright() {
    let bytes = encoded(&a_picture(64, 32), ".jpg");
    let exif =
        b"\xFF\xE1\x00\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let turned = [&bytes[..2], exif, &bytes[2..]].concat();
    let picture = decode(&turned).unwrap();
    assert_eq!((picture.width(), picture.height()), (32, 64));
    let stored = decode(&bytes).unwrap();
    // A quarter turn to the right: what was the lower left corner is the upper left.
    assert_eq!(picture.bgr()[..3], stored.bgr()[31 * 64 * 3..][..3]);
}

#[test]
fn a_crop_is_cut_at_the_edge_and_refused_outside() {
    let picture = a_picture(20, 10);
    let region = Region {
        x: 15.0,
        y: -5.0,
        width: 10.0,
        height: 10.0,
    };
    let part = picture.crop(region).unwrap();
    assert_eq!((part.width(), part.height()), (5, 5));
    assert_eq!(part.bgr()[..3], picture.bgr()[15 * 3..16 * 3]);
    let outside = Region {
        x: 30.0,
        y: 0.0,
        width: 5.0,
        height: 5.0,
    };
    assert!(matches!(
        picture.crop(outside),
        Err(PictureError::OutsidePicture)
    ));
}

#[test]
fn debug_output_shows_no_pixel() {
    assert_eq!(format!("{:?}", a_picture(20, 10)), "Picture(20x10)");
}

#[test]
fn wrong_row_lengths_are_refused() {
    assert!(matches!(
        Picture::from_bgr(2, 2, vec![0; 11]),
        Err(PictureError::WrongLength {
            expected: 12,
            given: 11,
            ..
        })
    ));
}
