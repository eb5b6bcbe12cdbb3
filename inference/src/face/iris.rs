//! MediaPipe's iris network: the lids' outline (71 points) and the iris (5 points) of each eye.
//!
//! The network knows the person's left eye; the right one is shown to it mirrored.

use crate::Error;
use crate::blob::{Beyond, Blob, Pixels, Wish};
use crate::engine::{Engine, Network};
use crate::geometry::{Affine, Square, distance, midpoint};
use crate::pack::Pack;
use crate::stages::Stopwatch;

const MODEL: &str = "iris";
const SIDE: u32 = 64;
/// Outline points, then iris points: centre, right, above, left, below.
const OUTLINE: usize = 71;
const POINTS: usize = 76;
/// Crop side over the distance of the eye's corners (`iris_landmark_landmarks_to_roi`).
const MARGIN: f32 = 2.3;

/// One eye in picture pixels.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct EyeReading {
    /// Lids and brow.
    pub outline: Vec<[f32; 2]>,
    /// Middle of the iris.
    pub iris: [f32; 2],
    /// Half its width.
    pub radius: f32,
}

#[derive(Debug)]
pub(super) struct Iris {
    network: Network,
    blob: Blob,
}

impl Iris {
    pub(super) fn load(engine: &Engine, pack: &Pack) -> Result<Self, Error> {
        let model = pack.required(MODEL)?;
        let blob = Blob::new(Wish::of(MODEL, model.entry())?, 1);
        Ok(Self {
            network: engine.load(model.path())?,
            blob,
        })
    }

    /// Reads the person's right eye, then the left, of a face whose mesh is known.
    pub(super) fn read(
        &mut self,
        picture: &impl Pixels,
        mesh: &[[f32; 3]],
        watch: &mut Stopwatch,
    ) -> Result<[EyeReading; 2], Error> {
        // The network knows the person's left eye.
        let right = self.eye(picture, &eye_map(mesh, 33, 133, true), watch)?;
        let left = self.eye(picture, &eye_map(mesh, 362, 263, false), watch)?;
        Ok([right, left])
    }

    fn eye(
        &mut self,
        picture: &impl Pixels,
        map: &Affine,
        watch: &mut Stopwatch,
    ) -> Result<EyeReading, Error> {
        self.blob.fill(0, picture, map, Beyond::Edge)?;
        watch.lap("iris.preprocess");
        let outputs = self.network.run(&[("image", self.blob.view()?)])?;
        watch.lap("iris.run");
        let values = outputs.values("points")?;
        if values.len() != POINTS * 3 {
            return Err(Error::Shape {
                model: MODEL,
                expected: "76 points",
                found: format!("{} numbers", values.len()),
            });
        }
        let eye = reading(values, map);
        watch.lap("iris.postprocess");
        Ok(eye)
    }
}

/// The map from the patch onto the eye between two corners, given left to right on screen.
fn eye_map(mesh: &[[f32; 3]], left: usize, right: usize, mirrored: bool) -> Affine {
    let flat = |index: usize| [mesh[index][0], mesh[index][1]];
    let (left, right) = (flat(left), flat(right));
    // The direction of both eyes together is steadier than that of one.
    let (from, to) = (flat(33), flat(263));
    let square = Square {
        centre: midpoint(left, right),
        side: MARGIN * distance(left, right).max(1.0),
        angle: (to[1] - from[1]).atan2(to[0] - from[0]),
    };
    let map = square.from_patch(SIDE);
    if !mirrored {
        return map;
    }
    // x -> side - x before the map
    let side = SIDE as f32;
    let row = |[a, b, c]: [f32; 3]| [-a, b, c + a * side];
    Affine {
        rows: map.rows.map(row),
    }
}

fn reading(values: &[f32], map: &Affine) -> EyeReading {
    let points: Vec<[f32; 2]> = values
        .chunks_exact(3)
        .map(|point| map.apply([point[0], point[1]]))
        .collect();
    let iris = &points[OUTLINE..];
    let radius = distance(iris[1], iris[3]) / 2.0;
    EyeReading {
        outline: points[..OUTLINE].to_vec(),
        iris: iris[0],
        radius,
    }
}
