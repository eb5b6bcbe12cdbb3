//! What a camera makes of what is before it, and a clip that comes again.

use kiosk_inference::picture::Picture;
use rand::Rng;

use super::{Clip, nearer};
use crate::attack::{changed, compressed, rounded};

/// The clip as a camera gives it: its noise, a breath of light, JPEG.
pub fn as_filmed(clip: &Clip, rng: &mut impl Rng) -> anyhow::Result<Clip> {
    let sigma = rng.random_range(1.0_f32..3.0);
    let quality = rng.random_range(75..=92);
    let light = rng.random_range(0.9_f32..1.1);
    let noise = Noise::new(light, sigma);
    clip.each(|_, frame| compressed(&noise.over(frame, rng)?, quality))
}

/// Light and noise on every level, by tables: most of what a simulated scene takes goes through here.
struct Noise {
    /// Each level under the light.
    lit: Vec<f32>,
    /// What is added for each sum of four bytes, which lies near the normal distribution (as `bell`).
    added: Vec<f32>,
}

impl Noise {
    fn new(light: f32, sigma: f32) -> Self {
        let bell = |sum: u16| (f32::from(sum) - 510.0) / 147.8;
        Self {
            lit: (0..=255_u16)
                .map(|level| f32::from(level) * light)
                .collect(),
            added: (0..=4 * 255).map(|sum| sigma * bell(sum)).collect(),
        }
    }

    fn over(&self, frame: &Picture, rng: &mut impl Rng) -> anyhow::Result<Picture> {
        let mut bgr = frame.bgr().to_vec();
        let mut random = vec![0_u8; 4 * bgr.len()];
        rng.fill_bytes(&mut random);
        for (level, four) in bgr.iter_mut().zip(random.chunks_exact(4)) {
            let sum = usize::from(four[0])
                + usize::from(four[1])
                + usize::from(four[2])
                + usize::from(four[3]);
            *level = rounded(self.lit[usize::from(*level)] + self.added[sum]);
        }
        Ok(Picture::from_bgr(frame.width(), frame.height(), bgr)?)
    }
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

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn noise_has_its_light_its_width_and_no_lean() {
        let grey = Picture::from_bgr(200, 100, vec![100; 60_000]).unwrap();
        let noise = Noise::new(1.1, 3.0);
        let noisy = noise.over(&grey, &mut StdRng::seed_from_u64(3)).unwrap();
        let levels: Vec<f64> = noisy.bgr().iter().copied().map(f64::from).collect();
        let mean = levels.iter().sum::<f64>() / 60_000.0;
        let width = levels
            .iter()
            .map(|level| (level - mean).powi(2))
            .sum::<f64>()
            / 60_000.0;
        assert!((mean - 110.0).abs() < 0.1, "{mean}");
        assert!((width.sqrt() - 3.0).abs() < 0.1, "{width}");
    }
}
