//! One face among many, for duplicates and block lists: compared with each, in vector instructions; beyond 100,000 by an
//! index.
//!
//! ```text
//! rows     128 numbers each, in blocks of 1,024 that never move
//! probe ─► squared distance to every row ─► the nearest k, or all within a threshold
//!      └─► index, where one was built and so many count ─► and the rows since, each
//! ```
//!
//! Who is taken off is wiped at once, in the rows that the index looks at too. Rows of a network that compares by cosine
//! are held at length 1: half their squared distance is one minus the cosine.

mod index;
mod rows;

pub use index::{Index, Unbuilt};

use std::fmt;

use super::template::Template;
use crate::pack::Measure;
use rows::{Row, Rows};

/// Faces from which on an index is of use: up to here comparing with each takes less than a selfie's other work.
const INDEXED_FROM: usize = 100_000;
/// An index is made anew when this share of its rows came since, or was wiped.
const STALE: f64 = 0.1;

/// Enrolled faces by the name that `I` gives each.
pub struct Gallery<I> {
    measure: Measure,
    /// A row each; none where somebody was taken off.
    names: Vec<Option<I>>,
    enrolled: usize,
    rows: Rows,
    index: Option<Index>,
    /// Rows wiped since the index was begun.
    wiped: usize,
    indexed_from: usize,
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
        write!(f, "Gallery({} templates)", self.enrolled)
    }
}

impl<I> Gallery<I> {
    /// Nobody yet; templates are compared by `measure`.
    #[must_use]
    pub const fn new(measure: Measure) -> Self {
        Self::indexed_from(measure, INDEXED_FROM)
    }

    /// The same with an index from another number of faces on.
    #[must_use]
    pub const fn indexed_from(measure: Measure, faces: usize) -> Self {
        Self {
            measure,
            names: Vec::new(),
            enrolled: 0,
            rows: Rows::new(),
            index: None,
            wiped: 0,
            indexed_from: faces,
        }
    }

    /// Faces enrolled.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.enrolled
    }

    /// Whether nobody is enrolled.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.enrolled == 0
    }

    /// Enrols a face.
    ///
    /// # Errors
    /// [`OtherNetwork`].
    pub fn add(&mut self, name: I, template: &Template) -> Result<(), OtherNetwork> {
        let row = self.row(template)?;
        self.rows.push(&row);
        self.names.push(Some(name));
        self.enrolled += 1;
        Ok(())
    }

    /// Takes everybody off whose name is `gone`: no search finds them, and their rows are wiped. Gives how many they were.
    pub fn remove(&mut self, gone: impl Fn(&I) -> bool) -> usize {
        let mut removed = 0;
        for (row, name) in self.names.iter_mut().enumerate() {
            if name.take_if(|name| gone(name)).is_some() {
                self.rows.wipe(row);
                removed += 1;
            }
        }
        self.enrolled -= removed;
        self.wiped += removed;
        removed
    }

    /// The `most` nearest faces, the nearest first; of equally near ones, those enrolled first.
    ///
    /// # Errors
    /// [`OtherNetwork`].
    pub fn nearest(&self, probe: &Template, most: usize) -> Result<Vec<Hit<'_, I>>, OtherNetwork> {
        self.nearest_of(probe, most, |_| true)
    }

    /// The `most` nearest faces of those whose name `counts`. By the index where more than 100,000 count and it has so
    /// many that do; else compared with each.
    ///
    /// # Errors
    /// [`OtherNetwork`].
    pub fn nearest_of(
        &self,
        probe: &Template,
        most: usize,
        counts: impl Fn(&I) -> bool,
    ) -> Result<Vec<Hit<'_, I>>, OtherNetwork> {
        let probe = self.row(probe)?;
        let counts = |row: usize| self.names[row].as_ref().is_some_and(&counts);
        let by_index = self.index.as_ref().filter(|_| {
            let counted = (0..self.names.len()).filter(|row| counts(*row)).count();
            counted >= self.indexed_from
        });
        if let Some(index) = by_index {
            let mut near = index.near(&probe);
            near.retain(|(_, row)| counts(*row));
            if near.len() >= most {
                let found = self.compared(&probe, (most, index.covered()), counts, near);
                return Ok(self.hits(found));
            }
        }
        let found = self.compared(&probe, (most, 0), counts, Vec::new());
        Ok(self.hits(found))
    }

    /// Every name, in the order in which they were enrolled.
    pub fn names(&self) -> impl Iterator<Item = &I> {
        self.names.iter().flatten()
    }

    /// Every face within `max_distance`, the nearest first: compared with each.
    ///
    /// # Errors
    /// [`OtherNetwork`].
    pub fn within(
        &self,
        probe: &Template,
        max_distance: f32,
    ) -> Result<Vec<Hit<'_, I>>, OtherNetwork> {
        let probe = self.row(probe)?;
        let mut found = Vec::new();
        let enrolled = |row: usize| self.names[row].is_some();
        self.rows.each(&probe, 0, enrolled, |square, row| {
            if self.distance(square) <= max_distance {
                found.push((square, row));
            }
        });
        found.sort_by(|one, two| one.0.total_cmp(&two.0));
        Ok(self.hits(found))
    }

    /// What an index is to be built of, where there are faces enough and none is, or it has grown stale. Building takes
    /// minutes: elsewhere than where the gallery is held.
    #[must_use]
    pub fn index_due(&self) -> Option<Unbuilt> {
        if self.enrolled < self.indexed_from {
            return None;
        }
        let fresh = self.index.as_ref().is_some_and(|index| {
            let since = self.names.len() - index.covered() + self.wiped;
            (since as f64) < STALE * index.covered() as f64
        });
        if fresh {
            return None;
        }
        let rows = (0..self.names.len()).filter(|row| self.names[*row].is_some());
        let rows = rows.filter_map(|row| Some((row, self.rows.place(row)?)));
        Some(Unbuilt {
            rows: rows.collect(),
            covered: self.names.len(),
        })
    }

    /// Takes an index that was built of this gallery in use.
    pub fn take_index(&mut self, index: Index) {
        let covered = index.covered().min(self.names.len());
        // Those who were taken off meanwhile are wiped in it.
        self.wiped = self.names[..covered]
            .iter()
            .filter(|name| name.is_none())
            .count();
        self.index = Some(index);
    }

    /// The nearest of `found` and of the rows from a number on, compared with each.
    fn compared(
        &self,
        probe: &Row,
        (most, from): (usize, usize),
        counts: impl Fn(usize) -> bool,
        mut found: Vec<(f32, usize)>,
    ) -> Vec<(f32, usize)> {
        found.truncate(most);
        self.rows.each(probe, from, counts, |square, row| {
            if found.len() == most && found.last().is_none_or(|last| last.0 <= square) {
                return;
            }
            let at = found.partition_point(|one| one.0 <= square);
            found.insert(at, (square, row));
            found.truncate(most);
        });
        found
    }

    fn hits(&self, found: Vec<(f32, usize)>) -> Vec<Hit<'_, I>> {
        let hit = |(square, row): (f32, usize)| {
            let name = self.names[row].as_ref()?;
            let distance = self.distance(square);
            Some(Hit { name, distance })
        };
        found.into_iter().filter_map(hit).collect()
    }

    /// The network's measure of a squared distance of rows.
    fn distance(&self, square: f32) -> f32 {
        match self.measure {
            Measure::Euclidean => square.sqrt(),
            Measure::Cosine => square / 2.0,
        }
    }

    /// A template as a row of this gallery.
    fn row(&self, template: &Template) -> Result<Row, OtherNetwork> {
        if template.measure() != self.measure {
            return Err(OtherNetwork);
        }
        let mut row: Row = zeroize::Zeroizing::new(*template.values());
        if self.measure == Measure::Cosine {
            let length = row.iter().map(|value| value * value).sum::<f32>().sqrt();
            for value in row.iter_mut() {
                *value /= length.max(f32::EPSILON);
            }
        }
        Ok(row)
    }
}

#[cfg(test)]
mod tests;
