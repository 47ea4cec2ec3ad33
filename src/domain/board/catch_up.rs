//! How a client that comes in, or comes back, is brought up to date.

use super::model::Seq;
use std::collections::VecDeque;

/// What a client says of itself when it subscribes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position {
    /// The last event that it has seen.
    pub since: Option<Seq>,
    /// The history that this belongs to; not compared where it is not said.
    pub history: Option<String>,
}

/// How to bring it up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// By the events after this one.
    Tail(Seq),
    Snapshot,
}

/// Decides by the board's head and history. A position that is absent, zero, ahead of the board, of another history,
/// or more than `events_max` behind needs a snapshot.
pub fn plan(position: &Position, head: Seq, history: &str, events_max: i64) -> Plan {
    let same_history = position.history.as_deref().is_none_or(|theirs| theirs == history);
    match position.since {
        Some(since) if same_history && since > 0 && since <= head && head - since <= events_max => Plan::Tail(since),
        _ => Plan::Snapshot,
    }
}

/// The last events of a board, as they went out: bounded by count and bytes, except for what a joiner still needs.
#[derive(Debug)]
pub struct Tail<E> {
    events: VecDeque<E>,
    /// The event before the first one here.
    floor: Seq,
    bytes: usize,
    /// Events after this one are kept whatever the bounds.
    pin: Option<Seq>,
}

/// The bounds of a [`Tail`] that nobody pins.
const EVENTS_MAX: usize = 1_000;
const BYTES_MAX: usize = 1_024 * 1_024;

impl<E: AsRef<[u8]> + Clone> Tail<E> {
    /// An empty tail at this head.
    pub fn new(head: Seq) -> Self {
        Self { events: VecDeque::new(), floor: head, bytes: 0, pin: None }
    }

    pub fn head(&self) -> Seq {
        self.floor + self.events.len() as Seq
    }

    /// Adds the events that follow the head.
    pub fn extend(&mut self, events: impl IntoIterator<Item = E>) {
        for event in events {
            self.bytes += event.as_ref().len();
            self.events.push_back(event);
        }
        self.trim();
    }

    /// All events after `since`, or `None` where some of them are gone.
    pub fn after(&self, since: Seq) -> Option<Vec<E>> {
        let skip = usize::try_from(since - self.floor).ok()?;
        (skip <= self.events.len()).then(|| self.events.range(skip..).cloned().collect())
    }

    /// Keeps what follows `since` until it is unpinned by `None`.
    pub fn pin(&mut self, since: Option<Seq>) {
        self.pin = since;
        self.trim();
    }

    /// Lets all go that is not pinned.
    pub fn clear(&mut self) {
        while self.events.front().is_some() && self.pin.is_none_or(|pin| self.floor < pin) {
            self.pop();
        }
        self.events.shrink_to_fit();
    }

    fn trim(&mut self) {
        let over = |tail: &Self| tail.events.len() > EVENTS_MAX || tail.bytes > BYTES_MAX;
        while over(self) && self.pin.is_none_or(|pin| self.floor < pin) && !self.events.is_empty() {
            self.pop();
        }
    }

    fn pop(&mut self) {
        if let Some(event) = self.events.pop_front() {
            self.bytes -= event.as_ref().len();
            self.floor += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(since: Option<Seq>, history: Option<&str>) -> Position {
        Position { since, history: history.map(str::to_owned) }
    }

    #[test]
    fn only_a_known_and_near_position_is_replayed() {
        let plan = |since, history| plan(&position(since, history), 1_500, "h1", 1_000);
        assert_eq!(plan(Some(1_500), None), Plan::Tail(1_500));
        assert_eq!(plan(Some(500), Some("h1")), Plan::Tail(500));
        for (since, history) in
            [(None, None), (Some(0), None), (Some(1_501), None), (Some(499), None), (Some(1_400), Some("h0"))]
        {
            assert_eq!(plan(since, history), Plan::Snapshot, "{since:?} {history:?}");
        }
        assert_eq!(plan(Some(-3), None), Plan::Snapshot);
    }

    #[test]
    fn a_tail_is_whole_or_none() {
        let mut tail = Tail::new(10);
        tail.extend([[1_u8; 4], [2; 4], [3; 4]]);
        assert_eq!(tail.head(), 13);
        assert_eq!(tail.after(10).map(|events| events.len()), Some(3));
        assert_eq!(tail.after(12), Some(vec![[3; 4]]));
        assert_eq!(tail.after(13), Some(vec![]));
        assert_eq!(tail.after(9), None);
        assert_eq!(tail.after(14), None);
    }

    #[test]
    fn a_tail_is_bounded_but_for_what_is_pinned() {
        let mut tail = Tail::new(0);
        tail.extend((0..2_000).map(|_| [0_u8; 8]));
        assert!(tail.after(999).is_none() && tail.after(1_000).is_some());
        tail.pin(Some(1_500));
        tail.extend((0..2_000).map(|_| [0_u8; 8]));
        assert!(tail.after(1_499).is_none() && tail.after(1_500).is_some());
        tail.pin(None);
        assert!(tail.after(2_999).is_none() && tail.after(3_000).is_some());
    }
}
