//! `/kyc/{session_id}/preview-token`: ours, since the published document has no preview. `docs/preview.md` says what the
//! token opens.

use axum::extract::State;
use axum::{Extension, Json};

use crate::service::{Caller, PreviewToken};
use crate::web::App;
use crate::web::path::Id;
use crate::web::problem::Problem;

/// `POST /kyc/{session_id}/preview-token`
#[utoipa::path(post, path = "/kyc/{session_id}/preview-token", operation_id = "make_preview_token", summary = "Makes a token for one viewer of the session's preview", params(("session_id" = Uuid, Path, description = "The session")), responses((status = 200, description = "The token, which is told once", body = super::openapi::PreviewToken)))]
pub(super) async fn mint(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
) -> Result<Json<PreviewToken>, Problem> {
    Ok(Json(app.service.preview_token(&caller, id).await?))
}
