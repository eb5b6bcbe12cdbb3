//! The dialect as an OpenAPI document: its operations are described where they are handled, the bodies that they take here.

#![expect(
    dead_code,
    reason = "bodies are read field by field, so that each fault is told by its name; these are their shapes for readers"
)]

use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{Modify, OpenApi, ToSchema};

use super::{document, health, liveness, page, preview, selfie, sessions, submit};
use crate::docs::shapes::WebAddress;
use crate::docs::with_problems;

/// The path that is answered by two methods.
const CHALLENGE: &str = "/kyc/{session_id}/liveness/challenge";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "eKYC Onboarder, as kioskd answers it",
        version = "1.0",
        description = "A session with a document, a selfie and a liveness check, and a decision. Names, types and meanings are the published document's; what is ours is marked in docs/api/onboarder.md. Null is what was not measured.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        sessions::create,
        sessions::list,
        sessions::show,
        document::add,
        selfie::add,
        liveness::challenge,
        liveness::add,
        submit::submit,
        preview::mint,
        page::show,
        health::check
    ),
    components(schemas(Problem)),
    security(("key" = [])),
    modifiers(&Key)
)]
struct Described;

/// The document.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    let mut document = Described::openapi();
    if let Some(item) = document.paths.paths.get_mut(CHALLENGE) {
        item.post = item.get.clone().map(|mut operation| {
            operation.operation_id = Some("draw_challenge_by_post".to_owned());
            operation
        });
    }
    with_problems(document, "Problem")
}

struct Key;

impl Modify for Key {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let key = ApiKeyValue::with_description("X-API-Key", "One of the kiosk's keys");
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::ApiKey(ApiKey::Header(key)));
    }
}

/// What is wrong.
#[derive(ToSchema)]
struct Problem {
    /// For people; it repeats nothing of what was sent.
    detail: String,
    status_code: u16,
}

/// For whom a session is begun.
#[derive(ToSchema)]
pub(super) struct SessionBody {
    /// The partner's own name for the person.
    #[schema(min_length = 1, max_length = 256, pattern = r"\S")]
    external_user_id: String,
    /// http or https.
    #[schema(value_type = Option<WebAddress>)]
    webhook_url: Option<String>,
    /// http or https.
    #[schema(value_type = Option<WebAddress>)]
    redirect_url: Option<String>,
    /// The partner's own data.
    #[schema(value_type = Option<Object>)]
    metadata: Option<()>,
}

/// A document's pictures.
#[derive(ToSchema)]
pub(crate) struct DocumentForm {
    /// Its front, or its page.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// Its back (ours).
    #[schema(value_type = Option<String>, format = Binary)]
    back: Option<Vec<u8>>,
    /// `passport`, `id_card`, `national_id`, `residence_permit`, `visa`, `driving_license` or `driving_licence`.
    #[schema(
        pattern = "^(passport|id_card|national_id|residence_permit|visa|driving_license|driving_licence)$"
    )]
    document_type: String,
    /// ISO 3166-1 or ICAO 9303-3.
    #[schema(pattern = "^[A-Z]{1,3}$")]
    country_code: String,
}

/// A picture of the person.
#[derive(ToSchema)]
pub(crate) struct SelfieForm {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// A film that answers a challenge.
#[derive(ToSchema)]
pub(crate) struct LivenessForm {
    /// As it was drawn: `chl_...`.
    #[schema(min_length = 1, max_length = 64, pattern = "^chl_[0-9a-f]{32}$")]
    challenge_id: String,
    /// One video, or pictures in their order.
    #[schema(value_type = Vec<String>, format = Binary)]
    files: Vec<Vec<u8>>,
}

/// A token for one viewer.
#[derive(ToSchema)]
pub(super) struct PreviewToken {
    token: String,
    #[schema(format = DateTime)]
    expires_at: String,
}
