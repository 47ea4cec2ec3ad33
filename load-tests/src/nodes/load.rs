//! A crew and its sockets, as a scenario drives them: for a while, until something is so, to the end.

use super::crew::{Crew, Plan};
use super::writer::{Stage, Waits, Writer};
use crate::check::Verdict;
use crate::check::log::LogCheck;
use crate::measure::latency::Latency;
use crate::report::Report;
use crate::scenario::http;
use crate::swarm::Swarm;
use crate::target::Target;
use anyhow::{Result, bail, ensure};
use std::time::{Duration, Instant};

/// How long everybody may take to join, and at the end to have their last acks and events.
const PATIENCE: Duration = Duration::from_secs(30);

/// All writers and their sockets.
pub struct Load {
    swarm: Swarm,
    crew: Crew,
}

impl Load {
    /// Connects every writer to its own node: writer `n` of a board to node `n`, and around again.
    ///
    /// # Errors
    /// Where not all of them get in.
    pub fn start(targets: Vec<Target>, plan: Plan) -> Result<Self> {
        ensure!(plan.boards * plan.writers * plan.in_flight > 0, "boards, writers and in-flight must be above 0");
        let mut load = Self { swarm: Swarm::new()?, crew: Crew::new(targets, plan)? };
        let joined = |crew: &Crew| crew.writers.iter().all(|writer| matches!(writer.stage, Stage::Live { .. }));
        if !load.run_until(PATIENCE, |crew| joined(crew) || !crew.verdict.holds())? || !load.crew.verdict.holds() {
            bail!("not all writers could join: {:?}, {:?}", load.crew.tally.ended, load.crew.verdict.told());
        }
        let now = Instant::now();
        for (number, writer) in load.crew.writers.iter_mut().enumerate() {
            writer.waits = Waits::new(now);
            // Not all at the same beat.
            writer.due = now + plan.pause * number as u32 / (plan.boards * plan.writers) as u32;
        }
        load.crew.is_sending = true;
        Ok(load)
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

    /// Goes on until every writer has an ack that came after `then`; answers whether that was within `time`.
    ///
    /// # Errors
    /// Where the poll fails.
    pub fn run_until_all_acked_since(&mut self, then: Instant, time: Duration) -> Result<bool> {
        self.run_until(time, |crew| crew.writers.iter().all(|writer| writer.waits.was_acked_since(then)))
    }

    fn run_until(&mut self, time: Duration, done: impl Fn(&Crew) -> bool) -> Result<bool> {
        let until = Instant::now() + time;
        loop {
            if done(&self.crew) {
                return Ok(true);
            }
            let now = Instant::now();
            if now >= until {
                return Ok(false);
            }
            let wait = self.crew.send_due(&mut self.swarm, now).min(until - now);
            self.swarm.turn(wait, &mut self.crew)?;
        }
    }

    /// Forgets the waits so far.
    pub fn begin_waits(&mut self) {
        self.crew.writers.iter_mut().for_each(|writer| writer.waits.begin());
    }

    /// Each writer's longest stretch without an ack since, in the writers' order.
    pub fn waits(&self) -> Vec<Duration> {
        let now = Instant::now();
        self.crew.writers.iter().map(|writer| writer.waits.longest(now)).collect()
    }

    /// The first node.
    pub fn target(&self) -> &Target {
        &self.crew.targets[0]
    }

    pub fn writers(&self) -> &[Writer] {
        &self.crew.writers
    }

    /// Lets one writer write, and no other; `None` lets nobody.
    pub fn only(&mut self, chosen: Option<usize>) {
        for (number, writer) in self.crew.writers.iter_mut().enumerate() {
            writer.is_paused = Some(number) != chosen;
        }
    }

    /// Goes on until no op is without its ack; answers whether that was soon enough.
    ///
    /// # Errors
    /// Where the poll fails.
    pub fn run_until_quiet(&mut self) -> Result<bool> {
        self.run_until(PATIENCE, |crew| crew.writers.iter().all(|writer| writer.open.is_empty()))
    }

    /// Forgets the latencies so far.
    ///
    /// # Errors
    /// None in practice.
    pub fn begin_latencies(&mut self) -> Result<()> {
        for writer in &mut self.crew.writers {
            writer.ack = Latency::new()?;
        }
        Ok(())
    }

    /// Everybody goes back to the node that they began on.
    pub fn go_home(&mut self) {
        let now = Instant::now();
        for writer in self.crew.writers.iter_mut().filter(|writer| writer.node != writer.home) {
            if let Some(session) = writer.session() {
                self.swarm.leave(session);
            }
            writer.go_home(now);
        }
    }

    pub fn verdict(&mut self) -> &mut Verdict {
        &mut self.crew.verdict
    }

    /// Stops writing, waits for what is on its way, and checks every board's log; the report then holds what was found.
    ///
    /// # Errors
    /// Where the logs cannot be read.
    pub fn finish(mut self, report: &mut Report) -> Result<()> {
        self.crew.is_sending = false;
        self.run_until(PATIENCE, Crew::is_drained)?;
        self.crew.nobody_is_left_behind(PATIENCE);
        let Crew { targets, bases, book, tally, mut verdict, writers, .. } = self.crew;
        let (http, target) = (http()?, &targets[0]);
        let check = LogCheck { target, http: &http, book: &book };
        let mut lost = 0;
        for (number, base) in bases.iter().enumerate() {
            let Some(writer) = writers.iter().find(|writer| writer.board == number) else { continue };
            lost += check.board(number, *base, &writer.token, &mut verdict)?.lost;
        }
        report.add("lost_acked_ops", lost as f64);
        report.add("acked", tally.acked as f64);
        report.add("unavailable_answers", tally.unavailable as f64);
        report.add("ops_sent_again", tally.sent_again as f64);
        report.add("unanswered_over_3_5_s", tally.silent as f64);
        report.add("sessions_that_came_back", tally.came_back as f64);
        report.add("recovered_by_events", tally.recovered as f64);
        for (why, times) in tally.ended {
            eprintln!("  sessions ended: {times} x {why}");
        }
        report.verdict = verdict;
        Ok(())
    }
}
