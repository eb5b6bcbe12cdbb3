//! HTTP: one module for each published dialect over one service.

pub mod service;
