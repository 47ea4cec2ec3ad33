//! Each node is stopped in order and started again, under load.

use super::table::{Row, row};
use super::{Common, SETTLE, STOP_WITHIN, Writing, begin, bring_back, no_epoch_went_back, team};
use crate::bench::rows::Bound;
use crate::bench::scratch::Scratch;
use crate::measure::latency::Latency;
use crate::report::Report;
use anyhow::{Result, ensure};
use clap::Args;
use rustix::process::Signal;
use std::time::Instant;

#[derive(Debug, Clone, Args)]
pub struct RollingArgs {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub writing: Writing,
    /// Nodes
    #[arg(long, default_value_t = 3)]
    pub nodes: usize,
    /// How often each is restarted
    #[arg(long, default_value_t = 1)]
    pub rounds: usize,
}

pub const ROWS: &[Row] = &[
    row("longest wait of each writer, p50, s", "wait_p50_s", None),
    row("the same, p99, s", "wait_p99_s", Some(Bound::AtMost(1.0))),
    row("the longest of all, s", "wait_max_s", None),
    row("acked ops that are not in the log", "lost_acked_ops", NONE),
    row("exits with another code than 0", "bad_exits", NONE),
    row("from SIGTERM to the exit, longest, s", "exit_max_s", Some(Bound::AtMost(30.0))),
];
const NONE: Option<Bound> = Some(Bound::AtMost(0.0));

pub fn run(args: &RollingArgs, scratch: &Scratch) -> Result<(Report, Vec<String>)> {
    ensure!(args.nodes > 1 && args.rounds > 0, "there must be 2 nodes and 1 round at least");
    let plan = args.writing.plan(&args.common)?;
    let (mut cluster, site) = begin(&args.common, args.nodes, plan, scratch)?;
    let mut load = team::start(&site, plan)?;
    let mut waits = Latency::new()?;
    let (mut bad_exits, mut exit_max_s) = (0, 0.0_f64);
    for round in 0..args.rounds {
        load.run_for(SETTLE)?;
        team::begin_waits(&mut load);
        for node in 0..args.nodes {
            cluster.signal(node, Signal::TERM)?;
            let asked = Instant::now();
            let mut status = None;
            load.run_while_waiting(STOP_WITHIN, || {
                status = cluster.ended(node)?;
                Ok(status.is_some())
            })?;
            let took = asked.elapsed().as_secs_f64();
            exit_max_s = exit_max_s.max(took);
            let told = match status {
                Some(status) => status.to_string(),
                None => "no exit, and is killed".to_owned(),
            };
            if !status.is_some_and(|status| status.success()) {
                bad_exits += 1;
                let tail = cluster.log_tail(node);
                load.crowd.verdict.violation(|| format!("node-{node} stopped with {told}; its log:\n{tail}"));
            }
            bring_back(&mut cluster, &mut load, node)?;
            load.run_for(SETTLE)?;
            let longest = team::waits(&load).into_iter().max().unwrap_or_default().as_secs_f64();
            eprintln!(
                "round {} of {}, node-{node}: {told} after {took:.2} s; longest wait so far {longest:.2} s",
                round + 1,
                args.rounds
            );
        }
        team::waits(&load).into_iter().for_each(|wait| waits.record(wait.as_nanos() as u64));
        load.go_home();
    }
    let settings = format!(
        "{} nodes, {} boards x {} writers, {} ops/s each, each node restarted {} times",
        args.nodes, plan.boards, plan.writers, args.writing.rate, args.rounds
    );
    let mut report = Report::new("nodes rolling", settings);
    report.add("wait_p50_s", waits.ms(0.5) / 1e3);
    report.add("wait_p99_s", waits.ms(0.99) / 1e3);
    report.add("wait_max_s", waits.ms(1.0) / 1e3);
    report.add("waits", waits.count() as f64);
    report.add("bad_exits", f64::from(bad_exits));
    report.add("exit_max_s", exit_max_s);
    load.finish(&mut report)?;
    no_epoch_went_back(&cluster, &mut report.verdict)?;
    Ok((report, cluster.describe()))
}
