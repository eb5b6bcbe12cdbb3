//! What stays of a session whose personal data were removed: that it was, when, by whom, what was decided and why.
//!
//! ```text
//! session's log, sealed with its key ─► shell: the first and only event of a log of its own ─► the session's key is destroyed
//! ```

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    Case, Decision, DocumentKind, DocumentType, Entry, Opening, Policy, Redacted, SessionId, State,
    data_source, liveness_passed,
};

/// A session without its person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shell {
    /// The session that it is of.
    pub of: SessionId,
    /// Who asked for it, without what they said of the person.
    pub opening: Opening,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it last changed before.
    #[serde(with = "time::serde::rfc3339")]
    pub changed_at: OffsetDateTime,
    /// When the person agreed.
    #[serde(with = "time::serde::rfc3339::option")]
    pub consented_at: Option<OffsetDateTime>,
    /// How it ended.
    pub ended: Ended,
    /// What was done in it.
    pub outline: Outline,
    /// What happened, oldest first.
    pub history: Vec<Past>,
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// It was decided.
    Decided,
    /// Its time ran out.
    Expired,
    /// It was ended early, by its anonymisation where by nothing before.
    Cancelled,
}

/// An event's name and time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// What, by the event's name.
    pub event: String,
}

/// What was done in a session, without anything personal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Outline {
    /// The document that was read.
    pub document: Option<DocumentOutline>,
    /// When the selfie was taken.
    #[serde(with = "time::serde::rfc3339::option")]
    pub selfie_at: Option<OffsetDateTime>,
    /// When a clip was judged.
    #[serde(with = "time::serde::rfc3339::option")]
    pub liveness_at: Option<OffsetDateTime>,
    /// What came of it; absent where it could not be judged.
    pub liveness_passed: Option<bool>,
    /// What was decided.
    pub decision: Option<Decision>,
}

/// A document without what it says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentOutline {
    /// Its class.
    pub kind: Option<DocumentKind>,
    /// Whether it is a passport as a card.
    pub passport_card: bool,
    /// Layout of what was read.
    pub layout: Option<String>,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub read_at: OffsetDateTime,
    /// Pictures of it.
    pub sides: usize,
}

impl DocumentOutline {
    /// What it is.
    pub fn document_type(&self) -> DocumentType {
        let code = self.passport_card.then_some("IP");
        DocumentType::from_parts(self.kind, code)
    }

    /// Where its fields were read.
    pub fn data_source(&self) -> &'static str {
        data_source(self.layout.as_deref())
    }
}

impl Outline {
    /// What was done in a session. Before its decision liveness is judged by `policy`, after it by what was decided.
    pub fn of(state: &State, policy: &Policy) -> Self {
        if let State::Anonymised { shell, .. } = state {
            return shell.outline.clone();
        }
        let document = state.document().map(|read| DocumentOutline {
            kind: read.kind,
            passport_card: DocumentType::of(read) == DocumentType::PassportCard,
            layout: read.layout.clone(),
            read_at: read.read_at,
            sides: read.pictures.len(),
        });
        let judged = state.liveness();
        let liveness_passed = match state.decision() {
            Some(made) => made.checks.liveness_passed,
            None => judged.and_then(|judged| liveness_passed(judged, policy)),
        };
        Self {
            document,
            selfie_at: state.selfie().map(|taken| taken.taken_at),
            liveness_at: judged.map(|judged| judged.assessed_at),
            liveness_passed,
            decision: state.decision().cloned(),
        }
    }
}

impl Shell {
    /// What stays of a session; `None` of one that has not begun. One that is open ends with it.
    pub fn of(id: SessionId, entries: &[Entry], state: &State, policy: &Policy) -> Option<Self> {
        let case = state.case()?;
        let ended = match state {
            State::Decided { .. } | State::Synced { .. } => Ended::Decided,
            State::Expired { .. } => Ended::Expired,
            State::Anonymised { shell, .. } => shell.ended,
            _ => Ended::Cancelled,
        };
        let history = entries.iter().map(|entry| Past {
            at: entry.at,
            event: entry.event.name().to_owned(),
        });
        Some(Self {
            of: id,
            opening: Opening {
                external_user_id: Redacted::new(String::new()),
                webhook_url: None,
                redirect_url: None,
                metadata: None,
                ..case.opening.clone()
            },
            created_at: case.created_at,
            changed_at: case.changed_at,
            consented_at: case.consented_at,
            ended,
            outline: Outline::of(state, policy),
            history: history.collect(),
        })
    }

    /// What every begun session has.
    pub(crate) fn case(&self) -> Case {
        Case {
            opening: self.opening.clone(),
            created_at: self.created_at,
            changed_at: self.changed_at,
            consented_at: self.consented_at,
            challenges: 0,
            failed_attempts: 0,
            notes: std::collections::BTreeMap::new(),
        }
    }
}
