//! The five dialects over one service in memory.
//!
//! One program for all of them: each test binary more would be linked, and its generic code compiled, once more.

mod access;
mod common;
mod connect;
mod coverage;
mod described;
mod findings;
mod kairos;
mod kyc;
mod kyc_ida;
mod kyc_tenant;
mod malformed;
mod master;
mod matrix;
mod onboarder;
mod openapi;
mod published;
mod refused;
