//! What a run has to hold for its figures to count.

pub mod log;

use crate::work::{OpRecord, Refused};

/// Violations told of in full; more are only counted.
const TOLD_MAX: usize = 20;

/// What was found wrong. A run with any violation has failed, however fast it was.
#[derive(Debug, Default)]
pub struct Verdict {
    told: Vec<String>,
    count: u64,
}

impl Verdict {
    pub fn violation(&mut self, what: impl FnOnce() -> String) {
        self.count += 1;
        if self.told.len() < TOLD_MAX {
            self.told.push(what());
        }
    }

    pub fn holds(&self) -> bool {
        self.count == 0
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    /// The first violations, in words.
    pub fn told(&self) -> &[String] {
        &self.told
    }

    /// Notes an ack, and that it names the `seq` of the op's event.
    pub fn ack(&mut self, number: usize, op: &mut OpRecord, session: usize, seq: u64, version: u64) {
        if op.session as usize != session {
            self.violation(|| {
                format!("session {session} got the ack of op {number}, which session {} sent", op.session)
            });
        }
        if op.acked_seq != 0 {
            self.violation(|| format!("op {number} was acked twice, at seq {} and {seq}", op.acked_seq));
        }
        (op.acked_seq, op.version) = (seq, version);
        self.seqs_agree(number, op);
    }

    /// Notes an event of ours, and that everyone sees it at the same `seq`.
    pub fn event(&mut self, number: usize, op: &mut OpRecord, seq: u64) {
        if op.event_seq != 0 && op.event_seq != seq {
            self.violation(|| format!("op {number} was seen at seq {} and at seq {seq}", op.event_seq));
        }
        if op.refused == Some(Refused::Surely) {
            self.violation(|| format!("op {number} was rejected, yet stands at seq {seq}"));
        }
        let first = op.event_seq == 0;
        op.event_seq = seq;
        if first {
            self.seqs_agree(number, op);
        }
    }

    fn seqs_agree(&mut self, number: usize, op: &OpRecord) {
        if op.acked_seq != 0 && op.event_seq != 0 && op.acked_seq != op.event_seq {
            self.violation(|| format!("op {number} was acked at seq {}, its event is {}", op.acked_seq, op.event_seq));
        }
    }

    /// Notes that a session saw `seq` after `last`: the next one, and no other.
    pub fn follows(&mut self, session: usize, last: u64, seq: u64) {
        if seq != last + 1 {
            self.violation(|| format!("session {session} saw seq {seq} after {last}"));
        }
    }
}
