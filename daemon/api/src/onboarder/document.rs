//! `/kyc/{session_id}/document`: a document's picture in, its fields out.

use axum::extract::{Request, State};
use axum::{Extension, Json};
use kiosk_session::{DocumentEvidence, Policy, Reason, document_reasons};
use serde::Serialize;
use time::Date;

use super::words;
use crate::service::{Caller, DocumentUpload};
use crate::web::App;
use crate::web::path::Id;
use crate::web::problem::Problem;
use crate::web::upload::{self, Shape};
use crate::{countries, person};

/// What was read. Null is what was not.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Document)]
pub(crate) struct Answer {
    document_id: String,
    document_type: &'static str,
    extraction_confidence: Option<f32>,
    full_name: Option<String>,
    date_of_birth: Option<String>,
    nationality: Option<String>,
    document_number_masked: Option<String>,
    expiry_date: Option<String>,
    is_valid: Option<bool>,
    mrz_valid: Option<bool>,
    #[schema(value_type = Vec<String>)]
    validation_errors: Vec<Reason>,
}

/// `POST /kyc/{session_id}/document`
#[utoipa::path(post, path = "/kyc/{session_id}/document", operation_id = "add_document", summary = "Reads a document", params(("session_id" = Uuid, Path, description = "The session")), request_body(content = super::openapi::DocumentForm, content_type = "multipart/form-data"), responses((status = 200, description = "What it says", body = Answer)))]
pub(crate) async fn add(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
    request: Request,
) -> Result<Json<Answer>, Problem> {
    let shape = Shape {
        texts: &["document_type", "country_code"],
        files: &["file", "back"],
        file_bytes: app.settings.limits.picture_bytes,
        most_files: 2,
    };
    let form = upload::read(&app, request, &shape).await?;
    let front = form.file("file")?;
    let (word, kind) = words::document(form.text("document_type")?).ok_or_else(unknown_type)?;
    let country = countries::icao(form.text("country_code")?).ok_or_else(unknown_country)?;
    let upload = DocumentUpload {
        front,
        back: form.file_if_any("back")?,
        kind: Some(kind),
        country: Some(country),
    };
    let session = app.service.add_document(&caller, id, upload).await?;
    let read = session.state.document().ok_or(Problem::INTERNAL)?;
    Ok(Json(answer(
        read,
        word,
        app.service.policy(),
        app.service.now().date(),
    )))
}

fn unknown_type() -> Problem {
    Problem::unusable(
        "UNKNOWN_DOCUMENT_TYPE",
        &format!("`document_type` has to be one of {}", words::documents()),
    )
}

fn unknown_country() -> Problem {
    Problem::unusable(
        "UNKNOWN_COUNTRY_CODE",
        "`country_code` has to be a code of ISO 3166-1 (two or three letters) or of ICAO 9303-3",
    )
}

fn answer(read: &DocumentEvidence, word: &'static str, policy: &Policy, today: Date) -> Answer {
    let fields = read.fields.as_ref();
    let (validation_errors, _) = document_reasons(read, policy, today);
    let number = fields.map(|fields| fields.document_number.reveal().as_str());
    Answer {
        document_id: format!("doc_{}", read.document_id.simple()),
        document_type: word,
        extraction_confidence: read.confidence,
        full_name: fields.and_then(person::full_name),
        date_of_birth: fields
            .and_then(|fields| fields.birth_date.as_ref())
            .map(|date| words::day(*date.reveal())),
        nationality: fields.and_then(|fields| countries::three_letters(&fields.nationality)),
        document_number_masked: number.and_then(words::masked),
        expiry_date: fields.and_then(|fields| fields.expiry_date).map(words::day),
        is_valid: fields.map(|_| validation_errors.is_empty()),
        mrz_valid: fields.map(|_| read.check_digits.all_right()),
        validation_errors,
    }
}
