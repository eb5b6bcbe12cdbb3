//! The dialect as an OpenAPI document: its operations are described where they are handled, the bodies that they take here.

#![expect(
    dead_code,
    reason = "bodies are read field by field, so that each fault is told by its name; these are their shapes for readers"
)]

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi, ToSchema};
use uuid::Uuid;

use super::{applicant, check, document, liveness, otp, tokens, video};
use crate::docs::shapes::WebAddress;
use crate::docs::with_problems;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Master EKYC, as kioskd answers it",
        version = "3.4",
        description = "An applicant, a code that proves their address, their document, their video, a check. Names, paths, tokens, limits and the order of steps are the published document's; bodies are kioskd's own.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        applicant::create,
        applicant::list,
        applicant::show,
        applicant::update,
        applicant::delete,
        tokens::sdk,
        tokens::mobile,
        otp::send,
        otp::verify,
        document::add,
        document::list,
        document::check,
        video::add,
        video::list,
        video::challenge,
        liveness::check,
        check::create,
        check::list,
        check::show
    ),
    components(schemas(Problem)),
    security(("bearer" = [])),
    modifiers(&Bearer)
)]
struct Described;

/// The document.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    with_problems(Described::openapi(), "Problem")
}

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "An API token, or an SDK or mobile token that one made",
            ));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer.build()));
    }
}

/// What is wrong.
#[derive(ToSchema)]
struct Problem {
    error: ProblemIs,
}

/// A problem's code and text.
#[derive(ToSchema)]
struct ProblemIs {
    /// Stable, e.g. `OTP_WRONG`.
    code: String,
    /// For people; it repeats nothing of what was sent.
    message: String,
}

/// What is said of an applicant. In an update a field that is null goes, one that is not there stays.
#[derive(ToSchema)]
pub(super) struct ApplicantBody {
    #[schema(min_length = 1, max_length = 256, pattern = r"\S")]
    first_name: Option<String>,
    #[schema(min_length = 1, max_length = 256, pattern = r"\S")]
    last_name: Option<String>,
    /// An e-mail address.
    #[schema(
        max_length = 254,
        pattern = r#"^[^@\s\x00-\x1f\x7f-\x9f<>,;:"\\()\[\]]+@[^@\s\x00-\x1f\x7f-\x9f<>,;:"\\()\[\]]+$"#
    )]
    email: Option<String>,
    /// E.164.
    #[schema(pattern = r"^\+[1-9][0-9]{6,14}$")]
    phone_number: Option<String>,
    /// `YYYY-MM-DD`, not after today.
    #[schema(format = Date)]
    date_of_birth: Option<String>,
    /// The partner's own name for the person; taken when the applicant is made.
    #[schema(min_length = 1, max_length = 256, pattern = r"\S")]
    external_user_id: Option<String>,
    /// http or https; taken when the applicant is made.
    #[schema(value_type = Option<WebAddress>)]
    webhook_url: Option<String>,
}

/// The applicant that a step is about.
#[derive(ToSchema)]
pub(super) struct OfApplicant {
    applicant_id: Uuid,
}

/// For whom an SDK token is made.
#[derive(ToSchema)]
pub(super) struct SdkTokenBody {
    applicant_id: Uuid,
    /// The only pages that it may come from, as browsers say it.
    #[schema(max_length = 256, pattern = "^https?://[^/]+$")]
    origin: Option<String>,
}

/// Where a code is to go.
#[derive(ToSchema)]
pub(super) struct CodeWanted {
    applicant_id: Uuid,
    /// `email` or `sms`.
    #[schema(pattern = "^(email|sms)$")]
    channel: String,
}

/// A code that comes back.
#[derive(ToSchema)]
pub(super) struct CodeBack {
    applicant_id: Uuid,
    /// `email` or `sms`.
    #[schema(pattern = "^(email|sms)$")]
    channel: String,
    /// Its six digits.
    #[schema(pattern = "^[0-9]{6}$")]
    code: String,
}

/// A document's pictures.
#[derive(ToSchema)]
pub(super) struct DocumentForm {
    applicant_id: Uuid,
    /// Its front, or its page.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// Its back.
    #[schema(value_type = Option<String>, format = Binary)]
    back: Option<Vec<u8>>,
    /// `passport`, `national_identity_card`, `residence_permit`, `driving_licence`, `driving_license` or `visa`.
    #[schema(
        pattern = "^(passport|national_identity_card|residence_permit|driving_licence|driving_license|visa)$"
    )]
    r#type: Option<String>,
    /// ISO 3166-1 or ICAO 9303-3.
    #[schema(pattern = "^[A-Z]{1,3}$")]
    issuing_country: Option<String>,
}

/// A picture of the person, a film, or both.
#[derive(ToSchema)]
pub(super) struct VideoForm {
    applicant_id: Uuid,
    #[schema(value_type = Option<String>, format = Binary)]
    selfie: Option<Vec<u8>>,
    /// One video, or pictures in their order.
    #[schema(value_type = Option<Vec<String>>, format = Binary)]
    video: Option<Vec<Vec<u8>>>,
    /// The challenge that the film answers.
    challenge_id: Option<Uuid>,
}
