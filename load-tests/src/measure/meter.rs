//! Counts and times while a run goes on: since the last point of the timeline, and in all.

use super::cpu::{CpuUsed, Samples};
use super::latency::Latency;
use super::memory;
use super::timeline::{Count, Point, Timed, Used};
use crate::target::Target;
use anyhow::Result;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const COUNTS: usize = Count::Bytes as usize + 1;
const TIMED: usize = Timed::ALL.len();

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Nothing is kept.
    Warmup,
    Measuring,
    /// Nothing new is sent: what is still on its way counts for latencies, not for rates.
    Draining,
}

/// What was measured, in numbers that can be added up.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    pub seconds: f64,
    pub counts: BTreeMap<Count, u64>,
    pub latencies: BTreeMap<Timed, Latency>,
    /// Microseconds of CPU.
    pub server_us: Option<f64>,
    pub database_us: Option<f64>,
    pub load_us: f64,
}

pub struct Meter {
    /// Also of what has not been added to the sum yet.
    counts: [u64; COUNTS],
    latencies: [Latency; TIMED],
    sum: Measured,
    phase: Phase,
    timeline: Vec<Point>,
    /// What went wrong, by its code.
    errors: BTreeMap<String, u64>,
    began: Instant,
    last_point: Instant,
    samples: Samples,
}

impl Meter {
    /// A meter that watches the processes of `target`.
    ///
    /// # Errors
    /// None in practice.
    pub fn new(target: &Target) -> Result<Self> {
        let now = Instant::now();
        let empty = Latency::new()?;
        Ok(Self {
            counts: [0; COUNTS],
            latencies: std::array::from_fn(|_| empty.clone()),
            sum: Measured::default(),
            phase: Phase::Warmup,
            timeline: Vec::new(),
            errors: BTreeMap::new(),
            began: now,
            last_point: now,
            samples: Samples::take(target),
        })
    }

    pub fn count(&mut self, count: Count, more: u64) {
        self.counts[count as usize] += more;
    }

    pub fn time(&mut self, timed: Timed, ns: u64) {
        self.latencies[timed as usize].record(ns);
    }

    /// Something went wrong; what, says `code`.
    pub fn error(&mut self, code: &str) {
        self.count(Count::Errors, 1);
        match self.errors.get_mut(code) {
            Some(times) => *times += 1,
            None => drop(self.errors.insert(code.to_owned(), 1)),
        }
    }

    pub fn errors(&self) -> &BTreeMap<String, u64> {
        &self.errors
    }

    pub fn phase(&self) -> Phase {
        self.phase
    }

    pub fn since_last_point(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.last_point)
    }

    /// Begins to measure: what was before is forgotten, but not what went wrong in it.
    pub fn begin(&mut self, target: &Target) {
        self.clear_interval();
        self.sum = Measured::default();
        self.timeline.clear();
        self.phase = Phase::Measuring;
        self.began = Instant::now();
        self.last_point = self.began;
        self.samples = Samples::take(target);
    }

    /// Ends the measuring of rates; answers the last point.
    ///
    /// # Errors
    /// None in practice.
    pub fn drain(&mut self, target: &Target, sessions: u64) -> Result<Point> {
        let point = self.point(target, sessions)?;
        self.phase = Phase::Draining;
        Ok(point)
    }

    /// Closes the interval since the last point.
    ///
    /// # Errors
    /// None in practice.
    pub fn point(&mut self, target: &Target, sessions: u64) -> Result<Point> {
        let now = Instant::now();
        let samples = Samples::take(target);
        let cpu = |used: Option<CpuUsed>| used.map(|used| used.percent);
        let (server, database) = self.samples.of_servers_until(&samples);
        let own = self.samples.own.until(&samples.own);
        let span_s = self.since_last_point(now).as_secs_f64();
        let mut point = Point {
            at_s: now.saturating_duration_since(self.began).as_secs_f64(),
            span_s,
            sessions,
            counts: BTreeMap::new(),
            latencies: BTreeMap::new(),
            used: Used {
                server_core_percent: cpu(server),
                database_core_percent: cpu(database),
                load_core_percent: Some(own.percent),
                server_rss_mb: memory::of_all_mb(&target.server_pids),
                load_rss_mb: memory::of_all_mb(&[std::process::id()]),
            },
        };
        for (place, count) in COUNTED.into_iter().enumerate().filter(|(place, _)| self.counts[*place] > 0) {
            point.counts.insert(count, self.counts[place]);
        }
        for timed in Timed::ALL {
            let latency = &self.latencies[timed as usize];
            if !latency.is_empty() {
                point.latencies.insert(timed, latency.pack()?);
            }
        }
        if self.phase == Phase::Measuring {
            self.sum.seconds += span_s;
            for (count, more) in &point.counts {
                *self.sum.counts.entry(*count).or_default() += more;
            }
            let more = |sum: &mut Option<f64>, used: Option<CpuUsed>| {
                if let Some(used) = used {
                    *sum.get_or_insert(0.0) += used.us;
                }
            };
            more(&mut self.sum.server_us, server);
            more(&mut self.sum.database_us, database);
            self.sum.load_us += own.us;
            self.timeline.push(point.clone());
        }
        self.keep_latencies()?;
        self.clear_interval();
        self.last_point = now;
        self.samples = samples;
        Ok(point)
    }

    fn keep_latencies(&mut self) -> Result<()> {
        if self.phase == Phase::Warmup {
            return Ok(());
        }
        for timed in Timed::ALL {
            let latency = &self.latencies[timed as usize];
            if latency.is_empty() {
                continue;
            }
            match self.sum.latencies.get_mut(&timed) {
                Some(sum) => sum.add(latency)?,
                None => drop(self.sum.latencies.insert(timed, latency.clone())),
            }
        }
        Ok(())
    }

    fn clear_interval(&mut self) {
        self.counts = [0; COUNTS];
        self.latencies.iter_mut().filter(|latency| !latency.is_empty()).for_each(Latency::clear);
    }

    /// What was measured up to now, with what came after the last point.
    ///
    /// # Errors
    /// None in practice.
    pub fn so_far(&mut self) -> Result<&Measured> {
        self.keep_latencies()?;
        self.clear_interval();
        Ok(&self.sum)
    }

    /// All that was measured, with what came after the last point.
    ///
    /// # Errors
    /// None in practice.
    pub fn finish(&mut self) -> Result<(Measured, Vec<Point>)> {
        self.so_far()?;
        Ok((std::mem::take(&mut self.sum), std::mem::take(&mut self.timeline)))
    }
}

const COUNTED: [Count; COUNTS] = [
    Count::Sent,
    Count::Acked,
    Count::Deliveries,
    Count::Joins,
    Count::Losses,
    Count::Errors,
    Count::PresenceSent,
    Count::PresenceGot,
    Count::Bytes,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::tests::nowhere;

    #[test]
    fn rates_are_of_the_measured_time_and_late_answers_count_for_latencies() {
        let target = nowhere();
        let mut meter = Meter::new(&target).unwrap();
        meter.count(Count::Acked, 100);
        meter.time(Timed::Ack, 1_000_000);
        meter.begin(&target);
        meter.count(Count::Acked, 3);
        meter.time(Timed::Ack, 2_000_000);
        meter.drain(&target, 1).unwrap();
        meter.count(Count::Acked, 1);
        meter.time(Timed::Ack, 900_000_000);
        let (measured, timeline) = meter.finish().unwrap();
        assert_eq!(measured.counts[&Count::Acked], 3);
        assert_eq!(measured.latencies[&Timed::Ack].count(), 2);
        assert!(measured.latencies[&Timed::Ack].ms(1.0) > 890.0);
        assert_eq!(timeline.len(), 1);
        assert!(COUNTED.iter().enumerate().all(|(place, count)| *count as usize == place));
        assert!(Timed::ALL.iter().enumerate().all(|(place, timed)| *timed as usize == place));
    }
}
