//! Makes the batches of all boards of a node durable, as many at once as have piled up.
//!
//! Boards hand in a [`Batch`] each and go on; while one write is in flight the next one fills. So the cost of
//! durability is shared by all who wait for it, and a thousand quiet boards cost no more commits than a busy one. The
//! committer never waits for one board, and never lets one op spoil the rest.

mod lite;
mod lite_statements;
mod lone;
pub(in crate::store) mod pg;
mod rows;
mod settle;
pub(in crate::store) mod statement;

use super::{Engine, Store};
use crate::domain::board::commit::{Commit, Outcome};
use crate::domain::board::model::{Epoch, TaskField};
use bytes::Bytes;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc;

/// A write holds no more ops than this, and no more bytes of events and descriptions; but always one batch.
const OPS_MAX: usize = 8_192;
const BYTES_MAX: usize = 8 << 20;

/// The place of the position in a task's list of changes; it is the last.
const POSITION: usize = TaskField::Position as usize;

/// What one board wants written in one step.
#[derive(Debug, Clone)]
pub struct Batch {
    pub commit: Commit,
    /// The events of `commit.ops`, one for one, as they cross the wire.
    pub events: Vec<Bytes>,
}

impl Batch {
    /// About how large it is on its way to the database.
    fn bytes(&self) -> usize {
        let descriptions = self.commit.tasks.iter().filter_map(|write| write.description.as_deref());
        self.events.iter().map(Bytes::len).chain(descriptions.map(str::len)).sum()
    }
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub outcome: Outcome,
    /// The board's epoch from now on. Greater than the batch's where the connection was lost with the batch, and the
    /// committer had to raise the epoch to make the outcome known.
    pub epoch: Epoch,
}

/// The door to the committer. Cheap to clone; may be used from any thread.
#[derive(Clone)]
pub struct Committer {
    batches: mpsc::UnboundedSender<Pending>,
}

impl Store {
    /// Starts a committer on the store's runtime. A node needs one; it ends when all its clones are gone.
    pub fn committer(&self) -> Committer {
        // A board has one batch in flight at most, so the number of boards bounds this queue.
        let (batches, queue) = mpsc::unbounded_channel();
        let engine = Arc::clone(&self.shared.engine);
        match &*self.shared.engine {
            Engine::Pg { .. } => self.shared.handle.spawn(pg::run(engine, queue, batches.downgrade())),
            Engine::Lite(_) => self.shared.handle.spawn(lite::run(engine, queue)),
        };
        Committer { batches }
    }
}

impl Committer {
    /// Takes `batch` and answers later, on a thread of the store's, where `done` must not block.
    ///
    /// A board must not hand in a batch before its last one was answered. Every batch is answered, though while the
    /// database is away and the outcome unknown that may take long.
    pub fn submit(&self, batch: Batch, done: impl FnOnce(Answer) + Send + 'static) {
        let pending = Pending { batch: Arc::new(batch), since: Instant::now(), done: Some(Box::new(done)) };
        // Where the store is closed the error drops the batch, which answers it.
        drop(self.batches.send(pending));
    }
}

/// A batch that waits for its answer.
struct Pending {
    batch: Arc<Batch>,
    since: Instant,
    done: Option<Box<dyn FnOnce(Answer) + Send>>,
}

impl Pending {
    fn answer(mut self, outcome: Outcome) {
        self.tell(outcome);
    }

    fn tell(&mut self, outcome: Outcome) {
        let Some(done) = self.done.take() else { return };
        if outcome == Outcome::Fenced {
            metrics::counter!("board_commits_fenced_total").increment(1);
        }
        let answer = Answer { outcome, epoch: self.batch.commit.epoch };
        if catch_unwind(AssertUnwindSafe(|| done(answer))).is_err() {
            tracing::error!(board_id = %self.batch.commit.board_id, "the receiver of a commit's outcome panicked");
        }
    }
}

impl Drop for Pending {
    /// Whoever lets go of a batch without an answer knows nothing of it: its board must step down and begin anew.
    fn drop(&mut self) {
        self.tell(Outcome::Fenced);
    }
}

/// Moves from `waiting` what one write shall hold: all, within the limits, in the order of arrival.
fn next_group(waiting: &mut Vec<Pending>) -> Vec<Pending> {
    let (mut ops, mut bytes) = (0, 0);
    let fits = |pending: &Pending| {
        ops += pending.batch.commit.ops.len();
        bytes += pending.batch.bytes();
        ops <= OPS_MAX && bytes <= BYTES_MAX
    };
    let count = waiting.iter().map(fits).take_while(|fits| *fits).count().max(1);
    waiting.drain(..count.min(waiting.len())).collect()
}

/// Notes a write of these batches that began at `begun`.
fn measure(group: &[Pending], begun: Instant) {
    let ops: usize = group.iter().map(|pending| pending.batch.commit.ops.len()).sum();
    metrics::histogram!("board_commit_batch_size").record(ops as f64);
    metrics::histogram!("board_commit_duration_seconds").record(begun.elapsed());
}
