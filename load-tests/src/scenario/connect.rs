//! Signed-in sessions that follow a board and do nothing: how fast they get in, and what each costs in memory and CPU.

use super::{Length, Scenario, http, spread};
use crate::measure::memory;
use crate::report::Report;
use crate::site::Site;
use crate::target::SeedSize;
use anyhow::{Result, ensure};
use clap::Args;
use std::time::{Duration, Instant};

/// After the last join: presence frames go out and buffers are given back.
const SETTLE: Duration = Duration::from_secs(3);

/// Sessions that may be on their way in where they come by a clock: more means that the server is far behind.
const JOINS_IN_FLIGHT_BY_CLOCK: usize = 20_000;

#[derive(Debug, Clone, Args)]
pub struct ConnectArgs {
    /// Sessions in all
    #[arg(long, default_value_t = 5000)]
    pub users: usize,
    /// Boards they are spread over
    #[arg(long, default_value_t = 50)]
    pub boards: usize,
    /// Tasks on each board, where they are made for this run
    #[arg(long, default_value_t = 200)]
    pub tasks: usize,
    /// Sessions a second, each opened when it is due; without it, as fast as it goes
    #[arg(long, value_name = "PER_SECOND")]
    pub rate: Option<f64>,
    /// Sessions on their way in at one time, where there is no rate
    #[arg(long, default_value_t = 64)]
    pub in_flight: usize,
    #[command(flatten)]
    pub length: Length,
}

impl Scenario for ConnectArgs {
    fn needs(&self) -> SeedSize {
        SeedSize { users: self.users, boards: self.boards, tasks: self.tasks }
    }

    /// `--warmup` is not used: the sessions settle for 3 s.
    fn run(&self, site: &Site) -> Result<Report> {
        ensure!(self.boards > 0, "boards must be above 0");
        ensure!(self.users > self.boards, "users must be above boards, {}, got {}", self.boards, self.users);
        ensure!(self.rate.is_none_or(|rate| rate > 0.0) && self.in_flight > 0, "rate and in-flight must be above 0");
        // The first answer over HTTP has a cost of its own, which no session should bear.
        http()?.get(format!("http://{}/health/live", site.target.addresses[0])).send()?;
        let memory = || memory::of_all_mb(&site.target.server_pids).map(|mb| mb * 1024.0);
        let own_memory = || memory::of_all_mb(&[std::process::id()]).map(|mb| mb * 1024.0);
        let (fresh, own_fresh) = (memory(), own_memory());
        let mut load = spread(site, "connect", (self.users, self.boards), self.length.random_seed, |_, _| {})?;
        load.meet()?;
        load.crowd.manners.joins_in_flight = match self.rate {
            Some(_) => JOINS_IN_FLIGHT_BY_CLOCK,
            None => self.in_flight,
        };
        // One session opens each board, which has a cost of its own.
        let first_of_a_board = site.part.share(self.boards).min(load.crowd.users.len());
        load.join_first(first_of_a_board)?;
        load.run_for(SETTLE)?;
        let boards_open = memory();
        load.begin_measuring(Duration::ZERO, None)?;
        let began = Instant::now();
        match self.rate {
            Some(rate) => load.join_all_at(rate / site.part.of as f64)?,
            None => load.join_all()?,
        }
        let joined_s = began.elapsed().as_secs_f64();
        load.end_measuring()?;
        let joining = load.take_measured()?;
        load.run_for(SETTLE)?;
        load.measure(Duration::ZERO, self.length.measured())?;
        let (full, own_full) = (memory(), own_memory());

        let settings = match self.rate {
            Some(rate) => format!("{} sessions on {} boards, {rate}/s", self.users, self.boards),
            None => format!("{} sessions on {} boards, {} at a time", self.users, self.boards, self.in_flight),
        };
        let mut report = Report::of(site, "connect", settings, self.length.random_seed);
        let each = |from: Option<f64>, to: Option<f64>, count: usize| Some((to? - from?) / count.max(1) as f64);
        report.add_known("kb_per_session", each(fresh, full, self.users));
        report.add_known("kb_per_further_session", each(boards_open, full, self.users - self.boards));
        report.add_known("load_kb_per_session", each(own_fresh, own_full, load.crowd.users.len()));
        let peak = site.target.server_pids.iter().filter_map(|pid| memory::peak_kb(*pid).ok()).reduce(f64::max);
        report.add_known("server_peak_mb", peak.map(|kb| kb / 1024.0));
        let own_users = load.crowd.users.len();
        load.finish(&mut report)?;
        // The idle time was measured last; what was measured while they came in goes on top.
        let idle = std::mem::take(&mut report.measured);
        let session_seconds = self.users as f64 * idle.seconds;
        report.add_known("server_us_per_session_second", idle.server_us.map(|us| us / session_seconds));
        report.add("load_us_per_session_second", idle.load_us / (own_users as f64 * idle.seconds));
        report.measured = joining.0;
        report.measured.seconds = joined_s;
        report.timeline.splice(0..0, joining.1);
        Ok(report)
    }
}
