//! The two MiniFASNet networks of Silent-Face-Anti-Spoofing, on single frames.
//!
//! Each looks at a crop around the face box, wider than the face so that a sheet's or a screen's
//! edge is seen: the box's own aspect, both sides times the network's factor (limited by the
//! picture), shifted to stay inside the picture, stretched to 80x80
//! (`CropImage._get_new_box` in the networks' repository). The two scores are averaged.

use opencv::core::{Mat, MatTraitConst, Rect};

use crate::Error;
use crate::blob::{Blob, Wish};
use crate::engine::{Engine, Network};
use crate::face::FaceBox;
use crate::pack::Pack;
use crate::picture::Picture;
use crate::stages::{StageTimes, Stopwatch};

const MODELS: [&str; 2] = ["pad_v2", "pad_v1se"];
/// The class that stands for a bona fide presentation.
const BONA_FIDE: usize = 1;

/// What passive detection says of one face in one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct PadScore {
    /// 0 attack to 1 bona fide, the mean of `networks`.
    pub score: f32,
    /// Each network's own score.
    pub networks: [f32; 2],
    /// Time spent, by stage.
    pub stages: StageTimes,
}

#[derive(Debug)]
struct Judge {
    network: Network,
    blob: Blob,
    crop_scale: f32,
}

/// Both networks.
#[derive(Debug)]
pub struct PassivePad {
    judges: [Judge; 2],
}

impl PassivePad {
    /// Loads both networks; `None` where the pack lacks one: then passive detection is not
    /// assessed. One network alone was never measured and does not stand in for both.
    ///
    /// # Errors
    /// Where a network that is there does not load.
    pub fn load(engine: &Engine, pack: &Pack) -> Result<Option<Self>, Error> {
        let [Some(one), Some(two)] = MODELS.map(|id| pack.model(id)) else {
            return Ok(None);
        };
        let judge = |id: &'static str, model: &crate::pack::Model| {
            let crop_scale = model.entry().crop_scale.ok_or(Error::Shape {
                model: id,
                expected: "a crop_scale in the manifest",
                found: "none".into(),
            })?;
            let blob = Blob::new(Wish::of(id, model.entry())?, 1);
            Ok::<_, Error>(Judge {
                network: engine.load(model.path())?,
                blob,
                crop_scale,
            })
        };
        Ok(Some(Self {
            judges: [judge(MODELS[0], one)?, judge(MODELS[1], two)?],
        }))
    }

    /// Judges one face; `face` is an observation's box.
    ///
    /// # Errors
    /// [`crate::picture::PictureError::OutsidePicture`] where the box is not in the picture;
    /// otherwise where a network fails.
    pub fn score(&mut self, picture: &Picture, face: &FaceBox) -> Result<PadScore, Error> {
        let mut watch = Stopwatch::start();
        let mat = picture.as_mat()?;
        let mut networks = [0.0; 2];
        for (score, (judge, id)) in networks.iter_mut().zip(self.judges.iter_mut().zip(MODELS)) {
            let rect = crop(face, judge.crop_scale, mat.cols(), mat.rows())
                .ok_or(crate::picture::PictureError::OutsidePicture)?;
            judge.blob.fill_stretched(0, &Mat::roi(&mat, rect)?)?;
            watch.lap("pad.preprocess");
            let outputs = judge.network.run(&[("image", judge.blob.view()?)])?;
            watch.lap("pad.run");
            let classes = outputs.values("probabilities")?;
            *score = *classes.get(BONA_FIDE).ok_or(Error::Shape {
                model: id,
                expected: "three classes",
                found: format!("{}", classes.len()),
            })?;
        }
        let score = f32::midpoint(networks[0], networks[1]);
        Ok(PadScore {
            score,
            networks,
            stages: watch.finish(),
        })
    }
}

/// The crop around a box; `None` where the box has no size or lies outside the picture.
fn crop(face: &FaceBox, scale: f32, columns: i32, rows: i32) -> Option<Rect> {
    let (last_x, last_y) = ((columns - 1) as f32, (rows - 1) as f32);
    if !(face.width > 0.0 && face.height > 0.0) {
        return None;
    }
    let middle = [face.x + face.width / 2.0, face.y + face.height / 2.0];
    if !(0.0..=last_x).contains(&middle[0]) || !(0.0..=last_y).contains(&middle[1]) {
        return None;
    }
    let scale = scale.min(last_x / face.width).min(last_y / face.height);
    let span = |middle: f32, length: f32, last: f32| {
        let low = (middle - length * scale / 2.0).clamp(0.0, (last - length * scale).max(0.0));
        (low as i32, (low + length * scale).min(last) as i32)
    };
    let (left, right) = span(middle[0], face.width, last_x);
    let (top, bottom) = span(middle[1], face.height, last_y);
    Some(Rect::new(left, top, right - left + 1, bottom - top + 1))
}

#[cfg(test)]
mod tests {
    //! Crops stay inside the picture and keep the box's aspect.

    use super::*;

    fn a_box(x: f32, y: f32, width: f32, height: f32) -> FaceBox {
        FaceBox {
            x,
            y,
            width,
            height,
            score: 1.0,
        }
    }

    #[test]
    fn a_crop_in_the_middle_is_the_box_times_the_factor() {
        let rect = crop(&a_box(450.0, 300.0, 100.0, 120.0), 2.7, 1000, 800).unwrap();
        assert_eq!(
            (rect.x, rect.y, rect.width, rect.height),
            (365, 198, 271, 325)
        );
    }

    #[test]
    fn a_crop_at_the_edge_is_shifted_inside() {
        let rect = crop(&a_box(0.0, 0.0, 100.0, 120.0), 2.7, 1000, 800).unwrap();
        assert_eq!((rect.x, rect.y, rect.width, rect.height), (0, 0, 271, 325));
        let rect = crop(&a_box(900.0, 680.0, 100.0, 120.0), 2.7, 1000, 800).unwrap();
        assert_eq!((rect.x + rect.width, rect.y + rect.height), (1000, 800));
    }

    #[test]
    fn a_face_that_fills_the_frame_limits_the_factor() {
        let rect = crop(&a_box(100.0, 50.0, 400.0, 500.0), 4.0, 640, 600).unwrap();
        assert!(rect.x >= 0 && rect.y >= 0);
        assert!(rect.x + rect.width <= 640 && rect.y + rect.height <= 600);
        assert!((rect.width as f32 / rect.height as f32 - 0.8).abs() < 0.01);
    }

    #[test]
    fn a_box_outside_or_without_size_is_refused() {
        assert!(crop(&a_box(2000.0, 0.0, 10.0, 10.0), 2.7, 1000, 800).is_none());
        assert!(crop(&a_box(10.0, 10.0, 0.0, 10.0), 2.7, 1000, 800).is_none());
        assert!(crop(&a_box(f32::NAN, 10.0, 5.0, 10.0), 2.7, 1000, 800).is_none());
    }
}
