//! How good a picture of a face is, in the domain's words.

use kiosk_inference::face::FaceQuality;
use kiosk_session::PictureQuality;

/// The record of a picture's quality: what was not assessed is left out.
pub fn record(quality: &FaceQuality) -> PictureQuality {
    let assessed = |(name, _, component): (&str, f32, i8)| {
        u8::try_from(component)
            .ok()
            .map(|component| (name.to_owned(), component))
    };
    PictureQuality {
        own_score: quality.own_score(),
        components: quality.by_name().filter_map(assessed).collect(),
    }
}
