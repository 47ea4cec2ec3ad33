//! One simulated user: where it is connected, what it follows, how far it is.

use super::life::Life;
use super::writer::Writer;
use crate::swarm::Position;
use crate::work::Dice;
use std::time::{Duration, Instant};

/// The longest that a client waits before it comes back for the first time; doubled with every time that it fails.
const COME_BACK_WITHIN: Duration = Duration::from_millis(300);
const COME_BACK_WITHIN_MAX: Duration = Duration::from_secs(2);

/// Small: there are thousands, and most of them are idle.
pub struct User {
    /// Its place among the seed's users.
    pub account: u32,
    /// The board that it works on, by its place in the crowd.
    pub home_board: u32,
    /// The board that it follows.
    pub following: u32,
    /// The node that it goes to first, and the one that it is connected to or will be.
    pub home_node: u16,
    pub node: u16,
    pub failed_attempts: u8,
    /// Looks at every event in full.
    pub is_witness: bool,
    pub was_in: bool,
    /// Its connecting counts from when it is let in, not from when it came: there is a line of our own making.
    pub opens_when_let_in: bool,
    pub stage: Stage,
    /// On its way from one board to another, on one connection.
    pub change: Option<Change>,
    /// How far it is with what it follows; none until it has joined.
    pub position: Option<Position>,
    /// When it was due to be opened, or was lost.
    pub since: Instant,
    /// Since when it is in, by the book's clock.
    pub in_since_ns: u64,
    /// When it has to be looked at again; what lies in the crowd's heap for another time is out of date.
    pub wake: Option<Instant>,
    /// When a `bye` said to come back.
    pub called_back_in: Option<Duration>,
    pub writer: Option<Box<Writer>>,
    pub life: Option<Box<Life>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Not connected, until it comes or comes back.
    Away { until: Instant },
    /// Not connected, until somebody says so.
    Out,
    /// In the line of those that are to be opened.
    Waiting,
    /// On its way in.
    Joining { since: Instant },
    /// Follows its board.
    Live,
}

/// A change of boards.
pub struct Change {
    pub to: u32,
    pub position: Option<Position>,
    /// Whether the old board has been left, and the new one asked for.
    pub is_asked: bool,
}

impl User {
    pub fn new(account: usize, board: usize, node: usize, now: Instant) -> Self {
        Self {
            account: account as u32,
            home_board: board as u32,
            following: board as u32,
            home_node: node as u16,
            node: node as u16,
            failed_attempts: 0,
            is_witness: false,
            was_in: false,
            opens_when_let_in: false,
            stage: Stage::Out,
            change: None,
            position: None,
            since: now,
            in_since_ns: 0,
            wake: None,
            called_back_in: None,
            writer: None,
            life: None,
        }
    }

    pub fn is_live(&self) -> bool {
        self.stage == Stage::Live
    }

    /// Has a connection, or is about to.
    pub fn is_connected(&self) -> bool {
        matches!(self.stage, Stage::Joining { .. } | Stage::Live)
    }

    /// The last `seq` that it has seen of what it follows.
    pub fn seen(&self) -> u64 {
        self.position.as_ref().map_or(0, |position| position.seq)
    }

    /// Loses its connection, and what it was doing on it.
    pub fn lose(&mut self, now: Instant) {
        if let Some(change) = self.change.take().filter(|change| !change.is_asked) {
            self.following = change.to;
            self.position = change.position;
        }
        if let Some(writer) = &mut self.writer {
            writer.again = None;
        }
        if self.is_live() {
            self.since = now;
        }
    }

    /// Comes back after a jittered wait, or when the `bye` said to; to another node where there are several.
    pub fn come_back(&mut self, nodes: usize, dice: &mut Dice, now: Instant) {
        self.lose(now);
        let doubled = COME_BACK_WITHIN * 2_u32.pow(u32::from(self.failed_attempts.min(8)));
        let jittered = dice.wait(doubled.min(COME_BACK_WITHIN_MAX));
        let wait = self.called_back_in.take().unwrap_or(jittered);
        if nodes > 1 {
            self.node = ((usize::from(self.node) + 1 + dice.below(nodes - 1)) % nodes) as u16;
        }
        self.failed_attempts = self.failed_attempts.saturating_add(1);
        self.stage = Stage::Away { until: now + wait };
    }

    /// Leaves for `time`.
    pub fn go_away(&mut self, time: Duration, now: Instant) {
        self.lose(now);
        self.stage = Stage::Away { until: now + time };
        // Nobody waits for who left by their own will: their coming back is measured from when they want to.
        self.since = now + time;
    }

    /// Goes back to its own node at once.
    pub fn go_home(&mut self, now: Instant) {
        self.lose(now);
        self.node = self.home_node;
        self.stage = Stage::Away { until: now };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_user_is_small() {
        assert!(size_of::<User>() <= 256, "{}", size_of::<User>());
    }

    #[test]
    fn who_is_called_back_comes_then_and_who_fails_waits_longer() {
        let (mut dice, now) = (Dice::new(3), Instant::now());
        let mut user = User::new(0, 0, 1, now);
        user.called_back_in = Some(Duration::from_millis(77));
        user.come_back(3, &mut dice, now);
        assert_eq!(user.stage, Stage::Away { until: now + Duration::from_millis(77) });
        assert_ne!(user.node, 1);
        for _ in 0..20 {
            user.come_back(1, &mut dice, now);
            let Stage::Away { until } = user.stage else { panic!() };
            assert!(until <= now + COME_BACK_WITHIN_MAX);
        }
    }
}
