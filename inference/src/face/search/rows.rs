//! Where a gallery's rows lie, shared with its index, so that a row that is wiped is gone for both.

use std::sync::{Arc, PoisonError, RwLock};

use zeroize::{Zeroize, Zeroizing};

use super::super::template::TEMPLATE_VALUES;

/// Rows of a block: half a megabyte, which a processor core's cache holds.
pub(super) const BLOCK_ROWS: usize = 1024;
/// Partial sums held side by side: the compiler makes vector instructions of them.
const LANES: usize = 16;

/// A template as it is compared; wiped when dropped.
pub(super) type Row = Zeroizing<[f32; TEMPLATE_VALUES]>;

/// Blocks never grow, so that no template is left behind in memory that was given back.
#[derive(Default)]
pub(super) struct Rows {
    blocks: Vec<Arc<Block>>,
}

struct Block {
    values: RwLock<Vec<f32>>,
}

impl Drop for Block {
    fn drop(&mut self) {
        let values = self.values.get_mut();
        values.unwrap_or_else(PoisonError::into_inner).zeroize();
    }
}

impl Block {
    /// A row is written whole, so that one is whole whoever failed.
    fn read<T>(&self, look: impl FnOnce(&[f32]) -> T) -> T {
        look(&self.values.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut Vec<f32>) -> T) -> T {
        change(&mut self.values.write().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One row's place, which outlives a change of the others.
#[derive(Clone)]
pub(super) struct Place {
    block: Arc<Block>,
    at: usize,
}

impl Place {
    /// Hands the row over; zeros where it was wiped.
    pub(super) fn read<T>(&self, look: impl FnOnce(&[f32]) -> T) -> T {
        let from = self.at * TEMPLATE_VALUES;
        self.block
            .read(|values| look(&values[from..from + TEMPLATE_VALUES]))
    }

    /// Hands this row and another over. A block is locked once: a reader that came again would wait for a writer who waits
    /// for it. Of two blocks one writer at most waits (it holds the gallery alone), so that no ring of waiting comes about.
    pub(super) fn read_with<T>(&self, other: &Self, look: impl FnOnce(&[f32], &[f32]) -> T) -> T {
        if !Arc::ptr_eq(&self.block, &other.block) {
            return self.read(|one| other.read(|two| look(one, two)));
        }
        let span = |at: usize| at * TEMPLATE_VALUES..(at + 1) * TEMPLATE_VALUES;
        self.block
            .read(|values| look(&values[span(self.at)], &values[span(other.at)]))
    }
}

impl Rows {
    pub(super) const fn new() -> Self {
        Self { blocks: Vec::new() }
    }

    /// Adds a row after the last.
    pub(super) fn push(&mut self, row: &Row) {
        let full = BLOCK_ROWS * TEMPLATE_VALUES;
        let last = self.blocks.last();
        if last.is_none_or(|block| block.read(<[f32]>::len) == full) {
            self.blocks.push(Arc::new(Block {
                values: RwLock::new(Vec::with_capacity(full)),
            }));
        }
        if let Some(block) = self.blocks.last() {
            block.write(|values| values.extend_from_slice(&**row));
        }
    }

    /// Wipes a row; its place stays.
    pub(super) fn wipe(&self, row: usize) {
        let from = row % BLOCK_ROWS * TEMPLATE_VALUES;
        if let Some(block) = self.blocks.get(row / BLOCK_ROWS) {
            block.write(|values| values[from..from + TEMPLATE_VALUES].zeroize());
        }
    }

    /// A row's place.
    pub(super) fn place(&self, row: usize) -> Option<Place> {
        let block = self.blocks.get(row / BLOCK_ROWS)?;
        Some(Place {
            block: Arc::clone(block),
            at: row % BLOCK_ROWS,
        })
    }

    /// Tells the squared distance to every row from that number on which `counts`.
    pub(super) fn each(
        &self,
        probe: &Row,
        from: usize,
        counts: impl Fn(usize) -> bool,
        mut tell: impl FnMut(f32, usize),
    ) {
        for (number, block) in self.blocks.iter().enumerate().skip(from / BLOCK_ROWS) {
            let first = number * BLOCK_ROWS;
            block.read(|values| {
                let rows = values.chunks_exact(TEMPLATE_VALUES).enumerate();
                for (at, row) in rows.map(|(at, row)| (first + at, row)) {
                    if at >= from && counts(at) {
                        tell(square_distance(&**probe, row), at);
                    }
                }
            });
        }
    }
}

pub(super) fn square_distance(one: &[f32], two: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    for (one, two) in one.chunks_exact(LANES).zip(two.chunks_exact(LANES)) {
        for lane in 0..LANES {
            let off = one[lane] - two[lane];
            sums[lane] += off * off;
        }
    }
    sums.iter().sum()
}
