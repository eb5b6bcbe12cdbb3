//! How open eyes and mouth are, from the landmarks' distances.
//!
//! Eye: the eye aspect ratio of Soukupová and Čech, "Real-time eye blink detection using facial
//! landmarks" (2016), the mean of two readings. The lids that the iris network draws close in every
//! blink but flicker when a person looks down; the mesh's lids are steady but stay half open in
//! many a blink. Mouth: the distance of the inner lips over that of the mouth's corners. Distances
//! on the mesh are taken in three dimensions, so that a turned head's mouth does not look wider
//! open than it is.

use super::Eye;
use crate::geometry::distance;

/// Corners of the eye in the iris network's outline.
const CORNERS: [usize; 2] = [0, 8];
/// Points of the lower lid and those of the upper lid above them.
const LIDS: [[usize; 2]; 3] = [[3, 11], [4, 12], [5, 13]];
/// In the mesh, the person's right eye and left eye: corners, then pairs of lid points.
const MESH_EYES: [([usize; 2], [[usize; 2]; 2]); 2] = [
    ([33, 133], [[160, 144], [158, 153]]),
    ([362, 263], [[385, 380], [387, 373]]),
];
/// Upper inner lip, lower inner lip, corners, in the mesh.
const MOUTH: [usize; 4] = [13, 14, 78, 308];

/// Aspect ratio of a closed eye (lashes hide the seam) and of one wide open, as the iris network
/// draws it, and in the mesh.
const EYE_RANGE: [f32; 2] = [0.08, 0.38];
const MESH_EYE_RANGE: [f32; 2] = [0.14, 0.36];
/// The same for the mouth: closed lips and a yawn.
const MOUTH_RANGE: [f32; 2] = [0.02, 0.70];

/// 0 closed to 1 wide open: the person's right eye (`which` 0) or left eye (1), from the iris
/// network's outline of it and from the mesh.
pub(super) fn eye_openness(which: usize, outline: &[[f32; 2]], mesh: &[[f32; 3]]) -> f32 {
    let drawn = within(ratio(outline, CORNERS, &LIDS), EYE_RANGE);
    f32::midpoint(drawn, mesh_openness(which, mesh))
}

fn mesh_openness(which: usize, mesh: &[[f32; 3]]) -> f32 {
    let (corners, lids) = MESH_EYES[which];
    within(ratio(mesh, corners, &lids), MESH_EYE_RANGE)
}

/// The person's right eye (`which` 0) or left eye (1) by the mesh alone.
pub(super) fn mesh_eye(which: usize, mesh: &[[f32; 3]]) -> Eye {
    let [one, two] = MESH_EYES[which].0.map(|corner| mesh[corner]);
    Eye {
        openness: mesh_openness(which, mesh),
        iris: [0, 1].map(|k| f32::midpoint(one[k], two[k])),
        iris_radius: 0.0,
    }
}

/// The mean distance of the lids over the distance of the corners.
fn ratio<const N: usize>(points: &[[f32; N]], corners: [usize; 2], lids: &[[usize; 2]]) -> f32 {
    let open: f32 = lids
        .iter()
        .map(|&[one, two]| distance(points[one], points[two]))
        .sum();
    let width = distance(points[corners[0]], points[corners[1]]);
    open / lids.len() as f32 / width.max(f32::EPSILON)
}

/// 0 closed to 1 wide open, from the mesh.
pub(super) fn mouth_openness(points: &[[f32; 3]]) -> f32 {
    let [upper, lower, right, left] = MOUTH.map(|index| points[index]);
    within(
        distance(upper, lower) / distance(right, left).max(f32::EPSILON),
        MOUTH_RANGE,
    )
}

/// Distance of the mouth's corners over that of the eyes' outer corners.
pub(super) fn mouth_width(points: &[[f32; 3]]) -> f32 {
    distance(points[61], points[291]) / distance(points[33], points[263]).max(f32::EPSILON)
}

fn within(value: f32, [closed, open]: [f32; 2]) -> f32 {
    ((value - closed) / (open - closed)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    //! Closed is 0, wide open is 1, and size does not matter.

    use super::*;

    /// Outline and mesh of an eye `width` wide whose lids are `lids` apart.
    fn openness(width: f32, lids: f32) -> f32 {
        let mut outline = vec![[0.0; 2]; 71];
        outline[8] = [width, 0.0];
        for [low, up] in LIDS {
            outline[low] = [width / 2.0, lids / 2.0];
            outline[up] = [width / 2.0, -lids / 2.0];
        }
        let mut mesh = vec![[0.0; 3]; 468];
        mesh[133] = [width, 0.0, 0.0];
        for [low, up] in MESH_EYES[0].1 {
            mesh[low] = [width / 2.0, lids / 2.0, 0.0];
            mesh[up] = [width / 2.0, -lids / 2.0, 0.0];
        }
        eye_openness(0, &outline, &mesh)
    }

    #[test]
    fn an_eye_goes_from_closed_to_wide_open_at_any_size() {
        assert_eq!(openness(30.0, 0.0), 0.0);
        assert_eq!(openness(30.0, 15.0), 1.0);
        let near = openness(60.0, 14.0);
        assert!((near - openness(30.0, 7.0)).abs() < 1e-6);
        assert!((0.3..0.7).contains(&near), "{near}");
    }

    #[test]
    fn a_mouth_goes_from_closed_to_wide_open() {
        let mut points = vec![[0.0; 3]; 468];
        points[308] = [40.0, 0.0, 0.0];
        assert_eq!(mouth_openness(&points), 0.0);
        points[14] = [0.0, 30.0, 0.0];
        assert_eq!(mouth_openness(&points), 1.0);
    }
}
