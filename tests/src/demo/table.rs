//! The demo's last words: a table for a terminal.

use super::verification::Verification;

/// Renders the table.
pub fn render(verifications: &[Verification]) -> String {
    let head = ["verification", "decision", "why", "ms", "central", "chain"].map(str::to_owned);
    let mut rows = vec![head];
    rows.extend(verifications.iter().map(|one| {
        let why = if one.reasons.is_empty() {
            "-".to_owned()
        } else {
            one.reasons.join(", ")
        };
        let held = match one.central_count {
            1 => "once".to_owned(),
            other => format!("{other} times"),
        };
        let chain = if one.chain_ok { "whole" } else { "BROKEN" };
        [
            one.title.clone(),
            one.status.clone(),
            why,
            format!("{:.0}", one.ms),
            held,
            chain.to_owned(),
        ]
    }));
    let widths: Vec<usize> = (0..6)
        .map(|column| {
            rows.iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let line = |row: &[String; 6]| {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    let rule = widths
        .iter()
        .map(|width| "-".repeat(*width))
        .collect::<Vec<_>>()
        .join("  ");
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    lines.insert(1, rule);
    lines.join("\n")
}
