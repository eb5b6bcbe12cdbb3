//! Figures of a measurement: times, percentiles, memory, the machine they were taken on.

use std::time::Duration;

use anyhow::Context;
use kiosk_inference::stages::Stopwatch;

/// How long one reading took.
#[derive(Debug, Clone, Copy)]
pub struct Took {
    /// By the clock.
    pub ms: f64,
    /// Of processors; `None` where the system does not tell.
    pub cpu_ms: Option<f64>,
}

/// What `work` gives, and how long it took.
pub fn timed<T>(work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<(T, Took)> {
    let worked = cpu_ms();
    let mut watch = Stopwatch::start();
    let done = work()?;
    watch.lap("all");
    let took = Took {
        ms: watch.finish().iter().map(|(_, time)| ms(*time)).sum(),
        cpu_ms: cpu_ms().zip(worked).map(|(now, then)| now - then),
    };
    Ok((done, took))
}

/// Milliseconds.
pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// A percentile of times, `share` 0 to 1, nearest rank; `None` of none.
pub fn percentile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

/// Processor time that this process has taken so far, all its threads together, ms; `None` where the kernel does not
/// tell (`/proc/PID/task/TID/schedstat`, its first number in nanoseconds). Threads that have ended are not in it:
/// those that read pictures live as long as the process.
pub fn cpu_ms() -> Option<f64> {
    let mut nanoseconds = 0.0;
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += text.split_whitespace().next()?.parse::<f64>().ok()?;
    }
    Some(nanoseconds / 1e6)
}

/// From here on [`peak_memory_mb`] tells the peak since; where the system does not allow it, that of the whole run.
pub fn forget_peak_memory() -> bool {
    std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// Most memory that this process had resident (`VmHWM`), in MB of 2^20 bytes.
pub fn peak_memory_mb() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line
        .and_then(|rest| rest.split_whitespace().next())
        .context("no VmHWM")?;
    Ok(kib.parse::<u64>()? / 1024)
}

/// The processor and how many cores of it this process may use.
pub fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown processor", |rest| {
            rest.trim_start_matches([' ', '\t', ':'])
        });
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} cores of {}", model.trim())
}

/// How many processes wanted a core over the last minute: more than there are cores, and times are those of a busy
/// machine.
pub fn load() -> anyhow::Result<f64> {
    let text = std::fs::read_to_string("/proc/loadavg")?;
    let first = text.split_whitespace().next().context("no load average")?;
    Ok(first.parse()?)
}

/// The commit of the checkout; `unknown` where git does not tell.
pub fn commit() -> String {
    let output = std::process::Command::new("git")
        .current_dir(kiosk_tests::root())
        .args(["describe", "--always", "--dirty", "--abbrev=10"])
        .output();
    output
        .ok()
        .filter(|output| output.status.success())
        .map_or_else(
            || "unknown".to_owned(),
            |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        )
}

/// The mean of times; `None` of none.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_times() {
        let times: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(percentile(&times, 0.5), Some(50.0));
        assert_eq!(percentile(&times, 0.99), Some(99.0));
        assert_eq!(percentile(&times, 1.0), Some(100.0));
        assert_eq!(percentile(&[], 0.5), None);
    }

    #[test]
    fn the_machine_and_its_load_are_told() {
        assert!(machine().contains(" cores of "));
        assert!(load().unwrap() >= 0.0);
        assert!(peak_memory_mb().unwrap() > 0);
        assert!(cpu_ms().is_none_or(|ms| ms > 0.0));
    }
}
