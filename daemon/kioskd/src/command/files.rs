//! `config` and `policy`: a file from central is checked as `--check` does it, then tried by a start.
//!
//! Body: `{"toml": "..."}`, the whole file. The name of the kiosk and of its tenant stay what they are.

use std::path::PathBuf;

use async_trait::async_trait;
use kiosk_api::audit::{Actor, Audit};
use kiosk_sync::{Handler, Progress};
use kiosk_wire::{Command, Outcome};
use serde::Deserialize;

use super::trial::Trial;
use super::{Bells, CENTRAL, Standing, stands};
use crate::config::{Config, Fault, Kiosk, policy_over_shipped};
use crate::service::Service;

/// Which file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The config file.
    Config,
    /// The policy file that central may write.
    Policy,
}

/// Replaces one file.
pub struct Replace {
    kind: Kind,
    file: PathBuf,
    kiosk: Kiosk,
    trial: Trial,
    bells: Bells,
    service: Standing,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    toml: String,
}

impl Replace {
    /// A handler for this file.
    pub fn new(
        kind: Kind,
        (file, kiosk): (PathBuf, Kiosk),
        trial: Trial,
        bells: Bells,
        service: Standing,
    ) -> Self {
        Self {
            kind,
            file,
            kiosk,
            trial,
            bells,
            service,
        }
    }

    /// How far a command is that was begun before.
    fn begun(&self, command: &Command) -> Result<Option<Progress>, String> {
        let verdict = self.trial.verdict(command.number).map_err(unkept)?;
        if let Some(outcome) = verdict {
            return Ok(Some(Progress::Ended(outcome)));
        }
        if self.trial.is_on(command.number).map_err(unkept)? {
            self.bells.heard.notify_one();
            return Ok(Some(Progress::AfterRestart));
        }
        Ok(None)
    }

    /// The file that a command brings, checked.
    fn brought(&self, command: &Command) -> Result<String, String> {
        let Body { toml } = Body::deserialize(&command.body)
            .map_err(|_| "the body must be {\"toml\": \"...\"}".to_owned())?;
        self.check(&toml)?;
        Ok(toml)
    }

    /// Small files, written seldom: they may hold the thread up.
    async fn carry(&self, command: &Command) -> Result<Progress, String> {
        if let Some(progress) = tokio::task::block_in_place(|| self.begun(command))? {
            return Ok(progress);
        }
        let toml = tokio::task::block_in_place(|| self.brought(command))?;
        let Some(service) = stands(&self.service).await else {
            // The kiosk is on its way down: the next start begins this command again.
            return Ok(Progress::AfterRestart);
        };
        self.record(&service, command).await?;
        let staged = || {
            self.trial
                .stage(command.number, &self.file, toml.as_bytes())
        };
        tokio::task::block_in_place(staged).map_err(unkept)?;
        self.bells.restart.notify_one();
        Ok(Progress::AfterRestart)
    }

    /// In the audit before it is tried: whether it stays shows at the starts after it.
    async fn record(&self, service: &Service, command: &Command) -> Result<(), String> {
        let who = Actor {
            tenant: self.kiosk.tenant.clone(),
            name: CENTRAL.to_owned(),
            address: None,
        };
        let action = match self.kind {
            Kind::Config => "config.ordered",
            Kind::Policy => "policy.ordered",
        };
        let object = format!("command {}", command.number);
        let recorded = service.record(&who, action, Some(&object)).await;
        recorded.map_err(|fault| format!("the order can't be recorded: {fault}"))
    }

    fn check(&self, toml: &str) -> Result<(), String> {
        match self.kind {
            Kind::Config => self.check_config(toml),
            Kind::Policy => check_policy(toml),
        }
    }

    fn check_config(&self, toml: &str) -> Result<(), String> {
        let config = Config::from_text(&self.file, toml).map_err(|faults| told(&faults))?;
        let missing = config.missing_files();
        if !missing.is_empty() {
            return Err(told(&missing));
        }
        if config.kiosk.id != self.kiosk.id || config.kiosk.tenant != self.kiosk.tenant {
            return Err("[kiosk] id and tenant stay what they are; enrol another kiosk".into());
        }
        let hears = config.sync.is_some_and(|sync| sync.commands.is_some());
        match hears {
            true => Ok(()),
            false => Err("without [sync.commands] this kiosk would hear of central no more".into()),
        }
    }
}

fn check_policy(toml: &str) -> Result<(), String> {
    let checked = || -> std::io::Result<Result<(), String>> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("policy.toml");
        std::fs::write(&file, toml)?;
        Ok(policy_over_shipped(&[file])
            .map(|_| ())
            .map_err(|faults| told(&faults)))
    };
    checked().map_err(unkept)?
}

/// Every fault on a line; a config's texts name keys, lines and files, never a person.
fn told(faults: &[Fault]) -> String {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn unkept(error: std::io::Error) -> String {
    format!("the file cannot be kept ({error}); let kioskd write the folder of its config")
}

#[async_trait]
impl Handler for Replace {
    fn kind(&self) -> &'static str {
        match self.kind {
            Kind::Config => "config",
            Kind::Policy => "policy",
        }
    }

    async fn carry_out(&self, command: &Command) -> Progress {
        self.carry(command)
            .await
            .unwrap_or_else(|why| Progress::Ended(Outcome::Failed(why)))
    }
}
