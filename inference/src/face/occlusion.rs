//! What covers a face: cells that have not the skin's colour, eyes and mouths that have not their structure.
//!
//! ```text
//! aligned face ─► cells of 8 px ─► skin's colour (median of what may be skin) ─► cells that are off it ─► face
//!            ├──► eye openings: a dark iris beside white ─────────────────────────────────────────────► eyes
//!            └──► lips: redder than skin, a dark line between; skin's colour round them ──────────────► mouth
//! ```
//!
//! Colour is the logarithm of red and blue over green, which brightness does not enter: a mask of paper or cloth is
//! off the skin's direction, a shadow is not. What has the skin's own colour, a hand, is found only where it hides an
//! eye's or the mouth's structure; over a cheek it is not found, and is not counted in the face's share.
//!
//! Limits lie between what clean faces and drawn covers measured (see `inference/tests/face_cover.rs`): an eye's darkest
//! part 0.61 of the skin and less against 0.7 and more under a hand, its contrast 0.3 and more against 0.09 and less
//! under dark glasses, redness of lips 0.02 and more against -0.1 and less under masks, colour round the mouth off by
//! at most 0.17 against 0.25 and more.
//!
//! Measured: of 633 clean frames (two portraits, six clips) no eye of 1,266 and no mouth was called covered, 40 eyes
//! were not assessed. Of 54 faces with each of nine drawn covers every one was found, but for one hand of 54 on a mouth
//! and two cards that were not assessed; 7 of 538 eyes beside a mask or scarf were called covered too. Hands, scarves
//! and glasses were drawn, not filmed, and clear glasses, hair and beards of many kinds were not at hand.

use opencv::core::MatTraitConstManual;
use serde::Serialize;

use super::Subject;
use super::assessment::{Reading, WhyNot};
use super::quality::view::{SIDE, View};
use crate::Error;
use crate::picture::Picture;

/// A cell's side, px of the window, and cells a row.
const CELL: usize = 8;
const CELLS: usize = SIDE / CELL;
/// Added to each level before its logarithm: dark pixels' colour is noise.
const FLOOR: f32 = 6.0;
/// What may be skin: red over green above this, blue over green below this (logarithms), not darker than this.
const SKIN_RED: f32 = 0.05;
const SKIN_BLUE: f32 = 0.05;
const SKIN_LEVEL: f32 = 25.0;
/// With less of the face like skin, its colour is not known.
const LEAST_SKIN: f32 = 0.15;
/// A cell is off the skin where it has less than this share of the skin's saturation in the skin's direction, or lies
/// this far from it.
const LEAST_SATURATION: f32 = 0.35;
const FARTHEST: f32 = 0.35;
/// An eye's opening with less contrast than this, in the skin's brightness, is covered by something plain.
const BLANK: f32 = 0.15;
/// One in which nothing is darker than this share of the skin's brightness shows no iris.
const NO_IRIS: f32 = 0.66;
/// Lids less open than this show none either.
const SHUT: f32 = 0.2;
/// The far eye of a head turned further has little contrast.
const MOST_TURN_DEG: f32 = 25.0;
/// Lips less red than skin by this are covered; lips no redder than this without contrast are too.
const LIPS_PALE: f32 = -0.06;
const LIPS_PLAIN: f32 = 0.045;
const LIPS_CONTRAST: f32 = 0.26;
/// More of the skin round the mouth off its colour than this covers it.
const RING_OFF: f32 = 0.21;
/// A face whose eyes lie closer in the picture, px, has too few pixels.
const LEAST_EYE_DISTANCE: f32 = 24.0;

/// Outer lips; the hull round the mouth between nose and chin; eye openings; openings with their brows.
const LIPS: [usize; 20] = [
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185,
];
const AROUND_MOUTH: [usize; 8] = [164, 205, 207, 210, 199, 430, 427, 425];
const OPENINGS: [[usize; 16]; 2] = [
    [
        33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7,
    ],
    [
        362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382,
    ],
];
const BROWS: [[usize; 10]; 2] = [
    [70, 63, 105, 66, 107, 55, 65, 52, 53, 46],
    [300, 293, 334, 296, 336, 285, 295, 282, 283, 276],
];

/// What covers a face, as shares from 0 free to 1 covered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Occlusion {
    /// The person's right eye, then the left: 0 or 1. Confidence: how far what decided lies from its limit.
    pub eyes: [Reading<f32>; 2],
    /// The mouth: 0 or 1. Confidence likewise.
    pub mouth: Reading<f32>,
    /// The face between brows and chin: the share that is off the skin's colour, with eyes and mouth where those are
    /// covered. Confidence: how much of the face has a skin's colour, 1 at half of it.
    pub face: Reading<f32>,
}

impl Occlusion {
    /// Looks for what covers a face.
    ///
    /// # Errors
    /// [`Error::Library`].
    pub fn assess(picture: &Picture, subject: &Subject) -> Result<Self, Error> {
        match View::of(picture, subject)? {
            Some(view) => Self::of(&view, subject),
            None => Ok(Self::untold(WhyNot::TooSmall)),
        }
    }

    /// The same on a face that is aligned.
    pub(super) fn of(view: &View, subject: &Subject) -> Result<Self, Error> {
        let scale = view.to_picture.scale();
        if view.inter_eye() * scale < LEAST_EYE_DISTANCE {
            return Ok(Self::untold(WhyNot::TooSmall));
        }
        let parts = Parts::of(view)?;
        let cells = cells(view.bgr.data_bytes()?);
        let Some(skin) = Skin::of(&cells, &parts.plain) else {
            return Ok(Self::untold(WhyNot::Light));
        };
        let bgr = view.bgr.data_bytes()?;
        let eyes = [0, 1].map(|k| eye(bgr, &parts.openings[k], skin, subject, k));
        let mouth = mouth(bgr, &parts, &cells, skin);
        let face = face(&parts, &cells, skin, &eyes, mouth);
        Ok(Self { eyes, mouth, face })
    }

    const fn untold(why: WhyNot) -> Self {
        Self {
            eyes: [Reading::NotAssessed(why); 2],
            mouth: Reading::NotAssessed(why),
            face: Reading::NotAssessed(why),
        }
    }
}

/// A cell's colour and brightness.
#[derive(Debug, Clone, Copy)]
struct Cell {
    red: f32,
    blue: f32,
    level: f32,
}

impl Cell {
    fn of([b, g, r]: [f32; 3]) -> Self {
        let over_green = |level: f32| ((level + FLOOR) / (g + FLOOR)).ln();
        Self {
            red: over_green(r),
            blue: over_green(b),
            level: level([b, g, r]),
        }
    }

    fn may_be_skin(&self) -> bool {
        self.red > SKIN_RED && self.blue < SKIN_BLUE && self.level > SKIN_LEVEL
    }
}

/// The skin's colour, its brightness, and how much of the face has it.
#[derive(Debug, Clone, Copy)]
struct Skin {
    colour: Cell,
    share: f32,
}

impl Skin {
    /// The medians over what may be skin.
    fn of(cells: &[Cell], plain: &[usize]) -> Option<Self> {
        let skin: Vec<Cell> = plain
            .iter()
            .map(|at| cells[*at])
            .filter(Cell::may_be_skin)
            .collect();
        let share = skin.len() as f32 / plain.len().max(1) as f32;
        if share < LEAST_SKIN || skin.len() < 8 {
            return None;
        }
        let median = |value: fn(&Cell) -> f32| {
            let mut values: Vec<f32> = skin.iter().map(value).collect();
            let middle = values.len() / 2;
            *values.select_nth_unstable_by(middle, f32::total_cmp).1
        };
        let colour = Cell {
            red: median(|cell| cell.red),
            blue: median(|cell| cell.blue),
            level: median(|cell| cell.level),
        };
        Some(Self { colour, share })
    }

    fn is_off(&self, cell: &Cell) -> bool {
        let Cell { red, blue, .. } = self.colour;
        let along = (cell.red * red + cell.blue * blue) / (red * red + blue * blue);
        along < LEAST_SATURATION || (cell.red - red).hypot(cell.blue - blue) > FARTHEST
    }
}

/// Which cells and pixels are what.
struct Parts {
    /// Cells of skin alone: no eyes, brows or lips.
    plain: Vec<usize>,
    /// Those round the mouth.
    ring: Vec<usize>,
    /// Cells of lips, of each eye with its brow.
    lips: Vec<usize>,
    eyes: [Vec<usize>; 2],
    /// Pixels of lips and of each eye's opening within the picture.
    lip_pixels: Vec<usize>,
    openings: [Vec<usize>; 2],
}

impl Parts {
    fn of(view: &View) -> Result<Self, Error> {
        let (mut zones, mut openings) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
        for k in 0..2 {
            let both: Vec<usize> = OPENINGS[k].iter().chain(&BROWS[k]).copied().collect();
            zones[k] = shares(&view.within(&both)?);
            openings[k] = view.within(&OPENINGS[k])?;
        }
        let lip_pixels = view.within(&LIPS)?;
        let (lip, ring) = (shares(&lip_pixels), shares(&view.within(&AROUND_MOUTH)?));
        let on_face: Vec<usize> = (0..view.mask.len())
            .filter(|at| view.mask[*at] != 0)
            .collect();
        let face = shares(&on_face);
        let cells: Vec<usize> = (0..CELLS * CELLS).filter(|at| face[*at] > 0.9).collect();
        let mostly = |of: &[f32]| cells.iter().copied().filter(|at| of[*at] > 0.5).collect();
        let plain: Vec<usize> = cells
            .iter()
            .copied()
            .filter(|at| zones.iter().chain([&lip]).all(|zone| zone[*at] < 0.1))
            .collect();
        Ok(Self {
            ring: plain.iter().copied().filter(|at| ring[*at] > 0.5).collect(),
            lips: mostly(&lip),
            eyes: [mostly(&zones[0]), mostly(&zones[1])],
            lip_pixels,
            plain,
            openings,
        })
    }
}

/// The share of each cell that these pixels take.
fn shares(pixels: &[usize]) -> Vec<f32> {
    let mut out = vec![0.0; CELLS * CELLS];
    for at in pixels {
        out[at / SIDE / CELL * CELLS + at % SIDE / CELL] += 1.0 / (CELL * CELL) as f32;
    }
    out
}

/// The mean colour of each cell.
fn cells(bgr: &[u8]) -> Vec<Cell> {
    let mut sums = vec![[0_u32; 3]; CELLS * CELLS];
    for (row, line) in bgr.chunks_exact(3 * SIDE).enumerate() {
        for (column, part) in line.chunks_exact(3 * CELL).enumerate() {
            let sum = &mut sums[row / CELL * CELLS + column];
            for pixel in part.chunks_exact(3) {
                for k in 0..3 {
                    sum[k] += u32::from(pixel[k]);
                }
            }
        }
    }
    let mean = |sum: [u32; 3]| sum.map(|value| value as f32 / (CELL * CELL) as f32);
    sums.into_iter().map(|sum| Cell::of(mean(sum))).collect()
}

/// Brightness, by ITU-R BT.601's weights.
fn level([b, g, r]: [f32; 3]) -> f32 {
    0.114 * b + 0.587 * g + 0.299 * r
}

/// The fifth and the ninety-fifth percentile of brightness, in the skin's; `None` of too few pixels.
fn range(bgr: &[u8], pixels: &[usize], skin: Skin) -> Option<[f32; 2]> {
    if pixels.len() < 40 {
        return None;
    }
    let mut values: Vec<f32> = pixels
        .iter()
        .map(|at| level([0, 1, 2].map(|k| f32::from(bgr[3 * at + k]))))
        .collect();
    let last = values.len() - 1;
    Some([0.05, 0.95].map(|share| {
        let place = (share * last as f32) as usize;
        let (_, value, _) = values.select_nth_unstable_by(place, f32::total_cmp);
        *value / skin.colour.level.max(1.0)
    }))
}

fn eye(bgr: &[u8], opening: &[usize], skin: Skin, subject: &Subject, which: usize) -> Reading<f32> {
    if subject.pose.yaw_deg.abs() > MOST_TURN_DEG {
        return Reading::NotAssessed(WhyNot::Turned);
    }
    let Some([dark, light]) = range(bgr, opening, skin) else {
        return Reading::NotAssessed(WhyNot::TooSmall);
    };
    let contrast = light - dark;
    if subject.eyes[which].openness < SHUT && contrast >= BLANK {
        return Reading::NotAssessed(WhyNot::EyesShut);
    }
    let covered = contrast < BLANK || dark > NO_IRIS;
    let confidence = if contrast < BLANK {
        sure(contrast / BLANK)
    } else {
        ((dark - NO_IRIS).abs() / 0.15).min(1.0)
    };
    Reading::Measured {
        value: f32::from(u8::from(covered)),
        confidence,
    }
}

/// How far a ratio lies from 1: none at 1, full at half and at double.
fn sure(ratio: f32) -> f32 {
    (ratio.max(1e-3).ln().abs() / std::f32::consts::LN_2).min(1.0)
}

fn mouth(bgr: &[u8], parts: &Parts, cells: &[Cell], skin: Skin) -> Reading<f32> {
    let Some([dark, light]) = range(bgr, &parts.lip_pixels, skin) else {
        return Reading::NotAssessed(WhyNot::OutsidePicture);
    };
    let contrast = light - dark;
    if parts.ring.len() < 8 {
        return Reading::NotAssessed(WhyNot::OutsidePicture);
    }
    let lips = mean_colour(bgr, &parts.lip_pixels);
    let redder = lips.red - skin.colour.red;
    let off = share_off(&parts.ring, cells, skin);
    let plain = redder < LIPS_PLAIN && contrast < LIPS_CONTRAST;
    let covered = redder < LIPS_PALE || off > RING_OFF || plain;
    let confidence = if off > RING_OFF {
        sure(off / RING_OFF)
    } else if redder < LIPS_PALE {
        ((LIPS_PALE - redder) / 0.1).min(1.0)
    } else {
        sure(contrast / LIPS_CONTRAST)
    };
    Reading::Measured {
        value: f32::from(u8::from(covered)),
        confidence,
    }
}

fn mean_colour(bgr: &[u8], pixels: &[usize]) -> Cell {
    let mut sums = [0.0_f32; 3];
    for at in pixels {
        for (k, sum) in sums.iter_mut().enumerate() {
            *sum += f32::from(bgr[3 * at + k]);
        }
    }
    Cell::of(sums.map(|sum| sum / pixels.len().max(1) as f32))
}

fn share_off(of: &[usize], cells: &[Cell], skin: Skin) -> f32 {
    let off = of.iter().filter(|at| skin.is_off(&cells[**at])).count();
    off as f32 / of.len().max(1) as f32
}

fn face(
    parts: &Parts,
    cells: &[Cell],
    skin: Skin,
    eyes: &[Reading<f32>; 2],
    mouth: Reading<f32>,
) -> Reading<f32> {
    let plain = parts.plain.len() as f32;
    let mut covered = share_off(&parts.plain, cells, skin) * plain;
    let mut all = plain;
    let others = [
        (&parts.lips, mouth),
        (&parts.eyes[0], eyes[0]),
        (&parts.eyes[1], eyes[1]),
    ];
    for (part, reading) in others {
        if let Some(share) = reading.value() {
            covered += share * part.len() as f32;
            all += part.len() as f32;
        }
    }
    Reading::Measured {
        value: covered / all.max(1.0),
        confidence: (2.0 * skin.share).min(1.0),
    }
}
