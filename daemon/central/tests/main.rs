//! Central with its real database, broker and transports.
//!
//! One program for all of them: each test binary more would be linked, and its generic code compiled, once more.

mod attacks;
mod binary;
mod bounds;
mod broker;
mod database;
mod erasing;
mod evidence;
mod parts;
mod records;
mod several;
mod support;
