//! The rows of the table: what is run, what is to be reached, and who else did it how fast.

use crate::report::{Report, number};
use crate::scenario::{Length, Scenario, bulk, connect, fanout, moves};
use crate::site::Site;
use crate::target::SeedSize;
use anyhow::Result;

/// One row of the table.
#[derive(Debug, Clone)]
pub struct Row {
    pub name: &'static str,
    pub what: &'static str,
    pub work: Work,
    pub goals: Vec<Goal>,
    /// Other systems at the same work on a machine of this class.
    pub comparison: &'static str,
}

#[derive(Debug, Clone)]
pub enum Work {
    Moves(moves::MovesArgs),
    Fanout(fanout::FanoutArgs),
    Connect(connect::ConnectArgs),
    Bulk(bulk::BulkArgs),
}

impl Work {
    pub fn needs(&self) -> SeedSize {
        match self {
            Self::Moves(args) => args.needs(),
            Self::Fanout(args) => args.needs(),
            Self::Connect(args) => args.needs(),
            Self::Bulk(args) => args.needs(),
        }
    }

    /// Runs it.
    ///
    /// # Errors
    /// Where it could not be run to its end.
    pub fn run(&self, site: &Site) -> Result<Report> {
        match self {
            Self::Moves(args) => args.run(site),
            Self::Fanout(args) => args.run(site),
            Self::Connect(args) => args.run(site),
            Self::Bulk(args) => args.run(site),
        }
    }
}

/// A figure to be reached.
#[derive(Debug, Clone, Copy)]
pub struct Goal {
    pub figure: &'static str,
    pub bound: Bound,
    /// The only database that it is set for.
    pub engine: Option<&'static str>,
}

#[derive(Debug, Clone, Copy)]
pub enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Bound {
    pub fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(out, ">= {}", number(*bound)),
            Self::AtMost(bound) => write!(out, "<= {}", number(*bound)),
        }
    }
}

fn at_least(figure: &'static str, bound: f64) -> Goal {
    Goal { figure, bound: Bound::AtLeast(bound), engine: None }
}

fn at_most(figure: &'static str, bound: f64) -> Goal {
    Goal { figure, bound: Bound::AtMost(bound), engine: None }
}

fn at_most_on(engine: &'static str, figure: &'static str, bound: f64) -> Goal {
    Goal { figure, bound: Bound::AtMost(bound), engine: Some(engine) }
}

/// All rows, in the order of the table.
pub fn all(seconds: u64, warmup: u64) -> Vec<Row> {
    let length = || Length { seconds, warmup, random_seed: 1 };
    let moves = |boards, in_flight| {
        let args = moves::MovesArgs { boards, writers: 4, in_flight, rate: None, tasks: 200, length: length() };
        Work::Moves(args)
    };
    let fanout = |window| {
        let args = fanout::FanoutArgs { readers: 1000, rate: 50.0, window, tasks: 200, length: length() };
        Work::Fanout(args)
    };
    let connect =
        connect::ConnectArgs { users: 5000, boards: 50, tasks: 200, rate: None, in_flight: 64, length: length() };
    vec![
        Row {
            name: "moves-1",
            what: "durable moves, 50 boards x 4 writers, 1 in flight",
            work: moves(50, 1),
            goals: vec![at_least("acked_per_s", 20_000.0), at_most("ack_p99_ms", 20.0)],
            comparison: "classic Node stack 1,988/s, p99 137 ms; bare prototype 31,394/s",
        },
        Row {
            name: "moves-8",
            what: "the same, 8 in flight",
            work: moves(50, 8),
            goals: vec![at_least("acked_per_s", 40_000.0), at_most("ack_p99_ms", 60.0)],
            comparison: "classic Node stack 2,158/s, p99 881 ms; bare prototype 66,434/s",
        },
        Row {
            name: "quiet",
            what: "one quiet board, 4 writers",
            work: moves(1, 1),
            goals: vec![at_most_on("postgres", "ack_p50_ms", 1.5), at_most_on("sqlite", "ack_p50_ms", 0.6)],
            comparison: "classic Node stack 2.6 ms; bare prototype 0.78 (PostgreSQL), 0.28 (SQLite)",
        },
        Row {
            name: "fanout-50",
            what: "one board, 1,000 readers, 50 ops/s",
            work: fanout(None),
            goals: vec![at_most("server_us_per_delivery", 12.0), at_most("delivery_p99_ms", 20.0)],
            comparison: "Socket.IO 15.2 us, Bun 7.0 us; bare prototype 9.4 us",
        },
        Row {
            name: "fanout-w8",
            what: "the same, as fast as it goes (window 8)",
            work: fanout(Some(8)),
            goals: vec![at_least("deliveries_per_s", 600_000.0)],
            comparison: "Socket.IO 95,000/s, Bun 1,350,000/s; bare prototype 884,000/s",
        },
        Row {
            name: "fanout-w64",
            what: "the same, window 64",
            work: fanout(Some(64)),
            goals: Vec::new(),
            comparison: "Socket.IO 90,000/s, Bun 3,958,000/s; bare prototype 3,292,000/s",
        },
        Row {
            name: "connect",
            what: "5,000 idle signed-in sessions on 50 boards",
            work: Work::Connect(connect),
            goals: vec![at_most("kb_per_session", 20.0)],
            comparison: "Socket.IO 16.7 kB, actix prototype 12.8 kB",
        },
        Row {
            name: "bulk",
            what: "POST /boards/{id}/ops with 1,000 ops",
            work: Work::Bulk(bulk::BulkArgs { ops: 1000, atomic: false, tasks: 1000, length: length() }),
            goals: vec![at_most("request_p50_ms", 60.0)],
            comparison: "-",
        },
    ]
}
