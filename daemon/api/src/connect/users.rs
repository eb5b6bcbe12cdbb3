//! `/users`: who works here, as what, and who is asked to.

use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::{Extension, Json};
use kiosk_session::Redacted;
use kiosk_staff::{Invitation, Role, StaffError, User};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Office;
use super::access::Desk;
use super::body::{Checks, Done, LONG, TOKEN, Text, read};
use super::fault::Faults;
use crate::audit::Actor;
use crate::courier::{Channel, Letter};
use crate::docs::shapes::EmailAddress;
use crate::onboarder::words::moment;
use crate::origin;
use crate::web::App;
use crate::web::problem::Problem;

/// `{id}` of an address. What is no UUID names nobody.
pub(super) struct Named(pub(super) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let unknown = || Problem::from(StaffError::Unknown("id"));
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| unknown())?;
        Uuid::try_parse(&text).map(Self).map_err(|_| unknown())
    }
}

/// Somebody who works here.
#[derive(Serialize, ToSchema)]
pub(super) struct UserShown {
    id: Uuid,
    email: String,
    name: String,
    /// `admin`, `compliance`, `agent` or `viewer`.
    #[schema(value_type = String)]
    role: Role,
    /// Whether they may log in.
    active: bool,
    mfa_enabled: bool,
    created_at: String,
    last_login_at: Option<String>,
}

impl From<User> for UserShown {
    fn from(user: User) -> Self {
        Self {
            mfa_enabled: user.has_second_factor(),
            id: user.id,
            email: user.email,
            name: user.name,
            role: user.role,
            active: user.active,
            created_at: moment(user.created_at),
            last_login_at: user.last_login_at.map(moment),
        }
    }
}

/// Everybody who works here.
#[derive(Serialize, ToSchema)]
pub(super) struct Users {
    data: Vec<UserShown>,
    total: usize,
}

/// Lists who works here, oldest first.
#[utoipa::path(get, path = "/api/v1/users", tag = "User Management",
    security(("jwt" = []), ("api_key" = [])), responses((status = 200, body = Users), Faults))]
pub(super) async fn list(desk: Desk) -> Result<Json<Users>, Problem> {
    let users = desk.office.directory.users(desk.tenant()).await?;
    let data: Vec<UserShown> = users.into_iter().map(UserShown::from).collect();
    Ok(Json(Users {
        total: data.len(),
        data,
    }))
}

/// Shows somebody.
#[utoipa::path(get, path = "/api/v1/users/{id}", tag = "User Management", params(("id" = Uuid, Path)),
    security(("jwt" = []), ("api_key" = [])), responses((status = 200, body = UserShown), Faults))]
pub(super) async fn show(desk: Desk, Named(id): Named) -> Result<Json<UserShown>, Problem> {
    Ok(Json(
        desk.office.directory.user(desk.tenant(), id).await?.into(),
    ))
}

/// What is to be changed; the rest stays.
#[derive(Deserialize, ToSchema)]
pub(super) struct UserChange {
    /// `admin`, `compliance`, `agent` or `viewer`.
    #[schema(value_type = Option<String>, pattern = "^(admin|compliance|agent|viewer)$")]
    role: Text,
    active: Option<bool>,
}

/// Changes a role, or whether somebody may come in. The last administrator stays one.
#[utoipa::path(patch, path = "/api/v1/users/{id}", tag = "User Management", params(("id" = Uuid, Path)),
    request_body = UserChange, security(("jwt" = []), ("api_key" = [])),
    responses((status = 200, body = UserShown), Faults))]
pub(super) async fn change(
    desk: Desk,
    Named(id): Named,
    request: Request,
) -> Result<Json<UserShown>, Problem> {
    let body: UserChange = read(&desk.app, request).await?;
    let mut checks = Checks::default();
    let role = match &body.role {
        Text::Absent => None,
        role => checks.word("role", role, Role::NAMED),
    };
    checks.done(Some(()))?;
    let user = desk
        .office
        .directory
        .change_user(desk.tenant(), id, role, body.active)
        .await?;
    desk.note("user.changed", id).await?;
    Ok(Json(user.into()))
}

/// Removes somebody, with all logins.
#[utoipa::path(delete, path = "/api/v1/users/{id}", tag = "User Management", params(("id" = Uuid, Path)),
    security(("jwt" = []), ("api_key" = [])), responses((status = 200, body = Done), Faults))]
pub(super) async fn remove(desk: Desk, Named(id): Named) -> Result<Json<Done>, Problem> {
    desk.office.directory.remove_user(desk.tenant(), id).await?;
    desk.note("user.removed", id).await?;
    Ok(Done::OK)
}

/// Whom to ask, and as what.
#[derive(Deserialize, ToSchema)]
pub(super) struct InvitationBody {
    #[schema(value_type = EmailAddress, required)]
    email: Text,
    /// `admin`, `compliance`, `agent` or `viewer`.
    #[schema(value_type = String, required, pattern = "^(admin|compliance|agent|viewer)$", example = "agent")]
    role: Text,
}

/// An invitation.
#[derive(Serialize, ToSchema)]
pub(super) struct InvitationShown {
    id: Uuid,
    email: String,
    /// `admin`, `compliance`, `agent` or `viewer`.
    #[schema(value_type = String)]
    role: Role,
    /// A user's id, or a key's name.
    invited_by: String,
    expires_at: String,
    /// Whether the token went to its receiver by e-mail; absent in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sent: Option<bool>,
    /// The token to come in with, where no e-mail carried it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    token: Option<String>,
}

impl From<Invitation> for InvitationShown {
    fn from(asked: Invitation) -> Self {
        Self {
            id: asked.id,
            email: asked.email,
            role: asked.role,
            invited_by: asked.invited_by,
            expires_at: moment(asked.expires_at),
            sent: None,
            token: None,
        }
    }
}

/// Asks somebody to work here. By e-mail where this kiosk sends any; else the token is in the answer, to be handed over.
#[utoipa::path(post, path = "/api/v1/users/invitations", tag = "User Management", request_body = InvitationBody,
    security(("jwt" = []), ("api_key" = [])), responses((status = 201, body = InvitationShown), Faults))]
pub(super) async fn invite(
    desk: Desk,
    request: Request,
) -> Result<(StatusCode, Json<InvitationShown>), Problem> {
    let body: InvitationBody = read(&desk.app, request).await?;
    let mut checks = Checks::default();
    let email = checks.email("email", &body.email);
    let role = checks.word("role", &body.role, Role::NAMED);
    let (email, role) = checks.done(email.zip(role))?;
    let by = (desk.principal.tenant.as_str(), desk.principal.name.as_str());
    let asked = desk
        .office
        .directory
        .invite(by, email, role, desk.now())
        .await?;
    desk.note("user.invited", asked.invitation.id).await?;
    let courier = desk
        .office
        .courier
        .filter(|courier| courier.goes_by(Channel::Email));
    let sent = match courier {
        None => false,
        Some(courier) => {
            let letter = Letter {
                channel: Channel::Email,
                to: Redacted::new(asked.invitation.email.clone()),
                subject: "An invitation",
                text: Redacted::new(format!(
                    "You are invited to work with an identity kiosk. This token serves for a week:\n\n{}\n",
                    asked.token.as_str()
                )),
            };
            courier.carry(letter).await.is_ok()
        }
    };
    let shown = InvitationShown {
        sent: Some(sent),
        token: (!sent).then(|| asked.token.to_string()),
        ..asked.invitation.into()
    };
    Ok((StatusCode::CREATED, Json(shown)))
}

/// The invitations that hold.
#[derive(Serialize, ToSchema)]
pub(super) struct Invitations {
    data: Vec<InvitationShown>,
    total: usize,
}

/// Lists the invitations that hold.
#[utoipa::path(get, path = "/api/v1/users/invitations", tag = "User Management",
    security(("jwt" = []), ("api_key" = [])), responses((status = 200, body = Invitations), Faults))]
pub(super) async fn invitations(desk: Desk) -> Result<Json<Invitations>, Problem> {
    let asked = desk
        .office
        .directory
        .invitations(desk.tenant(), desk.now())
        .await?;
    let data: Vec<InvitationShown> = asked.into_iter().map(InvitationShown::from).collect();
    Ok(Json(Invitations {
        total: data.len(),
        data,
    }))
}

/// Takes an invitation back.
#[utoipa::path(delete, path = "/api/v1/users/invitations/{id}", tag = "User Management", params(("id" = Uuid, Path)),
    security(("jwt" = []), ("api_key" = [])), responses((status = 200, body = Done), Faults))]
pub(super) async fn uninvite(desk: Desk, Named(id): Named) -> Result<Json<Done>, Problem> {
    desk.office.directory.uninvite(desk.tenant(), id).await?;
    desk.note("user.invitation_withdrawn", id).await?;
    Ok(Done::OK)
}

/// An invitation's token, and who comes by it.
#[derive(Deserialize, ToSchema)]
pub(super) struct AcceptBody {
    #[schema(value_type = String, required, min_length = 1, max_length = 512, pattern = r"\S")]
    token: Text,
    #[schema(value_type = String, required, min_length = 1, max_length = 256, pattern = r"\S", example = "A. Colleague")]
    name: Text,
    #[schema(value_type = String, required, min_length = 15, max_length = 256, pattern = r"\S")]
    password: Text,
}

/// Comes by an invitation.
#[utoipa::path(post, path = "/api/v1/users/invitations/accept", tag = "User Management", request_body = AcceptBody,
    responses((status = 201, body = UserShown), Faults))]
pub(super) async fn accept(
    State(app): State<App>,
    Extension(office): Extension<Office>,
    request: Request,
) -> Result<(StatusCode, Json<UserShown>), Problem> {
    let address = origin::of(&request);
    let body: AcceptBody = read(&app, request).await?;
    let mut checks = Checks::default();
    let token = checks.text("token", &body.token, TOKEN);
    let name = checks.text("name", &body.name, LONG);
    let password = checks.text("password", &body.password, LONG);
    let (token, who) = checks.done(token.zip(name.zip(password)))?;
    let (tenant, user) = office
        .directory
        .accept(token, who, app.service.now())
        .await?;
    let id = user.id.to_string();
    let who = Actor {
        tenant,
        name: id.clone(),
        address,
    };
    app.service.record(&who, "user.created", Some(&id)).await?;
    Ok((StatusCode::CREATED, Json(user.into())))
}
