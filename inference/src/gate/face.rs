//! Faces that are drawn and nobody's: what the accuracy gate feeds networks with that know faces.
//!
//! ```text
//! number ─► tones, proportions, light ─► level of red, green and blue at any place: soft shapes one over another
//! ```
//!
//! A network that reads faces works at another point on a face than on anything else: which of its cells are at rest, how
//! large its numbers grow, and so what rounding costs. The project's own detector finds a face in each (`tests/gate.rs`).

/// Red, green and blue, 0 to 255.
type Colour = [f32; 3];

/// Skin from dark to pale, with the shares that number them.
const DARK: Colour = [92.0, 62.0, 48.0];
const PALE: Colour = [232.0, 190.0, 166.0];
const WHITE: Colour = [236.0, 234.0, 230.0];
const PUPIL: Colour = [22.0, 18.0, 18.0];
const LIPS: Colour = [150.0, 70.0, 70.0];

/// A face as its parts lie around its middle, in shares of the height from chin to hair.
#[derive(Debug, Clone)]
pub struct DrawnFace {
    skin: Colour,
    hair: Colour,
    iris: Colour,
    behind: Colour,
    /// Half of the eyes' distance.
    eyes: f32,
    /// How wide the head is for its height.
    width: f32,
    /// How far the lips lie below the middle.
    mouth: f32,
    /// From which side the light falls: -1 to 1.
    light: f32,
    /// How far the head is tilted, radians.
    tilt: f32,
}

/// A soft-edged ellipse.
struct Oval {
    at: [f32; 2],
    radii: [f32; 2],
    /// Share of the radius over which it fades.
    soft: f32,
}

impl DrawnFace {
    /// The face of a number; others have other faces.
    #[must_use]
    pub fn of(number: usize) -> Self {
        // Multiples of irrational numbers fill 0 to 1 evenly, each property by its own.
        let share = |property: f32| (number as f32 * property.sqrt()).fract();
        let between = |low: f32, high: f32, property: f32| low + (high - low) * share(property);
        let tone = share(2.0);
        Self {
            skin: mixed(DARK, PALE, tone),
            hair: mixed([24.0, 20.0, 18.0], [150.0, 110.0, 70.0], tone * share(3.0)),
            iris: mixed([52.0, 34.0, 22.0], [92.0, 120.0, 130.0], share(5.0) * tone),
            behind: mixed([70.0, 84.0, 96.0], [200.0, 204.0, 208.0], share(7.0)),
            eyes: between(0.155, 0.185, 11.0),
            width: between(0.34, 0.4, 13.0),
            mouth: between(0.22, 0.27, 17.0),
            light: between(-1.0, 1.0, 19.0),
            tilt: between(-0.15, 0.15, 23.0),
        }
    }

    /// The colour at a place, in shares of the face's height right of and below its middle.
    #[must_use]
    pub fn at(&self, right: f32, below: f32) -> Colour {
        let (sine, cosine) = self.tilt.sin_cos();
        let at = [right * cosine + below * sine, below * cosine - right * sine];
        let mut colour = mixed(self.behind, WHITE, 0.3 - 0.3 * below);
        let mut lay = |oval: Oval, with: Colour, strength: f32| {
            colour = mixed(colour, with, strength * oval.share(at));
        };
        lay(oval([0.0, 0.75], [0.55, 0.3], 0.1), [60.0, 66.0, 84.0], 1.0);
        lay(
            oval([0.0, 0.4], [0.17, 0.3], 0.15),
            shaded(self.skin, 0.75),
            1.0,
        );
        lay(
            oval([0.0, -0.12], [self.width + 0.05, 0.5], 0.08),
            self.hair,
            1.0,
        );
        let lit = shaded(
            self.skin,
            1.0 + 0.9 * self.light * at[0] - 0.25 * at[1].abs(),
        );
        lay(oval([0.0, 0.03], [self.width, 0.46], 0.06), lit, 1.0);
        let shade = shaded(self.skin, 0.62);
        for side in [-1.0, 1.0] {
            let eye = [side * self.eyes, -0.1];
            let beside = |right: f32, below: f32| [eye[0] + right, eye[1] + below];
            lay(oval(eye, [0.1, 0.065], 0.7), shade, 0.6);
            lay(
                oval(beside(0.0, -0.085), [0.085, 0.018], 0.5),
                self.hair,
                0.9,
            );
            lay(oval(eye, [0.062, 0.03], 0.25), WHITE, 1.0);
            lay(oval(eye, [0.028, 0.029], 0.2), self.iris, 1.0);
            lay(oval(eye, [0.012, 0.012], 0.2), PUPIL, 1.0);
            lay(oval(beside(-0.008, -0.01), [0.006, 0.006], 0.4), WHITE, 0.9);
            lay(
                oval(beside(0.0, -0.028), [0.068, 0.012], 0.5),
                shaded(self.skin, 0.4),
                0.9,
            );
            lay(
                oval([side * 0.035, 0.115], [0.02, 0.012], 0.5),
                shaded(self.skin, 0.35),
                0.8,
            );
            lay(oval([side * 0.05, 0.03], [0.025, 0.1], 0.9), shade, 0.35);
        }
        lay(
            oval([0.0, 0.03], [0.022, 0.11], 0.8),
            shaded(self.skin, 1.2),
            0.5,
        );
        lay(
            oval([0.0, 0.1], [0.055, 0.035], 0.7),
            shaded(self.skin, 1.1),
            0.5,
        );
        lay(
            oval([0.0, self.mouth], [0.115, 0.04], 0.3),
            mixed(LIPS, self.skin, 0.3),
            1.0,
        );
        lay(
            oval([0.0, self.mouth - 0.004], [0.11, 0.007], 0.5),
            [60.0, 26.0, 28.0],
            0.9,
        );
        lay(
            oval([0.0, self.mouth + 0.075], [0.07, 0.02], 0.8),
            shade,
            0.4,
        );
        // What a sensor adds: without it a network's first cells see only ramps.
        let grain = (right * 9_173.0).sin() * (below * 7_919.0).cos() * 5.0;
        colour.map(|level| (level + grain).clamp(0.0, 255.0))
    }
}

const fn oval(at: [f32; 2], radii: [f32; 2], soft: f32) -> Oval {
    Oval { at, radii, soft }
}

impl Oval {
    /// How much of it lies at a place, 0 to 1.
    fn share(&self, at: [f32; 2]) -> f32 {
        let reach = |axis: usize| ((at[axis] - self.at[axis]) / self.radii[axis]).powi(2);
        let beyond = (reach(0) + reach(1)).sqrt() - (1.0 - self.soft);
        let fade = (beyond / self.soft).clamp(0.0, 1.0);
        1.0 - fade * fade * (3.0 - 2.0 * fade)
    }
}

fn mixed(one: Colour, two: Colour, share: f32) -> Colour {
    let share = share.clamp(0.0, 1.0);
    [0, 1, 2].map(|channel| one[channel] + (two[channel] - one[channel]) * share)
}

fn shaded(colour: Colour, by: f32) -> Colour {
    colour.map(|level| level * by)
}
