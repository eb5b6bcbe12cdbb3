//! MediaPipe's face mesh: 468 points in three dimensions from an upright crop.

use crate::Error;
use crate::blob::{Beyond, Blob, Patch, PatchWish, Pixels, Wish};
use crate::engine::{Engine, Network};
use crate::geometry::Square;
use crate::pack::Pack;
use crate::stages::Stopwatch;

const MODEL: &str = "face_mesh";
const SIDE: u32 = 192;
/// Points of the mesh.
pub(super) const POINTS: usize = 468;

/// What the network saw in one crop.
pub(super) struct MeshReading {
    /// Picture pixels; z in the same scale.
    pub points: Vec<[f32; 3]>,
    /// 0 to 1.
    pub presence: f32,
}

#[derive(Debug)]
pub(super) struct Mesh {
    network: Network,
    blob: Blob,
}

impl Mesh {
    pub(super) fn load(engine: &Engine, pack: &Pack) -> Result<Self, Error> {
        let model = pack.required(MODEL)?;
        let blob = Blob::new(Wish::of(MODEL, model.entry())?, 1);
        Ok(Self {
            network: engine.load(model.path())?,
            blob,
        })
    }

    /// The patch that [`Mesh::read`] looks at.
    pub(super) fn wish(&self, square: Square) -> PatchWish {
        self.blob.wish(square.from_patch(SIDE), Beyond::Edge)
    }

    pub(super) fn offer(&mut self, patches: &mut Vec<Patch>) {
        self.blob.offer(patches);
    }

    /// Reads the mesh in one square of the picture.
    pub(super) fn read(
        &mut self,
        picture: &impl Pixels,
        square: Square,
        watch: &mut Stopwatch,
    ) -> Result<MeshReading, Error> {
        let map = square.from_patch(SIDE);
        self.blob.fill(0, picture, &map, Beyond::Edge)?;
        watch.lap("mesh.preprocess");
        let outputs = self.network.run(&[("image", self.blob.view()?)])?;
        watch.lap("mesh.run");
        let (mesh, flag) = (outputs.values("mesh")?, outputs.values("flag")?);
        let (&[presence], POINTS) = (flag, mesh.len() / 3) else {
            return Err(Error::Shape {
                model: MODEL,
                expected: "468 points and a face flag",
                found: format!("{} numbers and {} flags", mesh.len(), flag.len()),
            });
        };
        let scale = map.scale();
        let points = mesh
            .chunks_exact(3)
            .map(|point| {
                let [x, y] = map.apply([point[0], point[1]]);
                [x, y, point[2] * scale]
            })
            .collect();
        watch.lap("mesh.postprocess");
        Ok(MeshReading { points, presence })
    }
}

/// Where to look for a face whose points are known: their bounds in the direction of the eyes,
/// half as large again (MediaPipe's `face_landmark_landmarks_to_roi`).
pub(super) fn square_around(points: &[[f32; 3]]) -> Square {
    let (right, left) = (points[33], points[263]);
    let angle = (left[1] - right[1]).atan2(left[0] - right[0]);
    let (sin, cos) = angle.sin_cos();
    let mut low = [f32::INFINITY; 2];
    let mut high = [f32::NEG_INFINITY; 2];
    for &[x, y, _] in points {
        let turned = [x * cos + y * sin, y * cos - x * sin];
        for k in 0..2 {
            low[k] = low[k].min(turned[k]);
            high[k] = high[k].max(turned[k]);
        }
    }
    let middle = [
        f32::midpoint(low[0], high[0]),
        f32::midpoint(low[1], high[1]),
    ];
    Square {
        centre: [
            middle[0] * cos - middle[1] * sin,
            middle[0] * sin + middle[1] * cos,
        ],
        side: 1.5 * (high[0] - low[0]).max(high[1] - low[1]),
        angle,
    }
}
