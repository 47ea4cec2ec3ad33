//! Durable moves: boards × writers. Closed loop: each has some ops in flight, the next goes when one is answered. Open
//! loop: ops are due by the clock, whatever the answers do.

use super::{Length, Scenario, spread};
use crate::crowd::load::Load;
use crate::crowd::writer::{Pace, Writer};
use crate::report::Report;
use crate::site::Site;
use crate::target::SeedSize;
use anyhow::{Result, ensure};
use clap::Args;
use std::time::{Duration, Instant};

#[derive(Debug, Clone, Args)]
pub struct MovesArgs {
    /// Boards that are written to
    #[arg(long, default_value_t = 50)]
    pub boards: usize,
    /// Writers on each; all of them see all of its events
    #[arg(long, default_value_t = 4)]
    pub writers: usize,
    /// Ops of one writer that wait for their answers
    #[arg(long, default_value_t = 1, conflicts_with = "rate")]
    pub in_flight: usize,
    /// Instead: ops a second of all writers together, each sent when it is due (open loop)
    #[arg(long, value_name = "PER_SECOND")]
    pub rate: Option<f64>,
    /// Tasks on each board, where they are made for this run
    #[arg(long, default_value_t = 200)]
    pub tasks: usize,
    #[command(flatten)]
    pub length: Length,
}

impl Scenario for MovesArgs {
    fn needs(&self) -> SeedSize {
        SeedSize { users: self.boards * self.writers, boards: self.boards, tasks: self.tasks }
    }

    fn run(&self, site: &Site) -> Result<Report> {
        ensure!(self.boards * self.writers * self.in_flight > 0, "boards, writers and in-flight must be above 0");
        let mut load = writers(site, "moves", (self.boards, self.writers), self.in_flight, self.length.random_seed)?;
        load.join_all()?;
        if let Some(rate) = self.rate {
            ensure!(rate > 0.0, "rate must be above 0");
            load.crowd.set_rate(rate * load.crowd.users.len() as f64 / self.needs().users as f64, Instant::now());
        }
        load.measure(self.length.before(), self.length.measured())?;
        let how = match self.rate {
            Some(rate) => format!("{rate} ops/s (open loop)"),
            None => format!("{} in flight", self.in_flight),
        };
        let settings = format!("{} boards x {} writers, {how}", self.boards, self.writers);
        let mut report = Report::of(site, "moves", settings, self.length.random_seed);
        load.finish(&mut report)?;
        Ok(report)
    }
}

/// This process's share of `boards` × `each` writers, who are not in yet.
///
/// # Errors
/// Where the target has too few boards, or a board has no members.
pub fn writers<'a>(
    site: &'a Site,
    name: &'static str,
    (boards, each): (usize, usize),
    in_flight: usize,
    random_seed: u64,
) -> Result<Load<'a>> {
    let (pace, now) = (Pace::Closed { in_flight, pause: Duration::ZERO }, Instant::now());
    spread(site, name, (boards * each, boards), random_seed, |user, place| {
        user.writer = Some(Box::new(Writer::new(place / boards, each, pace, now)));
    })
}
