//! Identity documents: where a picture shows one, what its machine readable zone says, its portrait.

pub mod mrz;
