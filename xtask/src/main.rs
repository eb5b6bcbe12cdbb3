//! The project's own tool: set-up, demo, tests, measurements.
fn main() {}
