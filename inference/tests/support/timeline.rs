//! What MediaPipe read of the reference clips (`timeline.json` beside them): a peer's reading, not truth. Its plain turns and
//! blinks, which a person sees too, have to be found within 150 ms.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has to end")]

use std::path::Path;

use kiosk_inference::liveness::{Gesture, GestureKind};
use serde::Deserialize;

/// How far apart both may see a movement's peak.
const WITHIN_MS: f64 = 150.0;
/// A turn is plain from here on, in degrees from the clip's middle pose, and over below the half of it.
const TURN_DEG: f64 = 12.0;
/// While the head is held turned the peak may lie anywhere that is as far to this.
const HELD_DEG: f64 = 1.5;
/// A blink is plain where the eyes go below the one and come from and back to above the other, as shares of their usual openness,
/// within this time.
const SHUT: f64 = 0.55;
const OPEN: f64 = 0.85;
const BLINK_S: f64 = 0.3;

#[derive(Deserialize)]
struct Timeline {
    clips: std::collections::BTreeMap<String, Reading>,
}

/// A clip's frames: yaw, pitch, roll, both eyes and the mouth; none where it saw no face.
#[derive(Deserialize)]
pub struct Reading {
    fps: f64,
    rows: Vec<Option<[f64; 6]>>,
}

/// The peer's reading of a clip, where there is one.
pub fn of(folder: &Path, clip: &str) -> Option<Reading> {
    let text = std::fs::read_to_string(folder.join("timeline.json")).ok()?;
    let mut timeline: Timeline = serde_json::from_str(&text).unwrap();
    timeline.clips.remove(clip)
}

/// Holds what was found against the peer's plain turns and blinks; gives how many there are.
pub fn agrees(peer: &Reading, found: &[Gesture]) -> usize {
    let turns = peer.turns();
    for (kind, times) in &turns {
        let met = |one: &Gesture| one.kind == *kind && near(times, one.peak_ms);
        assert!(
            found.iter().any(met),
            "no {kind:?} about {times:?}: {found:?}"
        );
    }
    let blinks = peer.blinks();
    for t_ms in &blinks {
        let met = |one: &Gesture| one.kind == GestureKind::Blink && near(&[*t_ms], one.peak_ms);
        assert!(found.iter().any(met), "no blink about {t_ms}: {found:?}");
    }
    turns.len() + blinks.len()
}

fn near(times: &[f64], t_ms: f64) -> bool {
    times.iter().any(|time| (time - t_ms).abs() <= WITHIN_MS)
}

impl Reading {
    fn t_ms(&self, frame: usize) -> f64 {
        frame as f64 * 1e3 / self.fps
    }

    /// Each turn that comes back, with every moment at which the head is as far as at its peak.
    fn turns(&self) -> Vec<(GestureKind, Vec<f64>)> {
        let yaws: Vec<f64> = self.values(|row| row[0]);
        let middle = median(&yaws);
        let mut turns = Vec::new();
        for (side, kind) in [(1.0, GestureKind::TurnLeft), (-1.0, GestureKind::TurnRight)] {
            let turned: Vec<f64> = yaws.iter().map(|yaw| side * (yaw - middle)).collect();
            let mut frame = 0;
            while frame < turned.len() {
                let length = turned[frame..]
                    .iter()
                    .take_while(|turned| **turned >= TURN_DEG / 2.0)
                    .count();
                let peak = turned[frame..frame + length]
                    .iter()
                    .copied()
                    .fold(0.0, f64::max);
                if peak >= TURN_DEG && frame + length < turned.len() {
                    let held = (frame..frame + length).filter(|at| turned[*at] >= peak - HELD_DEG);
                    turns.push((kind, held.map(|at| self.t_ms(at)).collect()));
                }
                frame += length.max(1);
            }
        }
        turns
    }

    fn blinks(&self) -> Vec<f64> {
        let eyes: Vec<f64> = self.values(|row| f64::midpoint(row[3], row[4]));
        let usual = median(&eyes);
        let reach = (BLINK_S * self.fps) as usize;
        let most = |eyes: &[f64]| eyes.iter().copied().fold(0.0, f64::max);
        let is_blink = |at: &usize| {
            let (before, after) = (&eyes[at - reach..*at], &eyes[at + 1..=at + reach]);
            let least = before.iter().chain(after).all(|eye| *eye >= eyes[*at]);
            least && eyes[*at] < SHUT * usual && most(before).min(most(after)) >= OPEN * usual
        };
        let places = reach..eyes.len().saturating_sub(reach);
        places.filter(is_blink).map(|at| self.t_ms(at)).collect()
    }

    /// A number a frame; where there was no face, the one before.
    fn values(&self, of: impl Fn(&[f64; 6]) -> f64) -> Vec<f64> {
        let first = self.rows.iter().flatten().next().map_or(0.0, &of);
        let next = |last: &mut f64, row: &Option<[f64; 6]>| {
            *last = row.as_ref().map_or(*last, &of);
            Some(*last)
        };
        self.rows.iter().scan(first, next).collect()
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}
