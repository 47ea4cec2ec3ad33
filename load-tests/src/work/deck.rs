//! The tasks of one board that one writer works on; nobody else touches them.

use super::Dice;
use anyhow::{Result, ensure};
use serde::Deserialize;
use std::fmt;
use std::io::Write;
use uuid::Uuid;

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

    /// The task whose turn it is.
    pub fn task(&self) -> Uuid {
        self.cards[self.next].id
    }

    /// Moves the task whose turn it is: to another column, below a card of ours there if a few looks find one, else to
    /// the end.
    pub fn next_move(&mut self, dice: &mut Dice) -> Op {
        let at = self.next;
        let column = (self.cards[at].column + 1 + dice.below(self.columns.len() - 1)) % self.columns.len();
        let looks: [usize; 4] = std::array::from_fn(|_| dice.below(self.cards.len()));
        let after = looks.into_iter().find(|look| *look != at && self.cards[*look].column == column);
        let after = after.map(|look| self.cards[look].id);
        self.cards[at].column = column;
        let (task, version) = self.turn();
        Op::Move { task, version, column: self.columns[column], after }
    }

    /// Gives the task whose turn it is another title.
    pub fn next_title(&mut self, dice: &mut Dice) -> Op {
        let (task, version) = self.turn();
        Op::Retitle { task, version, title: format!("a title of the moment, number {}", dice.below(1_000_000)) }
    }

    /// Goes on to the next card; answers the one before, and the version that its op names.
    fn turn(&mut self) -> (Uuid, Option<u64>) {
        let next = (self.next + 1) % self.cards.len();
        let card = &mut self.cards[std::mem::replace(&mut self.next, next)];
        let version = card.version;
        // Ops of one session on one room take effect in the order sent, so the next one's version is known.
        card.version = version.map(|version| version + 1);
        (card.id, version)
    }

    /// Appends an op's frame from behind its `id` on: what stays the same when it is sent again.
    pub fn write_body(&self, op: &Op, op_id: Uuid, out: &mut Vec<u8>) {
        // Writing to a vector does not fail.
        let _ = write!(out, r#""type":"op","room":"board:{}","op_id":"{op_id}","op":{{{op}}}}}"#, self.board);
    }

    /// After a reject the versions on the way are unknown: the next ops name none.
    pub fn forget_versions(&mut self) {
        for card in &mut self.cards {
            card.version = None;
        }
    }
}

/// One op; shown as its fields, without the braces.
pub enum Op {
    Move {
        task: Uuid,
        version: Option<u64>,
        column: Uuid,
        after: Option<Uuid>,
    },
    /// The title must need no escaping.
    Retitle {
        task: Uuid,
        version: Option<u64>,
        title: String,
    },
}

impl fmt::Display for Op {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, task, version) = match self {
            Self::Move { task, version, .. } => ("task.move", task, version),
            Self::Retitle { task, version, .. } => ("task.update", task, version),
        };
        write!(out, r#""kind":"{kind}","task_id":"{task}""#)?;
        version.iter().try_for_each(|version| write!(out, r#","version":{version}"#))?;
        match self {
            Self::Move { column, after, .. } => {
                write!(out, r#","column_id":"{column}""#)?;
                after.iter().try_for_each(|after| write!(out, r#","after":"{after}""#))
            }
            Self::Retitle { title, .. } => write!(out, r#","set":{{"title":"{title}"}}"#),
        }
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
    pub title: String,
    pub column_id: Uuid,
    pub rank: String,
    pub version: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deck_works_on_its_own_tasks_and_counts_their_versions() {
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
        let mut dice = Dice::new(1);
        let mut ops = Vec::new();
        for number in 0..4 {
            let turn = deck.task();
            let op = if number == 3 { deck.next_title(&mut dice) } else { deck.next_move(&mut dice) };
            let mut frame = b"{".to_vec();
            deck.write_body(&op, id(100), &mut frame);
            let frame: serde_json::Value = serde_json::from_slice(&frame).unwrap();
            assert_eq!(frame["op"]["task_id"], turn.to_string());
            ops.push((turn, frame["op"]["version"].as_u64().unwrap(), frame["op"]["kind"].clone()));
        }
        let expected = [(11, 1, "task.move"), (13, 1, "task.move"), (11, 2, "task.move"), (13, 2, "task.update")];
        assert_eq!(ops, expected.map(|(task, version, kind)| (id(task), version, kind.into())));
    }
}
