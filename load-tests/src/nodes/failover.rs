//! `kill -9` of a node under load: how long those who were there, and those whose boards were there, wait.

use super::table::{Row, row};
use super::{Common, SETTLE, Writing, begin, bring_back, no_epoch_went_back, team};
use crate::bench::rows::Bound;
use crate::bench::scratch::Scratch;
use crate::measure::latency::Latency;
use crate::report::Report;
use anyhow::{Result, ensure};
use clap::Args;
use rustix::process::Signal;
use std::time::{Duration, Instant};

#[derive(Debug, Clone, Args)]
pub struct FailoverArgs {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub writing: Writing,
    /// Nodes
    #[arg(long, default_value_t = 3)]
    pub nodes: usize,
    /// Kills, one node after the other
    #[arg(long, default_value_t = 12)]
    pub rounds: usize,
}

pub const ROWS: &[Row] = &[
    row("longest wait of a writer whose node or board's node was killed, p50, s", "wait_p50_s", P50),
    row("the same, p99, s", "wait_p99_s", P99),
    row("only those whose board's owner was killed, p50, s", "board_wait_p50_s", P50),
    row("the same, p99, s", "board_wait_p99_s", P99),
    row("the longest of all, s", "wait_max_s", None),
    row("acked ops that are not in the log", "lost_acked_ops", Some(Bound::AtMost(0.0))),
];
const P50: Option<Bound> = Some(Bound::AtMost(3.0));
const P99: Option<Bound> = Some(Bound::AtMost(6.0));

/// A round goes on for so long after the kill at least: a dead node is replaced after 2 s.
const ROUND: Duration = Duration::from_secs(5);
/// And so long at most, for those who still wait.
const ROUND_MAX: Duration = Duration::from_secs(25);

pub fn run(args: &FailoverArgs, scratch: &Scratch) -> Result<(Report, Vec<String>)> {
    ensure!(args.nodes > 1 && args.rounds > 0, "there must be 2 nodes and 1 round at least");
    let plan = args.writing.plan(&args.common)?;
    let (mut cluster, site) = begin(&args.common, args.nodes, plan, scratch)?;
    let mut load = team::start(&site, plan)?;
    let (mut all, mut of_board) = (Latency::new()?, Latency::new()?);
    for round in 0..args.rounds {
        let node = round % args.nodes;
        load.run_for(SETTLE)?;
        let owners = cluster.owners()?;
        // The question above held the load up.
        load.run_for(Duration::from_millis(500))?;
        let boards: Vec<bool> = load
            .crowd
            .users
            .iter()
            .map(|user| {
                let board = load.crowd.orders[user.home_board as usize].order.id;
                owners.get(&board).is_some_and(|owned| owned.node == node)
            })
            .collect();
        let there: Vec<bool> = load.crowd.users.iter().map(|user| usize::from(user.node) == node).collect();
        team::begin_waits(&mut load);
        cluster.signal(node, Signal::KILL)?;
        let killed = Instant::now();
        load.run_for(ROUND)?;
        team::run_until_all_acked_since(&mut load, killed + ROUND, ROUND_MAX)?;
        let mut longest = Duration::ZERO;
        for (number, wait) in team::waits(&load).into_iter().enumerate() {
            if there[number] || boards[number] {
                all.record(wait.as_nanos() as u64);
                longest = longest.max(wait);
            }
            if boards[number] {
                of_board.record(wait.as_nanos() as u64);
            }
        }
        eprintln!(
            "round {} of {}: killed node-{node} with {} writers and the boards of {}; the longest wait was {:.2} s",
            round + 1,
            args.rounds,
            there.iter().filter(|there| **there).count(),
            boards.iter().filter(|board| **board).count(),
            longest.as_secs_f64()
        );
        bring_back(&mut cluster, &mut load, node)?;
        load.go_home();
    }
    let settings = format!(
        "{} nodes, {} boards x {} writers, {} ops/s each, {} kills",
        args.nodes, plan.boards, plan.writers, args.writing.rate, args.rounds
    );
    let mut report = Report::new("nodes failover", settings);
    for (latency, [p50, p99]) in
        [(&all, ["wait_p50_s", "wait_p99_s"]), (&of_board, ["board_wait_p50_s", "board_wait_p99_s"])]
    {
        report.add(p50, latency.ms(0.5) / 1e3);
        report.add(p99, latency.ms(0.99) / 1e3);
    }
    report.add("wait_max_s", all.ms(1.0) / 1e3);
    report.add("waits", all.count() as f64);
    report.add("waits_of_boards", of_board.count() as f64);
    load.finish(&mut report)?;
    no_epoch_went_back(&cluster, &mut report.verdict)?;
    Ok((report, cluster.describe()))
}
