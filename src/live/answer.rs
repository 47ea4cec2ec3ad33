//! The way of an answer from a board to whoever asked.

use super::hub::HubId;
use crate::domain::board::op::OpKind;
use crate::domain::board::sequencer::Applied;
use crate::domain::ids::{Incarnation, SessionId};
use crate::protocol::frame::{Reject, RequestId};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::oneshot;

/// Who waits for the answer to an op, for which kind of op, since when.
#[derive(Debug, Clone)]
pub struct Waiter {
    pub reply: Reply,
    pub kind: OpKind,
    pub received: Instant,
}

/// The way that an answer goes.
#[derive(Debug, Clone)]
pub enum Reply {
    Session {
        hub: HubId,
        session: SessionId,
        id: RequestId,
    },
    /// The relay of another node: the stream that the op came by, and its tag.
    Relay {
        node: Incarnation,
        stream: u64,
        tag: u64,
    },
    /// The answer of a REST request at this place.
    Rest(Arc<Answers>, usize),
}

/// Collects the answers to the ops of one REST request.
#[derive(Debug)]
pub struct Answers(Mutex<Collected>);

#[derive(Debug)]
struct Collected {
    results: Vec<Option<Result<Applied, Reject>>>,
    missing: usize,
    done: Option<oneshot::Sender<Vec<Result<Applied, Reject>>>>,
}

impl Answers {
    pub fn new(count: usize) -> (Arc<Self>, oneshot::Receiver<Vec<Result<Applied, Reject>>>) {
        let (done, answered) = oneshot::channel();
        let collected = Collected { results: vec![None; count], missing: count, done: Some(done) };
        (Arc::new(Self(Mutex::new(collected))), answered)
    }

    /// Takes one answer; the last one sends all.
    pub fn put(&self, place: usize, result: Result<Applied, Reject>) {
        let mut collected = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(slot) = collected.results.get_mut(place).filter(|slot| slot.is_none()) else { return };
        *slot = Some(result);
        collected.missing -= 1;
        if collected.missing == 0
            && let Some(done) = collected.done.take()
        {
            let results = std::mem::take(&mut collected.results).into_iter();
            // Whoever asked may have gone.
            let _ = done.send(results.map(|result| result.unwrap_or_else(|| Err(Reject::unavailable()))).collect());
        }
    }
}
