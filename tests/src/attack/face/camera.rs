//! What a camera makes of what is before it, and a clip that comes again.

use std::f32::consts::TAU;

use rand::Rng;

use super::{Clip, nearer};
use crate::attack::{bell, changed, compressed};
use crate::people::Pose;

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

/// The same movement at another pace, another size and with another sway.
pub fn moved_in_time(poses: &[Pose], rng: &mut impl Rng) -> Vec<Pose> {
    let pace = rng.random_range(0.85_f32..1.15);
    let size = rng.random_range(0.9_f32..1.15);
    let wait = rng.random_range(0..15);
    let sway: [f32; 3] = std::array::from_fn(|_| rng.random_range(0.0..TAU));
    let tilt: [f32; 3] = std::array::from_fn(|_| rng.random_range(-3.0..3.0));
    let count = (poses.len() as f32 / pace) as usize + wait;
    (0..count)
        .map(|number| {
            let at = (number.saturating_sub(wait) as f32 * pace) as usize;
            let pose = poses[at.min(poses.len() - 1)];
            let slow = |hertz: f32, phase: f32| (TAU * hertz * number as f32 / 25.0 + phase).sin();
            Pose {
                yaw_deg: pose.yaw_deg * size + 1.2 * slow(0.27, sway[0]) + tilt[0],
                pitch_deg: pose.pitch_deg * size + 0.9 * slow(0.19, sway[1]) + tilt[1],
                roll_deg: pose.roll_deg + 0.8 * slow(0.23, sway[2]) + tilt[2],
                ..pose
            }
        })
        .collect()
}
