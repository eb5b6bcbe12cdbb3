//! The colours that the kiosk's own screen shows: secret, drawn a session, slow enough for people's eyes.
//!
//! WCAG 2.2 (success criterion 2.3.1) allows at most three flashes, pairs of opposing changes, in a second, and none to
//! saturated red. Each colour stands for 400 ms: 2.5 changes a second, and no colour is red alone. Who is sensitive to
//! light can still be harmed: the policy leaves flashing off.

/// How long each colour stands, ms.
pub const EACH_MS: f64 = 400.0;
/// Colours a sequence: 3.2 s.
pub const COLOURS: usize = 8;
/// What may be shown, red, green, blue: far enough apart in each channel to be told on skin, none saturated red.
const PALETTE: [[u8; 3]; 6] = [
    [255, 255, 255],
    [0, 0, 0],
    [0, 255, 255],
    [255, 255, 0],
    [0, 60, 255],
    [255, 0, 255],
];

/// Draws a sequence in which no colour follows itself: 6 times 5 to the 7th, 468,750 of them. `pick(n)` gives a random index
/// below `n`.
pub fn draw(mut pick: impl FnMut(usize) -> usize) -> Vec<[u8; 3]> {
    let mut drawn: Vec<[u8; 3]> = Vec::with_capacity(COLOURS);
    for _ in 0..COLOURS {
        let others: Vec<[u8; 3]> = PALETTE
            .into_iter()
            .filter(|colour| drawn.last() != Some(colour))
            .collect();
        drawn.extend(others.get(pick(others.len()) % others.len()));
    }
    drawn
}

/// The light of a moment, 0 to 1 a channel in linear terms; `t_ms` from the sequence's begin. Before and after it is dark.
pub fn light(colours: &[[u8; 3]], t_ms: f64) -> [f64; 3] {
    if t_ms < 0.0 {
        return [0.0; 3];
    }
    let place = (t_ms / EACH_MS) as usize;
    let colour = colours.get(place).copied().unwrap_or_default();
    colour.map(|level| linear(f64::from(level)))
}

/// A level of 0 to 255 in linear terms, by the exponent that cameras and screens share roughly.
pub(super) fn linear(level: f64) -> f64 {
    (level / 255.0).max(0.0).powf(2.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_colour_follows_itself_none_is_red_and_no_second_has_more_than_three_changes() {
        for seed in 0..1_000_usize {
            let mut rest = seed;
            let drawn = draw(|n| {
                let index = rest % n;
                rest = rest.wrapping_mul(31).wrapping_add(11);
                index
            });
            assert_eq!(drawn.len(), COLOURS);
            assert!(drawn.windows(2).all(|pair| pair[0] != pair[1]));
            assert!(
                drawn
                    .iter()
                    .all(|[red, green, blue]| *red == 0 || green.max(blue) > &200)
            );
        }
        const { assert!(1_000.0 / EACH_MS <= 3.0) };
    }

    #[test]
    fn light_follows_the_colours_and_is_dark_outside() {
        let colours = [[255, 0, 255], [0, 255, 255]];
        assert_eq!(light(&colours, -1.0), [0.0; 3]);
        assert_eq!(light(&colours, 10.0), [1.0, 0.0, 1.0]);
        assert_eq!(light(&colours, 410.0), [0.0, 1.0, 1.0]);
        assert_eq!(light(&colours, 900.0), [0.0; 3]);
    }
}
