//! What an uploaded picture says of itself in EXIF, against its pixels and the clock.
//!
//! ```text
//! software ──► one that changes what is in pictures
//! dates ─────► taken after it came · long before it was asked for · changed before it was taken
//! sides ─────► another shape than the pixels have · a turn that was made already
//! thumbnail ─► another picture
//! ```
//!
//! Most uploads say nothing: browsers and messengers take EXIF out. A file whose words are all right proves nothing, since
//! whoever edits a picture can edit these too; the check tells the tools that don't care. Limits are chosen and reasoned at
//! each constant; how often bona fide files reach them was measured on no collection.

use time::{Duration, OffsetDateTime, PrimitiveDateTime};

use super::phash::perceptual_hash;
use super::{Judgement, Reason, WhyNot, by_limit};
use crate::Error;
use crate::picture::{DecodeLimits, Header, Picture, PictureWords, Region, StatedTime};

/// Without an offset the camera's zone is unknown: from UTC-12 to UTC+14.
const ZONES: [Duration; 2] = [Duration::hours(-14), Duration::hours(12)];
/// A phone's clock is set by its network; a camera's by hand, some minutes off.
const AHEAD: Duration = Duration::hours(2);
/// A picture that was asked for now: a session lasts a day.
const OLD: Duration = Duration::hours(24);
/// Taken and changed may be written in two zones where neither is said.
const OUT_OF_ORDER: Duration = Duration::hours(26);
/// Rounding of sides by programs that make a picture smaller.
const SHAPE_OFF: f32 = 0.03;
/// Bits of 63 in which a thumbnail and its picture differ, at the limit: half of the 31.5 in which two pictures without relation do
/// would be 16; thumbnails of the project's own pictures lay at most 8 apart (this file's tests).
const BITS_OFF: f32 = 16.0;
/// Widest and highest thumbnail: more is a picture of its own.
const MOST_THUMBNAIL_SIDE: u32 = 1024;

/// When an upload came, and whether it was asked for right before.
#[derive(Debug, Clone, Copy)]
pub struct Upload {
    /// The kiosk's clock.
    pub at: OffsetDateTime,
    /// Asked for now, as a selfie or an answer is. A document's picture may have been taken long ago.
    pub asked_now: bool,
}

/// Judges a file's words against its picture, which was decoded of it.
///
/// # Errors
/// Where an image operation fails.
pub fn judge_words(file: &[u8], picture: &Picture, upload: Upload) -> Result<Judgement, Error> {
    let words = match PictureWords::read(file) {
        Ok(Some(words)) => words,
        Ok(None) => return Ok(Judgement::NotAssessed(WhyNot::NotStated)),
        Err(_) => return Ok(Judgement::NotAssessed(WhyNot::Unreadable)),
    };
    let stored = Header::read(file).map(|header| [header.width, header.height]);
    let found = [
        Some(Judgement::of(
            if words.edited { 0.6 } else { 0.0 },
            Reason::EditingSoftware,
        )),
        dates(&words, upload),
        stored.ok().and_then(|stored| sides(&words, stored)),
        thumbnail(&words, picture)?,
    ];
    let judged = found.into_iter().flatten().reduce(Judgement::louder);
    Ok(judged.unwrap_or(Judgement::NotAssessed(WhyNot::NotStated)))
}

/// The earliest and the latest moment that a stated time can mean.
fn span(stated: StatedTime) -> [OffsetDateTime; 2] {
    match stated.offset {
        Some(offset) => [stated.local.assume_offset(offset); 2],
        None => ZONES.map(|zone| stated.local.assume_utc().saturating_add(zone)),
    }
}

fn dates(words: &PictureWords, upload: Upload) -> Option<Judgement> {
    let hours = |span: Duration| span.as_seconds_f64() as f32 / 3_600.0;
    let by = |span: Duration, limit: Duration, reason: Reason| {
        Judgement::of(by_limit(hours(span), 0.0, hours(limit)), reason)
    };
    let of_now = words.taken.or(words.changed).map(|stated| {
        let [earliest, latest] = span(stated);
        let ahead = by(earliest - upload.at, AHEAD, Reason::TakenInFuture);
        match upload.asked_now {
            true => ahead.louder(by(upload.at - latest, OLD, Reason::TakenLongBefore)),
            false => ahead,
        }
    });
    let local = |stated: StatedTime| -> PrimitiveDateTime { stated.local };
    let order = words.taken.zip(words.changed).map(|(taken, changed)| {
        let early = local(taken) - local(changed);
        by(early, OUT_OF_ORDER, Reason::ChangedBeforeTaken)
    });
    [of_now, order]
        .into_iter()
        .flatten()
        .reduce(Judgement::louder)
}

/// Sides of another shape were cut. A picture that was made smaller or turned upright, its words with it, is none.
fn sides(words: &PictureWords, stored: [u32; 2]) -> Option<Judgement> {
    let stated = words
        .sides
        .filter(|sides| sides.iter().all(|side| *side > 0))?;
    let shape = |[width, height]: [u32; 2]| width as f32 / height as f32;
    let off = |one: f32, two: f32| (one / two).max(two / one) - 1.0;
    let as_stored = off(shape(stated), shape(stored));
    let turned = off(1.0 / shape(stated), shape(stored));
    let turns = words
        .orientation
        .is_some_and(|number| (5..=8).contains(&number));
    Some(if as_stored <= SHAPE_OFF {
        Judgement::CLEAR
    } else if turned <= SHAPE_OFF {
        // The pixels were turned; whoever did that leaves no order to turn them again.
        Judgement::of(if turns { 0.6 } else { 0.2 }, Reason::TurnedTwice)
    } else {
        let off = as_stored.min(turned);
        Judgement::of(
            by_limit(off, 0.0, 2.0 * SHAPE_OFF).max(0.5),
            Reason::SidesDiffer,
        )
    })
}

/// A thumbnail is made with the picture; who edits the picture alone leaves it. Compared upright and as stored, since
/// programs that turn pictures turn both, or one.
fn thumbnail(words: &PictureWords, picture: &Picture) -> Result<Option<Judgement>, Error> {
    let limits = DecodeLimits {
        max_side: MOST_THUMBNAIL_SIDE,
        ..DecodeLimits::default()
    };
    let decoded = words.thumbnail.as_deref();
    let Some(Ok(small)) = decoded.map(|bytes| Picture::decode(bytes, &limits)) else {
        return Ok(None);
    };
    let Some(own) = perceptual_hash(picture, None)? else {
        return Ok(None);
    };
    let mut least: Option<u32> = None;
    for turned in turns(small)? {
        let part = same_shape(&turned, picture);
        if let Some(hash) = perceptual_hash(&turned, Some(part))? {
            let bits = (hash ^ own).count_ones();
            least = Some(least.map_or(bits, |least| least.min(bits)));
        }
    }
    let score = |bits: u32| by_limit(bits as f32, 0.0, BITS_OFF);
    Ok(least.map(|bits| Judgement::of(score(bits), Reason::ThumbnailDiffers)))
}

/// The thumbnail in its four turns.
fn turns(small: Picture) -> Result<Vec<Picture>, Error> {
    use opencv::core::{Mat, ROTATE_90_CLOCKWISE, rotate};
    let mut turned = vec![small];
    for _ in 0..3 {
        let last = &turned[turned.len() - 1];
        let mut next = Mat::default();
        rotate(&last.as_mat()?, &mut next, ROTATE_90_CLOCKWISE)?;
        turned.push(Picture::from_mat(&next)?);
    }
    Ok(turned)
}

/// The middle of a thumbnail that has its picture's shape: many are 4:3 with black beside.
fn same_shape(small: &Picture, picture: &Picture) -> Region {
    let shape = picture.width() as f32 / picture.height() as f32;
    let (width, height) = (small.width() as f32, small.height() as f32);
    let (w, h) = if width / height > shape {
        (height * shape, height)
    } else {
        (width, width / shape)
    };
    Region {
        x: (width - w) / 2.0,
        y: (height - h) / 2.0,
        width: w,
        height: h,
    }
}

#[cfg(test)]
#[path = "words/tests.rs"]
mod tests;
