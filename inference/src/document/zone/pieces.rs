//! Pieces of text joined to the lines that they are pieces of.

use crate::document::plane::{Line, Point, dot, minus};

/// Pieces of one line differ by at most this in direction (cosine of 5 degrees).
const SAME_DIRECTION: f32 = 0.996;
/// Pieces joined to lines, at most.
const MOST_PIECES: usize = 200;

/// Joins pieces of text that stand on one line, and sorts by length, the longest first.
pub(super) fn merged(pieces: &[Line]) -> Vec<Line> {
    let mut lines: Vec<Line> = pieces.to_vec();
    lines.sort_by(|a, b| b.length().total_cmp(&a.length()));
    lines.truncate(MOST_PIECES);
    let mut index = 0;
    while index < lines.len() {
        let partner = (0..lines.len()).find_map(|other| {
            Some((other, joined(&lines[index], &lines[other])?)).filter(|_| other != index)
        });
        match partner {
            Some((other, line)) => {
                lines[index] = line;
                lines.remove(other);
                index = index.saturating_sub(usize::from(other < index));
            }
            None => index += 1,
        }
    }
    lines.sort_by(|a, b| b.length().total_cmp(&a.length()));
    lines
}

/// The line that both are pieces of; the longer one's direction must meet the other.
fn joined(long: &Line, short: &Line) -> Option<Line> {
    let direction = long.direction();
    let parallel = dot(direction, short.direction()).abs();
    let ratio = short.height / long.height.max(0.1);
    let reach = |point: Point| dot(minus(point, long.start), direction);
    let aside = |point: Point| dot(minus(point, long.start), long.down());
    let (a, b) = (reach(short.start), reach(short.end));
    let (from, to) = (a.min(b), a.max(b));
    let gap = (from - long.length()).max(-to);
    // Short pieces have no reliable direction of their own.
    let straight = parallel > SAME_DIRECTION || short.length() < 3.0 * short.height;
    let level = aside(short.middle()).abs() < 0.35 * long.height;
    let near = gap < 1.5 * long.height && gap > -0.8 * short.length().min(long.length());
    (straight && level && near && (0.6..1.6).contains(&ratio)).then(|| {
        let ends = if to > long.length() {
            (long.start, end_of(short, direction))
        } else {
            (end_of(short, [-direction[0], -direction[1]]), long.end)
        };
        Line {
            start: ends.0,
            end: ends.1,
            height: joint_height(long, short),
        }
    })
}

/// The mean of both heights, by length.
fn joint_height(one: &Line, two: &Line) -> f32 {
    let (a, b) = (one.length(), two.length());
    (one.height * a + two.height * b) / (a + b).max(f32::EPSILON)
}

/// The end of the line that lies farthest in `direction`.
fn end_of(line: &Line, direction: Point) -> Point {
    if dot(line.direction(), direction) > 0.0 {
        line.end
    } else {
        line.start
    }
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
    fn pieces_on_one_line_become_one_and_other_lines_stay() {
        let lines = merged(&[
            line(0.0, 0.0, 100.0),
            line(110.0, 1.0, 50.0),
            line(0.0, 25.0, 90.0),
        ]);
        assert_eq!(lines.len(), 2);
        assert!((lines[0].length() - 160.0).abs() < 1.0);
    }
}
