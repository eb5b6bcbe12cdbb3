//! The map from groups of tests to what runs them.

use crate::setup::python::{Environment, RECIPES, SCHEMATHESIS, TRAINING};

/// Minutes for set-up and build on two cores that have built nothing before: 17.0 beside another build, 2026-11-21.
pub const BUILD_BUDGET_MIN: f64 = 16.0;

/// How many times the planned minutes a run may take on a slow machine before it is refused: with all rows 88 minutes.
pub const SLOWEST: f64 = 1.6;

/// What `--faults` asks of the tests that count by a variable, unless it is set already. CI, which names no group, keeps
/// their own reduced counts.
pub const FULL_COUNTS: [(&str, &str); 6] = [
    ("KIOSK_SEQUENCES", "10000"),
    ("KIOSK_KILLS", "1000"),
    ("KIOSK_CUTS", "50"),
    ("KIOSK_STORM", "100"),
    ("KIOSK_BACKLOG", "200000"),
    ("KIOSK_TRIAL_KILLS", "20"),
];
/// Minutes for the faults with full counts, on two cores.
pub const FULL_FAULTS_BUDGET_MIN: f64 = 120.0;

/// How a step is run and its output read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runner {
    /// `cargo test`: counts are summed from its `test result:` lines.
    Cargo,
    /// The same, of a test that runs a program of that Python environment, which is made where it is missing.
    CargoWith(Environment),
    /// The same, for those of the workspace-wide tests that are no group of their own.
    OtherTests,
    /// Another cargo command: nothing is counted unless it fails.
    Check,
    /// Python's unittest in that environment, which is made where it is missing.
    Unittest(Environment),
    /// This tool's own checks.
    Tidy,
}

/// One command of a group.
#[derive(Debug)]
pub struct Step {
    /// What it is, for the reader.
    pub label: &'static str,
    /// How it is run.
    pub runner: Runner,
    /// What the program is told.
    pub arguments: &'static [&'static str],
    /// What it gets beside the environment it inherits.
    pub environment: &'static [(&'static str, &'static str)],
}

/// A step that needs nothing in its environment.
const fn step(label: &'static str, runner: Runner, arguments: &'static [&'static str]) -> Step {
    Step {
        label,
        runner,
        arguments,
        environment: &[],
    }
}

/// Groups that share one budget.
#[derive(Debug)]
pub struct Row {
    /// As the table calls it.
    pub name: &'static str,
    /// Minutes on two cores.
    pub budget_min: f64,
    /// Group to steps.
    pub groups: &'static [(&'static str, &'static [Step])],
}

/// What is compiled before any group's time runs: tests, and the programs of the packages that have them. Those that measure
/// are none of any test's; the lints compile them. Every later step selects packages of which the same features come, or
/// all would be compiled once more.
pub const BUILD: &[Step] = &[step(
    "build",
    Runner::Check,
    &["test", "--workspace", "--no-run"],
)];

const UNIT: &[Step] = &[
    step("format", Runner::Check, &["fmt", "--all", "--check"]),
    step("tidy", Runner::Tidy, &[]),
    step(
        "unit tests",
        Runner::Cargo,
        &[
            "test",
            "--workspace",
            "--exclude",
            "kiosk-tests",
            "--no-fail-fast",
        ],
    ),
    Step {
        label: "unit tests of the test material",
        runner: Runner::OtherTests,
        arguments: &[
            "test",
            "--package",
            "kiosk-tests",
            "--no-fail-fast",
            "--lib",
            "--bins",
        ],
        // Five minutes show whether memory is flat, one does not.
        environment: &[("KIOSK_SOAK_MIN", "5")],
    },
];

/// What the compiler and the documentation tool say of the whole: each compiles the workspace in its own way, so
/// that it has a budget of its own.
const LINTS: &[Step] = &[
    step(
        "lints",
        Runner::Check,
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ],
    ),
    Step {
        label: "documentation",
        runner: Runner::Check,
        arguments: &["doc", "--workspace", "--no-deps"],
        environment: &[("RUSTDOCFLAGS", "--deny warnings")],
    },
];

const MODELS: &[Step] = &[
    step(
        "model recipes against the originals",
        Runner::Unittest(RECIPES),
        &unittests("models/recipes/tests"),
    ),
    step(
        "training of the MRZ recogniser",
        Runner::Unittest(TRAINING),
        &unittests("models/mrz/tests"),
    ),
];

const fn unittests(folder: &'static str) -> [&'static str; 5] {
    ["-m", "unittest", "discover", "--start-directory", folder]
}

const FAULTS: &[Step] = &[
    step("faults", Runner::Cargo, &integration("faults")),
    step("power cuts", Runner::Cargo, &integration("power")),
    step("a storm on both ways", Runner::Cargo, &integration("storm")),
    step(
        "central's orders to a whole kiosk",
        Runner::Cargo,
        &integration("orders"),
    ),
];
/// What `--faults` runs beside them: the store alone, whose reduced counts are among the unit tests.
pub const MORE_FAULTS: &[Step] = &[step(
    "the store under faults and with a large backlog",
    Runner::Cargo,
    &[
        "test",
        "--workspace",
        "--test",
        "store",
        "--no-fail-fast",
        "--",
        "--nocapture",
        "--test-threads=1",
        "model::",
        "kill::",
        "backlog::",
    ],
)];
const API: &[Step] = &[
    step("API", Runner::Cargo, &integration("api")),
    step(
        "what the documents of the API say",
        Runner::CargoWith(SCHEMATHESIS),
        &integration("schemathesis"),
    ),
];
const ACCURACY: &[Step] = &[
    step("accuracy", Runner::Cargo, &integration("accuracy")),
    step("reading documents", Runner::Cargo, &integration("reading")),
    step(
        "quality and authenticity of documents",
        Runner::Cargo,
        &integration("document"),
    ),
    step("visual zones", Runner::Cargo, &integration("viz")),
];

/// One of the workspace-wide tests; what it prints is shown, since it tells numbers.
const fn integration(name: &'static str) -> [&'static str; 8] {
    [
        "test",
        "--package",
        "kiosk-tests",
        "--test",
        name,
        "--no-fail-fast",
        "--",
        "--nocapture",
    ]
}

/// Workspace-wide tests that are groups: `tests/tests/NAME.rs`. Every other file there is a unit test.
pub const OWN_GROUP: [&str; 10] = [
    "faults",
    "power",
    "storm",
    "orders",
    "api",
    "schemathesis",
    "accuracy",
    "document",
    "reading",
    "viz",
];

/// Every group, in the order in which they run.
pub const ROWS: &[Row] = &[
    Row {
        name: "unit and models",
        budget_min: 16.0,
        groups: &[("unit", UNIT), ("models", MODELS)],
    },
    Row {
        name: "lints and documentation",
        budget_min: 3.0,
        groups: &[("unit", LINTS)],
    },
    Row {
        name: "faults",
        budget_min: 6.5,
        groups: &[("faults", FAULTS)],
    },
    Row {
        name: "API",
        budget_min: 3.0,
        groups: &[("api", API)],
    },
    Row {
        name: "accuracy",
        budget_min: 10.5,
        groups: &[("accuracy", ACCURACY)],
    },
];
