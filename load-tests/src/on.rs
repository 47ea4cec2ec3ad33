//! A scenario on a server: where that is, who its users are, by how many processes, and what becomes of the outcome.

use crate::processes::{self, Starter};
use crate::report::file::write;
use crate::report::{Report, html};
use crate::scenario::Scenario;
use crate::screen::{Screen, Watcher};
use crate::site::{Part, Site};
use crate::started::{Engine, Started};
use crate::target::{Seed, SeedSize, Target, resolve};
use crate::threshold::Threshold;
use crate::users;
use crate::{bench::scratch::Scratch, measure::memory};
use anyhow::{Context, Result, ensure};
use clap::Args;
use std::cell::RefCell;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// Where the server is, who its users are, and what can be seen of it from here.
#[derive(Debug, Clone, Args)]
pub struct TargetArgs {
    /// Address of the server; several, with commas between, where it has several nodes
    #[arg(
        long,
        env = "LOAD_TARGET",
        default_value = "127.0.0.1:8080",
        value_name = "HOST:PORT",
        value_delimiter = ','
    )]
    target: Vec<String>,
    /// File that `teamflow seed --out` wrote for that server
    #[arg(long, env = "LOAD_SEED_FILE", default_value = "seed.json", value_name = "FILE")]
    seed_file: PathBuf,
    /// Instead: make the users, boards and tasks that the scenario needs through the API of the server
    #[arg(long)]
    make_users: bool,
    /// Instead: start this server on an empty database of its own for the run, seeded with what the scenario needs
    #[arg(long, value_name = "FILE", conflicts_with_all = ["target", "make_users", "server_pid", "database_pid"])]
    start: Option<PathBuf>,
    /// Which database it gets
    #[arg(long, value_enum, default_value = "sqlite", requires = "start")]
    database: Engine,
    /// Process of the server, where it runs on this machine: its CPU and memory are measured. Several with commas between
    #[arg(long, value_name = "PID", value_delimiter = ',')]
    server_pid: Vec<u32>,
    /// Main process of the database, where it runs on this machine: its CPU is measured, with its children
    #[arg(long, value_name = "PID")]
    database_pid: Option<u32>,
}

impl TargetArgs {
    fn open(&self, needs: &SeedSize) -> Result<(Target, Option<Started>)> {
        if let Some(program) = &self.start {
            let started = Started::new(program, self.database, needs)?;
            return Ok((started.target()?, Some(started)));
        }
        let addresses = self.target.iter().map(|address| resolve(address)).collect::<Result<Vec<SocketAddr>>>()?;
        let first = *addresses.first().context("there is no target")?;
        let seed = if self.make_users { users::make(first, needs)? } else { Seed::read(&self.seed_file)? };
        for pid in self.server_pid.iter().chain(&self.database_pid) {
            memory::resident_kb(*pid).context("it cannot be measured")?;
        }
        let (server_pids, database_pid) = (self.server_pid.clone(), self.database_pid);
        Ok((Target { addresses, seed: Arc::new(seed), server_pids, database_pid }, None))
    }
}

/// What becomes of what was measured.
#[derive(Debug, Clone, Args)]
pub struct Measured {
    /// Also write the report here, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also write the report here, as a page with charts that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Fail where a metric is above or below a bound, such as 'ack.p99>50ms', 'acked_per_s<1000', 'errors>0'; may be given
    /// more than once
    #[arg(long, value_name = "CONDITION")]
    fail_if: Vec<Threshold>,
}

impl Measured {
    /// Shows a report and writes its files; answers whether everything held.
    ///
    /// # Errors
    /// Where a file cannot be written.
    pub fn tell(&self, report: &Report) -> Result<bool> {
        println!("{}", report.machine);
        print!("{report}");
        let passed: Vec<String> = self.fail_if.iter().filter_map(|threshold| threshold.failure(report)).collect();
        passed.iter().for_each(|passed| println!("  FAILED {passed}"));
        if let Some(path) = &self.json {
            report.save(path)?;
        }
        if let Some(path) = &self.html {
            write(path, html::page(report, &passed)?.as_bytes())?;
        }
        Ok(report.verdict.holds() && passed.is_empty())
    }
}

/// A scenario, on a server that runs.
#[derive(Debug, Clone, Args)]
pub struct On<A: Args> {
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    scenario: A,
    #[command(flatten)]
    outcome: Measured,
    /// Processes that share the work, where one is not enough to load the server
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    processes: usize,
    /// Which of several processes this is, as the one that started them says
    #[arg(long, hide = true)]
    part: Option<Part>,
}

impl<A: Scenario> On<A> {
    /// Runs the scenario, shows and writes what it found; answers whether everything held.
    ///
    /// # Errors
    /// Where it could not be run to its end.
    pub fn run(self, name: &'static str) -> Result<bool> {
        let (target, started) = self.target.open(&self.scenario.needs())?;
        if let Some(part) = self.part {
            let site = Site::new(target, part, Box::new(Starter::new()));
            return self.outcome.tell(&self.scenario.run(&site)?);
        }
        if self.processes > 1 {
            ensure!(self.scenario.can_be_shared(), "{name} cannot be shared by several processes");
            let report = self.share(&target, name)?;
            return self.outcome.tell(&report);
        }
        let mut site = Site::new(target, Part::whole(), Box::new(Screen::new()));
        site.started = started.map(RefCell::new);
        let report = self.scenario.run(&site)?;
        self.outcome.tell(&report)
    }

    /// Lets several processes do it on a target that this one has found or made.
    fn share(&self, target: &Target, name: &'static str) -> Result<Report> {
        let scratch = Scratch::make("parts", None, false)?;
        let seed_file = scratch.folder.join("seed.json");
        write(&seed_file, &serde_json::to_vec(&*target.seed)?)?;
        let joined = |numbers: Vec<String>| numbers.join(",");
        let mut arguments = vec![
            name.to_owned(),
            "--target".to_owned(),
            joined(target.addresses.iter().map(ToString::to_string).collect()),
            "--seed-file".to_owned(),
            seed_file.display().to_string(),
        ];
        if !target.server_pids.is_empty() {
            arguments.push("--server-pid".to_owned());
            arguments.push(joined(target.server_pids.iter().map(ToString::to_string).collect()));
        }
        if let Some(pid) = target.database_pid {
            arguments.extend(["--database-pid".to_owned(), pid.to_string()]);
        }
        arguments.extend(options_of_scenario(std::env::args().skip(2)));
        let mut screen: Box<dyn Watcher> = Box::new(Screen::new());
        let mut report = processes::run(self.processes, &arguments, &scratch.folder, screen.as_mut())?;
        report.command_line = crate::site::command_line();
        Ok(report)
    }
}

/// Options whose values are this process's own business, or are said otherwise to those that it starts.
const OWN_OPTIONS: [&str; 10] = [
    "--target",
    "--seed-file",
    "--start",
    "--database",
    "--server-pid",
    "--database-pid",
    "--json",
    "--html",
    "--fail-if",
    "--processes",
];

/// Of a command line, what the scenario itself is told.
fn options_of_scenario(words: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept = Vec::new();
    let mut words = words.filter(|word| word != "--make-users");
    while let Some(word) = words.next() {
        let name = word.split('=').next().unwrap_or_default();
        if !OWN_OPTIONS.contains(&name) {
            kept.push(word);
        } else if !word.contains('=') {
            // Its value.
            words.next();
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_processes_are_told_the_scenario_only() {
        let words = "--boards 3 --target=a:1 --json out.json --rate=5 --make-users --processes 2 --fail-if ack.p99>1ms --writers 4";
        let kept = options_of_scenario(words.split(' ').map(str::to_owned));
        assert_eq!(kept.join(" "), "--boards 3 --rate=5 --writers 4");
    }
}
