//! A scenario's table: each figure beside what is to be reached, and everything else that was counted below it.

use crate::bench::rows::Bound;
use crate::report::{Report, number};
use std::fmt::Write;

/// A line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub what: &'static str,
    pub figure: &'static str,
    /// Shown only where nothing is to be reached.
    pub goal: Option<Bound>,
}

pub const fn row(what: &'static str, figure: &'static str, goal: Option<Bound>) -> Row {
    Row { what, figure, goal }
}

/// The table as Markdown.
pub fn render(machine: &[String], rows: &[Row], report: &Report) -> String {
    let mut out = machine.join("\n");
    // Writing to a string does not fail.
    let _ = writeln!(out, "\n{}: {}\n", report.scenario, report.settings);
    out.push_str("| what | measured | to reach |\n| --- | --- | --- |\n");
    for row in rows {
        let Some(value) = report.figure(row.figure) else { continue };
        let missed = if row.goal.is_none_or(|goal| goal.holds(value)) { "" } else { " (MISSED)" };
        let goal = row.goal.map_or_else(|| "-".to_owned(), |goal| goal.to_string());
        let _ = writeln!(out, "| {} | {}{missed} | {goal} |", row.what, number(value));
    }
    let shown = |name: &str| rows.iter().any(|row| row.figure == name);
    let rest = report.figures().into_iter().filter(|figure| !shown(&figure.name));
    let rest: Vec<String> = rest.map(|figure| format!("{} {}", figure.name, number(figure.value))).collect();
    let _ = writeln!(out, "\n{}", rest.join(", "));
    if !report.verdict.holds() {
        let _ = writeln!(out, "FAILED ITS CHECKS: {} violations", report.verdict.count());
    }
    for told in report.verdict.told() {
        let _ = writeln!(out, "  VIOLATION: {told}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_figure_is_marked_and_a_violation_told() {
        let rows = [
            row("waits", "wait_s", Some(Bound::AtMost(3.0))),
            row("lost", "lost", Some(Bound::AtMost(0.0))),
            row("unknown", "x", None),
        ];
        let mut report = Report::new("nodes failover", "3 nodes".to_owned());
        report.add("wait_s", 4.5);
        report.add("lost", 0.0);
        report.add("acked", 1200.0);
        report.verdict.violation(|| "op 7 is gone".to_owned());
        let table = render(&["a machine".to_owned()], &rows, &report);
        assert!(table.contains("| waits | 4.50 (MISSED) | <= 3 |"), "{table}");
        assert!(table.contains("| lost | 0 | <= 0 |"), "{table}");
        assert!(!table.contains("unknown"), "{table}");
        assert!(table.contains("acked 1,200") && table.contains("VIOLATION: op 7 is gone"), "{table}");
    }
}
