//! How a run went: a point every so often.

use super::latency::{Latency, Packed};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Points that a run's timeline has at most, where its length is known: enough for a chart, little enough for a file.
const POINTS_MAX: u64 = 600;

/// What can be counted; the names stand in the report's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// Ops and requests sent, again or for the first time.
    Sent,
    /// Ops that were acked.
    Acked,
    /// Events that arrived at a session.
    Deliveries,
    /// Sessions that got in: connected, and subscribed where they follow a board.
    Joins,
    /// Sessions that ended without our asking.
    Losses,
    /// Rejects, errors and refused connections.
    Errors,
    /// Presence frames that were sent.
    PresenceSent,
    /// Presence frames that arrived.
    PresenceGot,
    /// Bytes that arrived.
    Bytes,
}

/// What takes time; the names stand in the report's file and on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timed {
    /// From when an op was due to its ack.
    Ack,
    /// From when an op was due to its event at a session.
    Delivery,
    /// From the first that anybody here heard of an op to its event at a session.
    CommitToDelivery,
    /// From when a session was due to be opened to its `subscribed`.
    Connect,
    /// From when a session was lost to its next `subscribed`.
    ComeBack,
    /// From when a REST request was due to its answer.
    Request,
}

impl Timed {
    pub const ALL: [Self; 6] =
        [Self::Ack, Self::Delivery, Self::CommitToDelivery, Self::Connect, Self::ComeBack, Self::Request];

    pub fn name(self) -> &'static str {
        match self {
            Self::Ack => "ack",
            Self::Delivery => "delivery",
            Self::CommitToDelivery => "commit_to_delivery",
            Self::Connect => "connect",
            Self::ComeBack => "come_back",
            Self::Request => "request",
        }
    }

    /// What it means, for people.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Ack => "from when an op was due to its ack",
            Self::Delivery => "from when an op was due to its event at a session",
            Self::CommitToDelivery => "from the first news of a commit to its event at a session",
            Self::Connect => "from when a session was due to its subscribed board",
            Self::ComeBack => "from the loss of a session to its board again",
            Self::Request => "from when a request was due to its answer",
        }
    }
}

/// What processes on this machine used at a moment. Absent for whom there is no process to look at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Used {
    pub server_core_percent: Option<f64>,
    pub database_core_percent: Option<f64>,
    pub load_core_percent: Option<f64>,
    pub server_rss_mb: Option<f64>,
    pub load_rss_mb: Option<f64>,
}

/// One point of a run's timeline: what happened since the one before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Seconds since measuring began.
    pub at_s: f64,
    /// Seconds that it covers.
    pub span_s: f64,
    /// Sessions that are in.
    pub sessions: u64,
    pub counts: BTreeMap<Count, u64>,
    pub latencies: BTreeMap<Timed, Packed>,
    pub used: Used,
}

impl Point {
    pub fn per_second(&self, count: Count) -> f64 {
        *self.counts.get(&count).unwrap_or(&0) as f64 / self.span_s.max(1e-9)
    }

    /// The distribution of what was `timed`; `None` where nothing was.
    ///
    /// # Errors
    /// Where the file that it came from is damaged.
    pub fn latency(&self, timed: Timed) -> Result<Option<Latency>> {
        self.latencies.get(&timed).map(Packed::unpack).transpose()
    }

    /// Takes in what another process saw at the same time.
    fn add(&mut self, other: &Self) -> Result<()> {
        self.sessions += other.sessions;
        for (count, value) in &other.counts {
            *self.counts.entry(*count).or_default() += value;
        }
        for (timed, packed) in &other.latencies {
            let both = match self.latencies.get(timed) {
                Some(own) => {
                    let mut both = own.unpack()?;
                    both.add(&packed.unpack()?)?;
                    both.pack()?
                }
                None => packed.clone(),
            };
            self.latencies.insert(*timed, both);
        }
        self.used.add(&other.used);
        Ok(())
    }
}

impl Used {
    /// Servers are watched by one process only; the load is the sum of all.
    fn add(&mut self, other: &Self) {
        let sum = |a: Option<f64>, b: Option<f64>| {
            if a.is_none() && b.is_none() { None } else { Some(a.unwrap_or(0.0) + b.unwrap_or(0.0)) }
        };
        self.server_core_percent = self.server_core_percent.or(other.server_core_percent);
        self.database_core_percent = self.database_core_percent.or(other.database_core_percent);
        self.server_rss_mb = self.server_rss_mb.or(other.server_rss_mb);
        self.load_core_percent = sum(self.load_core_percent, other.load_core_percent);
        self.load_rss_mb = sum(self.load_rss_mb, other.load_rss_mb);
    }
}

/// How many seconds a point covers in a run that is measured for `seconds`.
pub fn span_s(seconds: u64) -> u64 {
    seconds.div_ceil(POINTS_MAX).max(1)
}

/// One timeline out of those of several processes, point by point.
///
/// # Errors
/// Where a file that they came from is damaged.
pub fn merge(timelines: &[&[Point]]) -> Result<Vec<Point>> {
    let longest = timelines.iter().map(|timeline| timeline.len()).max().unwrap_or(0);
    let mut merged = Vec::with_capacity(longest);
    for place in 0..longest {
        let mut points = timelines.iter().filter_map(|timeline| timeline.get(place));
        let Some(first) = points.next() else { continue };
        let mut sum = first.clone();
        for point in points {
            sum.add(point)?;
        }
        merged.push(sum);
    }
    Ok(merged)
}

/// A straight line through points, by least squares; answers its slope and the share of the spread that it explains
/// (R²). `None` where there is no line: fewer than two points, or all at one `x`.
pub fn line_through(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (mean_x, mean_y) = (mean(|point| point.0), mean(|point| point.1));
    let xx: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    let xy: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let yy: f64 = points.iter().map(|(_, y)| (y - mean_y).powi(2)).sum();
    if points.len() < 2 || xx == 0.0 {
        return None;
    }
    let explained = if yy == 0.0 { 1.0 } else { xy * xy / (xx * yy) };
    Some((xy / xx, explained))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(at_s: f64, acked: u64, ms: u64) -> Point {
        let mut latency = Latency::new().unwrap();
        latency.record(ms * 1_000_000);
        Point {
            at_s,
            span_s: 2.0,
            sessions: 3,
            counts: BTreeMap::from([(Count::Acked, acked)]),
            latencies: BTreeMap::from([(Timed::Ack, latency.pack().unwrap())]),
            used: Used { load_core_percent: Some(10.0), ..Used::default() },
        }
    }

    #[test]
    fn processes_add_up_point_by_point() {
        let (one, two) = ([point(1.0, 10, 1), point(3.0, 20, 2)], [point(1.0, 30, 100)]);
        let merged = merge(&[&one, &two]).unwrap();
        assert_eq!(merged.len(), 2);
        assert_eq!((merged[0].per_second(Count::Acked), merged[0].sessions), (20.0, 6));
        assert_eq!(merged[0].used.load_core_percent, Some(20.0));
        assert!((merged[0].latency(Timed::Ack).unwrap().unwrap().ms(1.0) - 100.0).abs() < 0.1);
        assert_eq!(merged[1], one[1]);
    }

    #[test]
    fn a_line_is_fitted() {
        let (slope, explained) = line_through(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]).unwrap();
        assert!((slope - 2.0).abs() < 1e-9 && (explained - 1.0).abs() < 1e-9);
        assert_eq!(line_through(&[(1.0, 1.0), (1.0, 2.0)]), None);
        assert_eq!(line_through(&[(1.0, 1.0)]), None);
        let (slope, explained) = line_through(&[(0.0, 0.0), (1.0, 1.0), (2.0, 0.0), (3.0, 1.0)]).unwrap();
        assert!(slope > 0.0 && explained < 0.5);
    }

    #[test]
    fn long_runs_have_coarser_points() {
        assert_eq!((span_s(10), span_s(600), span_s(7200)), (1, 1, 12));
    }
}
