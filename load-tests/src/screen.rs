//! What is shown while a run goes on: a block that is drawn anew on a terminal, a line now and then elsewhere.

use crate::measure::timeline::{Count, Point, Timed};
use crate::report::number;
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// Where no terminal is drawn on, a line so often.
const LINE_EVERY: Duration = Duration::from_secs(5);

const BAR_WIDTH: usize = 32;

/// How a run goes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Progress {
    pub scenario: String,
    pub phase: String,
    pub elapsed_s: f64,
    /// How long the phase takes, where that is known.
    pub of_s: Option<f64>,
    pub users: u64,
    pub violations: u64,
    pub errors: BTreeMap<String, u64>,
    pub point: Point,
}

impl Progress {
    /// What several processes do, as one.
    ///
    /// # Errors
    /// Where what another process sent is damaged.
    pub fn merge(all: &[Self]) -> Result<Option<Self>> {
        let Some(first) = all.first() else { return Ok(None) };
        let mut merged = first.clone();
        let points: Vec<&[Point]> = all.iter().map(|one| std::slice::from_ref(&one.point)).collect();
        if let Some(point) = crate::measure::timeline::merge(&points)?.pop() {
            merged.point = point;
        }
        merged.users = all.iter().map(|one| one.users).sum();
        merged.violations = all.iter().map(|one| one.violations).sum();
        merged.errors = BTreeMap::new();
        for (code, times) in all.iter().flat_map(|one| &one.errors) {
            *merged.errors.entry(code.clone()).or_default() += times;
        }
        Ok(Some(merged))
    }
}

/// Who watches a run, and says when all processes of it are where they have to wait for one another.
pub trait Watcher {
    fn show(&mut self, progress: &Progress);

    /// A line that stays.
    fn say(&mut self, line: &str) {
        eprintln!("{line}");
    }

    /// This process has come to where all have to be.
    fn arrive(&mut self) {}

    /// Whether all have.
    ///
    /// # Errors
    /// Where another has failed.
    fn may_go_on(&mut self) -> Result<bool> {
        Ok(true)
    }
}

/// Nobody watches.
pub struct Silent;

impl Watcher for Silent {
    fn show(&mut self, _: &Progress) {}
}

/// Standard error, so that a report on standard output stays clean.
pub struct Screen {
    is_terminal: bool,
    /// Lines that were drawn, and are drawn over.
    drawn: usize,
    last_line: Option<(Instant, String)>,
}

impl Screen {
    pub fn new() -> Self {
        Self { is_terminal: stderr().is_terminal() && std::io::stdout().is_terminal(), drawn: 0, last_line: None }
    }
}

impl Default for Screen {
    fn default() -> Self {
        Self::new()
    }
}

impl Watcher for Screen {
    fn say(&mut self, line: &str) {
        // What was drawn stays above it.
        self.drawn = 0;
        eprintln!("{line}");
    }

    fn show(&mut self, progress: &Progress) {
        if self.is_terminal {
            let block = block(progress);
            let up = if self.drawn > 0 { format!("\x1b[{}A", self.drawn) } else { String::new() };
            self.drawn = block.lines().count();
            // A screen that has gone is no reason to end the run.
            let _ = write!(stderr(), "{up}\x1b[J{block}");
            return;
        }
        let is_due =
            self.last_line.as_ref().is_none_or(|(at, phase)| at.elapsed() >= LINE_EVERY || *phase != progress.phase);
        if is_due {
            self.last_line = Some((Instant::now(), progress.phase.clone()));
            let _ = writeln!(stderr(), "{}", line(progress));
        }
    }
}

fn rates(point: &Point) -> Vec<(&'static str, f64)> {
    let shown = [
        ("acked/s", Count::Acked),
        ("deliveries/s", Count::Deliveries),
        ("joins/s", Count::Joins),
        ("losses/s", Count::Losses),
        ("presence/s", Count::PresenceGot),
    ];
    let rates = shown.into_iter().map(|(name, count)| (name, point.per_second(count)));
    rates.filter(|(_, rate)| *rate > 0.0).collect()
}

/// One line: for logs.
pub fn line(progress: &Progress) -> String {
    let point = &progress.point;
    let of = progress.of_s.map_or_else(String::new, |of| format!(" of {of:.0}"));
    let mut line = format!(
        "{} {}, {:.0}{of} s: {} of {} users",
        progress.scenario, progress.phase, progress.elapsed_s, point.sessions, progress.users
    );
    for (name, rate) in rates(point) {
        // Writing to a string does not fail.
        let _ = write!(line, ", {} {name}", number(rate.round()));
    }
    for timed in Timed::ALL {
        if let Ok(Some(latency)) = point.latency(timed) {
            let _ =
                write!(line, ", {} p50 {} p99 {} ms", timed.name(), number(latency.ms(0.5)), number(latency.ms(0.99)));
        }
    }
    let errors: u64 = progress.errors.values().sum();
    if errors > 0 {
        let _ = write!(line, ", {errors} errors");
    }
    if progress.violations > 0 {
        let _ = write!(line, ", {} VIOLATIONS", progress.violations);
    }
    line
}

/// Several lines: for a terminal.
pub fn block(progress: &Progress) -> String {
    let mut out = String::new();
    let point = &progress.point;
    // Writing to a string does not fail.
    let _ = write!(out, "{}  {}  ", progress.scenario, progress.phase);
    match progress.of_s.filter(|of| *of > 0.0) {
        Some(of) => {
            let full = ((progress.elapsed_s / of).clamp(0.0, 1.0) * BAR_WIDTH as f64) as usize;
            let bar = format!("{}{}", "█".repeat(full), "░".repeat(BAR_WIDTH - full));
            let _ = writeln!(out, "{bar}  {:.0} of {of:.0} s", progress.elapsed_s);
        }
        None => {
            let _ = writeln!(out, "{:.0} s", progress.elapsed_s);
        }
    }
    let _ = writeln!(out, "  users {} of {}", number(point.sessions as f64), number(progress.users as f64));
    for (name, rate) in rates(point) {
        let _ = writeln!(out, "  {name:<22}{:>12}", number(rate.round()));
    }
    let times: Vec<_> = Timed::ALL.into_iter().filter_map(|timed| Some((timed, point.latency(timed).ok()??))).collect();
    if !times.is_empty() {
        let _ = writeln!(out, "  {:<22}{:>12}{:>12}{:>12}{:>12}", "ms", "p50", "p99", "p99.9", "max");
    }
    for (timed, latency) in times {
        let [p50, p99, p999, max] = [0.5, 0.99, 0.999, 1.0].map(|share| number(latency.ms(share)));
        let _ = writeln!(out, "  {:<22}{p50:>12}{p99:>12}{p999:>12}{max:>12}", timed.name());
    }
    let used = &point.used;
    let cpu = [
        ("server", used.server_core_percent),
        ("database", used.database_core_percent),
        ("load", used.load_core_percent),
    ];
    let cpu: Vec<String> =
        cpu.into_iter().filter_map(|(who, percent)| Some(format!("{who} {:.0} %", percent?))).collect();
    let memory = used.server_rss_mb.map_or_else(String::new, |mb| format!("   server {} MB", number(mb.round())));
    let _ = writeln!(out, "  of a core: {}{memory}", cpu.join(", "));
    for (code, times) in progress.errors.iter().take(4) {
        let _ = writeln!(out, "  error {code}: {times}");
    }
    if progress.violations > 0 {
        let _ = writeln!(out, "  VIOLATIONS: {}", progress.violations);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress() -> Progress {
        Progress {
            scenario: "moves".to_owned(),
            phase: "measuring".to_owned(),
            elapsed_s: 5.0,
            of_s: Some(10.0),
            users: 8,
            violations: 1,
            errors: BTreeMap::from([("UNAVAILABLE".to_owned(), 2)]),
            point: crate::report::tests::sample().timeline[0].clone(),
        }
    }

    #[test]
    fn a_line_and_a_block_tell_the_same() {
        let line = line(&progress());
        assert!(
            line.starts_with("moves measuring, 5 of 10 s: 8 of 8 users, 100 acked/s, 400 deliveries/s, ack p50 50")
        );
        assert!(line.ends_with("2 errors, 1 VIOLATIONS"), "{line}");
        let block = block(&progress());
        assert!(block.contains(&format!("{}{}  5 of 10 s", "█".repeat(16), "░".repeat(16))), "{block}");
        assert!(block.contains("error UNAVAILABLE: 2") && block.contains("VIOLATIONS: 1"), "{block}");
    }

    #[test]
    fn processes_are_shown_as_one() {
        let merged = Progress::merge(&[progress(), progress()]).unwrap().unwrap();
        assert_eq!((merged.users, merged.violations, merged.errors["UNAVAILABLE"]), (16, 2, 4));
        assert_eq!(merged.point.per_second(Count::Acked), 200.0);
        assert!(Progress::merge(&[]).unwrap().is_none());
    }
}
