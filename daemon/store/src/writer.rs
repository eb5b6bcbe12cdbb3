//! The one thread that writes. It takes everything that waits and makes it durable with one sync.
//!
//! ```text
//!  wait for one ──► take all that wait besides (bounded) ──► turn ──► commit ──► answers ──► wait …
//!                                                                       │ fails
//!                                  no room: everyone is told, and the next turn tries again
//!                                  else: nothing is written any more; everyone is told
//! ```

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use tokio::sync::mpsc;

use crate::StoreError;
use crate::head::Witness;
use crate::recovery::Ends;
use crate::store::Shared;
use crate::turn::{Request, Turn};

/// Requests that one sync may serve.
const MOST_REQUESTS: usize = 512;
/// Event bytes that one sync may serve; one request may go beyond.
const MOST_BYTES: usize = 4 * 1024 * 1024;

pub(crate) struct Writer {
    shared: Arc<Shared>,
    waiting: mpsc::Receiver<Request>,
    witness: Witness,
    ends: Ends,
}

impl Writer {
    pub(crate) fn start(
        shared: Arc<Shared>,
        waiting: mpsc::Receiver<Request>,
        witness: Witness,
        ends: Ends,
    ) -> Result<JoinHandle<()>, StoreError> {
        let path = shared.config.folder.clone();
        let writer = Self {
            shared,
            waiting,
            witness,
            ends,
        };
        std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || writer.run())
            .map_err(StoreError::io("given a writer thread", path))
    }

    /// Until every handle is gone or one has closed the store, and nothing waits.
    fn run(mut self) {
        while let Some(first) = self.waiting.blocking_recv() {
            let requests = self.gather(first);
            // A request that was taken is answered or dropped; a dropped answer reads as a failure.
            if catch_unwind(AssertUnwindSafe(|| self.serve(requests))).is_err() {
                let _ = self.shared.broken.set("the writer panicked".into());
            }
        }
        if let Err(error) = self.close() {
            tracing::warn!(%error, "the store was not closed well; the next opening looks closer");
        }
    }

    /// Notes that nothing is written any more; a store that is broken is left as a crash leaves it.
    fn close(&self) -> Result<(), StoreError> {
        self.shared.writable()?;
        self.shared.log.settle()?;
        self.witness.sync()
    }

    fn gather(&mut self, first: Request) -> Vec<Request> {
        let mut weight = first.weight();
        let mut requests = vec![first];
        while requests.len() < MOST_REQUESTS && weight < MOST_BYTES {
            let Ok(next) = self.waiting.try_recv() else {
                break;
            };
            weight += next.weight();
            requests.push(next);
        }
        requests
    }

    fn serve(&mut self, requests: Vec<Request>) {
        let mut together = Vec::new();
        for request in requests {
            match request {
                Request::Close { .. } => {
                    self.turn(std::mem::take(&mut together));
                    // Nobody can ask any more; what waits already is still served.
                    self.waiting.close();
                    self.turn(vec![request]);
                }
                Request::Clean { answer } => {
                    self.turn(std::mem::take(&mut together));
                    // Nobody listens where the caller has stopped waiting.
                    let _ = answer.send(self.clean());
                }
                request if request.is_alone() => {
                    self.turn(std::mem::take(&mut together));
                    self.turn(vec![request]);
                }
                request => together.push(request),
            }
        }
        self.turn(together);
    }

    fn clean(&self) -> Result<bool, StoreError> {
        self.shared.writable()?;
        let cleaned = self.shared.log.clean();
        if let Err(error) = &cleaned
            && !error.is_full()
        {
            let _ = self.shared.broken.set(error.to_string());
        }
        if let Ok(bytes) = self.shared.log.bytes() {
            self.shared.log_bytes.store(bytes, Ordering::Release);
        }
        cleaned
    }

    /// After everyone was answered. What was committed is durable whatever becomes of it.
    fn settle(&self) {
        if let Err(error) = self.shared.log.settle_when_due() {
            tracing::error!(%error, "the view can't be settled; the store can't be written any more");
            let _ = self.shared.broken.set(error.to_string());
        }
    }

    fn turn(&mut self, requests: Vec<Request>) {
        if requests.is_empty() {
            return;
        }
        if let Err(error) = self.shared.writable() {
            requests
                .into_iter()
                .for_each(|request| request.refuse(error.clone()));
            return;
        }
        let shared = Arc::clone(&self.shared);
        let mut turn = Turn::new(&shared, self.ends);
        requests.into_iter().for_each(|request| turn.take(request));
        match turn.finish(&self.witness) {
            Ok(ends) => {
                self.ends = ends;
                self.settle();
            }
            // Nothing was written, and the log stands as it stood.
            Err(error) if error.is_full() => {}
            Err(error) => {
                tracing::error!(%error, "the store can't be written any more");
                let _ = self.shared.broken.set(error.to_string());
            }
        }
    }
}
