//! The command line.

use crate::bench::{self, BenchArgs};
use crate::measure::machine;
use crate::nodes::{self, NodesArgs};
use crate::report::Report;
use crate::scenario::{bulk, fanout, idle, moves};
use crate::target::{Target, TargetArgs};
use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Simulated users for any TeamFlow deployment: they measure, and check while they measure.
#[derive(Debug, Parser)]
#[command(name = "load-tests", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// One board, many readers, one publisher
    Fanout(On<fanout::FanoutArgs>),
    /// Durable moves by many writers on many boards
    Moves(On<moves::MovesArgs>),
    /// Many sessions that follow a board and do nothing
    Idle(On<idle::IdleArgs>),
    /// Requests with many ops each
    Bulk(On<bulk::BulkArgs>),
    /// The table of figures: starts server and database itself
    Bench(BenchArgs),
    /// Several nodes that are killed, frozen, restarted: starts them, PostgreSQL and Redis itself
    Nodes(NodesArgs),
}

/// A scenario, on a server that runs.
#[derive(Debug, clap::Args)]
struct On<A: clap::Args> {
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    scenario: A,
    /// Also write the report here, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Does what the command line says; answers whether everything held.
///
/// # Errors
/// Where it could not be done.
pub fn run(cli: Cli) -> Result<bool> {
    machine::raise_open_files();
    match cli.command {
        Command::Fanout(on) => on.run(fanout::run),
        Command::Moves(on) => on.run(moves::run),
        Command::Idle(on) => on.run(idle::run),
        Command::Bulk(on) => on.run(bulk::run),
        Command::Bench(args) => bench::run(&args),
        Command::Nodes(args) => nodes::run(&args),
    }
}

impl<A: clap::Args> On<A> {
    fn run(self, scenario: impl Fn(&Target, &A) -> Result<Report>) -> Result<bool> {
        let report = scenario(&self.target.open()?, &self.scenario)?;
        println!("{}", machine::describe());
        print!("{report}");
        if let Some(path) = self.json {
            let text = serde_json::to_vec_pretty(&report.json())?;
            std::fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))?;
        }
        Ok(report.verdict.holds())
    }
}
