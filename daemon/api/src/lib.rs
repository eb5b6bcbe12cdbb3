//! HTTP: one module for each published dialect over one service.

pub mod auth;
pub mod limits;
pub mod onboarder;
pub mod service;

pub use onboarder::router;
