//! What a folder gave as a whole.

use serde::Serialize;

use super::super::readers::ms_rounded;

/// The last line's object, for MRZs and barcodes alike.
#[derive(Debug, Default, Serialize, PartialEq)]
pub(super) struct Summary {
    /// Pictures, those that can't be decoded with them.
    pub files: usize,
    /// Pictures in which something was read.
    pub found: usize,
    /// Readings called valid; absent for barcodes, whose own error correction lets nothing else through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid: Option<usize>,
    /// Pictures that can't be decoded, or whose reading failed.
    pub errors: usize,
    /// Pictures with a truth beside them.
    pub truths: usize,
    /// Pictures read as their truth says; null where there is no truth.
    pub exact: Option<usize>,
    /// Readings called valid (any reading, of barcodes) that their truth contradicts; null where there is no truth.
    pub misread: Option<usize>,
    /// Median of the pictures' `ms`; null where none was read.
    pub p50_ms: Option<f64>,
    /// 99 of 100 pictures took no longer.
    pub p99_ms: Option<f64>,
    /// The longest.
    pub max_ms: Option<f64>,
    /// All together.
    pub total_ms: f64,
}

/// What one picture adds.
pub(super) struct Outcome {
    pub found: bool,
    /// What would be relied upon.
    pub valid: bool,
    pub error: bool,
    pub exact: Option<bool>,
    pub ms: f64,
}

/// Adds up.
#[derive(Default)]
pub(super) struct Tally {
    summary: Summary,
    valid: usize,
    times: Vec<f64>,
}

impl Tally {
    pub(super) fn add(&mut self, outcome: &Outcome) {
        let summary = &mut self.summary;
        summary.files += 1;
        summary.found += usize::from(outcome.found);
        summary.errors += usize::from(outcome.error);
        self.valid += usize::from(outcome.valid);
        if let Some(exact) = outcome.exact {
            summary.truths += 1;
            *summary.exact.get_or_insert_default() += usize::from(exact);
            *summary.misread.get_or_insert_default() += usize::from(outcome.valid && !exact);
        }
        if !outcome.error {
            self.times.push(outcome.ms);
        }
    }

    /// The summary; `with_valid` where readings may be doubtful.
    pub(super) fn finish(mut self, with_valid: bool) -> Summary {
        self.times.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let rank = (share * self.times.len() as f64).ceil() as usize;
            self.times
                .get(rank.saturating_sub(1))
                .map(|ms| ms_rounded(*ms))
        };
        Summary {
            valid: with_valid.then_some(self.valid),
            p50_ms: at(0.5),
            p99_ms: at(0.99),
            max_ms: at(1.0),
            total_ms: ms_rounded(self.times.iter().sum()),
            ..self.summary
        }
    }
}

impl Summary {
    /// For a reader's eyes.
    pub(super) fn text(&self) -> String {
        let ms = |ms: Option<f64>| ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.0} ms"));
        let mut parts = vec![
            format!("{} pictures", self.files),
            format!("{} read", self.found),
        ];
        parts.extend(self.valid.map(|valid| format!("{valid} valid")));
        parts.extend(
            self.exact
                .map(|exact| format!("{exact} of {} as their truth says", self.truths)),
        );
        parts.extend(self.misread.map(|misread| format!("{misread} misread")));
        parts.push(format!("{} with an error", self.errors));
        format!(
            "{}; p50 {}, p99 {}, max {}",
            parts.join(", "),
            ms(self.p50_ms),
            ms(self.p99_ms),
            ms(self.max_ms)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(ms: f64, valid: bool, exact: Option<bool>) -> Outcome {
        Outcome {
            found: true,
            valid,
            error: false,
            exact,
            ms,
        }
    }

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let mut tally = Tally::default();
        for ms in 1..=200 {
            tally.add(&outcome(f64::from(ms), true, None));
        }
        let summary = tally.finish(true);
        assert_eq!(
            (summary.p50_ms, summary.p99_ms, summary.max_ms),
            (Some(100.0), Some(198.0), Some(200.0))
        );
        assert_eq!((summary.exact, summary.misread), (None, None));
    }

    #[test]
    fn an_empty_folder_has_no_times_and_no_truth() {
        let summary = Tally::default().finish(false);
        assert_eq!(
            (summary.files, summary.p50_ms, summary.exact),
            (0, None, None)
        );
        assert_eq!(summary.valid, None);
    }

    #[test]
    fn only_a_reading_that_would_be_relied_upon_is_a_misreading() {
        let mut tally = Tally::default();
        tally.add(&outcome(1.0, true, Some(true)));
        tally.add(&outcome(1.0, true, Some(false)));
        tally.add(&outcome(1.0, false, Some(false)));
        let summary = tally.finish(true);
        assert_eq!(
            (summary.truths, summary.exact, summary.misread),
            (3, Some(1), Some(1))
        );
    }
}
