//! One writer: where it is connected, what it waits for, how long it has waited.

use crate::measure::latency::Latency;
use crate::swarm::Position;
use crate::work::{Deck, Dice};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The longest that a client waits before it comes back for the first time; doubled with every time that it fails.
const COME_BACK_WITHIN: Duration = Duration::from_millis(300);
const COME_BACK_WITHIN_MAX: Duration = Duration::from_secs(2);

pub struct Writer {
    /// Its place among the boards of the seed.
    pub board: usize,
    pub room: Arc<str>,
    pub token: Arc<str>,
    /// Its part of the board's tasks: every `of`-th from `share` on.
    pub share: usize,
    pub of: usize,
    /// The node that it goes to first.
    pub home: usize,
    /// The node that it is connected to, or will be.
    pub node: usize,
    pub stage: Stage,
    /// What it moves; none until it has joined for the first time.
    pub deck: Option<Deck>,
    /// What it has seen of the board.
    pub position: Option<Position>,
    /// Sent and not acked, in the order of sending.
    pub open: VecDeque<Open>,
    /// When its next new op goes.
    pub due: Instant,
    /// When its open ops go again, for one was answered with `UNAVAILABLE`.
    pub again: Option<Instant>,
    /// Sends nothing new.
    pub is_paused: bool,
    /// When a `bye` said to come back.
    pub called_back_in: Option<Duration>,
    pub failed_attempts: u32,
    pub waits: Waits,
    /// From an op's first sending to its ack.
    pub ack: Latency,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Not connected, until it comes back.
    Away { until: Instant },
    /// On its way in.
    Joining { session: usize, since: Instant },
    /// Follows its board.
    Live { session: usize },
}

/// An op without its ack.
pub struct Open {
    pub number: usize,
    /// How often it was sent before.
    pub attempt: u64,
    pub sent: Instant,
    /// Its frame from behind the `id` on.
    pub body: Vec<u8>,
}

impl Writer {
    /// Its session, where it has one.
    pub fn session(&self) -> Option<usize> {
        match self.stage {
            Stage::Away { .. } => None,
            Stage::Joining { session, .. } | Stage::Live { session } => Some(session),
        }
    }

    /// Loses its session; comes back to another node after a jittered wait, or when the `bye` said to.
    pub fn go_elsewhere(&mut self, nodes: usize, dice: &mut Dice, now: Instant) {
        let within = (COME_BACK_WITHIN * 2_u32.pow(self.failed_attempts.min(8))).min(COME_BACK_WITHIN_MAX);
        let jittered = Duration::from_millis(dice.below(within.as_millis() as usize + 1) as u64);
        let wait = self.called_back_in.take().unwrap_or(jittered);
        if nodes > 1 {
            self.node = (self.node + 1 + dice.below(nodes - 1)) % nodes;
        }
        self.failed_attempts += 1;
        self.again = None;
        self.stage = Stage::Away { until: now + wait };
    }

    /// Goes back to its own node at once.
    pub fn go_home(&mut self, now: Instant) {
        self.node = self.home;
        self.again = None;
        self.stage = Stage::Away { until: now };
    }
}

/// The longest stretch without an ack.
#[derive(Debug, Clone, Copy)]
pub struct Waits {
    last_ack: Instant,
    longest: Duration,
}

impl Waits {
    pub fn new(now: Instant) -> Self {
        Self { last_ack: now, longest: Duration::ZERO }
    }

    /// From now on. The stretch that runs counts from its start: from the last ack before.
    pub fn begin(&mut self) {
        self.longest = Duration::ZERO;
    }

    pub fn ack(&mut self, now: Instant) {
        self.longest = self.longest(now);
        self.last_ack = now;
    }

    /// A writer who waits at its end has waited so long at least.
    pub fn longest(&self, now: Instant) -> Duration {
        self.longest.max(now.saturating_duration_since(self.last_ack))
    }

    pub fn was_acked_since(&self, then: Instant) -> bool {
        self.last_ack >= then
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_counts_from_the_last_ack_before_and_to_the_end() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut waits = Waits::new(start);
        waits.ack(at(500));
        waits.begin();
        assert_eq!(waits.longest(at(700)), Duration::from_millis(200));
        waits.ack(at(800));
        waits.ack(at(900));
        assert_eq!(waits.longest(at(950)), Duration::from_millis(300));
        assert_eq!(waits.longest(at(2_000)), Duration::from_millis(1_100));
        assert!(waits.was_acked_since(at(900)) && !waits.was_acked_since(at(901)));
    }
}
