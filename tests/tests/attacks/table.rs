//! Rates with their intervals, as a table, and the report that holds it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use statrs::distribution::{Beta, ContinuousCDF};

/// What went wrong in one showing: an attack that passed, a bona fide clip that did not; `None` where it was not assessed or
/// does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The row it belongs to.
    pub kind: String,
    /// As in [`Row`].
    pub passive: Option<bool>,
    pub own: Option<bool>,
    pub active: Option<bool>,
    pub signs: Option<bool>,
    pub whole: Option<bool>,
}

/// Passed of how many, of one measure.
#[derive(Default, Clone, Copy)]
pub struct Rate {
    hits: u32,
    of: u32,
}

impl Rate {
    /// Counts one; what was not assessed is not counted.
    pub fn add(&mut self, hit: Option<bool>) {
        if let Some(hit) = hit {
            self.hits += u32::from(hit);
            self.of += 1;
        }
    }

    /// Hits, of how many.
    pub const fn counts(self) -> (u32, u32) {
        (self.hits, self.of)
    }

    /// With the exact 95 % interval (Clopper and Pearson, 1934).
    fn text(self) -> String {
        if self.of == 0 {
            return "not assessed".into();
        }
        let (hits, misses) = (f64::from(self.hits), f64::from(self.of - self.hits));
        let low = match self.hits {
            0 => 0.0,
            _ => Beta::new(hits, misses + 1.0).unwrap().inverse_cdf(0.025),
        };
        let high = match self.of - self.hits {
            0 => 1.0,
            _ => Beta::new(hits + 1.0, misses).unwrap().inverse_cdf(0.975),
        };
        let share = hits / f64::from(self.of);
        format!(
            "{share:.2} ({}/{}; {low:.2} to {high:.2})",
            self.hits, self.of
        )
    }
}

/// What went wrong of one kind: attacks that passed (APCER), bona fide that did not (BPCER).
#[derive(Default)]
pub struct Row {
    /// By passive detection.
    pub passive: Rate,
    /// By our own passive signals.
    pub own: Rate,
    /// By the challenge.
    pub active: Rate,
    /// By the signs of an injection.
    pub signs: Rate,
    /// By all together.
    pub whole: Rate,
}

/// A row a kind.
#[derive(Default)]
pub struct Table(pub BTreeMap<String, Row>);

impl Table {
    /// Counts one showing.
    pub fn add(&mut self, outcome: &Outcome) {
        let row = self.0.entry(outcome.kind.clone()).or_default();
        row.passive.add(outcome.passive);
        row.own.add(outcome.own);
        row.active.add(outcome.active);
        row.signs.add(outcome.signs);
        row.whole.add(outcome.whole);
    }

    /// As Markdown.
    pub fn text(&self) -> String {
        let mut text = String::from(
            "| kind | passive | own signals | active | signs | whole |\n|---|---|---|---|---|---|\n",
        );
        for (kind, row) in &self.0 {
            let [passive, own, active, signs, whole] =
                [row.passive, row.own, row.active, row.signs, row.whole].map(Rate::text);
            writeln!(
                text,
                "| {kind} | {passive} | {own} | {active} | {signs} | {whole} |"
            )
            .unwrap();
        }
        text
    }
}

/// Two tests may write at once.
static REPORT: Mutex<()> = Mutex::new(());

/// Puts a section into the report that `KIOSK_ATTACKS_REPORT` names, between the marks of that name; nothing without.
pub fn report(section: &str, text: &str) {
    let Some(path) = std::env::var_os("KIOSK_ATTACKS_REPORT") else {
        return;
    };
    let _one_at_a_time = REPORT.lock().unwrap_or_else(PoisonError::into_inner);
    let whole = std::fs::read_to_string(&path).unwrap();
    let mark = |which: &str| format!("<!-- {which}{section} -->\n");
    let begin = whole
        .find(&mark(""))
        .expect("the report has no mark for it")
        + mark("").len();
    let end = whole
        .find(&mark("/"))
        .expect("the report has no end mark for it");
    let next = format!("{}{text}{}", &whole[..begin], &whole[end..]);
    std::fs::write(Path::new(&path), next).unwrap();
}
