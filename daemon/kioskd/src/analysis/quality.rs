//! How good a picture of a face is, in the domain's words.

use kiosk_inference::face::FaceQuality;
use kiosk_session::PictureQuality;

/// The record of a picture's quality, every measure by its name.
pub fn record(quality: &FaceQuality) -> PictureQuality {
    let named = |(name, _, component): (&str, f32, i8)| (name.to_owned(), component);
    PictureQuality {
        own_score: quality.own_score(),
        components: quality.by_name().map(named).collect(),
    }
}
