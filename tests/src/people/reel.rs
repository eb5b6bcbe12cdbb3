//! A person's frames, each drawn once and kept: a film of any timing is put together from them.
//!
//! ```text
//! gesture, strength in twentieths ─► frame (drawn once, kept on disk) ─► moved a little, as nobody stands still ─► film
//! ```
//!
//! The little sway moves the whole picture, so that a film costs a tenth of one that is drawn frame by frame.

use std::collections::BTreeMap;
use std::f32::consts::TAU;
use std::path::PathBuf;

use kiosk_inference::picture::{DecodeLimits, Picture};
use opencv::core::{BORDER_REPLICATE, Mat, Scalar, Size};
use opencv::imgproc;

use super::performance::{moved, strength};
use super::{Gesture, Person, Pose};

/// Steps from rest to a gesture's whole strength.
const STEPS: f32 = 20.0;
/// JPEG quality of kept frames.
const KEPT: u8 = 96;

/// The person at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// What moves; nothing at rest.
    pub gesture: Option<Gesture>,
    /// How far, in twentieths.
    pub level: u8,
    /// Sideways and downwards in shares of the picture's height, and rolled in degrees.
    pub sway: [f32; 3],
}

/// How one performance differs from another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Manner {
    /// Speed of movements, 1 as usual.
    pub pace: f32,
    /// Their size, 1 as usual.
    pub size: f32,
    /// Where the slow sway begins.
    pub phases: [f32; 3],
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            pace: 1.0,
            size: 1.0,
            phases: [0.0, 0.8, 2.0],
        }
    }
}

/// A performance: each gesture begins at its second, the film is `length_s` long.
pub fn acted(acts: &[(Gesture, f32)], length_s: f32, fps: f32, manner: Manner) -> Vec<Step> {
    let frames = (length_s * fps).ceil() as usize;
    let step = |frame: usize| {
        let t_s = frame as f32 / fps;
        let under_way = acts.iter().find_map(|(gesture, at_s)| {
            let phase = (t_s - at_s) * manner.pace / gesture.length_s();
            (0.0..=1.0)
                .contains(&phase)
                .then(|| (*gesture, strength(phase) * manner.size))
        });
        let level = under_way.map_or(0.0, |(_, strength)| strength * STEPS);
        let level = level.round() as u8;
        let slow = |hertz: f32, which: usize| (TAU * hertz * t_s + manner.phases[which]).sin();
        Step {
            gesture: under_way.map(|(gesture, _)| gesture).filter(|_| level > 0),
            level,
            sway: [
                0.006 * slow(0.31, 0),
                0.004 * slow(0.23, 1),
                0.7 * slow(0.17, 2),
            ],
        }
    };
    (0..frames).map(step).collect()
}

/// A person's frames at one height.
pub struct Reel {
    person: Person,
    folder: PathBuf,
    rows: i32,
    kept: BTreeMap<(Option<Gesture>, u8), Picture>,
}

impl Reel {
    /// The frames of a person, kept in a folder that is theirs at that height.
    pub fn new(person: Person, folder: PathBuf, rows: i32) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self {
            person,
            folder,
            rows,
            kept: BTreeMap::new(),
        })
    }

    /// The frame of a moment.
    pub fn show(&mut self, step: &Step) -> anyhow::Result<Picture> {
        let frame = self.frame(step.gesture, step.level)?;
        swayed(frame, step.sway)
    }

    /// Frames of a whole performance.
    pub fn frames(&mut self, steps: &[Step]) -> anyhow::Result<Vec<Picture>> {
        steps.iter().map(|step| self.show(step)).collect()
    }

    fn frame(&mut self, gesture: Option<Gesture>, level: u8) -> anyhow::Result<&Picture> {
        use std::collections::btree_map::Entry;
        match self.kept.entry((gesture, level)) {
            Entry::Occupied(kept) => Ok(kept.into_mut()),
            Entry::Vacant(place) => {
                let name = match gesture {
                    Some(gesture) => format!("{gesture:?}-{level}.jpg").to_lowercase(),
                    None => "rest.jpg".into(),
                };
                let path = self.folder.join(name);
                let bytes = match std::fs::read(&path) {
                    Ok(bytes) => bytes,
                    Err(_) => {
                        let pose = gesture.map_or_else(Pose::default, |gesture| {
                            moved(gesture, f32::from(level) / STEPS)
                        });
                        let drawn = scaled(&self.person.show(&pose)?, self.rows)?;
                        let bytes = drawn.encode_jpeg(KEPT)?;
                        crate::material::write_whole(&path, &bytes)?;
                        bytes
                    }
                };
                Ok(place.insert(Picture::decode(&bytes, &DecodeLimits::default())?))
            }
        }
    }
}

fn scaled(picture: &Picture, rows: i32) -> anyhow::Result<Picture> {
    if picture.height() == u32::try_from(rows)? {
        return Ok(picture.clone());
    }
    let share = f64::from(rows) / f64::from(picture.height());
    let size = Size::new((f64::from(picture.width()) * share).round() as i32, rows);
    let mut out = Mat::default();
    imgproc::resize(
        &picture.as_mat()?,
        &mut out,
        size,
        0.0,
        0.0,
        imgproc::INTER_AREA,
    )?;
    Ok(Picture::from_mat(&out)?)
}

fn swayed(picture: &Picture, [across, down, roll_deg]: [f32; 3]) -> anyhow::Result<Picture> {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let (sin, cos) = roll_deg.to_radians().sin_cos();
    let (x, y) = (width / 2.0, height / 2.0);
    let map = Mat::from_slice_2d(&[
        [cos, -sin, x - cos * x + sin * y + across * height],
        [sin, cos, y - sin * x - cos * y + down * height],
    ])?;
    let mut out = Mat::default();
    imgproc::warp_affine(
        &picture.as_mat()?,
        &mut out,
        &map,
        Size::new(width as i32, height as i32),
        imgproc::INTER_LINEAR,
        BORDER_REPLICATE,
        Scalar::default(),
    )?;
    Ok(Picture::from_mat(&out)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gesture_begins_at_its_second_and_the_person_rests_before_and_after() {
        let steps = acted(&[(Gesture::TurnLeft, 1.0)], 4.0, 25.0, Manner::default());
        assert_eq!(steps.len(), 100);
        let moving: Vec<usize> = (0..100).filter(|frame| steps[*frame].level > 0).collect();
        assert!((25..30).contains(&moving[0]) && moving[moving.len() - 1] < 61);
        assert_eq!(steps.iter().map(|step| step.level).max(), Some(20));
    }
}
