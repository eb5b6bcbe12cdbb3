//! The domain, pure: what a verification is, its states, its evidence, its decision.
