//! One board, many readers, one publisher: at a fixed rate (open loop), or with a window of events that not every
//! reader has yet (as fast as it goes).

use super::{Length, Scenario, spread};
use crate::crowd::writer::{Pace, Writer};
use crate::report::Report;
use crate::site::Site;
use crate::target::SeedSize;
use anyhow::{Result, ensure};
use clap::Args;
use std::time::{Duration, Instant};

/// The session that publishes; it follows the board, too.
const PUBLISHER: usize = 0;

/// Joins and leaves in a large room are folded to one frame a second; they shall not be measured.
const SETTLE: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Args)]
pub struct FanoutArgs {
    /// Sessions that follow the board
    #[arg(long, default_value_t = 1000)]
    pub readers: usize,
    /// Ops a second, sent when they are due whatever the answers do
    #[arg(long, default_value_t = 50.0, conflicts_with = "window")]
    pub rate: f64,
    /// Instead of a rate: events at a time that not every reader has yet. With several processes, the readers of the one
    /// that publishes
    #[arg(long)]
    pub window: Option<usize>,
    /// Tasks on the board, where they are made for this run
    #[arg(long, default_value_t = 200)]
    pub tasks: usize,
    #[command(flatten)]
    pub length: Length,
}

impl Scenario for FanoutArgs {
    fn needs(&self) -> SeedSize {
        SeedSize { users: self.readers + 1, boards: 1, tasks: self.tasks }
    }

    fn run(&self, site: &Site) -> Result<Report> {
        ensure!(self.rate > 0.0 && self.readers > 0, "rate and readers must be above 0");
        ensure!(self.window != Some(0), "window must be above 0");
        let now = Instant::now();
        let pace = match self.window {
            Some(events) => Pace::Window { events },
            None => Pace::Open { interval: Duration::from_secs_f64(1.0 / self.rate) },
        };
        let mut load = spread(site, "fanout", (self.readers + 1, 1), self.length.random_seed, |user, place| {
            if place == PUBLISHER {
                user.writer = Some(Box::new(Writer::new(0, 1, pace, now)));
            }
        })?;
        if site.part.is_first() && self.window.is_some() {
            load.crowd.publish_by(PUBLISHER);
        }
        load.join_all()?;
        load.run_for(SETTLE)?;
        if let (None, true) = (self.window, site.part.is_first()) {
            load.crowd.set_rate(self.rate, Instant::now());
        }
        load.measure(self.length.before(), self.length.measured())?;
        let how = match self.window {
            Some(window) => format!("window {window}"),
            None => format!("{} ops/s", self.rate),
        };
        let settings = format!("1 board, {} readers, {how}", self.readers);
        let mut report = Report::of(site, "fanout", settings, self.length.random_seed);
        load.finish(&mut report)?;
        Ok(report)
    }
}
