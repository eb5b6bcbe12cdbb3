//! What central may have this kiosk do: one file a kind. A later part of the kiosk adds its own here.

mod diagnostics;
mod files;
pub mod trial;
mod wipe;

use std::path::PathBuf;
use std::sync::{Arc, Weak};

use kiosk_store::Store;
use kiosk_sync::Handler;
use tokio::sync::{Notify, watch};

use crate::config::Config;
use crate::service::Service;
use trial::Trial;

/// What a command rings for in the rest of the kiosk.
#[derive(Debug, Clone, Default)]
pub struct Bells {
    /// A file has to be tried by starting anew.
    pub restart: Arc<Notify>,
    /// The command whose file is on trial was heard again: central's word still comes through.
    pub heard: Arc<Notify>,
}

/// Where the service is found once it stands; sync, which brings commands, stands before it. Nobody's handle: the
/// service goes when its units go.
pub type Standing = watch::Receiver<Weak<Service>>;

/// Central's name in the audit, which no credential can have.
pub(crate) const CENTRAL: &str = "(central)";

/// The service, once it stands; `None` where the kiosk is on its way down.
async fn stands(service: &Standing) -> Option<Arc<Service>> {
    let mut standing = service.clone();
    let stands = standing
        .wait_for(|service| service.strong_count() > 0)
        .await;
    stands.ok().and_then(|service| service.upgrade())
}

/// The handlers of this kiosk.
pub fn handlers(
    config: &Config,
    store: &Store,
    trial: &Trial,
    bells: &Bells,
    service: Standing,
) -> Vec<Arc<dyn Handler>> {
    let file = |kind, path: PathBuf| {
        Arc::new(files::Replace::new(
            kind,
            (path, config.kiosk.clone()),
            trial.clone(),
            bells.clone(),
            service.clone(),
        )) as Arc<dyn Handler>
    };
    let mut handlers: Vec<Arc<dyn Handler>> = vec![
        Arc::new(diagnostics::Diagnostics::new(config, store.clone())),
        Arc::new(wipe::Wipe(service.clone())),
        file(files::Kind::Config, trial.config().to_owned()),
    ];
    let commands = config.sync.as_ref().and_then(|sync| sync.commands.as_ref());
    if let Some(policy) = commands.and_then(|commands| commands.policy_file.clone()) {
        handlers.push(file(files::Kind::Policy, policy));
    }
    handlers
}
