//! The same work on one, two, three nodes: what more of them bring, and what it costs to keep them in step.

use super::table::{Row, row};
use super::{Common, SETTLE};
use crate::bench::rows::Bound;
use crate::bench::scratch::Scratch;
use crate::measure::timeline::Timed;
use crate::nodes::cluster::Cluster;
use crate::report::Report;
use crate::scenario::{Length, Scenario, moves};
use crate::screen::Screen;
use crate::site::{Part, Site};
use anyhow::{Result, ensure};
use clap::Args;

#[derive(Debug, Clone, Args)]
pub struct ScaleArgs {
    #[command(flatten)]
    pub common: Common,
    /// Nodes at the most
    #[arg(long, default_value_t = 3)]
    pub nodes: usize,
    /// Boards, spread over the nodes by the nodes themselves
    #[arg(long, default_value_t = 30)]
    pub boards: usize,
    /// Writers on each, spread over the nodes
    #[arg(long, default_value_t = 4)]
    pub writers: usize,
    /// Ops of one writer that wait for their acks
    #[arg(long, default_value_t = 1)]
    pub in_flight: usize,
    /// Seconds that are measured on each number of nodes
    #[arg(long, default_value_t = 10)]
    pub seconds: u64,
}

pub const ROWS: &[Row] = &[
    row("acked/s on 1 node", "acked_per_s_on_1", None),
    row("acked/s on 2 nodes", "acked_per_s_on_2", None),
    row("acked/s on 3 nodes", "acked_per_s_on_3", None),
    row("ack p50 on 1 node, ms", "ack_p50_ms_on_1", None),
    row("ack p50 on 2 nodes, ms", "ack_p50_ms_on_2", None),
    row("ack p50 on 3 nodes, ms", "ack_p50_ms_on_3", None),
    row("ack p99 on 1 node, ms", "ack_p99_ms_on_1", None),
    row("ack p99 on 2 nodes, ms", "ack_p99_ms_on_2", None),
    row("ack p99 on 3 nodes, ms", "ack_p99_ms_on_3", None),
    row("CPU of all nodes an op on 1 node, us", "server_us_per_op_on_1", None),
    row("CPU of all nodes an op on 2 nodes, us", "server_us_per_op_on_2", None),
    row("CPU of all nodes an op on 3 nodes, us", "server_us_per_op_on_3", None),
    row("acked ops that are not in the log", "lost_acked_ops", Some(Bound::AtMost(0.0))),
];

pub fn run(args: &ScaleArgs, scratch: &Scratch) -> Result<(Report, Vec<String>)> {
    ensure!(args.nodes > 0, "there must be 1 node at least");
    let work = moves::MovesArgs {
        boards: args.boards,
        writers: args.writers,
        in_flight: args.in_flight,
        rate: None,
        tasks: (args.writers * (args.in_flight + 8)).max(200),
        length: Length { seconds: args.seconds, warmup: 2, random_seed: args.common.random_seed },
    };
    let settings = format!(
        "{} boards x {} writers, {} in flight, on 1 to {} nodes",
        args.boards, args.writers, args.in_flight, args.nodes
    );
    let mut report = Report::new("nodes scale", settings);
    let mut programs = Vec::new();
    for nodes in 1..=args.nodes {
        let folder = scratch.folder.join(format!("on-{nodes}"));
        std::fs::create_dir_all(&folder)?;
        let cluster = Cluster::start(&args.common.server, nodes, &work.needs(), &folder)?;
        // Boards that several nodes want come to rest.
        std::thread::sleep(SETTLE);
        let site = Site::new(cluster.target()?, Part::whole(), Box::new(Screen::new()));
        let one = work.run(&site)?;
        eprint!("{nodes} nodes, {one}");
        for name in ["acked_per_s", "server_us_per_op", "total_us_per_op"] {
            one.figure(name).into_iter().for_each(|value| report.add(format!("{name}_on_{nodes}"), value));
        }
        if let Some(ack) = one.latency(Timed::Ack) {
            report.add(format!("ack_p50_ms_on_{nodes}"), ack.ms(0.5));
            report.add(format!("ack_p99_ms_on_{nodes}"), ack.ms(0.99));
        }
        report.lost_acked_ops += one.lost_acked_ops;
        report.verdict.add(one.verdict.told().to_vec(), one.verdict.count());
        super::no_epoch_went_back(&cluster, &mut report.verdict)?;
        programs = cluster.describe();
    }
    Ok((report, programs))
}
