//! `/auth/...`: coming in, staying in, going, passwords and the second factor.

use axum::extract::{Request, State};
use axum::{Extension, Json};
use kiosk_session::Redacted;
use kiosk_staff::{Login, Pair, Role, Scope, User, Who};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Office;
use super::access::Desk;
use super::body::{Checks, Done, LONG, TOKEN, Text, read};
use super::fault::Faults;
use super::rates::{Rates, from};
use crate::audit::Actor;
use crate::courier::{Channel, Letter};
use crate::docs::shapes::{EmailAddress, admins_address};
use crate::origin;
use crate::web::App;
use crate::web::problem::Problem;

/// What somebody comes in with.
#[derive(Deserialize, ToSchema)]
pub(super) struct LoginBody {
    #[schema(schema_with = admins_address, required)]
    email: Text,
    #[schema(value_type = String, required, min_length = 1, max_length = 256, pattern = r"\S", example = "yourpassword")]
    password: Text,
    /// The authenticator's code, where the account has a second factor.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 16, pattern = r"\S", example = "123456")]
    mfa_code: Text,
}

/// Two tokens.
#[derive(Serialize, ToSchema)]
pub(super) struct Tokens {
    access_token: String,
    refresh_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds that the access token holds: 900.
    expires_in: i64,
    /// Who came in; absent where a pair was refreshed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    user: Option<Me>,
    /// Only `auth/change-password` and `auth/logout` answer until a password is chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    password_change_required: Option<bool>,
}

impl Tokens {
    fn of(pair: &Pair, user: Option<Me>, change: Option<bool>) -> Self {
        Self {
            access_token: pair.access.clone(),
            refresh_token: pair.refresh.to_string(),
            token_type: "Bearer",
            expires_in: pair.expires_in,
            user,
            password_change_required: change,
        }
    }
}

/// Who calls.
#[derive(Serialize, ToSchema)]
pub(super) struct Me {
    /// A user's id; absent for a machine.
    id: Option<Uuid>,
    email: Option<String>,
    name: String,
    /// `admin`, `compliance`, `agent` or `viewer`; null for a machine.
    #[schema(value_type = Option<String>)]
    role: Option<Role>,
    tenant: String,
    /// What it may do.
    #[schema(value_type = Vec<String>)]
    scopes: Vec<Scope>,
    mfa_enabled: Option<bool>,
}

impl Me {
    fn user(user: &User, tenant: &str) -> Self {
        Self {
            id: Some(user.id),
            email: Some(user.email.clone()),
            name: user.name.clone(),
            role: Some(user.role),
            tenant: tenant.to_owned(),
            scopes: user.role.scopes(),
            mfa_enabled: Some(user.has_second_factor()),
        }
    }
}

/// Lets somebody in.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "Authentication", request_body = LoginBody,
    responses((status = 200, body = Tokens), Faults))]
pub(super) async fn login(
    State(app): State<App>,
    Extension(office): Extension<Office>,
    Extension(rates): Extension<Arc<Rates>>,
    request: Request,
) -> Result<Json<Tokens>, Problem> {
    let address = origin::of(&request);
    rates.login(from(&request))?;
    let body: LoginBody = read(&app, request).await?;
    let mut checks = Checks::default();
    let email = checks.email("email", &body.email);
    let password = checks.text("password", &body.password, LONG);
    let mfa_code = checks.text_if_any("mfa_code", &body.mfa_code, 16);
    let (email, password) = checks.done(email.zip(password))?;
    let login = Login {
        email,
        password,
        mfa_code,
    };
    let came = office.directory.login(login, app.service.now()).await?;
    let who = Actor {
        tenant: came.tenant.clone(),
        name: came.user.id.to_string(),
        address,
    };
    app.service.record(&who, "user.logged_in", None).await?;
    let change = came.user.has_one_time_password().then_some(true);
    let me = Me::user(&came.user, &came.tenant);
    Ok(Json(Tokens::of(&came.pair, Some(me), change)))
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
pub(super) struct RefreshBody {
    #[schema(value_type = String, required, min_length = 1, max_length = 512, pattern = r"\S")]
    refresh_token: Text,
}

/// A new pair for a refresh token, which serves once: its second use ends every token of that login.
#[utoipa::path(post, path = "/api/v1/auth/refresh", tag = "Authentication", request_body = RefreshBody,
    responses((status = 200, body = Tokens), Faults))]
pub(super) async fn refresh(
    State(app): State<App>,
    Extension(office): Extension<Office>,
    request: Request,
) -> Result<Json<Tokens>, Problem> {
    let body: RefreshBody = read(&app, request).await?;
    let mut checks = Checks::default();
    let token = checks.text("refresh_token", &body.refresh_token, TOKEN);
    let token = checks.done(token)?;
    let pair = office.directory.refresh(token, app.service.now()).await?;
    Ok(Json(Tokens::of(&pair, None, None)))
}

/// Who calls.
#[utoipa::path(get, path = "/api/v1/auth/me", tag = "Authentication", security(("jwt" = []), ("api_key" = [])),
    responses((status = 200, body = Me), Faults))]
pub(super) async fn me(desk: Desk) -> Result<Json<Me>, Problem> {
    let Who::User { id, .. } = desk.principal.who else {
        return Ok(Json(Me {
            id: None,
            email: None,
            name: desk.principal.name,
            role: None,
            tenant: desk.principal.tenant,
            scopes: desk.principal.scopes,
            mfa_enabled: None,
        }));
    };
    let user = desk.office.directory.user(desk.tenant(), id).await?;
    Ok(Json(Me::user(&user, desk.tenant())))
}

/// Ends the login with all its tokens.
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "Authentication", security(("jwt" = [])),
    responses((status = 200, body = Done), Faults))]
pub(super) async fn logout(desk: Desk) -> Result<Json<Done>, Problem> {
    let (id, login) = desk.person()?;
    desk.office.directory.logout(desk.tenant(), login).await?;
    desk.note("user.logged_out", id).await?;
    Ok(Done::OK)
}

/// An address.
#[derive(Deserialize, ToSchema)]
pub(super) struct AddressBody {
    #[schema(value_type = EmailAddress, required)]
    email: Text,
}

/// Sends the way to a new password, which holds for half an hour. The answer is the same for every address.
#[utoipa::path(post, path = "/api/v1/auth/forgot-password", tag = "Authentication", request_body = AddressBody,
    responses((status = 200, body = Done), Faults))]
pub(super) async fn forgot(
    State(app): State<App>,
    Extension(office): Extension<Office>,
    Extension(rates): Extension<Arc<Rates>>,
    request: Request,
) -> Result<Json<Done>, Problem> {
    rates.forgot(from(&request))?;
    let body: AddressBody = read(&app, request).await?;
    let mut checks = Checks::default();
    let email = checks.email("email", &body.email);
    let email = checks.done(email)?.to_owned();
    let courier = office
        .courier
        .clone()
        .filter(|courier| courier.goes_by(Channel::Email));
    let courier = courier.ok_or(Problem::NO_MAIL)?;
    let (directory, now) = (Arc::clone(&office.directory), app.service.now());
    // Aside, so that the answer comes as soon for an address that nobody has.
    tokio::spawn(async move {
        let sent = match directory.forgot(&email, now).await {
            Ok(Some(token)) => courier.carry(way_back(email, &token)).await.is_ok(),
            Ok(None) => true,
            Err(_) => false,
        };
        if !sent {
            tracing::warn!("the way to a new password could not be sent");
        }
    });
    Ok(Done::OK)
}

/// The letter with the way to a new password.
fn way_back(email: String, token: &str) -> Letter {
    Letter {
        channel: Channel::Email,
        to: Redacted::new(email),
        subject: "A new password",
        text: Redacted::new(format!(
            "Somebody asked for a new password for this address. If it was you, this token serves for half an hour:\n\n{token}\n"
        )),
    }
}

/// A token and a new password.
#[derive(Deserialize, ToSchema)]
pub(super) struct ResetBody {
    /// As it was sent.
    #[schema(value_type = String, required, min_length = 1, max_length = 512, pattern = r"\S")]
    token: Text,
    #[schema(value_type = String, required, min_length = 15, max_length = 256, pattern = r"\S")]
    password: Text,
}

/// Chooses a new password by the token that was sent; every login ends.
#[utoipa::path(post, path = "/api/v1/auth/reset-password", tag = "Authentication", request_body = ResetBody,
    responses((status = 200, body = Done), Faults))]
pub(super) async fn reset(
    State(app): State<App>,
    Extension(office): Extension<Office>,
    request: Request,
) -> Result<Json<Done>, Problem> {
    let body: ResetBody = read(&app, request).await?;
    let mut checks = Checks::default();
    let token = checks.text("token", &body.token, TOKEN);
    let password = checks.text("password", &body.password, LONG);
    let (token, password) = checks.done(token.zip(password))?;
    office
        .directory
        .reset(token, password, app.service.now())
        .await?;
    Ok(Done::OK)
}

/// The old password and a new one.
#[derive(Deserialize, ToSchema)]
pub(super) struct ChangeBody {
    #[schema(value_type = String, required, min_length = 1, max_length = 256, pattern = r"\S")]
    current_password: Text,
    #[schema(value_type = String, required, min_length = 15, max_length = 256, pattern = r"\S")]
    new_password: Text,
}

/// Chooses a new password; every login ends, this one too.
#[utoipa::path(post, path = "/api/v1/auth/change-password", tag = "Authentication", request_body = ChangeBody,
    security(("jwt" = [])), responses((status = 200, body = Done), Faults))]
pub(super) async fn change(desk: Desk, request: Request) -> Result<Json<Done>, Problem> {
    let (id, _) = desk.person()?;
    let body: ChangeBody = read(&desk.app, request).await?;
    let mut checks = Checks::default();
    let old = checks.text("current_password", &body.current_password, LONG);
    let new = checks.text("new_password", &body.new_password, LONG);
    let (old, new) = checks.done(old.zip(new))?;
    desk.office
        .directory
        .change_password(desk.tenant(), id, old, new)
        .await?;
    desk.note("user.password_changed", id).await?;
    Ok(Done::OK)
}
