//! Live events on their way to the broker: a bounded queue in which the newest win.
//!
//! They are only hints for those who watch; the record of the same event travels by HTTPS and is
//! never dropped. While the broker is away the oldest hint makes room for the newest, and is counted.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

#[derive(Debug)]
struct Shared<T> {
    queue: Mutex<Queue<T>>,
    room: usize,
    arrived: Notify,
}

#[derive(Debug)]
struct Queue<T> {
    hints: VecDeque<T>,
    dropped: u64,
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, Queue<T>> {
        // Nothing under this lock can panic half-way: a poisoned queue is whole.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end that events are put into; never waits.
#[derive(Debug)]
pub(crate) struct HintSender<T>(Arc<Shared<T>>);

impl<T> Clone for HintSender<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// The end that the broker's task takes them from.
#[derive(Debug)]
pub(crate) struct HintReceiver<T>(Arc<Shared<T>>);

/// A queue of at most `room` hints (at least one).
pub(crate) fn hints<T>(room: usize) -> (HintSender<T>, HintReceiver<T>) {
    let shared = Arc::new(Shared {
        queue: Mutex::new(Queue {
            hints: VecDeque::new(),
            dropped: 0,
        }),
        room: room.max(1),
        arrived: Notify::new(),
    });
    (HintSender(Arc::clone(&shared)), HintReceiver(shared))
}

impl<T> HintSender<T> {
    /// Puts a hint in; the oldest one makes room where there is none.
    pub(crate) fn put(&self, hint: T) {
        let mut queue = self.0.lock();
        if queue.hints.len() >= self.0.room {
            queue.hints.pop_front();
            queue.dropped += 1;
        }
        queue.hints.push_back(hint);
        drop(queue);
        self.0.arrived.notify_one();
    }
}

impl<T> HintReceiver<T> {
    /// The oldest hint that is still there. May be cancelled without losing one.
    pub(crate) async fn next(&mut self) -> T {
        loop {
            if let Some(hint) = self.0.lock().hints.pop_front() {
                return hint;
            }
            self.0.arrived.notified().await;
        }
    }

    /// How many have been dropped since the start.
    pub(crate) fn dropped(&self) -> u64 {
        self.0.lock().dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_newest_win_and_the_dropped_are_counted() {
        let (sender, mut receiver) = hints(2);
        for number in 1..=5 {
            sender.put(number);
        }

        assert_eq!((receiver.next().await, receiver.next().await), (4, 5));
        assert_eq!(receiver.dropped(), 3);
    }

    #[tokio::test]
    async fn a_hint_wakes_the_one_who_waits() {
        let (sender, mut receiver) = hints(8);
        let waiting = tokio::spawn(async move { receiver.next().await });
        tokio::task::yield_now().await;

        sender.put("hint");

        assert_eq!(waiting.await.unwrap(), "hint");
    }
}
