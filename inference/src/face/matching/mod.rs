//! What a distance between two faces says: how much more likely it is of one person than of two.
//!
//! ```text
//! labelled pairs ─► distances ─► logistic fit ─► calibration file ─► log-likelihood ratio of any distance
//! ```
//!
//! A calibration speaks of one network and one kind of comparison, and of people like those whose pairs made it.

mod calibration;
mod logistic;

pub use calibration::{
    Calibration, CalibrationError, Comparison, LEAST_IMPOSTOR_PAIRS, OperatingPoint,
};
pub use logistic::{LEAST_PAIRS, Likelihood, NotFitted};
