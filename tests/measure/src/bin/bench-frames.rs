//! What summing character evidence over frames gains: `bench-frames [DOCUMENTS OF EACH KIND] [FIRST SEED]`.
//!
//! Each document is seen badly in eight frames. Read are the first frame alone, each frame alone, and the sum of
//! the first two, four and eight.

use anyhow::Context;
use kiosk_inference::document::{MrzFrames, MrzReading};
use kiosk_tests::models::document_reader;
use kiosk_tests::specimen::{Kind, Studio};

const FRAMES: usize = 8;
/// After how many frames the sum is looked at.
const SUMS: [usize; 4] = [1, 2, 4, 8];

/// How often a way of reading came to what.
#[derive(Default)]
struct Count {
    exact: usize,
    valid: usize,
    wrong_but_valid: usize,
}

impl Count {
    fn add(&mut self, reading: Option<&MrzReading>, truth: &[String]) {
        let exact = reading.is_some_and(|mrz| mrz.lines == truth);
        let valid = reading.is_some_and(|mrz| mrz.valid);
        self.exact += usize::from(exact);
        self.valid += usize::from(valid);
        self.wrong_but_valid += usize::from(valid && !exact);
    }
}

fn main() -> anyhow::Result<()> {
    let mut numbers = std::env::args().skip(1).map(|arg| arg.parse::<u64>());
    let each = numbers
        .next()
        .transpose()
        .context("a number of documents")?;
    let seed = numbers.next().transpose().context("a seed")?.unwrap_or(1);
    let each = each.unwrap_or(20);
    opencv::core::set_num_threads(1)?;
    let studio = Studio::open(&kiosk_tests::root())?;
    let mut reader = document_reader()?;
    let mut sums: [Count; SUMS.len()] = Default::default();
    let (mut alone, mut any) = (Count::default(), Count::default());
    for kind in Kind::ALL {
        for seed in seed..seed + each {
            let (truth, pictures) = studio.film(kind, seed, FRAMES)?;
            let mut frames = MrzFrames::default();
            let mut best: Option<MrzReading> = None;
            for (index, picture) in pictures.iter().enumerate() {
                let single = reader.read_mrz(picture)?;
                alone.add(single.as_ref(), &truth);
                let better = single.filter(|mrz| {
                    best.as_ref()
                        .is_none_or(|best| mrz.confidence > best.confidence)
                });
                best = better.or(best);
                let summed = reader.read_mrz_over(&mut frames, picture)?;
                if let Some(place) = SUMS.iter().position(|count| *count == index + 1) {
                    sums[place].add(summed.as_ref(), &truth);
                }
            }
            any.add(best.as_ref(), &truth);
        }
    }
    let documents = each as usize * Kind::ALL.len();
    say("what                     readings   exact   valid  wrong but valid");
    row("each frame alone", documents * FRAMES, &alone);
    row("the surest of 8", documents, &any);
    for (count, sum) in SUMS.iter().zip(&sums) {
        row(&format!("sum of {count}"), documents, sum);
    }
    Ok(())
}

fn row(name: &str, of: usize, count: &Count) {
    let share = |part: usize| 100.0 * part as f64 / of.max(1) as f64;
    say(&format!(
        "{name:<24} {of:>8} {:>6.1}% {:>6.1}% {:>10}",
        share(count.exact),
        share(count.valid),
        count.wrong_but_valid
    ));
}

#[expect(clippy::print_stdout, reason = "a bench answers on standard output")]
fn say(line: &str) {
    println!("{line}");
}
