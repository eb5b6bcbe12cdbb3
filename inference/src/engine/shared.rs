//! One network for several callers: a thread of its own runs it, and puts what they ask at about the same time into one
//! run where the graph takes it.
//!
//! ```text
//! caller ─┐                             ┌─ at most 5 ms for the others that asked lately, where the graph's batch is free
//! caller ─┴─► queue of 16 ─► thread ────┴─► one run, or one each ─► each caller its part
//! ```
//!
//! Nobody is waited for who did not ask within the last 100 ms: a camera alone waits for nothing, one that has stalled is not
//! waited for any more. A full queue holds its callers up; nothing is dropped. A caller that went away costs its run and
//! nothing else. The thread ends with the last caller, who waits for its end.
//!
//! The daemon's analysis runs on two threads where [`super::Provider::batches`] says so, each camera's frames on one that is
//! free, and both ask here. On a GPU that is *compiled, never run*; on the processor it is tested and not used (decision 0018).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use kiosk_capture::{Clock, SystemClock};
use ndarray::{ArrayD, ArrayViewD, Axis, Slice, concatenate};

use super::network::Port;
use super::{EngineError, Network};

/// Runs that may wait before a caller has to.
const QUEUE: usize = 16;
/// The longest that a caller waits for others to join its run.
const WAIT: Duration = Duration::from_millis(5);
/// For whom: three frames of a camera of 30 frames a second.
const LATELY: Duration = Duration::from_millis(100);
/// The most callers in one run.
pub(super) const MOST: usize = 8;

/// What a run gave, by the outputs' names.
pub type Answer = BTreeMap<String, ArrayD<f32>>;

/// A network that several threads run. Each clone is a caller of its own.
#[derive(Debug)]
pub struct SharedNetwork {
    caller: u64,
    common: Arc<Common>,
}

/// What all callers have in common.
#[derive(Debug)]
struct Common {
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    callers: AtomicU64,
    /// Taken when the last caller goes.
    queue: Option<SyncSender<Ask>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Ask {
    caller: u64,
    input: ArrayD<f32>,
    answer: SyncSender<Result<Answer, EngineError>>,
}

impl SharedNetwork {
    /// Starts the thread, which bears `name`. Runs are put together where the network takes batches.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(network: Network, name: &str) -> std::io::Result<Self> {
        let (queue, asked) = sync_channel(QUEUE);
        let (inputs, outputs) = network.ports();
        let (inputs, outputs) = (inputs.to_vec(), outputs.to_vec());
        let most = if network.takes_batches() { MOST } else { 1 };
        let mut served = Served {
            input: network.input_names().into_iter().next().unwrap_or_default(),
            outputs: network.output_names(),
            network,
        };
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                let mut gathering = Gathering::new(SystemClock::start(), most);
                while let Some(asks) = gathering.next(&asked) {
                    served.answer(asks);
                }
            })?;
        Ok(Self {
            caller: 0,
            common: Arc::new(Common {
                inputs,
                outputs,
                callers: AtomicU64::new(1),
                queue: Some(queue),
                thread: Some(thread),
            }),
        })
    }

    pub(super) fn ports(&self) -> (&[Port], &[Port]) {
        (&self.common.inputs, &self.common.outputs)
    }

    /// Runs the network's one input, `name`, and waits for what it gives; axis 0 is the batch.
    ///
    /// # Errors
    /// [`EngineError::Run`] where there is no such input, the run fails, or the thread has ended.
    pub fn run(&self, name: &str, input: ArrayD<f32>) -> Result<Answer, EngineError> {
        if self
            .common
            .inputs
            .first()
            .is_none_or(|port| port.name != name)
        {
            return Err(EngineError::Run(format!("there is no input {name}")));
        }
        let ended = || EngineError::Run("the network's thread has ended".into());
        let (answer, answered) = sync_channel(1);
        let ask = Ask {
            caller: self.caller,
            input,
            answer,
        };
        let queue = self.common.queue.as_ref().ok_or_else(ended)?;
        queue.send(ask).map_err(|_| ended())?;
        answered.recv().map_err(|_| ended())?
    }
}

impl Clone for SharedNetwork {
    fn clone(&self) -> Self {
        Self {
            caller: self.common.callers.fetch_add(1, Ordering::Relaxed),
            common: Arc::clone(&self.common),
        }
    }
}

impl Drop for Common {
    /// The thread ends when nobody can ask any more; at most one run is under way.
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has told its callers by their lost answers.
            drop(thread.join());
        }
    }
}

/// What is asked at about the same time.
struct Gathering<C> {
    clock: C,
    most: usize,
    /// When each caller asked last.
    asked_at: BTreeMap<u64, Duration>,
}

impl<C: Clock> Gathering<C> {
    const fn new(clock: C, most: usize) -> Self {
        Self {
            clock,
            most,
            asked_at: BTreeMap::new(),
        }
    }

    /// The next ask, with those that wait beside it, and those of the others who asked lately that come within [`WAIT`] of it;
    /// `None` when every caller is gone.
    fn next(&mut self, asked: &Receiver<Ask>) -> Option<Vec<Ask>> {
        let first = asked.recv().ok()?;
        let begun = self.clock.now();
        let wanted = self.expected(first.caller, begun);
        let until = begun + WAIT;
        let mut asks = vec![first];
        while asks.len() < self.most {
            let within = match asks.len() < wanted {
                true => until.saturating_sub(self.clock.now()),
                false => Duration::ZERO,
            };
            match asked.recv_timeout(within) {
                Ok(ask) => {
                    self.asked_at.insert(ask.caller, self.clock.now());
                    asks.push(ask);
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        Some(asks)
    }

    /// How many may ask about now.
    fn expected(&mut self, caller: u64, now: Duration) -> usize {
        self.asked_at.insert(caller, now);
        self.asked_at
            .retain(|_, asked_at| now.saturating_sub(*asked_at) <= LATELY);
        self.asked_at.len().min(self.most)
    }
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

#[cfg(test)]
mod tests {
    //! Who is waited for, and how long; what comes of it stands in `tests/shared.rs`.

    use super::*;

    fn ask(caller: u64) -> Ask {
        Ask {
            caller,
            input: ArrayD::zeros(vec![1, 1]),
            answer: sync_channel(1).0,
        }
    }

    fn callers(asks: &[Ask]) -> Vec<u64> {
        asks.iter().map(|ask| ask.caller).collect()
    }

    #[test]
    fn a_caller_alone_waits_for_nobody_and_two_are_put_together() {
        let (queue, asked) = sync_channel(QUEUE);
        let mut gathering = Gathering::new(SystemClock::start(), MOST);
        let clock = SystemClock::start();
        let waits = (0..5).map(|_| {
            queue.send(ask(0)).unwrap();
            let begun = clock.now();
            assert_eq!(callers(&gathering.next(&asked).unwrap()), [0]);
            clock.now() - begun
        });
        // The machine may be busy for one of them.
        assert!(waits.min().unwrap() < WAIT);
        queue.send(ask(1)).unwrap();
        assert_eq!(callers(&gathering.next(&asked).unwrap()), [1]);
        for order in [[0, 1], [1, 0]] {
            for caller in order {
                queue.send(ask(caller)).unwrap();
            }
            assert_eq!(callers(&gathering.next(&asked).unwrap()), order);
        }
    }

    #[test]
    fn one_that_stalled_is_waited_for_at_most_five_ms_and_soon_no_more() {
        let (queue, asked) = sync_channel(QUEUE);
        let mut gathering = Gathering::new(SystemClock::start(), MOST);
        let clock = SystemClock::start();
        for caller in [0, 1] {
            queue.send(ask(caller)).unwrap();
        }
        assert_eq!(gathering.next(&asked).unwrap().len(), 2);
        let mut waits = Vec::new();
        while clock.now() < LATELY * 2 {
            queue.send(ask(0)).unwrap();
            let begun = clock.now();
            assert_eq!(callers(&gathering.next(&asked).unwrap()), [0]);
            waits.push((begun, clock.now() - begun));
        }
        assert!(waits[0].1 >= WAIT, "{waits:?}");
        let later = waits.iter().filter(|(begun, _)| *begun > LATELY + WAIT);
        let later = later.map(|(_, took)| *took).min();
        assert!(later.unwrap() < WAIT, "{waits:?}");
        // While it is waited for; a busy machine adds to each, seldom to all of them.
        let waiting = waits.iter().filter(|(begun, _)| *begun < LATELY);
        let least = waiting.map(|(_, took)| *took).min();
        assert!(least.unwrap() < 2 * WAIT, "{waits:?}");
    }

    #[test]
    fn a_network_of_one_picture_waits_for_nobody_and_ends_with_its_callers() {
        let (queue, asked) = sync_channel(QUEUE);
        let mut gathering = Gathering::new(SystemClock::start(), 1);
        for caller in [0, 1] {
            queue.send(ask(caller)).unwrap();
        }
        drop(queue);
        assert_eq!(callers(&gathering.next(&asked).unwrap()), [0]);
        assert_eq!(callers(&gathering.next(&asked).unwrap()), [1]);
        assert!(gathering.next(&asked).is_none());
    }
}
