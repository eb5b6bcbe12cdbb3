//! HTTP: one module for each published dialect over one service.
//!
//! | dialect | module | mount |
//! |---|---|---|
//! | eKYC Onboarder | `onboarder` | `/partner`, `/kyc`, `/health` |
//! | KYC API | `kyc` | `/oauth2`, `/idv`, `/ping` and the like |
//! | Kairos | `kairos` | `/v0.1` |
//! | Master EKYC | `master` | `/api` |
//! | KYConnect | `connect` | `/api/v1` |
//!
//! `docs` serves each one's OpenAPI document at `/docs/{dialect}`.
//!
//! A dialect translates and decides nothing; `docs/api/` lists the operations and fields of each, and what is ours where
//! the published document is silent.

pub mod audit;
pub mod auth;
mod connect;
mod countries;
pub mod courier;
pub mod deliveries;
mod docs;
mod kairos;
mod kyc;
pub mod limits;
mod master;
mod onboarder;
pub mod origin;
mod person;
pub mod registry;
pub mod screening;
pub mod service;
pub mod subscriptions;
pub mod tellings;
pub mod terms;
mod web;

use std::sync::Arc;

use axum::Router;

use auth::ApiKeys;
pub use docs::documents;
use limits::Limits;
use service::Verifications;

pub use connect::{Office, OnRegistry};

/// Every dialect's routes. `public_url` is what the outside calls this API, without a slash at the end; `codes` sends one-time
/// codes, where the kiosk has a way to.
pub fn router(
    service: Arc<dyn Verifications>,
    keys: ApiKeys,
    limits: Limits,
    public_url: String,
    codes: Option<courier::Codes>,
    office: Office,
) -> Router {
    let app = web::App::new(service, keys, limits, public_url);
    onboarder::routes(&app)
        .merge(kyc::routes(&app))
        .merge(docs::routes())
        .nest("/v0.1", kairos::routes(&app))
        .nest("/api", master::routes(&app, codes))
        .nest("/api/v1", connect::routes(&app, office))
        .with_state(app)
}
