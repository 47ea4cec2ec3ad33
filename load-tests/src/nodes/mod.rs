//! `load-tests nodes`: several nodes on one PostgreSQL and one Redis, all started here, and what it costs their writers
//! when a node is killed, frozen, restarted, or is not the one that may write the board; and what more nodes bring.

mod cluster;
mod failover;
mod forwarding;
mod frozen;
mod rolling;
mod scale;
mod table;
pub mod team;

use crate::bench::scratch::Scratch;
use crate::check::Verdict;
use crate::crowd::load::Load;
use crate::measure::machine;
use crate::report::{Report, file};
use crate::site::Site;
use crate::target::SeedSize;
use anyhow::{Result, ensure};
use clap::{Args, Subcommand};
use cluster::Cluster;
use std::path::PathBuf;
use std::time::Duration;
use table::Row;
use team::Plan;

/// How long a node may take to stop: it promises 30 s itself.
const STOP_WITHIN: Duration = Duration::from_secs(35);

/// How long a node may take to get ready.
const START_WITHIN: Duration = Duration::from_secs(35);

/// So long boards may take to come to rest on a node that is new.
const SETTLE: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Args)]
pub struct NodesArgs {
    #[command(subcommand)]
    scenario: Scenario,
}

#[derive(Debug, Clone, Subcommand)]
enum Scenario {
    /// `kill -9` of a node under load, round after round
    Failover(failover::FailoverArgs),
    /// A node that owns boards is stopped for longer than every lease, and goes on
    Frozen(frozen::FrozenArgs),
    /// SIGTERM and restart of each node in turn, under load
    Rolling(rolling::RollingArgs),
    /// The same work on 1, 2, 3 nodes
    Scale(scale::ScaleArgs),
    /// A writer at the board's owner, and one at another node
    Forwarding(forwarding::ForwardingArgs),
}

/// What every scenario takes.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// The server, built for release
    #[arg(long, default_value = "target/release/teamflow", value_name = "FILE")]
    pub server: PathBuf,
    /// Folder for databases and logs; a folder of its own is made there and removed
    #[arg(long, value_name = "FOLDER")]
    pub scratch: Option<PathBuf>,
    /// Keep that folder
    #[arg(long)]
    pub keep: bool,
    /// Also write the report here, as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// The same seed makes the same choices
    #[arg(long, default_value_t = 1)]
    pub random_seed: u64,
}

/// Who writes meanwhile.
#[derive(Debug, Clone, Args)]
pub struct Writing {
    /// Boards, spread over the nodes by the nodes themselves
    #[arg(long, default_value_t = 12)]
    pub boards: usize,
    /// Writers on each; the first is at the first node, the second at the second, and around again
    #[arg(long, default_value_t = 3)]
    pub writers: usize,
    /// Ops a second of one writer
    #[arg(long, default_value_t = 10.0)]
    pub rate: f64,
    /// Ops of one writer that wait for their acks; with more, it stops until one comes
    #[arg(long, default_value_t = 4)]
    pub in_flight: usize,
}

impl Writing {
    fn plan(&self, common: &Common) -> Result<Plan> {
        ensure!(self.rate > 0.0, "rate must be above 0");
        let pause = Duration::from_secs_f64(1.0 / self.rate);
        let Self { boards, writers, in_flight, .. } = *self;
        Ok(Plan { boards, writers, in_flight, pause, random_seed: common.random_seed })
    }
}

/// Runs a scenario; answers whether everything held. Figures that are not reached do not count as failed.
///
/// # Errors
/// Where it could not be run to its end.
pub fn run(args: &NodesArgs) -> Result<bool> {
    match &args.scenario {
        Scenario::Failover(args) => show(&args.common, failover::ROWS, |scratch| failover::run(args, scratch)),
        Scenario::Frozen(args) => show(&args.common, frozen::ROWS, |scratch| frozen::run(args, scratch)),
        Scenario::Rolling(args) => show(&args.common, rolling::ROWS, |scratch| rolling::run(args, scratch)),
        Scenario::Scale(args) => show(&args.common, scale::ROWS, |scratch| scale::run(args, scratch)),
        Scenario::Forwarding(args) => show(&args.common, forwarding::ROWS, |scratch| forwarding::run(args, scratch)),
    }
}

fn show(common: &Common, rows: &[Row], run: impl Fn(&Scratch) -> Result<(Report, Vec<String>)>) -> Result<bool> {
    ensure!(common.server.exists(), "there is no server at {}: build it with --release", common.server.display());
    let scratch = Scratch::make("nodes", common.scratch.as_deref(), common.keep)?;
    let mut lines = vec![machine::describe(), scratch.disk()?];
    let busy = machine::load_average();
    let (report, programs) = run(&scratch)?;
    lines.extend(programs);
    lines.push("nodes, databases and load share the machine, nothing pinned to a core".to_owned());
    if let (Some(before), Some(after)) = (busy, machine::load_average()) {
        lines.push(format!("load average of the machine before the run {before:.1}, after it {after:.1}"));
    }
    println!("\n{}", table::render(&lines, rows, &report));
    if let Some(path) = &common.json {
        let mut json = report.json()?;
        json["machine"] = lines.join("; ").into();
        file::write(path, &serde_json::to_vec_pretty(&json)?)?;
    }
    Ok(report.verdict.holds())
}

/// A cluster of `nodes` for the plan's writers, as a site.
fn begin(common: &Common, nodes: usize, plan: Plan, scratch: &Scratch) -> Result<(Cluster, Site)> {
    // Each writer needs tasks of its own, and more of them than it has ops in flight.
    let seed =
        SeedSize { users: plan.boards * plan.writers, boards: plan.boards, tasks: plan.writers * (plan.in_flight + 8) };
    let cluster = Cluster::start(&common.server, nodes, &seed, &scratch.folder)?;
    let site = Site::alone(cluster.target()?);
    Ok((cluster, site))
}

/// After a run: nobody who was replaced has written.
fn no_epoch_went_back(cluster: &Cluster, verdict: &mut Verdict) -> Result<()> {
    let back = cluster.epochs_gone_back()?;
    if back > 0 {
        verdict.violation(|| format!("{back} events bear an older epoch than an event before them"));
    }
    Ok(())
}

/// Starts a node again under load, and takes it in when it is ready.
fn bring_back(cluster: &mut Cluster, load: &mut Load<'_>, node: usize) -> Result<()> {
    let started = cluster.start_again(node);
    load.run_while_waiting(START_WITHIN, || Ok(started.is_finished()))?;
    cluster.is_back(node, started)
}
