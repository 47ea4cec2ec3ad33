//! The bench's table: medians beside what is to be reached and who else did it how fast.

use super::rows::Goal;
use super::{BenchArgs, Measured};
use crate::report::{Figure, Report, file, number};
use anyhow::Result;
use serde_json::{Value, json};
use std::fmt::Write;

/// The median of each figure over the runs.
pub fn medians(runs: &[Report]) -> Vec<Figure> {
    // A run that was not brought to its end has no figures.
    let Some(first) = runs.iter().find(|run| run.measured.seconds > 0.0) else { return Vec::new() };
    let median = |figure: Figure| {
        let mut values: Vec<f64> = runs.iter().filter_map(|run| run.figure(&figure.name)).collect();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let value = if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 };
        Figure { value, ..figure }
    };
    first.figures().into_iter().map(median).collect()
}

/// The table as Markdown, and every figure below it.
pub fn render(machine: &[String], measured: &[Measured], args: &BenchArgs) -> String {
    let mut out = String::new();
    for line in machine {
        line_to(&mut out, line);
    }
    let runs = if args.runs == 1 { "1 run".to_owned() } else { format!("medians of {} runs", args.runs) };
    line_to(&mut out, &format!("{runs}, {} s each after {} s of warm-up\n", args.seconds, args.warmup));
    line_to(&mut out, "| what | database | measured | to reach | for comparison |");
    line_to(&mut out, "| --- | --- | --- | --- | --- |");
    for one in measured {
        let (values, goals) = cells(one);
        let row = &one.row;
        line_to(&mut out, &format!("| {} | {} | {values} | {goals} | {} |", row.what, one.engine, row.comparison));
    }
    for one in measured {
        let figures: Vec<String> =
            one.medians.iter().map(|figure| format!("{} {}", figure.name, number(figure.value))).collect();
        line_to(&mut out, &format!("\n{} on {}: {}", one.row.name, one.engine, figures.join(", ")));
        for told in one.runs.iter().flat_map(|run| run.verdict.told()) {
            line_to(&mut out, &format!("  VIOLATION: {told}"));
        }
    }
    out
}

fn line_to(out: &mut String, line: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "{line}");
}

fn cells(one: &Measured) -> (String, String) {
    let value = |name: &str| one.medians.iter().find(|figure| figure.name == name).map(|figure| figure.value);
    let set = |goal: &&Goal| goal.engine.is_none_or(|engine| engine == one.engine);
    let mut values = Vec::new();
    let mut goals = Vec::new();
    for goal in one.row.goals.iter().filter(set) {
        let Some(value) = value(goal.figure) else { continue };
        let missed = if goal.bound.holds(value) { "" } else { " (MISSED)" };
        values.push(format!("{} {}{missed}", goal.figure, number(value)));
        goals.push(goal.bound.to_string());
    }
    if values.is_empty() {
        values.extend(one.medians.first().map(|figure| format!("{} {}", figure.name, number(figure.value))));
        goals.push("-".to_owned());
    }
    if !one.runs.iter().all(|run| run.verdict.holds()) {
        values.push("FAILED ITS CHECKS".to_owned());
    }
    (values.join(", "), goals.join(", "))
}

/// Machine, medians and every run.
///
/// # Errors
/// None in practice.
pub fn json(machine: &[String], measured: &[Measured]) -> Result<Value> {
    let row = |one: &Measured| -> Result<Value> {
        let runs = one.runs.iter().map(Report::json).collect::<Result<Vec<Value>>>()?;
        let medians = file::to_map(&one.medians);
        Ok(json!({"row": one.row.name, "database": one.engine, "medians": medians, "runs": runs}))
    };
    let rows = measured.iter().map(row).collect::<Result<Vec<Value>>>()?;
    Ok(json!({"machine": machine, "rows": rows}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_of_each_figure() {
        let runs: Vec<Report> = [3.0, 1.0, 2.0]
            .into_iter()
            .map(|value| {
                let mut report = Report::new("moves", String::new());
                report.measured.seconds = 1.0;
                report.add("a", value);
                report.add("b", -value);
                report
            })
            .collect();
        let medians: Vec<f64> = medians(&runs).iter().take(2).map(|figure| figure.value).collect();
        assert_eq!(medians, [2.0, -2.0]);
    }
}
