//! BlazeFace, the 256-pixel (full range) network: boxes and six points a face.
//!
//! The whole picture is looked at first, fitted into the square with black beside it. Where that
//! shows no face, the search goes on with the picture at half its size (a face that fills the
//! frame is larger than any the network was trained on), then with overlapping tiles (small faces).
//!
//! Anchors as in `human`'s `generateAnchors` for this network: two for each cell of 16 pixels,
//! then six for each cell of 32 (MediaPipe's `SsdAnchorsCalculator`, strides 16, 32, 32, 32).

use super::FaceBox;
use crate::Error;
use crate::blob::{Beyond, Blob, Patch, PatchWish, Pixels, Wish};
use crate::engine::{Engine, Network, Outputs};
use crate::geometry::{Affine, Square, distance};
use crate::pack::Pack;
use crate::stages::Stopwatch;

const MODEL: &str = "face_detector";
const SIDE: u32 = 256;
/// Numbers an anchor: box centre, box size, six points.
const NUMBERS: usize = 16;
/// Least score: MediaPipe's full-range graphs use 0.5 to 0.6.
const LEAST_SCORE: f32 = 0.55;
/// Boxes that overlap by more than this are one face (MediaPipe's `min_suppression_threshold`).
const SAME_FACE: f32 = 0.3;
/// A tile's side, as a share of the picture's shorter side.
const TILE: f32 = 0.55;
/// The most faces reported.
const MOST_FACES: usize = 8;

/// How a picture is looked at, in the order in which the reader tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// All of it.
    Whole,
    /// All of it at half the size.
    Half,
    /// Overlapping parts.
    Tiles,
}

impl Look {
    pub(super) const ORDER: [Self; 3] = [Self::Whole, Self::Half, Self::Tiles];
}

/// One face as the detector sees it, in picture pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Detection {
    /// Left, top, right, bottom.
    pub corners: [f32; 4],
    /// The person's right eye, left eye, nose tip, mouth, right ear, left ear.
    pub points: [[f32; 2]; 6],
    /// 0 to 1.
    pub score: f32,
}

impl Detection {
    /// The box alone.
    pub(super) fn face(&self) -> FaceBox {
        let [left, top, right, bottom] = self.corners;
        FaceBox {
            x: left,
            y: top,
            width: right - left,
            height: bottom - top,
            score: self.score,
        }
    }

    pub(super) fn area(&self) -> f32 {
        let [left, top, right, bottom] = self.corners;
        (right - left).max(0.0) * (bottom - top).max(0.0)
    }

    /// Where the mesh network should look: the box's middle, turned upright by the eyes, half as
    /// large again as the box (MediaPipe's `face_detection_front_detection_to_roi`).
    pub(super) fn square(&self) -> Square {
        let [left, top, right, bottom] = self.corners;
        let [right_eye, left_eye, ..] = self.points;
        Square {
            centre: [f32::midpoint(left, right), f32::midpoint(top, bottom)],
            side: 1.5 * (right - left).max(bottom - top),
            angle: (left_eye[1] - right_eye[1]).atan2(left_eye[0] - right_eye[0]),
        }
    }

    fn overlap(&self, other: &Self) -> f32 {
        let side = |low: usize, high: usize| {
            (self.corners[high].min(other.corners[high])
                - self.corners[low].max(other.corners[low]))
            .max(0.0)
        };
        let shared = side(0, 2) * side(1, 3);
        shared / (self.area() + other.area() - shared).max(f32::EPSILON)
    }
}

/// The network with its buffers.
#[derive(Debug)]
pub(super) struct Detector {
    network: Network,
    blob: Blob,
    anchors: Vec<[f32; 2]>,
    raw: Vec<Detection>,
}

impl Detector {
    pub(super) fn load(engine: &Engine, pack: &Pack) -> Result<Self, Error> {
        let model = pack.required(MODEL)?;
        let blob = Blob::new(Wish::of(MODEL, model.entry())?, 1);
        let network = engine.load(model.path())?;
        Ok(Self {
            network,
            blob,
            anchors: anchors(),
            raw: Vec::new(),
        })
    }

    /// The patch of a look at a whole picture of that width and height.
    pub(super) fn wish_whole(&self, size: [f32; 2]) -> PatchWish {
        self.blob.wish(around(size).from_patch(SIDE), Beyond::Black)
    }

    pub(super) fn offer(&mut self, patches: &mut Vec<Patch>) {
        self.blob.offer(patches);
    }

    /// Every face that one look shows, the largest first.
    pub(super) fn detect(
        &mut self,
        picture: &impl Pixels,
        look: Look,
        watch: &mut Stopwatch,
    ) -> Result<Vec<Detection>, Error> {
        self.raw.clear();
        match look {
            Look::Whole => self.look(picture, whole(picture), watch)?,
            Look::Half => self.look(picture, half(picture), &mut Stopwatch::start())?,
            Look::Tiles => {
                for tile in tiles(size(picture)) {
                    self.look(picture, tile, &mut Stopwatch::start())?;
                }
            }
        }
        if look != Look::Whole {
            watch.lap("search");
        }
        Ok(merged(&mut self.raw))
    }

    /// Every face in one square of the picture.
    pub(super) fn detect_within(
        &mut self,
        picture: &impl Pixels,
        square: Square,
        watch: &mut Stopwatch,
    ) -> Result<Vec<Detection>, Error> {
        self.raw.clear();
        self.look(picture, square, &mut Stopwatch::start())?;
        watch.lap("search");
        Ok(merged(&mut self.raw))
    }

    /// Every face in the part of that number: the looks beside the whole one, over and over.
    pub(super) fn detect_part(
        &mut self,
        picture: &impl Pixels,
        number: usize,
        watch: &mut Stopwatch,
    ) -> Result<Vec<Detection>, Error> {
        let parts = 1 + tiles(size(picture)).count();
        let mut squares = std::iter::once(half(picture)).chain(tiles(size(picture)));
        let square = squares
            .nth(number % parts)
            .unwrap_or_else(|| whole(picture));
        self.detect_within(picture, square, watch)
    }

    /// Looks at one square of the picture and adds what it shows to `raw`.
    fn look(
        &mut self,
        picture: &impl Pixels,
        square: Square,
        watch: &mut Stopwatch,
    ) -> Result<(), Error> {
        let map = square.from_patch(SIDE);
        self.blob.fill(0, picture, &map, Beyond::Black)?;
        watch.lap("detect.preprocess");
        let outputs = self.network.run(&[("image", self.blob.view()?)])?;
        watch.lap("detect.run");
        decode(&outputs, &self.anchors, &map, &mut self.raw)?;
        watch.lap("detect.postprocess");
        Ok(())
    }
}

/// The square around the picture.
fn whole(picture: &impl Pixels) -> Square {
    around(size(picture))
}

fn around([width, height]: [f32; 2]) -> Square {
    Square {
        centre: [width / 2.0, height / 2.0],
        side: width.max(height),
        angle: 0.0,
    }
}

/// The same with as much again around it: a face that fills the picture becomes one of the usual size.
fn half(picture: &impl Pixels) -> Square {
    let whole = whole(picture);
    Square {
        side: 2.0 * whole.side,
        ..whole
    }
}

/// Width and height.
fn size(picture: &impl Pixels) -> [f32; 2] {
    [picture.cols() as f32, picture.rows() as f32]
}

/// Overlapping squares that cover a picture of that size: eight for a common frame, at most 24 for any.
fn tiles([width, height]: [f32; 2]) -> impl Iterator<Item = Square> {
    let side = (TILE * width.min(height)).max(width.max(height) / 6.0);
    let places = move |length: f32| {
        let count = (length / (side * 0.7)).ceil().max(1.0) as usize;
        let gap = (length - side) / (count - 1).max(1) as f32;
        (0..count).map(move |i| side / 2.0 + gap * i as f32)
    };
    places(height).flat_map(move |y| {
        places(width).map(move |x| Square {
            centre: [x, y],
            side,
            angle: 0.0,
        })
    })
}

fn anchors() -> Vec<[f32; 2]> {
    let grid = |cell: usize, each: usize| {
        let cells = SIDE as usize / cell;
        (0..cells * cells * each).map(move |i| {
            let at = |index: usize| cell as f32 * (index as f32 + 0.5);
            [at(i / each % cells), at(i / each / cells)]
        })
    };
    grid(16, 2).chain(grid(32, 6)).collect()
}

/// Boxes whose score is high enough, mapped into the picture.
fn decode(
    outputs: &Outputs<'_>,
    anchors: &[[f32; 2]],
    map: &Affine,
    found: &mut Vec<Detection>,
) -> Result<(), Error> {
    let scores = outputs.values("logits")?;
    let boxes = outputs.values("regressors")?;
    if scores.len() != anchors.len() || boxes.len() != anchors.len() * NUMBERS {
        return Err(Error::Shape {
            model: MODEL,
            expected: "896 scores and boxes of 16 numbers",
            found: format!("{} scores and {} numbers", scores.len(), boxes.len()),
        });
    }
    let boxes = boxes.chunks_exact(NUMBERS);
    for ((&logit, numbers), &anchor) in scores.iter().zip(boxes).zip(anchors) {
        let score = 1.0 / (1.0 + (-logit.clamp(-100.0, 100.0)).exp());
        if score < LEAST_SCORE {
            continue;
        }
        let near = |i: usize| [numbers[i] + anchor[0], numbers[i + 1] + anchor[1]];
        let centre = map.apply(near(0));
        let half = [numbers[2], numbers[3]].map(|side| side * map.scale() / 2.0);
        found.push(Detection {
            corners: [
                centre[0] - half[0],
                centre[1] - half[1],
                centre[0] + half[0],
                centre[1] + half[1],
            ],
            points: std::array::from_fn(|k| map.apply(near(4 + 2 * k))),
            score,
        });
    }
    Ok(())
}

/// One detection a face: boxes that overlap are averaged by score, as MediaPipe's weighted
/// suppression does, which holds them still from frame to frame. The largest first.
fn merged(raw: &mut Vec<Detection>) -> Vec<Detection> {
    raw.sort_by(|one, two| two.score.total_cmp(&one.score));
    let mut faces: Vec<Detection> = Vec::new();
    while let Some(&best) = raw.first()
        && faces.len() < MOST_FACES
    {
        let mut total = 0.0;
        let mut sum = Detection {
            corners: [0.0; 4],
            points: [[0.0; 2]; 6],
            score: best.score,
        };
        raw.retain(|one| {
            let same = best.overlap(one) > SAME_FACE || inside(&best, one);
            if same {
                total += one.score;
                for (all, part) in sum.corners.iter_mut().zip(one.corners) {
                    *all += part * one.score;
                }
                for (all, part) in sum
                    .points
                    .iter_mut()
                    .flatten()
                    .zip(one.points.iter().flatten())
                {
                    *all += part * one.score;
                }
            }
            !same
        });
        sum.corners = sum.corners.map(|value| value / total);
        sum.points = sum.points.map(|point| point.map(|value| value / total));
        faces.push(sum);
    }
    faces.sort_by(|one, two| two.area().total_cmp(&one.area()));
    faces
}

/// Whether two boxes share a middle: one face seen at two scales.
fn inside(one: &Detection, two: &Detection) -> bool {
    let middle = |detection: &Detection| detection.square().centre;
    let reach = one.square().side.min(two.square().side) / 6.0;
    distance(middle(one), middle(two)) < reach
}

#[cfg(test)]
mod tests {
    //! Anchors and suppression.

    use super::*;

    fn at(x: f32, score: f32) -> Detection {
        let corners = [x, 0.0, x + 100.0, 100.0];
        Detection {
            corners,
            points: [[x, 0.0]; 6],
            score,
        }
    }

    #[test]
    fn anchors_stand_in_the_cells_middles() {
        let anchors = anchors();
        assert_eq!(anchors.len(), 512 + 384);
        assert_eq!(anchors[0], [8.0, 8.0]);
        assert_eq!(anchors[2], [24.0, 8.0]);
        assert_eq!(anchors[512], [16.0, 16.0]);
        assert_eq!(anchors[895], [240.0, 240.0]);
    }

    #[test]
    fn tiles_cover_the_picture_and_stay_few_whatever_its_shape() {
        for (width, height) in [
            (1280.0, 720.0),
            (512.0, 512.0),
            (4000.0, 2.0),
            (1.0, 12_000.0),
        ] {
            let tiles: Vec<Square> = tiles([width, height]).collect();
            assert!(
                (1..=24).contains(&tiles.len()),
                "{width}x{height}: {}",
                tiles.len()
            );
            let right = tiles.iter().map(|tile| tile.centre[0] + tile.side / 2.0);
            assert!(right.fold(0.0, f32::max) >= width - 0.5, "{width}x{height}");
        }
    }

    #[test]
    fn overlapping_boxes_become_one_and_distant_ones_stay() {
        let mut raw = vec![at(0.0, 0.9), at(10.0, 0.6), at(500.0, 0.7)];
        let faces = merged(&mut raw);
        assert_eq!(faces.len(), 2);
        assert!(
            (faces[0].corners[0] - 4.0).abs() < 1e-3,
            "the weighted mean of 0 and 10"
        );
    }
}
