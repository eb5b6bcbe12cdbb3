//! How much of a verification a path asks for.

use kiosk_session::State;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Document, face and liveness, and a decision on them.
    Full,
    /// The document alone (path ours).
    Document,
    /// The selfie against the document's portrait (path ours).
    Biometric,
    /// A living person, whoever it is (path ours).
    Liveness,
}

impl Scope {
    /// Every scope.
    pub(super) const ALL: [Self; 4] = [Self::Full, Self::Document, Self::Biometric, Self::Liveness];

    /// Its path, below the version.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Full => "/full-id-verification",
            Self::Document => "/id-document-verification",
            Self::Biometric => "/biometric-verification",
            Self::Liveness => "/liveness-verification",
        }
    }

    /// Whether it looks at a document.
    pub(super) const fn has_document(self) -> bool {
        !matches!(self, Self::Liveness)
    }

    /// Whether it looks at a selfie.
    pub(super) const fn has_selfie(self) -> bool {
        !matches!(self, Self::Document)
    }

    /// Whether a session in that state has all that was asked for.
    pub(super) fn is_done(self, state: &State) -> bool {
        match self {
            Self::Full => state.decision().is_some(),
            Self::Document => state.document().is_some(),
            Self::Biometric => state.selfie().is_some(),
            Self::Liveness => state.liveness().is_some(),
        }
    }
}
