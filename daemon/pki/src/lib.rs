//! Certificates: making them for demo and tests, and reading who a peer is.
