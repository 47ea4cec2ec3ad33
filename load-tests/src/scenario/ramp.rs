//! The highest rate that keeps a percentile under a bound: doubled until it does not, then halved in between.

use super::{Length, Scenario, moves};
use crate::crowd::Crowd;
use crate::crowd::load::{DRAIN, Load};
use crate::measure::timeline::{Count, Timed};
use crate::report::{Report, number};
use crate::site::Site;
use crate::target::SeedSize;
use anyhow::{Result, ensure};
use clap::Args;
use std::time::Instant;

/// Of the rate that was asked for, so much must have been done: a load that cannot send has found its own limit.
const DONE_MIN: f64 = 0.97;

#[derive(Debug, Clone, Args)]
pub struct RampArgs {
    /// Boards that are written to
    #[arg(long, default_value_t = 50)]
    pub boards: usize,
    /// Writers on each; all of them see all of its events
    #[arg(long, default_value_t = 4)]
    pub writers: usize,
    /// Tasks on each board, where they are made for this run
    #[arg(long, default_value_t = 200)]
    pub tasks: usize,
    /// Milliseconds that the p99 of the ack, counted from when the op was due, must not pass
    #[arg(long, default_value_t = 50.0)]
    pub bound_ms: f64,
    /// Ops a second to begin with
    #[arg(long, default_value_t = 500.0)]
    pub from: f64,
    /// It is enough to know the rate to so many percent
    #[arg(long, default_value_t = 5.0)]
    pub precision: f64,
    /// `--seconds` is the length of a step, and `--warmup` what comes before each
    #[command(flatten)]
    pub length: Length,
}

impl Scenario for RampArgs {
    fn needs(&self) -> SeedSize {
        SeedSize { users: self.boards * self.writers, boards: self.boards, tasks: self.tasks }
    }

    fn can_be_shared(&self) -> bool {
        false
    }

    fn run(&self, site: &Site) -> Result<Report> {
        ensure!(self.boards * self.writers > 0, "boards and writers must be above 0");
        ensure!(self.bound_ms > 0.0 && self.from > 0.0, "bound-ms and from must be above 0");
        ensure!(self.precision >= 1.0, "precision must be 1 percent at least");
        let mut load = moves::writers(site, "ramp", (self.boards, self.writers), 1, self.length.random_seed)?;
        load.join_all()?;
        let mut search = Search::new(self.from, self.precision / 100.0);
        let mut best = None;
        while let Some(rate) = search.next() {
            let step = self.step(&mut load, rate)?;
            site.say(&step.to_string());
            if step.holds {
                best = Some(load.take_measured()?);
            }
            search.tell(step.holds);
        }
        let settings = format!(
            "{} boards x {} writers, the highest rate with an ack p99 of at most {} ms",
            self.boards, self.writers, self.bound_ms
        );
        let mut report = Report::of(site, "ramp", settings, self.length.random_seed);
        report.add("highest_rate", search.best);
        load.finish(&mut report)?;
        // What is shown is the best step, not the last.
        if let Some((measured, timeline)) = best {
            (report.measured, report.timeline) = (measured, timeline);
        }
        Ok(report)
    }
}

/// What one rate came to.
struct Step {
    rate: f64,
    done: f64,
    p99_ms: f64,
    holds: bool,
}

impl std::fmt::Display for Step {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [rate, done] = [self.rate, self.done].map(|rate| number(rate.round()));
        let holds = if self.holds { "holds" } else { "does not hold" };
        write!(out, "{rate}/s asked for: {done}/s acked, p99 {} ms: {holds}", number(self.p99_ms))
    }
}

impl RampArgs {
    fn step(&self, load: &mut Load<'_>, rate: f64) -> Result<Step> {
        load.crowd.set_rate(rate, Instant::now());
        load.measure(self.length.before(), self.length.measured())?;
        // What the step left behind is not the next one's.
        load.run_until(DRAIN, Crowd::is_drained)?;
        let measured = load.crowd.meter.so_far()?;
        let acked = *measured.counts.get(&Count::Acked).unwrap_or(&0) as f64;
        let p99_ms = measured.latencies.get(&Timed::Ack).map_or(f64::INFINITY, |latency| latency.ms(0.99));
        let done = acked / measured.seconds.max(1e-9);
        Ok(Step { rate, done, p99_ms, holds: p99_ms <= self.bound_ms && done >= rate * DONE_MIN })
    }
}

/// Which rate to try next.
struct Search {
    best: f64,
    /// The lowest that does not hold.
    too_much: Option<f64>,
    trying: f64,
    precision: f64,
}

impl Search {
    fn new(from: f64, precision: f64) -> Self {
        Self { best: 0.0, too_much: None, trying: from, precision }
    }

    /// `None` where it is known well enough.
    fn next(&self) -> Option<f64> {
        let is_known = self.too_much.is_some_and(|too_much| too_much - self.best <= too_much * self.precision);
        // Far below what was asked for at first, nothing holds.
        (!is_known && self.trying >= 1.0).then_some(self.trying)
    }

    fn tell(&mut self, holds: bool) {
        if holds {
            self.best = self.trying;
        } else {
            self.too_much = Some(self.trying);
        }
        self.trying = match self.too_much {
            None => self.best * 2.0,
            Some(too_much) => (self.best + too_much) / 2.0,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(limit: f64, from: f64) -> (f64, usize) {
        let mut search = Search::new(from, 0.05);
        let mut steps = 0;
        while let Some(rate) = search.next() {
            search.tell(rate <= limit);
            steps += 1;
        }
        (search.best, steps)
    }

    #[test]
    fn the_limit_is_found_from_below_and_from_above() {
        for (limit, from) in [(12_345.0, 500.0), (12_345.0, 100_000.0), (500.0, 500.0)] {
            let (best, steps) = find(limit, from);
            assert!(best <= limit && best >= limit * 0.94, "{best} for {limit}");
            assert!(steps < 20, "{steps}");
        }
        assert_eq!(find(0.0, 500.0).0, 0.0);
    }
}
