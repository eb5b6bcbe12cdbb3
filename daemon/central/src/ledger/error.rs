//! What can go wrong with the database.

use std::path::PathBuf;

/// Why the database could not be used. The URL stands in none of these: it may hold a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// The database's folder cannot be made.
    #[error("the database's folder {} cannot be made ({source}); check its owner and mode", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database cannot be reached, or failed at a statement.
    #[error("the database failed ({0}); check that it runs and that the URL is right")]
    Database(String),
    /// The tables could not be brought to this program's version.
    #[error(
        "the database's tables could not be brought up to date ({0}); is it central's own, and not of a newer version?"
    )]
    Migration(String),
    /// The database does not promise that a commit survives a power cut.
    #[error("the database is not durable: {0}; central cannot acknowledge anything with it")]
    NotDurable(&'static str),
    /// A value in the database is not what central writes.
    #[error("column {0} holds what central does not write; restore the database from a backup")]
    Damaged(&'static str),
}

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(match &error {
            // Its text may quote the URL.
            sqlx::Error::Configuration(_) => "its URL cannot be used".to_owned(),
            sqlx::Error::Database(said) => {
                let code = said.code().unwrap_or_default();
                format!("{} {code}", said.message())
            }
            other => other.to_string(),
        })
    }
}
