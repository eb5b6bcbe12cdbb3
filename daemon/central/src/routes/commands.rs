//! Commands: issued by operators, fetched and answered by their kiosk.
//!
//! Whoever issues names the request by an id of their own: asked again with the same id, the same command
//! is answered, and no second one made.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use kiosk_wire::{Command, KioskId, Outcome, SignedCommand, limits};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Desk, body, moment, parse, storage, untaken};
use crate::caller::Caller;
use crate::ledger::{IssueError, Told};
use crate::refusal::Refusal;

/// A command that somebody wants carried out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    request: Uuid,
    kind: String,
    #[serde(default)]
    body: Value,
}

/// The number that it got.
#[derive(Debug, Serialize)]
pub(super) struct Numbered {
    kiosk: KioskId,
    number: u64,
}

/// One command with what came of it; `outcome` is `null` until the kiosk has told.
#[derive(Debug, Serialize)]
pub(super) struct CommandView {
    number: u64,
    kind: String,
    #[serde(with = "time::serde::rfc3339::option")]
    issued_at: Option<OffsetDateTime>,
    outcome: Option<Outcome>,
    #[serde(with = "time::serde::rfc3339::option")]
    outcome_at: Option<OffsetDateTime>,
}

/// `POST /v1/kiosks/{kiosk}/commands`: 201 where it is new, 200 where this request was made before.
pub(super) async fn issue(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    Path(kiosk): Path<String>,
    body: Body,
) -> Result<(StatusCode, Json<Numbered>), Refusal> {
    caller.must_be_operator()?;
    let kiosk: KioskId = parse(&kiosk)?;
    let bytes = body::whole(body, limits::COMMAND_BYTES, desk.limits.body_pause()).await?;
    let Wanted {
        request,
        kind,
        body,
    } = read(&bytes)?;
    check_kind(&kind)?;
    let key = desk.signing.as_ref().ok_or(NO_KEY)?;
    let now = (desk.clock)();
    let sign = |number| {
        let command = Command {
            kiosk: kiosk.clone(),
            number,
            issued_at: now,
            kind: kind.clone(),
            body,
        };
        SignedCommand::sign(key, &command)
    };
    let whose = (&caller.tenant, &kiosk);
    let issued = desk
        .ledger
        .issue(whose, (request, &kind), sign, desk.now_ms());
    let issued = issued.await.map_err(|error| match error {
        IssueError::Take(error) => untaken(error, &kiosk),
        IssueError::Sign(error) => Refusal::BadRequest(error.to_string()),
    })?;
    if let Some(broker) = &desk.broker {
        broker.command(&caller.tenant, &kiosk, issued.signed);
    }
    let status = match issued.new {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    let number = issued.number;
    Ok((status, Json(Numbered { kiosk, number })))
}

/// `GET /v1/kiosks/{kiosk}/commands`
pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    Path(kiosk): Path<String>,
) -> Result<Json<Vec<CommandView>>, Refusal> {
    caller
        .must_be_operator()
        .or_else(|_| caller.must_be_reader())?;
    let kiosk: KioskId = parse(&kiosk)?;
    let listed = desk.ledger.commands(&caller.tenant, &kiosk).await;
    let views = listed.map_err(storage)?.into_iter().map(|command| {
        let (outcome, at) = command.outcome.unzip();
        CommandView {
            number: command.number,
            kind: command.kind,
            issued_at: moment(command.issued_at_ms),
            outcome,
            outcome_at: at.and_then(moment),
        }
    });
    Ok(Json(views.collect()))
}

/// `GET /v1/kiosks/{kiosk}/commands/open`
pub(super) async fn open(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    Path(kiosk): Path<String>,
) -> Result<Json<Vec<SignedCommand>>, Refusal> {
    let kiosk: KioskId = parse(&kiosk)?;
    caller.must_be_kiosk(&kiosk)?;
    let open = desk.ledger.open_commands(&caller.tenant, &kiosk).await;
    open.map(Json).map_err(storage)
}

/// `PUT /v1/kiosks/{kiosk}/commands/{number}/outcome`
pub(super) async fn outcome(
    State(desk): State<Arc<Desk>>,
    Extension(caller): Extension<Caller>,
    Path((kiosk, number)): Path<(String, String)>,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let (kiosk, number): (KioskId, u64) = (parse(&kiosk)?, parse(&number)?);
    caller.must_be_kiosk(&kiosk)?;
    let bytes = body::whole(body, limits::OUTCOME_BYTES, desk.limits.body_pause()).await?;
    let outcome: Outcome = read(&bytes)?;
    let whose = (&caller.tenant, &kiosk);
    let told = desk
        .ledger
        .note_outcome(whose, number, &outcome, desk.now_ms())
        .await;
    match told.map_err(|error| untaken(error, &kiosk))? {
        Told::Held => Ok(StatusCode::NO_CONTENT),
        Told::Unknown => Err(Refusal::NotFound("no command of this number was issued")),
        Told::Differs => Err(Refusal::OutcomeDiffers),
    }
}

/// What is said where this central cannot sign.
pub(super) const NO_KEY: Refusal =
    Refusal::NotConfigured("this central has no command key; set command_key_file");

fn read<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Refusal::BadRequest(format!(
            "the body is not as it should be (line {line}, column {column})"
        ))
    })
}

fn check_kind(kind: &str) -> Result<(), Refusal> {
    let fits = (1..=32).contains(&kind.len())
        && kind
            .bytes()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_');
    match fits {
        true => Ok(()),
        false => Err(Refusal::BadRequest(
            "a kind is 1 to 32 of the characters a-z, 0-9 and _".into(),
        )),
    }
}
