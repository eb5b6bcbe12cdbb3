//! `/idv/session/test/read`: each test on its own; null is what was not made or what no kiosk can know.

use axum::extract::{Request, State};
use axum::{Extension, Json};
use kiosk_session::{
    CrosscheckField, CrosscheckOutcome, DocumentEvidence, MANIPULATION, Policy, SignalName, quiet,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::refusals::Names;
use super::sdk::named;
use super::who::Who;
use super::{bodies, published};
use crate::web::App;
use crate::web::problem::Problem;

/// Each test on its own. Null is what was not made: `dmv_*`, which a registry of licences alone could tell; `*_online_duplication`; and
/// `doc_back_*`, since signals are of the whole document and of its back alone nothing is said.
#[derive(Serialize, ToSchema, Default)]
#[schema(as = Tests)]
pub(super) struct Tests {
    #[schema(value_type = Option<published::TestResult>)]
    doc_front_image_manipulation: Option<&'static str>,
    #[schema(value_type = Option<published::TestResult>)]
    doc_front_is_identity_document: Option<&'static str>,
    #[schema(value_type = Option<published::TestResult>)]
    doc_front_online_duplication: Option<&'static str>,
    #[schema(value_type = Option<published::TestResult>)]
    doc_front_suspicious_words: Option<&'static str>,
    #[schema(value_type = Option<published::TestResult>)]
    doc_back_image_manipulation: Option<&'static str>,
    #[schema(value_type = Option<published::TestResult>)]
    doc_back_is_identity_document: Option<&'static str>,
    #[schema(value_type = Option<published::TestResult>)]
    doc_back_online_duplication: Option<&'static str>,
    #[schema(value_type = Option<published::TestResult>)]
    doc_back_suspicious_words: Option<&'static str>,
    dmv_document_number_match: Option<bool>,
    dmv_document_expiration_match: Option<bool>,
    dmv_document_issue_match: Option<bool>,
    dmv_document_category_match: Option<bool>,
    dmv_birth_date_match: Option<bool>,
    dmv_sex_match: Option<bool>,
    dmv_eye_color_match: Option<bool>,
    dmv_height_match: Option<bool>,
    dmv_weight_match: Option<bool>,
    dmv_first_name_match: Option<bool>,
    dmv_middle_name_match: Option<bool>,
    dmv_last_name_match: Option<bool>,
    dmv_suffix_name_match: Option<bool>,
    dmv_street_match: Option<bool>,
    dmv_city_match: Option<bool>,
    dmv_state_match: Option<bool>,
    dmv_postal_code_match: Option<bool>,
    document_number_crosscheck: Option<bool>,
    name_crosscheck: Option<bool>,
    address_crosscheck: Option<bool>,
}

/// `POST /idv/session/test/read`
#[utoipa::path(post, path = "/idv/session/test/read", tag = "Sessions", operation_id = "read_tests", summary = "Each test on its own", request_body = bodies::OfSession, security(("oauth2" = ["management"])), responses((status = 200, description = "The tests", body = Tests), Names))]
pub(super) async fn read(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Tests>, Problem> {
    let (_, id) = named(&app, request).await?;
    let session = who.session(&app, id).await?;
    Ok(Json(tests(session.state.document(), app.service.policy())))
}

fn tests(read: Option<&DocumentEvidence>, policy: &Policy) -> Tests {
    let is_quiet = |signals: &[SignalName]| {
        let passed = read.and_then(|read| quiet(read, signals, policy));
        passed.map(word)
    };
    let crosscheck = |field| read.and_then(|read| agrees(read, field));
    Tests {
        doc_front_image_manipulation: is_quiet(&MANIPULATION),
        doc_front_is_identity_document: read.map(|read| word(read.fields.is_some())),
        doc_front_suspicious_words: is_quiet(&[SignalName::SuspiciousWords]),
        document_number_crosscheck: crosscheck(CrosscheckField::DocumentNumber),
        name_crosscheck: crosscheck(CrosscheckField::Name),
        address_crosscheck: crosscheck(CrosscheckField::Address),
        ..Tests::default()
    }
}

const fn word(passed: bool) -> &'static str {
    if passed { "passed" } else { "failed" }
}

fn agrees(read: &DocumentEvidence, field: CrosscheckField) -> Option<bool> {
    let check = read.crosschecks.iter().find(|check| check.field == field)?;
    match check.outcome {
        CrosscheckOutcome::Agrees { .. } => Some(true),
        CrosscheckOutcome::Differs { .. } => Some(false),
        CrosscheckOutcome::NotAssessed(_) => None,
    }
}
