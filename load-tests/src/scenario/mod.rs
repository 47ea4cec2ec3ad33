//! What is simulated. Each scenario is one module with its arguments, what it needs, and its report.

pub mod bulk;
pub mod connect;
pub mod fanout;
pub mod mixed;
pub mod moves;
pub mod ramp;
pub mod soak;
pub mod storm;

use crate::crowd::load::Load;
use crate::crowd::user::User;
use crate::report::Report;
use crate::site::Site;
use crate::target::SeedSize;
use anyhow::Result;
use clap::Args;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A scenario, as the command line knows it.
pub trait Scenario: Args {
    /// What it needs of users, boards and tasks.
    fn needs(&self) -> SeedSize;

    /// Runs it.
    ///
    /// # Errors
    /// Where it could not be run to its end; what it found wrong is in the report.
    fn run(&self, site: &Site) -> Result<Report>;

    /// Whether several processes can share it.
    fn can_be_shared(&self) -> bool {
        true
    }
}

/// How long a run takes.
#[derive(Debug, Clone, Args)]
pub struct Length {
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

impl Length {
    pub fn measured(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    pub fn before(&self) -> Duration {
        Duration::from_secs(self.warmup)
    }
}

/// Users spread evenly over boards, and over the nodes; this process's share of `count`. What a user is beside idle is up
/// to `equip`, which is told the user's place among all of the run.
///
/// # Errors
/// Where the target has too few boards, or a board has no members.
pub fn spread<'a>(
    site: &'a Site,
    name: &'static str,
    (count, boards): (usize, usize),
    random_seed: u64,
    mut equip: impl FnMut(&mut User, usize),
) -> Result<Load<'a>> {
    let seeded = site.target.boards(boards)?;
    let ids: Vec<Uuid> = seeded.iter().map(|board| board.id).collect();
    let members = seeded.iter().map(|board| site.target.members(board)).collect::<Result<Vec<_>>>()?;
    let mut load = Load::new(site, name, &ids, random_seed)?;
    let now = Instant::now();
    for place in (0..count).filter(|place| site.part.has(*place)) {
        let board = place % boards;
        let account = members[board][place % members[board].len()];
        // The users of one board are on all nodes, and those of one node on all boards.
        let node = (board + place / boards) % site.target.addresses.len();
        let mut user = User::new(account, board, node, now);
        equip(&mut user, place);
        load.add(user);
    }
    Ok(load)
}

/// A client for what goes over REST.
///
/// # Errors
/// None in practice.
pub fn http() -> Result<reqwest::blocking::Client> {
    Ok(reqwest::blocking::Client::builder().timeout(Duration::from_secs(60)).no_proxy().build()?)
}
