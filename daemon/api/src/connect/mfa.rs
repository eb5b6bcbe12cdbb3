//! `/auth/mfa/...`: the second factor of somebody who is in.

use axum::extract::{Request, State};
use axum::{Extension, Json};
use kiosk_staff::{Principal, StaffError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Office;
use super::audit::note;
use super::auth::person;
use super::body::{Checks, Done, LONG, Text, read};
use super::fault::Faults;
use crate::service::Caller;
use crate::web::App;
use crate::web::problem::Problem;

/// What an authenticator needs, told once.
#[derive(Serialize, ToSchema)]
pub(super) struct MfaSecret {
    /// The secret in base 32.
    secret: String,
    /// The same as an `otpauth://` address, for a picture code.
    otpauth_url: String,
}

/// Draws a second factor, which counts once `auth/mfa/enable` has seen a code of it.
#[utoipa::path(post, path = "/api/v1/auth/mfa/setup", tag = "Authentication", security(("jwt" = [])),
    responses((status = 200, body = MfaSecret), Faults))]
pub(super) async fn setup(
    Extension(office): Extension<Office>,
    Extension(principal): Extension<Principal>,
) -> Result<Json<MfaSecret>, Problem> {
    let (id, _) = person(&principal)?;
    let told = office.directory.draw_factor(&principal.tenant, id).await?;
    Ok(Json(MfaSecret {
        secret: told.secret,
        otpauth_url: told.otpauth_url,
    }))
}

/// An authenticator's code.
#[derive(Deserialize, ToSchema)]
pub(super) struct CodeBody {
    #[schema(value_type = String, required, example = "123456")]
    mfa_code: Text,
}

/// Turns the drawn factor on.
#[utoipa::path(post, path = "/api/v1/auth/mfa/enable", tag = "Authentication", request_body = CodeBody,
    security(("jwt" = [])), responses((status = 200, body = Done), Faults))]
pub(super) async fn enable(
    State(app): State<App>,
    Extension(office): Extension<Office>,
    Extension(principal): Extension<Principal>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Done>, Problem> {
    let (id, _) = person(&principal)?;
    let body: CodeBody = read(&app, request).await?;
    let mut checks = Checks::default();
    let code = checks.text("mfa_code", &body.mfa_code, 16);
    let code = checks.done(code)?;
    let enabled = office
        .directory
        .enable_factor(&principal.tenant, id, code, app.service.now())
        .await;
    enabled.map_err(own_code)?;
    note(&app, &caller, "user.mfa_enabled", Some(&id.to_string())).await?;
    Ok(Done::OK)
}

/// The password and a code.
#[derive(Deserialize, ToSchema)]
pub(super) struct DisableBody {
    #[schema(value_type = String, required)]
    password: Text,
    #[schema(value_type = String, required, example = "123456")]
    mfa_code: Text,
}

/// Turns the second factor off.
#[utoipa::path(post, path = "/api/v1/auth/mfa/disable", tag = "Authentication", request_body = DisableBody,
    security(("jwt" = [])), responses((status = 200, body = Done), Faults))]
pub(super) async fn disable(
    State(app): State<App>,
    Extension(office): Extension<Office>,
    Extension(principal): Extension<Principal>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Done>, Problem> {
    let (id, _) = person(&principal)?;
    let body: DisableBody = read(&app, request).await?;
    let mut checks = Checks::default();
    let password = checks.text("password", &body.password, LONG);
    let code = checks.text("mfa_code", &body.mfa_code, 16);
    let shown = checks.done(password.zip(code))?;
    let disabled = office
        .directory
        .disable_factor(&principal.tenant, id, shown, app.service.now())
        .await;
    disabled.map_err(own_code)?;
    note(&app, &caller, "user.mfa_disabled", Some(&id.to_string())).await?;
    Ok(Done::OK)
}

/// Who is in already is not put out for a wrong code: the field is wrong.
fn own_code(error: StaffError) -> Problem {
    match error {
        StaffError::CodeWrong => Problem::all(vec![error.to_string()]),
        other => other.into(),
    }
}
