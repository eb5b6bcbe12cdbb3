//! HTTP: one module for each published dialect over one service.
//!
//! | dialect | module | mount |
//! |---|---|---|
//! | eKYC Onboarder | `onboarder` | `/partner`, `/kyc`, `/health` |
//! | KYC API | `kyc` | `/oauth2`, `/idv`, `/ping` and the like |
//! | Kairos | `kairos` | `/v0.1` |
//!
//! A dialect translates and decides nothing; `docs/api/` lists the operations and fields of each, and what is ours where
//! the published document is silent.

pub mod auth;
mod countries;
pub mod deliveries;
mod kairos;
mod kyc;
pub mod limits;
mod onboarder;
mod person;
pub mod registry;
pub mod service;
pub mod subscriptions;
pub mod tellings;
pub mod terms;
mod web;

use std::sync::Arc;

use axum::Router;

use auth::ApiKeys;
use limits::Limits;
use service::Verifications;

/// Every dialect's routes. `public_url` is what the outside calls this API, without a slash at the end.
pub fn router(
    service: Arc<dyn Verifications>,
    keys: ApiKeys,
    limits: Limits,
    public_url: String,
) -> Router {
    let app = web::App::new(service, keys, limits, public_url);
    onboarder::routes(&app)
        .merge(kyc::routes(&app))
        .nest("/v0.1", kairos::routes(&app))
        .with_state(app)
}
