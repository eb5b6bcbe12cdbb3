//! Who works with the API: opened from the store before it listens, with a first administrator where there is nobody.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;

use anyhow::Context;
use kiosk_api::courier::Courier;
use kiosk_api::service::Verifications;
use kiosk_api::{Office, OnRegistry};
use kiosk_staff::Directory;
use kiosk_wire::OsRandom;

use crate::config::Api;

/// Reads who works here, and makes the first administrator that the config asks for.
pub(crate) async fn open(
    api: &Api,
    service: Arc<dyn Verifications>,
    courier: Option<Arc<dyn Courier>>,
) -> anyhow::Result<Office> {
    let now = service.now();
    let of_keys = api.keys.iter().map(|key| key.tenant.clone());
    let of_staff = api.staff.iter().map(|staff| staff.tenant.clone());
    let tenants: BTreeSet<String> = of_keys.chain(of_staff).collect();
    let shelf = Arc::new(OnRegistry {
        service,
        tenants: tenants.into_iter().collect(),
    });
    let directory = Directory::open(shelf, Arc::new(OsRandom)).await;
    let directory = directory.context("[api] who works here can't be read")?;
    if let Some(staff) = &api.staff {
        let made = directory
            .first_admin(&staff.tenant, staff.admin_email.reveal(), now)
            .await;
        if let Some(first) = made.context("[api.staff] the first administrator can't be made")? {
            // To standard output and no log line. Under systemd that is the journal: once another was chosen it is worth nothing.
            let mut out = std::io::stdout().lock();
            writeln!(
                out,
                "first administrator's one-time password: {}",
                first.password.as_str()
            )
            .and_then(|()| out.flush())
            .context("the first administrator's password can't be printed")?;
        }
    }
    Ok(Office {
        directory: Arc::new(directory),
        courier,
    })
}
