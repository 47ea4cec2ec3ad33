//! One board, a writer at its owner and one at another node, in turns: what forwarding costs.

use super::table::{Row, row};
use super::team::Plan;
use super::{Common, SETTLE, begin, no_epoch_went_back, team};
use crate::bench::rows::Bound;
use crate::bench::scratch::Scratch;
use crate::measure::latency::Latency;
use crate::report::Report;
use anyhow::{Context, Result, ensure};
use clap::Args;
use std::time::Duration;

#[derive(Debug, Clone, Args)]
pub struct ForwardingArgs {
    #[command(flatten)]
    pub common: Common,
    /// Turns of each writer
    #[arg(long, default_value_t = 20)]
    pub turns: usize,
    /// Length of a turn
    #[arg(long, default_value_t = 500)]
    pub turn_ms: u64,
}

pub const ROWS: &[Row] = &[
    row("ack p50 at the owner, ms", "owner_ack_p50_ms", None),
    row("ack p99 at the owner, ms", "owner_ack_p99_ms", None),
    row("ack p50 at another node, ms", "forwarded_ack_p50_ms", None),
    row("ack p99 at another node, ms", "forwarded_ack_p99_ms", None),
    row("what forwarding adds to the p50, ms", "added_p50_ms", Some(Bound::AtMost(2.0))),
    row("acked ops that are not in the log", "lost_acked_ops", Some(Bound::AtMost(0.0))),
];

/// Two nodes: the owner and the other.
const NODES: usize = 2;

/// Turns before anything is measured.
const WARMUP_TURNS: usize = 2;

pub fn run(args: &ForwardingArgs, scratch: &Scratch) -> Result<(Report, Vec<String>)> {
    ensure!(args.turns > 0 && args.turn_ms > 0, "turns and turn-ms must be above 0");
    // Writer n is at node n.
    let plan =
        Plan { boards: 1, writers: NODES, in_flight: 1, pause: Duration::ZERO, random_seed: args.common.random_seed };
    let (cluster, site) = begin(&args.common, NODES, plan, scratch)?;
    let mut load = team::start(&site, plan)?;
    let board = site.target.seed.boards[0].id;
    load.run_for(SETTLE)?;
    let owned = *cluster.owners()?.get(&board).context("the board has no owner, though it is written to")?;
    for turn in 0..WARMUP_TURNS + args.turns {
        if turn == WARMUP_TURNS {
            team::time_each(&mut load)?;
        }
        for writer in [owned.node, (owned.node + 1) % NODES] {
            team::only(&mut load, Some(writer));
            load.run_for(Duration::from_millis(args.turn_ms))?;
            team::only(&mut load, None);
            team::run_until_quiet(&mut load)?;
        }
    }
    let stayed = cluster.owners()?.get(&board) == Some(&owned)
        && load.crowd.users.iter().all(|user| user.node == user.home_node);
    let settings = format!(
        "2 nodes, 1 board, 1 writer at each with 1 op in flight, {} turns of {} ms each",
        args.turns, args.turn_ms
    );
    let mut report = Report::new("nodes forwarding", settings);
    let none = Latency::new()?;
    let own_ack = |number: usize| load.crowd.users[number].writer.as_ref()?.own_ack.as_deref();
    let [at_owner, forwarded] = [owned.node, (owned.node + 1) % NODES].map(|number| own_ack(number).unwrap_or(&none));
    report.add("owner_ack_p50_ms", at_owner.ms(0.5));
    report.add("owner_ack_p99_ms", at_owner.ms(0.99));
    report.add("forwarded_ack_p50_ms", forwarded.ms(0.5));
    report.add("forwarded_ack_p99_ms", forwarded.ms(0.99));
    report.add("added_p50_ms", forwarded.ms(0.5) - at_owner.ms(0.5));
    report.add("owner_acks", at_owner.count() as f64);
    report.add("forwarded_acks", forwarded.count() as f64);
    load.finish(&mut report)?;
    if !stayed {
        report.verdict.violation(|| "the board or a writer moved meanwhile: the figures mix both ways".to_owned());
    }
    no_epoch_went_back(&cluster, &mut report.verdict)?;
    Ok((report, cluster.describe()))
}
