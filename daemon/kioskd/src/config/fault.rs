//! What is wrong with a config, where, and what to do about it.

use std::fmt;
use std::path::PathBuf;

/// One fault. Its text never quotes a secret: secrets stand in files of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file that it is in.
    pub file: PathBuf,
    /// The line, from 1; absent where the file as a whole is meant.
    pub line: Option<usize>,
    /// What is wrong, with the key's path.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        write!(f, " {}; {}", self.problem, self.remedy)
    }
}
