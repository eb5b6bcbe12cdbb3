//! What can be wrong with lists and exceptions: where, and what to do. No text quotes a name.

use std::fmt;
use std::path::PathBuf;

use thiserror::Error;

/// One fault of a list's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListFault {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1; absent where the file as a whole is meant.
    pub line: Option<u64>,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: &'static str,
}

impl fmt::Display for ListFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        write!(f, " {}; {}", self.problem, self.remedy)
    }
}

/// Lists that can't be used. What was loaded before stays in use.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ListError {
    /// No file was named, or a folder has none that is known.
    #[error(
        "no watch list is named{0}; name OFAC's sdn.csv (with add.csv and alt.csv beside it), the UN's or the EU's consolidated XML, or a CSV of your own: docs/screening.md"
    )]
    None(String),
    /// Files are damaged, or are no lists: all faults, at most [`MOST_FAULTS`] a file.
    #[error("{}", told(.0))]
    Damaged(Vec<ListFault>),
}

/// The most faults told of one file.
pub const MOST_FAULTS: usize = 20;

fn told(faults: &[ListFault]) -> String {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// Exceptions that can't be read or written.
#[derive(Debug, Error)]
pub enum ExceptionError {
    /// The file can't be read or written.
    #[error("{}: {source}; check that the file may be read and its folder written", .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line is none.
    #[error("{}:{line}: is no exception; each line is one JSON object as `kioskctl screen --accept` writes it: mend or remove the line", .file.display())]
    Line {
        /// The file.
        file: PathBuf,
        /// From 1.
        line: usize,
    },
    /// Who or why is missing.
    #[error("an exception without {0} can't be kept; say who accepts it and why")]
    Missing(&'static str),
}
