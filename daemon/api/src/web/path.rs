//! The session that an address names.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use kiosk_session::SessionId;
use uuid::Uuid;

use super::problem::Problem;

/// `{session_id}` of an address. What is no UUID names no session, as one that does not exist.
pub(crate) struct Id(pub(crate) SessionId);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = path.map_err(|_| Problem::NO_SESSION)?;
        let id = Uuid::try_parse(&text).map_err(|_| Problem::NO_SESSION)?;
        Ok(Self(SessionId(id)))
    }
}
