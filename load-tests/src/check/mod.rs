//! What a run has to hold for its figures to count.

pub mod audit;
pub mod log;
pub mod order;

use crate::work::{OpBook, Refused};
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// Violations told of in full; more are only counted.
const TOLD_MAX: usize = 20;

/// Something that the protocol promises and that was not so, and where to look for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    pub what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub board: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op_id: Option<Uuid>,
}

impl Violation {
    #[must_use]
    pub fn on(mut self, board: Uuid) -> Self {
        self.board = Some(board);
        self
    }

    #[must_use]
    pub fn at(mut self, seq: u64) -> Self {
        self.seq = Some(seq);
        self
    }

    #[must_use]
    pub fn of(mut self, op_id: Uuid) -> Self {
        self.op_id = Some(op_id);
        self
    }
}

impl<S: Into<String>> From<S> for Violation {
    fn from(what: S) -> Self {
        Self { what: what.into(), board: None, seq: None, op_id: None }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.what)?;
        let places = [
            self.board.map(|board| format!("board {board}")),
            self.seq.map(|seq| format!("seq {seq}")),
            self.op_id.map(|op_id| format!("op_id {op_id}")),
        ];
        let places: Vec<String> = places.into_iter().flatten().collect();
        if places.is_empty() { Ok(()) } else { write!(out, " ({})", places.join(", ")) }
    }
}

/// What was found wrong. A run with any violation has failed, however fast it was.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    told: Vec<Violation>,
    count: u64,
}

impl Verdict {
    pub fn violation<V: Into<Violation>>(&mut self, what: impl FnOnce() -> V) {
        self.count += 1;
        if self.told.len() < TOLD_MAX {
            self.told.push(what().into());
        }
    }

    /// Takes in what another process found.
    pub fn add(&mut self, told: Vec<Violation>, count: u64) {
        self.count += count;
        let room = TOLD_MAX.saturating_sub(self.told.len());
        self.told.extend(told.into_iter().take(room));
    }

    pub fn holds(&self) -> bool {
        self.count == 0
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    /// The first violations.
    pub fn told(&self) -> &[Violation] {
        &self.told
    }

    /// Notes an ack of op `number` that `user` got, and that it names the `seq` of the op's event.
    pub fn ack(&mut self, book: &mut OpBook, number: usize, board: Uuid, user: usize, (seq, version): (u64, u64)) {
        let op_id = book.op_id(number);
        let Some(op) = book.get_mut(number) else {
            return self.violation(|| Violation::from(format!("an ack for op {number}, which nobody sent")).on(board));
        };
        let told = |what: String| Violation::from(what).on(board).at(seq).of(op_id);
        if op.user as usize != user {
            let sender = op.user;
            self.violation(|| told(format!("user {user} got the ack of op {number}, which user {sender} sent")));
        }
        if op.acked_seq != 0 && (op.acked_seq, op.version) != (seq, version) {
            let first = (op.acked_seq, op.version);
            self.violation(|| {
                told(format!("op {number} was acked at seq and version {first:?}, then at {:?}", (seq, version)))
            });
        }
        (op.acked_seq, op.version) = (seq, version);
        if op.event_seq != 0 && op.event_seq != seq {
            let event = op.event_seq;
            self.violation(|| told(format!("op {number} was acked at seq {seq}, its event is {event}")));
        }
    }

    /// Notes an event of op `number`, seen for the first time at `seq`.
    pub fn event(&mut self, book: &mut OpBook, number: usize, board: Uuid, seq: u64) {
        let op_id = book.op_id(number);
        let Some(op) = book.get_mut(number) else { return };
        let told = |what: String| Violation::from(what).on(board).at(seq).of(op_id);
        let (first, acked) = (std::mem::replace(&mut op.event_seq, seq), op.acked_seq);
        if first != 0 && first != seq {
            self.violation(|| told(format!("op {number} was seen at seq {first} and at seq {seq}")));
        }
        if op.refused == Some(Refused::Surely) {
            self.violation(|| told(format!("op {number} was rejected, yet stands at seq {seq}")));
        }
        if acked != 0 && acked != seq {
            self.violation(|| told(format!("op {number} was acked at seq {acked}, its event is {seq}")));
        }
    }

    /// Notes that a user saw `seq` after `last`: the next one, and no other.
    pub fn follows(&mut self, user: usize, board: Uuid, last: u64, seq: u64) {
        if seq != last + 1 {
            self.violation(|| Violation::from(format!("user {user} saw seq {seq} after {last}")).on(board).at(seq));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_violation_says_where_to_look() {
        let (board, op_id) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let violation = Violation::from("op 3 is gone").on(board).at(7).of(op_id);
        assert_eq!(violation.to_string(), format!("op 3 is gone (board {board}, seq 7, op_id {op_id})"));
        assert_eq!(Violation::from("no more").to_string(), "no more");
    }

    #[test]
    fn an_op_is_acked_once_and_where_its_event_is() {
        let (mut book, mut verdict, board) = (OpBook::open(1, 0), Verdict::default(), Uuid::nil());
        let op = book.note(4, 0, std::time::Instant::now());
        verdict.event(&mut book, op, board, 9);
        verdict.ack(&mut book, op, board, 4, (9, 2));
        verdict.ack(&mut book, op, board, 4, (9, 2));
        assert!(verdict.holds(), "{verdict:?}");
        verdict.ack(&mut book, op, board, 5, (10, 2));
        let told: Vec<_> = verdict.told().iter().map(|violation| violation.what.as_str()).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[0].contains("which user 4 sent"));
        assert!(told[1].contains("acked at seq and version (9, 2), then at (10, 2)"));
        assert!(told[2].contains("was acked at seq 10, its event is 9"));
    }

    #[test]
    fn few_are_told_and_all_are_counted() {
        let (mut one, mut two) = (Verdict::default(), Verdict::default());
        (0..30).for_each(|n| one.violation(|| format!("{n}")));
        two.violation(|| "other");
        two.add(one.told().to_vec(), one.count());
        assert_eq!((two.count(), two.told().len()), (31, TOLD_MAX));
    }
}
