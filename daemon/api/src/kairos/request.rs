//! A request: the form in, its name out at once, the work behind.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::{Extension, Json};
use kiosk_session::{Redacted, Refused, Session};
use serde::Serialize;
use uuid::Uuid;

use super::job::{Jobs, Pictures};
use super::scope::Scope;
use crate::limits::Limits;
use crate::service::{Caller, NewSession, ServiceError};
use crate::web::App;
use crate::web::problem::Problem;
use crate::web::upload::{self, Form, Shape};

/// What a request is called from now on.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Begun)]
pub(super) struct Begun {
    api_req_uuid: Uuid,
    /// As the published result spells it.
    api_req_uid: Uuid,
    requested_at: String,
    response_code: u8,
}

/// `POST` of a scope's path.
#[utoipa::path(post, path = "/v0.1/full-id-verification", operation_id = "verify", summary = "Takes a document and a selfie; the result is asked for later", request_body(content = super::openapi::Form, content_type = "multipart/form-data"), responses((status = 200, description = "What the request is called from now on", body = Begun)))]
pub(super) async fn begin(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(scope): Extension<Scope>,
    Extension(jobs): Extension<Arc<Jobs>>,
    request: Request,
) -> Result<Json<Begun>, Problem> {
    let form = upload::read(&app, request, &shape(&app.settings.limits, scope)).await?;
    let pictures = pictures(&form, scope)?;
    let session = opened(&app, &caller, scope).await?;
    let case = session.state.case().ok_or(Problem::INTERNAL)?;
    let begun = Begun {
        api_req_uuid: session.id.0,
        api_req_uid: session.id.0,
        requested_at: super::answer::moment(case.created_at),
        response_code: super::answer::RUNNING,
    };
    jobs.start(app.service, caller, session.id, scope, (pictures, form));
    Ok(Json(begun))
}

fn shape(limits: &Limits, scope: Scope) -> Shape {
    let (files, file_bytes, most_files): (&[&str], usize, usize) = match scope {
        Scope::Liveness => (
            &["selfie", "clip"],
            limits.clip_bytes,
            1 + limits.clip_files,
        ),
        _ => (
            &["document", "document_back", "selfie"],
            limits.picture_bytes,
            3,
        ),
    };
    Shape {
        texts: &[],
        files,
        file_bytes,
        most_files,
    }
}

fn pictures(form: &Form, scope: Scope) -> Result<Pictures, Problem> {
    let wanted = |wanted: bool, name| match wanted {
        true => form.file(name).map(Some),
        false => Ok(None),
    };
    Ok(Pictures {
        document: wanted(scope.has_document(), "document")?,
        document_back: form.file_if_any("document_back")?,
        selfie: wanted(scope.has_selfie(), "selfie")?,
        clip: form.files_named("clip"),
    })
}

/// A session whose partner states consent: this dialect has no step to ask for it. The person has no name of the
/// partner's here, so that no two requests are taken for one person's.
async fn opened(app: &App, caller: &Caller, scope: Scope) -> Result<Session, Problem> {
    let consent = app.stated_consent(caller);
    let consent = consent.ok_or(ServiceError::Refused(Refused::ConsentMissing))?;
    let request = NewSession {
        external_user_id: Redacted::new(Uuid::new_v4().to_string()),
        webhook_url: None,
        redirect_url: None,
        metadata: None,
        consent: Some(consent),
    };
    let opened = match scope.has_document() {
        true => app.service.open(caller, request).await,
        false => app.service.open_for_liveness(caller, request).await,
    };
    Ok(opened?)
}
