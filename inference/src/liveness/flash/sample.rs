//! The mean colour of each part of the face, and of what lies beside it, in one frame.

use crate::face::Subject;
use crate::picture::Picture;

/// Parts of the face by a point of the mesh: the middle, which faces the screen, and the sides, which turn away from it.
pub const REGIONS: [(&str, usize); 7] = [
    ("forehead", 151),
    ("nose", 5),
    ("chin", 200),
    ("right cheek", 50),
    ("left cheek", 280),
    ("right side", 123),
    ("left side", 352),
];
/// Half the side of a region, in distances of the eyes' outer corners.
const HALF: f32 = 0.08;
/// How far beside the face the background begins, and how wide it is, in widths of the face.
const BESIDE: f32 = 0.35;
const WIDE: f32 = 0.25;

/// One frame: linear red, green, blue from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// ms from the clip's first frame.
    pub t_ms: f64,
    /// In the order of [`REGIONS`].
    pub regions: [[f64; 3]; REGIONS.len()],
    /// Beside the face.
    pub background: [f64; 3],
}

impl Sample {
    /// Samples a frame; `None` where a region or both sides of the face lie outside the picture.
    #[must_use]
    pub fn of(picture: &Picture, subject: &Subject, t_ms: f64) -> Option<Self> {
        let at = |index: usize| [subject.landmarks[index][0], subject.landmarks[index][1]];
        let (one, two) = (at(33), at(263));
        let half = HALF * (one[0] - two[0]).hypot(one[1] - two[1]);
        let mut regions = [[0.0; 3]; REGIONS.len()];
        for (region, (_, point)) in regions.iter_mut().zip(REGIONS) {
            *region = mean(picture, at(point), [half, half])?;
        }
        let face = &subject.bounds;
        let down = face.y + 0.4 * face.height;
        let sides = [
            face.x - (BESIDE + WIDE / 2.0) * face.width,
            face.x + (1.0 + BESIDE + WIDE / 2.0) * face.width,
        ];
        let size = [WIDE / 2.0 * face.width, 0.3 * face.height];
        let found: Vec<[f64; 3]> = sides
            .iter()
            .filter_map(|across| mean(picture, [*across, down], size))
            .collect();
        if found.is_empty() {
            return None;
        }
        let background = std::array::from_fn(|channel| {
            found.iter().map(|side| side[channel]).sum::<f64>() / found.len() as f64
        });
        Some(Self {
            t_ms,
            regions,
            background,
        })
    }
}

/// The mean of a rectangle, of which all has to lie in the picture.
fn mean(picture: &Picture, middle: [f32; 2], half: [f32; 2]) -> Option<[f64; 3]> {
    let limits = [picture.width() as f32, picture.height() as f32];
    let low = [middle[0] - half[0], middle[1] - half[1]];
    let high = [middle[0] + half[0], middle[1] + half[1]];
    let inside = low.iter().all(|edge| *edge >= 0.0)
        && high
            .iter()
            .zip(limits)
            .all(|(edge, most)| *edge < most - 1.0);
    if !inside {
        return None;
    }
    let (width, bgr) = (picture.width() as usize, picture.bgr());
    let (mut sums, mut count) = ([0.0; 3], 0.0);
    for y in low[1] as usize..=high[1] as usize {
        let row = &bgr[(y * width + low[0] as usize) * 3..=(y * width + high[0] as usize) * 3 + 2];
        for pixel in row.chunks_exact(3) {
            for (sum, level) in sums.iter_mut().zip([pixel[2], pixel[1], pixel[0]]) {
                *sum += super::sequence::linear(f64::from(level));
            }
            count += 1.0;
        }
    }
    Some(sums.map(|sum| sum / count))
}
