//! What a board wants made durable in one step, and what may come of it.

use super::event::Event;
use super::model::{ColumnState, Epoch, Seq, TaskState, Version};
use crate::domain::ids::{BoardId, OpId};
use crate::domain::time::Moment;
use uuid::Uuid;

/// All that one batch of ops changes: either all of it is made durable or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    pub board_id: BoardId,
    /// The fencing token: the store refuses it where the board has a newer one.
    pub epoch: Epoch,
    /// The head that this batch stands on; its ops are `base + 1 ..= base + ops.len()`.
    pub base: Seq,
    /// The last event's time.
    pub at: Moment,
    pub ops: Vec<CommitOp>,
    /// Each touched task once, as it stands after the last op.
    pub tasks: Vec<TaskWrite>,
    /// Each touched column once, as it stands after the last op.
    pub columns: Vec<ColumnWrite>,
}

/// One op's row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitOp {
    pub event: Event,
    /// Of (actor, op): tells a retry from another op that took the same `op_id`.
    pub hash: i64,
}

/// A touched task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskWrite {
    pub state: TaskState,
    /// The new description, where the batch set one.
    pub description: Option<Box<str>>,
    pub extent: Extent,
}

/// A touched column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnWrite {
    pub state: ColumnState,
    pub extent: Extent,
}

/// How much of a row has changed, so that no more is written. The greatest of a batch's ops counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// Only the rank, because neighbours were respaced.
    Rank,
    /// Column, rank, version, times and the version at which the position changed.
    Position,
    /// Anything.
    All,
    /// The row is new. Its id must not exist, on this board or another.
    New,
}

/// What became of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Committed,
    /// Surely not applied, for these reasons; the rest of the batch can be judged anew without them.
    NotApplied(Vec<Finding>),
    /// Surely not applied, and nothing can be at present: the database is away, or the board's row is locked.
    Unavailable,
    /// Another activation has taken the board, or it is gone. Surely not applied by this one.
    Fenced,
}

/// Why one op of a batch can't be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The log has this `op_id` already.
    Duplicate(OpId, FirstTime),
    /// A client-chosen id exists.
    Taken(Uuid),
    /// The database refuses this op's rows.
    Refused(OpId),
}

/// How an `op_id` was applied the first time: the answer to each of its retries (P4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstTime {
    pub seq: Seq,
    pub version: Version,
    /// The task or column that it was about.
    pub target: Uuid,
    pub hash: i64,
}
