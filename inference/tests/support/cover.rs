//! Things drawn over a face in memory: masks, dark glasses, bars, patches of skin and of paper.

#![allow(dead_code, reason = "each test binary draws its own part of this")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use kiosk_inference::face::Subject;
use kiosk_inference::picture::Picture;
use opencv::core::{CV_8UC1, Mat, MatTraitConstManual, Point, Scalar, Size, Vector};
use opencv::imgproc;

/// What covers what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// A light blue mask from the bridge of the nose to the chin.
    BlueMask,
    /// The same in white.
    WhiteMask,
    /// The same in black.
    BlackMask,
    /// A checked scarf over mouth and chin.
    Scarf,
    /// Dark glasses.
    DarkGlasses,
    /// A black bar over both eyes.
    EyeBar,
    /// A grey card over the half of the face that is left on screen.
    HalfCard,
    /// A patch of the face's own skin, with the lines of fingers, over the mouth.
    HandOnMouth,
    /// The same over the eye that is left on screen.
    HandOnEye,
}

impl Cover {
    /// Every one.
    pub const ALL: [Self; 9] = [
        Self::BlueMask,
        Self::WhiteMask,
        Self::BlackMask,
        Self::Scarf,
        Self::DarkGlasses,
        Self::EyeBar,
        Self::HalfCard,
        Self::HandOnMouth,
        Self::HandOnEye,
    ];
}

/// The outline of a mask, in the mesh.
const MASK: [usize; 25] = [
    197, 47, 118, 117, 123, 147, 177, 215, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378,
    379, 365, 397, 288, 346, 277,
];

/// `picture` with something drawn over its face, shaded softly as the face is.
pub fn over(picture: &Picture, subject: &Subject, cover: Cover) -> Picture {
    let at = |index: usize| [subject.landmarks[index][0], subject.landmarks[index][1]];
    let middle = |one: [f32; 2], two: [f32; 2]| [(one[0] + two[0]) / 2.0, (one[1] + two[1]) / 2.0];
    let (eyes, [ux, uy], apart) = eyes(subject);
    let from = |[x, y]: [f32; 2], right: f32, down: f32| {
        [
            x + apart * (right * ux - down * uy),
            y + apart * (right * uy + down * ux),
        ]
    };
    let quad = |centre: [f32; 2], across: f32, down: f32| {
        vec![
            from(centre, -across, -down),
            from(centre, across, -down),
            from(centre, across, down),
            from(centre, -across, down),
        ]
    };
    let cheek = colour_at(picture, at(50), apart * 0.1);
    let mouth = middle(at(13), at(14));
    let round = |centre: [f32; 2], across: f32, down: f32| -> Vec<[f32; 2]> {
        (0..24)
            .map(|k| {
                let (sin, cos) = (k as f32 / 24.0 * std::f32::consts::TAU).sin_cos();
                from(centre, across * cos, down * sin)
            })
            .collect()
    };
    let mask: Vec<[f32; 2]> = MASK.iter().map(|index| at(*index)).collect();
    let (shapes, paint): (Vec<Vec<[f32; 2]>>, Paint) = match cover {
        Cover::BlueMask => (vec![mask], Paint::Plain([205.0, 180.0, 140.0])),
        Cover::WhiteMask => (vec![mask], Paint::Plain([225.0, 228.0, 230.0])),
        Cover::BlackMask => (vec![mask], Paint::Plain([34.0, 32.0, 32.0])),
        Cover::Scarf => (
            vec![mask],
            Paint::Checked([40.0, 40.0, 150.0], [190.0, 200.0, 205.0]),
        ),
        Cover::DarkGlasses => (
            vec![
                round(from(eyes[0], 0.0, 0.06), 0.38, 0.3),
                round(from(eyes[1], 0.0, 0.06), 0.38, 0.3),
                quad(middle(eyes[0], eyes[1]), 0.6, 0.04),
            ],
            Paint::Plain([26.0, 24.0, 22.0]),
        ),
        Cover::EyeBar => (
            vec![quad(middle(eyes[0], eyes[1]), 1.1, 0.22)],
            Paint::Plain([10.0, 10.0, 10.0]),
        ),
        Cover::HalfCard => (
            vec![quad(from(middle(eyes[0], eyes[1]), -0.8, 0.5), 0.75, 1.6)],
            Paint::Plain([150.0, 150.0, 150.0]),
        ),
        Cover::HandOnMouth => (vec![round(mouth, 0.75, 0.4)], Paint::Fingers(cheek)),
        Cover::HandOnEye => (vec![round(eyes[0], 0.5, 0.4)], Paint::Fingers(cheek)),
    };
    painted(picture, &shapes, &paint, [ux, uy], apart)
}

enum Paint {
    Plain([f32; 3]),
    Checked([f32; 3], [f32; 3]),
    Fingers([f32; 3]),
}

impl Paint {
    /// The colour `right` and `down` of the face's middle, in eye distances.
    fn at(&self, right: f32, down: f32) -> [f32; 3] {
        let shade = 1.0 + 0.08 * (2.1 * right + 1.3 * down).sin();
        match self {
            Self::Plain(colour) => colour.map(|level| level * shade),
            Self::Checked(one, two) => {
                let odd = ((right / 0.12).floor() as i32 + (down / 0.12).floor() as i32) % 2 != 0;
                (if odd { one } else { two }).map(|level| level * shade)
            }
            Self::Fingers(skin) => {
                // Four fingers lie across: each a soft ridge, darker where they meet.
                let ridge = (right / 0.22 * std::f32::consts::PI).sin().abs().powf(0.35);
                skin.map(|level| level * (0.72 + 0.3 * ridge) * shade)
            }
        }
    }
}

fn painted(
    picture: &Picture,
    shapes: &[Vec<[f32; 2]>],
    paint: &Paint,
    [ux, uy]: [f32; 2],
    apart: f32,
) -> Picture {
    let (width, height) = (picture.width() as i32, picture.height() as i32);
    let mut mask =
        Mat::new_rows_cols_with_default(height, width, CV_8UC1, Scalar::default()).unwrap();
    for shape in shapes {
        let corners: Vector<Point> = shape
            .iter()
            .map(|&[x, y]| Point::new(x as i32, y as i32))
            .collect();
        let mut hull = Vector::<Point>::new();
        imgproc::convex_hull_def(&corners, &mut hull).unwrap();
        imgproc::fill_convex_poly_def(&mut mask, &hull, Scalar::all(255.0)).unwrap();
    }
    let mut soft = Mat::default();
    let reach = ((apart * 0.02) as i32).max(1) * 2 + 1;
    imgproc::blur_def(&mask, &mut soft, Size::new(reach, reach)).unwrap();
    let shares = soft.data_bytes().unwrap();
    let mut bgr = picture.bgr().to_vec();
    let mut seed = 1_u32;
    for (place, share) in shares.iter().enumerate() {
        if *share == 0 {
            continue;
        }
        let (x, y) = ((place as i32 % width) as f32, (place as i32 / width) as f32);
        let colour = paint.at((x * ux + y * uy) / apart, (y * ux - x * uy) / apart);
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (seed >> 24) as f32 / 255.0 * 6.0 - 3.0;
        let share = f32::from(*share) / 255.0;
        for (channel, level) in colour.into_iter().enumerate() {
            let old = f32::from(bgr[3 * place + channel]);
            bgr[3 * place + channel] =
                (old + share * (level + noise - old)).clamp(0.0, 255.0) as u8;
        }
    }
    Picture::from_bgr(picture.width(), picture.height(), bgr).unwrap()
}

/// The mean colour of a square, BGR.
fn colour_at(picture: &Picture, [x, y]: [f32; 2], half: f32) -> [f32; 3] {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let span = |middle: f32, end: usize| {
        let low = ((middle - half).max(0.0) as usize).min(end - 1);
        (
            low,
            ((middle + half).max(0.0) as usize + 1).clamp(low + 1, end),
        )
    };
    let ((left, right), (top, bottom)) = (span(x, width), span(y, height));
    let mut sums = [0.0_f32; 3];
    for row in top..bottom {
        for column in left..right {
            let place = 3 * (row * width + column);
            for (k, sum) in sums.iter_mut().enumerate() {
                *sum += f32::from(picture.bgr()[place + k]);
            }
        }
    }
    sums.map(|sum| sum / ((right - left) * (bottom - top)) as f32)
}

/// A window's reflection over the eye that is left on screen: clipped in its middle, soft at its edge.
pub fn reflect(picture: &Picture, subject: &Subject) -> Picture {
    let (eyes, [ux, uy], apart) = eyes(subject);
    let shape: Vec<[f32; 2]> = [[-0.22, -0.16], [0.14, -0.2], [0.2, 0.06], [-0.16, 0.1]]
        .map(|[right, down]: [f32; 2]| {
            [
                eyes[0][0] + apart * (right * ux - down * uy),
                eyes[0][1] + apart * (right * uy + down * ux),
            ]
        })
        .to_vec();
    painted(
        picture,
        &[shape],
        &Paint::Plain([285.0, 285.0, 285.0]),
        [ux, uy],
        apart,
    )
}

/// Both eyes with their irises drawn anew, `x` and `y` half widths of the eye from its middle.
pub fn look(picture: &Picture, subject: &Subject, [x, y]: [f32; 2]) -> Picture {
    const OPENINGS: [[usize; 16]; 2] = [
        [
            33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7,
        ],
        [
            362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382,
        ],
    ];
    let (eyes, [ux, uy], apart) = eyes(subject);
    let (width, height) = (picture.width() as i32, picture.height() as i32);
    let mut bgr = picture.bgr().to_vec();
    for (k, opening) in OPENINGS.iter().enumerate() {
        let corners: Vector<Point> = opening
            .iter()
            .map(|index| {
                Point::new(
                    subject.landmarks[*index][0] as i32,
                    subject.landmarks[*index][1] as i32,
                )
            })
            .collect();
        let mut mask =
            Mat::new_rows_cols_with_default(height, width, CV_8UC1, Scalar::default()).unwrap();
        imgproc::fill_poly_def(&mut mask, &corners, Scalar::all(255.0)).unwrap();
        let [from, to] = [0, 8].map(|at| subject.landmarks[opening[at]]);
        let half = (to[0] - from[0]).hypot(to[1] - from[1]) / 2.0;
        let centre = [
            eyes[k][0] + half * (x * ux - (y - 0.07) * uy),
            eyes[k][1] + half * (x * uy + (y - 0.07) * ux),
        ];
        let radius = 0.085 * apart;
        for (place, on) in mask.data_bytes().unwrap().iter().enumerate() {
            if *on == 0 {
                continue;
            }
            let (px, py) = (
                (place as i32 % width) as f32 + 0.5,
                (place as i32 / width) as f32 + 0.5,
            );
            let away = (px - centre[0]).hypot(py - centre[1]) / radius;
            // Pupil, iris, white; each edge soft over a tenth of the radius.
            let iris = ((1.05 - away) * 10.0).clamp(0.0, 1.0);
            let pupil = ((0.5 - away) * 10.0).clamp(0.0, 1.0);
            let level =
                |white: f32, ring: f32| white + iris * (ring - white) + pupil * (12.0 - ring);
            let shade = [level(196.0, 48.0), level(200.0, 62.0), level(208.0, 84.0)];
            for (channel, value) in shade.into_iter().enumerate() {
                bgr[3 * place + channel] = value.clamp(0.0, 255.0) as u8;
            }
        }
    }
    Picture::from_bgr(picture.width(), picture.height(), bgr).unwrap()
}

/// Middles of the eyes, the direction from one to the other, and how far apart they are.
fn eyes(subject: &Subject) -> ([[f32; 2]; 2], [f32; 2], f32) {
    let middle = |one: usize, two: usize| {
        let (a, b) = (subject.landmarks[one], subject.landmarks[two]);
        [f32::midpoint(a[0], b[0]), f32::midpoint(a[1], b[1])]
    };
    let eyes = [middle(33, 133), middle(362, 263)];
    let apart = (eyes[1][0] - eyes[0][0]).hypot(eyes[1][1] - eyes[0][1]);
    let along = [
        (eyes[1][0] - eyes[0][0]) / apart,
        (eyes[1][1] - eyes[0][1]) / apart,
    ];
    (eyes, along, apart)
}
