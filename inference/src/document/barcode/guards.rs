//! A symbol's corners from its guards.
//!
//! ```text
//!  start 8 1 1 1 1 1 1 3      rows of codewords       stop 7 1 1 3 1 1 1 2 1
//!  ████████ █ █ █ █ ...                                ███████ █ ███ █ █  █
//! ```
//!
//! Guards run the symbol's whole height (ISO/IEC 15438), so that a row of pixels crosses them
//! even where it crosses several rows of codewords. A line through the left guard's outer edge and
//! one through the right one's, from their first row to their last, give the four corners.

use opencv::core::{Mat, MatTraitConst, MatTraitConstManual};

use crate::Error;
use crate::document::plane::Quad;

/// Widths in modules, the first one black.
const START: [f32; 8] = [8.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 3.0];
const STOP: [f32; 9] = [7.0, 1.0, 1.0, 3.0, 1.0, 1.0, 1.0, 2.0, 1.0];
/// The same, met from the right; the start then begins with white.
const START_TURNED: [f32; 8] = [3.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 8.0];
const STOP_TURNED: [f32; 9] = [1.0, 2.0, 1.0, 1.0, 1.0, 3.0, 1.0, 1.0, 7.0];
/// A width may be so many modules off, and all together so large a share of the guard's width:
/// what blur and threshold do at 2 pixels a module.
const MOST_OFF: f32 = 0.9;
const MOST_OFF_TOGETHER: f32 = 0.25;
/// Every so many rows of pixels are looked at.
const ROW_STEP: usize = 2;
/// Rows that have to show a guard in line.
const LEAST_ROWS: usize = 6;
/// How far from the line, in pixels, a row's guard may lie.
const OFF_LINE_PX: f32 = 2.5;
/// Rows that lines are tried through.
const TRIED: usize = 24;

/// A guard met in a row: the outer edge's place and the width of a module, in pixels.
#[derive(Debug, Clone, Copy)]
struct Hit {
    edge: f32,
    row: f32,
    module: f32,
}

/// A guard's outer edge `x = slope y + offset` from its first row to its last.
#[derive(Debug, Clone, Copy)]
struct Edge {
    slope: f32,
    offset: f32,
    first: f32,
    last: f32,
}

impl Edge {
    fn at(&self, y: f32) -> [f32; 2] {
        [self.slope * y + self.offset, y]
    }
}

/// A symbol's place in a crop that is nearly upright or upside down.
#[derive(Debug, Clone, Copy)]
pub(super) struct Symbol {
    /// Upper left, upper right, lower right, lower left in the crop.
    pub quad: Quad,
    /// Width of a module in pixels.
    pub module: f32,
    /// Whether it stands on its head.
    pub turned: bool,
}

/// Guards by kind: start, stop, and both as a symbol on its head shows them.
type Guards = [Vec<Hit>; 4];

/// The symbols whose guards a black-and-white crop (0: white) shows: at most one that is upright
/// and one that is turned.
///
/// # Errors
/// [`Error::Library`].
pub(super) fn symbols(crop: &Mat) -> Result<Vec<Symbol>, Error> {
    let mut guards = Guards::default();
    let (pixels, width) = (crop.data_bytes()?, crop.cols().unsigned_abs() as usize);
    let mut edges = Vec::new();
    for (y, line) in pixels
        .chunks_exact(width.max(1))
        .enumerate()
        .step_by(ROW_STEP)
    {
        look_for_guards(line, y as f32 + 0.5, &mut edges, &mut guards);
    }
    let [start, stop, stop_turned, start_turned] = &guards;
    let pairs = [(start, stop, false), (stop_turned, start_turned, true)];
    Ok(pairs
        .into_iter()
        .filter_map(|(left, right, turned)| symbol(left, right, turned))
        .collect())
}

/// How many of a black-and-white crop's rows show a guard.
///
/// # Errors
/// [`Error::Library`].
pub(super) fn rows_with_guards(crop: &Mat) -> Result<usize, Error> {
    let (pixels, width) = (crop.data_bytes()?, crop.cols().unsigned_abs() as usize);
    let mut edges = Vec::new();
    let mut with = 0;
    for line in pixels.chunks_exact(width.max(1)) {
        let mut guards = Guards::default();
        look_for_guards(line, 0.0, &mut edges, &mut guards);
        with += usize::from(guards.iter().any(|hits| !hits.is_empty()));
    }
    Ok(with)
}

fn look_for_guards(line: &[u8], row: f32, edges: &mut Vec<f32>, guards: &mut Guards) {
    let first_black = runs(line, edges);
    let [start, stop, stop_turned, start_turned] = guards;
    scan(edges, first_black, &START, true, |from, _, module| {
        start.push(Hit {
            edge: from,
            row,
            module,
        });
    });
    scan(edges, first_black, &STOP, true, |_, to, module| {
        stop.push(Hit {
            edge: to,
            row,
            module,
        });
    });
    scan(edges, first_black, &STOP_TURNED, true, |from, _, module| {
        stop_turned.push(Hit {
            edge: from,
            row,
            module,
        });
    });
    scan(edges, first_black, &START_TURNED, false, |_, to, module| {
        start_turned.push(Hit {
            edge: to,
            row,
            module,
        });
    });
}

/// Where colours change in a row, its ends among them; whether it begins black.
fn runs(line: &[u8], edges: &mut Vec<f32>) -> bool {
    edges.clear();
    edges.push(0.0);
    for (x, pair) in line.windows(2).enumerate() {
        if pair[0] != pair[1] {
            edges.push((x + 1) as f32);
        }
    }
    edges.push(line.len() as f32);
    line.first().is_some_and(|pixel| *pixel != 0)
}

/// Calls `found` with begin, end and module width of every place that has the pattern's widths.
fn scan<const N: usize>(
    edges: &[f32],
    first_black: bool,
    pattern: &[f32; N],
    black: bool,
    mut found: impl FnMut(f32, f32, f32),
) {
    let modules: f32 = pattern.iter().sum();
    let offset = usize::from(first_black != black);
    for window in edges.windows(N + 1).skip(offset).step_by(2) {
        let (from, to) = (window[0], window[N]);
        let module = (to - from) / modules;
        if module < 1.0 {
            continue;
        }
        let mut together = 0.0;
        let fits = pattern.iter().enumerate().all(|(i, expected)| {
            let off = ((window[i + 1] - window[i]) / module - expected).abs();
            together += off;
            off < MOST_OFF
        });
        if fits && together < MOST_OFF_TOGETHER * modules {
            found(from, to, module);
        }
    }
}

fn symbol(left: &[Hit], right: &[Hit], turned: bool) -> Option<Symbol> {
    let (l, r) = (edge(left)?, edge(right)?);
    let quad = [l.at(l.first), r.at(r.first), r.at(r.last), l.at(l.last)];
    let mut modules: Vec<f32> = left.iter().chain(right).map(|hit| hit.module).collect();
    modules.sort_by(f32::total_cmp);
    let module = modules[modules.len() / 2];
    // The narrowest symbol has one column of data: 17 modules each of start, left, data, right, and 18 of stop.
    let upright =
        quad[1][0] - quad[0][0] > 80.0 * module && quad[2][0] - quad[3][0] > 80.0 * module;
    upright.then_some(Symbol {
        quad,
        module,
        turned,
    })
}

/// The line that most hits lie on, fitted to them.
fn edge(hits: &[Hit]) -> Option<Edge> {
    if hits.len() < LEAST_ROWS {
        return None;
    }
    let step = hits.len().div_ceil(TRIED);
    let tried: Vec<&Hit> = hits.iter().step_by(step).collect();
    let mut best: Vec<&Hit> = Vec::new();
    for (i, a) in tried.iter().enumerate() {
        for b in &tried[i + 1..] {
            if (b.row - a.row).abs() < 8.0 {
                continue;
            }
            let slope = (b.edge - a.edge) / (b.row - a.row);
            let offset = a.edge - slope * a.row;
            // More than 35 degrees off upright is no guard of this region.
            if slope.abs() > 0.7 {
                continue;
            }
            let near = |hit: &&Hit| (hit.edge - slope * hit.row - offset).abs() < OFF_LINE_PX;
            if hits.iter().filter(near).count() > best.len() {
                best = hits.iter().filter(near).collect();
            }
        }
    }
    (best.len() >= LEAST_ROWS).then(|| fitted(&best))
}

/// Least squares.
fn fitted(hits: &[&Hit]) -> Edge {
    let n = hits.len() as f32;
    let mean = |of: fn(&Hit) -> f32| hits.iter().map(|hit| of(hit)).sum::<f32>() / n;
    let (x, y) = (mean(|hit| hit.edge), mean(|hit| hit.row));
    let spread: f32 = hits.iter().map(|hit| (hit.row - y).powi(2)).sum();
    let shared: f32 = hits.iter().map(|hit| (hit.row - y) * (hit.edge - x)).sum();
    let slope = shared / spread.max(f32::EPSILON);
    let rows = hits.iter().map(|hit| hit.row);
    Edge {
        slope,
        offset: x - slope * y,
        first: rows.clone().fold(f32::MAX, f32::min) - 0.5,
        last: rows.fold(f32::MIN, f32::max) + 0.5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row of runs, black first, at `module` pixels.
    fn row(runs: &[u8], module: usize) -> Vec<u8> {
        let mut black = false;
        let mut line = vec![0; 12];
        for run in runs {
            black = !black;
            line.extend(std::iter::repeat_n(
                u8::from(black),
                usize::from(*run) * module,
            ));
        }
        line.extend([0; 12]);
        line
    }

    /// Guards with 70 modules of one codeword pattern between, 40 rows, leaning by `lean` a row.
    fn picture(lean: f32) -> Mat {
        let mut runs = vec![8, 1, 1, 1, 1, 1, 1, 3];
        runs.extend([2, 3, 1, 1, 4, 1, 3, 2].repeat(4));
        runs.extend([7, 1, 1, 3, 1, 1, 1, 2, 1]);
        let line = row(&runs, 3);
        let mut pixels = Vec::new();
        for y in 0..40 {
            let mut shifted = line.clone();
            shifted.rotate_right((y as f32 * lean) as usize);
            pixels.extend(shifted);
        }
        Mat::new_rows_cols_with_data(40, line.len() as i32, &pixels)
            .unwrap()
            .try_clone()
            .unwrap()
    }

    #[test]
    fn guards_give_the_corners_of_an_upright_symbol() {
        let found = symbols(&picture(0.0)).unwrap();
        assert_eq!(found.len(), 1);
        assert!(!found[0].turned);
        assert!((found[0].module - 3.0).abs() < 0.01);
        let [[left, top], [right, _], ..] = found[0].quad;
        assert!((left - 12.0).abs() < 0.1 && top < 1.0, "{:?}", found[0]);
        assert!((right - (12.0 + 3.0 * (17.0 + 68.0 + 18.0))).abs() < 0.1);
    }

    #[test]
    fn a_leaning_symbols_corners_lean() {
        let found = symbols(&picture(0.25)).unwrap();
        let [[upper, _], _, _, [lower, _]] = found[0].quad;
        assert!((lower - upper - 9.5).abs() < 1.5, "{:?}", found[0]);
    }

    #[test]
    fn a_symbol_on_its_head_is_known_as_that() {
        let mut turned = Mat::default();
        opencv::core::flip(&picture(0.0), &mut turned, -1).unwrap();
        let found = symbols(&turned).unwrap();
        assert_eq!(found.len(), 1);
        assert!(found[0].turned);
    }
}
