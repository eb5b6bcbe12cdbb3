//! The task that carries commands out, asks central for the time, and keeps the certificate fresh.

use std::sync::Arc;
use std::time::Duration;

use hyper::{Method, StatusCode};
use kiosk_wire::{Command, KioskId, Outcome, SignedCommand, limits, paths};
use rand::rngs::StdRng;
use tokio::sync::{Notify, mpsc, watch};

use super::{CentralsWord, Journal, Progress};
use crate::backoff::Backoff;
use crate::link::{Ask, Link};
use crate::reason::Why;
use crate::records::refusal;
use crate::renewal::Renewal;
use crate::true_time::TrueTime;

/// What the task needs.
pub(crate) struct Commander {
    pub(crate) kiosk: KioskId,
    pub(crate) word: CentralsWord,
    pub(crate) journal: Journal,
    pub(crate) link: Link,
    pub(crate) time: TrueTime,
    pub(crate) renewal: Renewal,
    /// What was heard by MQTT. Full, the newest is left to the next poll.
    pub(crate) heard: mpsc::Receiver<SignedCommand>,
    pub(crate) nudge: Arc<Notify>,
    pub(crate) poll: Duration,
    pub(crate) backoff: Backoff,
    pub(crate) rng: StdRng,
}

impl Commander {
    /// Runs until `stop` says so.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            // Fails only where the handle is gone: then it is time to stop, too.
            _ = stop.wait_for(|stop| *stop) => {}
            () = self.go() => {}
        }
    }

    async fn go(&mut self) {
        loop {
            let wait = match self.turn().await {
                Ok(()) => {
                    self.backoff.succeeded();
                    self.poll
                }
                Err(why) => {
                    // The records' task meets the same and shows it.
                    tracing::debug!(%why, "central was not asked for commands");
                    self.backoff.next(&mut self.rng)
                }
            };
            self.wait(wait).await;
        }
    }

    async fn turn(&mut self) -> Result<(), Why> {
        self.time.turn(&self.word.key, &self.link).await;
        self.tell().await?;
        let answer = self
            .link
            .ask(&Ask::bare(Method::GET, paths::open_commands(&self.kiosk)))
            .await?;
        if answer.status != StatusCode::OK {
            return Err(refusal(answer.status));
        }
        let open: Vec<SignedCommand> = serde_json::from_slice(&answer.body)
            .map_err(|_| Why::CentralUnintelligible("no list of commands"))?;
        for signed in open.iter().take(limits::COMMANDS) {
            let Some(command) = self.open(signed) else {
                // What comes after a forged one waits for it: nothing is done out of its turn.
                break;
            };
            if command.number > self.journal.done() && !self.carry_out(&command).await {
                break;
            }
            self.tell().await?;
        }
        self.renewal
            .turn(&self.kiosk, &mut self.link, &mut self.rng)
            .await;
        Ok(())
    }

    /// Waits for the next poll, a nudge, or a command by MQTT, which is carried out where it is its turn.
    async fn wait(&mut self, wait: Duration) {
        let heard = tokio::select! {
            () = tokio::time::sleep(wait) => return,
            () = self.nudge.notified() => return,
            heard = self.heard.recv() => heard,
        };
        let Some(signed) = heard else {
            // No broker is configured.
            return tokio::time::sleep(wait).await;
        };
        let Some(command) = self.open(&signed) else {
            return;
        };
        // With nothing done yet, the journal may be new and the command old: central's list says.
        let done = self.journal.done();
        if done > 0 && command.number == done + 1 {
            self.carry_out(&command).await;
        }
    }

    fn open(&self, signed: &SignedCommand) -> Option<Command> {
        match signed.open(&self.word.key, &self.kiosk) {
            Ok(command) => Some(command),
            Err(error) => {
                tracing::warn!(%error, "a command was refused");
                None
            }
        }
    }

    /// `false` where its outcome is not known yet, or could not be kept.
    async fn carry_out(&mut self, command: &Command) -> bool {
        let (number, kind) = (command.number, command.kind.as_str());
        let handler = self
            .word
            .handlers
            .iter()
            .find(|handler| handler.kind() == kind);
        let progress = match handler {
            Some(handler) => handler.carry_out(command).await,
            None => Progress::Ended(Outcome::Failed(
                "this kiosk knows no such kind of command; update it".into(),
            )),
        };
        let Progress::Ended(outcome) = progress else {
            tracing::info!(number, kind, "a command waits for a restart");
            return false;
        };
        let done = matches!(outcome, Outcome::Done(_));
        match self.journal.note(number, within_limits(outcome)) {
            Ok(()) => {
                tracing::info!(number, kind, done, "a command was carried out");
                true
            }
            Err(error) => {
                tracing::error!(%error, "a command's outcome could not be kept; check the state folder");
                false
            }
        }
    }

    /// Tells central every outcome that it does not know.
    async fn tell(&mut self) -> Result<(), Why> {
        while let Some((number, outcome)) = self.journal.untold() {
            let body = serde_json::to_vec(&outcome).map_err(Why::unready)?;
            let put = Ask {
                method: Method::PUT,
                path: paths::outcome(&self.kiosk, number),
                content_type: "application/json",
                body: body.into(),
            };
            let answer = self.link.ask(&put).await?;
            match answer.status {
                status if status.is_success() => {}
                // Central never issued it (it went back to a backup), or knows another outcome: saying it
                // again would change nothing.
                StatusCode::NOT_FOUND | StatusCode::CONFLICT => {
                    tracing::warn!(
                        number,
                        status = answer.status.as_u16(),
                        "central does not take an outcome"
                    );
                }
                status => return Err(refusal(status)),
            }
            self.journal.told(number).map_err(Why::unready)?;
        }
        Ok(())
    }
}

/// What central would not take is not told.
fn within_limits(outcome: Outcome) -> Outcome {
    let length = serde_json::to_vec(&outcome).map_or(usize::MAX, |bytes| bytes.len());
    match length <= limits::OUTCOME_BYTES {
        true => outcome,
        false => Outcome::Failed(format!(
            "its outcome is longer than {} bytes",
            limits::OUTCOME_BYTES
        )),
    }
}
