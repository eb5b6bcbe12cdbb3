//! Which lines of text belong together as one zone, and from where to where they reach.

use opencv::core::{CV_32F, Mat, MatTraitConst, MatTraitConstManual};
use opencv::imgproc;

use crate::Error;
use crate::document::plane::{Line, Point, along, dot, minus, straighten};
use crate::document::text::{Evidence, Ruler};

/// Rows of a zone differ by at most this in direction (cosine of 8 degrees).
const ROWS_DIRECTION: f32 = 0.990;
/// Distance of lines over distance of characters: 6.35 mm over 2.54 mm (ICAO 9303-3, 4.1; OCR-B).
const SPACING_IN_PITCHES: f32 = 2.5;
/// Rows at least this long, as a share of the block, keep their own direction.
const RELIABLE: f32 = 0.6;
/// Heights that rows are held to, in pitches: capitals are 1.1 high, and the detector's boxes vary.
const LOWEST: f32 = 1.1;
const TALLEST: f32 = 1.45;
/// A line that looks like one of an MRZ.
pub(super) struct Seed {
    pub line: Line,
    /// Picture pixels from one character to the next.
    pub pitch: f32,
    /// The first and the last character's place.
    pub first: Point,
    pub last: Point,
    pub characters: usize,
}

impl Seed {
    pub fn new(line: Line, evidence: &Evidence, ruler: &Ruler) -> Option<Self> {
        let peaks = evidence.peaks();
        let pitch = evidence.pitch()? * ruler.step_px;
        let place = |step: usize| {
            along(
                ruler.start,
                ruler.direction,
                (step as f32 + 0.5) * ruler.step_px,
            )
        };
        (pitch > 0.5).then_some(Self {
            line,
            pitch,
            first: place(peaks.first()?.step),
            last: place(peaks.last()?.step),
            characters: peaks.len(),
        })
    }
}

/// Rows of text of one extent.
pub(super) struct Block {
    /// Where offsets are counted from.
    pub origin: Point,
    pub direction: Point,
    pub pitch: f32,
    /// The first and the last character's offset in reading direction.
    pub from: f32,
    pub to: f32,
    /// From the uppermost to the lowest.
    pub rows: Vec<Line>,
    /// The rows that surely are the zone's.
    pub seeds: Vec<Line>,
}

impl Block {
    /// Gathers the seeds that go with the best of them, and the other lines in their columns.
    pub fn gather(seeds: &[Seed], lines: &[Line]) -> Option<Self> {
        let best = seeds.iter().max_by_key(|seed| seed.characters)?;
        let (origin, direction) = (best.line.middle(), best.line.direction());
        let mine: Vec<&Seed> = seeds
            .iter()
            .filter(|seed| {
                let offset = dot(minus(seed.line.middle(), origin), best.line.down()).abs();
                dot(seed.line.direction(), direction) > ROWS_DIRECTION
                    && (0.75..1.33).contains(&(seed.pitch / best.pitch))
                    && offset < 2.6 * SPACING_IN_PITCHES * best.pitch
            })
            .collect();
        let reach = |point: Point| dot(minus(point, origin), direction);
        let from = mine
            .iter()
            .map(|seed| reach(seed.first))
            .fold(f32::INFINITY, f32::min);
        let to = mine
            .iter()
            .map(|seed| reach(seed.last))
            .fold(f32::NEG_INFINITY, f32::max);
        let mut block = Self {
            origin,
            direction,
            pitch: best.pitch,
            from,
            to,
            rows: vec![],
            seeds: mine.iter().map(|seed| seed.line).collect(),
        };
        for seed in mine {
            block.add(seed.line);
        }
        for line in lines {
            block.add_neighbour(line);
        }
        Some(block)
    }

    /// Characters between the ends, both included, by the pitch.
    pub fn characters(&self) -> usize {
        ((self.to - self.from) / self.pitch).round().max(0.0) as usize + 1
    }

    fn down(&self) -> Point {
        [-self.direction[1], self.direction[0]]
    }

    /// How far below the origin the line passes.
    pub fn offset(&self, line: &Line) -> f32 {
        let direction = line.direction();
        let shift = dot(minus(self.origin, line.start), self.direction);
        let at = along(
            line.start,
            direction,
            shift / dot(direction, self.direction).max(0.5),
        );
        dot(minus(at, self.origin), self.down())
    }

    /// Adds a row unless one is there already; keeps them in order.
    pub fn add(&mut self, line: Line) -> bool {
        let mut line = self.levelled(line);
        line.height = line.height.clamp(LOWEST * self.pitch, TALLEST * self.pitch);
        let offset = self.offset(&line);
        let near = 0.5 * SPACING_IN_PITCHES * self.pitch;
        if self
            .rows
            .iter()
            .any(|row| (self.offset(row) - offset).abs() < near)
        {
            return false;
        }
        let index = self
            .rows
            .iter()
            .filter(|row| self.offset(row) < offset)
            .count();
        self.rows.insert(index, line);
        true
    }

    /// A short piece's own direction is rough: it takes the block's.
    fn levelled(&self, line: Line) -> Line {
        if line.length() > RELIABLE * (self.to - self.from) {
            return line;
        }
        let half = line.length() / 2.0;
        Line {
            start: along(line.middle(), self.direction, -half),
            end: along(line.middle(), self.direction, half),
            height: line.height,
        }
    }

    fn add_neighbour(&mut self, line: &Line) {
        let line = if dot(line.direction(), self.direction) < 0.0 {
            line.turned()
        } else {
            *line
        };
        let parallel = dot(line.direction(), self.direction) > ROWS_DIRECTION;
        let reach = |point: Point| dot(minus(point, self.origin), self.direction);
        let (start, end) = (reach(line.start), reach(line.end));
        let overlap = end.min(self.to) - start.max(self.from);
        let height = self
            .rows
            .first()
            .map_or(1.0, |row| line.height / row.height);
        let offset = self.offset(&line);
        let close = self
            .rows
            .iter()
            .any(|row| (self.offset(row) - offset).abs() < 1.5 * SPACING_IN_PITCHES * self.pitch);
        if parallel && close && overlap > 0.6 * (end - start) && (0.6..1.7).contains(&height) {
            self.add(line);
        }
    }

    /// Distance between rows: measured where two that surely are the zone's are neighbours, else
    /// where any two are, else by the standard.
    pub fn spacing(&self) -> f32 {
        let standard = SPACING_IN_PITCHES * self.pitch;
        let smallest = |rows: &[Line]| {
            let mut offsets: Vec<f32> = rows.iter().map(|row| self.offset(row)).collect();
            offsets.sort_by(f32::total_cmp);
            offsets
                .windows(2)
                .map(|pair| pair[1] - pair[0])
                .filter(|gap| (0.6 * standard..1.5 * standard).contains(gap))
                .min_by(f32::total_cmp)
        };
        smallest(&self.seeds)
            .or_else(|| smallest(&self.rows))
            .unwrap_or(standard)
    }

    /// The row over the block's whole extent. A row that was found only in part is moved to where
    /// its text is.
    ///
    /// # Errors
    /// [`Error::Library`].
    pub fn settled(&self, picture: &Mat, row: &Line) -> Result<Line, Error> {
        if row.length() > RELIABLE * (self.to - self.from) {
            return Ok(*row);
        }
        let place = row.between(self.origin, self.from, self.to);
        settled(picture, &place, self.spacing())
    }

    /// Adds rows where the spacing has room for one above or below: lines that the detector missed.
    pub fn add_missing(&mut self, picture: &Mat) -> Result<bool, Error> {
        let spacing = self.spacing();
        let mut added = false;
        for row in self.rows.clone() {
            for step in [-1.0, 1.0] {
                let place = row
                    .between(self.origin, self.from, self.to)
                    .shifted(step * spacing);
                let line = settled(picture, &place, spacing)?;
                added |= self.rows.len() < 6 && self.add(line);
            }
        }
        Ok(added)
    }
}

/// Moves a line to where its text is, at most a third of the spacing up or down and turned a
/// little: where strokes (horizontal changes of grey) are densest.
fn settled(picture: &Mat, line: &Line, spacing: f32) -> Result<Line, Error> {
    const ROWS: usize = 60;
    const PARTS: usize = 8;
    const REACH: usize = ROWS / 6;
    const TILT: i32 = 8;
    let tall = 2.0 * spacing / line.height.max(1.0);
    let strip = straighten(picture, &line.quad(tall, 0.0), 640, ROWS as i32)?;
    let profiles = stroke_profiles(&strip, PARTS)?;
    let text = (0.45 * ROWS as f32 / 4.0) as i32;
    let density = |centre: i32, tilt: i32| -> f32 {
        (0..PARTS)
            .map(|part| {
                let shift = tilt as f32 * (part as f32 / (PARTS - 1) as f32 - 0.5);
                let middle = centre + shift.round() as i32;
                let rows = (middle - text).max(0)..(middle + text).min(ROWS as i32);
                rows.map(|row| profiles[part][row as usize]).sum::<f32>()
            })
            .sum()
    };
    let middle = (ROWS / 2) as i32;
    let places = (middle - REACH as i32..=middle + REACH as i32)
        .flat_map(|centre| (-TILT..=TILT).map(move |tilt| (centre, tilt)));
    let best = places.max_by(|a, b| density(a.0, a.1).total_cmp(&density(b.0, b.1)));
    let (centre, tilt) = best.unwrap_or((middle, 0));
    let scale = 2.0 * spacing / ROWS as f32;
    let down = line.down();
    let shift = (centre - middle) as f32;
    let half = tilt as f32 / 2.0;
    Ok(Line {
        start: along(line.start, down, (shift - half) * scale),
        end: along(line.end, down, (shift + half) * scale),
        height: line.height,
    })
}

/// For each of `parts` pieces of a strip, from left to right: how strong strokes are in each row.
fn stroke_profiles(strip: &Mat, parts: usize) -> Result<Vec<Vec<f32>>, Error> {
    let mut grey = Mat::default();
    imgproc::cvt_color_def(strip, &mut grey, imgproc::COLOR_BGR2GRAY)?;
    let mut strokes = Mat::default();
    imgproc::sobel(
        &grey,
        &mut strokes,
        CV_32F,
        1,
        0,
        3,
        1.0,
        0.0,
        opencv::core::BORDER_DEFAULT,
    )?;
    let values = strokes.data_typed::<f32>()?;
    let width = strip.cols().max(1) as usize;
    let part = width.div_ceil(parts);
    let mut profiles = vec![vec![0.0; strip.rows().max(0) as usize]; parts];
    for (row, line) in values.chunks_exact(width).enumerate() {
        for (profile, piece) in profiles.iter_mut().zip(line.chunks(part)) {
            profile[row] = piece.iter().map(|value| value.abs()).sum();
        }
    }
    Ok(profiles)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(x: f32, y: f32, long: f32) -> Line {
        Line {
            start: [x, y],
            end: [x + long, y],
            height: 10.0,
        }
    }

    #[test]
    fn a_block_takes_seeds_and_the_lines_between_their_ends() {
        let seed = Seed {
            line: line(0.0, 0.0, 440.0),
            pitch: 10.0,
            first: [5.0, 0.0],
            last: [435.0, 0.0],
            characters: 44,
        };
        let block =
            Block::gather(&[seed], &[line(0.0, 25.0, 300.0), line(0.0, 300.0, 300.0)]).unwrap();
        assert_eq!(block.characters(), 44);
        assert_eq!(block.rows.len(), 2);
        assert!((block.spacing() - 25.0).abs() < 0.1);
    }
}
