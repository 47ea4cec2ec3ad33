//! Connections whose ops are held off: after one was answered `UNAVAILABLE`, later ones must not overtake it.

use crate::domain::ids::{OpId, SessionId};
use crate::domain::time::Moment;
use std::collections::{HashMap, HashSet};

/// How long the later ops of a connection are held off.
pub const STALL_MILLIS: i64 = 5_000;
/// How much longer, for the first op that was held off to come before those behind it.
const GRACE_MILLIS: i64 = 1_000;

/// See the module's text. They go with a board from one seat of its writer to another.
#[derive(Debug, Default)]
pub struct Stalls(HashMap<SessionId, Stall>);

#[derive(Debug, Clone, Copy)]
struct Stall {
    /// The op that has to come again first.
    first: OpId,
    until: Moment,
    /// The op that has to come first when this stall ends by time, and until when: the first that was held off.
    next: Option<(OpId, Moment)>,
    /// Whether it follows another one. It is followed by none: who sends ever other ops is not held off for ever.
    is_last: bool,
}

impl Stall {
    /// What is left of it when its time is over.
    fn at(self, now: Moment) -> Option<Self> {
        if now < self.until {
            return Some(self);
        }
        let (first, until) = self.next.filter(|(_, until)| now < *until)?;
        Some(Self { first, until, next: None, is_last: true })
    }
}

impl Stalls {
    /// Whether an op may go on. The one that has to come first ends the stall, and so does time.
    pub(super) fn admit(&mut self, stream: Option<SessionId>, op_id: OpId, now: Moment) -> bool {
        let Some(stream) = stream else { return true };
        let Some(stall) = self.0.remove(&stream).and_then(|stall| stall.at(now)) else { return true };
        if stall.first == op_id {
            return true;
        }
        let held = (op_id, stall.until.plus_millis(GRACE_MILLIS));
        let next = stall.next.or(Some(held).filter(|_| !stall.is_last));
        self.0.insert(stream, Stall { next, ..stall });
        false
    }

    /// Whether there was something to forgive.
    pub(super) fn forgive(&mut self, stream: SessionId) -> bool {
        self.0.remove(&stream).is_some()
    }

    pub(super) fn expire(&mut self, now: Moment) {
        self.0.retain(|_, stall| match stall.at(now) {
            Some(left) => {
                *stall = left;
                true
            }
            None => false,
        });
    }

    /// Adds those of another seat. Where a connection is held off by both, the earlier op has to come first.
    pub(super) fn merge(&mut self, others: Self) {
        for (stream, other) in others.0 {
            let Some(own) = self.0.insert(stream, other) else { continue };
            let (earlier, later) = if own.until <= other.until { (own, other) } else { (other, own) };
            let next = earlier.next.or(Some((later.first, later.until)));
            self.0.insert(stream, Stall { next, ..earlier });
        }
    }

    /// Lets go of connections of other nodes: their own relays hold them off.
    #[must_use]
    pub fn without(mut self, streams: &HashSet<SessionId>) -> Self {
        self.0.retain(|stream, _| !streams.contains(stream));
        self
    }

    /// A walk over waiting ops in the order in which they came.
    pub(super) fn walk(&mut self, now: Moment) -> Walk<'_> {
        Walk { stalls: self, now, held: HashSet::new() }
    }
}

/// One walk, oldest op first. What waits came before whatever an earlier stall has held off, so the first op that is
/// held in this walk is the one that must come again first.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    stalls: &'a mut Stalls,
    now: Moment,
    held: HashSet<SessionId>,
}

impl Walk<'_> {
    /// Whether an earlier op of this connection was held in this walk.
    pub(super) fn holds(&self, stream: Option<SessionId>) -> bool {
        stream.is_some_and(|stream| self.held.contains(&stream))
    }

    /// Holds off what comes after this op, which is answered `UNAVAILABLE`.
    pub(super) fn hold(&mut self, stream: Option<SessionId>, op_id: OpId) {
        let Some(stream) = stream else { return };
        if self.held.insert(stream) {
            let until = self.now.plus_millis(STALL_MILLIS);
            self.stalls.0.insert(stream, Stall { first: op_id, until, next: None, is_last: false });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const SESSION: SessionId = SessionId(Uuid::from_u128(1));

    fn op(n: u128) -> OpId {
        OpId(Uuid::from_u128(n))
    }

    fn admit(stalls: &mut Stalls, n: u128, at: i64) -> bool {
        stalls.admit(Some(SESSION), op(n), Moment::default().plus_millis(at))
    }

    fn stalled_on(n: u128, at: i64) -> Stalls {
        let mut stalls = Stalls::default();
        stalls.walk(Moment::default().plus_millis(at)).hold(Some(SESSION), op(n));
        stalls
    }

    #[test]
    fn the_first_op_has_to_come_again_first() {
        let mut stalls = stalled_on(1, 0);
        assert!(!admit(&mut stalls, 2, 10));
        assert!(admit(&mut stalls, 1, 20) && admit(&mut stalls, 2, 20));
    }

    /// A client may know by another way what became of the first op, and never send it again.
    #[test]
    fn whoever_was_held_off_first_comes_first_when_time_is_over() {
        let mut stalls = stalled_on(1, 0);
        assert!(!admit(&mut stalls, 2, 4_900) && !admit(&mut stalls, 3, 4_950));
        stalls.expire(Moment::default().plus_millis(5_100));
        assert!(!admit(&mut stalls, 3, 5_100), "it would overtake the second");
        assert!(admit(&mut stalls, 2, 5_200) && admit(&mut stalls, 3, 5_200));
        let mut stalls = stalled_on(1, 0);
        assert!(!admit(&mut stalls, 2, 4_900) && !admit(&mut stalls, 3, 5_900));
        assert!(admit(&mut stalls, 4, 6_000), "who sends ever other ops is not held off for ever");
    }

    #[test]
    fn of_two_stalls_the_earlier_counts_first() {
        let mut stalls = stalled_on(2, 100);
        stalls.merge(stalled_on(1, 0));
        assert!(!admit(&mut stalls, 2, 200) && admit(&mut stalls, 1, 200));
        let mut stalls = stalled_on(1, 0);
        stalls.merge(stalled_on(2, 100));
        assert!(!admit(&mut stalls, 3, 5_050) && admit(&mut stalls, 2, 5_060));
        assert!(admit(&mut stalled_on(1, 0).without(&HashSet::from([SESSION])), 2, 0));
    }
}
