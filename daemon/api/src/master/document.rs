//! `/api/documents` and `/api/check_liveness_document`: a document's picture in, what it says out; then whether it is itself.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::{Extension, Json};
use kiosk_session::{DocumentEvidence, DocumentKind, Policy, Session, SessionId, Sex, SignalName};
use serde::Serialize;
use uuid::Uuid;

use super::access::Access;
use super::applicant::{id_of, named};
use super::{Desk, otp};
use crate::onboarder::words::moment;
use crate::service::DocumentUpload;
use crate::web::App;
use crate::web::problem::Problem;
use crate::web::upload::{self, Form, Shape};
use crate::{countries, person};

/// Every type with its class.
const TYPES: [(&str, DocumentKind); 6] = [
    ("passport", DocumentKind::Passport),
    ("national_identity_card", DocumentKind::IdCard),
    ("residence_permit", DocumentKind::IdCard),
    ("driving_licence", DocumentKind::DrivingLicence),
    ("driving_license", DocumentKind::DrivingLicence),
    ("visa", DocumentKind::Visa),
];
/// Signs that not the document itself was before the camera, or that it was altered.
const SIGNS: [SignalName; 4] = [
    SignalName::ScreenRecapture,
    SignalName::Photocopy,
    SignalName::PortraitPasted,
    SignalName::MrzPrint,
];

/// A document that was read.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Document {
    id: Uuid,
    applicant_id: Uuid,
    /// What was read; null where nothing could be.
    #[schema(value_type = Option<String>)]
    r#type: Option<DocumentKind>,
    /// `front`, `back`.
    sides: Vec<&'static str>,
    created_at: String,
    /// Whether its fields could be read.
    readable: bool,
    /// Null to SDK and mobile tokens, and where nothing could be read.
    extracted: Option<Extracted>,
}

/// What it says; null is what was not read.
#[derive(Serialize, utoipa::ToSchema)]
struct Extracted {
    first_name: Option<String>,
    last_name: Option<String>,
    document_number: Option<String>,
    date_of_birth: Option<String>,
    date_of_issue: Option<String>,
    date_of_expiry: Option<String>,
    sex: Option<&'static str>,
    nationality: Option<String>,
    issuing_country: Option<String>,
    /// Whether every check digit is right.
    mrz_valid: bool,
}

/// The documents of an applicant: none, or the one that stands.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Documents {
    documents: Vec<Document>,
}

/// Whether the document itself was before the camera.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = DocumentLiveness)]
pub(super) struct Checked {
    applicant_id: Uuid,
    document_id: Uuid,
    /// False where a sign is raised; null where none could be looked for.
    passed: Option<bool>,
    signs: Vec<Sign>,
}

/// One sign.
#[derive(Serialize, utoipa::ToSchema)]
struct Sign {
    name: String,
    /// Below the policy's threshold; null where it was not assessed.
    passed: Option<bool>,
    /// 0 bona fide to 1; null where it is not measured on a scale, or was not assessed.
    score: Option<f32>,
}

/// `POST /api/documents`
#[utoipa::path(post, path = "/api/documents", operation_id = "add_document", summary = "Reads a document", request_body(content = super::openapi::DocumentForm, content_type = "multipart/form-data"), responses((status = 201, description = "The document", body = Document)))]
pub(super) async fn add(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    Extension(desk): Extension<Arc<Desk>>,
    request: Request,
) -> Result<(StatusCode, Json<Document>), Problem> {
    let shape = Shape {
        texts: &["applicant_id", "type", "issuing_country"],
        files: &["file", "back"],
        file_bytes: app.settings.limits.picture_bytes,
        most_files: 2,
    };
    let form = upload::read(&app, request, &shape).await?;
    let id = id_of(form.text("applicant_id")?)?;
    let caller = access.to(id)?;
    let upload = sent(&form)?;
    let before = app.service.session(caller, id).await?;
    otp::proved(&desk, &before.state)?;
    let session = app.service.add_document(caller, id, upload).await?;
    let document = shown(&session, &access).ok_or(Problem::INTERNAL)?;
    Ok((StatusCode::CREATED, Json(document)))
}

fn sent(form: &Form) -> Result<DocumentUpload, Problem> {
    let kind = form.text_if_any("type").filter(|word| !word.is_empty());
    let kind = kind.map(|word| {
        let known = TYPES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(word));
        known.map(|(_, kind)| *kind).ok_or_else(|| {
            let all = TYPES.map(|(name, _)| name).join(", ");
            Problem::unusable(
                "UNKNOWN_DOCUMENT_TYPE",
                &format!("`type` has to be one of {all}"),
            )
        })
    });
    let country = form.text_if_any("issuing_country");
    let country = country.filter(|word| !word.is_empty()).map(|word| {
        countries::icao(word).ok_or_else(|| {
            Problem::unusable(
                "UNKNOWN_COUNTRY_CODE",
                "`issuing_country` has to be a code of ISO 3166-1 (two or three letters) or of ICAO 9303-3",
            )
        })
    });
    Ok(DocumentUpload {
        front: form.file("file")?,
        back: form.file_if_any("back")?,
        kind: kind.transpose()?,
        country: country.transpose()?,
    })
}

/// `GET /api/documents?applicant_id=...`
#[utoipa::path(get, path = "/api/documents", operation_id = "list_documents", summary = "The document that stands", params(("applicant_id" = Uuid, Query, description = "The applicant")), responses((status = 200, description = "None or one", body = Documents)))]
pub(super) async fn list(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    uri: Uri,
) -> Result<Json<Documents>, Problem> {
    let id = asked(&uri)?;
    let session = app.service.session(access.to(id)?, id).await?;
    let documents = shown(&session, &access).into_iter().collect();
    Ok(Json(Documents { documents }))
}

/// The applicant that a query asks for.
pub(super) fn asked(uri: &Uri) -> Result<SessionId, Problem> {
    #[derive(serde::Deserialize)]
    struct Wanted {
        applicant_id: Option<String>,
    }
    let query = axum::extract::Query::<Wanted>::try_from_uri(uri);
    let named = query.ok().and_then(|query| query.0.applicant_id);
    let named = named.ok_or_else(|| Problem::parameter("`applicant_id` has to be given, once"))?;
    id_of(&named)
}

/// `POST /api/check_liveness_document`: what was found when the document was read, by the policy of today.
#[utoipa::path(post, path = "/api/check_liveness_document", operation_id = "check_liveness_document", summary = "Whether the document itself was before the camera", request_body = super::openapi::OfApplicant, responses((status = 200, description = "Each sign", body = Checked)))]
pub(super) async fn check(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    request: Request,
) -> Result<Json<Checked>, Problem> {
    let (_, id) = named(&app, request).await?;
    let session = app.service.session(access.to(id)?, id).await?;
    let read = session.state.document().ok_or(Problem::NO_DOCUMENT)?;
    let policy = app.service.policy();
    let signs: Vec<Sign> = SIGNS.iter().map(|name| sign(read, name, policy)).collect();
    let assessed: Vec<bool> = signs.iter().filter_map(|sign| sign.passed).collect();
    Ok(Json(Checked {
        applicant_id: id.0,
        document_id: read.document_id,
        passed: (!assessed.is_empty()).then(|| assessed.iter().all(|passed| *passed)),
        signs,
    }))
}

fn sign(read: &DocumentEvidence, name: &SignalName, policy: &Policy) -> Sign {
    let signal = read.signals.iter().find(|signal| signal.name == *name);
    let passed = signal.and_then(|signal| signal.is_quiet(policy));
    Sign {
        name: name.as_str().to_owned(),
        passed,
        score: signal
            .filter(|_| passed.is_some())
            .and_then(|signal| signal.score),
    }
}

fn shown(session: &Session, access: &Access) -> Option<Document> {
    let read = session.state.document()?;
    let sides = ["front", "back"].into_iter().take(read.pictures.len());
    Some(Document {
        id: read.document_id,
        applicant_id: session.id.0,
        r#type: read.kind,
        sides: sides.collect(),
        created_at: moment(read.read_at),
        readable: read.fields.is_some(),
        extracted: access.reads_personal().then(|| extracted(read)).flatten(),
    })
}

fn extracted(read: &DocumentEvidence) -> Option<Extracted> {
    let fields = read.fields.as_ref()?;
    let number = fields.document_number.reveal();
    let birth = fields.birth_date.as_ref();
    Some(Extracted {
        first_name: person::given_names(fields),
        last_name: person::family_names(fields),
        document_number: (!number.is_empty()).then(|| number.clone()),
        date_of_birth: birth.map(|date| date.reveal().to_string()),
        date_of_issue: fields.details.issue_date.map(|date| date.to_string()),
        date_of_expiry: fields.expiry_date.map(|date| date.to_string()),
        sex: match fields.sex {
            Sex::Female => Some("F"),
            Sex::Male => Some("M"),
            Sex::Unspecified => None,
        },
        nationality: countries::three_letters(&fields.nationality),
        issuing_country: countries::three_letters(&fields.issuing_state),
        mrz_valid: read.check_digits.all_right(),
    })
}
