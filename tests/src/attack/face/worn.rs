//! What is worn over a living face: paper with the eyes cut out, and a mask of another person.

use anyhow::Context;
use kiosk_inference::face::{FaceReader, Subject, Track};
use kiosk_inference::picture::Picture;
use opencv::core::{BORDER_REPLICATE, CV_8UC3, Mat, MatTraitConst, Point, Point2f, Scalar, Size};
use opencv::imgproc;
use rand::Rng;

use super::print::{Hand, printed};
use super::{Clip, as_filmed, blurred};
use crate::attack::changed;

/// Half the width and height of a hole for an eye, in radii of the iris.
const HOLE: [f32; 2] = [3.4, 2.0];

/// A print of `still` whose eyes are those of the living person in `clip`.
pub fn cut_out_eyes(
    still: &Picture,
    clip: &Clip,
    reader: &mut FaceReader,
    rng: &mut impl Rng,
) -> anyhow::Result<Clip> {
    let on_paper = subject_of(still, reader)?;
    let paper = printed(still, rng)?;
    let (hand, mut track) = (Hand::any(rng), Track::new());
    let worn = clip.each(|number, frame| {
        let seen = reader.follow(frame, &mut track)?;
        let held = match &seen.subject {
            Some(living) => {
                let moved = laid_over(frame, living, &on_paper)?;
                let holes = holes(paper.width(), paper.height(), &on_paper)?;
                composed(&moved, &paper, &holes)?
            }
            None => paper.clone(),
        };
        hand.holds(&held, number as f32 / clip.fps as f32)
    })?;
    as_filmed(&worn, rng)
}

/// The face of `still` laid over the living face of `clip` as silicone or latex: smooth, a little shiny, eyes left free.
pub fn masked(
    still: &Picture,
    clip: &Clip,
    reader: &mut FaceReader,
    rng: &mut impl Rng,
) -> anyhow::Result<Clip> {
    let of_mask = subject_of(still, reader)?;
    let smooth = blurred(still, rng.random_range(0.8..1.8))?;
    let shine = rng.random_range(1.0_f32..1.15);
    let mask = changed(&smooth, |_, _, pixel| {
        pixel.map(|level| level * shine + 8.0)
    })?;
    let mut track = Track::new();
    let worn = clip.each(|_, frame| {
        let seen = reader.follow(frame, &mut track)?;
        let Some(living) = &seen.subject else {
            return Ok(frame.clone());
        };
        let moved = laid_over(&mask, &of_mask, living)?;
        composed(&moved, frame, &skin(frame, living)?)
    })?;
    as_filmed(&worn, rng)
}

fn subject_of(still: &Picture, reader: &mut FaceReader) -> anyhow::Result<Subject> {
    let seen = reader.observe(still)?;
    seen.subject.context("the still shows no face")
}

/// Both irises and the middle of the mouth.
fn anchors(subject: &Subject) -> [Point2f; 3] {
    let [right, left] = [&subject.eyes[0].iris, &subject.eyes[1].iris];
    let (one, two) = (subject.landmarks[61], subject.landmarks[291]);
    [
        Point2f::new(right[0], right[1]),
        Point2f::new(left[0], left[1]),
        Point2f::new(f32::midpoint(one[0], two[0]), f32::midpoint(one[1], two[1])),
    ]
}

/// A picture moved so that the face in it lies where another does.
fn laid_over(picture: &Picture, from: &Subject, to: &Subject) -> anyhow::Result<Picture> {
    let map = imgproc::get_affine_transform_slice(anchors(from), anchors(to))?;
    let (mat, mut out) = (picture.as_mat()?, Mat::default());
    imgproc::warp_affine(
        &mat,
        &mut out,
        &map,
        mat.size()?,
        imgproc::INTER_LINEAR,
        BORDER_REPLICATE,
        Scalar::default(),
    )?;
    Ok(Picture::from_mat(&out)?)
}

/// White where an eye is, soft at its edge.
fn holes(width: u32, height: u32, subject: &Subject) -> anyhow::Result<Picture> {
    let mut mask = black(width, height)?;
    draw_eyes(&mut mask, subject, 255.0)?;
    blurred(&Picture::from_mat(&mask)?, 1.2)
}

/// White where skin is: the face's oval without eyes and mouth.
fn skin(frame: &Picture, subject: &Subject) -> anyhow::Result<Picture> {
    let mut mask = black(frame.width(), frame.height())?;
    let face = &subject.bounds;
    let middle = [face.x + face.width / 2.0, face.y + face.height / 2.0];
    let half = [0.47 * face.width, 0.48 * face.height];
    ellipse(&mut mask, middle, half, subject.pose.roll_deg, 255.0)?;
    draw_eyes(&mut mask, subject, 0.0)?;
    blurred(&Picture::from_mat(&mask)?, 2.0)
}

fn black(width: u32, height: u32) -> anyhow::Result<Mat> {
    let (rows, cols) = (i32::try_from(height)?, i32::try_from(width)?);
    Ok(Mat::new_rows_cols_with_default(
        rows,
        cols,
        CV_8UC3,
        Scalar::default(),
    )?)
}

fn draw_eyes(mask: &mut Mat, subject: &Subject, level: f64) -> anyhow::Result<()> {
    for eye in &subject.eyes {
        let half = HOLE.map(|share| share * eye.iris_radius);
        ellipse(mask, eye.iris, half, subject.pose.roll_deg, level)?;
    }
    Ok(())
}

fn ellipse(
    mask: &mut Mat,
    middle: [f32; 2],
    half: [f32; 2],
    angle: f32,
    level: f64,
) -> anyhow::Result<()> {
    imgproc::ellipse(
        mask,
        Point::new(middle[0] as i32, middle[1] as i32),
        Size::new(half[0].max(1.0) as i32, half[1].max(1.0) as i32),
        f64::from(-angle),
        0.0,
        360.0,
        Scalar::all(level),
        imgproc::FILLED,
        imgproc::LINE_8,
        0,
    )?;
    Ok(())
}

/// `over` where the mask is white, `under` where it is black.
fn composed(over: &Picture, under: &Picture, mask: &Picture) -> anyhow::Result<Picture> {
    let levels = over.bgr().iter().zip(under.bgr()).zip(mask.bgr());
    let bgr = levels
        .map(|((over, under), share)| {
            let share = f32::from(*share) / 255.0;
            (f32::from(*over) * share + f32::from(*under) * (1.0 - share)).round() as u8
        })
        .collect();
    Ok(Picture::from_bgr(under.width(), under.height(), bgr)?)
}
