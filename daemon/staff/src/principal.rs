//! Who a token or key stands for.

use uuid::Uuid;

use crate::scope::Scope;

/// Whoever calls.
#[derive(Debug, Clone)]
pub struct Principal {
    /// Whose records it sees.
    pub tenant: String,
    /// What is written beside what it does: a user's id or a key's name, never an address.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// A person or a machine.
    pub who: Who,
}

/// A person or a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Somebody who logged in.
    User {
        /// Who.
        id: Uuid,
        /// By which login.
        login: Uuid,
    },
    /// A machine with a key.
    Machine,
}

impl Principal {
    /// Whether it may.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}
