//! The page that the document bench writes: Markdown, every figure of it measured in that very run.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::figures::{Took, percentile};

/// Most milliseconds at the median and at the 99th percentile, and how many times faster than PassportEye.
const GOALS: (f64, f64, f64) = (150.0, 400.0, 10.0);

/// The run itself.
pub struct Run {
    /// The command that repeats it.
    pub command: String,
    /// Day, `YYYY-MM-DD`.
    pub day: String,
    /// Commit, and whether the checkout differs from it.
    pub commit: String,
    /// Processor and cores.
    pub machine: String,
    /// Load average at the start and at the end.
    pub load: [f64; 2],
    /// What runs the networks, and with how many threads.
    pub engine: String,
    /// Names and versions of the peers; none where none was asked.
    pub peers: Option<String>,
    /// How often each picture was read by each reader.
    pub rounds: usize,
    /// Seed of the specimens.
    pub seed: u64,
    /// Most memory resident while reading, MB.
    pub peak_memory_mb: u64,
}

/// How a reader did on a group of pictures.
#[derive(Default)]
pub struct Score {
    /// What is read how.
    pub reader: String,
    /// Milliseconds of every reading.
    pub times: Vec<f64>,
    /// Processor milliseconds of every reading; none where the system does not tell.
    pub cpu: Vec<f64>,
    /// Pictures that show what is looked for.
    pub shown: usize,
    /// Pictures with every check digit right, as the reader itself sees them; `None` for barcodes.
    pub digits_right: Option<usize>,
    /// Pictures read exactly as their truth says.
    pub exact: usize,
    /// Readings that the reader would have one rely upon, although they are not what the picture says.
    pub misread: usize,
}

impl Score {
    /// Adds one reading's time.
    pub fn add(&mut self, took: Took) {
        self.times.push(took.ms);
        self.cpu.extend(took.cpu_ms);
    }
}

/// A group of pictures.
pub struct Group {
    /// What they are, for the heading.
    pub name: String,
    /// One a reader, ours first.
    pub scores: Vec<Score>,
}

/// The whole page.
pub fn page(run: &Run, zones: &[Group], barcodes: &[Group], stages: &Stages) -> String {
    let mut text = String::from("# Reading documents and barcodes\n\n");
    // Writing into a String can't fail.
    let _ = writeln!(text, "{}", preface(run));
    for group in zones.iter().chain(barcodes) {
        let _ = writeln!(text, "## {}\n\n{}", group.name, table(&group.scores));
    }
    let _ = writeln!(text, "## Against the goals\n\n{}", goals(zones));
    let _ = writeln!(
        text,
        "## Where the full look spends its time\n\n{}",
        stages.table()
    );
    let _ = writeln!(
        text,
        "Peak memory while reading: {} MB resident, networks included.\n\n{}",
        run.peak_memory_mb, WHAT_COUNTS
    );
    text.trim_end().to_owned() + "\n"
}

const WHAT_COUNTS: &str = "## What counts

- A time runs from opening the file to the reading: reading the file, decoding JPEG or PNG, finding, reading and checking. \
Loading networks, starting Python and importing its packages do not count. Every reader reads the same files, in turns, in \
one run, each with all cores to itself; the first picture is read once before, uncounted.
- *processor* is the time that cores worked for a reading, all threads and child processes together. It hardly depends on \
what else the machine does, where the other times do. It is counted to within a tick of the kernel, some milliseconds, so that \
barcodes have none.
- *quick* is `DocumentReader::read_mrz`, the zone alone; *full* is `DocumentReader::read`, with outline, portrait and all else. \
PassportEye is called as its README says, `read_mrz(file)`, on Debian's tesseract with the model that Debian ships.
- *digits right*: every check digit of the layout that the reader saw is right, by the reader's own account.
- *exact*: every character of every line is what the picture says, lines and their number too.
- *relied upon and wrong*: called valid by kioskd, or every check digit right by PassportEye (it has no other word for it), \
or any text of a barcode, and not exact. On pictures without a zone or barcode any such reading is one.
- Specimens are rendered and photographed by this project: 1600x1200, turned up to 12 degrees, a little tilted, blurred, \
shaded and noisy. Samples are the pictures of `KIOSK_TESTDATA`, made by others, scaled to fit into 1600x1200 and so often \
enlarged: not the resolution at which a reader does best. Drawn barcodes hold what a licence's does, at 2, 3 and 4 px a \
module; every barcode is read upright and turned by 90, 180 and 270 degrees. zxing-cpp is asked for PDF417 alone.
";

fn preface(run: &Run) -> String {
    let peers = match &run.peers {
        Some(versions) => format!("Peers: {versions}."),
        None => "No peers were asked.".to_owned(),
    };
    format!(
        "Written by `{}` on {}, commit {}, on {}; load average {:.1} at the start, {:.1} at the end \
         (where that is above the number of cores, others were at work and times are longer than they need be). {}. {peers} \
         {} rounds; specimens of seed {:#x}.\n",
        run.command,
        run.day,
        run.commit,
        run.machine,
        run.load[0],
        run.load[1],
        run.engine,
        run.rounds,
        run.seed
    )
}

fn table(scores: &[Score]) -> String {
    let digits = scores.iter().any(|score| score.digits_right.is_some());
    let mut text = String::from("| reader | p50 ms | p99 ms | max ms | processor p50 ms |");
    text.push_str(if digits { " digits right |" } else { "" });
    text.push_str(" exact | relied upon and wrong |\n|---|---|---|---|---|");
    text.push_str(if digits {
        "---|---|---|\n"
    } else {
        "---|---|\n"
    });
    for score in scores {
        let _ = write!(text, "| {} |", score.reader);
        for share in [0.5, 0.99, 1.0] {
            let _ = write!(text, " {} |", number(percentile(&score.times, share)));
        }
        let _ = write!(text, " {} |", number(percentile(&score.cpu, 0.5)));
        if digits {
            let right = score
                .digits_right
                .map_or_else(|| "-".to_owned(), |right| of(right, score.shown));
            let _ = write!(text, " {right} |");
        }
        let _ = writeln!(
            text,
            " {} | {} |",
            of(score.exact, score.shown),
            score.misread
        );
    }
    text
}

fn of(some: usize, all: usize) -> String {
    format!("{some} of {all}")
}

fn number(ms: Option<f64>) -> String {
    ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.1}"))
}

/// Every group's quick look against what is asked of it.
fn goals(zones: &[Group]) -> String {
    let mut text = String::new();
    let (p50_goal, p99_goal, times_goal) = GOALS;
    for group in zones {
        let Some(ours) = group.scores.first() else {
            continue;
        };
        let verdict = |met: bool| if met { "reached" } else { "missed" };
        for (name, share, goal) in [("p50", 0.5, p50_goal), ("p99", 0.99, p99_goal)] {
            if let Some(ms) = percentile(&ours.times, share) {
                let _ = writeln!(
                    text,
                    "- {}, {}: {name} {ms:.1} ms, goal under {goal:.0} ms: {}",
                    group.name,
                    ours.reader,
                    verdict(ms < goal)
                );
            }
        }
        let peer = group
            .scores
            .iter()
            .find(|score| score.reader.starts_with("PassportEye"));
        let medians = (
            percentile(&ours.times, 0.5),
            peer.and_then(|peer| percentile(&peer.times, 0.5)),
        );
        if let (Some(ours), Some(peer)) = medians {
            let times = peer / ours;
            let _ = writeln!(
                text,
                "- {}: {times:.1} times as fast as PassportEye by the medians, goal {times_goal:.0}: {}",
                group.name,
                verdict(times >= times_goal)
            );
        }
    }
    text
}

/// Milliseconds by stage.
#[derive(Default)]
pub struct Stages {
    times: BTreeMap<&'static str, Vec<f64>>,
}

impl Stages {
    /// Adds one picture's stages.
    pub fn add(&mut self, stages: &BTreeMap<&'static str, f64>) {
        for (stage, ms) in stages {
            self.times.entry(*stage).or_default().push(*ms);
        }
    }

    fn table(&self) -> String {
        let sum = |times: &[f64]| times.iter().sum::<f64>();
        let whole: f64 = self.times.values().map(|times| sum(times)).sum();
        let mut rows: Vec<_> = self.times.iter().collect();
        rows.sort_by(|one, two| sum(two.1).total_cmp(&sum(one.1)));
        let mut text = String::from("| stage | p50 ms | p99 ms | share |\n|---|---|---|---|\n");
        for (stage, times) in rows {
            let _ = writeln!(
                text,
                "| {stage} | {} | {} | {:.1}% |",
                number(percentile(times, 0.5)),
                number(percentile(times, 0.99)),
                100.0 * sum(times) / whole
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(reader: &str, ms: f64) -> Score {
        Score {
            reader: reader.into(),
            times: vec![ms; 10],
            cpu: vec![ms / 2.0; 10],
            shown: 10,
            digits_right: Some(9),
            exact: 8,
            misread: 0,
        }
    }

    #[test]
    fn goals_are_told_reached_or_missed_by_what_was_measured() {
        let group = |ours, peer| Group {
            name: "Specimens".into(),
            scores: vec![
                score("kioskd, quick", ours),
                score("PassportEye 2.2.2", peer),
            ],
        };
        let good = goals(&[group(100.0, 1000.0)]);
        assert_eq!(good.matches("reached").count(), 3, "{good}");
        let bad = goals(&[group(500.0, 1000.0)]);
        assert_eq!(bad.matches("missed").count(), 3, "{bad}");
    }

    #[test]
    fn a_table_has_a_row_a_reader_and_as_many_cells_as_its_head() {
        let text = table(&[score("one", 1.0), score("two", 2.0)]);
        let bars: Vec<usize> = text.lines().map(|line| line.matches('|').count()).collect();
        assert_eq!(bars, [9; 4], "{text}");
        assert!(text.contains("| two | 2.0 | 2.0 | 2.0 | 1.0 | 9 of 10 | 8 of 10 | 0 |"));
    }

    #[test]
    fn the_stage_that_takes_most_comes_first() {
        let mut stages = Stages::default();
        stages.add(&BTreeMap::from([("mrz", 3.0), ("scale", 1.0)]));
        let table = stages.table();
        assert!(
            table.contains("| mrz | 3.0 | 3.0 | 75.0% |\n| scale"),
            "{table}"
        );
    }
}
