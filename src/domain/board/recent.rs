//! The ops that a board remembers, so that a retry is answered without a look into the log.

use super::commit::FirstTime;
use super::model::Seq;
use super::op::Op;
use super::sequencer::BATCH_OPS_MAX;
use crate::domain::ids::{OpId, UserId};
use std::collections::{HashMap, VecDeque};
use xxhash_rust::xxh3::xxh3_64;

/// How many are remembered: the last 1,000 of the log, and all that can be open at once, which the log doesn't know.
/// Older ones are found by a look into the log, or by the commit itself.
const RECENT_OPS_MAX: usize = 1_000 + 2 * BATCH_OPS_MAX;

/// The last ops by their `op_id`, open ones included.
#[derive(Debug, Default)]
pub(super) struct RecentOps {
    by_id: HashMap<OpId, FirstTime>,
    order: VecDeque<OpId>,
    /// Whether every op that the log holds is here.
    complete: bool,
}

impl RecentOps {
    pub(super) fn get(&self, op_id: OpId) -> Option<FirstTime> {
        self.by_id.get(&op_id).copied()
    }

    /// Whether an op that is not here was surely never applied.
    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    pub(super) fn insert(&mut self, op_id: OpId, first: FirstTime) {
        if self.by_id.insert(op_id, first).is_none() {
            self.order.push_back(op_id);
        }
        if self.order.len() > RECENT_OPS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_id.remove(&oldest);
            self.complete = false;
        }
    }

    /// The board was read, and stands at `head`; no op is open.
    pub(super) fn read(&mut self, ops: Vec<(OpId, FirstTime)>, head: Seq) {
        for (op_id, first) in ops {
            self.insert(op_id, first);
        }
        self.complete = usize::try_from(head).is_ok_and(|head| self.by_id.len() >= head);
    }

    /// Forgets ops that were taken back: they are among the newest.
    pub(super) fn remove(&mut self, op_ids: &[OpId]) {
        for op_id in op_ids.iter().rev() {
            if self.by_id.remove(op_id).is_some()
                && let Some(i) = self.order.iter().rposition(|id| id == op_id)
            {
                self.order.remove(i);
            }
        }
    }
}

/// The hash of (actor, op) that the log keeps for ever: XXH3 of the actor's bytes and the op's JSON form.
pub(super) fn hash(actor: UserId, op: &Op) -> i64 {
    let mut bytes = actor.0.as_bytes().to_vec();
    // Writing plain structs of text and numbers into memory cannot fail.
    let _ = serde_json::to_writer(&mut bytes, op);
    i64::from_ne_bytes(xxh3_64(&bytes).to_ne_bytes())
}
