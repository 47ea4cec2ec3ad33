//! A crowd and its sockets, as a scenario drives them: for a while, until something is so, to the end.

use super::Crowd;
use super::user::{Stage, User};
use crate::check::audit;
use crate::check::log::{Auditor, Slice};
use crate::interrupt;
use crate::measure::meter::{Measured, Phase};
use crate::measure::timeline::{Count, Point, span_s};
use crate::report::Report;
use crate::scenario::http;
use crate::screen::Progress;
use crate::site::Site;
use crate::swarm::Swarm;
use anyhow::{Result, bail};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long a run waits at its end for what is still on its way.
pub const DRAIN: Duration = Duration::from_secs(10);

/// A crowd of which nobody gets in for this long will not get in.
const PATIENCE: Duration = Duration::from_secs(30);

/// All users and their sockets.
pub struct Load<'a> {
    pub site: &'a Site,
    pub crowd: Crowd,
    swarm: Swarm,
    scenario: &'static str,
    /// How often a point of the timeline is made.
    span: Duration,
    /// When the phase ends, where that is known.
    until: Option<Instant>,
    phase_began: Instant,
    /// What was measured up to a Ctrl-C is worth its report.
    ends_early: bool,
    auditor: Option<Auditor>,
    /// How often the logs are read while the run goes on; not at all before its end where there is none.
    pub audit_every: Option<Duration>,
    last_audit: Instant,
    /// Up to where each board's log was compared, and what was lost.
    audited: Vec<u64>,
    lost: u64,
    bytes: u64,
}

impl<'a> Load<'a> {
    /// Nobody yet, on `boards`.
    ///
    /// # Errors
    /// Where the system gives no poll.
    pub fn new(site: &'a Site, scenario: &'static str, boards: &[Uuid], random_seed: u64) -> Result<Self> {
        let mark = (site.part.run, site.part.number as u8);
        let now = Instant::now();
        Ok(Self {
            crowd: Crowd::new(site.target.clone(), boards, mark, random_seed)?,
            site,
            swarm: Swarm::new()?,
            scenario,
            span: Duration::from_secs(1),
            until: None,
            phase_began: now,
            ends_early: false,
            auditor: None,
            audit_every: None,
            last_audit: now,
            audited: vec![0; boards.len()],
            lost: 0,
            bytes: 0,
        })
    }

    /// Adds a user, who comes when invited.
    pub fn add(&mut self, user: User) -> usize {
        self.crowd.users.push(user);
        self.swarm.seat()
    }

    /// Lets everybody in who is not, as fast as it goes; returns when all are.
    ///
    /// # Errors
    /// Where somebody cannot get in, or nobody does for 30 s.
    pub fn join_all(&mut self) -> Result<()> {
        self.join_first(self.crowd.users.len())
    }

    /// The same for the first `count` of them.
    ///
    /// # Errors
    /// The same.
    pub fn join_first(&mut self, count: usize) -> Result<()> {
        self.swarm.spread_over(self.site.sources(self.crowd.users.len()));
        let now = Instant::now();
        for number in 0..count {
            if self.crowd.users[number].stage == Stage::Out {
                self.crowd.users[number].opens_when_let_in = true;
                self.crowd.invite(number, now);
            }
        }
        self.wait_for(count)
    }

    /// Lets everybody in who is not, `rate` a second, each when it is due; returns when all are.
    ///
    /// # Errors
    /// The same.
    pub fn join_all_at(&mut self, rate: f64) -> Result<()> {
        let (now, all) = (Instant::now(), self.crowd.users.len());
        let out: Vec<usize> = (0..all).filter(|number| self.crowd.users[*number].stage == Stage::Out).collect();
        for (place, number) in out.into_iter().enumerate() {
            self.crowd.invite(number, now + Duration::from_secs_f64(place as f64 / rate));
        }
        self.wait_for(all)
    }

    /// Everybody comes when their day begins.
    pub fn everybody_comes_to_work(&mut self) {
        self.swarm.spread_over(self.site.sources(self.crowd.users.len()));
        for number in 0..self.crowd.users.len() {
            if let Some(comes) = self.crowd.users[number].life.as_ref().and_then(|life| life.comes()) {
                self.crowd.invite(number, comes);
            }
        }
    }

    /// Another process is the server from now on.
    pub fn watch_server(&mut self, pid: u32) {
        self.crowd.target.server_pids = vec![pid];
    }

    /// What was measured up to now, which is forgotten.
    ///
    /// # Errors
    /// None in practice.
    pub fn take_measured(&mut self) -> Result<(Measured, Vec<Point>)> {
        self.crowd.meter.finish()
    }

    fn wait_for(&mut self, all: usize) -> Result<()> {
        let mut progress = (self.crowd.live(), Instant::now());
        loop {
            if self.crowd.live() == all {
                return self.may_work();
            }
            self.turn(Duration::from_millis(20))?;
            if let Some(why) = &self.crowd.refused
                && !self.crowd.manners.may_lose
            {
                bail!("after {} of {all} sessions: {why}", self.crowd.live());
            }
            if self.crowd.live() > progress.0 {
                progress = (self.crowd.live(), Instant::now());
            } else if progress.1.elapsed() > PATIENCE {
                let live = self.crowd.live();
                let late = self.crowd.users.iter().position(|user| matches!(user.stage, Stage::Joining { .. }));
                let late = late.map_or_else(String::new, |late| {
                    let since = self.crowd.users[late].since.elapsed().as_secs();
                    format!("; session {late} is {} after {since} s", self.swarm.how_far(late))
                });
                bail!("{live} of {all} sessions joined, then none for {} s{late}", PATIENCE.as_secs());
            }
        }
    }

    fn may_work(&self) -> Result<()> {
        match self.crowd.verdict.told() {
            [] => Ok(()),
            [first, ..] => bail!("not all can work: {first}"),
        }
    }

    /// Serves what is ready, and does what is due.
    fn turn(&mut self, longest: Duration) -> Result<()> {
        if !self.ends_early {
            interrupt::check()?;
        }
        let now = Instant::now();
        let wait = self.crowd.act_due(&mut self.swarm, now).min(longest);
        self.swarm.turn(wait, &mut self.crowd)?;
        if self.crowd.meter.since_last_point(now) >= self.span {
            let bytes = self.swarm.received_bytes();
            self.crowd.meter.count(Count::Bytes, bytes - std::mem::replace(&mut self.bytes, bytes));
            self.point()?;
        }
        self.audit_now_and_then(now)
    }

    fn point(&mut self) -> Result<()> {
        let point = self.crowd.meter.point(&self.crowd.target, self.crowd.live() as u64)?;
        self.show(point);
        Ok(())
    }

    fn show(&self, point: Point) {
        let phase = match self.crowd.meter.phase() {
            Phase::Warmup if self.crowd.is_joining() => "joining",
            Phase::Warmup => "warming up",
            Phase::Measuring => "measuring",
            Phase::Draining => "checking",
        };
        self.site.show(&Progress {
            scenario: self.scenario.to_owned(),
            phase: phase.to_owned(),
            elapsed_s: self.phase_began.elapsed().as_secs_f64(),
            of_s: self.until.map(|until| until.saturating_duration_since(self.phase_began).as_secs_f64()),
            users: self.crowd.users.len() as u64,
            violations: self.crowd.verdict.count(),
            errors: self.crowd.meter.errors().clone(),
            point,
        });
    }

    fn enter_phase(&mut self, length: Option<Duration>) {
        self.phase_began = Instant::now();
        self.until = length.map(|length| self.phase_began + length);
    }

    /// Goes on for a while.
    ///
    /// # Errors
    /// Where the poll fails.
    pub fn run_for(&mut self, time: Duration) -> Result<()> {
        self.run_until(time, |_| false).map(drop)
    }

    /// Goes on until `done`, which looks every few milliseconds; answers whether it was within `time`.
    ///
    /// # Errors
    /// Where the poll fails, or `done` does.
    pub fn run_while_waiting(&mut self, time: Duration, mut done: impl FnMut() -> Result<bool>) -> Result<bool> {
        let until = Instant::now() + time;
        loop {
            if done()? {
                return Ok(true);
            }
            if Instant::now() >= until {
                return Ok(false);
            }
            self.run_for(Duration::from_millis(10))?;
        }
    }

    /// Goes on until `done`; answers whether it was within `time`.
    ///
    /// # Errors
    /// Where the poll fails.
    pub fn run_until(&mut self, time: Duration, done: impl Fn(&Crowd) -> bool) -> Result<bool> {
        let until = Instant::now() + time;
        loop {
            if done(&self.crowd) {
                return Ok(true);
            }
            let now = Instant::now();
            if now >= until {
                return Ok(false);
            }
            self.turn(until - now)?;
        }
    }

    /// Waits until all processes of the run are here.
    ///
    /// # Errors
    /// Where another has failed.
    pub fn meet(&mut self) -> Result<()> {
        self.site.arrive();
        while !self.site.may_go_on()? {
            self.run_for(Duration::from_millis(5))?;
        }
        Ok(())
    }

    /// Lets writers write from now on.
    pub fn begin_writing(&mut self) {
        self.crowd.is_sending = true;
        let now = Instant::now();
        for number in 0..self.crowd.users.len() {
            if self.crowd.users[number].writer.is_some() {
                self.crowd.wake(number, now);
            }
        }
    }

    /// Begins to measure, together with the other processes.
    ///
    /// # Errors
    /// Where another has failed.
    pub fn begin_measuring(&mut self, warmup: Duration, length: Option<Duration>) -> Result<()> {
        self.meet()?;
        self.begin_writing();
        self.enter_phase(Some(warmup));
        self.run_for(warmup)?;
        self.enter_phase(length);
        self.span = Duration::from_secs(span_s(length.map_or(0, |length| length.as_secs())));
        self.crowd.meter.begin(&self.crowd.target);
        Ok(())
    }

    /// Ends the measuring: nothing new is sent from now on.
    ///
    /// # Errors
    /// None in practice.
    pub fn end_measuring(&mut self) -> Result<()> {
        let point = self.crowd.meter.drain(&self.crowd.target, self.crowd.live() as u64)?;
        self.show(point);
        self.span = Duration::from_secs(1);
        self.enter_phase(None);
        self.crowd.is_sending = false;
        Ok(())
    }

    /// Warms up, measures, and stops sending.
    ///
    /// # Errors
    /// Where the poll fails, or another process does.
    pub fn measure(&mut self, warmup: Duration, length: Duration) -> Result<()> {
        self.begin_measuring(warmup, Some(length))?;
        self.run_measured(length)?;
        self.end_measuring()
    }

    /// Goes on for `length`, or until somebody wants to see what there is by now.
    ///
    /// # Errors
    /// Where the poll fails.
    pub fn run_measured(&mut self, length: Duration) -> Result<()> {
        self.ends_early = true;
        self.run_until(length, |_| interrupt::is_asked()).map(drop)
    }

    /// Everybody loses their connection at this moment, and comes back within `within`.
    pub fn cut_all(&mut self, within: Duration) {
        let now = Instant::now();
        for number in 0..self.crowd.users.len() {
            self.crowd.cut(&mut self.swarm, number, within, now);
        }
    }

    /// Everybody who is elsewhere goes back to the node that they began on.
    pub fn go_home(&mut self) {
        let now = Instant::now();
        for number in 0..self.crowd.users.len() {
            if self.crowd.users[number].node != self.crowd.users[number].home_node {
                self.crowd.go_home(&mut self.swarm, number, now);
            }
        }
    }

    /// Reads on in the logs, if it is time to, and forgets what is done with.
    fn audit_now_and_then(&mut self, now: Instant) -> Result<()> {
        let Some(every) = self.audit_every else { return Ok(()) };
        while let Some(slice) = self.auditor.as_mut().map_or(Ok(None), Auditor::answer)? {
            self.compare(slice);
            if self.auditor.as_ref().is_some_and(Auditor::is_idle) {
                self.crowd.forget_the_past(&self.audited);
            }
        }
        if now.saturating_duration_since(self.last_audit) >= every && self.auditor.as_ref().is_none_or(Auditor::is_idle)
        {
            self.last_audit = now;
            self.ask_for_all()?;
        }
        Ok(())
    }

    fn ask_for_all(&mut self) -> Result<()> {
        let boards: Vec<(usize, u64)> = self.boards_with_base().collect();
        for (board, base) in boards {
            let token = self.crowd.token_for(board)?;
            let auditor = match &mut self.auditor {
                Some(auditor) => auditor,
                None => self.auditor.insert(Auditor::start(self.site.target.clone(), http()?)),
            };
            auditor.ask(board, self.crowd.orders[board].order.id, token, base);
        }
        Ok(())
    }

    fn boards_with_base(&self) -> impl Iterator<Item = (usize, u64)> {
        self.crowd.orders.iter().enumerate().filter_map(|(number, board)| Some((number, board.base?)))
    }

    fn compare(&mut self, slice: Slice) {
        let (board, to) = (slice.board, slice.to);
        let crowd = &mut self.crowd;
        self.lost += audit::compare(slice, &mut crowd.orders[board].order, &mut crowd.book, &mut crowd.verdict);
        crowd.orders[board].order.head = crowd.orders[board].order.head.max(to);
        self.audited[board] = to;
    }

    /// Stops writing, waits for what is on its way, and checks every board's log; then the report holds what was found.
    ///
    /// # Errors
    /// Where the logs cannot be read, or another process has failed.
    pub fn finish(mut self, report: &mut Report) -> Result<()> {
        if self.crowd.meter.phase() == Phase::Measuring {
            self.end_measuring()?;
        }
        self.audit_every = None;
        self.crowd.call_all_back(Instant::now());
        self.run_until(DRAIN, Crowd::is_drained)?;
        // What other processes sent comes to ours, too.
        self.meet()?;
        while self.auditor.as_ref().is_some_and(|auditor| !auditor.is_idle()) {
            self.take_slices()?;
        }
        self.ask_for_all()?;
        while self.auditor.as_ref().is_some_and(|auditor| !auditor.is_idle()) {
            self.take_slices()?;
        }
        // The logs tell where everybody has to be in the end.
        self.run_until(DRAIN, Crowd::is_drained)?;
        self.crowd.nobody_is_left_behind(DRAIN);
        let tally = &self.crowd.tally;
        report.lost_acked_ops += self.lost;
        report.count("ops_sent_again", tally.sent_again);
        report.count("unavailable_answers", tally.unavailable);
        report.count("sessions_that_came_back", tally.came_back);
        report.count("recovered_by_events", tally.recovered);
        report.count("unanswered_over_3_5_s", tally.silent);
        let (measured, timeline) = self.crowd.meter.finish()?;
        (report.measured, report.timeline) = (measured, timeline);
        report.errors = self.crowd.meter.errors().clone();
        report.verdict.add(self.crowd.verdict.told().to_vec(), self.crowd.verdict.count());
        Ok(())
    }

    fn take_slices(&mut self) -> Result<()> {
        self.run_for(Duration::from_millis(2))?;
        while let Some(slice) = self.auditor.as_mut().map_or(Ok(None), Auditor::answer)? {
            self.compare(slice);
        }
        Ok(())
    }
}
