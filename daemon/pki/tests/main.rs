//! Certificates: issued, shown, renewed, and what is signed with them.
//!
//! One program for all of them: each test binary more would be linked, and its generic code compiled, once more.

mod handshake;
mod issuing;
mod renewing;
mod signing;
