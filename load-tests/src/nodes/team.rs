//! The writers on a cluster: spread over its nodes, they come back to another when theirs fails.

use crate::crowd::load::{DRAIN, Load};
use crate::crowd::user::User;
use crate::crowd::writer::{Pace, Waits, Writer};
use crate::measure::latency::Latency;
use crate::scenario::spread;
use crate::site::Site;
use anyhow::{Result, ensure};
use std::time::{Duration, Instant};

/// `docs/protocol.md` promises an answer within 3 s; a client that has none by then takes its connection for dead.
const ANSWERED_WITHIN: Duration = Duration::from_millis(3_500);

/// Who writes how much.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub boards: usize,
    /// On each board, spread over the nodes.
    pub writers: usize,
    /// Ops of one writer that wait for their acks.
    pub in_flight: usize,
    /// Pause between two ops of one writer; zero where the next goes as soon as it may.
    pub pause: Duration,
    pub random_seed: u64,
}

/// Connects every writer to its own node, and lets all of them write.
///
/// # Errors
/// Where not all of them get in.
pub fn start(site: &Site, plan: Plan) -> Result<Load<'_>> {
    ensure!(plan.boards * plan.writers * plan.in_flight > 0, "boards, writers and in-flight must be above 0");
    let (pace, now) = (Pace::Closed { in_flight: plan.in_flight, pause: plan.pause }, Instant::now());
    let count = plan.boards * plan.writers;
    let mut load = spread(site, "nodes", (count, plan.boards), plan.random_seed, |user, place| {
        user.writer = Some(Box::new(Writer::new(place / plan.boards, plan.writers, pace, now)));
    })?;
    load.join_all()?;
    load.crowd.manners.joins_in_flight = usize::MAX;
    load.crowd.manners.answered_within = Some(ANSWERED_WITHIN);
    load.crowd.manners.may_lose = true;
    let now = Instant::now();
    for (number, writer) in writers(&mut load).enumerate() {
        writer.waits = Waits::new(now);
        // Not all at the same beat.
        writer.due = now + plan.pause * number as u32 / count as u32;
    }
    load.begin_measuring(Duration::ZERO, None)?;
    Ok(load)
}

fn writers<'l>(load: &'l mut Load<'_>) -> impl Iterator<Item = &'l mut Writer> {
    load.crowd.users.iter_mut().filter_map(|user| user.writer.as_deref_mut())
}

/// Forgets the waits so far.
pub fn begin_waits(load: &mut Load<'_>) {
    writers(load).for_each(|writer| writer.waits.begin());
}

/// Each writer's longest stretch without an ack since, in the users' order.
pub fn waits(load: &Load<'_>) -> Vec<Duration> {
    let now = Instant::now();
    let writers = load.crowd.users.iter().filter_map(|user| user.writer.as_ref());
    writers.map(|writer| writer.waits.longest(now)).collect()
}

/// Goes on until every writer has an ack that came after `then`, for `time` at most.
///
/// # Errors
/// Where the poll fails.
pub fn run_until_all_acked_since(load: &mut Load<'_>, then: Instant, time: Duration) -> Result<()> {
    let is_acked = |user: &User| user.writer.as_ref().is_none_or(|writer| writer.waits.was_acked_since(then));
    load.run_until(time, |crowd| crowd.users.iter().all(is_acked)).map(drop)
}

/// Lets one writer write, and no other; `None` lets nobody.
pub fn only(load: &mut Load<'_>, chosen: Option<usize>) {
    for (number, writer) in writers(load).enumerate() {
        writer.is_paused = Some(number) != chosen;
    }
    if let Some(number) = chosen {
        load.crowd.wake(number, Instant::now());
    }
}

/// Goes on until no op is without its ack.
///
/// # Errors
/// Where that is not soon enough.
pub fn run_until_quiet(load: &mut Load<'_>) -> Result<()> {
    let is_quiet = |user: &User| user.writer.as_ref().is_none_or(|writer| writer.open.is_empty());
    ensure!(load.run_until(DRAIN, |crowd| crowd.users.iter().all(is_quiet))?, "not all writers were answered");
    Ok(())
}

/// From now on, times each writer's acks apart.
///
/// # Errors
/// None in practice.
pub fn time_each(load: &mut Load<'_>) -> Result<()> {
    for writer in writers(load) {
        writer.own_ack = Some(Box::new(Latency::new()?));
    }
    Ok(())
}
