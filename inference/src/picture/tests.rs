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
    imgcodecs::imencode(extension, &mat, &mut out, &Vector::new()).unwrap();
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
