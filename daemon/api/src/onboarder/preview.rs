//! `/kyc/{session_id}/preview-token`: ours, since the published document has no preview. `docs/preview.md` says what the
//! token opens.

use axum::extract::State;
use axum::{Extension, Json};

use super::App;
use super::path::Id;
use super::problem::Problem;
use crate::service::{Caller, PreviewToken};

/// `POST /kyc/{session_id}/preview-token`
pub(super) async fn mint(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
) -> Result<Json<PreviewToken>, Problem> {
    Ok(Json(app.service.preview_token(&caller, id).await?))
}
