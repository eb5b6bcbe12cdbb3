//! `/api/otp` and `/api/verify_otp`: a code out to an address of the applicant's, the code back.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use kiosk_session::{Redacted, Refused, State as Standing};
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Desk;
use super::access::Access;
use super::applicant::named;
use super::codes::{DIGITS, LIFETIME, TRIES};
use super::personal::{Personal, Verified};
use crate::courier::{Channel, Letter, Undelivered};
use crate::onboarder::words::moment;
use crate::service::ServiceError;
use crate::web::App;
use crate::web::fields::{self, Fields};
use crate::web::problem::Problem;

/// A code that is out.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CodeSent)]
pub(super) struct Sent {
    applicant_id: Uuid,
    /// `email` or `sms`.
    channel: &'static str,
    /// How many digits it has.
    digits: usize,
    tries_left: u8,
    expires_at: String,
}

/// A code that came back.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = AddressProved)]
pub(super) struct Proved {
    applicant_id: Uuid,
    /// `email` or `sms`.
    channel: &'static str,
    verified: bool,
    verified_at: String,
}

/// `POST /api/otp`. The code goes to an address that the API token gave, never to one that the caller names: a token that is
/// carried off can't write to others.
#[utoipa::path(post, path = "/api/otp", operation_id = "send_otp", summary = "Sends a code to an address of the applicant's", request_body = super::openapi::CodeWanted, responses((status = 201, description = "The server has taken it", body = Sent)))]
pub(super) async fn send(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    Extension(desk): Extension<Arc<Desk>>,
    request: Request,
) -> Result<(StatusCode, Json<Sent>), Problem> {
    let (body, id) = named(&app, request).await?;
    let channel = channel(&body)?;
    let session = app.service.session(access.to(id)?, id).await?;
    let now = app.service.now();
    open(&session.state, now)?;
    let post = desk.post.as_ref().map(|post| &post.courier);
    let courier = post.filter(|courier| courier.goes_by(channel));
    let courier = courier.ok_or_else(|| not_configured(channel))?;
    let personal = Personal::of(&session.state);
    let to = personal
        .address(channel)
        .ok_or_else(|| no_address(channel))?;
    let to = Redacted::new(to.clone());
    let code = desk.codes.issue(id, channel, &to, now)?;
    let carried = courier.carry(letter(channel, to, &code)).await;
    if let Err(why) = carried {
        desk.codes.withdraw(id);
        return Err(undelivered(why));
    }
    let sent = Sent {
        applicant_id: id.0,
        channel: channel.name(),
        digits: DIGITS,
        tries_left: TRIES,
        expires_at: moment(now + LIFETIME),
    };
    Ok((StatusCode::CREATED, Json(sent)))
}

/// `POST /api/verify_otp`
#[utoipa::path(post, path = "/api/verify_otp", operation_id = "verify_otp", summary = "Brings a code back", request_body = super::openapi::CodeBack, responses((status = 200, description = "The address is proved", body = Proved)))]
pub(super) async fn verify(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    Extension(desk): Extension<Arc<Desk>>,
    request: Request,
) -> Result<Json<Proved>, Problem> {
    let (body, id) = named(&app, request).await?;
    let channel = channel(&body)?;
    let digits = fields::required(&body, "code", DIGITS)?;
    let caller = access.to(id)?;
    let session = app.service.session(caller, id).await?;
    let now = app.service.now();
    open(&session.state, now)?;
    let address = desk.codes.attempt(id, channel, digits.as_bytes(), now)?;
    let verified = Verified::of(&session.state).with(channel, &address, now);
    app.service.note(caller, id, verified.note()).await?;
    Ok(Json(Proved {
        applicant_id: id.0,
        channel: channel.name(),
        verified: true,
        verified_at: moment(now),
    }))
}

/// The document's order: where the kiosk sends codes, a code comes back before anything is captured.
pub(super) fn proved(desk: &Desk, state: &Standing) -> Result<(), Problem> {
    let wanted = desk.post.as_ref().is_some_and(|post| post.required);
    if wanted && !Verified::of(state).any(&Personal::of(state)) {
        return Err(Problem::OTP_NOT_VERIFIED);
    }
    Ok(())
}

fn channel(body: &Fields) -> Result<Channel, Problem> {
    let word = fields::required(body, "channel", 16)?;
    let known = Channel::NAMED.iter().find(|(name, _)| *name == word);
    known
        .map(|(_, channel)| *channel)
        .ok_or_else(|| Problem::validation("Field `channel` has to be email or sms"))
}

/// An applicant whose session has ended proves nothing any more.
fn open(state: &Standing, now: OffsetDateTime) -> Result<(), ServiceError> {
    match state {
        Standing::Expired { .. } => Err(Refused::Expired.into()),
        closed if closed.is_closed() => Err(Refused::Closed.into()),
        open if open
            .case()
            .is_some_and(|case| now >= case.opening.expires_at) =>
        {
            Err(Refused::Expired.into())
        }
        _ => Ok(()),
    }
}

fn letter(channel: Channel, to: Redacted<String>, code: &Redacted<String>) -> Letter {
    let (code, minutes) = (code.reveal(), LIFETIME.whole_minutes());
    let text = format!(
        "Your verification code is {code}. It holds for {minutes} minutes. Give it to nobody who asks you for it.\n"
    );
    Letter {
        channel,
        to,
        subject: "Your verification code",
        text: Redacted::new(text),
    }
}

fn not_configured(channel: Channel) -> Problem {
    Problem::unusable(
        "OTP_NOT_CONFIGURED",
        match channel {
            Channel::Email => "this kiosk sends no e-mail; add [api.otp.email] to its config",
            Channel::Sms => "this kiosk sends no text messages; add [api.otp.sms] to its config",
        },
    )
}

fn no_address(channel: Channel) -> Problem {
    Problem::unusable(
        "OTP_NO_ADDRESS",
        match channel {
            Channel::Email => "the applicant has no `email`; give one with the API token",
            Channel::Sms => "the applicant has no `phone_number`; give one with the API token",
        },
    )
}

fn undelivered(why: Undelivered) -> Problem {
    match why {
        Undelivered::Address => Problem::unusable(
            "OTP_ADDRESS_REFUSED",
            "the message's server refuses that address; correct it and ask again",
        ),
        Undelivered::Failed => Problem::not_delivered(
            "The code could not be handed over; try again later, the kiosk's log says what its server answered",
        ),
    }
}
