//! The rows of the table: what is run, what is to be reached, and who else did it how fast.

use crate::report::{Report, number};
use crate::scenario::{Pace, bulk, fanout, idle, moves};
use crate::target::Target;
use anyhow::Result;

/// One row of the table.
#[derive(Debug, Clone)]
pub struct Row {
    pub name: &'static str,
    pub what: &'static str,
    pub seed: SeedSize,
    pub work: Work,
    pub goals: Vec<Goal>,
    /// Other systems at the same work on a machine of this class.
    pub comparison: &'static str,
}

/// What `teamflow seed` is to make; one workspace.
#[derive(Debug, Clone, Copy)]
pub struct SeedSize {
    pub users: usize,
    pub boards: usize,
    /// A board.
    pub tasks: usize,
}

#[derive(Debug, Clone)]
pub enum Work {
    Moves(moves::MovesArgs),
    Fanout(fanout::FanoutArgs),
    Idle(idle::IdleArgs),
    Bulk(bulk::BulkArgs),
}

impl Work {
    pub fn run(&self, target: &Target) -> Result<Report> {
        match self {
            Self::Moves(args) => moves::run(target, args),
            Self::Fanout(args) => fanout::run(target, args),
            Self::Idle(args) => idle::run(target, args),
            Self::Bulk(args) => bulk::run(target, args),
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
    let pace = || Pace { seconds, warmup, random_seed: 1 };
    let moves = |boards, in_flight| Work::Moves(moves::MovesArgs { boards, writers: 4, in_flight, pace: pace() });
    let fanout = |window| Work::Fanout(fanout::FanoutArgs { readers: 1000, rate: 50.0, window, pace: pace() });
    let fifty_boards = SeedSize { users: 200, boards: 50, tasks: 200 };
    let one_board = SeedSize { users: 1001, boards: 1, tasks: 200 };
    vec![
        Row {
            name: "moves-1",
            what: "durable moves, 50 boards x 4 writers, 1 in flight",
            seed: fifty_boards,
            work: moves(50, 1),
            goals: vec![at_least("acked_per_s", 20_000.0), at_most("ack_p99_ms", 20.0)],
            comparison: "classic Node stack 1,988/s, p99 137 ms; bare prototype 31,394/s",
        },
        Row {
            name: "moves-8",
            what: "the same, 8 in flight",
            seed: fifty_boards,
            work: moves(50, 8),
            goals: vec![at_least("acked_per_s", 40_000.0), at_most("ack_p99_ms", 60.0)],
            comparison: "classic Node stack 2,158/s, p99 881 ms; bare prototype 66,434/s",
        },
        Row {
            name: "quiet",
            what: "one quiet board, 4 writers",
            seed: SeedSize { users: 4, boards: 1, tasks: 200 },
            work: moves(1, 1),
            goals: vec![at_most_on("postgres", "ack_p50_ms", 1.5), at_most_on("sqlite", "ack_p50_ms", 0.6)],
            comparison: "classic Node stack 2.6 ms; bare prototype 0.78 (PostgreSQL), 0.28 (SQLite)",
        },
        Row {
            name: "fanout-50",
            what: "one board, 1,000 readers, 50 ops/s",
            seed: one_board,
            work: fanout(None),
            goals: vec![at_most("server_us_per_delivery", 12.0), at_most("publish_to_delivery_p99_ms", 20.0)],
            comparison: "Socket.IO 15.2 us, Bun 7.0 us; bare prototype 9.4 us",
        },
        Row {
            name: "fanout-w8",
            what: "the same, as fast as it goes (window 8)",
            seed: one_board,
            work: fanout(Some(8)),
            goals: vec![at_least("deliveries_per_s", 600_000.0)],
            comparison: "Socket.IO 95,000/s, Bun 1,350,000/s; bare prototype 884,000/s",
        },
        Row {
            name: "fanout-w64",
            what: "the same, window 64",
            seed: one_board,
            work: fanout(Some(64)),
            goals: Vec::new(),
            comparison: "Socket.IO 90,000/s, Bun 3,958,000/s; bare prototype 3,292,000/s",
        },
        Row {
            name: "idle",
            what: "5,000 idle signed-in sessions on 50 boards",
            seed: SeedSize { users: 5000, boards: 50, tasks: 200 },
            work: Work::Idle(idle::IdleArgs { sessions: 5000, boards: 50, pace: pace() }),
            goals: vec![at_most("kb_per_session", 20.0)],
            comparison: "Socket.IO 16.7 kB, actix prototype 12.8 kB",
        },
        Row {
            name: "bulk",
            what: "POST /boards/{id}/ops with 1,000 ops",
            seed: SeedSize { users: 1, boards: 1, tasks: 1000 },
            work: Work::Bulk(bulk::BulkArgs { ops: 1000, atomic: false, pace: pace() }),
            goals: vec![at_most("request_p50_ms", 60.0)],
            comparison: "-",
        },
    ]
}
