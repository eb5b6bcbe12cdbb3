//! The dialect of KYConnect: staff with passwords and roles, machines with keys, cases, verifications, watch lists, audit.
//!
//! ```text
//! Authorization: Bearer (15 minutes, of a login) ┐
//! X-API-Key (made here, or of the config)        ┴─► access: scopes ─► handler ─► the one service
//! ```
//!
//! It translates and decides nothing; who may come in is `kiosk-staff`'s. `docs/api/kyconnect.md` lists its operations and
//! fields: the published document names categories, limits and forms, nearly every body is ours.

mod access;
mod aml;
mod audit;
mod auth;
mod body;
mod fault;
mod files;
mod health;
mod keys;
mod mfa;
mod onboarding;
mod openapi;
mod postman;
mod rates;
mod shelf;
mod users;
mod verification;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, delete, get, post};
use axum::{Extension, Router};
use kiosk_staff::{Directory, Scope};

use crate::courier::Courier;
use crate::onboarder::{document, liveness, selfie, submit};
use crate::web::watch::mounted_as;
use crate::web::{App, FORM_BYTES};
use access::{Needs, behind};
use rates::Rates;

pub(crate) use openapi::document as openapi;
pub use shelf::OnRegistry;

/// What this dialect has beside the service.
#[derive(Clone)]
pub struct Office {
    /// Who works here.
    pub directory: Arc<Directory>,
    /// What carries letters to them; without one, invitations are told to who makes them.
    pub courier: Option<Arc<dyn Courier>>,
}

/// The dialect's routes, below its version.
pub(crate) fn routes(app: &App, office: Office) -> Router<App> {
    let rates = Arc::new(Rates::new(&app.settings.limits));
    let layered = rates::each(app, &rates);
    let links = Arc::new(files::Links::draw());
    let routes = Router::new()
        .merge(open())
        .merge(people(app, &office))
        .merge(cases(app, &office))
        .merge(captures(app, &office))
        .layer(Extension(links))
        .layer(Extension(rates))
        .layer(Extension(office));
    mounted_as(layered(routes), fault::FORM)
}

/// What asks for no credential.
fn open() -> Router<App> {
    Router::new()
        .route("/auth/login", post(auth::login))
        .route("/auth/refresh", post(auth::refresh))
        .route("/auth/forgot-password", post(auth::forgot))
        .route("/auth/reset-password", post(auth::reset))
        .route("/users/invitations/accept", post(users::accept))
        .route("/storage/files/{link}", get(files::download))
        .route("/health", get(health::whole))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/health/postman-collection", get(postman::download))
}

/// Who works here, and with what.
fn people(app: &App, office: &Office) -> Router<App> {
    let of = |needs: Needs, route: MethodRouter<App>| behind(app, office, needs, route);
    let may = |scope: Scope, route: MethodRouter<App>| of(Needs::Scope(scope), route);
    Router::new()
        .route("/auth/me", of(Needs::Anybody, get(auth::me)))
        .route(
            "/auth/logout",
            of(Needs::UserOfAnyPassword, post(auth::logout)),
        )
        .route(
            "/auth/change-password",
            of(Needs::UserOfAnyPassword, post(auth::change)),
        )
        .route("/auth/mfa/setup", of(Needs::User, post(mfa::setup)))
        .route("/auth/mfa/enable", of(Needs::User, post(mfa::enable)))
        .route("/auth/mfa/disable", of(Needs::User, post(mfa::disable)))
        .route(
            "/api-keys",
            may(Scope::KeysRead, get(keys::list)).merge(may(Scope::KeysWrite, post(keys::make))),
        )
        .route(
            "/api-keys/{id}",
            may(Scope::KeysWrite, delete(keys::revoke)),
        )
        .route("/users", may(Scope::UsersRead, get(users::list)))
        .route(
            "/users/invitations",
            may(Scope::UsersRead, get(users::invitations))
                .merge(may(Scope::UsersWrite, post(users::invite))),
        )
        .route(
            "/users/invitations/{id}",
            may(Scope::UsersWrite, delete(users::uninvite)),
        )
        .route(
            "/users/{id}",
            may(Scope::UsersRead, get(users::show)).merge(may(
                Scope::UsersWrite,
                delete(users::remove).patch(users::change),
            )),
        )
        .route("/audit", may(Scope::AuditRead, get(audit::list)))
        .route("/audit/verify", may(Scope::AuditRead, get(audit::verify)))
        .route("/audit/export", may(Scope::AuditRead, get(audit::export)))
}

/// Cases, verifications, watch lists, pictures.
fn cases(app: &App, office: &Office) -> Router<App> {
    use Scope::{
        AmlRead, AmlWrite, OnboardingRead, OnboardingWrite, StorageRead, VerificationRead,
        VerificationWrite,
    };
    let may =
        |scope: Scope, route: MethodRouter<App>| behind(app, office, Needs::Scope(scope), route);
    Router::new()
        .route("/onboarding", may(OnboardingRead, get(onboarding::list)))
        .route(
            "/onboarding/individual",
            may(OnboardingWrite, post(onboarding::individual)),
        )
        .route(
            "/onboarding/business",
            may(OnboardingWrite, post(onboarding::business)),
        )
        .route(
            "/onboarding/{session_id}",
            may(OnboardingRead, get(onboarding::show)),
        )
        .route(
            "/verification/sessions",
            may(VerificationRead, get(verification::list))
                .merge(may(VerificationWrite, post(verification::start))),
        )
        .route(
            "/verification/sessions/{session_id}",
            may(VerificationRead, get(verification::show)),
        )
        .route(
            "/verification/sessions/{session_id}/result",
            may(VerificationRead, get(verification::result)),
        )
        .route(
            "/verification/sessions/{session_id}/consent",
            may(VerificationWrite, post(verification::consent)),
        )
        .route(
            "/verification/sessions/{session_id}/cancel",
            may(VerificationWrite, post(verification::cancel)),
        )
        .route(
            "/verification/sessions/{session_id}/submit",
            may(VerificationWrite, post(submit::submit)),
        )
        .route("/aml/screen", may(AmlRead, post(aml::screen)))
        .route("/aml/lists", may(AmlRead, get(aml::lists)))
        .route(
            "/aml/exceptions",
            may(AmlRead, get(aml::exceptions)).merge(may(AmlWrite, post(aml::except))),
        )
        .route("/aml/exceptions/{id}", may(AmlWrite, delete(aml::unexcept)))
        .route("/storage/presign", may(StorageRead, post(files::presign)))
}

/// What is captured of a person: the Onboarder's own steps, with its bodies.
fn captures(app: &App, office: &Office) -> Router<App> {
    let limits = &app.settings.limits;
    let may = |route: MethodRouter<App>| {
        behind(app, office, Needs::Scope(Scope::VerificationWrite), route)
    };
    let pictures = DefaultBodyLimit::max(2 * limits.picture_bytes + FORM_BYTES);
    let clip = DefaultBodyLimit::max(limits.clip_bytes + FORM_BYTES + 512 * limits.clip_files);
    Router::new()
        .route(
            "/verification/sessions/{session_id}/document",
            may(post(document::add).layer(pictures)),
        )
        .route(
            "/verification/sessions/{session_id}/selfie",
            may(post(selfie::add).layer(pictures)),
        )
        .route(
            "/verification/sessions/{session_id}/liveness/challenge",
            may(post(liveness::challenge)),
        )
        .route(
            "/verification/sessions/{session_id}/liveness",
            may(post(liveness::add).layer(clip)),
        )
}
