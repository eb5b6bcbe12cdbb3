//! The face of a picture that is to be compared, as well as that picture shows it.
//!
//! A camera's frame that shows a face badly is followed by another one; a stored picture is all that there is:
//!
//! ```text
//! picture ─► reader ─ no face ─► half the size, a quarter turn, two, three ─► reader
//!               └─ a face ─► close-up: upright, near ─► reader ─► the subject to embed
//! ```
//!
//! The close-up matters for small and tilted faces: on the whole picture their landmarks are a pixel or two of the
//! networks' inputs off, which moves the chip that is embedded.

use std::borrow::Cow;

use opencv::core::{self, Mat, MatTraitConst, Size};
use opencv::imgproc;

use super::{FaceReader, Subject};
use crate::Error;
use crate::blob::{Beyond, warp};
use crate::geometry::Square;
use crate::picture::Picture;
use crate::stages::StageTimes;

/// The close-up's side, px: the face in it is a little larger than the mesh network's own input (192 px).
const CLOSE_UP: u32 = 448;
/// The close-up's side in heights of the face: hair and chin with some room.
const AROUND: f32 = 2.2;
/// A picture is not halved below this side, px: a face in it would have nothing left to tell.
const LEAST_HALF: i32 = 60;

/// A face that can be embedded.
#[derive(Debug)]
pub struct Enrolment<'p> {
    /// The picture that the subject was observed in: the one given, or one made from it.
    pub picture: Cow<'p, Picture>,
    /// The nearest (largest) face.
    pub subject: Subject,
    /// Faces in the picture. Several are no reason to refuse: the nearest is taken.
    pub faces: usize,
    /// Time spent, by stage, on every look.
    pub stages: StageTimes,
}

/// The nearest face of a picture; `None` where no look at it shows one.
///
/// # Errors
/// Where a network fails.
pub fn enrol<'p>(
    reader: &mut FaceReader,
    picture: &'p Picture,
) -> Result<Option<Enrolment<'p>>, Error> {
    let found = match seen(reader, Cow::Borrowed(picture))? {
        Some(found) => Some(found),
        None => searched(reader, picture)?,
    };
    let Some(found) = found else {
        return Ok(None);
    };
    let near = close_up(&found.picture, &found.subject)?;
    let Some(near) = seen(reader, Cow::Owned(near))? else {
        return Ok(Some(found));
    };
    let mut stages = found.stages;
    stages.extend(&near.stages);
    Ok(Some(Enrolment {
        faces: found.faces,
        stages,
        ..near
    }))
}

fn seen<'p>(
    reader: &mut FaceReader,
    picture: Cow<'p, Picture>,
) -> Result<Option<Enrolment<'p>>, Error> {
    let seen = reader.observe(&picture)?;
    Ok(seen.subject.map(|subject| Enrolment {
        picture,
        subject,
        faces: seen.faces.len(),
        stages: seen.stages,
    }))
}

/// Looks at other versions of a picture that shows no face as it is: a smaller one (noise goes, the face stays), and
/// those of a camera that was held sideways.
fn searched<'p>(
    reader: &mut FaceReader,
    picture: &Picture,
) -> Result<Option<Enrolment<'p>>, Error> {
    if let Some(half) = halved(picture)?
        && let Some(found) = seen(reader, Cow::Owned(half))?
    {
        return Ok(Some(found));
    }
    for turn in [
        core::ROTATE_90_CLOCKWISE,
        core::ROTATE_90_COUNTERCLOCKWISE,
        core::ROTATE_180,
    ] {
        let mut turned = Mat::default();
        core::rotate(&picture.as_mat()?, &mut turned, turn)?;
        let found = seen(reader, Cow::Owned(Picture::from_mat(&turned)?))?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn halved(picture: &Picture) -> Result<Option<Picture>, Error> {
    let whole = picture.as_mat()?;
    let half = Size::new(whole.cols() / 2, whole.rows() / 2);
    if half.width.min(half.height) < LEAST_HALF {
        return Ok(None);
    }
    let mut small = Mat::default();
    imgproc::resize(&whole, &mut small, half, 0.0, 0.0, imgproc::INTER_AREA)?;
    Ok(Some(Picture::from_mat(&small)?))
}

/// The face upright, with room around it, at a size that suits the networks.
fn close_up(picture: &Picture, subject: &Subject) -> Result<Picture, Error> {
    let face = &subject.bounds;
    let square = Square {
        centre: [face.x + face.width / 2.0, face.y + face.height / 2.0],
        side: AROUND * face.width.max(face.height),
        angle: subject.pose.roll_deg.to_radians(),
    };
    let (mut part, mut shrunk) = (Mat::default(), Mat::default());
    warp(
        &picture.as_mat()?,
        &square.from_patch(CLOSE_UP),
        CLOSE_UP,
        Beyond::Black,
        &mut part,
        &mut shrunk,
    )?;
    Ok(Picture::from_mat(&part)?)
}
