//! A process's resident memory, sampled twice a second, and the line through what it holds between jobs.
//!
//! A job takes its memory and gives it back within a second or two: the least of each 5 s is what stays.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use kiosk_capture::{Clock, SystemClock};

const EVERY: Duration = Duration::from_millis(500);
/// Of this many samples the least counts for the drift.
const A_WINDOW: usize = 10;
/// Samples from one line of progress to the next.
const A_MINUTE: usize = 120;
const KIB_A_MIB: f64 = 1024.0;

/// A watch over a process, until it is ended.
pub struct Memory {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Held>,
}

/// What was held, and when.
#[derive(Default)]
pub struct Held {
    /// Minutes since the begin, MiB resident.
    samples: Vec<[f64; 2]>,
    /// The most that the process ever held, as the kernel counts it.
    pub peak_mib: f64,
}

impl Memory {
    /// Watches the process of that id.
    pub fn watch(process: u32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopping = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let clock = SystemClock::start();
            let mut held = Held::default();
            while !stopping.load(Ordering::Acquire) {
                let minutes = clock.now().as_secs_f64() / 60.0;
                let Some([resident, peak]) = status_mib(process) else {
                    // It has ended: the test says so.
                    break;
                };
                held.samples.push([minutes, resident]);
                held.peak_mib = peak;
                if held.samples.len() % A_MINUTE == 0 {
                    let [at, mib] = held.samples[held.samples.len() - 1];
                    println!("{at:5.1} min: {mib:.0} MiB, at most {:.0}", held.peak_mib);
                }
                std::thread::sleep(EVERY);
            }
            held
        });
        Self { stop, thread }
    }

    /// Ends the watch.
    pub fn end(self) -> Held {
        self.stop.store(true, Ordering::Release);
        self.thread.join().unwrap()
    }
}

/// What a process holds and the most that it held; `None` where it has gone.
fn status_mib(process: u32) -> Option<[f64; 2]> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kib / KIB_A_MIB)
    };
    Some([field("VmRSS:")?, field("VmHWM:")?])
}

impl Held {
    /// The samples from that time on.
    pub fn after(&self, from: Duration) -> Self {
        let from = from.as_secs_f64() / 60.0;
        let samples = self.samples.iter().copied().filter(|[at, _]| *at >= from);
        Self {
            samples: samples.collect(),
            peak_mib: self.peak_mib,
        }
    }

    /// From the first sample to the last.
    pub fn minutes(&self) -> f64 {
        match (self.samples.first(), self.samples.last()) {
            (Some(first), Some(last)) => last[0] - first[0],
            _ => 0.0,
        }
    }

    /// The mean.
    pub fn mean_mib(&self) -> f64 {
        mean(&self.samples, 1)
    }

    /// How far the least-squares line through the least of each window rises from the first sample to the last.
    pub fn drift_mib(&self) -> f64 {
        let least = |window: &[[f64; 2]]| {
            let mibs = window.iter().map(|sample| sample[1]);
            [mean(window, 0), mibs.fold(f64::INFINITY, f64::min)]
        };
        let kept: Vec<[f64; 2]> = self.samples.chunks(A_WINDOW).map(least).collect();
        let middle = [mean(&kept, 0), mean(&kept, 1)];
        let (mut along, mut both) = (0.0, 0.0);
        for [at, mib] in &kept {
            along += (at - middle[0]).powi(2);
            both += (at - middle[0]) * (mib - middle[1]);
        }
        both / along.max(f64::EPSILON) * self.minutes()
    }

    /// Ten lines: what was held in each tenth of the time.
    pub fn table(&self) -> String {
        let mut table = String::from("minutes      least  mean  most MiB\n");
        for tenth in self.samples.chunks(self.samples.len().div_ceil(10).max(1)) {
            let mibs = || tenth.iter().map(|sample| sample[1]);
            let (least, most) = (
                mibs().fold(f64::INFINITY, f64::min),
                mibs().fold(0.0, f64::max),
            );
            let _ = writeln!(
                table,
                "{:5.1}-{:5.1}  {least:5.0} {:5.0} {most:5.0}",
                tenth[0][0],
                tenth[tenth.len() - 1][0],
                mean(tenth, 1)
            );
        }
        table
    }
}

fn mean(samples: &[[f64; 2]], which: usize) -> f64 {
    samples.iter().map(|sample| sample[which]).sum::<f64>() / samples.len().max(1) as f64
}

fn held(of: impl Fn(f64) -> f64) -> Held {
    let samples = (0..600).map(|second| f64::from(second) / 60.0);
    Held {
        samples: samples.map(|at| [at, of(at)]).collect(),
        peak_mib: 0.0,
    }
}

#[test]
fn a_leak_of_two_mib_a_minute_is_told_through_jobs_that_come_and_go() {
    let jobs = |at: f64| if (at * 7.0).fract() < 0.3 { 90.0 } else { 0.0 };
    let leaking = held(|at| 300.0 + 2.0 * at + jobs(at)).drift_mib();
    assert!((leaking - 20.0).abs() < 1.0, "{leaking}");
    let flat = held(|at| 300.0 + jobs(at)).drift_mib();
    assert!(flat.abs() < 1.0, "{flat}");
}

#[test]
fn what_was_held_before_the_counted_time_is_left_out() {
    let warming = held(|at| 500.0 - 100.0 * (3.0 - at).max(0.0));
    let counted = warming.after(Duration::from_secs(180));
    assert!((counted.mean_mib() - 500.0).abs() < 1e-6 && counted.drift_mib().abs() < 1e-6);
    assert!((counted.minutes() - 7.0).abs() < 0.05);
}
