//! What central may have this kiosk do: one file a kind. A later part of the kiosk adds its own here.

mod diagnostics;
mod files;
pub mod trial;
mod wipe;

use std::path::PathBuf;
use std::sync::Arc;

use kiosk_store::Store;
use kiosk_sync::Handler;
use tokio::sync::Notify;

use crate::config::Config;
use crate::service::Known;
use trial::Trial;

/// The handlers of this kiosk. `restart` is rung where a file has to be tried by starting anew.
pub fn handlers(
    config: &Config,
    (store, known): (&Store, &Arc<Known>),
    trial: &Trial,
    restart: &Arc<Notify>,
) -> Vec<Arc<dyn Handler>> {
    let file = |kind, path: PathBuf| {
        Arc::new(files::Replace::new(
            kind,
            path,
            config.kiosk.clone(),
            trial.clone(),
            Arc::clone(restart),
        )) as Arc<dyn Handler>
    };
    let mut handlers: Vec<Arc<dyn Handler>> = vec![
        Arc::new(diagnostics::Diagnostics::new(config, store.clone())),
        Arc::new(wipe::Wipe(store.clone(), Arc::clone(known))),
        file(files::Kind::Config, trial.config().to_owned()),
    ];
    let commands = config.sync.as_ref().and_then(|sync| sync.commands.as_ref());
    if let Some(policy) = commands.and_then(|commands| commands.policy_file.clone()) {
        handlers.push(file(files::Kind::Policy, policy));
    }
    handlers
}
