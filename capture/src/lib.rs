//! Pixels in: frames, and the sources they come from.
