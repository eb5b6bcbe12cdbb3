//! Follow the dot: a dot moves over the kiosk's screen on a path drawn at random, and eyes or head follow it.
//!
//! ```text
//!  path, drawn ──► dot on the screen ──► eyes and head, a little later ──► yaw and pitch over time
//!      └──────────── delayed by a lag ───────────────────────────────► correlation, sideways and upwards
//! ```
//!
//! Eyes follow a slow dot within 100 to 300 ms and jump to it where it turns; heads follow later. A replay follows another
//! path; a still follows none. Where the screen hangs against the camera is not known, so that directions are compared
//! without their means, and sizes not at all. A screen stands before the person as a mirror does: a dot that goes to the
//! person's own left goes to the picture's right.

use serde::{Deserialize, Serialize};

/// The longest from the dot's movement to the eyes', ms.
const MOST_LAG_MS: f64 = 900.0;
/// Steps in which lags are tried, ms.
const LAG_STEP_MS: f64 = 33.0;
/// Fewest frames in which the gaze was read.
const LEAST_FRAMES: usize = 20;
/// Gaze that moves by less than this, in degrees of deviation, follows nothing.
const LEAST_DEG: f32 = 1.0;
/// Least correlation, sideways. Paths drawn anew reach it by chance in a few of a hundred (`tests`).
pub const LEAST_ACROSS: f32 = 0.7;
/// Least correlation, upwards: lids hide the iris's height.
pub const LEAST_UP: f32 = 0.4;

/// Where the dot is at a moment: 0 to 1 from the screen's left as the person sees it, and from its top.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DotPoint {
    /// ms from the path's begin.
    pub t_ms: f64,
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
}

/// Where somebody looks: degrees, yaw to the person's own left, pitch upwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// ms from the clip's first frame.
    pub t_ms: f64,
    /// Sideways.
    pub yaw_deg: f32,
    /// Upwards.
    pub pitch_deg: f32,
}

/// How well the dot was followed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Followed {
    /// Correlation sideways.
    pub across: f32,
    /// Correlation upwards.
    pub up: f32,
    /// How late, ms.
    pub lag_ms: f32,
}

impl Followed {
    /// Whether somebody followed it.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.across >= LEAST_ACROSS && self.up >= LEAST_UP
    }
}

/// Where the dot is, between its points on straight lines; at the ends before and after.
#[must_use]
pub fn place(path: &[DotPoint], t_ms: f64) -> Option<[f64; 2]> {
    let after = path.iter().position(|point| point.t_ms > t_ms);
    let (from, to) = match after {
        Some(0) => (path.first()?, path.first()?),
        Some(next) => (path.get(next - 1)?, path.get(next)?),
        None => (path.last()?, path.last()?),
    };
    let whole = to.t_ms - from.t_ms;
    let share = if whole > 0.0 {
        (t_ms - from.t_ms) / whole
    } else {
        0.0
    };
    Some([
        from.x + share * (to.x - from.x),
        from.y + share * (to.y - from.y),
    ])
}

/// Compares a gaze with a path that began at `begun_ms` of the clip; `None` where too few frames say where somebody looked, or
/// the gaze does not move.
#[must_use]
pub fn follow(path: &[DotPoint], begun_ms: f64, looks: &[Look]) -> Option<Followed> {
    let length_ms = path.last()?.t_ms;
    let inside = |look: &&Look| {
        (begun_ms..=begun_ms + length_ms + MOST_LAG_MS).contains(&look.t_ms)
            && look.yaw_deg.is_finite()
            && look.pitch_deg.is_finite()
    };
    let looks: Vec<&Look> = looks.iter().filter(inside).collect();
    if looks.len() < LEAST_FRAMES {
        return None;
    }
    let yaw: Vec<f64> = looks.iter().map(|look| look.yaw_deg.into()).collect();
    let pitch: Vec<f64> = looks.iter().map(|look| look.pitch_deg.into()).collect();
    if deviation(&yaw) < f64::from(LEAST_DEG) {
        return None;
    }
    let steps = (MOST_LAG_MS / LAG_STEP_MS) as usize;
    let fits = (0..=steps).filter_map(|step| {
        let lag_ms = step as f64 * LAG_STEP_MS;
        let at = |look: &&Look| place(path, look.t_ms - begun_ms - lag_ms);
        let dots: Vec<[f64; 2]> = looks.iter().filter_map(at).collect();
        // What is on the right for the person is a turn to their right: a negative yaw.
        let across: Vec<f64> = dots.iter().map(|dot| -dot[0]).collect();
        let up: Vec<f64> = dots.iter().map(|dot| -dot[1]).collect();
        Some(Followed {
            across: correlation(&across, &yaw)? as f32,
            up: correlation(&up, &pitch)? as f32,
            lag_ms: lag_ms as f32,
        })
    });
    fits.max_by(|one, two| (one.across + one.up).total_cmp(&(two.across + two.up)))
}

/// Draws a path of straight parts between corners of an invisible grid, none to where it is: 5 s. `pick(n)` gives a random
/// index below `n`.
pub fn draw(mut pick: impl FnMut(usize) -> usize) -> Vec<DotPoint> {
    let mut at = [1_usize, 1];
    let mut path = vec![point(0.0, at)];
    for part in 1..=PARTS {
        let others: Vec<[usize; 2]> = (0..9)
            .map(|place| [place % 3, place / 3])
            .filter(|place| place[0] != at[0])
            .collect();
        at = others[pick(others.len()) % others.len()];
        path.push(point(part as f64 * PART_MS, at));
    }
    path
}

/// Parts of a path, and how long each takes.
const PARTS: usize = 6;
const PART_MS: f64 = 833.0;

fn point(t_ms: f64, [column, row]: [usize; 2]) -> DotPoint {
    let along = |step: usize| 0.1 + 0.4 * step as f64;
    DotPoint {
        t_ms,
        x: along(column),
        y: along(row),
    }
}

fn deviation(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / count)
        .sqrt()
}

fn correlation(one: &[f64], two: &[f64]) -> Option<f64> {
    let count = one.len().min(two.len()) as f64;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / count;
    let (mean_one, mean_two) = (mean(one), mean(two));
    let product: f64 = one
        .iter()
        .zip(two)
        .map(|(one, two)| (one - mean_one) * (two - mean_two))
        .sum();
    let power = deviation(one) * deviation(two) * count;
    (power > 0.0).then(|| product / power)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chance(state: &mut u64) -> f64 {
        *state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) as f64 / f64::from(1_u32 << 31)
    }

    fn drawn(state: &mut u64) -> Vec<DotPoint> {
        draw(|n| (chance(state) * n as f64) as usize)
    }

    /// Eyes and head that follow a path `lag_ms` late, with the unrest of the iris and of the lids.
    fn following(path: &[DotPoint], lag_ms: f64, state: &mut u64) -> Vec<Look> {
        let frames = (0..190).map(|frame| f64::from(frame) * 1000.0 / 30.0);
        frames
            .map(|t_ms| {
                let [x, y] = place(path, t_ms - 500.0 - lag_ms).unwrap();
                let mut unrest = |size: f64| size * (chance(state) + chance(state) - 1.0);
                Look {
                    t_ms,
                    yaw_deg: (3.0 - 20.0 * (x - 0.5) + unrest(3.0)) as f32,
                    pitch_deg: (-4.0 - 12.0 * (y - 0.5) + unrest(5.0)) as f32,
                }
            })
            .collect()
    }

    #[test]
    fn who_follows_passes_with_any_usual_lag_and_the_lag_is_found() {
        let mut state = 1;
        for round in 0..100 {
            let path = drawn(&mut state);
            let lag_ms = f64::from(round % 5) * 120.0;
            let looks = following(&path, lag_ms, &mut state);
            let found = follow(&path, 500.0, &looks).unwrap();
            assert!(found.passed(), "{found:?}");
            assert!(
                (f64::from(found.lag_ms) - lag_ms).abs() < 150.0,
                "{found:?}"
            );
        }
    }

    #[test]
    fn who_followed_another_path_or_none_passes_hardly_ever() {
        let mut state = 2;
        let mut passed = 0;
        for _ in 0..1_000 {
            let (path, other) = (drawn(&mut state), drawn(&mut state));
            let looks = following(&other, 200.0, &mut state);
            passed += u32::from(follow(&path, 500.0, &looks).is_some_and(|found| found.passed()));
        }
        assert!(passed <= 60, "{passed} of 1000");
        let path = drawn(&mut state);
        let still: Vec<Look> = following(&path, 0.0, &mut state)
            .into_iter()
            .map(|look| Look {
                yaw_deg: 1.0,
                pitch_deg: -2.0,
                ..look
            })
            .collect();
        assert_eq!(follow(&path, 500.0, &still), None);
    }

    #[test]
    fn a_path_stays_on_the_screen_and_never_rests() {
        let mut state = 3;
        for _ in 0..100 {
            let path = drawn(&mut state);
            assert_eq!(path.len(), PARTS + 1);
            for pair in path.windows(2) {
                assert!(pair[0].x != pair[1].x);
                assert!((0.0..=1.0).contains(&pair[1].x) && (0.0..=1.0).contains(&pair[1].y));
            }
        }
    }
}
