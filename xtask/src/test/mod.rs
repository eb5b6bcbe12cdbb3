//! `cargo xtask test`: every group of tests, the minutes each took, and its budget.
//!
//! Budgets stand in `groups`. `--faults`, named alone or with others, runs the faults with their full counts, which takes an
//! hour; where no group is named they run with CI's.
//!
//! The run fails if a test or a check fails, or if all rows together take `SLOWEST` times their budgets: a row that is over
//! its own is told, since the same code has taken 38 and 63 minutes on two machines (decision 0019). Its last line is
//! `N passed, N failed`, summed from what the runners said.

mod groups;
mod tally;

use anyhow::{Context, Result};
use clap::Args;

use crate::clock::Stopwatch;
use crate::setup::{self, Runtime};
use crate::shell;
use crate::tidy;
use crate::workspace::Workspace;
use groups::{
    BUILD, BUILD_BUDGET_MIN, FULL_COUNTS, FULL_FAULTS_BUDGET_MIN, MORE_FAULTS, OWN_GROUP, ROWS,
    Row, Runner, SLOWEST, Step,
};
use tally::Tally;

/// Which groups to run; all where none is named.
#[derive(Debug, Default, Args)]
pub struct Wish {
    /// Unit tests, format, lints, documentation, tidiness
    #[arg(long)]
    unit: bool,
    /// The model recipes against the originals
    #[arg(long)]
    models: bool,
    /// Kills, power cuts, cut networks, wrong certificates, with their full counts
    #[arg(long)]
    faults: bool,
    /// The HTTP API
    #[arg(long)]
    api: bool,
    /// What the models and readers reach on the material at hand
    #[arg(long)]
    accuracy: bool,
}

impl Wish {
    /// Whether a group is to run.
    fn wants(&self, group: &str) -> bool {
        let named = [
            ("unit", self.unit),
            ("models", self.models),
            ("faults", self.faults),
            ("api", self.api),
            ("accuracy", self.accuracy),
        ];
        let all = named.iter().all(|(_, wanted)| !wanted);
        all || named.contains(&(group, true))
    }

    /// Whether a group was named and has full counts.
    fn in_full(&self, group: &str) -> bool {
        self.faults && group == "faults"
    }
}

/// One line of the table.
struct Outcome {
    name: &'static str,
    minutes: f64,
    budget_min: f64,
    tally: Tally,
}

impl Outcome {
    fn over(&self) -> bool {
        self.minutes > self.budget_min
    }
}

/// Runs what is wished; tells whether all went well and in time.
pub fn run(workspace: &Workspace, wish: &Wish) -> Result<bool> {
    let watch = Stopwatch::start();
    setup::run(workspace, Runtime::AsIs, false)?;
    let chosen: Vec<&Row> = ROWS
        .iter()
        .filter(|row| row.groups.iter().any(|(group, _)| wish.wants(group)))
        .collect();
    let mut built = Tally::default();
    if chosen.iter().any(|row| needs_build(row, wish)) {
        for step in BUILD {
            built.add(&take(workspace, step, &[])?);
        }
    }
    let mut outcomes = vec![Outcome {
        name: "set-up and build",
        minutes: watch.elapsed().as_secs_f64() / 60.0,
        budget_min: BUILD_BUDGET_MIN,
        tally: built,
    }];
    if built.failed == 0 {
        for row in chosen {
            outcomes.push(run_row(workspace, row, wish)?);
        }
    }
    Ok(report(&outcomes))
}

/// Python alone needs nothing built.
fn needs_build(row: &Row, wish: &Wish) -> bool {
    row.groups
        .iter()
        .any(|(group, _)| *group != "models" && wish.wants(group))
}

fn run_row(workspace: &Workspace, row: &Row, wish: &Wish) -> Result<Outcome> {
    let watch = Stopwatch::start();
    let mut tally = Tally::default();
    let mut budget_min = row.budget_min;
    for (group, steps) in row.groups.iter().filter(|(group, _)| wish.wants(group)) {
        let in_full = wish.in_full(group);
        let (more, counts): (&[Step], &[_]) = match in_full {
            true => (MORE_FAULTS, &FULL_COUNTS),
            false => (&[], &[]),
        };
        if in_full {
            budget_min = FULL_FAULTS_BUDGET_MIN;
        }
        for step in steps.iter().chain(more) {
            tally.add(&take(workspace, step, counts)?);
        }
    }
    Ok(Outcome {
        name: row.name,
        minutes: watch.elapsed().as_secs_f64() / 60.0,
        budget_min,
        tally,
    })
}

/// Runs one step and counts what its runner says. `counts` hold where the environment says nothing else.
fn take(workspace: &Workspace, step: &Step, counts: &[(&str, &str)]) -> Result<Tally> {
    let watch = Stopwatch::start();
    println!("\n== {}", step.label);
    let mut tally = Tally::default();
    let well = match step.runner {
        Runner::Tidy => tidy::run(workspace)
            .inspect_err(|error| println!("{error:#}"))
            .is_ok(),
        Runner::Unittest(environment) => {
            environment.prepare(workspace)?;
            let python = environment.python(workspace);
            let mut command = shell::command(workspace.root(), python, step.arguments);
            shell::watch(&mut command, true, |line| tally.read_unittest(line))?
        }
        Runner::Cargo | Runner::CargoWith(_) | Runner::OtherTests | Runner::Check => {
            if let Runner::CargoWith(environment) = step.runner {
                environment.prepare(workspace)?;
            }
            let mut command = shell::command(workspace.root(), "cargo", step.arguments);
            command.envs(step.environment.iter().copied());
            let unset = |(key, _): &&(&str, &str)| std::env::var_os(key).is_none();
            command.envs(counts.iter().filter(unset).copied());
            if step.runner == Runner::OtherTests {
                for name in other_tests(workspace)? {
                    command.args(["--test", &name]);
                }
            }
            shell::watch(&mut command, false, |line| tally.read_cargo(line))?
        }
    };
    let tests = !matches!(step.runner, Runner::Tidy | Runner::Check);
    tally.end(well, tests);
    println!(
        "== {}: {} passed, {} failed, {:.1} min",
        step.label,
        tally.passed,
        tally.failed,
        watch.elapsed().as_secs_f64() / 60.0
    );
    if !well {
        println!("== {} did not end well", step.label);
    }
    Ok(tally)
}

/// Names of the workspace-wide tests that are no group of their own.
fn other_tests(workspace: &Workspace) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in
        std::fs::read_dir(workspace.path("tests/tests")).context("can't list tests/tests")?
    {
        let path = entry.context("can't list tests/tests")?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        // A test of several files is a folder with a main.rs.
        let rust = path.extension().is_some_and(|extension| extension == "rs");
        if (rust || path.join("main.rs").is_file()) && !OWN_GROUP.contains(&name.as_ref()) {
            names.push(name.into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Prints the table and the last line; tells whether all went well.
fn report(outcomes: &[Outcome]) -> bool {
    println!(
        "\n{:<18} {:>8} {:>8} {:>8} {:>8}",
        "group", "minutes", "budget", "passed", "failed"
    );
    let mut sum = Tally::default();
    for outcome in outcomes {
        sum.add(&outcome.tally);
        println!(
            "{:<18} {:>8.1} {:>8.0} {:>8} {:>8}{}",
            outcome.name,
            outcome.minutes,
            outcome.budget_min,
            outcome.tally.passed,
            outcome.tally.failed,
            if outcome.over() {
                "  over its budget"
            } else {
                ""
            }
        );
    }
    let minutes: f64 = outcomes.iter().map(|outcome| outcome.minutes).sum();
    let budgets: f64 = outcomes.iter().map(|outcome| outcome.budget_min).sum();
    println!("{:<18} {minutes:>8.1} {budgets:>8.0}", "all");
    let in_time = minutes <= SLOWEST * budgets;
    if !in_time {
        println!("more than {SLOWEST} times what was planned: find out which row grew");
    }
    println!("{} passed, {} failed", sum.passed, sum.failed);
    sum.failed == 0 && in_time
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_groups_run_where_none_is_named() {
        let all = Wish::default();
        assert!(all.wants("unit") && all.wants("accuracy"));
        let one = Wish {
            api: true,
            ..Wish::default()
        };
        assert!(one.wants("api"));
        assert!(!one.wants("unit"));
    }

    #[test]
    fn the_faults_run_in_full_where_they_are_named_alone_or_with_others() {
        let named = Wish {
            faults: true,
            api: true,
            ..Wish::default()
        };
        assert!(named.in_full("faults") && !named.in_full("api"));
        assert!(!Wish::default().in_full("faults"), "CI names none");
    }

    #[test]
    fn every_row_has_groups_that_can_be_wished() {
        let names: Vec<&str> = ROWS
            .iter()
            .flat_map(|row| row.groups.iter().map(|(group, _)| *group))
            .collect();
        assert_eq!(
            names,
            ["unit", "models", "unit", "faults", "api", "accuracy"]
        );
        // On the machine that they were planned on all take some 43 together, four of them the soak's: no row is as slow as it may
        // be on the same day.
        let budgets: f64 = ROWS.iter().map(|row| row.budget_min).sum();
        assert!(budgets + BUILD_BUDGET_MIN <= 55.5);
    }

    #[test]
    fn a_workspace_wide_test_is_a_group_or_a_unit_test() {
        let others = other_tests(&Workspace::find().unwrap()).unwrap();
        assert!(
            others
                .iter()
                .all(|name| !OWN_GROUP.contains(&name.as_str()))
        );
        assert!(others.contains(&"parts".to_owned()), "{others:?}");
    }

    #[test]
    fn a_slow_machine_is_told_and_what_fails_or_grows_is_not_well() {
        let outcome = |minutes, failed| Outcome {
            name: "made up",
            minutes,
            budget_min: 8.0,
            tally: Tally { passed: 3, failed },
        };
        assert!(report(&[outcome(7.9, 0)]));
        assert!(report(&[outcome(9.0, 0), outcome(10.0, 0)]));
        assert!(!report(&[outcome(7.9, 0), outcome(25.0, 0)]));
        assert!(!report(&[outcome(1.0, 1)]));
    }
}
