//! What a run found, as text and as JSON.

use crate::check::Verdict;
use serde_json::{Map, Value, json};
use std::fmt;

/// One measured number.
#[derive(Debug, Clone)]
pub struct Figure {
    pub name: &'static str,
    pub value: f64,
}

/// What one scenario found.
#[derive(Debug)]
pub struct Report {
    pub scenario: &'static str,
    pub settings: String,
    pub figures: Vec<Figure>,
    pub verdict: Verdict,
}

impl Report {
    pub fn new(scenario: &'static str, settings: String) -> Self {
        Self { scenario, settings, figures: Vec::new(), verdict: Verdict::default() }
    }

    pub fn add(&mut self, name: &'static str, value: f64) {
        self.figures.push(Figure { name, value });
    }

    /// A figure that is only known where its process is.
    pub fn add_known(&mut self, name: &'static str, value: Option<f64>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    pub fn figure(&self, name: &str) -> Option<f64> {
        self.figures.iter().find(|figure| figure.name == name).map(|figure| figure.value)
    }

    pub fn json(&self) -> Value {
        let figures: Map<String, Value> =
            self.figures.iter().map(|figure| (figure.name.to_owned(), json!(figure.value))).collect();
        json!({
            "scenario": self.scenario, "settings": self.settings, "figures": figures,
            "violations": self.verdict.count(), "violations_told": self.verdict.told(),
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}: {}", self.scenario, self.settings)?;
        for figure in &self.figures {
            writeln!(out, "  {:<28}{:>16}", figure.name, number(figure.value))?;
        }
        if self.verdict.holds() {
            return writeln!(out, "  no violations");
        }
        writeln!(out, "  FAILED: {} violations", self.verdict.count())?;
        self.verdict.told().iter().try_for_each(|told| writeln!(out, "    {told}"))
    }
}

/// A number to be read: large ones whole and grouped, small ones with what matters of them.
pub fn number(value: f64) -> String {
    if value.abs() < 100.0 && value.fract() == 0.0 {
        return format!("{value:.0}");
    }
    if value.abs() < 1.0 {
        return format!("{value:.3}");
    }
    if value.abs() < 100.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{:.0}", value.abs());
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if value < 0.0 { format!("-{grouped}") } else { grouped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_cut() {
        assert_eq!(number(1_234_567.8), "1,234,568");
        assert_eq!(number(0.284_9), "0.285");
        assert_eq!(number(0.0), "0");
        assert_eq!(number(12.0), "12");
        assert_eq!(number(12.345), "12.35");
        assert_eq!(number(-1000.0), "-1,000");
        assert_eq!(number(100.0), "100");
    }
}
