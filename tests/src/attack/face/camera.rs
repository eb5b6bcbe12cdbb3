//! What a camera makes of what is before it, and a clip that comes again.

use rand::Rng;

use super::{Clip, nearer};
use crate::attack::{bell, changed, compressed};

/// The clip as a camera gives it: its noise, a breath of light, JPEG.
pub fn as_filmed(clip: &Clip, rng: &mut impl Rng) -> anyhow::Result<Clip> {
    let sigma = rng.random_range(1.0_f32..3.0);
    let quality = rng.random_range(75..=92);
    let light = rng.random_range(0.9_f32..1.1);
    clip.each(|_, frame| {
        let noisy = changed(frame, |_, _, pixel| {
            pixel.map(|level| level * light + sigma * bell(rng))
        })?;
        compressed(&noisy, quality)
    })
}

/// The clip once more, as one who kept it sends it: compressed anew, cropped by up to 2 % a side, brightened, begun a
/// little later.
pub fn injected(clip: &Clip, rng: &mut impl Rng) -> anyhow::Result<Clip> {
    let quality = rng.random_range(40..=85);
    let margin = rng.random_range(0.0_f32..0.02);
    let (gain, lift) = (
        rng.random_range(0.85_f32..1.15),
        rng.random_range(-10.0_f32..10.0),
    );
    let later = rng.random_range(0..8);
    let begun = Clip {
        frames: clip.frames[later.min(clip.frames.len() - 1)..].to_vec(),
        fps: clip.fps,
    };
    begun.each(|_, frame| {
        let lit = changed(frame, |_, _, pixel| pixel.map(|level| level * gain + lift))?;
        compressed(&nearer(&lit, margin)?, quality)
    })
}
