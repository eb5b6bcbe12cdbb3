//! `/auth/mfa/...`: the second factor of somebody who is in.

use axum::Json;
use axum::extract::Request;
use kiosk_staff::StaffError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::Desk;
use super::body::{Checks, Done, LONG, Text, read};
use super::fault::Faults;
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
pub(super) async fn setup(desk: Desk) -> Result<Json<MfaSecret>, Problem> {
    let (id, _) = desk.person()?;
    let told = desk.office.directory.draw_factor(desk.tenant(), id).await?;
    Ok(Json(MfaSecret {
        secret: told.secret,
        otpauth_url: told.otpauth_url,
    }))
}

/// An authenticator's code.
#[derive(Deserialize, ToSchema)]
pub(super) struct CodeBody {
    #[schema(value_type = String, required, min_length = 1, max_length = 16, pattern = r"\S", example = "123456")]
    mfa_code: Text,
}

/// Turns the drawn factor on.
#[utoipa::path(post, path = "/api/v1/auth/mfa/enable", tag = "Authentication", request_body = CodeBody,
    security(("jwt" = [])), responses((status = 200, body = Done), Faults))]
pub(super) async fn enable(desk: Desk, request: Request) -> Result<Json<Done>, Problem> {
    let (id, _) = desk.person()?;
    let body: CodeBody = read(&desk.app, request).await?;
    let mut checks = Checks::default();
    let code = checks.text("mfa_code", &body.mfa_code, 16);
    let code = checks.done(code)?;
    let enabled = desk
        .office
        .directory
        .enable_factor(desk.tenant(), id, code, desk.now())
        .await;
    enabled.map_err(own_code)?;
    desk.note("user.mfa_enabled", id).await?;
    Ok(Done::OK)
}

/// The password and a code.
#[derive(Deserialize, ToSchema)]
pub(super) struct DisableBody {
    #[schema(value_type = String, required, min_length = 1, max_length = 256, pattern = r"\S")]
    password: Text,
    #[schema(value_type = String, required, min_length = 1, max_length = 16, pattern = r"\S", example = "123456")]
    mfa_code: Text,
}

/// Turns the second factor off.
#[utoipa::path(post, path = "/api/v1/auth/mfa/disable", tag = "Authentication", request_body = DisableBody,
    security(("jwt" = [])), responses((status = 200, body = Done), Faults))]
pub(super) async fn disable(desk: Desk, request: Request) -> Result<Json<Done>, Problem> {
    let (id, _) = desk.person()?;
    let body: DisableBody = read(&desk.app, request).await?;
    let mut checks = Checks::default();
    let password = checks.text("password", &body.password, LONG);
    let code = checks.text("mfa_code", &body.mfa_code, 16);
    let shown = checks.done(password.zip(code))?;
    let disabled = desk
        .office
        .directory
        .disable_factor(desk.tenant(), id, shown, desk.now())
        .await;
    disabled.map_err(own_code)?;
    desk.note("user.mfa_disabled", id).await?;
    Ok(Done::OK)
}

/// Who is in already is not put out for a wrong code: the field is wrong.
fn own_code(error: StaffError) -> Problem {
    match error {
        StaffError::CodeWrong => Problem::all(vec![error.to_string()]),
        other => other.into(),
    }
}
