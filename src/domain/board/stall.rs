//! Connections whose ops are held off: after one was answered `UNAVAILABLE`, later ones must not overtake it.

use crate::domain::ids::{OpId, SessionId};
use crate::domain::time::Moment;
use std::collections::{HashMap, HashSet};

/// How long the later ops of a connection are held off.
pub const STALL_MILLIS: i64 = 5_000;

/// See the module's text. They go with a board from one seat of its writer to another.
#[derive(Debug, Default)]
pub struct Stalls(HashMap<SessionId, Stall>);

#[derive(Debug)]
struct Stall {
    /// The op that has to come again first.
    first: OpId,
    until: Moment,
}

impl Stalls {
    /// Whether an op may go on. The one that has to come first ends the stall, and so does time.
    pub(super) fn admit(&mut self, stream: Option<SessionId>, op_id: OpId, now: Moment) -> bool {
        let Some(stream) = stream else { return true };
        let Some(stall) = self.0.get(&stream) else { return true };
        let ends = stall.first == op_id || now >= stall.until;
        if ends {
            self.0.remove(&stream);
        }
        ends
    }

    /// Whether there was something to forgive.
    pub(super) fn forgive(&mut self, stream: SessionId) -> bool {
        self.0.remove(&stream).is_some()
    }

    pub(super) fn expire(&mut self, now: Moment) {
        self.0.retain(|_, stall| now < stall.until);
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
            self.stalls.0.insert(stream, Stall { first: op_id, until });
        }
    }
}
