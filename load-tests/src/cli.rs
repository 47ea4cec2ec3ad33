//! The command line.

use crate::bench::{self, BenchArgs};
use crate::interrupt;
use crate::measure::machine;
use crate::nodes::{self, NodesArgs};
use crate::on::{Measured, On};
use crate::report::Report;
use crate::scenario::{bulk, connect, fanout, mixed, moves, ramp, soak, storm};
use anyhow::Result;
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
    /// Many sessions that follow a board and do nothing. In place of --warmup, they settle for 3 s
    Connect(On<connect::ConnectArgs>),
    /// One board, many readers, one publisher
    Fanout(On<fanout::FanoutArgs>),
    /// Durable moves by many writers on many boards
    Moves(On<moves::MovesArgs>),
    /// A working day, compressed into --seconds; without a --warmup
    Mixed(On<mixed::MixedArgs>),
    /// Requests with many ops each
    Bulk(On<bulk::BulkArgs>),
    /// Everybody loses their connection at once and comes back
    Storm(On<storm::StormArgs>),
    /// Hours of ordinary work: what grows, and how fast
    Soak(On<soak::SoakArgs>),
    /// The highest rate that keeps the p99 of the ack under a bound
    Ramp(On<ramp::RampArgs>),
    /// Several nodes: the same work on more of them, and what one that fails costs. Starts all itself
    Nodes(NodesArgs),
    /// The table of figures: starts server and database itself
    Bench(BenchArgs),
    /// One report out of those of several machines that loaded one server together
    Merge(MergeArgs),
}

#[derive(Debug, clap::Args)]
struct MergeArgs {
    /// What `--json` wrote, of the same scenario, run at the same time
    #[arg(required = true, value_name = "FILE")]
    reports: Vec<PathBuf>,
    #[command(flatten)]
    outcome: Measured,
}

/// Does what the command line says; answers whether everything held.
///
/// # Errors
/// Where it could not be done.
pub fn run(cli: Cli) -> Result<bool> {
    machine::raise_open_files();
    interrupt::listen()?;
    match cli.command {
        Command::Connect(on) => on.run("connect"),
        Command::Fanout(on) => on.run("fanout"),
        Command::Moves(on) => on.run("moves"),
        Command::Mixed(on) => on.run("mixed"),
        Command::Bulk(on) => on.run("bulk"),
        Command::Storm(on) => on.run("storm"),
        Command::Soak(on) => on.run("soak"),
        Command::Ramp(on) => on.run("ramp"),
        Command::Nodes(args) => nodes::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Merge(args) => args.outcome.tell(&Report::load_all(&args.reports)?),
    }
}
