//! The dialect's OpenAPI 3.1 document, gathered from its handlers.

use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::fault::{Fault, Faults};
use super::{aml, audit, auth, files, health, keys, mfa, onboarding, postman, users, verification};
use crate::docs::shapes::DayOrMoment;
use crate::docs::with_problems;
use crate::onboarder::{document, liveness, openapi as forms, selfie, submit};

/// The document.
pub(crate) fn document() -> Document {
    let mut document = Described::openapi();
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in [
            ("get", &mut item.get),
            ("post", &mut item.post),
            ("patch", &mut item.patch),
            ("delete", &mut item.delete),
        ] {
            if let Some(operation) = operation {
                operation.operation_id = Some(named(method, path));
            }
        }
    }
    with_problems(document, "Fault")
}

/// An operation's own name: `get_users_id` of `GET /api/v1/users/{id}`.
fn named(method: &str, path: &str) -> String {
    let bare = path.trim_start_matches("/api/v1");
    let words = bare.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    format!("{method}_{}", words.join("_"))
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "KYConnect, as kioskd answers it",
        version = "0.1",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        description = "Cases, verifications, staff and keys of an identity kiosk. Every field is told in docs/api/kyconnect.md."
    ),
    modifiers(&Credentials),
    paths(
        auth::login, auth::refresh, auth::me, auth::logout, auth::forgot, auth::reset, auth::change,
        mfa::setup, mfa::enable, mfa::disable,
        keys::make, keys::list, keys::revoke,
        users::list, users::show, users::change, users::remove,
        users::invite, users::invitations, users::uninvite, users::accept,
        onboarding::individual, onboarding::business, onboarding::list, onboarding::show,
        verification::start, verification::list, verification::show, verification::consent, verification::cancel,
        verification::result, add_document, add_selfie, draw_challenge, add_clip, submit_session,
        aml::screen, aml::lists, aml::exceptions, aml::except, aml::unexcept,
        audit::list, audit::verify, audit::export,
        files::presign, files::download,
        health::whole, health::live, health::ready, postman::download,
    ),
    components(schemas(audit::Entry, audit::Author, Fault, DayOrMoment))
)]
struct Described;

/// A token of a login, or a key.
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut Document) {
        let jwt = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build();
        let key = ApiKey::Header(ApiKeyValue::new("X-API-Key"));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("jwt", SecurityScheme::Http(jwt));
        components.add_security_scheme("api_key", SecurityScheme::ApiKey(key));
    }
}

/// Adds the document: multipart `file` (and `back`), `document_type`, `country_code`. Body and answer are the Onboarder's
/// (`docs/api/onboarder.md`).
#[utoipa::path(post, path = "/api/v1/verification/sessions/{session_id}/document", tag = "Verification",
    params(("session_id" = Uuid, Path)), security(("jwt" = []), ("api_key" = [])),
    request_body(content = forms::DocumentForm, content_type = "multipart/form-data"),
    responses((status = 200, body = document::Answer), Faults))]
#[allow(dead_code, reason = "describes a handler of the Onboarder's")]
fn add_document() {}

/// Adds the selfie: multipart `file`. Body and answer are the Onboarder's.
#[utoipa::path(post, path = "/api/v1/verification/sessions/{session_id}/selfie", tag = "Verification",
    params(("session_id" = Uuid, Path)), security(("jwt" = []), ("api_key" = [])),
    request_body(content = forms::SelfieForm, content_type = "multipart/form-data"),
    responses((status = 200, body = selfie::Answer), Faults))]
#[allow(dead_code, reason = "describes a handler of the Onboarder's")]
fn add_selfie() {}

/// Draws a challenge. The answer is the Onboarder's.
#[utoipa::path(post, path = "/api/v1/verification/sessions/{session_id}/liveness/challenge", tag = "Verification",
    params(("session_id" = Uuid, Path)), security(("jwt" = []), ("api_key" = [])),
    responses((status = 200, body = liveness::Asked), Faults))]
#[allow(dead_code, reason = "describes a handler of the Onboarder's")]
fn draw_challenge() {}

/// Judges a clip: multipart `challenge_id` and `files`. Body and answer are the Onboarder's.
#[utoipa::path(post, path = "/api/v1/verification/sessions/{session_id}/liveness", tag = "Verification",
    params(("session_id" = Uuid, Path)), security(("jwt" = []), ("api_key" = [])),
    request_body(content = forms::LivenessForm, content_type = "multipart/form-data"),
    responses((status = 200, body = liveness::Answer), Faults))]
#[allow(dead_code, reason = "describes a handler of the Onboarder's")]
fn add_clip() {}

/// Decides. The answer is the Onboarder's.
#[utoipa::path(post, path = "/api/v1/verification/sessions/{session_id}/submit", tag = "Verification",
    params(("session_id" = Uuid, Path)), security(("jwt" = []), ("api_key" = [])),
    responses((status = 200, body = submit::Answer), Faults))]
#[allow(dead_code, reason = "describes a handler of the Onboarder's")]
fn submit_session() {}
