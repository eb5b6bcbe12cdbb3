//! What is still good enough, and where each limit comes from.
//!
//! "Specimens" are the project's own rendered documents of five kinds, photographed by its camera
//! model; the figures are printed by `tests/tests/document/quality.rs`.

use super::Quality;
use crate::document::assessment::Assessment;
use crate::document::guidance::{Guidance, GuidanceCode};

/// Height of an OCR-B capital or digit in a machine readable zone, mm (ICAO 9303-3, 4.1: size 1,
/// 10 characters an inch; its digits are 2.8 mm high by ISO 1073-2).
pub(super) const CAPITAL_MM: f32 = 2.794;
/// Side of the pieces that blur is measured on: several characters of the zone.
pub(super) const PIECE_MM: f32 = 16.0;
/// Fewer pixels a millimetre are read unreliably: characters of 8 pixels. Zones are read exactly down to 2.2 and fail at
/// 1.8; the limit is above that for the print, whose labels are a third as high, and since 8 pixels is the least that
/// reading is promised for.
pub const LEAST_DOTS_PER_MM: f32 = 2.86;
/// A document that takes less than this of the picture has room to come nearer.
pub const NEAR: f32 = 0.70;
/// Zero on 11 clean pictures of specimens. More of the document than this outside the picture has cut something off.
pub const MOST_CUT_OFF: f32 = 0.02;
/// More of the page than this under a finger hides print. Measured on specimens: fingers of four
/// skin tones that reach 20 mm in cover 0.02 to 0.10, 23 of 24 on three tables are told; on 11 clean
/// pictures and each of those tables nothing is.
pub const MOST_COVERED: f32 = 0.004;
/// Paper darker than this leaves print in the noise: zones are read exactly down to a paper of 24 and fail at 17, where
/// pages are hardly found either; the limit is twice the darkest that was read. 218 to 248 on 11 clean pictures.
pub const LEAST_PAPER: f32 = 48.0;
/// More of the page clipped than this has lost print: zones are read exactly up to 0.70 in the median of a step and fail
/// at 0.79. Clean pictures have 0, and clean ones of pages that are white by themselves 0.61 to 0.66.
pub const MOST_CLIPPED: f32 = 0.68;
/// Characters washed away: less than one of a zone's 72 to 90, since each one counts.
pub const MOST_GLARE_ON_MRZ: f32 = 0.008;
/// The face's share that may be clipped: highlights of skin.
pub const MOST_GLARE_ON_PORTRAIT: f32 = 0.05;
/// Other text's share under a reflection: what lies under it is no longer found as text, so that any share that is left
/// beside it tells of a field that is gone. 0 on clean pictures. Measured (`bench-quality`): reflections of 0.005 and 0.01 page
/// widths cost no field and are not told; of those from 0.02 on, which begin to, 14 of 16 are.
pub const MOST_GLARE_ON_TEXT: f32 = 0.005;
/// The page's share under reflections, wherever they lie: a patch of 8 mm on a passport's page hides a field.
pub const MOST_GLARE: f32 = 0.006;
/// Sigma of the blur in mm. Zones are read exactly up to 0.30 and fail at 0.33; 0.067 to 0.111 on 11 clean pictures, so
/// that the limit lies between, nearer to where reading fails.
pub const MOST_BLUR_MM: f32 = 0.28;
/// Edges along one direction over those across it: zones are read exactly up to a motion of 1.0 mm while the picture is
/// taken, where it is 2.7 to 3.4 in the median, and half of them at 1.15 mm; 1.2 to 1.6 on pictures at rest.
pub const MOST_SMEAR: f32 = 2.2;
/// Document widths a second, between two frames. Measured on two frames of a film each (`bench-quality`): zones are read
/// exactly up to 0.10 where each frame is exposed for a fifteenth of a second, as in poor light, and fail at 0.15; at a
/// thirtieth up to 0.25, and fail at 0.3. What is measured lies within 0.02 of what was drawn.
pub const MOST_SPEED: f32 = 0.10;

/// What goes beyond its limit.
pub(super) fn guidance(quality: &Quality) -> Vec<Guidance> {
    let mut found = Vec::new();
    let mut over = |code, value: Assessment<f32>, limit: f32| {
        if let Some(value) = value.measured().filter(|value| *value > limit) {
            found.push(Guidance::new(code, value, limit));
        }
    };
    over(GuidanceCode::CutOff, quality.cut_off, MOST_CUT_OFF);
    over(GuidanceCode::FingerOver, quality.covered, MOST_COVERED);
    over(GuidanceCode::Moving, quality.speed, MOST_SPEED);
    over(GuidanceCode::Blurred, quality.blur_mm, MOST_BLUR_MM);
    over(GuidanceCode::Smeared, quality.smear, MOST_SMEAR);
    if let Assessment::Measured(light) = &quality.light {
        over(
            GuidanceCode::TooBright,
            Assessment::Measured(light.clipped),
            MOST_CLIPPED,
        );
        over(
            GuidanceCode::GlareOnMrz,
            light.glare_on_mrz,
            MOST_GLARE_ON_MRZ,
        );
        over(
            GuidanceCode::GlareOnPortrait,
            light.glare_on_portrait,
            MOST_GLARE_ON_PORTRAIT,
        );
        over(
            GuidanceCode::GlareOnText,
            light.glare_on_text,
            MOST_GLARE_ON_TEXT,
        );
        over(GuidanceCode::Glare, light.glare, MOST_GLARE);
        if light.paper < LEAST_PAPER {
            found.push(Guidance::new(
                GuidanceCode::TooDark,
                light.paper,
                LEAST_PAPER,
            ));
        }
    }
    if let Some(others) = quality.others.measured().filter(|others| *others > 0) {
        let documents = 1.0 + others as f32;
        found.push(Guidance::new(GuidanceCode::TwoDocuments, documents, 1.0));
    }
    if let Some(dots) = quality
        .dots_per_mm
        .measured()
        .filter(|dots| *dots < LEAST_DOTS_PER_MM)
    {
        let room = quality.fills.measured().is_some_and(|fills| fills < NEAR);
        let code = if room {
            GuidanceCode::TooFar
        } else {
            GuidanceCode::LowResolution
        };
        found.push(Guidance::new(code, dots, LEAST_DOTS_PER_MM));
    }
    found
}
