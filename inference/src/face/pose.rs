//! Head pose: the rotation that takes MediaPipe's canonical face onto the landmarks.
//!
//! Axes: x to the picture's right, y up, z towards the camera. The rotation is the weighted
//! orthogonal Procrustes solution (Kabsch, 1976) over 33 points. It is read as
//! `R = Ry(yaw) Rx(-pitch) Rz(-roll)`, the yaw applied last.

use opencv::core::{self, Mat, MatTraitConst};

use crate::Error;

/// How a head is turned, in degrees; all zero is straight at the camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeadPose {
    /// Positive: the person turns to their own left (the picture's right).
    pub yaw_deg: f32,
    /// Positive: the person looks up.
    pub pitch_deg: f32,
    /// Positive: the head tilts clockwise on screen (to the person's own left shoulder).
    pub roll_deg: f32,
}

/// Mesh index, weight, position in cm. From MediaPipe (Apache-2.0),
/// `mediapipe/modules/face_geometry/data/`: indices and weights are the
/// `procrustes_landmark_basis` of `geometry_pipeline_metadata_landmarks.pbtxt`, positions the
/// vertices of `canonical_face_model.obj`. The table holds the middle and the person's right side;
/// the left side mirrors it.
const MIDDLE: [(usize, f64, [f64; 3]); 3] = [
    (4, 0.070_909_939_706_326, [0.0, -0.463_170, 7.586_580]),
    (6, 0.032_100_144_773_722, [0.0, 2.473_255, 5.788_627]),
    (10, 0.008_446_550_928_056, [0.0, 8.261_778, 4.481_535]),
];
/// Right index, left index, weight, position of the right one.
const PAIRS: [(usize, usize, f64, [f64; 3]); 15] = [
    (
        33,
        263,
        0.058_724_168_688_059,
        [-4.445_859, 2.663_991, 3.173_422],
    ),
    (
        54,
        284,
        0.007_667_080_033_571,
        [-6.279_331, 6.615_427, 1.425_850],
    ),
    (
        67,
        297,
        0.009_078_059_345_484,
        [-3.523_964, 8.005_976, 3.729_163],
    ),
    (
        117,
        346,
        0.009_791_937_656_701,
        [-5.258_659, 0.945_811, 2.974_312],
    ),
    (
        119,
        348,
        0.014_565_368_182_957,
        [-3.300_681, 0.861_641, 3.872_784],
    ),
    (
        121,
        350,
        0.018_591_361_120_343,
        [-1.820_731, 1.467_954, 4.224_124],
    ),
    (
        127,
        356,
        0.005_197_994_410_992,
        [-7.743_095, 2.364_999, -2.005_167],
    ),
    (
        129,
        358,
        0.120_625_205_338_001,
        [-1.785_794, -0.978_284, 4.850_470],
    ),
    (
        132,
        361,
        0.005_560_018_587_857,
        [-7.270_895, -2.890_917, -2.252_455],
    ),
    (
        133,
        362,
        0.053_286_183_625_460,
        [-1.856_432, 2.585_245, 3.757_904],
    ),
    (
        136,
        365,
        0.066_890_455_782_413,
        [-5.085_276, -7.178_590, 0.714_711],
    ),
    (
        143,
        372,
        0.014_816_547_743_976,
        [-6.407_571, 2.236_021, 1.560_843],
    ),
    (
        147,
        376,
        0.014_262_833_632_529,
        [-6.234_883, -1.944_430, 1.663_542],
    ),
    (
        198,
        420,
        0.025_462_191_551_924,
        [-1.246_815, 0.230_297, 5.681_036],
    ),
    (
        205,
        425,
        0.047_252_278_774_977,
        [-3.832_928, -1.537_326, 4.137_731],
    ),
];

/// Every basis point: mesh index, weight, position.
fn basis() -> impl Iterator<Item = (usize, f64, [f64; 3])> {
    let pairs = PAIRS
        .into_iter()
        .flat_map(|(right, left, weight, [x, y, z])| {
            [(right, weight, [x, y, z]), (left, weight, [-x, y, z])]
        });
    MIDDLE.into_iter().chain(pairs)
}

/// The pose of a face from its 468 points in picture pixels.
///
/// # Errors
/// [`Error::Library`] where OpenCV's decomposition fails.
pub(super) fn head_pose(points: &[[f32; 3]]) -> Result<HeadPose, Error> {
    let seen = |index: usize| {
        let [x, y, z] = points[index].map(f64::from);
        [x, -y, -z]
    };
    let mut total = 0.0;
    let mut means = [[0.0; 3]; 2];
    for (index, weight, position) in basis() {
        total += weight;
        for (mean, point) in means.iter_mut().zip([position, seen(index)]) {
            for k in 0..3 {
                mean[k] += weight * point[k];
            }
        }
    }
    let means = means.map(|mean| mean.map(|value| value / total));
    let mut covariance = [[0.0; 3]; 3];
    for (index, weight, position) in basis() {
        let point = seen(index);
        for row in 0..3 {
            for column in 0..3 {
                covariance[row][column] +=
                    weight * (point[row] - means[1][row]) * (position[column] - means[0][column]);
            }
        }
    }
    rotation(&covariance).map(|matrix| angles(&matrix))
}

/// The proper rotation nearest to a covariance: `U diag(1, 1, det) Vt`.
fn rotation(covariance: &[[f64; 3]; 3]) -> Result<[[f64; 3]; 3], Error> {
    let (mut w, mut u, mut vt) = (Mat::default(), Mat::default(), Mat::default());
    core::sv_decomp(&Mat::from_slice_2d(covariance)?, &mut w, &mut u, &mut vt, 0)?;
    let sign = (core::determinant(&u)? * core::determinant(&vt)?).signum();
    let mut matrix = [[0.0; 3]; 3];
    for (row, values) in (0..).zip(&mut matrix) {
        for (column, value) in (0..).zip(values) {
            for (k, factor) in [(0, 1.0), (1, 1.0), (2, sign)] {
                *value += u.at_2d::<f64>(row, k)? * factor * vt.at_2d::<f64>(k, column)?;
            }
        }
    }
    Ok(matrix)
}

fn angles(matrix: &[[f64; 3]; 3]) -> HeadPose {
    let degrees = |radians: f64| radians.to_degrees() as f32;
    HeadPose {
        yaw_deg: degrees(matrix[0][2].atan2(matrix[2][2])),
        pitch_deg: degrees(matrix[1][2].clamp(-1.0, 1.0).asin()),
        roll_deg: degrees(-matrix[1][0].atan2(matrix[1][1])),
    }
}

#[cfg(test)]
mod tests {
    //! Known rotations are read back.

    use super::*;

    /// The canonical face turned, as picture points 1000 pixels from the corner.
    fn turned(yaw_deg: f64, pitch_deg: f64, roll_deg: f64) -> Vec<[f32; 3]> {
        let (sy, cy) = yaw_deg.to_radians().sin_cos();
        let (sp, cp) = pitch_deg.to_radians().sin_cos();
        let (sr, cr) = roll_deg.to_radians().sin_cos();
        let mut points = vec![[0.0; 3]; 468];
        for (index, _, [x, y, z]) in basis() {
            let (x, y) = (x * cr + y * sr, y * cr - x * sr);
            let (y, z) = (y * cp + z * sp, z * cp - y * sp);
            let (x, z) = (x * cy + z * sy, z * cy - x * sy);
            points[index] = [
                (1000.0 + 20.0 * x) as f32,
                (1000.0 - 20.0 * y) as f32,
                (-20.0 * z) as f32,
            ];
        }
        points
    }

    #[test]
    fn the_canonical_face_looks_straight_ahead() {
        let pose = head_pose(&turned(0.0, 0.0, 0.0)).unwrap();
        assert!(
            pose.yaw_deg.abs() < 0.01 && pose.pitch_deg.abs() < 0.01,
            "{pose:?}"
        );
        assert!(pose.roll_deg.abs() < 0.01, "{pose:?}");
    }

    #[test]
    fn each_angle_is_read_back_with_its_sign() {
        for (yaw, pitch, roll) in [(25.0, 0.0, 0.0), (0.0, 15.0, 0.0), (-30.0, -12.0, 8.0)] {
            let pose = head_pose(&turned(yaw, pitch, roll)).unwrap();
            assert!((f64::from(pose.yaw_deg) - yaw).abs() < 0.01, "{pose:?}");
            assert!((f64::from(pose.pitch_deg) - pitch).abs() < 0.01, "{pose:?}");
            assert!((f64::from(pose.roll_deg) - roll).abs() < 0.01, "{pose:?}");
        }
    }

    #[test]
    fn a_nose_to_the_pictures_right_is_a_turn_to_the_persons_left() {
        let points = turned(20.0, 0.0, 0.0);
        let between_eyes = f32::midpoint(points[33][0], points[263][0]);
        assert!(points[4][0] > between_eyes);
        let points = turned(0.0, 20.0, 0.0);
        assert!(
            points[4][1] < turned(0.0, 0.0, 0.0)[4][1],
            "looking up lifts the nose tip"
        );
    }
}
