//! One face among many: exact search over enrolled templates, for duplicates and block lists.
//!
//! ```text
//! gallery: block 0 [row 0 .. row 1023], block 1 [..], ..   rows of 128 numbers, side by side
//! probe ─► squared distance to every row ─► the nearest k, or all within a threshold
//! ```
//!
//! Blocks never grow, so that no template is left behind in memory that was given back; each is wiped when dropped.
//! Rows of a network that compares by cosine are held at length 1: half their squared distance is one minus the cosine.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::template::{TEMPLATE_VALUES, Template};
use crate::pack::Measure;

/// Rows of a block: half a megabyte, which a processor core's cache holds.
const BLOCK_ROWS: usize = 1024;
/// Partial sums held side by side: the compiler makes vector instructions of them.
const LANES: usize = 16;

/// Enrolled faces by the name that `I` gives each.
pub struct Gallery<I> {
    measure: Measure,
    names: Vec<I>,
    blocks: Vec<Block>,
}

#[derive(Zeroize, ZeroizeOnDrop)]
struct Block {
    rows: Vec<f32>,
}

/// An enrolled face that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit<'g, I> {
    /// Whose.
    pub name: &'g I,
    /// By the network's own measure.
    pub distance: f32,
}

/// A template of another network says nothing of this gallery's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the template is compared otherwise than this gallery's; enrol the person again with the network in use"
)]
pub struct OtherNetwork;

impl<I> fmt::Debug for Gallery<I> {
    /// How many; templates are biometric data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gallery({} templates)", self.names.len())
    }
}

impl<I> Gallery<I> {
    /// Nobody yet; templates are compared by `measure`.
    #[must_use]
    pub const fn new(measure: Measure) -> Self {
        Self {
            measure,
            names: Vec::new(),
            blocks: Vec::new(),
        }
    }

    /// Faces enrolled.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether nobody is enrolled.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Enrols a face.
    ///
    /// # Errors
    /// [`OtherNetwork`].
    pub fn add(&mut self, name: I, template: &Template) -> Result<(), OtherNetwork> {
        let row = self.row(template)?;
        let full = |block: &Block| block.rows.len() == BLOCK_ROWS * TEMPLATE_VALUES;
        if self.blocks.last().is_none_or(full) {
            self.blocks.push(Block {
                rows: Vec::with_capacity(BLOCK_ROWS * TEMPLATE_VALUES),
            });
        }
        if let Some(block) = self.blocks.last_mut() {
            block.rows.extend_from_slice(&*row);
            self.names.push(name);
        }
        Ok(())
    }

    /// The `most` nearest faces, the nearest first; of equally near ones, those enrolled first.
    ///
    /// # Errors
    /// [`OtherNetwork`].
    pub fn nearest(&self, probe: &Template, most: usize) -> Result<Vec<Hit<'_, I>>, OtherNetwork> {
        let mut found: Vec<(f32, usize)> =
            Vec::with_capacity(most.saturating_add(1).min(self.len() + 1));
        self.each(probe, |square, place| {
            if found.len() == most && found.last().is_none_or(|last| last.0 <= square) {
                return;
            }
            let at = found.partition_point(|one| one.0 <= square);
            found.insert(at, (square, place));
            found.truncate(most);
        })?;
        Ok(self.hits(found))
    }

    /// The nearest face of those whose name `counts`.
    ///
    /// # Errors
    /// [`OtherNetwork`].
    pub fn nearest_of(
        &self,
        probe: &Template,
        counts: impl Fn(&I) -> bool,
    ) -> Result<Option<Hit<'_, I>>, OtherNetwork> {
        let mut found: Option<(f32, usize)> = None;
        self.each(probe, |square, place| {
            if found.is_none_or(|best| square < best.0) && counts(&self.names[place]) {
                found = Some((square, place));
            }
        })?;
        Ok(self.hits(found.into_iter().collect()).pop())
    }

    /// Every face's name, in the order in which they were enrolled.
    pub fn names(&self) -> std::slice::Iter<'_, I> {
        self.names.iter()
    }

    /// Every face within `max_distance`, the nearest first.
    ///
    /// # Errors
    /// [`OtherNetwork`].
    pub fn within(
        &self,
        probe: &Template,
        max_distance: f32,
    ) -> Result<Vec<Hit<'_, I>>, OtherNetwork> {
        let mut found = Vec::new();
        self.each(probe, |square, place| {
            if self.distance(square) <= max_distance {
                found.push((square, place));
            }
        })?;
        found.sort_by(|one, two| one.0.total_cmp(&two.0));
        Ok(self.hits(found))
    }

    fn hits(&self, found: Vec<(f32, usize)>) -> Vec<Hit<'_, I>> {
        let hit = |(square, place): (f32, usize)| Hit {
            name: &self.names[place],
            distance: self.distance(square),
        };
        found.into_iter().map(hit).collect()
    }

    /// The network's measure of a squared distance of rows.
    fn distance(&self, square: f32) -> f32 {
        match self.measure {
            Measure::Euclidean => square.sqrt(),
            Measure::Cosine => square / 2.0,
        }
    }

    /// Tells the squared distance to every row, with its place.
    fn each(&self, probe: &Template, mut tell: impl FnMut(f32, usize)) -> Result<(), OtherNetwork> {
        let probe = self.row(probe)?;
        let rows = self
            .blocks
            .iter()
            .flat_map(|block| block.rows.chunks_exact(TEMPLATE_VALUES));
        for (place, row) in rows.enumerate() {
            tell(square_distance(&probe, row), place);
        }
        Ok(())
    }

    /// A template as a row of this gallery; wiped when dropped.
    fn row(
        &self,
        template: &Template,
    ) -> Result<zeroize::Zeroizing<[f32; TEMPLATE_VALUES]>, OtherNetwork> {
        if template.measure() != self.measure {
            return Err(OtherNetwork);
        }
        let mut row = zeroize::Zeroizing::new(*template.values());
        if self.measure == Measure::Cosine {
            let length = row.iter().map(|value| value * value).sum::<f32>().sqrt();
            for value in row.iter_mut() {
                *value /= length.max(f32::EPSILON);
            }
        }
        Ok(row)
    }
}

fn square_distance(one: &[f32; TEMPLATE_VALUES], two: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    for (one, two) in one.chunks_exact(LANES).zip(two.chunks_exact(LANES)) {
        for lane in 0..LANES {
            let off = one[lane] - two[lane];
            sums[lane] += off * off;
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    //! The same as comparing with each, one after the other.

    use super::*;

    /// A template whose numbers follow from `seed`.
    fn template(seed: u32, measure: Measure) -> Template {
        let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
        let values = std::array::from_fn(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            (state >> 8) as f32 / (1 << 24) as f32 - 0.5
        });
        Template::new(values, measure)
    }

    fn gallery(count: u32, measure: Measure) -> Gallery<u32> {
        let mut gallery = Gallery::new(measure);
        for name in 0..count {
            gallery.add(name, &template(name, measure)).unwrap();
        }
        gallery
    }

    #[test]
    fn the_nearest_are_those_that_comparing_with_each_finds() {
        for measure in [Measure::Euclidean, Measure::Cosine] {
            let gallery = gallery(2_500, measure);
            for seed in [7_000, 8_000, 9_000] {
                let probe = template(seed, measure);
                let mut one_by_one: Vec<(f32, u32)> = (0..2_500)
                    .map(|name| (probe.distance(&template(name, measure)), name))
                    .collect();
                one_by_one.sort_by(|one, two| one.0.total_cmp(&two.0));
                let found = gallery.nearest(&probe, 10).unwrap();
                assert_eq!(found.len(), 10);
                for (hit, (distance, name)) in found.iter().zip(one_by_one) {
                    assert_eq!(*hit.name, name);
                    assert!((hit.distance - distance).abs() < 1e-5, "{hit:?} {distance}");
                }
            }
        }
    }

    #[test]
    fn everyone_within_a_threshold_is_found_the_nearest_first() {
        let gallery = gallery(1_500, Measure::Euclidean);
        let probe = template(9_999, Measure::Euclidean);
        let limit = gallery.nearest(&probe, 40).unwrap()[39].distance;
        let found = gallery.within(&probe, limit).unwrap();
        assert_eq!(found.len(), 40);
        assert!(found.is_sorted_by(|one, two| one.distance <= two.distance));
        assert!(gallery.within(&probe, 0.0).unwrap().is_empty());
    }

    #[test]
    fn the_nearest_of_those_that_count_is_the_first_of_the_nearest_that_does() {
        let gallery = gallery(1_500, Measure::Euclidean);
        let probe = template(9_999, Measure::Euclidean);
        let odd = |name: &u32| name % 2 == 1;
        let all = gallery.nearest(&probe, 1_500).unwrap();
        let expected = all.into_iter().find(|hit| odd(hit.name));
        assert_eq!(gallery.nearest_of(&probe, odd).unwrap(), expected);
        assert_eq!(gallery.nearest_of(&probe, |_| false).unwrap(), None);
        assert_eq!(gallery.names().len(), 1_500);
    }

    #[test]
    fn who_is_enrolled_is_found_again_at_no_distance_across_blocks() {
        let gallery = gallery(2_100, Measure::Euclidean);
        for name in [0, 1_023, 1_024, 2_099] {
            let found = gallery
                .nearest(&template(name, Measure::Euclidean), 1)
                .unwrap();
            assert_eq!((*found[0].name, found[0].distance), (name, 0.0));
        }
    }

    #[test]
    fn an_empty_gallery_knows_nobody_and_another_network_s_template_is_refused() {
        let mut empty: Gallery<u32> = Gallery::new(Measure::Euclidean);
        let probe = template(1, Measure::Euclidean);
        assert!(empty.is_empty() && empty.nearest(&probe, 3).unwrap().is_empty());
        assert!(
            gallery(3, Measure::Euclidean)
                .nearest(&probe, 0)
                .unwrap()
                .is_empty()
        );
        let other = template(1, Measure::Cosine);
        assert_eq!(empty.add(1, &other), Err(OtherNetwork));
        assert_eq!(empty.nearest(&other, 1), Err(OtherNetwork));
        assert_eq!(
            format!("{:?}", gallery(3, Measure::Euclidean)),
            "Gallery(3 templates)"
        );
    }
}
