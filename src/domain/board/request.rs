//! What goes into a sequencer and what comes out of it.

use super::commit::{Commit, FirstTime};
use super::model::{Epoch, Seq, Version};
use super::op::{Ask, Op, OpKind};
use super::refusal::Refusal;
use super::state::Board;
use crate::domain::ids::{OpId, SessionId, UserId};
use crate::domain::time::Moment;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One op on its way to a board. `W` says who is answered; it means nothing here.
#[derive(Debug, Clone)]
pub struct Request<W> {
    pub waiter: W,
    /// The connection whose ops must not overtake each other; none for REST.
    pub stream: Option<SessionId>,
    pub actor: UserId,
    pub op_id: OpId,
    pub ask: Ask,
    /// The id of what it creates, where the client has chosen none.
    pub fresh_id: Uuid,
    pub received: Moment,
}

impl<W> Request<W> {
    /// Bytes that it holds, nearly.
    pub(super) fn weight(&self) -> usize {
        let text = match &self.ask {
            Ask::Op(Op::TaskCreate(op)) => op.description.as_deref().map_or(0, str::len),
            Ask::Op(Op::TaskUpdate(op)) => {
                op.set.as_ref().and_then(|set| set.description.as_deref()).map_or(0, str::len)
            }
            _ => 0,
        };
        size_of::<Self>() + text
    }
}

/// What an accepted op came to: the same answer to each of its retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    pub kind: OpKind,
    pub seq: Seq,
    pub version: Version,
    /// The task or column that it was about.
    pub target: Uuid,
    /// The number of a task that it created.
    pub number: Option<i64>,
    /// Whether this answers a retry.
    pub replayed: bool,
}

/// What the shell has to do next, in this order.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect<W> {
    /// Make this durable, and report by [`Sequencer::commit_finished`](super::sequencer::Sequencer::commit_finished).
    Commit(Commit),
    Answer {
        waiter: W,
        op_id: OpId,
        result: Result<Applied, Refusal>,
    },
    /// The events of the commit that has just finished may be told to everybody.
    Publish,
    /// Read the board again, and report by [`Sequencer::loaded`](super::sequencer::Sequencer::loaded). Where the
    /// store has a newer epoch than this activation's, give up by
    /// [`Sequencer::abandon`](super::sequencer::Sequencer::abandon) first, and then go on as with [`Effect::Activate`].
    Load,
    /// Take the board (a new epoch) and read it, or give it up where it is gone.
    Activate,
    /// Fetch a block of task numbers, and report by
    /// [`Sequencer::numbers_taken`](super::sequencer::Sequencer::numbers_taken).
    TakeNumbers(u32),
    /// Look for these ops in the board's log, and report by
    /// [`Sequencer::ops_found`](super::sequencer::Sequencer::ops_found) with the same `epoch`: a retry of what was
    /// applied long ago must not be refused for what has happened since.
    FindOps {
        epoch: Epoch,
        op_ids: Vec<OpId>,
    },
}

pub type Effects<W> = Vec<Effect<W>>;

/// A board as read from the store.
#[derive(Debug)]
pub struct Loaded {
    pub board: Board,
    pub epoch: Epoch,
    pub head: Seq,
    /// The time of the last event.
    pub at: Moment,
    /// The last ops of the log, oldest first.
    pub recent: Vec<(OpId, FirstTime)>,
}
