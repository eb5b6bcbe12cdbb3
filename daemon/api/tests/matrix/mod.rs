//! Who is not let in: every operation of the five dialects with every kind of wrong credential that its dialect has.
//!
//! ```text
//! rows (an operation, what it needs, what it is about) x credentials (none, wrong, over, ended, another tenant's, too narrow)
//!     └─► status, code and the dialect's form; the same bytes whatever was wrong, and whether what is named exists or not
//! ```
//!
//! An operation without a row fails in `complete.rs`. What each kind of credential is where a dialect has it:
//!
//! | | key of the config | KYC API's token | SDK or mobile token | KYConnect's token | KYConnect's key |
//! |---|---|---|---|---|---|
//! | over | `expires_at` | an hour, or its key's | its time, or its key's | 15 minutes | `expires_in_days` |
//! | ended | taken out of the file: unknown | its key's end | another took its place | logged out, person out | revoked |
//! | too narrow | permissions | scopes, one session | one applicant, kind | role, first password | scopes |
//!
//! Times are not measured here, since a machine that is busy would decide. What takes long is one way for all: a key is hashed once
//! and compared in constant time with every known one (`auth.rs`), a token is looked up by its hash, a record's secret is compared
//! with one that nobody has where the record is unknown (`kiosk-staff`'s `secret.rs`), and each try with a password costs one
//! Argon2id, counted in `kiosk-staff`'s `tests/directory.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has to end"
)]

mod complete;
mod connect;
mod connect_doors;
mod connect_rows;
mod kairos;
mod kyc;
mod kyc_rows;
mod master;
mod onboarder;
mod rows;

use crate::common;
