//! One network for several callers: a thread of its own runs it, and puts what they ask at about the same time into one
//! run where that pays and the graph takes it.
//!
//! ```text
//! caller ─┐                             ┌─ at most 5 ms for more, where batches are wanted and the graph's batch is free
//! caller ─┴─► queue of 16 ─► thread ────┴─► one run, or one each ─► each caller its part
//! ```
//!
//! A full queue holds its callers up; nothing is dropped. A caller that went away costs its run and nothing else. The
//! thread ends when the last caller's handle is dropped.
//!
//! The daemon's one analysis thread runs every camera's networks in turn, so that nothing meets in a queue there, and the
//! networks of the stream have a fixed batch of one: this is for who runs a network with a free one from several threads.
//!
//! What a batch gains on the CPU was not measured (`cargo xtask gpu-check` prints it); on a GPU it is *compiled, never run*. [`super::Provider::batches`] says where batches are made.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use kiosk_capture::{Clock, SystemClock};
use ndarray::{ArrayD, ArrayViewD, Axis, Slice, concatenate};

use super::{EngineError, Network};

/// Runs that may wait before a caller has to.
const QUEUE: usize = 16;
/// The longest that a caller waits for others to join its run.
const WAIT: Duration = Duration::from_millis(5);
/// The most callers in one run.
const MOST: usize = 8;

/// What a run gave, by the outputs' names.
pub type Answer = BTreeMap<String, ArrayD<f32>>;

/// A network that several threads run. Clones share it.
#[derive(Debug, Clone)]
pub struct SharedNetwork {
    queue: SyncSender<Ask>,
}

struct Ask {
    input: ArrayD<f32>,
    answer: SyncSender<Result<Answer, EngineError>>,
}

impl SharedNetwork {
    /// Starts the thread, which bears `name`; `batches` says whether runs are put together.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(
        network: Network,
        name: &str,
        batches: bool,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (queue, asked) = sync_channel(QUEUE);
        let most = if batches && network.takes_batches() {
            MOST
        } else {
            1
        };
        let mut served = Served {
            input: network.input_names().into_iter().next().unwrap_or_default(),
            outputs: network.output_names(),
            network,
        };
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                let clock = SystemClock::start();
                while let Some(asks) = gathered(&asked, most, &clock) {
                    served.answer(asks);
                }
            })?;
        Ok((Self { queue }, thread))
    }

    /// Runs the network's one input and waits for what it gives; axis 0 is the batch.
    ///
    /// # Errors
    /// [`EngineError::Run`] where the run fails, or the thread has ended.
    pub fn run(&self, input: ArrayD<f32>) -> Result<Answer, EngineError> {
        let ended = || EngineError::Run("the network's thread has ended".into());
        let (answer, answered) = sync_channel(1);
        let ask = Ask { input, answer };
        self.queue.send(ask).map_err(|_| ended())?;
        answered.recv().map_err(|_| ended())?
    }
}

/// The next ask, and those that come within [`WAIT`] of it, `most` in all; `None` when every caller is gone.
fn gathered(asked: &Receiver<Ask>, most: usize, clock: &dyn Clock) -> Option<Vec<Ask>> {
    let mut asks = vec![asked.recv().ok()?];
    let until = clock.now() + WAIT;
    while asks.len() < most {
        match asked.recv_timeout(until.saturating_sub(clock.now())) {
            Ok(ask) => asks.push(ask),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    Some(asks)
}

struct Served {
    network: Network,
    input: String,
    outputs: Vec<String>,
}

impl Served {
    /// One run for all that are alike beyond their batch; where it fails, and for the others, one each.
    fn answer(&mut self, asks: Vec<Ask>) {
        let alike = asks
            .iter()
            .all(|ask| ask.input.shape().get(1..) == asks[0].input.shape().get(1..));
        if asks.len() > 1
            && alike
            && let Ok(answers) = self.together(&asks)
        {
            for (ask, answer) in asks.into_iter().zip(answers) {
                // Who went away needs no answer.
                drop(ask.answer.send(Ok(answer)));
            }
            return;
        }
        for ask in asks {
            let answer = self.run(ask.input.view());
            drop(ask.answer.send(answer));
        }
    }

    fn together(&mut self, asks: &[Ask]) -> Result<Vec<Answer>, EngineError> {
        let failed = |error: ndarray::ShapeError| EngineError::Run(error.to_string());
        let views: Vec<ArrayViewD<'_, f32>> = asks.iter().map(|ask| ask.input.view()).collect();
        let input = concatenate(Axis(0), &views).map_err(failed)?;
        let whole = self.run(input.view())?;
        if whole
            .values()
            .any(|all| all.shape().first() != input.shape().first())
        {
            return Err(EngineError::Run("an output has no batch".into()));
        }
        let mut from = 0;
        let parts = asks.iter().map(|ask| {
            let to = from + ask.input.shape()[0];
            let part =
                |all: &ArrayD<f32>| all.slice_axis(Axis(0), Slice::from(from..to)).to_owned();
            let answer = whole.iter().map(|(name, all)| (name.clone(), part(all)));
            let answer = answer.collect();
            from = to;
            answer
        });
        Ok(parts.collect())
    }

    fn run(&mut self, input: ArrayViewD<'_, f32>) -> Result<Answer, EngineError> {
        let Self {
            network,
            input: name,
            outputs,
        } = self;
        let given = network.run(&[(name.as_str(), input)])?;
        let one = |name: &String| Ok((name.clone(), given.get(name)?.to_owned()));
        outputs.iter().map(one).collect()
    }
}
