//! One supervisor: a unit that fails is started again, so many times in so long; then the process ends and
//! systemd takes over.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

/// Restarts a unit may need before the process gives up.
const BUDGET: u32 = 5;
/// A unit that ran this long without failing has its budget back.
const FORGIVEN_AFTER: Duration = Duration::from_secs(600);
/// Wait before a restart, doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// The units of a daemon.
pub struct Supervisor {
    units: JoinSet<&'static str>,
    stop: watch::Sender<bool>,
}

impl Supervisor {
    /// No units yet.
    pub fn new() -> Self {
        Self {
            units: JoinSet::new(),
            stop: watch::Sender::new(false),
        }
    }

    /// Turns true when everything has to stop.
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Runs a unit. `run` is called again when its future ends with an error or panics; ending well ends the unit.
    pub fn add<F, Fut>(&mut self, name: &'static str, mut run: F)
    where
        F: FnMut() -> Fut + Send + 'static,
        Fut: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let mut stop = self.stop.subscribe();
        self.units.spawn(async move {
            let mut spent = 0;
            loop {
                let begun = tokio::time::Instant::now();
                match tokio::spawn(run()).await {
                    Ok(Ok(())) => return name,
                    Ok(Err(error)) => {
                        tracing::error!(unit = name, error = format!("{error:#}"), "a unit failed")
                    }
                    Err(panicked) => tracing::error!(unit = name, %panicked, "a unit panicked"),
                }
                spent = if begun.elapsed() >= FORGIVEN_AFTER {
                    1
                } else {
                    spent + 1
                };
                if spent > BUDGET || *stop.borrow() {
                    return name;
                }
                let wait = FIRST_WAIT * 2_u32.pow(spent - 1);
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    _ = stop.wait_for(|stop| *stop) => return name,
                }
            }
        });
    }

    /// Runs a unit that works at once and again after every `pause`; work that takes longer delays the next.
    pub fn every<F, Fut>(&mut self, pause: Duration, name: &'static str, work: F)
    where
        F: Fn() -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let stop = self.stopping();
        self.add(name, move || {
            let (work, mut stop) = (work.clone(), stop.clone());
            async move {
                let mut ticks = tokio::time::interval(pause);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                loop {
                    tokio::select! {
                        _ = stop.wait_for(|stop| *stop) => return Ok(()),
                        _ = ticks.tick() => {}
                    }
                    work().await?;
                }
            }
        });
    }

    /// Waits until a unit has ended for good while nothing was stopping; gives its name.
    pub async fn failed(&mut self) -> &'static str {
        match self.units.join_next().await {
            Some(Ok(name)) => name,
            Some(Err(_)) => "supervisor",
            None => std::future::pending().await,
        }
    }

    /// Tells every unit to stop and waits so long; gives true when all did.
    pub async fn stop(mut self, within: Duration) -> bool {
        self.stop.send_replace(true);
        let all = async { while self.units.join_next().await.is_some() {} };
        tokio::time::timeout(within, all).await.is_ok()
    }
}

impl Default for Supervisor {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_unit_that_keeps_failing_is_restarted_until_its_budget_is_spent() {
        let starts = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&starts);
        let mut supervisor = Supervisor::new();
        supervisor.add("flaky", move || {
            counted.fetch_add(1, Ordering::SeqCst);
            async { anyhow::bail!("no") }
        });
        assert_eq!(supervisor.failed().await, "flaky");
        assert_eq!(starts.load(Ordering::SeqCst), BUDGET + 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_unit_that_panics_is_started_again() {
        let starts = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&starts);
        let mut supervisor = Supervisor::new();
        supervisor.add("once", move || {
            let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
            async move {
                assert!(!first, "the first start fails");
                Ok(())
            }
        });
        assert_eq!(supervisor.failed().await, "once");
        assert_eq!(starts.load(Ordering::SeqCst), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_unit_by_the_clock_works_at_once_after_each_pause_and_not_after_the_stop() {
        let turns = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&turns);
        let mut supervisor = Supervisor::new();
        supervisor.every(Duration::from_secs(5), "clock", move || {
            counted.fetch_add(1, Ordering::SeqCst);
            std::future::ready(Ok(()))
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(turns.load(Ordering::SeqCst), 1);
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(turns.load(Ordering::SeqCst), 3);
        assert!(supervisor.stop(Duration::from_secs(1)).await);
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(turns.load(Ordering::SeqCst), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn units_that_heed_the_signal_stop_in_time() {
        let mut supervisor = Supervisor::new();
        let stopping = supervisor.stopping();
        supervisor.add("patient", move || {
            let mut stopping = stopping.clone();
            async move {
                let _ = stopping.wait_for(|stop| *stop).await;
                Ok(())
            }
        });
        assert!(supervisor.stop(Duration::from_secs(1)).await);
    }
}
