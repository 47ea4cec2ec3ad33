//! What writers do: each moves its own tasks of a board from column to column, and every op is remembered.

use anyhow::{Result, ensure};
use serde::Deserialize;
use std::fmt;
use std::io::Write;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// Small, fast and repeatable: xorshift64*. Source: Vigna, "An experimental exploration of Marsaglia's xorshift
/// generators, scrambled".
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }
}

/// What became of one op. Times are nanoseconds since the book was opened; a `seq` of 0 is none yet.
#[derive(Debug, Clone, Default)]
pub struct OpRecord {
    pub session: u32,
    pub board: u32,
    /// When it was due, and in a closed loop also sent.
    pub due_ns: u64,
    /// When anything was first heard of it: soon after its commit, for nothing is told before that.
    pub heard_ns: u64,
    pub acked_seq: u64,
    pub event_seq: u64,
    pub version: u64,
    /// Sessions that have its event.
    pub deliveries: u32,
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

/// Every op of a run; an op's number is its place here, its request `id`, and the tail of its `op_id`.
pub struct OpBook {
    opened: Instant,
    ops: Vec<OpRecord>,
    unix_ms: u64,
    /// Marks this run's `op_id`s, so that another run's are not taken for ours.
    tag: u32,
    /// It in hexadecimal, as it stands in an `op_id`.
    tag_text: [u8; 6],
}

impl OpBook {
    pub fn open() -> Self {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let tag = unix.subsec_nanos().wrapping_mul(0x9e37_79b1) ^ std::process::id().wrapping_mul(0x85eb_ca6b);
        let tag = tag & 0x00ff_ffff;
        let mut tag_text = [0; 6];
        // Six digits fill it.
        let _ = write!(&mut tag_text[..], "{tag:06x}");
        Self { opened: Instant::now(), ops: Vec::new(), unix_ms: unix.as_millis() as u64, tag, tag_text }
    }

    /// Nanoseconds from the opening to `at`.
    pub fn ns(&self, at: Instant) -> u64 {
        at.saturating_duration_since(self.opened).as_nanos() as u64
    }

    /// Notes an op; answers its number.
    pub fn note(&mut self, session: usize, board: usize, due_ns: u64) -> usize {
        self.ops.push(OpRecord { session: session as u32, board: board as u32, due_ns, ..OpRecord::default() });
        self.ops.len() - 1
    }

    pub fn ops(&self) -> &[OpRecord] {
        &self.ops
    }

    pub fn get_mut(&mut self, number: usize) -> Option<&mut OpRecord> {
        self.ops.get_mut(number)
    }

    /// A UUID of version 7, as a program would choose: time first, then this run's tag, then the number.
    pub fn op_id(&self, number: usize) -> Uuid {
        let unix_ms = self.unix_ms + self.ops.get(number).map_or(0, |op| op.due_ns / 1_000_000);
        let (high, low) = (u128::from(self.tag >> 12), u128::from(self.tag & 0xfff));
        let bits = u128::from(unix_ms) << 80 | 7 << 76 | high << 64 | 8 << 60 | low << 48;
        Uuid::from_u128(bits | number as u128)
    }

    /// The number of an op of ours by the text of its `op_id`; `None` where it is somebody else's.
    pub fn number(&self, op_id: &[u8]) -> Option<usize> {
        // tttttttt-tttt-7hhh-8lll-nnnnnnnnnnnn
        if op_id.get(15..18)? != &self.tag_text[..3] || op_id.get(20..23)? != &self.tag_text[3..] {
            return None;
        }
        let mut number = 0;
        for digit in op_id.get(24..36)? {
            let value = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'f' => digit - b'a' + 10,
                _ => return None,
            };
            number = number << 4 | usize::from(value);
        }
        (number < self.ops.len()).then_some(number)
    }
}

/// The tasks of one board that one writer moves; nobody else touches them.
pub struct Deck {
    board: Uuid,
    columns: Vec<Uuid>,
    cards: Vec<Card>,
    next: usize,
}

struct Card {
    id: Uuid,
    column: usize,
    /// The version it will have when what was sent before is applied; none after a reject.
    version: Option<u64>,
}

impl Deck {
    /// Every `of`-th task of the board, from `share` on, out of the answer to its `subscribe`.
    ///
    /// # Errors
    /// Where the answer holds no snapshot, or the share would be empty.
    pub fn deal(board: Uuid, subscribed: &[u8], share: usize, of: usize) -> Result<Self> {
        let answer: Subscribed = serde_json::from_slice(subscribed)?;
        let columns: Vec<Uuid> = answer.snapshot.columns.iter().map(|column| column.id).collect();
        let mut tasks = answer.snapshot.tasks;
        // All writers of a board must deal from the same order.
        tasks.sort_unstable_by_key(|task| task.id);
        let cards: Vec<Card> = tasks
            .into_iter()
            .skip(share)
            .step_by(of)
            .map(|task| {
                let column = columns.iter().position(|id| *id == task.column_id).unwrap_or(0);
                Card { id: task.id, column, version: Some(task.version) }
            })
            .collect();
        ensure!(!cards.is_empty(), "board {board} has too few tasks for {of} writers");
        ensure!(columns.len() > 1, "board {board} has {} columns, a move needs 2", columns.len());
        Ok(Self { board, columns, cards, next: 0 })
    }

    pub fn len(&self) -> usize {
        self.cards.len()
    }

    pub fn is_empty(&self) -> bool {
        self.cards.is_empty()
    }

    /// The next move: to another column, below a card of ours there if a few looks find one, else to the end.
    pub fn next_move(&mut self, dice: &mut Dice) -> Move {
        let at = self.next;
        self.next = (self.next + 1) % self.cards.len();
        let column = (self.cards[at].column + 1 + dice.below(self.columns.len() - 1)) % self.columns.len();
        let looks: [usize; 4] = std::array::from_fn(|_| dice.below(self.cards.len()));
        let after = looks.into_iter().find(|look| *look != at && self.cards[*look].column == column);
        let after = after.map(|look| self.cards[look].id);
        let card = &mut self.cards[at];
        card.column = column;
        let version = card.version;
        // Ops of one session on one room take effect in the order sent, so the next one's version is known.
        card.version = version.map(|version| version + 1);
        Move { task: card.id, version, column: self.columns[column], after }
    }

    /// Writes the next move as the request numbered `number`.
    pub fn write_request(&mut self, dice: &mut Dice, number: usize, op_id: Uuid, out: &mut Vec<u8>) {
        out.clear();
        // Writing to a vector does not fail.
        let _ = write!(out, r#"{{"id":{number},"#);
        self.write_body(dice, op_id, out);
    }

    /// Appends the next move's frame from behind its `id` on: what stays the same when it is sent again.
    pub fn write_body(&mut self, dice: &mut Dice, op_id: Uuid, out: &mut Vec<u8>) {
        let next = self.next_move(dice);
        let _ = write!(out, r#""type":"op","room":"board:{}","op_id":"{op_id}","op":{{{next}}}}}"#, self.board);
    }

    /// After a reject the versions on the way are unknown: the next moves name none.
    pub fn forget_versions(&mut self) {
        for card in &mut self.cards {
            card.version = None;
        }
    }
}

/// One `task.move`; shown as the fields of its op, without the braces.
pub struct Move {
    task: Uuid,
    version: Option<u64>,
    column: Uuid,
    after: Option<Uuid>,
}

impl fmt::Display for Move {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, r#""kind":"task.move","task_id":"{}""#, self.task)?;
        if let Some(version) = self.version {
            write!(out, r#","version":{version}"#)?;
        }
        write!(out, r#","column_id":"{}""#, self.column)?;
        self.after.iter().try_for_each(|after| write!(out, r#","after":"{after}""#))
    }
}

#[derive(Deserialize)]
struct Subscribed {
    snapshot: Snapshot,
}

/// As much of a board's snapshot as a writer and a check need.
#[derive(Deserialize)]
pub struct Snapshot {
    pub columns: Vec<SnapshotColumn>,
    pub tasks: Vec<SnapshotTask>,
}

#[derive(Deserialize)]
pub struct SnapshotColumn {
    pub id: Uuid,
}

#[derive(Deserialize)]
pub struct SnapshotTask {
    pub id: Uuid,
    pub column_id: Uuid,
    pub rank: String,
    pub version: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_op_id_is_version_7_and_tells_its_number() {
        let mut book = OpBook::open();
        for _ in 0..3 {
            book.note(1, 2, 5_000_000);
        }
        let id = book.op_id(2);
        assert_eq!((id.get_version_num(), id.get_variant()), (7, uuid::Variant::RFC4122));
        assert_eq!(book.number(id.to_string().as_bytes()), Some(2));
        assert_eq!(book.number(Uuid::nil().to_string().as_bytes()), None);
        assert_eq!(book.number(book.op_id(3).to_string().as_bytes()), None);
    }

    #[test]
    fn a_deck_moves_its_own_tasks_and_counts_their_versions() {
        let id = |n: u128| Uuid::from_u128(n);
        let tasks: Vec<String> = (10..14)
            .map(|n| format!(r#"{{"id":"{}","column_id":"{}","rank":"a","version":1,"title":"x"}}"#, id(n), id(1)))
            .collect();
        let subscribed = format!(
            r#"{{"id":1,"snapshot":{{"board":{{}},"columns":[{{"id":"{}"}},{{"id":"{}"}}],"tasks":[{}]}}}}"#,
            id(1),
            id(2),
            tasks.join(",")
        );
        let mut deck = Deck::deal(id(9), subscribed.as_bytes(), 1, 2).unwrap();
        assert_eq!(deck.len(), 2);
        let (mut dice, mut out) = (Dice::new(1), Vec::new());
        let mut moves = Vec::new();
        for number in 0..4 {
            deck.write_request(&mut dice, number, id(100), &mut out);
            let frame: serde_json::Value = serde_json::from_slice(&out).unwrap();
            moves.push((frame["op"]["task_id"].as_str().unwrap().to_owned(), frame["op"]["version"].as_u64().unwrap()));
        }
        let (a, b) = (id(11).to_string(), id(13).to_string());
        assert_eq!(moves, [(a.clone(), 1), (b.clone(), 1), (a, 2), (b, 2)]);
    }
}
