//! What goes wrong with a request, for every dialect: a status, a stable code and a text; each dialect gives it its own
//! published body.
// long file: every problem of every dialect, one constant or function each

use std::borrow::Cow;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kiosk_session::Refused;
use serde_json::Value;

use crate::registry::RegistryError;
use crate::service::{NoRoom, ServiceError};

/// Carries the stable code of an error, since not every published body has a field for it.
const CODE_HEADER: HeaderName = HeaderName::from_static("x-error-code");
/// When to come back after the machine was out of time or parts, in seconds.
const LATER_S: u64 = 10;
/// The same after it was out of room, which central's word or a day's end gives back.
const ROOM_LATER_S: u64 = 60;

/// An error as it is answered. Its text holds nothing of what the caller sent.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    /// Everything that is wrong, where that is several things.
    each: Vec<String>,
    /// The rules stand against it as the session is now.
    refusal: bool,
    retry_after_s: Option<u64>,
}

impl Problem {
    /// The answer's status.
    pub(crate) const fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// The stable code.
    pub(crate) const fn code(&self) -> &'static str {
        self.code
    }

    /// The text for people.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// Everything that is wrong, each on its own.
    pub(crate) fn messages(&self) -> Vec<String> {
        match self.each.is_empty() {
            true => vec![self.detail.to_string()],
            false => self.each.clone(),
        }
    }

    /// The rules stand against it as the session is now.
    pub(crate) const fn is_refusal(&self) -> bool {
        self.refusal
    }

    pub(crate) const NO_ROUTE: Self =
        Self::fixed(StatusCode::NOT_FOUND, "NO_SUCH_ROUTE", "Not found");
    pub(crate) const WRONG_METHOD: Self = Self::fixed(
        StatusCode::METHOD_NOT_ALLOWED,
        "WRONG_METHOD",
        "Method not allowed",
    );
    pub(crate) const NO_SESSION: Self = Self::fixed(
        StatusCode::NOT_FOUND,
        "SESSION_NOT_FOUND",
        "Session not found",
    );
    pub(crate) const NO_KEY: Self = Self::fixed(
        StatusCode::UNAUTHORIZED,
        "API_KEY_MISSING",
        "Missing API key; send it in the X-API-Key header",
    );
    pub(crate) const NO_APP: Self = Self::fixed(
        StatusCode::UNAUTHORIZED,
        "APP_CREDENTIALS_MISSING",
        "Missing credentials; send them in the app_id and app_key headers",
    );
    pub(crate) const INTERRUPTED: Self = Self::fixed(
        StatusCode::SERVICE_UNAVAILABLE,
        "INTERRUPTED",
        "The kiosk stopped while it worked on this request; send the pictures again",
    );
    pub(crate) const NO_TOKEN: Self = Self::fixed(
        StatusCode::UNAUTHORIZED,
        "TOKEN_MISSING",
        "Missing token; ask /oauth2/token for one and send it as Authorization: Bearer",
    );
    pub(crate) const BAD_TOKEN: Self = Self::fixed(
        StatusCode::UNAUTHORIZED,
        "TOKEN_INVALID",
        "Invalid or expired token; ask /oauth2/token for another",
    );
    pub(crate) const NO_BEARER: Self = Self::fixed(
        StatusCode::UNAUTHORIZED,
        "TOKEN_MISSING",
        "Missing token; send it as Authorization: Bearer",
    );
    pub(crate) const BAD_BEARER: Self = Self::fixed(
        StatusCode::UNAUTHORIZED,
        "TOKEN_INVALID",
        "Invalid or expired token; use the API token, or have it make another",
    );
    pub(crate) const TOKEN_KIND: Self = Self::fixed(
        StatusCode::FORBIDDEN,
        "TOKEN_KIND",
        "A token of this kind may not do that; use the API token",
    );
    pub(crate) const NO_CREDENTIAL: Self = Self::fixed(
        StatusCode::UNAUTHORIZED,
        "CREDENTIAL_MISSING",
        "Missing credential; send a token as Authorization: Bearer, or a key in the X-API-Key header",
    );
    pub(crate) const TWO_CREDENTIALS: Self = Self::fixed(
        StatusCode::UNAUTHORIZED,
        "TWO_CREDENTIALS",
        "Send a token or a key, not both",
    );
    pub(crate) const BAD_ACCESS: Self = Self::fixed(
        StatusCode::UNAUTHORIZED,
        "TOKEN_INVALID",
        "Invalid or expired token; log in again or refresh it",
    );
    pub(crate) const NO_PERSON: Self = Self::fixed(
        StatusCode::FORBIDDEN,
        "PERSON_NEEDED",
        "A key can't do that; log in as a person",
    );
    pub(crate) const NO_MAIL: Self = Self::fixed(
        StatusCode::UNPROCESSABLE_ENTITY,
        "NO_MAIL",
        "This kiosk sends no e-mail; ask an administrator, or name a mail server in its config",
    );
    pub(crate) const NO_EXCEPTION: Self = Self::fixed(
        StatusCode::NOT_FOUND,
        "EXCEPTION_NOT_FOUND",
        "No such exception: it is named as person and entry, with a colon between",
    );
    pub(crate) const NO_LINK: Self = Self::fixed(
        StatusCode::NOT_FOUND,
        "LINK_OVER",
        "No such address, or its time is over; ask for another",
    );
    pub(crate) const NO_CLIENT: Self = Self::fixed(
        StatusCode::BAD_REQUEST,
        "CLIENT_ID_MISSING",
        "Missing client; send the token's client_id in the X-Client-Id header",
    );
    pub(crate) const OTHER_CLIENT: Self = Self::fixed(
        StatusCode::FORBIDDEN,
        "CLIENT_ID_DIFFERS",
        "X-Client-Id is not the client that the token was given to",
    );
    pub(crate) const NO_FILE: Self = Self::fixed(
        StatusCode::NOT_FOUND,
        "FILE_NOT_FOUND",
        "The session has no such picture",
    );
    pub(crate) const NO_VIDEO: Self = Self::fixed(
        StatusCode::NOT_FOUND,
        "VIDEO_NOT_FOUND",
        "No video was judged in this session",
    );
    pub(crate) const NO_CHECK: Self = Self::fixed(
        StatusCode::NOT_FOUND,
        "CHECK_NOT_FOUND",
        "No check was made of this applicant",
    );
    pub(crate) const OTP_MISSING: Self = Self::fixed(
        StatusCode::BAD_REQUEST,
        "OTP_MISSING",
        "No code is awaited; ask for one first",
    );
    pub(crate) const OTP_EXPIRED: Self = Self::fixed(
        StatusCode::BAD_REQUEST,
        "OTP_EXPIRED",
        "The code's time has run out; ask for another",
    );
    pub(crate) const OTP_SPENT: Self = Self::fixed(
        StatusCode::BAD_REQUEST,
        "OTP_SPENT",
        "The code was tried too often; ask for another",
    );
    pub(crate) const OTP_NOT_VERIFIED: Self = Self::fixed(
        StatusCode::BAD_REQUEST,
        "OTP_NOT_VERIFIED",
        "The applicant's e-mail address or telephone number comes first; ask for a code and verify it",
    );
    pub(crate) const NO_IDENTITY: Self = Self::fixed(
        StatusCode::NOT_FOUND,
        "IDENTITY_NOT_FOUND",
        "No such identity: it is named as the session that was approved",
    );
    pub(crate) const NO_WEIGHTS: Self = Self::fixed(
        StatusCode::NOT_FOUND,
        "WEIGHTS_NOT_FOUND",
        "No such version of weights; a session keeps the one that it was decided by",
    );
    pub(crate) const NO_WEBHOOK: Self = Self::fixed(
        StatusCode::NOT_FOUND,
        "WEBHOOK_NOT_FOUND",
        "No such webhook",
    );
    pub(crate) const NO_SECRET: Self = Self::fixed(
        StatusCode::NOT_FOUND,
        "SECRET_NOT_FOUND",
        "No such secret of webhooks",
    );
    pub(crate) const NO_DOCUMENT: Self = Self::fixed(
        StatusCode::NOT_FOUND,
        "DOCUMENT_NOT_FOUND",
        "No document was read in this session",
    );
    pub(crate) const BAD_KEY: Self = Self::fixed(
        StatusCode::UNAUTHORIZED,
        "API_KEY_INVALID",
        "Invalid API key",
    );
    pub(crate) const TOO_LARGE: Self = Self::fixed(
        StatusCode::PAYLOAD_TOO_LARGE,
        "TOO_LARGE",
        "The request is too large; send a smaller file",
    );
    pub(crate) const TOO_SLOW: Self = Self::fixed(
        StatusCode::REQUEST_TIMEOUT,
        "TOO_SLOW",
        "The request's body took too long; send it faster or make it smaller",
    );
    pub(crate) const BROKEN_BODY: Self = Self::fixed(
        StatusCode::BAD_REQUEST,
        "BODY_BROKEN",
        "The request's body broke off or can't be read; send it again",
    );
    pub(crate) const INTERNAL: Self = Self::fixed(
        StatusCode::INTERNAL_SERVER_ERROR,
        "INTERNAL",
        "Internal error; the kiosk's log names it",
    );

    const fn fixed(status: StatusCode, code: &'static str, detail: &'static str) -> Self {
        Self {
            status,
            code,
            detail: Cow::Borrowed(detail),
            each: Vec::new(),
            refusal: false,
            retry_after_s: None,
        }
    }

    fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            each: Vec::new(),
            refusal: false,
            retry_after_s: None,
        }
    }

    const fn retry(mut self, after_s: u64) -> Self {
        self.retry_after_s = Some(after_s);
        self
    }

    /// A parameter of the address or the query that cannot be.
    pub(crate) fn parameter(detail: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_PARAMETER", detail)
    }

    /// A body of another media type than the operation takes.
    pub(crate) fn media_type(wanted: &'static str) -> Self {
        let detail = format!("Send the body as {wanted}");
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "WRONG_MEDIA_TYPE",
            detail,
        )
    }

    /// A text that is not JSON.
    pub(crate) const fn not_json() -> Self {
        Self::fixed(
            StatusCode::BAD_REQUEST,
            "INVALID_JSON",
            "The body is not JSON; check its syntax",
        )
    }

    /// A body of the right form with a wrong value in it.
    pub(crate) fn validation(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "VALIDATION", detail)
    }

    /// A body with several things wrong in it.
    pub(crate) fn all(each: Vec<String>) -> Self {
        Self {
            each: each.clone(),
            ..Self::validation(each.join("; "))
        }
    }

    /// What another room says of it.
    pub(crate) fn told(status: StatusCode, code: &'static str, what: &str) -> Self {
        Self::new(status, code, capitalised(what))
    }

    /// A file that cannot be used.
    pub(crate) fn unusable(code: &'static str, remedy: &str) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            code,
            format!("{code}: {remedy}"),
        )
    }

    /// A key without the permission.
    pub(crate) fn forbidden(permission: &'static str) -> Self {
        let detail = format!("Insufficient permissions; the API key lacks `{permission}`");
        Self::new(StatusCode::FORBIDDEN, "PERMISSION_MISSING", detail)
    }

    /// A token without the scope.
    pub(crate) fn scope(scope: &'static str) -> Self {
        let detail = format!("Insufficient scope; ask for a token with `{scope}`");
        Self::new(StatusCode::FORBIDDEN, "SCOPE_MISSING", detail)
    }

    /// Too many calls.
    pub(crate) fn too_many(after_s: u64) -> Self {
        let detail = "Too many requests for this API key; try again later";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", detail).retry(after_s)
    }

    /// A code that is not the one that was sent.
    pub(crate) fn wrong_code(tries_left: u8) -> Self {
        let detail = format!("The code is wrong; {tries_left} tries are left");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "OTP_WRONG", detail)
    }

    /// Too many codes to one address.
    pub(crate) fn too_many_codes(after_s: u64) -> Self {
        let detail = "Too many codes were sent to this address; try again later";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "OTP_RATE_LIMITED", detail).retry(after_s)
    }

    /// A code that could not be handed to what carries it.
    pub(crate) fn not_delivered(detail: &'static str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "OTP_NOT_DELIVERED", detail).retry(LATER_S)
    }

    /// Too many calls from one address, or for one person.
    pub(crate) fn too_often(after_s: u64) -> Self {
        let detail = "Too many requests; try again later";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", detail).retry(after_s)
    }

    /// Nothing more can be stored.
    fn no_room(what: NoRoom) -> Self {
        let detail = capitalised(&what.to_string());
        Self::new(StatusCode::SERVICE_UNAVAILABLE, what.code(), detail).retry(ROOM_LATER_S)
    }

    /// The machine is out of time or parts.
    pub(crate) fn unavailable(reason: &str) -> Self {
        let detail = format!("Not available: {reason}; try again later");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", detail).retry(LATER_S)
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::NotFound => Self::NO_SESSION,
            ServiceError::Refused(refused) => {
                let detail = capitalised(&refused.to_string());
                Self {
                    refusal: true,
                    ..Self::new(StatusCode::BAD_REQUEST, refusal_code(refused), detail)
                }
            }
            ServiceError::Unusable { code, remedy } => Self::unusable(code, &remedy),
            ServiceError::NoRoom(what) => Self::no_room(what),
            ServiceError::Unavailable { reason } => Self::unavailable(&reason),
            ServiceError::Internal => Self::INTERNAL,
        }
    }
}

impl From<RegistryError> for Problem {
    fn from(error: RegistryError) -> Self {
        let detail = capitalised(&error.to_string());
        match error {
            RegistryError::Name | RegistryError::TooLong => Self::validation(detail),
            RegistryError::Full { .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "REGISTRY_FULL", detail)
            }
            RegistryError::ChangedMeanwhile => {
                Self::new(StatusCode::CONFLICT, "CHANGED_MEANWHILE", detail)
            }
            RegistryError::NoRoom(what) => Self::no_room(what),
            RegistryError::Unavailable => {
                Self::unavailable("what this tenant keeps can't be read or written")
            }
        }
    }
}

const fn refusal_code(refused: Refused) -> &'static str {
    match refused {
        Refused::AlreadyCreated => "ALREADY_CREATED",
        Refused::NotCreated => "SESSION_NOT_FOUND",
        Refused::ConsentMissing => "CONSENT_MISSING",
        Refused::DocumentMissing => "DOCUMENT_MISSING",
        Refused::SelfieMissing => "SELFIE_MISSING",
        Refused::LivenessMissing => "LIVENESS_MISSING",
        Refused::DocumentReplaced => "DOCUMENT_REPLACED",
        Refused::SelfieReplaced => "SELFIE_REPLACED",
        Refused::ChallengeUnknown => "CHALLENGE_UNKNOWN",
        Refused::ChallengeLate => "CHALLENGE_LATE",
        Refused::ChallengesSpent => "CHALLENGES_SPENT",
        Refused::Closed => "SESSION_CLOSED",
        Refused::Expired => "SESSION_EXPIRED",
        Refused::NotYetExpired => "NOT_YET_EXPIRED",
        Refused::NotDecided => "NOT_DECIDED",
        Refused::NoDocumentAsked => "NO_DOCUMENT_ASKED",
    }
}

fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

impl IntoResponse for Problem {
    /// The status and its headers; the body is the dialect's to write (see [`render`]).
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        let headers = response.headers_mut();
        headers.insert(CODE_HEADER, HeaderValue::from_static(self.code));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// How a dialect publishes its problems.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    /// The body.
    pub(crate) body: fn(&Problem) -> Value,
    /// The status, where its document has others.
    pub(crate) status: fn(&Problem) -> StatusCode,
}

impl Form {
    /// Of a dialect that takes every status as it is.
    pub(crate) const fn of(body: fn(&Problem) -> Value) -> Self {
        Self {
            body,
            status: |problem| problem.status,
        }
    }
}

/// Gives a problem the body that a dialect publishes; every other answer stays as it is. It stands around all else of a
/// dialect's routes.
pub(crate) fn render(mut response: Response, form: Form) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    let (mut parts, _) = response.into_parts();
    let json = HeaderValue::from_static("application/json");
    parts.headers.insert(header::CONTENT_TYPE, json);
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.status = (form.status)(&problem);
    Response::from_parts(parts, Body::from((form.body)(&problem).to_string()))
}
