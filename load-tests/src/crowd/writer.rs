//! What a user who writes has beside a connection: its tasks, its open ops, how long it has waited.

use crate::measure::latency::Latency;
use crate::work::Deck;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Ops that a user of an open loop has on their way at most; what is due beyond waits, and its latency counts from when
/// it was due.
const OPEN_LOOP_IN_FLIGHT_MAX: usize = 256;

/// When a writer's next op is due.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// When few enough of its ops wait for their answers, and a pause is over.
    Closed { in_flight: usize, pause: Duration },
    /// Every so often, whatever the answers do.
    Open { interval: Duration },
    /// When few enough of its events have not reached everybody.
    Window { events: usize },
    /// When somebody says so.
    OnDemand,
}

pub struct Writer {
    /// Its part of its board's tasks: every `of`-th from `share` on.
    pub share: usize,
    pub of: usize,
    pub pace: Pace,
    /// What it works on; none until it has joined for the first time.
    pub deck: Option<Deck>,
    /// Sent and not acked, in the order of sending.
    pub open: VecDeque<Open>,
    /// When its next new op goes.
    pub due: Instant,
    /// When its open ops go again, for one was answered with `UNAVAILABLE`.
    pub again: Option<Instant>,
    /// Sends nothing new.
    pub is_paused: bool,
    /// Of its events, those that have not reached everybody here; counted for a window only.
    pub incomplete: usize,
    pub waits: Waits,
    /// From an op's first sending to its ack, where somebody wants it of this writer alone.
    pub own_ack: Option<Box<Latency>>,
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
    pub fn new(share: usize, of: usize, pace: Pace, now: Instant) -> Self {
        Self {
            share,
            of,
            pace,
            deck: None,
            open: VecDeque::new(),
            due: now,
            again: None,
            is_paused: false,
            incomplete: 0,
            waits: Waits::new(now),
            own_ack: None,
        }
    }

    /// Tasks of its own that it needs: more than it has ops in flight, or its ops would wait for one another's versions.
    pub fn tasks_min(&self) -> usize {
        match self.pace {
            Pace::Closed { in_flight, .. } => in_flight,
            Pace::Open { .. } | Pace::Window { .. } | Pace::OnDemand => 1,
        }
    }

    /// When an op is due that may be sent; `None` where that depends on an answer, or on somebody's word.
    pub fn next_due(&self) -> Option<Instant> {
        if self.is_paused || self.again.is_some() {
            return None;
        }
        let has_room = match self.pace {
            Pace::Closed { in_flight, .. } => self.open.len() < in_flight,
            Pace::Open { .. } => self.open.len() < OPEN_LOOP_IN_FLIGHT_MAX,
            Pace::Window { events } => self.incomplete < events,
            Pace::OnDemand => false,
        };
        has_room.then_some(self.due)
    }

    /// Goes on to the next op, one having been sent at `now`; answers when the sent one was due.
    pub fn was_sent(&mut self, now: Instant) -> Instant {
        match self.pace {
            Pace::Open { interval } => {
                let due = self.due;
                self.due += interval;
                return due;
            }
            // Not made up for where it is late: a writer who waited goes on as before.
            Pace::Closed { pause, .. } => self.due = now + pause,
            Pace::Window { .. } => self.incomplete += 1,
            Pace::OnDemand => {}
        }
        now
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

    #[test]
    fn an_open_loop_is_due_by_the_clock_and_a_closed_one_by_the_answers() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let interval = Duration::from_millis(10);
        let mut open = Writer::new(0, 1, Pace::Open { interval }, start);
        // It comes late, and is due from when it should have been sent.
        assert_eq!(open.was_sent(at(25)), at(0));
        assert_eq!(open.was_sent(at(25)), at(10));
        assert_eq!(open.next_due(), Some(at(20)));
        let mut closed = Writer::new(0, 1, Pace::Closed { in_flight: 1, pause: interval }, start);
        assert_eq!(closed.was_sent(at(25)), at(25));
        assert_eq!(closed.next_due(), Some(at(35)));
        closed.open.push_back(Open { number: 0, attempt: 0, sent: at(25), body: Vec::new() });
        assert_eq!(closed.next_due(), None);
    }
}
