//! A request that is refused: a status, a code for programs, a sentence for people.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kiosk_wire::{Acknowledgement, ErrorBody, LOG_FORKED, RECORD_UNKNOWN};

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Something in the path, query or body is not what it should be.
    BadRequest(String),
    /// The certificate does not allow this.
    Forbidden(&'static str),
    /// There is no such thing here.
    NotFound(&'static str),
    /// The path is known, the method is not.
    Method,
    /// The body is longer than central takes.
    TooLarge { limit: u64 },
    /// The body did not come in time.
    TooSlow,
    /// Records between what central holds and what came are missing.
    Gap { held: Acknowledgement },
    /// The kiosk's log and central's copy of it tell different stories.
    Forked { number: u64 },
    /// A record was changed, or does not follow the one before.
    ChainBroken(String),
    /// A session key was not sealed to this central.
    KeyDoesNotOpen,
    /// The bytes are not what their name says.
    EvidenceMismatch,
    /// The session was erased, as somebody had asked: nothing of it is taken any more.
    Erased,
    /// A batch is not signed by the kiosk that it is of.
    NotSigned(String),
    /// A record is of a kind that this central does not know.
    Unknown(String),
    /// This central was not given what it would need.
    NotConfigured(&'static str),
    /// The outcome of this command is known already, and is another.
    OutcomeDiffers,
    /// Another part of a piece of evidence is wanted.
    Offset,
    /// As many requests as may be are being answered.
    Busy,
    /// The database or the evidence folder cannot be written or read.
    StorageUnavailable,
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Forbidden(_) | Self::NotSigned(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Gap { .. } | Self::Forked { .. } | Self::OutcomeDiffers | Self::Offset => {
                StatusCode::CONFLICT
            }
            Self::NotConfigured(_) => StatusCode::NOT_IMPLEMENTED,
            Self::Erased => StatusCode::GONE,
            Self::Unknown(_)
            | Self::ChainBroken(_)
            | Self::KeyDoesNotOpen
            | Self::EvidenceMismatch => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Busy | Self::StorageUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The code for programs.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "bad_request",
            Self::Forbidden(_) => "forbidden",
            Self::NotFound(_) => "not_found",
            Self::Method => "method_not_allowed",
            Self::TooLarge { .. } => "too_large",
            Self::TooSlow => "too_slow",
            Self::Gap { .. } => "gap",
            Self::Forked { .. } => LOG_FORKED,
            Self::ChainBroken(_) => "chain_broken",
            Self::KeyDoesNotOpen => "session_key_does_not_open",
            Self::EvidenceMismatch => "evidence_mismatch",
            Self::Erased => "erased",
            Self::NotSigned(_) => "not_signed",
            Self::Unknown(_) => RECORD_UNKNOWN,
            Self::NotConfigured(_) => "not_configured",
            Self::OutcomeDiffers => "outcome_differs",
            Self::Offset => "upload_offset",
            Self::Busy => "busy",
            Self::StorageUnavailable => "storage_unavailable",
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::BadRequest(why)
            | Self::ChainBroken(why)
            | Self::NotSigned(why)
            | Self::Unknown(why) => why.clone(),
            Self::Erased => "this session was erased; nothing of it is held or taken".to_owned(),
            Self::Forbidden(why) | Self::NotFound(why) | Self::NotConfigured(why) => {
                (*why).to_owned()
            }
            Self::Offset => "go on where the header upload-offset says".to_owned(),
            Self::OutcomeDiffers => {
                "another outcome of this command is held; the first stays".to_owned()
            }
            Self::Method => "this path knows other methods".to_owned(),
            Self::TooLarge { limit } => {
                format!("the body is longer than {limit} bytes; send less at once")
            }
            Self::TooSlow => "the body did not come in time; send it again".to_owned(),
            Self::Gap { held } => {
                format!("records are missing: go on after number {}", held.durable)
            }
            Self::Forked { number } => format!(
                "log forked: central holds another record {number} of this kiosk; \
                 its store was replaced or changed, give the kiosk a new id"
            ),
            Self::KeyDoesNotOpen => "a session key does not open here; \
                 give the kiosk this central's public key"
                .to_owned(),
            Self::EvidenceMismatch => {
                "the bytes are not those of the SHA-256 in the path; send them again".to_owned()
            }
            Self::Busy => "central is busy; try again later".to_owned(),
            Self::StorageUnavailable => {
                "central's storage cannot be reached; try again later".to_owned()
            }
        }
    }

    fn body(&self) -> ErrorBody {
        // After a fork, what is held says nothing of *this* log: relying on it would lose records.
        let (held, number) = match self {
            Self::Gap { held } => (Some(held.clone()), None),
            Self::Forked { number } => (None, Some(*number)),
            _ => (None, None),
        };
        ErrorBody {
            error: self.code().to_owned(),
            detail: self.detail(),
            held,
            number,
        }
    }
}

/// The code of a refusal, left on its answer for the request log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RefusalCode(pub(crate) &'static str);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = (status, Json(self.body())).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let seconds = HeaderValue::from_static("5");
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response.extensions_mut().insert(RefusalCode(self.code()));
        response
    }
}
