//! A courier that keeps what it is handed, so that a test can read the code in it.

use std::sync::Mutex;

use async_trait::async_trait;
use kiosk_api::courier::{Channel, Courier, Letter, Undelivered};

/// The letters that were handed over, newest last.
#[derive(Default)]
pub struct Letters {
    kept: Mutex<Vec<Letter>>,
    /// What it says instead of taking one.
    refuses: Mutex<Option<Undelivered>>,
    /// Channels that it does not go by.
    without: Vec<Channel>,
}

impl Letters {
    /// One that does not go by `channel`.
    pub fn without(channel: Channel) -> Self {
        Self {
            without: vec![channel],
            ..Self::default()
        }
    }

    /// From now on it takes none, or takes them again.
    pub fn refuse(&self, why: Option<Undelivered>) {
        *self.refuses.lock().unwrap() = why;
    }

    /// The newest letter: its channel, to whom it goes, and the code in it.
    pub fn newest(&self) -> (Channel, String, String) {
        let kept = self.kept.lock().unwrap();
        let letter = kept.last().unwrap();
        let text = letter.text.reveal();
        let code = text
            .split(|letter: char| !letter.is_ascii_digit())
            .find(|word| word.len() == 6);
        (
            letter.channel,
            letter.to.reveal().clone(),
            code.unwrap().to_owned(),
        )
    }

    /// The last word of the newest letter, which may be a token.
    pub fn last_word(&self) -> Option<String> {
        let kept = self.kept.lock().unwrap();
        let word = kept.last()?.text.reveal().split_whitespace().last()?;
        Some(word.to_owned())
    }

    /// How many were taken.
    pub fn count(&self) -> usize {
        self.kept.lock().unwrap().len()
    }
}

#[async_trait]
impl Courier for Letters {
    fn goes_by(&self, channel: Channel) -> bool {
        !self.without.contains(&channel)
    }

    async fn carry(&self, letter: Letter) -> Result<(), Undelivered> {
        if let Some(why) = *self.refuses.lock().unwrap() {
            return Err(why);
        }
        self.kept.lock().unwrap().push(letter);
        Ok(())
    }
}
