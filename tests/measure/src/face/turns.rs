//! The same clips through every reader in turns of 25 frames, so that what else the machine does meets all alike, and
//! how far their points lie apart.

use std::ops::Range;

use super::clips::Clip;
use super::rivals::{Other, Ours, Points, Turn};
use crate::say;

/// Frames at the start of a clip that warm a network up and are not counted.
const WARM_UP: usize = 5;
/// Who takes turns.
const READERS: usize = 5;
/// Frames of one turn.
const TURN: usize = 25;
/// The corners of the person's right and left eye in the mesh.
const EYES: [[usize; 2]; 2] = [[33, 133], [362, 263]];

/// One reader's row.
#[derive(Default)]
pub struct Row {
    /// Who.
    pub reader: String,
    /// ms of every frame.
    pub ms: Vec<f64>,
    /// Processor ms a frame, one of every turn.
    pub cpu: Vec<f64>,
    /// Frames in which it saw a face.
    pub faces: usize,
}

impl Row {
    fn new(reader: &str) -> Self {
        Self {
            reader: reader.to_owned(),
            ..Self::default()
        }
    }

    fn add(&mut self, turn: &Turn) {
        self.ms.extend(&turn.ms);
        let frames = turn.ms.len() as f64;
        self.cpu.extend(turn.cpu_ms.map(|cpu| cpu / frames));
        self.faces += turn.points.iter().flatten().count();
    }
}

/// How far our points lie from another's, in eye distances, a value a frame that both saw a face in.
#[derive(Default)]
pub struct Apart {
    /// From whose.
    pub from: String,
    /// Means over the points.
    pub means: Vec<f64>,
    /// The points that lie farthest.
    pub largest: Vec<f64>,
}

impl Apart {
    fn add(&mut self, ours: &[Option<Points>], theirs: &[Option<Points>]) {
        for (one, two) in ours.iter().zip(theirs) {
            if let (Some(one), Some(two)) = (one, two) {
                let (mean, largest) = apart(one, two);
                self.means.push(mean);
                self.largest.push(largest);
            }
        }
    }
}

/// Mean and largest distance of two meshes' points over the distance of the second's eyes.
fn apart(one: &Points, two: &Points) -> (f64, f64) {
    let middle = |[from, to]: [usize; 2]| {
        [0, 1].map(|k| f64::midpoint(f64::from(two[from][k]), f64::from(two[to][k])))
    };
    let [right, left] = EYES.map(middle);
    let eyes = (right[0] - left[0]).hypot(right[1] - left[1]);
    let distances: Vec<f64> = one
        .iter()
        .zip(two)
        .map(|(a, b)| f64::from(a[0] - b[0]).hypot(f64::from(a[1] - b[1])) / eyes)
        .collect();
    let sum: f64 = distances.iter().sum();
    let largest = distances.iter().copied().fold(0.0, f64::max);
    (sum / distances.len() as f64, largest)
}

/// Everyone's figures over all clips.
pub struct Comparison {
    /// Ours without irises, ours with them, MediaPipe's FaceMesh, the same refined, TensorFlow.js.
    pub rows: Vec<Row>,
    /// From TensorFlow.js's points, and from MediaPipe's.
    pub apart: [Apart; 2],
    /// Clips and frames that were looked at in each round.
    pub clips: usize,
    /// Frames of all of them.
    pub frames: usize,
}

/// The readers.
pub struct Readers<'a> {
    /// Ours without irises, and with them.
    pub ours: [Ours<'a>; 2],
    /// MediaPipe's FaceMesh, the same with refined landmarks, TensorFlow.js.
    pub others: [Other; 3],
}

impl Comparison {
    /// Nothing is measured yet.
    #[must_use]
    pub fn new() -> Self {
        let rows = [
            "kioskd: detector, mesh, pose",
            "kioskd: the same and both irises",
            "MediaPipe FaceMesh",
            "MediaPipe FaceMesh, refined (irises)",
            "TensorFlow.js: detector, mesh",
        ];
        let from = |name: &str| Apart {
            from: name.to_owned(),
            ..Apart::default()
        };
        Self {
            rows: rows.iter().map(|name| Row::new(name)).collect(),
            apart: [from("TensorFlow.js"), from("MediaPipe FaceMesh")],
            clips: 0,
            frames: 0,
        }
    }

    /// One clip through every reader, `rounds` times.
    pub fn clip(
        &mut self,
        readers: &mut Readers<'_>,
        clip: &Clip,
        rounds: usize,
    ) -> anyhow::Result<()> {
        let file = clip.write_rgb()?;
        for round in 0..rounds {
            for ours in &mut readers.ours {
                ours.open();
            }
            for other in &mut readers.others {
                other.open(clip, &file)?;
            }
            for (number, range) in turns(clip.frames.len()).into_iter().enumerate() {
                // Nobody always comes after the same.
                let first = (number + round) % READERS;
                self.turn(readers, clip, range, first, number > 0, round == 0)?;
            }
        }
        std::fs::remove_file(&file)?;
        self.clips += 1;
        self.frames += clip.frames.len().saturating_sub(WARM_UP);
        say(&format!(
            "{}: {} frames, {rounds} rounds",
            clip.name,
            clip.frames.len()
        ));
        Ok(())
    }

    fn turn(
        &mut self,
        readers: &mut Readers<'_>,
        clip: &Clip,
        range: Range<usize>,
        first: usize,
        counted: bool,
        compared: bool,
    ) -> anyhow::Result<()> {
        let mut found: [Vec<Option<Points>>; READERS] = Default::default();
        for who in (0..READERS).map(|step| (first + step) % READERS) {
            let turn = match who {
                0 | 1 => readers.ours[who].look(clip, range.clone())?,
                other => readers.others[other - 2].look(range.clone())?,
            };
            if counted {
                self.rows[who].add(&turn);
            }
            found[who] = turn.points;
        }
        if compared && counted {
            let [ours, _, mediapipe, _, tfjs] = &found;
            self.apart[0].add(ours, tfjs);
            self.apart[1].add(ours, mediapipe);
        }
        Ok(())
    }
}

impl Default for Comparison {
    fn default() -> Self {
        Self::new()
    }
}

/// The frames that warm up, then turns of equal length.
fn turns(frames: usize) -> Vec<Range<usize>> {
    let warm = WARM_UP.min(frames);
    let starts = (warm..frames).step_by(TURN);
    let rest = starts.map(|start| start..(start + TURN).min(frames));
    std::iter::once(0..warm).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_cover_a_clip_and_the_first_one_warms_up() {
        assert_eq!(turns(60), [0..5, 5..30, 30..55, 55..60]);
        assert_eq!(turns(3).as_slice(), std::slice::from_ref(&(0..3)));
    }

    #[test]
    fn points_lie_apart_by_shares_of_the_eyes_distance() {
        let mut one: Points = vec![[0.0, 0.0]; 468];
        one[362] = [100.0, 0.0];
        one[263] = [100.0, 0.0];
        let mut two = one.clone();
        two[5] = [0.0, 3.0];
        let (mean, largest) = apart(&two, &one);
        assert!((largest - 0.03).abs() < 1e-9);
        assert!((mean - 0.03 / 468.0).abs() < 1e-9);
    }
}
