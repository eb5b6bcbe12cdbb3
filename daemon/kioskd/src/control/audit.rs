//! The audit over the control socket: its entries, and what is wrong with the log.

use axum::Json;
use axum::extract::State as Shared;
use kiosk_api::audit::{Audit, AuditFilter, AuditVerdict, MOST_ENTRIES};
use serde::Deserialize;

use super::{Answer, Control};

/// Whose audit; the kiosk's own tenant's where none is named. Who may open the socket may read the store.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Audited {
    tenant: Option<String>,
    #[serde(default)]
    cursor: Option<u64>,
}

impl Audited {
    fn tenant<'a>(&'a self, control: &'a Control) -> &'a str {
        self.tenant.as_deref().unwrap_or(&control.caller.tenant)
    }
}

pub(super) async fn entries(
    Shared(control): Shared<Control>,
    Json(audited): Json<Audited>,
) -> Answer<serde_json::Value> {
    let filter = AuditFilter {
        cursor: audited.cursor,
        limit: MOST_ENTRIES,
        ..AuditFilter::default()
    };
    let service = control.station.service();
    let page = service.entries(audited.tenant(&control), filter).await?;
    let entries = serde_json::json!({ "entries": page.entries, "next": page.next });
    Ok(Json(entries))
}

pub(super) async fn verdict(
    Shared(control): Shared<Control>,
    Json(audited): Json<Audited>,
) -> Answer<AuditVerdict> {
    let service = control.station.service();
    Ok(Json(service.verify(audited.tenant(&control)).await?))
}
