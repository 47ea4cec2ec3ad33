//! What is simulated. Each scenario is one module with its arguments, its listener and its report.

pub mod bulk;
pub mod fanout;
pub mod idle;
pub mod moves;

use crate::measure::cpu::{Samples, used};
use crate::measure::memory;
use crate::report::Report;
use crate::swarm::{Listener, Swarm};
use crate::target::Target;
use anyhow::Result;
use clap::Args;
use std::time::{Duration, Instant};

/// How long a run waits at its end for what is still on its way.
const DRAIN: Duration = Duration::from_secs(10);

/// Sessions that are being opened at one time.
const JOINS_IN_FLIGHT: usize = 64;

/// How long a run takes.
#[derive(Debug, Clone, Args)]
pub struct Pace {
    /// Seconds that are measured
    #[arg(long, default_value_t = 10)]
    pub seconds: u64,
    /// Seconds of the same load before them
    #[arg(long, default_value_t = 2)]
    pub warmup: u64,
    /// The same seed makes the same choices
    #[arg(long, default_value_t = 1)]
    pub random_seed: u64,
}

/// The stretch of a run that counts.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// Nanoseconds on the book's clock.
    pub from_ns: u64,
    pub to_ns: u64,
}

impl Window {
    pub fn holds(&self, ns: u64) -> bool {
        (self.from_ns..self.to_ns).contains(&ns)
    }
}

/// A scenario's listener, as the shared loop drives it.
pub trait Run: Listener {
    /// Sends what is due, and says how long nothing else will be.
    fn send_due(&mut self, swarm: &mut Swarm, now: Instant) -> Duration;

    /// Says from when to when to measure.
    fn measure(&mut self, from: Instant, to: Instant);

    fn stop_sending(&mut self);

    /// Whether nothing is on its way any more.
    fn is_drained(&self, swarm: &Swarm) -> bool;
}

/// Warms up, measures, drains; answers what CPU had been used when the measuring began and when it ended.
fn drive<R: Run>(swarm: &mut Swarm, run: &mut R, target: &Target, pace: &Pace) -> Result<(Samples, Samples)> {
    let from = Instant::now() + Duration::from_secs(pace.warmup);
    let to = from + Duration::from_secs(pace.seconds);
    run.measure(from, to);
    turn_until(swarm, run, from)?;
    let before = Samples::take(target);
    turn_until(swarm, run, to)?;
    let after = Samples::take(target);
    run.stop_sending();
    let until = Instant::now() + DRAIN;
    while !run.is_drained(swarm) && Instant::now() < until {
        swarm.turn(Duration::from_millis(5), run)?;
    }
    Ok((before, after))
}

fn turn_until<R: Run>(swarm: &mut Swarm, run: &mut R, end: Instant) -> Result<()> {
    loop {
        let now = Instant::now();
        if now >= end {
            return Ok(());
        }
        let wait = run.send_due(swarm, now).min(end - now).min(Duration::from_millis(20));
        swarm.turn(wait, run)?;
    }
}

/// Adds what the processes used, as a whole and for each of `units`.
fn add_costs(
    report: &mut Report,
    target: &Target,
    samples: (&Samples, &Samples),
    units: f64,
    names: [&'static str; 3],
) {
    let (before, after) = samples;
    let server = used(&before.server, &after.server);
    let database = used(&before.database, &after.database);
    let [of_server, of_database, of_both] = names;
    let each = |us: f64| us / units.max(1.0);
    report.add_known(of_server, server.map(|server| each(server.us)));
    report.add_known(of_database, database.map(|database| each(database.us)));
    if let Some(server) = server {
        report.add(of_both, each(server.us + database.map_or(0.0, |database| database.us)));
    }
    report.add_known("server_core_percent", server.map(|server| server.percent));
    report.add_known("database_core_percent", database.map(|database| database.percent));
    report.add("load_core_percent", before.own.until(&after.own).percent);
    report.add_known(
        "server_rss_mb",
        target.server_pid.and_then(|pid| memory::resident_kb(pid).ok()).map(|kb| kb / 1024.0),
    );
    report
        .add_known("server_peak_mb", target.server_pid.and_then(|pid| memory::peak_kb(pid).ok()).map(|kb| kb / 1024.0));
}

/// A client for what goes over REST.
pub(crate) fn http() -> Result<reqwest::blocking::Client> {
    Ok(reqwest::blocking::Client::builder().timeout(Duration::from_secs(60)).no_proxy().build()?)
}
