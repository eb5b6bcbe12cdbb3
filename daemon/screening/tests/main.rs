//! Lists, names, and what is doubted.
//!
//! One program for all of them: each test binary more would be linked, and its generic code compiled, once more.

mod doubts;
mod lists;
mod names;
mod reference;
