//! A node that owns boards is stopped for longer than every lease, and goes on: what it then does with its old epochs.

use super::table::{Row, row};
use super::{Common, SETTLE, Writing, begin, no_epoch_went_back, team};
use crate::bench::rows::Bound;
use crate::bench::scratch::Scratch;
use crate::measure::latency::Latency;
use crate::report::Report;
use anyhow::{Context, Result, ensure};
use clap::Args;
use rustix::process::Signal;
use std::time::{Duration, Instant};

#[derive(Debug, Clone, Args)]
pub struct FrozenArgs {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub writing: Writing,
    /// Nodes
    #[arg(long, default_value_t = 3)]
    pub nodes: usize,
    /// Freezes, each of the node with the most boards
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// How long it is frozen
    #[arg(long, default_value_t = 6)]
    pub seconds: u64,
}

pub const ROWS: &[Row] = &[
    row("events under an epoch of the frozen node after the first of its successor", "late_commits", NONE),
    row("boards that were taken over and written to meanwhile", "boards_taken_over", None),
    row("longest wait of a writer whose node or board's node was frozen, p50, s", "wait_p50_s", None),
    row("the same, p99, s", "wait_p99_s", None),
    row("the longest of all, s", "wait_max_s", None),
    row("acked ops that are not in the log", "lost_acked_ops", NONE),
];
const NONE: Option<Bound> = Some(Bound::AtMost(0.0));

/// How long a thawed node is watched.
const AFTER: Duration = Duration::from_secs(6);
const AFTER_MAX: Duration = Duration::from_secs(25);

pub fn run(args: &FrozenArgs, scratch: &Scratch) -> Result<(Report, Vec<String>)> {
    ensure!(args.nodes > 1 && args.rounds > 0, "there must be 2 nodes and 1 round at least");
    let plan = args.writing.plan(&args.common)?;
    let (mut cluster, site) = begin(&args.common, args.nodes, plan, scratch)?;
    let mut load = team::start(&site, plan)?;
    let mut waits = Latency::new()?;
    let (mut late, mut taken_over, mut had) = (0, 0, 0);
    for round in 0..args.rounds {
        load.run_for(SETTLE)?;
        let owners = cluster.owners()?;
        let boards_of = |node: usize| owners.values().filter(|owned| owned.node == node).count();
        let node = (0..args.nodes).max_by_key(|node| boards_of(*node)).context("there is no node")?;
        load.run_for(Duration::from_millis(500))?;
        let affected: Vec<bool> = load
            .crowd
            .users
            .iter()
            .map(|user| {
                let board = load.crowd.orders[user.home_board as usize].order.id;
                usize::from(user.node) == node || owners.get(&board).is_some_and(|owned| owned.node == node)
            })
            .collect();
        team::begin_waits(&mut load);
        cluster.signal(node, Signal::STOP)?;
        load.run_for(Duration::from_secs(args.seconds))?;
        cluster.signal(node, Signal::CONT)?;
        let thawed = Instant::now();
        load.run_for(AFTER)?;
        team::run_until_all_acked_since(&mut load, thawed + AFTER, AFTER_MAX)?;
        for (wait, _) in team::waits(&load).into_iter().zip(affected).filter(|(_, affected)| *affected) {
            waits.record(wait.as_nanos() as u64);
        }
        let frozen: Vec<_> = owners.iter().filter(|(_, owned)| owned.node == node).collect();
        let (late_before, taken_before) = (late, taken_over);
        for (board, owned) in &frozen {
            late += cluster.written_after_takeover(**board, owned.epoch)?;
            taken_over += u64::from(cluster.is_written_past(**board, owned.epoch)?);
        }
        had += frozen.len();
        if let Some(status) = cluster.ended(node)? {
            let tail = cluster.log_tail(node);
            load.crowd
                .verdict
                .violation(|| format!("node-{node} ended with {status} after it thawed; its log:\n{tail}"));
        }
        eprintln!(
            "round {} of {}: froze node-{node} with {} boards; {} were taken over, {} late commits",
            round + 1,
            args.rounds,
            frozen.len(),
            taken_over - taken_before,
            late - late_before
        );
        load.go_home();
    }
    let settings = format!(
        "{} nodes, {} boards x {} writers, {} ops/s each, {} freezes of {} s",
        args.nodes, plan.boards, plan.writers, args.writing.rate, args.rounds, args.seconds
    );
    let mut report = Report::new("nodes frozen", settings);
    report.add("late_commits", late as f64);
    report.add("boards_taken_over", taken_over as f64);
    report.add("boards_frozen", had as f64);
    report.add("wait_p50_s", waits.ms(0.5) / 1e3);
    report.add("wait_p99_s", waits.ms(0.99) / 1e3);
    report.add("wait_max_s", waits.ms(1.0) / 1e3);
    report.add("waits", waits.count() as f64);
    load.finish(&mut report)?;
    if late > 0 {
        report.verdict.violation(|| format!("{late} events were written by a node that had been replaced"));
    }
    if taken_over == 0 {
        report.verdict.violation(|| "no board was taken over: nothing was tried".to_owned());
    }
    no_epoch_went_back(&cluster, &mut report.verdict)?;
    Ok((report, cluster.describe()))
}
