//! Face and surroundings before a camera that stands still: one flat thing, or a head before a room?
//!
//! ```text
//! print or tablet in a hand:  face and what is shown around it move together, as one plane moves (a homography)
//! person:                     the head moves, the room behind it does not
//! ```
//!
//! Corners of the picture itself are followed, on the face and around it, over a second at a time; the mesh's own depth is
//! never asked, since it sees depth in flat pictures too. What lies around is taken beyond hair and body: a person who sways
//! moves head and shoulders as one. A second counts where either group moves; how flat it was is how much of the
//! movement one plane's motion explains for both groups.
//!
//! Told only of a camera that is built in: one in a hand turns before a still room and face alike, as one plane does. Recorded
//! and not weighed: the real clips at hand have plain walls, and two of three computed people measured 0.87 and more.

// long file: one measure, with the drawn rooms and sheets that its tests look at

use opencv::calib3d;
use opencv::core::{
    CV_8UC1, Mat, MatTraitConst, MatTraitConstManual, Point2f, Rect, Scalar, Vector,
};
use opencv::imgproc;

use super::flow::{Pyramid, follow};
use super::small::Small;
use super::{Finding, SignalReason, WhyNot};
use crate::Error;
use crate::face::FaceBox;

/// ms between looks, and from one beginning to the next.
const EVERY_MS: f64 = 60.0;
const SPAN_MS: f64 = 1_000.0;
/// Seconds kept.
const MOST_SPANS: usize = 60;
/// Fewest points of a group, and the most that are followed.
const LEAST_POINTS: usize = 8;
const MOST_POINTS: i32 = 40;
/// Movement that counts, in heights of the face: two pixels of a face 75 px high.
const LEAST_MOTION: f32 = 0.027;
/// How far a point may lie from where the plane moves it, in pixels of the small picture.
const ON_PLANE: f64 = 0.8;
/// Share of the movement that one plane explains: nothing, and the limit.
const NONE: f32 = 0.5;
const LIMIT: f32 = 0.8;
/// How far hair and body reach beyond the face's box, in its widths to each side of its middle, and heights above.
const HAIR: [f32; 2] = [1.0, 0.6];
const BODY: f32 = 2.2;

/// One second's movement.
#[derive(Debug, Clone, Copy)]
struct Span {
    motion: f32,
    flat: f32,
}

/// A point where it began and where it is.
#[derive(Debug, Clone, Copy)]
struct Tracked {
    from: [f32; 2],
    at: [f32; 2],
}

#[derive(Debug)]
struct Beginning {
    t_ms: f64,
    pyramid: Pyramid,
    face: Vec<Tracked>,
    around: Vec<Tracked>,
    most: Option<Span>,
}

/// Follows corners from second to second.
#[derive(Debug, Default)]
pub(super) struct Parallax {
    begun: Option<Beginning>,
    spans: Vec<Span>,
    last_ms: Option<f64>,
    nothing_around: bool,
}

impl Parallax {
    /// Takes a frame with a face, where a look is due.
    pub fn look(&mut self, small: &Small, face: &FaceBox, t_ms: f64) -> Result<(), Error> {
        if self.last_ms.is_some_and(|last| t_ms - last < EVERY_MS) || self.spans.len() >= MOST_SPANS
        {
            return Ok(());
        }
        self.last_ms = Some(t_ms);
        let pyramid = Pyramid::of(small);
        let height = face.height * small.scale;
        let is_over = match &mut self.begun {
            Some(begun) => {
                begun.go_on(&pyramid, height)?;
                t_ms - begun.t_ms >= SPAN_MS || begun.is_thin()
            }
            None => true,
        };
        if is_over {
            self.spans
                .extend(self.begun.take().and_then(|begun| begun.most));
            let [on_face, around] = corners(small, face)?;
            if around.len() < LEAST_POINTS {
                self.nothing_around = true;
            } else if on_face.len() >= LEAST_POINTS {
                self.begun = Some(Beginning {
                    t_ms,
                    pyramid,
                    face: on_face,
                    around,
                    most: None,
                });
            }
        }
        Ok(())
    }

    /// Forgets what is followed: another face has come.
    pub fn interrupt(&mut self) {
        self.begun = None;
    }

    /// How flat the movement was: the median of the seconds in which anything moved.
    pub fn judge(&self) -> Finding {
        let last = self.begun.as_ref().and_then(|begun| begun.most);
        let spans = self.spans.iter().copied().chain(last);
        let mut flat: Vec<f32> = spans
            .filter(|span| span.motion >= LEAST_MOTION)
            .map(|span| span.flat)
            .collect();
        if flat.is_empty() {
            let why = if self.spans.is_empty() && self.nothing_around {
                WhyNot::NothingAround
            } else {
                WhyNot::TooStill
            };
            return Finding::NotAssessed(why);
        }
        flat.sort_by(f32::total_cmp);
        let median = flat[flat.len() / 2];
        Finding::by(median, NONE, LIMIT, SignalReason::MovesAsOnePlane)
    }
}

impl Beginning {
    fn is_thin(&self) -> bool {
        self.face.len() < LEAST_POINTS || self.around.len() < LEAST_POINTS
    }

    /// Follows every point into the next picture, and keeps the moment of the largest movement.
    fn go_on(&mut self, to: &Pyramid, face_height: f32) -> Result<(), Error> {
        for group in [&mut self.face, &mut self.around] {
            group.retain_mut(
                |point| match follow(&self.pyramid, to, point.from, point.at) {
                    Some(at) => {
                        point.at = at;
                        true
                    }
                    None => false,
                },
            );
        }
        if self.is_thin() {
            return Ok(());
        }
        let motion = moved(&self.face).max(moved(&self.around)) / face_height.max(1.0);
        if self.most.is_none_or(|most| motion > most.motion) {
            let flat = flatness(&self.face, &self.around)?;
            self.most = flat.map(|flat| Span { motion, flat }).or(self.most);
        }
        Ok(())
    }
}

/// How far a group moved: the median.
fn moved(group: &[Tracked]) -> f32 {
    median(
        group
            .iter()
            .map(|point| (point.at[0] - point.from[0]).hypot(point.at[1] - point.from[1])),
    )
}

fn median(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// How much of both groups' movement one plane's motion explains, 0 to 1; `None` where no plane was found.
fn flatness(face: &[Tracked], around: &[Tracked]) -> Result<Option<f32>, Error> {
    let all = || face.iter().chain(around);
    let at = |[x, y]: [f32; 2]| Point2f::new(x, y);
    let from: Vector<Point2f> = all().map(|point| at(point.from)).collect();
    let to: Vector<Point2f> = all().map(|point| at(point.at)).collect();
    let mut mask = Mat::default();
    let plane = calib3d::find_homography(&from, &to, &mut mask, calib3d::RANSAC, ON_PLANE)?;
    if plane.empty() {
        return Ok(None);
    }
    let h: Vec<f64> = plane.data_typed::<f64>()?.to_vec();
    let off = |group: &[Tracked]| {
        median(group.iter().map(|point| {
            let [x, y] = point.from.map(f64::from);
            let w = h[6] * x + h[7] * y + h[8];
            let (px, py) = (
                (h[0] * x + h[1] * y + h[2]) / w,
                (h[3] * x + h[4] * y + h[5]) / w,
            );
            (px - f64::from(point.at[0])).hypot(py - f64::from(point.at[1])) as f32
        }))
    };
    let motion = moved(face).max(moved(around)).max(f32::EPSILON);
    Ok(Some((1.0 - off(face).max(off(around)) / motion).max(0.0)))
}

/// Corners on the face and around it, beyond hair and body.
fn corners(small: &Small, face: &FaceBox) -> Result<[Vec<Tracked>; 2], Error> {
    let (cols, rows) = (small.grey.cols(), small.grey.rows());
    let scaled = |value: f32| (value * small.scale).round() as i32;
    let box_of = |left: f32, top: f32, width: f32, height: f32| {
        Rect::new(scaled(left), scaled(top), scaled(width), scaled(height))
            & Rect::new(0, 0, cols, rows)
    };
    let mut around = Mat::new_rows_cols_with_default(rows, cols, CV_8UC1, Scalar::all(255.0))?;
    let leave_out = |mask: &mut Mat, place: Rect| {
        let (nothing, filled) = (Scalar::all(0.0), imgproc::FILLED);
        imgproc::rectangle(mask, place, nothing, filled, imgproc::LINE_8, 0)
    };
    let FaceBox {
        x,
        y,
        width,
        height,
        ..
    } = *face;
    let on_face = box_of(
        x + 0.08 * width,
        y + 0.05 * height,
        0.84 * width,
        0.85 * height,
    );
    let middle = x + width / 2.0;
    let (side, above) = (HAIR[0] * width, HAIR[1] * height);
    let beyond = 4.0 * (width + height);
    leave_out(
        &mut around,
        box_of(middle - side, y - above, 2.0 * side, above + beyond),
    )?;
    let chin = y + 0.85 * height;
    leave_out(
        &mut around,
        box_of(middle - BODY * width, chin, 2.0 * BODY * width, beyond),
    )?;
    // Side by side: what OpenCV lays out for a whole small picture at once is a quarter of a frame.
    let left = Rect::new(0, 0, cols / 2, rows);
    let right = Rect::new(left.width, 0, cols - left.width, rows);
    let whole = Mat::default();
    let mut beside = best(small, &around, left, MOST_POINTS / 2)?;
    beside.extend(best(small, &around, right, MOST_POINTS / 2)?);
    Ok([best(small, &whole, on_face, MOST_POINTS)?, beside])
}

/// The best corners of a part of the picture, of those that the mask has where it is not empty.
fn best(small: &Small, mask: &Mat, part: Rect, most: i32) -> Result<Vec<Tracked>, Error> {
    if part.area() <= 0 {
        return Ok(Vec::new());
    }
    let grey = Mat::roi(&small.grey, part)?;
    let masked = (!mask.empty()).then(|| Mat::roi(mask, part)).transpose()?;
    let masked = masked.map_or_else(|| Ok(Mat::default()), |masked| masked.try_clone())?;
    let mut found = Vector::<Point2f>::new();
    let least_apart = (small.height as f64 / 30.0).max(4.0);
    imgproc::good_features_to_track(
        &grey,
        &mut found,
        most,
        0.02,
        least_apart,
        &masked,
        5,
        false,
        0.04,
    )?;
    // A corner that can't be followed onto its own picture is noise.
    let own = Pyramid::of(small);
    let corner = [part.x as f32, part.y as f32];
    let points = found.iter();
    let points = points.map(|point| [point.x + corner[0], point.y + corner[1]]);
    let steady = points.filter(|point| follow(&own, &own, *point, *point).is_some());
    Ok(steady.map(|from| Tracked { from, at: from }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points of a picture plane over an area, and a depth for each.
    fn group(left: f32, top: f32, depth: impl Fn(f32, f32) -> f32) -> Vec<([f32; 2], f32)> {
        (0..16)
            .map(|k| {
                let (x, y) = (left + 12.0 * (k % 4) as f32, top + 14.0 * (k / 4) as f32);
                ([x, y], depth(x, y))
            })
            .collect()
    }

    /// How a group is seen after a turn about the upright axis and a shift, from 500 px away.
    fn turned(group: &[([f32; 2], f32)], angle_deg: f32, shift: f32) -> Vec<Tracked> {
        let (sin, cos) = angle_deg.to_radians().sin_cos();
        let see = |x: f32, y: f32, z: f32| {
            let near = 500.0 / (500.0 + z);
            [x * near, y * near]
        };
        group
            .iter()
            .map(|([x, y], z)| Tracked {
                from: see(*x, *y, *z),
                at: see(x * cos + z * sin + shift, *y, z * cos - x * sin),
            })
            .collect()
    }

    #[test]
    fn a_sheet_that_is_tilted_and_shifted_is_flat() {
        let (face, around) = (
            group(-20.0, -20.0, |_, _| 0.0),
            group(60.0, -70.0, |_, _| 0.0),
        );
        for (angle, shift) in [(12.0, 3.0), (0.0, 8.0), (-25.0, 0.0)] {
            let flat = flatness(&turned(&face, angle, shift), &turned(&around, angle, shift));
            let flat = flat.unwrap().unwrap();
            assert!(flat > 0.95, "{angle} {shift}: {flat}");
        }
    }

    #[test]
    fn a_head_that_turns_before_a_room_is_not() {
        let head = group(-20.0, -20.0, |x, y| -30.0 + (x * x + y * y) / 40.0);
        let room = group(60.0, -70.0, |_, _| 300.0);
        for (angle, shift) in [(10.0, 0.0), (0.0, 8.0)] {
            let flat = flatness(&turned(&head, angle, shift), &turned(&room, 0.0, 0.0));
            let flat = flat.unwrap().unwrap();
            assert!(flat < 0.5, "{angle} {shift}: {flat}");
        }
    }

    /// A film of 40 frames: a patterned square (the face) on a patterned wall, each moved by its own way.
    fn film(face_way: impl Fn(f32) -> f32, wall_way: impl Fn(f32) -> f32) -> Finding {
        let mut parallax = Parallax::default();
        let (width, height) = (320_usize, 180_usize);
        for number in 0..40 {
            let t = number as f32 / 20.0;
            let (by, wall_by) = (face_way(t), wall_way(t));
            let mut levels = Vec::new();
            for y in 0..height {
                for x in 0..width {
                    let (x, y) = (x as f32, y as f32);
                    let inside = (x - by - 160.0).abs() < 35.0 && (y - 90.0).abs() < 45.0;
                    let x = x - if inside { by } else { wall_by };
                    let fine = (x / 4.0).sin() * (y / 3.5).cos();
                    let coarse = (x / 23.0 + y / 17.0).sin();
                    levels.push((120.0 + 50.0 * fine + 30.0 * coarse).round());
                }
            }
            let bytes: Vec<u8> = levels.iter().map(|level| *level as u8).collect();
            let grey = Mat::from_slice(&bytes).unwrap();
            let grey = grey.reshape(1, height as i32).unwrap().try_clone().unwrap();
            let small = Small {
                width,
                height,
                levels,
                scale: 1.0,
                grey,
            };
            let face = FaceBox {
                x: 125.0 + by,
                y: 45.0,
                width: 70.0,
                height: 90.0,
                score: 1.0,
            };
            parallax.look(&small, &face, f64::from(t) * 1e3).unwrap();
        }
        parallax.judge()
    }

    #[test]
    fn a_tablet_in_a_hand_is_told_and_a_head_before_a_wall_is_clear() {
        let sway = |t: f32| 8.0 * (3.0 * t).sin();
        let held = film(sway, sway);
        assert!(held.score() > Some(0.5), "{held:?}");
        let head = film(sway, |_| 0.0);
        assert!(head.score() < Some(0.5), "{head:?}");
    }

    #[test]
    fn nothing_moving_is_not_assessed() {
        assert_eq!(
            film(|_| 0.0, |_| 0.0),
            Finding::NotAssessed(WhyNot::TooStill)
        );
    }
}
