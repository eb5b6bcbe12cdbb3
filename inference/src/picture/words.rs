//! What a picture file says of itself in EXIF (CIPA DC-008), read without decoding a pixel.
//!
//! Read for one purpose: to be held against the picture and the clock (`liveness::injection::words`). Places, names and
//! serial numbers are not looked at.

use std::io::Cursor;

use exif::{DateTime, Exif, In, Reader, Tag, Value};
use time::{Date, Month, PrimitiveDateTime, Time, UtcOffset};

/// Names of programs that change what is in a picture, in small letters: cameras and phones write a version here.
const EDITORS: [&str; 26] = [
    "photoshop",
    "lightroom",
    "firefly",
    "gimp",
    "affinity",
    "pixelmator",
    "paint.net",
    "paintshop",
    "photopea",
    "canva",
    "picsart",
    "snapseed",
    "vsco",
    "faceapp",
    "facetune",
    "meitu",
    "beautyplus",
    "youcam",
    "remini",
    "airbrush",
    "inshot",
    "midjourney",
    "stable diffusion",
    "comfyui",
    "dall-e",
    "deepfacelab",
];
/// The largest thumbnail that is looked at: the standard's has to fit into a segment of 64 KiB.
const MOST_THUMBNAIL: usize = 64 << 10;

/// A time as the file has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatedTime {
    /// The camera's clock.
    pub local: PrimitiveDateTime,
    /// How far that is from UTC, where it is said.
    pub offset: Option<UtcOffset>,
}

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PictureWords {
    /// A program that changes what is in pictures says that it wrote the file.
    pub edited: bool,
    /// When the picture was taken.
    pub taken: Option<StatedTime>,
    /// When the file was changed last.
    pub changed: Option<StatedTime>,
    /// Width and height, as stored.
    pub sides: Option<[u32; 2]>,
    /// The orientation's number; 1 is upright.
    pub orientation: Option<u32>,
    /// The small picture that lies beside it, a JPEG.
    pub thumbnail: Option<Vec<u8>>,
}

/// The file's own words can't be read although they are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the picture's EXIF is damaged")]
pub struct UnreadableWords;

impl PictureWords {
    /// Reads a file's words; `None` where it has none, or none that are of use.
    ///
    /// # Errors
    /// [`UnreadableWords`].
    pub fn read(file: &[u8]) -> Result<Option<Self>, UnreadableWords> {
        let exif = match Reader::new().read_from_container(&mut Cursor::new(file)) {
            Ok(exif) => exif,
            // Files without EXIF, and formats that have none.
            Err(exif::Error::NotFound(_) | exif::Error::InvalidFormat("Unknown image format")) => {
                return Ok(None);
            }
            Err(_) => return Err(UnreadableWords),
        };
        let words = Self {
            edited: edited(&exif),
            taken: time_of(&exif, Tag::DateTimeOriginal, Tag::OffsetTimeOriginal),
            changed: time_of(&exif, Tag::DateTime, Tag::OffsetTime),
            sides: number(&exif, Tag::PixelXDimension)
                .zip(number(&exif, Tag::PixelYDimension))
                .map(|(width, height)| [width, height]),
            orientation: number(&exif, Tag::Orientation),
            thumbnail: thumbnail(&exif),
        };
        Ok((words != Self::default()).then_some(words))
    }
}

fn number(exif: &Exif, tag: Tag) -> Option<u32> {
    exif.get_field(tag, In::PRIMARY)?.value.get_uint(0)
}

fn text(exif: &Exif, tag: Tag) -> Option<&[u8]> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(lines) => lines.first().map(Vec::as_slice),
        _ => None,
    }
}

fn edited(exif: &Exif) -> bool {
    [Tag::Software, Tag::ImageDescription]
        .into_iter()
        .filter_map(|tag| text(exif, tag))
        .any(|said| {
            let said = String::from_utf8_lossy(said).to_lowercase();
            EDITORS.iter().any(|editor| said.contains(editor))
        })
}

fn time_of(exif: &Exif, tag: Tag, offset: Tag) -> Option<StatedTime> {
    let mut read = DateTime::from_ascii(text(exif, tag)?).ok()?;
    let said = text(exif, offset).and_then(|said| read.parse_offset(said).ok());
    let month = Month::try_from(read.month).ok()?;
    let date = Date::from_calendar_date(read.year.into(), month, read.day).ok()?;
    let time = Time::from_hms(read.hour, read.minute, read.second).ok()?;
    let offset = said
        .and(read.offset)
        .and_then(|minutes| UtcOffset::from_whole_seconds(i32::from(minutes) * 60).ok());
    Some(StatedTime {
        local: PrimitiveDateTime::new(date, time),
        offset,
    })
}

fn thumbnail(exif: &Exif) -> Option<Vec<u8>> {
    let of = |tag: Tag| {
        let field = exif.get_field(tag, In::THUMBNAIL)?;
        Some(field.value.get_uint(0)? as usize)
    };
    let from = of(Tag::JPEGInterchangeFormat)?;
    let length = of(Tag::JPEGInterchangeFormatLength)?;
    let bytes = exif.buf().get(from..from.checked_add(length)?)?;
    (length <= MOST_THUMBNAIL).then(|| bytes.to_vec())
}
