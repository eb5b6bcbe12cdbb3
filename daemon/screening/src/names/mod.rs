//! A name, taken apart: what is compared, and what each part weighs.
//!
//! ```text
//! "Dr. Müller-Lavrov, Сергей Co. Ltd."
//!   ─► pieces   split at spaces, hyphens, case; dotted letters put together
//!   ─► ASCII    script::to_ascii
//!   ─► tokens   legal form taken off; title, particle, initial, number, company word, common name: weighed
//! ```
//!
//! The order of tokens is kept for putting neighbours together, and does not count otherwise.

pub mod script;
mod tables;
mod tokens;
mod variants;
mod words;

use serde::{Deserialize, Serialize};

pub use script::Script;
pub use tokens::{Class, Token};
pub use variants::same_name;
pub(crate) use variants::spellings;

/// What bears a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A natural person.
    Person,
    /// A company, an authority, a group.
    Organisation,
    /// A ship or an aircraft.
    Vessel,
    /// Not said.
    Unknown,
}

/// A name as it is compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    /// What is compared, in the order in which it was written.
    pub tokens: Vec<Token>,
    /// Class of its legal form, such as `llc`; absent where it has none.
    pub form: Option<&'static str>,
    /// Han and Hangul as written, where the whole name is: one character is a syllable, and another one another name.
    pub ideographs: Option<String>,
}

/// The most tokens of a name that are compared; what goes on beyond is left aside.
pub const MOST_TOKENS: usize = 16;
/// The most characters of a name that are read.
pub const MOST_CHARS: usize = 400;

impl Name {
    /// Takes a name apart.
    pub fn new(text: &str, kind: Kind) -> Self {
        let text: String = text.chars().take(MOST_CHARS).collect();
        let (mut words, ideographs) = words::words(&text);
        // A person may be called Ag or Sa.
        let form = (kind != Kind::Person)
            .then(|| words::take_form(&mut words))
            .flatten();
        let mut parts: Vec<Token> = words
            .iter()
            .enumerate()
            .map(|(place, word)| Token::new(word, place, kind))
            .collect();
        tokens::split_servant_names(&mut parts);
        tokens::drop_repeated(&mut parts);
        parts.truncate(MOST_TOKENS);
        variants::mark_korean(&mut parts, kind);
        Self {
            tokens: parts,
            form,
            ideographs,
        }
    }

    /// Sum of what its tokens weigh.
    pub fn weight(&self) -> f32 {
        self.tokens.iter().map(|token| token.weight).sum()
    }

    /// The tokens that count, sorted: equal for two names that differ in order, case, marks, titles and particles alone.
    pub fn key(&self) -> String {
        let telling = |token: &&Token| !matches!(token.class, Class::Particle | Class::Title);
        let mut texts: Vec<&str> = self
            .tokens
            .iter()
            .filter(telling)
            .map(|token| token.text.as_str())
            .collect();
        if texts.is_empty() {
            texts = self
                .tokens
                .iter()
                .map(|token| token.text.as_str())
                .collect();
        }
        texts.sort_unstable();
        match self.form {
            Some(form) => format!("{} {form}", texts.join(" ")),
            None => texts.join(" "),
        }
    }
}
