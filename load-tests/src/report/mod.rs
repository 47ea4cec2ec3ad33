//! What a run found: in numbers that add up over processes, and in figures for people.

pub mod chart;
pub mod file;
pub mod html;

use crate::check::Verdict;
use crate::measure::latency::Latency;
use crate::measure::machine;
use crate::measure::meter::Measured;
use crate::measure::timeline::{Count, Point, Timed};
use crate::site::Site;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// The percentiles that are shown: the end of a figure's name, and the share.
pub const PERCENTILES: [(&str, f64); 5] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999), ("max", 1.0)];

/// One measured number.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    pub name: Cow<'static, str>,
    pub value: f64,
}

impl Figure {
    /// Whether it is a percentile of what was `timed`.
    fn is_of(&self, timed: Timed) -> bool {
        let rest = self.name.strip_prefix(timed.name()).and_then(|rest| rest.strip_prefix('_'));
        rest.and_then(|rest| rest.strip_suffix("_ms"))
            .is_some_and(|end| PERCENTILES.iter().any(|(name, _)| *name == end))
    }
}

/// What one scenario found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    pub scenario: Cow<'static, str>,
    pub settings: String,
    /// What would repeat it.
    pub command_line: String,
    pub random_seed: u64,
    pub machine: String,
    /// When it ended, in Unix time.
    pub ended_unix_s: u64,
    pub processes: usize,
    pub measured: Measured,
    /// Counts of its own, which add up over processes.
    counts: Vec<Figure>,
    /// Figures of its own, which do not: the highest of all processes counts.
    own: Vec<Figure>,
    pub lost_acked_ops: u64,
    /// What went wrong, by its code.
    pub errors: BTreeMap<String, u64>,
    pub timeline: Vec<Point>,
    pub verdict: Verdict,
}

impl Report {
    pub fn new(scenario: &'static str, settings: String) -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self {
            scenario: scenario.into(),
            settings,
            machine: machine::describe(),
            ended_unix_s: now.as_secs(),
            processes: 1,
            ..Self::default()
        }
    }

    /// A report of a run on `site` that made its choices by `random_seed`.
    pub fn of(site: &Site, scenario: &'static str, settings: String, random_seed: u64) -> Self {
        Self { command_line: site.command_line.clone(), random_seed, ..Self::new(scenario, settings) }
    }

    /// A figure of the scenario's own.
    pub fn add(&mut self, name: impl Into<Cow<'static, str>>, value: f64) {
        self.own.push(Figure { name: name.into(), value });
    }

    /// A figure that is only known where its process is.
    pub fn add_known(&mut self, name: &'static str, value: Option<f64>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    /// A count of the scenario's own; nothing is said of what did not happen.
    pub fn count(&mut self, name: &'static str, value: u64) {
        if value > 0 {
            self.counts.push(Figure { name: name.into(), value: value as f64 });
        }
    }

    /// Takes in what another process found in the same run.
    ///
    /// # Errors
    /// None in practice: all distributions have the same bounds.
    pub fn merge(&mut self, other: Self) -> anyhow::Result<()> {
        let (sum, more) = (&mut self.measured, other.measured);
        sum.seconds = sum.seconds.max(more.seconds);
        for (count, value) in more.counts {
            *sum.counts.entry(count).or_default() += value;
        }
        for (timed, latency) in more.latencies {
            match sum.latencies.get_mut(&timed) {
                Some(sum) => sum.add(&latency)?,
                None => drop(sum.latencies.insert(timed, latency)),
            }
        }
        // The servers are watched by one process.
        sum.server_us = sum.server_us.or(more.server_us);
        sum.database_us = sum.database_us.or(more.database_us);
        sum.load_us += more.load_us;
        merge_figures(&mut self.counts, other.counts, |own, other| own + other);
        merge_figures(&mut self.own, other.own, f64::max);
        for (code, times) in other.errors {
            *self.errors.entry(code).or_default() += times;
        }
        self.timeline = crate::measure::timeline::merge(&[&self.timeline, &other.timeline])?;
        self.lost_acked_ops += other.lost_acked_ops;
        self.processes += other.processes;
        self.ended_unix_s = self.ended_unix_s.max(other.ended_unix_s);
        let count = other.verdict.count();
        self.verdict.add(other.verdict.told().to_vec(), count);
        Ok(())
    }

    pub fn latency(&self, timed: Timed) -> Option<&Latency> {
        self.measured.latencies.get(&timed).filter(|latency| !latency.is_empty())
    }

    /// All figures, in the order in which they are shown.
    pub fn figures(&self) -> Vec<Figure> {
        let mut figures = self.own.clone();
        let mut add = |name: Cow<'static, str>, value: f64| figures.push(Figure { name, value });
        let of = |count: Count| *self.measured.counts.get(&count).unwrap_or(&0) as f64;
        let seconds = self.measured.seconds.max(1e-9);
        for (count, name) in [
            (Count::Acked, "acked_per_s"),
            (Count::Deliveries, "deliveries_per_s"),
            (Count::Joins, "joins_per_s"),
            (Count::PresenceGot, "presence_frames_per_s"),
        ] {
            if of(count) > 0.0 {
                add(name.into(), of(count) / seconds);
            }
        }
        for timed in Timed::ALL {
            let Some(latency) = self.latency(timed) else { continue };
            for (end, share) in PERCENTILES {
                add(format!("{}_{end}_ms", timed.name()).into(), latency.ms(share));
            }
        }
        if let Some(server_us) = self.measured.server_us {
            let database_us = self.measured.database_us.unwrap_or(0.0);
            for (unit, units) in [("op", of(Count::Acked)), ("delivery", of(Count::Deliveries))] {
                if units > 0.0 {
                    add(format!("server_us_per_{unit}").into(), server_us / units);
                    add(format!("total_us_per_{unit}").into(), (server_us + database_us) / units);
                }
            }
            add("server_core_percent".into(), server_us / seconds / 1e4);
        }
        if let Some(database_us) = self.measured.database_us {
            add("database_core_percent".into(), database_us / seconds / 1e4);
        }
        if self.measured.seconds > 0.0 {
            add("load_core_percent".into(), self.measured.load_us / seconds / 1e4);
            // The most that was seen: what was there at the end says little of a run whose sessions have gone.
            let most = self.timeline.iter().filter_map(|point| point.used.server_rss_mb).reduce(f64::max);
            most.into_iter().for_each(|most| add("server_rss_mb".into(), most));
        }
        if !self.errors.is_empty() {
            add("errors".into(), self.errors.values().sum::<u64>() as f64);
        }
        add("lost_acked_ops".into(), self.lost_acked_ops as f64);
        figures.extend(self.counts.iter().cloned());
        figures
    }

    pub fn figure(&self, name: &str) -> Option<f64> {
        self.figures().into_iter().find(|figure| figure.name == name).map(|figure| figure.value)
    }
}

fn merge_figures(own: &mut Vec<Figure>, others: Vec<Figure>, both: impl Fn(f64, f64) -> f64) {
    for other in others {
        match own.iter_mut().find(|figure| figure.name == other.name) {
            Some(figure) => figure.value = both(figure.value, other.value),
            None => own.push(other),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}: {}", self.scenario, self.settings)?;
        let is_of_latency = |figure: &Figure| Timed::ALL.iter().any(|timed| figure.is_of(*timed));
        for figure in self.figures().iter().filter(|figure| !is_of_latency(figure)) {
            writeln!(out, "  {:<30}{:>16}", figure.name, number(figure.value))?;
        }
        let timed: Vec<_> = Timed::ALL.into_iter().filter_map(|timed| Some((timed, self.latency(timed)?))).collect();
        if !timed.is_empty() {
            let [p50, p90, p99, p999, max] = ["p50", "p90", "p99", "p99.9", "max"];
            writeln!(out, "  {:<22}{p50:>10}{p90:>10}{p99:>10}{p999:>10}{max:>10}", "ms")?;
        }
        for (timed, latency) in timed {
            let [p50, p90, p99, p999, max] = PERCENTILES.map(|(_, share)| number(latency.ms(share)));
            writeln!(out, "  {:<22}{p50:>10}{p90:>10}{p99:>10}{p999:>10}{max:>10}", timed.name())?;
        }
        for (code, times) in &self.errors {
            writeln!(out, "  error {code}: {times}")?;
        }
        if self.verdict.holds() {
            return writeln!(out, "  no violations");
        }
        writeln!(out, "  FAILED: {} violations", self.verdict.count())?;
        self.verdict.told().iter().try_for_each(|told| writeln!(out, "    {told}"))?;
        writeln!(out, "  to repeat (random seed {}): {}", self.random_seed, self.command_line)
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
pub(crate) mod tests {
    use super::*;
    use crate::measure::timeline::Used;

    /// Two seconds with 200 acks of 1 to 100 ms.
    pub(crate) fn sample() -> Report {
        let mut report = Report::new("moves", "2 boards".to_owned());
        let mut ack = Latency::new().unwrap();
        (1..=100_u64).for_each(|ms| ack.record(ms * 1_000_000));
        let packed = ack.pack().unwrap();
        let point = |at_s: f64| Point {
            at_s,
            span_s: 1.0,
            sessions: 8,
            counts: BTreeMap::from([(Count::Acked, 100), (Count::Deliveries, 400)]),
            latencies: BTreeMap::from([(Timed::Ack, packed.clone())]),
            used: Used { server_core_percent: Some(50.0), server_rss_mb: Some(20.0 + at_s), ..Used::default() },
        };
        report.timeline = vec![point(1.0), point(2.0)];
        report.measured = Measured {
            seconds: 2.0,
            counts: BTreeMap::from([(Count::Acked, 200), (Count::Deliveries, 800)]),
            latencies: BTreeMap::from([(Timed::Ack, ack)]),
            server_us: Some(1_000_000.0),
            database_us: None,
            load_us: 100_000.0,
        };
        report.command_line = "load-tests moves".to_owned();
        report
    }

    #[test]
    fn figures_come_from_what_was_counted() {
        let report = sample();
        let figure = |name: &str| report.figure(name).unwrap();
        assert_eq!((figure("acked_per_s"), figure("deliveries_per_s")), (100.0, 400.0));
        assert_eq!((figure("server_us_per_op"), figure("server_us_per_delivery")), (5_000.0, 1_250.0));
        assert!((figure("ack_p99_ms") - 99.0).abs() < 0.2);
        assert_eq!((figure("server_core_percent"), figure("load_core_percent")), (50.0, 5.0));
        assert_eq!(figure("server_rss_mb"), 22.0);
        assert_eq!(report.figure("database_core_percent"), None);
    }

    #[test]
    fn processes_add_up() {
        let (mut one, mut two) = (sample(), sample());
        two.measured.server_us = None;
        two.errors.insert("UNAVAILABLE".to_owned(), 3);
        two.count("ops_sent_again", 4);
        one.add("kb_per_session", 1.0);
        two.add("kb_per_session", 2.0);
        two.verdict.violation(|| "gone");
        one.merge(two).unwrap();
        let figure = |name: &str| one.figure(name).unwrap();
        assert_eq!((figure("acked_per_s"), figure("server_us_per_op")), (200.0, 2_500.0));
        assert_eq!((figure("ops_sent_again"), figure("errors"), figure("kb_per_session")), (4.0, 3.0, 2.0));
        assert_eq!(one.latency(Timed::Ack).unwrap().count(), 200);
        assert_eq!((one.processes, one.timeline.len(), one.verdict.count()), (2, 2, 1));
        let text = one.to_string();
        assert!(text.contains("FAILED: 1 violations") && text.contains("to repeat (random seed 0): load-tests moves"));
    }

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
