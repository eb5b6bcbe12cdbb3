//! A face that the kiosk's screen lights: by a head's normals, evenly as a plane, or hardly, as a screen does.

use kiosk_inference::face::FaceBox;
use kiosk_inference::picture::Picture;

use crate::attack::changed;

/// What is before the camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// A head: a ball that turns away from the screen at its sides (Lambert's law); a wall far behind it.
    Head,
    /// A flat picture of a face, cut out; the wall far behind it.
    CutOut,
    /// A flat picture with its own background.
    Print,
    /// A screen, which gives its own light and hardly any of ours.
    Screen,
}

/// The share of its light that skin at the kiosk's distance gains from a white screen.
const GAIN: f32 = 0.3;
/// The same of a wall behind, and of a screen's glass.
const FAR: f32 = 0.03;
const GLASS: f32 = 0.01;
/// Cameras' and screens' exponent.
const GAMMA: f32 = 2.2;

/// The frame under a light (red, green, blue, 0 to 1), with the camera's exposure as a factor.
pub fn lit(
    frame: &Picture,
    face: &FaceBox,
    surface: Surface,
    light: [f64; 3],
    exposure: f32,
) -> anyhow::Result<Picture> {
    let middle = [face.x + face.width / 2.0, face.y + face.height / 2.0];
    let half = [0.55 * face.width, 0.6 * face.height];
    changed(frame, |x, y, pixel| {
        let (across, down) = ((x - middle[0]) / half[0], (y - middle[1]) / half[1]);
        let out = across * across + down * down;
        let gain = match surface {
            Surface::Screen => GLASS,
            Surface::Print => GAIN,
            Surface::CutOut if out < 1.0 => GAIN,
            Surface::Head if out < 1.0 => GAIN * (1.0 - out).sqrt(),
            Surface::Head | Surface::CutOut => FAR,
        };
        let channel = |level: f32, light: f64| {
            let linear = (level / 255.0).powf(GAMMA) * exposure * (1.0 + gain * light as f32);
            255.0 * linear.powf(1.0 / GAMMA)
        };
        let [blue, green, red] = pixel;
        [
            channel(blue, light[2]),
            channel(green, light[1]),
            channel(red, light[0]),
        ]
    })
}
