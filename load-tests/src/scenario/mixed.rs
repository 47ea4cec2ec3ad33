//! A working day, compressed: people come, think, drag cards about while others see them do it, type, look at another
//! board, close their laptops and come back, go to lunch, go home.

use super::{Length, Scenario, spread};
use crate::crowd::life::{Day, Habits, Life};
use crate::crowd::load::Load;
use crate::crowd::writer::{Pace, Writer};
use crate::report::Report;
use crate::site::Site;
use crate::target::SeedSize;
use crate::work::Dice;
use anyhow::{Result, ensure};
use clap::Args;
use std::time::{Duration, Instant};

/// The logs are read so often while people work.
const AUDIT_EVERY: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Args)]
pub struct MixedArgs {
    #[command(flatten)]
    pub people: People,
    #[command(flatten)]
    pub length: Length,
}

/// Who is at work, and how busy they are.
#[derive(Debug, Clone, Args)]
pub struct People {
    /// People in all
    #[arg(long, default_value_t = 1000)]
    pub users: usize,
    /// Boards they work on
    #[arg(long, default_value_t = 50)]
    pub boards: usize,
    /// Tasks on each board, where they are made for this run
    #[arg(long, default_value_t = 200)]
    pub tasks: usize,
    /// Seconds between two things that one of them does, in the mean
    #[arg(long, default_value_t = 5.0)]
    pub think: f64,
    /// Seconds that a laptop stays closed, in the mean
    #[arg(long, default_value_t = 10.0)]
    pub away: f64,
}

impl People {
    pub fn needs(&self) -> SeedSize {
        // Each has a task of their own at least.
        let each = self.users.div_ceil(self.boards.max(1));
        SeedSize { users: self.users, boards: self.boards, tasks: self.tasks.max(each) }
    }

    /// This process's share of them; where there is a day, each comes in their own time. Nobody is in yet.
    ///
    /// # Errors
    /// Where the target has too few boards, or a board has no members.
    pub fn load<'a>(
        &self,
        site: &'a Site,
        name: &'static str,
        random_seed: u64,
        day: Option<Duration>,
    ) -> Result<Load<'a>> {
        ensure!(self.users > 0 && self.boards > 0, "users and boards must be above 0");
        ensure!(self.think > 0.0 && self.away > 0.0, "think and away must be above 0");
        let (now, mut dice) = (Instant::now(), Dice::new(random_seed));
        let habits = Habits { think: Duration::from_secs_f64(self.think), away: Duration::from_secs_f64(self.away) };
        let (boards, each) = (self.boards, self.users.div_ceil(self.boards));
        let mut load = spread(site, name, (self.users, boards), random_seed, |user, place| {
            let other = (place % boards + 1 + dice.below(boards.max(2) - 1)) % boards;
            let other = (other != place % boards).then_some(other);
            let day = day.map(|day| Day::of_somebody(&mut dice, now, day));
            user.writer = Some(Box::new(Writer::new(place / boards, each, Pace::OnDemand, now)));
            user.life = Some(Box::new(Life::new(habits, day, other, now)));
        })?;
        load.audit_every = Some(AUDIT_EVERY);
        Ok(load)
    }

    pub fn describe(&self) -> String {
        format!(
            "{} people on {} boards, something done every {} s by each, {} s away in the mean",
            self.users, self.boards, self.think, self.away
        )
    }
}

impl Scenario for MixedArgs {
    fn needs(&self) -> SeedSize {
        self.people.needs()
    }

    /// `--seconds` is the length of the day; `--warmup` is not used.
    fn run(&self, site: &Site) -> Result<Report> {
        let seed = self.length.random_seed;
        let day = self.length.measured();
        let mut load = self.people.load(site, "mixed", seed, Some(day))?;
        load.begin_measuring(Duration::ZERO, Some(day))?;
        load.everybody_comes_to_work();
        load.run_measured(day)?;
        load.end_measuring()?;
        let mut report =
            Report::of(site, "mixed", format!("{}, a day of {} s", self.people.describe(), day.as_secs()), seed);
        load.finish(&mut report)?;
        Ok(report)
    }
}
