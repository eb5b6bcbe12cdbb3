//! How a token sounds: its Double Metaphone keys (L. Philips, 2000), by the crate `rphonetic`.

use rphonetic::DoubleMetaphone;

/// The keys of the two readings, up to eight characters of each packed into a number; 0 where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Sound {
    /// The first reading.
    pub primary: u64,
    /// The other one; often the same.
    pub alternate: u64,
}

impl Sound {
    /// The keys of a word in ASCII.
    pub fn of(word: &str) -> Self {
        if word.len() < 2 || !word.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return Self::default();
        }
        let keys = DoubleMetaphone::new(Some(8)).double_metaphone(word);
        Self {
            primary: packed(&keys.primary()),
            alternate: packed(&keys.alternate()),
        }
    }

    /// Whether the two may be said alike. Keys of one sound tell nothing: `Lee` and `Lou` share theirs.
    pub fn meets(self, other: Self) -> bool {
        let tells = |key: u64| key > 0xFF;
        [self.primary, self.alternate]
            .into_iter()
            .any(|key| tells(key) && (key == other.primary || key == other.alternate))
    }
}

fn packed(key: &str) -> u64 {
    key.bytes()
        .take(8)
        .fold(0, |packed, byte| packed << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_said_alike_share_a_key() {
        for (one, other) in [
            ("smith", "smyth"),
            ("philip", "filip"),
            ("schmidt", "smith"),
        ] {
            assert!(Sound::of(one).meets(Sound::of(other)), "{one} {other}");
        }
        for (one, other) in [("smith", "jones"), ("lee", "lou"), ("ivan", "igor")] {
            assert!(!Sound::of(one).meets(Sound::of(other)), "{one} {other}");
        }
    }
}
