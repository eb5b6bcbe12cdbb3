//! What an operation can answer beside what it is for, by what it asks for: the statuses of its problems, for the dialect's
//! OpenAPI document.

use std::collections::BTreeMap;

use utoipa::openapi::{RefOr, Response};
use utoipa::{IntoResponses, ToSchema};

use crate::docs::problems;

/// What is wrong (ours: the published document shows no error).
#[derive(ToSchema)]
#[expect(dead_code, reason = "its shape for readers; `form` writes it")]
pub(super) struct Problem {
    /// Stable, e.g. `SESSION_NOT_FOUND`.
    error: String,
    /// For people; it repeats nothing of what was sent.
    message: String,
}

/// A kind of operation with the statuses of its problems.
macro_rules! refusals {
    ($($(#[$about:meta])* $kind:ident: [$($status:literal),*];)*) => {$(
        $(#[$about])*
        pub(super) struct $kind;

        impl IntoResponses for $kind {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                problems(&[$($status),*])
            }
        }
    )*};
}

refusals! {
    /// It asks for nothing.
    Fails: [];
    /// It asks for a token alone.
    Reads: [401, 403, 429, 503];
    /// The same, of something that is named.
    ReadsNamed: [401, 403, 404, 429, 503];
    /// The same, with parameters that can be wrong.
    ReadsFiltered: [401, 403, 422, 429, 503];
    /// It takes a body.
    Takes: [400, 401, 403, 408, 413, 415, 422, 429, 503];
    /// It takes a body that names something.
    Names: [400, 401, 403, 404, 408, 413, 415, 422, 429, 503];
    /// It takes a body and changes what the tenant keeps.
    Changes: [400, 401, 403, 408, 409, 413, 415, 422, 429, 503];
    /// The same, of something that is named.
    ChangesNamed: [400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503];
    /// It gives tokens: its own refusals have RFC 6749's form.
    Gives: [408, 429, 503];
}
