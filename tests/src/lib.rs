//! Workspace-wide tests: specimens, people and rigs that the project makes itself.

pub mod rig;
