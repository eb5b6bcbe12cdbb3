//! `/idv/document/...`: what was read, and the pictures.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use kiosk_session::{DocumentEvidence, DocumentKind, Redacted, Session, State as Stand};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::refusals::Names;
use super::sdk::named;
use super::wanted::{Counts, Slice};
use super::who::Who;
use super::{bodies, published, words};
use crate::person;
use crate::service::{Caller, Shot};
use crate::web::App;
use crate::web::fields;
use crate::web::problem::Problem;

/// Every file's word with the picture that it names, and of which document.
const FILES: [(&str, Option<(Shot, Of)>); 14] = [
    ("unknown", None),
    ("driver_license_front", Some((Shot::Front, Of::Licence))),
    ("driver_license_back", Some((Shot::Back, Of::Licence))),
    ("state_id_card_front", Some((Shot::Front, Of::Card))),
    ("state_id_card_back", Some((Shot::Back, Of::Card))),
    ("passport_front", Some((Shot::Front, Of::Passport))),
    ("passport_card_front", Some((Shot::Front, Of::PassportCard))),
    ("passport_card_back", Some((Shot::Back, Of::PassportCard))),
    ("selfie", Some((Shot::Selfie, Of::Person))),
    ("liveness_passive", Some((Shot::Liveness, Of::Person))),
    ("liveness_active_step_1", None),
    ("liveness_active_step_2", None),
    ("liveness_active_step_3", None),
    ("liveness_active_step_4", None),
];

/// What a file is a picture of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Licence,
    Card,
    Passport,
    PassportCard,
    Person,
}

impl Of {
    fn is_in(self, state: &Stand) -> bool {
        let word = state.document().map(words::document_type);
        let kind = state.document().and_then(|read| read.kind);
        match self {
            Self::Licence => kind == Some(DocumentKind::DrivingLicence),
            Self::Card => word == Some("identification_card"),
            Self::Passport => kind == Some(DocumentKind::Passport),
            Self::PassportCard => word == Some("passport_card"),
            Self::Person => true,
        }
    }
}

/// A document as it was read; null is what was not read.
#[derive(Serialize, ToSchema)]
#[schema(as = Document)]
pub(super) struct Shown {
    session_id: Uuid,
    #[serde(flatten)]
    page: Page,
    #[schema(value_type = published::DocumentType)]
    type_e: &'static str,
    #[schema(value_type = published::DataSource)]
    data_source_e: &'static str,
    #[schema(format = Date)]
    issued_at: Option<String>,
    #[schema(format = Date)]
    expires_at: Option<String>,
    name_suffix: Option<String>,
    class: Option<String>,
    restrictions: Option<String>,
}

/// What a document says, where every operation has the same name for it.
#[derive(Serialize, ToSchema)]
#[schema(as = DocumentFields)]
pub(super) struct Page {
    document_id: Uuid,
    document_number: Option<String>,
    ref_number: Option<String>,
    /// By ICAO 9303-3.
    issuing_country: Option<String>,
    /// Two letters.
    issuing_state: Option<String>,
    first_name: Option<String>,
    middle_name: Option<String>,
    last_name: Option<String>,
    /// The whole address where its parts can't be told from one another.
    street: Option<String>,
    city: Option<String>,
    state: Option<String>,
    postal_code: Option<String>,
    #[schema(format = Date)]
    birth_date: Option<String>,
    #[schema(value_type = published::Gender)]
    gender_e: &'static str,
    /// With its unit.
    height: Option<String>,
    /// With its unit.
    weight: Option<String>,
    eye_color: Option<String>,
    hair_color: Option<String>,
}

/// The same under the names that `/identity/document/read` has for some of it.
#[derive(Serialize, ToSchema)]
#[schema(as = IdentityDocument)]
pub(super) struct OfIdentity {
    #[serde(flatten)]
    page: Page,
    #[schema(value_type = published::DocumentType)]
    document_type_e: &'static str,
    #[schema(value_type = published::DataSource)]
    document_data_source_e: &'static str,
    #[schema(format = Date)]
    issue_date: Option<String>,
    #[schema(format = Date)]
    expiration_date: Option<String>,
    suffix_name: Option<String>,
}

impl From<Shown> for OfIdentity {
    fn from(shown: Shown) -> Self {
        Self {
            page: shown.page,
            document_type_e: shown.type_e,
            document_data_source_e: shown.data_source_e,
            issue_date: shown.issued_at,
            expiration_date: shown.expires_at,
            suffix_name: shown.name_suffix,
        }
    }
}

/// A session's documents: the one that stands, or none.
#[derive(Serialize, ToSchema)]
#[schema(as = DocumentPage)]
pub(super) struct Listed {
    meta_counts: Counts,
    documents: Vec<Shown>,
}

/// `POST /idv/document/read`
#[utoipa::path(post, path = "/idv/document/read", tag = "Documents", operation_id = "read_document", summary = "What was read of the document", request_body = bodies::OfSession, security(("oauth2" = ["management"])), responses((status = 200, description = "The document", body = Shown), Names))]
pub(super) async fn read(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Shown>, Problem> {
    let (_, id) = named(&app, request).await?;
    let session = who.session(&app, id).await?;
    let read = session.state.document().ok_or(Problem::NO_DOCUMENT)?;
    Ok(Json(shown(&session, read)))
}

/// `POST /idv/document/list`: a session has the one document that stands.
#[utoipa::path(post, path = "/idv/document/list", tag = "Documents", operation_id = "list_documents", summary = "The documents of a session", request_body = bodies::DocumentsWanted, security(("oauth2" = ["management"])), responses((status = 200, description = "None or one", body = Listed), Names))]
pub(super) async fn list(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Json<Listed>, Problem> {
    let (fields, id) = named(&app, request).await?;
    let slice = Slice::read(&fields)?;
    let session = who.session(&app, id).await?;
    let all: Vec<Shown> = session
        .state
        .document()
        .map(|read| shown(&session, read))
        .into_iter()
        .collect();
    let (documents, meta_counts) = slice.of(all);
    Ok(Json(Listed {
        meta_counts,
        documents,
    }))
}

/// The published fields; null is what was not read.
pub(super) fn shown(session: &Session, read: &DocumentEvidence) -> Shown {
    let fields = read.fields.as_ref();
    let details = fields.map(|fields| &fields.details);
    let detail = |of: fn(&kiosk_session::DocumentDetails) -> &Option<Redacted<String>>| {
        details
            .and_then(|details| of(details).as_ref())
            .map(|text| text.reveal().clone())
    };
    let number = fields.map(|fields| fields.document_number.reveal().clone());
    Shown {
        session_id: session.id.0,
        type_e: words::document_type(read),
        data_source_e: words::data_source(read),
        issued_at: details
            .and_then(|details| details.issue_date)
            .map(words::day),
        expires_at: fields.and_then(|fields| fields.expiry_date).map(words::day),
        name_suffix: detail(|of| &of.name_suffix),
        class: detail(|of| &of.vehicle_class),
        restrictions: detail(|of| &of.restrictions),
        page: Page {
            document_id: read.document_id,
            document_number: number.filter(|number| !number.is_empty()),
            ref_number: detail(|of| &of.reference),
            issuing_country: fields
                .map(|fields| fields.issuing_state.clone())
                .filter(|state| !state.is_empty()),
            issuing_state: details.and_then(|details| details.issuing_region.clone()),
            first_name: detail(|of| &of.first_name)
                .or_else(|| fields.and_then(person::given_names)),
            middle_name: detail(|of| &of.middle_name),
            last_name: fields.and_then(person::family_names),
            street: detail(|of| &of.street).or_else(|| detail(|of| &of.address)),
            city: detail(|of| &of.city),
            state: detail(|of| &of.region),
            postal_code: detail(|of| &of.postal_code),
            birth_date: fields
                .and_then(|fields| fields.birth_date.as_ref())
                .map(|date| words::day(*date.reveal())),
            gender_e: fields.map_or("unknown", |fields| words::gender(fields.sex)),
            height: detail(|of| &of.height),
            weight: detail(|of| &of.weight),
            eye_color: detail(|of| &of.eye_colour),
            hair_color: detail(|of| &of.hair_colour),
        },
    }
}

/// `POST /idv/document/download`: the picture as it is kept.
#[utoipa::path(post, path = "/idv/document/download", tag = "Documents", operation_id = "download_document", summary = "A picture as it is kept", request_body = bodies::FileWanted, security(("oauth2" = ["management"])), responses((status = 200, description = "The picture", content((published::Picture = "image/jpeg"), (published::Picture = "image/png"), (published::Picture = "image/webp"), (published::Picture = "image/bmp"), (published::Picture = "application/octet-stream"))), Names))]
pub(super) async fn download(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Response, Problem> {
    let (fields, id) = named(&app, request).await?;
    let word = fields::required(&fields, "storage_file_type_e", 64)?;
    let session = who.session(&app, id).await?;
    picture(&app, &who.caller, &session, &word).await
}

/// The picture that a file's word names in a session.
pub(super) async fn picture(
    app: &App,
    caller: &Caller,
    session: &Session,
    word: &str,
) -> Result<Response, Problem> {
    let file = FILES.iter().find(|(known, _)| *known == word);
    let (_, wanted) = file.ok_or_else(|| {
        let words = FILES.map(|(word, _)| word).join(", ");
        Problem::validation(format!(
            "Field `storage_file_type_e` has to be one of {words}"
        ))
    })?;
    let (which, of) = wanted.ok_or(Problem::NO_FILE)?;
    if !of.is_in(&session.state) {
        return Err(Problem::NO_FILE);
    }
    shot(app, caller, session, which).await
}

/// One of a session's pictures as it is kept.
pub(super) async fn shot(
    app: &App,
    caller: &Caller,
    session: &Session,
    which: Shot,
) -> Result<Response, Problem> {
    let bytes = app.service.shot(caller, session.id, which).await?;
    let bytes = bytes.ok_or(Problem::NO_FILE)?;
    let kind = media_type(&bytes);
    let mut response = bytes.into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}

/// What the bytes begin as.
fn media_type(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xff, 0xd8, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [b'R', b'I', b'F', b'F', ..] => "image/webp",
        [b'B', b'M', ..] => "image/bmp",
        _ => "application/octet-stream",
    }
}
