//! Randomness that is passed in, so that a test can hold it still.

use rand::rngs::OsRng;
use rand::{SeedableRng, TryRngCore, rngs::StdRng};

use crate::WireError;

/// A source of randomness fit for keys and nonces.
pub trait Random: Send + Sync {
    /// Fills `bytes`.
    ///
    /// # Errors
    ///
    /// [`WireError::Randomness`] where the source gives none; nothing may be sealed then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), WireError>;
}

/// The operating system's randomness, `getrandom(2)`.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), WireError> {
        OsRng
            .try_fill_bytes(bytes)
            .map_err(|error| WireError::Randomness(error.to_string()))
    }
}

/// A generator for a library that wants one which cannot fail: seeded here, where failing is possible.
pub(crate) fn generator(random: &dyn Random) -> Result<StdRng, WireError> {
    let mut seed = zeroize::Zeroizing::new([0; 32]);
    random.fill(seed.as_mut_slice())?;
    Ok(StdRng::from_seed(*seed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_from_the_system_differ() {
        let (mut one, mut two) = ([0; 32], [0; 32]);
        OsRandom.fill(&mut one).unwrap();
        OsRandom.fill(&mut two).unwrap();
        assert_ne!(one, two);
    }
}
