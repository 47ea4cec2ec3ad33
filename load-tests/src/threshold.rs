//! Thresholds of the command line: `--fail-if 'ack.p99>50ms'`.

use crate::measure::timeline::Timed;
use crate::report::{Report, number};
use anyhow::{Context, Result, bail, ensure};
use std::fmt;
use std::str::FromStr;

/// A condition under which a run has failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    text: String,
    metric: Metric,
    is_above: bool,
    /// In milliseconds where it is a time.
    bound: f64,
}

#[derive(Debug, Clone, PartialEq)]
enum Metric {
    /// A part of a distribution.
    Latency(Timed, Part),
    /// Errors with one code.
    Error(String),
    /// A figure as the report names it.
    Figure(String),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    /// Of all, from 0 to 1.
    Share(f64),
    Mean,
}

/// The figures that reports have beside the latencies; a scenario's own are told by its README entry.
const FIGURES: &[&str] = &[
    "acked_per_s",
    "deliveries_per_s",
    "joins_per_s",
    "presence_frames_per_s",
    "ops_per_s",
    "server_us_per_op",
    "total_us_per_op",
    "server_us_per_delivery",
    "total_us_per_delivery",
    "server_core_percent",
    "database_core_percent",
    "load_core_percent",
    "server_rss_mb",
    "server_mb_per_hour",
    "load_mb_per_hour",
    "kb_per_session",
    "kb_per_further_session",
    "server_us_per_session_second",
    "load_us_per_session_second",
    "load_kb_per_session",
    "back_within_s",
    "highest_rate",
    "errors",
    "lost_acked_ops",
    "ops_sent_again",
    "sessions_that_came_back",
    "recovered_by_events",
];

impl FromStr for Threshold {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let at = text.find(['<', '>']);
        let at = at.with_context(|| format!("{text:?} has no > or <; a threshold is like ack.p99>50ms"))?;
        let (name, bound) = (text[..at].trim(), text[at + 1..].trim());
        ensure!(!bound.starts_with('='), "{text:?}: only > and < are known, not >= and <=");
        let metric = Metric::read(name)?;
        let bound = if matches!(metric, Metric::Latency(..)) { milliseconds(bound)? } else { plain(bound)? };
        Ok(Self { text: text.to_owned(), metric, is_above: text.as_bytes()[at] == b'>', bound })
    }
}

impl Metric {
    fn read(name: &str) -> Result<Self> {
        if let Some(code) = name.strip_prefix("error.") {
            return Ok(Self::Error(code.to_owned()));
        }
        if FIGURES.contains(&name) {
            return Ok(Self::Figure(name.to_owned()));
        }
        let (first, part) = name.split_once('.').unwrap_or((name, ""));
        match Timed::ALL.into_iter().find(|timed| timed.name() == first) {
            Some(timed) => Ok(Self::Latency(timed, Part::read(first, part)?)),
            None => {
                let timed: Vec<&str> = Timed::ALL.into_iter().map(Timed::name).collect();
                bail!(
                    "there is no metric {name:?}; there are {} (each with .p50, .p99, .p99.9, .max or .mean), \
                     error.CODE, {}",
                    timed.join(", "),
                    FIGURES.join(", ")
                )
            }
        }
    }
}

impl Part {
    fn read(timed: &str, part: &str) -> Result<Self> {
        match part {
            "max" => return Ok(Self::Share(1.0)),
            "mean" => return Ok(Self::Mean),
            _ => {}
        }
        let percent = part.strip_prefix('p').and_then(|percent| percent.parse::<f64>().ok());
        let percent = percent.with_context(|| {
            format!("{timed} needs a part, such as {timed}.p99, {timed}.max or {timed}.mean, not {part:?}")
        })?;
        ensure!((0.0..=100.0).contains(&percent), "there is no percentile {percent}; p99.9 has a point");
        Ok(Self::Share(percent / 100.0))
    }
}

fn plain(bound: &str) -> Result<f64> {
    bound.parse().with_context(|| format!("{bound:?} is no number; this metric has no unit"))
}

fn milliseconds(bound: &str) -> Result<f64> {
    let unit_at = bound.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(bound.len());
    let (value, unit) = bound.split_at(unit_at);
    let in_ms = match unit {
        "us" => 0.001,
        "ms" => 1.0,
        "s" => 1000.0,
        _ => bail!("{bound:?} needs a unit: us, ms or s"),
    };
    let value: f64 = value.trim().parse().with_context(|| format!("{bound:?} does not begin with a number"))?;
    Ok(value * in_ms)
}

impl Threshold {
    /// What the report has of it.
    fn value(&self, report: &Report) -> Option<f64> {
        match &self.metric {
            Metric::Latency(timed, part) => report.latency(*timed).map(|latency| match part {
                Part::Share(share) => latency.ms(*share),
                Part::Mean => latency.mean_ms(),
            }),
            Metric::Error(code) => Some(report.errors.get(code).copied().unwrap_or(0) as f64),
            // Nothing is said of what did not happen.
            Metric::Figure(name) if name == "errors" => Some(report.figure(name).unwrap_or(0.0)),
            Metric::Figure(name) => report.figure(name),
        }
    }

    /// Why the run has failed by it; `None` where it has not. What was not measured has failed: nobody would notice
    /// else that a threshold never looks at anything.
    pub fn failure(&self, report: &Report) -> Option<String> {
        let Some(value) = self.value(report) else {
            return Some(format!("{self}: {} does not measure it", report.scenario));
        };
        let is_over = if self.is_above { value > self.bound } else { value < self.bound };
        let unit = if matches!(self.metric, Metric::Latency(..)) { " ms" } else { "" };
        is_over.then(|| format!("{self}: it is {}{unit}", number(value)))
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::sample;

    fn failure(text: &str) -> Option<String> {
        text.parse::<Threshold>().unwrap().failure(&sample())
    }

    fn error(text: &str) -> String {
        text.parse::<Threshold>().unwrap_err().to_string()
    }

    #[test]
    fn a_run_fails_where_a_threshold_is_passed() {
        assert_eq!(failure("ack.p99>120ms"), None);
        assert!(failure("ack.p99 > 50ms").unwrap().starts_with("ack.p99 > 50ms: it is 99"));
        assert!(failure("ack.max>0.05s").is_some() && failure("ack.mean>60000us").is_none());
        assert!(failure("ack.p99.9>99.5ms").is_some());
        assert_eq!(failure("acked_per_s<100"), None);
        assert_eq!(failure("acked_per_s<101").unwrap(), "acked_per_s<101: it is 100");
        assert_eq!(failure("errors>0"), None);
        assert_eq!(failure("error.UNAVAILABLE>0"), None);
        assert_eq!(failure("request.p50>1s").unwrap(), "request.p50>1s: moves does not measure it");
        assert!(failure("kb_per_session>20").unwrap().ends_with("moves does not measure it"));
    }

    #[test]
    fn what_is_wrong_with_one_is_told() {
        assert_eq!(error("ack.p99"), "\"ack.p99\" has no > or <; a threshold is like ack.p99>50ms");
        assert!(error("acks.p99>1ms").starts_with("there is no metric \"acks.p99\"; there are ack, delivery,"));
        assert_eq!(error("ack.p99>50"), "\"50\" needs a unit: us, ms or s");
        assert_eq!(error("ack.p99>5min"), "\"5min\" needs a unit: us, ms or s");
        assert_eq!(error("ack>50ms"), "ack needs a part, such as ack.p99, ack.max or ack.mean, not \"\"");
        assert_eq!(error("ack.p999>50ms"), "there is no percentile 999; p99.9 has a point");
        assert_eq!(error("errors>0ms"), "\"0ms\" is no number; this metric has no unit");
        assert_eq!(error("ack.p99>=50ms"), "\"ack.p99>=50ms\": only > and < are known, not >= and <=");
    }
}
