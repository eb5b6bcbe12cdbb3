//! What the measurements (`tests/src/bin/bench-*.rs`) share, and the parts of the document bench.

pub mod figures;
pub mod page;
pub mod peer;
pub mod pictures;
