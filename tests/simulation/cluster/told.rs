//! What each owner was given and has said, beside what clients were told: to see whether an op that comes late was
//! judged in its place, though its refusal got lost with its owner.

use crate::clients::Client;
use std::collections::{HashMap, HashSet};
use teamflow::domain::board::commit::Commit;
use teamflow::domain::board::refusal::Refusal;
use teamflow::domain::board::sequencer::Applied;
use teamflow::domain::ids::OpId;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Waiting,
    Committing,
    Unavailable,
    Judged,
}

/// See the module's text.
#[derive(Default)]
pub struct Told {
    activations: usize,
    status: HashMap<(usize, OpId), Status>,
    /// Ops that an owner has refused, whether anybody heard of it or not.
    refused: HashSet<OpId>,
}

impl Told {
    pub fn begin(&mut self) -> usize {
        self.activations += 1;
        self.activations
    }

    pub fn given(&mut self, activation: usize, op_ids: impl Iterator<Item = OpId>) {
        for op_id in op_ids {
            let status = self.status.entry((activation, op_id)).or_insert(Status::Waiting);
            if *status == Status::Unavailable {
                *status = Status::Waiting;
            }
        }
    }

    pub fn answered(&mut self, activation: usize, op_id: OpId, result: &Result<Applied, Refusal>) {
        let status = match result {
            Err(Refusal::Unavailable(_)) => Status::Unavailable,
            Err(_) => {
                self.refused.insert(op_id);
                Status::Judged
            }
            Ok(_) => Status::Judged,
        };
        self.status.insert((activation, op_id), status);
    }

    /// What stands before an op of a commit on the same connection, and is in no commit, was refused.
    pub fn committing(&mut self, activation: usize, commit: &Commit, clients: &[Client]) {
        let op_ids: HashSet<OpId> = commit.ops.iter().map(|op| op.event.op_id).collect();
        for op_id in &op_ids {
            self.status.insert((activation, *op_id), Status::Committing);
        }
        for client in clients.iter().filter(|client| client.stream.is_some()) {
            let last = client.ops.iter().rposition(|op| op_ids.contains(&op.op_id)).unwrap_or(0);
            for op in &client.ops[..last] {
                if self.status.get(&(activation, op.op_id)) == Some(&Status::Waiting) {
                    self.refused.insert(op.op_id);
                }
            }
        }
    }

    /// Whether an op was refused before it was applied in the end: where nobody heard of the refusal, because the bus or
    /// the owner was lost with it, it is judged anew, and then comes later. Only applied ops are remembered (P4).
    pub fn was_refused_before(&self, op_id: OpId) -> bool {
        self.refused.contains(&op_id)
    }
}
