//! Counts of passed and failed tests, read from what the runners print.

/// What was counted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed; a command that ended badly without saying so counts as one.
    pub failed: u64,
}

impl Tally {
    /// Adds another's counts.
    pub fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// Reads libtest's `test result: ok. 5 passed; 0 failed; 1 ignored; ...`.
    pub fn read_cargo(&mut self, line: &str) {
        let Some((_, counts)) = line
            .strip_prefix("test result: ")
            .and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for part in counts.split(';') {
            let mut words = part.split_whitespace();
            let count = words.next().and_then(|word| word.parse::<u64>().ok());
            match (count, words.next()) {
                (Some(count), Some("passed")) => self.passed += count,
                (Some(count), Some("failed")) => self.failed += count,
                _ => {}
            }
        }
    }

    /// Reads unittest's `Ran 20 tests in 41.678s` and `FAILED (failures=1, errors=2)`.
    pub fn read_unittest(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("Ran ") {
            let count = rest.split(' ').next().and_then(|word| word.parse().ok());
            self.passed += count.unwrap_or(0);
        } else if let Some(rest) = line
            .strip_prefix("FAILED (")
            .or_else(|| line.strip_prefix("OK ("))
        {
            for part in rest.trim_end_matches(')').split(", ") {
                let Some((kind, count)) = part.split_once('=') else {
                    continue;
                };
                let count: u64 = count.parse().unwrap_or(0);
                // A test with several failing parts is said several times.
                self.passed = self.passed.saturating_sub(count);
                if kind != "skipped" && kind != "expected failures" {
                    self.failed += count;
                }
            }
        }
    }

    /// The command has ended; one that ended badly without a failed test counts as one failure, and so does one that ran no test
    /// where `tests` should have run: a name that it selects by may be nobody's any more.
    pub fn end(&mut self, well: bool, tests: bool) {
        let ran_none = tests && self.passed == 0;
        if (!well || ran_none) && self.failed == 0 {
            self.failed = 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_results_are_summed() {
        let mut tally = Tally::default();
        tally.read_cargo("running 6 tests");
        tally.read_cargo(
            "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out",
        );
        tally.read_cargo("test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured");
        assert_eq!((tally.passed, tally.failed), (7, 3));
    }

    #[test]
    fn unittests_results_are_summed() {
        let mut tally = Tally::default();
        tally.read_unittest("Ran 20 tests in 41.678s");
        tally.read_unittest("FAILED (failures=1, errors=2, skipped=1)");
        assert_eq!((tally.passed, tally.failed), (16, 3));
        let mut well = Tally::default();
        well.read_unittest("Ran 3 tests in 0.1s");
        well.read_unittest("OK (skipped=1)");
        assert_eq!((well.passed, well.failed), (2, 0));
    }

    #[test]
    fn a_command_that_fails_silently_is_a_failure() {
        let mut tally = Tally::default();
        tally.end(false, false);
        assert_eq!(tally.failed, 1);
        let mut told = Tally {
            passed: 4,
            failed: 2,
        };
        told.end(false, true);
        assert_eq!(told.failed, 2);
    }

    #[test]
    fn a_step_of_tests_that_runs_none_is_a_failure() {
        let mut none = Tally::default();
        none.end(true, true);
        assert_eq!(none.failed, 1);
        let mut lint = Tally::default();
        lint.end(true, false);
        assert_eq!(lint.failed, 0);
    }
}
