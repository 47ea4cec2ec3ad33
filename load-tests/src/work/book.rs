//! A record of every op, and the ids that let any process of a run know its ops again.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// What became of one op. Times are nanoseconds since the book was opened; a `seq` of 0 is none yet.
#[derive(Debug, Clone, Default)]
pub struct OpRecord {
    /// Who sent it.
    pub user: u32,
    pub board: u32,
    /// When it was due, and in a closed loop also sent.
    pub due_ns: u64,
    pub acked_seq: u64,
    pub event_seq: u64,
    /// Where the board's log has it; known only when that has been read.
    pub log_seq: u64,
    pub version: u64,
    pub refused: Option<Refused>,
}

/// How an op was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Never applied.
    Surely,
    /// `UNAVAILABLE`: applied or not, and not asked again.
    Perhaps,
}

impl OpRecord {
    /// Notes a reject with `code`.
    pub fn refuse(&mut self, code: &str) {
        self.refused = Some(if code == "UNAVAILABLE" { Refused::Perhaps } else { Refused::Surely });
    }

    pub fn is_answered(&self) -> bool {
        self.acked_seq != 0 || self.refused.is_some()
    }
}

/// What an `op_id` of ours tells: a UUID of version 7 as a program would choose, with a meaning in every bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpName {
    /// When the op was due, in Unix time, to 1/4096 of a millisecond.
    pub due_unix_ns: u64,
    /// The run, in 24 bits: another run's ops are not taken for ours.
    pub run: u32,
    /// The process of the run, in 6 bits.
    pub part: u8,
    /// The op's number in that process's book.
    pub number: u32,
}

impl OpName {
    pub fn id(self) -> Uuid {
        let (ms, rest_ns) = (u128::from(self.due_unix_ns / 1_000_000), self.due_unix_ns % 1_000_000);
        let fraction = u128::from(rest_ns * 4096 / 1_000_000);
        let tail =
            u128::from(self.run & 0xff_ffff) << 38 | u128::from(self.part & 0x3f) << 32 | u128::from(self.number);
        Uuid::from_u128(ms << 80 | 7 << 76 | fraction << 64 | 2 << 62 | tail)
    }

    /// Out of the 36 characters of an `op_id`; `None` where that is no UUID. Whoever else made it, its `run` is not ours.
    pub fn read(op_id: &[u8]) -> Option<Self> {
        let bits = Uuid::try_parse_ascii(op_id).ok()?.as_u128();
        let (ms, fraction) = ((bits >> 80) as u64, (bits >> 64) as u64 & 0xfff);
        Some(Self {
            due_unix_ns: ms * 1_000_000 + fraction * 1_000_000 / 4096,
            run: (bits >> 38) as u32 & 0xff_ffff,
            part: (bits >> 32) as u8 & 0x3f,
            number: bits as u32,
        })
    }
}

/// Every op of one process's run that is not done with; an op's number is its request `id` and the tail of its `op_id`.
pub struct OpBook {
    opened: Instant,
    opened_unix_ns: u64,
    run: u32,
    part: u8,
    /// The number of the first op that is still here.
    first: usize,
    ops: VecDeque<OpRecord>,
}

impl OpBook {
    pub fn open(run: u32, part: u8) -> Self {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let opened_unix_ns = unix.as_nanos() as u64;
        Self { opened: Instant::now(), opened_unix_ns, run, part, first: 0, ops: VecDeque::new() }
    }

    /// A mark for a run that no other is likely to have.
    pub fn mark() -> u32 {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        (unix.subsec_nanos().wrapping_mul(0x9e37_79b1) ^ std::process::id().wrapping_mul(0x85eb_ca6b)) & 0x00ff_ffff
    }

    /// Nanoseconds from the opening to `at`.
    pub fn ns(&self, at: Instant) -> u64 {
        at.saturating_duration_since(self.opened).as_nanos() as u64
    }

    /// Notes an op; answers its number.
    pub fn note(&mut self, user: usize, board: usize, due: Instant) -> usize {
        let due_ns = self.ns(due);
        self.ops.push_back(OpRecord { user: user as u32, board: board as u32, due_ns, ..OpRecord::default() });
        self.first + self.ops.len() - 1
    }

    /// The ops that are still here, with their numbers.
    pub fn ops(&self) -> impl Iterator<Item = (usize, &OpRecord)> {
        self.ops.iter().enumerate().map(|(place, op)| (self.first + place, op))
    }

    pub fn get(&self, number: usize) -> Option<&OpRecord> {
        self.ops.get(number.checked_sub(self.first)?)
    }

    pub fn get_mut(&mut self, number: usize) -> Option<&mut OpRecord> {
        self.ops.get_mut(number.checked_sub(self.first)?)
    }

    /// Forgets the oldest ops for as long as `is_done` says so.
    pub fn forget_while(&mut self, is_done: impl Fn(&OpRecord) -> bool) {
        while self.ops.front().is_some_and(&is_done) {
            self.ops.pop_front();
            self.first += 1;
        }
    }

    pub fn op_id(&self, number: usize) -> Uuid {
        let due_ns = self.get(number).map_or(0, |op| op.due_ns);
        let due_unix_ns = self.opened_unix_ns + due_ns;
        OpName { due_unix_ns, run: self.run, part: self.part, number: number as u32 }.id()
    }

    /// Whether an op is of this run, whichever process sent it.
    pub fn is_of_run(&self, name: &OpName) -> bool {
        name.run == self.run
    }

    /// The number of an op of our own that is still here.
    pub fn number(&self, name: &OpName) -> Option<usize> {
        let is_ours = self.is_of_run(name) && name.part == self.part;
        (is_ours && self.get(name.number as usize).is_some()).then_some(name.number as usize)
    }

    /// When an op of this run was due, by this book's clock.
    pub fn due_ns(&self, name: &OpName) -> u64 {
        match self.number(name).and_then(|number| self.get(number)) {
            Some(op) => op.due_ns,
            None => name.due_unix_ns.saturating_sub(self.opened_unix_ns),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_op_id_is_version_7_and_tells_its_number_and_when_it_was_due() {
        let mut book = OpBook::open(0x00ab_cdef, 5);
        let due = book.opened + Duration::from_nanos(5_123_456);
        (0..3).for_each(|number| assert_eq!(book.note(1, 2, due), number));
        let id = book.op_id(2);
        assert_eq!((id.get_version_num(), id.get_variant()), (7, uuid::Variant::RFC4122));
        let name = OpName::read(id.to_string().as_bytes()).unwrap();
        assert_eq!((name.run, name.part, name.number), (0x00ab_cdef, 5, 2));
        assert_eq!(book.number(&name), Some(2));
        assert_eq!(book.due_ns(&name), 5_123_456);
        let elsewhere = OpBook { part: 6, ops: VecDeque::new(), ..book };
        assert_eq!(elsewhere.number(&name), None);
        assert!(elsewhere.is_of_run(&name));
        assert!(elsewhere.due_ns(&name).abs_diff(5_123_456) < 250);
        assert!(!elsewhere.is_of_run(&OpName::read(Uuid::nil().to_string().as_bytes()).unwrap()));
        assert_eq!(OpName::read(b"no id"), None);
    }

    #[test]
    fn numbers_stay_when_old_ops_are_forgotten() {
        let mut book = OpBook::open(1, 0);
        (0..4).for_each(|number| assert_eq!(book.note(0, 0, Instant::now()), number));
        book.get_mut(0).unwrap().acked_seq = 1;
        book.get_mut(1).unwrap().refuse("WIP_LIMIT");
        book.get_mut(3).unwrap().acked_seq = 2;
        book.forget_while(OpRecord::is_answered);
        assert_eq!(book.ops().map(|(number, _)| number).collect::<Vec<_>>(), [2, 3]);
        assert!(book.get(1).is_none() && book.get(3).is_some());
        assert_eq!(book.note(0, 0, Instant::now()), 4);
    }
}
