//! Everybody loses their connection at the same moment and comes back: a network that was away, or a server that was
//! killed. How long until all are back, and does anybody miss anything?

use super::{Scenario, spread};
use crate::crowd::Crowd;
use crate::crowd::load::Load;
use crate::crowd::writer::{Pace, Writer};
use crate::report::Report;
use crate::site::Site;
use crate::target::SeedSize;
use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use std::time::{Duration, Instant};

/// Between two storms, and before the first.
const CALM: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Args)]
pub struct StormArgs {
    /// Sessions in all
    #[arg(long, default_value_t = 5000)]
    pub users: usize,
    /// Boards they are spread over
    #[arg(long, default_value_t = 50)]
    pub boards: usize,
    /// Tasks on each board, where they are made for this run
    #[arg(long, default_value_t = 200)]
    pub tasks: usize,
    /// Of the users, how many write meanwhile; spread over the boards, they lose their connections like everyone else
    #[arg(long, default_value_t = 50)]
    pub writers: usize,
    /// Ops a second of all writers together
    #[arg(long, default_value_t = 100.0)]
    pub rate: f64,
    /// Storms, one after another
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// What happens
    #[arg(long, value_enum, default_value = "reset")]
    pub by: By,
    /// Milliseconds within which everybody comes back, by chance; 0 is all at once
    #[arg(long, default_value_t = 300)]
    pub within_ms: u64,
    /// Seconds that all may take to be back
    #[arg(long, default_value_t = 60)]
    pub patience: u64,
    /// The same seed makes the same choices
    #[arg(long, default_value_t = 1)]
    pub random_seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// All sockets are reset, as by a network that is gone
    Reset,
    /// The server is killed and started again; only with --start
    Kill,
}

impl Scenario for StormArgs {
    fn needs(&self) -> SeedSize {
        SeedSize { users: self.users, boards: self.boards, tasks: self.tasks }
    }

    fn can_be_shared(&self) -> bool {
        self.by == By::Reset
    }

    /// It takes as long as it takes until all are back.
    fn run(&self, site: &Site) -> Result<Report> {
        ensure!(self.users * self.boards * self.rounds > 0, "users, boards and rounds must be above 0");
        ensure!(self.writers <= self.users && self.rate > 0.0, "writers must be users, and rate above 0");
        ensure!(self.by == By::Reset || site.started.is_some(), "--by kill needs a server of our own: --start FILE");
        let now = Instant::now();
        let each = self.writers.div_ceil(self.boards);
        let counts = (self.users, self.boards);
        let mut load = spread(site, "storm", counts, self.random_seed, |user, place| {
            if place < self.writers {
                let pace = Pace::Open { interval: Duration::from_secs_f64(self.writers as f64 / self.rate) };
                user.writer = Some(Box::new(Writer::new(place / self.boards, each.max(1), pace, now)));
            }
        })?;
        load.crowd.manners.may_lose = self.by == By::Kill;
        load.join_all()?;
        let own_writers = load.crowd.users.iter().filter(|user| user.writer.is_some()).count();
        if own_writers > 0 {
            load.crowd.set_rate(self.rate * own_writers as f64 / self.writers as f64, Instant::now());
        }
        load.begin_measuring(Duration::ZERO, None)?;
        // A crowd that comes back at once is the point: nothing holds anybody in a line.
        load.crowd.manners.joins_in_flight = usize::MAX;
        let mut worst: f64 = 0.0;
        for round in 1..=self.rounds {
            load.run_for(CALM)?;
            load.meet()?;
            worst = worst.max(self.storm(&mut load, site).with_context(|| format!("storm {round}"))?);
        }
        load.run_for(CALM)?;
        load.end_measuring()?;
        let how = match self.by {
            By::Reset => "all sockets reset",
            By::Kill => "the server killed",
        };
        let settings = format!(
            "{} users on {} boards, {how} {} times, back within {} ms, {} ops/s meanwhile",
            self.users, self.boards, self.rounds, self.within_ms, self.rate
        );
        let mut report = Report::of(site, "storm", settings, self.random_seed);
        report.add("back_within_s", worst);
        load.finish(&mut report)?;
        Ok(report)
    }
}

impl StormArgs {
    /// One storm; answers how many seconds passed until everybody was back.
    fn storm(&self, load: &mut Load<'_>, site: &Site) -> Result<f64> {
        let (lost, patience) = (Instant::now(), Duration::from_secs(self.patience));
        match (self.by, &site.started) {
            (By::Kill, Some(started)) => {
                started.borrow_mut().kill()?;
                let again = started.borrow().start_again();
                load.run_while_waiting(patience, || Ok(again.is_finished()))?;
                let server = again.join().map_err(|_| anyhow::anyhow!("the server could not be started again"))??;
                load.watch_server(started.borrow_mut().is_back(server));
            }
            _ => load.cut_all(Duration::from_millis(self.within_ms)),
        }
        let all = load.crowd.users.len();
        let is_back = load.run_until(patience, |crowd: &Crowd| crowd.live() == all)?;
        ensure!(is_back, "{} of {all} users were back after {} s", load.crowd.live(), self.patience);
        Ok(lost.elapsed().as_secs_f64())
    }
}
