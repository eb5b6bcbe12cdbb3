//! What may be done, and what each role may.

use serde::{Deserialize, Serialize};

macro_rules! named {
    ($(#[$of:meta])* $kind:ident { $($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)? }) => {
        $(#[$of])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $kind {
            $($(#[$doc])* #[serde(rename = $name)] $variant),+
        }
        impl $kind {
            /// Every one, with its name.
            pub const NAMED: &[(&'static str, Self)] = &[$(($name, Self::$variant)),+];
            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
            /// By its name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::NAMED.iter().find(|(known, _)| *known == name).map(|(_, found)| *found)
            }
        }
    };
}

named! {
    /// One thing that may be done.
    Scope {
        /// Read cases.
        OnboardingRead = "onboarding:read",
        /// Submit cases.
        OnboardingWrite = "onboarding:write",
        /// Read verifications and their results.
        VerificationRead = "verification:read",
        /// Start, capture, submit and end verifications.
        VerificationWrite = "verification:write",
        /// Ask watch lists.
        AmlRead = "aml:read",
        /// Note exceptions to their hits.
        AmlWrite = "aml:write",
        /// Read, check and export the audit log.
        AuditRead = "audit:read",
        /// Get addresses for pictures.
        StorageRead = "storage:read",
        /// Read who works here.
        UsersRead = "users:read",
        /// Invite, change and remove them.
        UsersWrite = "users:write",
        /// Read API keys, never their secrets.
        KeysRead = "api-keys:read",
        /// Make and revoke API keys.
        KeysWrite = "api-keys:write",
    }
}

named! {
    /// What a person is here for.
    Role {
        /// Everything, and who else works here.
        Admin = "admin",
        /// Cases, verifications, watch lists, and the audit log.
        Compliance = "compliance",
        /// Starts cases and verifications and reads them.
        Agent = "agent",
        /// Reads cases and results.
        Viewer = "viewer",
    }
}

impl Role {
    /// What it may do.
    pub fn scopes(self) -> Vec<Scope> {
        use Scope::{
            AmlRead, AmlWrite, AuditRead, OnboardingRead, OnboardingWrite, StorageRead,
            VerificationRead, VerificationWrite,
        };
        match self {
            Self::Admin => Scope::NAMED.iter().map(|(_, scope)| *scope).collect(),
            Self::Compliance => vec![
                OnboardingRead,
                OnboardingWrite,
                VerificationRead,
                VerificationWrite,
                AmlRead,
                AmlWrite,
                AuditRead,
                StorageRead,
            ],
            Self::Agent => vec![
                OnboardingRead,
                OnboardingWrite,
                VerificationRead,
                VerificationWrite,
                StorageRead,
            ],
            Self::Viewer => vec![OnboardingRead, VerificationRead],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_and_no_role_has_more_than_the_administrator() {
        for (name, scope) in Scope::NAMED {
            assert_eq!(Scope::from_name(name), Some(*scope));
            assert_eq!(serde_json::to_value(scope).unwrap(), *name);
        }
        let all = Role::Admin.scopes();
        for (_, role) in Role::NAMED {
            assert!(role.scopes().iter().all(|scope| all.contains(scope)));
        }
        assert!(!Role::Viewer.scopes().contains(&Scope::OnboardingWrite));
        assert_eq!(Role::from_name("root"), None);
    }
}
