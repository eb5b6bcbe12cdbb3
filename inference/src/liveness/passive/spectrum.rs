//! Waves in a series of samples taken at uneven times.

use std::f32::consts::TAU;

/// A complex number as its two parts.
pub(super) type Complex = [f32; 2];

/// A bell over a series' time, 0 at both ends.
pub(super) fn bell(times_s: &[f32]) -> Vec<f32> {
    let (first, last) = match (times_s.first(), times_s.last()) {
        (Some(first), Some(last)) if last > first => (*first, *last),
        _ => return vec![1.0; times_s.len()],
    };
    let phase = |t: f32| TAU * (t - first) / (last - first);
    times_s
        .iter()
        .map(|t| 0.5 - 0.5 * phase(*t).cos())
        .collect()
}

/// The share of a series that one wave of `hertz` explains, 0 to 1, and the wave's amplitude. Negative hertz turn the other
/// way.
pub(super) fn share(times_s: &[f32], series: &[Complex], weights: &[f32], hertz: f32) -> [f32; 2] {
    let (mut re, mut im, mut energy, mut weight) = (0.0, 0.0, 0.0, 0.0);
    for ((t, [x, y]), w) in times_s.iter().zip(series).zip(weights) {
        let (sin, cos) = (TAU * hertz * t).sin_cos();
        re += w * (x * cos + y * sin);
        im += w * (y * cos - x * sin);
        energy += w * (x * x + y * y);
        weight += w;
    }
    let power = re * re + im * im;
    if energy <= f32::EPSILON || weight <= f32::EPSILON {
        return [0.0; 2];
    }
    [power / (weight * energy), power.sqrt() / weight]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_is_all_of_itself_in_its_own_direction_and_none_in_the_other() {
        let times: Vec<f32> = (0..120).map(|n| n as f32 / 25.0).collect();
        let series: Vec<Complex> = times
            .iter()
            .map(|t| {
                let (sin, cos) = (TAU * 2.0 * t).sin_cos();
                [0.3 * cos, 0.3 * sin]
            })
            .collect();
        let weights = bell(&times);
        let [own, amplitude] = share(&times, &series, &weights, 2.0);
        assert!((own - 1.0).abs() < 1e-3 && (amplitude - 0.3).abs() < 1e-3);
        assert!(share(&times, &series, &weights, -2.0)[0] < 1e-3);
        assert!(share(&times, &series, &weights, 3.1)[0] < 1e-2);
    }
}
