//! `/storage`: a session's pictures by addresses that hold for minutes and need no credential.
//!
//! An address is `session.which.until.tenant`, base64, and HMAC-SHA256 over it under a key that is drawn when the process
//! starts: whoever has it reads that one picture until then, nobody can make another.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use kiosk_session::SessionId;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{Checks, Text, read, whole};
use super::fault::Faults;
use crate::onboarder::words::moment;
use crate::service::{Caller, Shot};
use crate::web::App;
use crate::web::problem::Problem;

/// How long an address holds where the caller does not say, and at most, in seconds.
const USUAL_S: i64 = 300;
const LONGEST_S: i64 = 900;
/// A session's pictures by their names here.
const FILES: [(&str, Shot); 4] = [
    ("document_front", Shot::Front),
    ("document_back", Shot::Back),
    ("selfie", Shot::Selfie),
    ("liveness", Shot::Liveness),
];

/// Makes addresses and reads its own.
pub(super) struct Links(Hmac<Sha256>);

struct Linked {
    tenant: String,
    session: SessionId,
    which: Shot,
}

impl Links {
    /// With a key that ends with the process.
    pub(super) fn draw() -> Self {
        // Two random UUIDs: 244 bits; HMAC takes a key of any length.
        let key = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
        let mut code = <Hmac<Sha256> as Mac>::new(&Default::default());
        code.update(&key);
        Self(code)
    }

    fn write(&self, linked: &Linked, until: OffsetDateTime) -> String {
        let which = FILES
            .iter()
            .position(|(_, which)| *which == linked.which)
            .unwrap_or_default();
        let said = format!(
            "{}.{which}.{}.{}",
            linked.session.0.simple(),
            until.unix_timestamp(),
            linked.tenant
        );
        let code = self.0.clone().chain_update(&said).finalize().into_bytes();
        let (said, code) = (
            BASE64_URL_SAFE_NO_PAD.encode(said),
            BASE64_URL_SAFE_NO_PAD.encode(code),
        );
        format!("{said}.{code}")
    }

    fn read(&self, link: &str, now: OffsetDateTime) -> Option<Linked> {
        let (said, code) = link.split_once('.')?;
        let (said, code) = (
            BASE64_URL_SAFE_NO_PAD.decode(said).ok()?,
            BASE64_URL_SAFE_NO_PAD.decode(code).ok()?,
        );
        self.0
            .clone()
            .chain_update(&said)
            .verify_slice(&code)
            .ok()?;
        let said = String::from_utf8(said).ok()?;
        let mut parts = said.splitn(4, '.');
        let session = Uuid::try_parse(parts.next()?).ok()?;
        let which: usize = parts.next()?.parse().ok()?;
        let until: i64 = parts.next()?.parse().ok()?;
        (until > now.unix_timestamp()).then_some(())?;
        Some(Linked {
            tenant: parts.next()?.to_owned(),
            session: SessionId(session),
            which: FILES.get(which)?.1,
        })
    }
}

/// Which picture.
#[derive(Deserialize, ToSchema)]
pub(super) struct PresignBody {
    #[schema(value_type = Uuid, required)]
    session_id: Text,
    /// `document_front`, `document_back`, `selfie` or `liveness`.
    #[schema(value_type = String, required, pattern = "^(document_front|document_back|selfie|liveness)$", example = "selfie")]
    file: Text,
    /// How long the address holds.
    #[serde(default, deserialize_with = "whole")]
    #[schema(minimum = 1, maximum = 900, default = 300)]
    expires_in: Option<i64>,
}

/// An address that holds for a while.
#[derive(Serialize, ToSchema)]
pub(super) struct Presigned {
    url: String,
    expires_at: String,
}

/// Gives the address of a picture.
#[utoipa::path(post, path = "/api/v1/storage/presign", tag = "Storage", request_body = PresignBody,
    security(("jwt" = []), ("api_key" = [])), responses((status = 200, body = Presigned), Faults))]
pub(super) async fn presign(
    State(app): State<App>,
    Extension(links): Extension<Arc<Links>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Presigned>, Problem> {
    let body: PresignBody = read(&app, request).await?;
    let mut checks = Checks::default();
    let session = checks.text("session_id", &body.session_id, 64);
    let which = checks.word("file", &body.file, &FILES);
    let seconds = body.expires_in.unwrap_or(USUAL_S);
    if !(1..=LONGEST_S).contains(&seconds) {
        checks.tell(format!("expires_in must be from 1 to {LONGEST_S}"));
    }
    let (session, which) = checks.done(session.zip(which))?;
    let session = SessionId(Uuid::try_parse(session).map_err(|_| Problem::NO_SESSION)?);
    let picture = app.service.shot(&caller, session, which).await?;
    picture.ok_or(Problem::NO_FILE)?;
    let until = app.service.now() + Duration::seconds(seconds);
    let linked = Linked {
        tenant: caller.tenant.clone(),
        session,
        which,
    };
    let link = links.write(&linked, until);
    let object = session.0.to_string();
    app.record(&caller, "file.linked", Some(&object)).await?;
    Ok(Json(Presigned {
        url: format!("{}/api/v1/storage/files/{link}", app.settings.public_url),
        expires_at: moment(until),
    }))
}

/// The picture behind an address.
#[utoipa::path(get, path = "/api/v1/storage/files/{link}", tag = "Storage", params(("link" = String, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "image/jpeg"), Faults))]
pub(super) async fn download(
    State(app): State<App>,
    Extension(links): Extension<Arc<Links>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(link) = path.map_err(|_| Problem::NO_LINK)?;
    let linked = links
        .read(&link, app.service.now())
        .ok_or(Problem::NO_LINK)?;
    let caller = Caller::new(&linked.tenant, "(link)");
    let picture = app
        .service
        .shot(&caller, linked.session, linked.which)
        .await?;
    let picture = picture.ok_or(Problem::NO_FILE)?;
    let kind = match picture.starts_with(b"\x89PNG") {
        true => "image/png",
        false => "image/jpeg",
    };
    let mut response = picture.into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-11-22 10:00 UTC);

    #[test]
    fn an_address_holds_for_its_time_and_says_nothing_else_than_it_was_made_for() {
        let links = Links::draw();
        let linked = Linked {
            tenant: "a.tenant".into(),
            session: SessionId(Uuid::from_u128(7)),
            which: Shot::Selfie,
        };
        let link = links.write(&linked, NOW + Duration::minutes(5));
        let read = links.read(&link, NOW).unwrap();
        assert_eq!(
            (read.tenant.as_str(), read.session, read.which),
            ("a.tenant", linked.session, Shot::Selfie)
        );
        assert!(links.read(&link, NOW + Duration::minutes(5)).is_none());
        assert!(Links::draw().read(&link, NOW).is_none());
        let (said, code) = link.split_once('.').unwrap();
        let other = Linked {
            tenant: "b.tenant".into(),
            ..linked
        };
        let (others, _) = links
            .write(&other, NOW)
            .split_once('.')
            .map(|(said, _)| (said.to_owned(), ()))
            .unwrap();
        assert!(links.read(&format!("{others}.{code}"), NOW).is_none());
        assert!(links.read(said, NOW).is_none());
    }
}
