//! Synthetic people: a public-domain portrait whose face mesh is turned, blinked and spoken in 3D.
//!
//! ```text
//! portrait ─► 468 points in 3D ─► + rings round the head, + the picture's border ─► triangles
//!                                                     pose ─► points moved ─► drawn far to near ─► frame
//! ```
//!
//! What this is: a person who moves as asked, made without filming anyone, so that a whole verification can
//! run anywhere. What it is not: a bona fide presentation. A network that doubts it is right to.

mod anatomy;
mod performance;
mod reel;
mod render;

use std::path::Path;

use anyhow::{Context, ensure};
use kiosk_inference::face::FaceReader;
use kiosk_inference::picture::Picture;

use anatomy::{CHIN, EARS, EYES, LOWER_INNER_LIP, LOWER_LIP, MOUTH_CORNERS, OVAL, UPPER_INNER_LIP};
use render::{Canvas, Triangle};

pub use performance::{Gesture, Pose, perform};
pub use reel::{Manner, Reel, Step, acted};

/// Points of the mesh.
const MESH: usize = 468;
/// Rings round the face's outline: how far out, and how much of the head's movement they share.
const RINGS: [(f32, f32); 5] = [
    (1.12, 1.0),
    (1.3, 0.85),
    (1.55, 0.5),
    (1.9, 0.2),
    (2.4, 0.0),
];
/// Points along each side of the picture's border, which never moves.
const BORDER: usize = 8;
/// How far the lower lip goes down when the mouth is wide open, in heights of the face.
const JAW_DROP: f32 = 0.13;
/// How far a smile draws a corner of the mouth outwards and upwards, as shares of half the mouth\'s width: people\'s mouths
/// grow by about a third.
const SMILE_WIDER: f32 = 0.6;
const SMILE_HIGHER: f32 = 0.2;
/// How far the person stands from the camera, in heights of the face (0.6 m of 0.19 m), and the share of it that is left when
/// they have come closer.
const DISTANCE: f32 = 3.2;
const CLOSEST: f32 = 0.667;
/// From this much on, a lid shows its skin.
const LID_COMES: f32 = 0.35;
/// How dark the lashes are at a shut lid's edge.
const LASH_DARK: f32 = 0.75;
/// The inside of an open mouth is this dark beside the lips' texture.
const MOUTH_DARK: f32 = 0.75;

/// A person who can be filmed.
pub struct Person {
    texture: Picture,
    points: Vec<Point>,
    triangles: Vec<[usize; 3]>,
    pivot: [f32; 3],
    face_height: f32,
}

#[derive(Debug, Clone, Copy)]
struct Point {
    at: [f32; 3],
    share: f32,
}

impl Person {
    /// The person of a portrait; its one face is found by the reader.
    pub fn of(portrait: Picture, reader: &mut FaceReader) -> anyhow::Result<Self> {
        let seen = reader.observe(&portrait)?;
        let subject = seen.subject.context("the portrait shows no face")?;
        ensure!(
            subject.landmarks.len() >= MESH,
            "the face has no whole mesh"
        );
        let mesh: Vec<[f32; 3]> = subject.landmarks[..MESH].to_vec();
        let oval: Vec<[f32; 3]> = OVAL.iter().map(|index| mesh[*index]).collect();
        let centre = mean(&oval);
        let ear_depth = EARS.iter().map(|index| mesh[*index][2]).sum::<f32>() / EARS.len() as f32;
        let mut points: Vec<Point> = mesh
            .iter()
            .map(|at| Point {
                at: *at,
                share: 1.0,
            })
            .collect();
        points.extend(rings(&oval, centre));
        points.extend(border(&portrait));
        let triangles = triangulate(&points)?;
        let face_height = (mesh[CHIN][1] - mesh[OVAL[0]][1]).abs();
        let pivot = [centre[0], centre[1], ear_depth];
        Ok(Self {
            texture: portrait,
            points,
            triangles,
            pivot,
            face_height,
        })
    }

    /// One frame of the person in a pose.
    pub fn show(&self, pose: &Pose) -> anyhow::Result<Picture> {
        let moved = self.moved(pose);
        let mut order: Vec<&[usize; 3]> = self.triangles.iter().collect();
        order.sort_by(|a, b| depth(&moved, b).total_cmp(&depth(&moved, a)));
        let mut canvas = Canvas::of(&self.texture);
        for triangle in order {
            let flat = |point: [f32; 3]| [point[0], point[1]];
            let (from, dark) = self.look(triangle, pose);
            let drawn = Triangle {
                to: triangle.map(|index| flat(moved[index])),
                from,
                dark,
            };
            canvas.draw(&drawn, &self.texture);
        }
        canvas.into_picture()
    }

    /// Films a performance into a Motion-JPEG AVI.
    pub fn film(&self, path: &Path, poses: &[Pose], fps: f64) -> anyhow::Result<()> {
        crate::film::write(path, fps, poses.iter().map(|pose| self.show(pose)))
    }

    /// Where a triangle's texture is taken from, and how dark each corner is. A lid that comes down shows plain
    /// skin, which lies under the eye in the portrait, and its lashes at its edge.
    fn look(&self, triangle: &[usize; 3], pose: &Pose) -> ([[f32; 2]; 3], [f32; 3]) {
        let own = |index: usize| [self.points[index].at[0], self.points[index].at[1]];
        if pose.mouth_open > 0.05 && inside_mouth(triangle) {
            return (triangle.map(own), [MOUTH_DARK; 3]);
        }
        let lid = EYES
            .iter()
            .find(|eye| triangle.iter().all(|index| eye.on_lid(*index)));
        let Some(eye) = lid.filter(|_| pose.eyes_shut > LID_COMES) else {
            return (triangle.map(own), [0.0; 3]);
        };
        let skin = triangle.map(|index| own(eye.skin_of(index)));
        let lashes = |index: usize| {
            if eye.upper.contains(&index) {
                LASH_DARK
            } else {
                0.0
            }
        };
        (skin, triangle.map(lashes))
    }

    fn moved(&self, pose: &Pose) -> Vec<[f32; 3]> {
        let mut points: Vec<[f32; 3]> = self.points.iter().map(|point| point.at).collect();
        shut_eyes(&mut points, pose.eyes_shut);
        smile(&mut points, pose.smile);
        open_mouth(&mut points, pose.mouth_open * JAW_DROP * self.face_height);
        for (point, from) in points.iter_mut().zip(&self.points) {
            let turned = turn(*point, self.pivot, pose);
            let turned = self.nearer(turned, pose.closer);
            for axis in 0..3 {
                point[axis] += (turned[axis] - point[axis]) * from.share;
            }
        }
        points
    }
}

impl Person {
    /// A point of the head seen from nearer: what lies before the ears' plane grows more than it.
    fn nearer(&self, point: [f32; 3], closer: f32) -> [f32; 3] {
        let far = DISTANCE * self.face_height;
        let near = far * (1.0 - closer * (1.0 - CLOSEST));
        let depth = point[2] - self.pivot[2];
        let grown = (far + depth) / (near + depth);
        let from = |axis: usize| self.pivot[axis] + (point[axis] - self.pivot[axis]) * grown;
        [from(0), from(1), point[2]]
    }
}

fn mean(points: &[[f32; 3]]) -> [f32; 3] {
    let count = points.len() as f32;
    std::array::from_fn(|axis| points.iter().map(|point| point[axis]).sum::<f32>() / count)
}

/// Rings of hair, ears and neck: each farther out, farther back and less moved.
fn rings(oval: &[[f32; 3]], centre: [f32; 3]) -> Vec<Point> {
    let mut points = Vec::new();
    for (out, share) in RINGS {
        for edge in oval {
            let at = [
                centre[0] + (edge[0] - centre[0]) * out,
                centre[1] + (edge[1] - centre[1]) * out,
                edge[2],
            ];
            points.push(Point { at, share });
        }
    }
    points
}

fn border(picture: &Picture) -> Vec<Point> {
    let (right, bottom) = ((picture.width() - 1) as f32, (picture.height() - 1) as f32);
    let mut points = Vec::new();
    for step in 0..BORDER {
        let along = step as f32 / BORDER as f32;
        for at in [
            [right * along, 0.0],
            [right, bottom * along],
            [right * (1.0 - along), bottom],
            [0.0, bottom * (1.0 - along)],
        ] {
            points.push(Point {
                at: [at[0], at[1], f32::from(u16::MAX)],
                share: 0.0,
            });
        }
    }
    points
}

/// Triangles over all points as they lie in the portrait.
fn triangulate(points: &[Point]) -> anyhow::Result<Vec<[usize; 3]>> {
    let flat: Vec<delaunator::Point> = points
        .iter()
        .map(|point| delaunator::Point {
            x: f64::from(point.at[0]),
            y: f64::from(point.at[1]),
        })
        .collect();
    let found = delaunator::triangulate(&flat).triangles;
    ensure!(!found.is_empty(), "the portrait's points lie on a line");
    Ok(found
        .chunks_exact(3)
        .map(|corner| [corner[0], corner[1], corner[2]])
        .collect())
}

/// The upper lid comes down to the lower, and half of that its fold with it.
fn shut_eyes(points: &mut [[f32; 3]], shut: f32) {
    for eye in &EYES {
        for ((upper, lower), fold) in eye.upper.iter().zip(eye.lower).zip(eye.fold) {
            let drop = (points[lower][1] - points[*upper][1]) * shut;
            points[*upper][1] += drop;
            points[fold][1] += drop * 0.3;
        }
    }
}

/// The mouth's corners go apart and up, and the cheeks beside them give way.
fn smile(points: &mut [[f32; 3]], strength: f32) {
    let [right, left] = MOUTH_CORNERS.map(|index| points[index]);
    let middle = mean(&[right, left]);
    let half = ((left[0] - right[0]) / 2.0).abs().max(1.0);
    for point in points.iter_mut().take(MESH) {
        let across = (point[0] - middle[0]) / half;
        let along = (point[1] - middle[1]) / half;
        let beyond = (across.abs() - 1.0).max(0.0);
        let share = strength * (-1.2 * along * along - 1.5 * beyond * beyond).exp();
        let across = across.clamp(-1.0, 1.0);
        point[0] += SMILE_WIDER * share * half * across;
        point[1] -= SMILE_HIGHER * share * half * across * across;
    }
}

/// The lower lip, and the chin with it, go down.
fn open_mouth(points: &mut [[f32; 3]], drop: f32) {
    let chin_y = points[CHIN][1];
    let lip_y = points[LOWER_INNER_LIP[4]][1];
    let lips = LOWER_INNER_LIP.iter().chain(&LOWER_LIP);
    let moved: Vec<usize> = lips.copied().collect();
    let (left, right) = (
        points[UPPER_INNER_LIP[0]][0],
        points[UPPER_INNER_LIP[10]][0],
    );
    let middle = f32::midpoint(left, right);
    let half = ((right - left) / 2.0).abs().max(1.0);
    for index in &moved {
        // Most in the middle of the lip, none at its corners.
        let off = ((points[*index][0] - middle) / half).clamp(-1.0, 1.0);
        points[*index][1] += drop * (1.0 - off * off);
    }
    for (index, point) in points.iter_mut().enumerate().take(MESH) {
        let below = ((point[1] - lip_y) / (chin_y - lip_y).max(1.0)).clamp(0.0, 1.0);
        if below > 0.0 && !moved.contains(&index) {
            let off = ((point[0] - middle) / (2.5 * half)).clamp(-1.0, 1.0);
            point[1] += drop * below.sqrt() * (1.0 - off * off) * 0.8;
        }
    }
}

/// Turns a point about the middle of the head. Depth grows away from the camera.
fn turn(point: [f32; 3], pivot: [f32; 3], pose: &Pose) -> [f32; 3] {
    let [x, y, z] = std::array::from_fn(|axis| point[axis] - pivot[axis]);
    let (sin_yaw, cos_yaw) = pose.yaw_deg.to_radians().sin_cos();
    let (x, z) = (x * cos_yaw - z * sin_yaw, x * sin_yaw + z * cos_yaw);
    let (sin_pitch, cos_pitch) = pose.pitch_deg.to_radians().sin_cos();
    let (y, z) = (y * cos_pitch + z * sin_pitch, z * cos_pitch - y * sin_pitch);
    let (sin_roll, cos_roll) = pose.roll_deg.to_radians().sin_cos();
    let (x, y) = (x * cos_roll - y * sin_roll, x * sin_roll + y * cos_roll);
    [x + pivot[0], y + pivot[1], z + pivot[2]]
}

fn depth(points: &[[f32; 3]], triangle: &[usize; 3]) -> f32 {
    triangle.iter().map(|index| points[*index][2]).sum()
}

fn inside_mouth(triangle: &[usize; 3]) -> bool {
    triangle
        .iter()
        .all(|index| UPPER_INNER_LIP.contains(index) || LOWER_INNER_LIP.contains(index))
}
