//! An index over a gallery's rows (HNSW: Malkov and Yashunin, 2016): the nearest of many without comparing with each.
//!
//! ```text
//! rows 0 .. covered      in the index, a graph of places; templates stay in the rows
//! rows covered ..        came since: compared with each
//! ```
//!
//! It may miss a nearest one: `docs/benchmarks/search.md` says how often. It is made anew, apart and slowly, when many rows
//! came or were wiped since; until it is there, everything is compared with each.

use std::sync::Arc;

use instant_distance::{Builder, Hnsw, Point, Search};

use super::rows::{Place, Row, square_distance};

/// Candidates that are followed through the graph at once in a search, and when a row is laid into it.
const WIDTH_SEARCHED: usize = 160;
const WIDTH_BUILT: usize = 80;
/// Which row lies in which layer: drawn by this, so that the same rows give the same graph on one thread.
const SEED: u64 = 0x6661_6365;

/// A built index.
pub struct Index {
    graph: Hnsw<Spot>,
    covered: usize,
}

/// Rows that are to be laid into an index.
pub struct Unbuilt {
    pub(super) rows: Vec<(usize, Place)>,
    pub(super) covered: usize,
}

#[derive(Clone)]
enum Spot {
    Enrolled { row: usize, place: Place },
    Probe(Arc<Row>),
}

impl Point for Spot {
    /// The squared distance: it orders as the distance does.
    fn distance(&self, other: &Self) -> f32 {
        match (self, other) {
            (Self::Enrolled { place: one, .. }, Self::Enrolled { place: two, .. }) => {
                one.read_with(two, square_distance)
            }
            (Self::Enrolled { place, .. }, Self::Probe(row))
            | (Self::Probe(row), Self::Enrolled { place, .. }) => {
                place.read(|enrolled| square_distance(&***row, enrolled))
            }
            (Self::Probe(one), Self::Probe(two)) => square_distance(&***one, &***two),
        }
    }
}

impl Unbuilt {
    /// Builds it: minutes for hundreds of thousands of rows. On one thread, since cameras share the machine.
    #[must_use]
    pub fn build(self) -> Option<Index> {
        let spots = self
            .rows
            .into_iter()
            .map(|(row, place)| Spot::Enrolled { row, place });
        let spots: Vec<Spot> = spots.collect();
        let builder = Builder::default()
            .ef_construction(WIDTH_BUILT)
            .ef_search(WIDTH_SEARCHED)
            .seed(SEED);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .build()
            .ok()?;
        let (graph, _) = pool.install(|| builder.build_hnsw(spots));
        Some(Index {
            graph,
            covered: self.covered,
        })
    }
}

impl Index {
    /// Rows that were there when it was begun.
    pub(super) const fn covered(&self) -> usize {
        self.covered
    }

    /// Squared distances and rows of those near the probe, the nearest first.
    pub(super) fn near(&self, probe: &Row) -> Vec<(f32, usize)> {
        let probe = Spot::Probe(Arc::new(probe.clone()));
        let mut search = Search::default();
        self.graph
            .search(&probe, &mut search)
            .filter_map(|item| match item.point {
                Spot::Enrolled { row, .. } => Some((item.distance, *row)),
                Spot::Probe(_) => None,
            })
            .collect()
    }
}
