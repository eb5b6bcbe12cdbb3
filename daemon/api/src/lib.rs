//! HTTP: one module for each published dialect over one service.
