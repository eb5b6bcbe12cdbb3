//! Pixels to facts: networks and image work, no I/O after load.
