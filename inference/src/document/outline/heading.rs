//! A page's upper side beyond its heading.
//!
//! The border between a coloured heading and the page is often a clearer edge than that between
//! heading and table. A quadrilateral that is too low for its format is therefore tried higher:
//! its upper side moves up along the left and right ones to the clearest edge about where the
//! format's proportions put it.

use opencv::core::{BORDER_DEFAULT, Mat, MatTraitConst, Size, Vec3b};
use opencv::imgproc;

use crate::Error;
use crate::document::plane::{Point, Quad, along, minus};

/// A page this much too low may lack its heading; 35 degrees of tilt alone make it 18 % lower.
const TOO_LOW: f32 = 0.04;
/// The upper side is looked for this far below and above where the proportions put it.
const BELOW: f32 = 0.06;
const ABOVE: f32 = 0.12;
const STEP: f32 = 0.0025;
/// The left and the right end may differ by so many times two steps.
const TILT: std::ops::RangeInclusive<i32> = -8..=8;
/// A clear edge: grey levels across it, and how many times the median of all places.
const LEVELS: f32 = 3.0;
const OVER_MEDIAN: f32 = 2.0;
/// Points along the side, and pixels to each side of it, that are compared.
const POINTS: usize = 160;
const APART: f32 = 1.5;

/// The quadrilateral with its upper side where the format's proportions and an edge agree, or as
/// it was.
///
/// # Errors
/// [`Error::Library`].
pub(super) fn with_heading(work: &Mat, corners: Quad, aspect: f32) -> Result<Quad, Error> {
    let [a, b, c, d] = corners;
    let side = |p, q| super::length(minus(p, q));
    let (width, height) = (side(a, b) + side(d, c), side(a, d) + side(b, c));
    let lacking = width / height.max(1.0) / aspect - 1.0;
    if lacking < TOO_LOW {
        return Ok(corners);
    }
    let mut smooth = Mat::default();
    imgproc::gaussian_blur(work, &mut smooth, Size::new(3, 3), 0.0, 0.0, BORDER_DEFAULT)?;
    let raised = |left: f32, right: f32| -> Quad {
        [
            along(d, minus(a, d), 1.0 + left),
            along(c, minus(b, c), 1.0 + right),
            c,
            d,
        ]
    };
    let steps = ((BELOW + ABOVE) / STEP) as i32;
    let mut seen = Vec::new();
    for step in 0..=steps {
        let share = lacking - BELOW + step as f32 * STEP;
        for tilt in TILT {
            let turn = tilt as f32 * STEP;
            if share - turn.abs() > TOO_LOW / 2.0 {
                let quad = raised(share - turn, share + turn);
                seen.push((contrast(&smooth, quad[0], quad[1])?, quad));
            }
        }
    }
    seen.sort_by(|one, two| one.0.total_cmp(&two.0));
    let median = seen.get(seen.len() / 2).map_or(0.0, |(value, _)| *value);
    let clear = seen
        .last()
        .filter(|(value, _)| *value > LEVELS.max(OVER_MEDIAN * median));
    Ok(clear.map_or(corners, |(_, quad)| *quad))
}

/// Difference of colour between both sides of a line, in grey levels: the mean of its middle half,
/// so that a row of letters is none. What lies outside the picture does not count.
fn contrast(picture: &Mat, start: Point, end: Point) -> Result<f32, Error> {
    let across = minus(end, start);
    let long = super::length(across).max(1.0);
    let down = [-across[1] / long, across[0] / long];
    let mut differences: [Vec<i16>; 3] = std::array::from_fn(|_| Vec::with_capacity(POINTS));
    for point in 0..POINTS {
        let share = 0.06 + 0.88 * (point as f32 + 0.5) / POINTS as f32;
        let place = along(start, across, share);
        let sides = [along(place, down, APART), along(place, down, -APART)];
        let [Some(inner), Some(outer)] = sides.map(|side| pixel(picture, side)) else {
            continue;
        };
        for (channel, (inner, outer)) in differences.iter_mut().zip(inner.0.iter().zip(outer.0)) {
            channel.push(i16::from(*inner) - i16::from(outer));
        }
    }
    let middles = differences.iter_mut().map(|channel| {
        channel.sort_unstable();
        let quarter = channel.len() / 4;
        let middle = &channel[quarter..channel.len() - quarter];
        let sum: f32 = middle.iter().map(|value| f32::from(*value)).sum();
        if channel.len() > POINTS / 2 {
            (sum / middle.len() as f32).abs()
        } else {
            0.0
        }
    });
    Ok(middles.fold(0.0, f32::max))
}

fn pixel(picture: &Mat, [x, y]: Point) -> Option<Vec3b> {
    picture
        .at_2d::<Vec3b>(y.floor() as i32, x.floor() as i32)
        .ok()
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencv::core::{CV_8UC3, Rect, Scalar};

    #[test]
    fn a_dark_heading_belongs_to_the_page() {
        let mut picture =
            Mat::new_rows_cols_with_default(400, 600, CV_8UC3, Scalar::all(60.0)).unwrap();
        let fill = |picture: &mut Mat, rect: Rect, grey: f64| {
            imgproc::rectangle(picture, rect, Scalar::all(grey), -1, imgproc::LINE_8, 0).unwrap();
        };
        fill(&mut picture, Rect::new(100, 50, 400, 280), 220.0);
        fill(&mut picture, Rect::new(100, 50, 400, 40), 75.0);
        let without = [[100.0, 90.0], [500.0, 90.0], [500.0, 330.0], [100.0, 330.0]];
        let [a, b, ..] = with_heading(&picture, without, 400.0 / 280.0).unwrap();
        assert!(
            (a[1] - 50.0).abs() < 2.0 && (b[1] - 50.0).abs() < 2.0,
            "{a:?} {b:?}"
        );
    }

    #[test]
    fn a_page_that_is_low_by_tilt_keeps_its_corners() {
        let picture =
            Mat::new_rows_cols_with_default(400, 600, CV_8UC3, Scalar::all(60.0)).unwrap();
        let tilted = [[100.0, 90.0], [500.0, 90.0], [500.0, 330.0], [100.0, 330.0]];
        assert_eq!(with_heading(&picture, tilted, 1.42).unwrap(), tilted);
    }
}
