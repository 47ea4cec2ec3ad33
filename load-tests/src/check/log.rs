//! After a run: the board's log is gapless, every acked op stands in it once and at its `seq`, and the log applied to
//! what the board was gives what it is.

use super::Verdict;
use crate::target::Target;
use crate::work::{OpBook, Refused, Snapshot};
use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// The board as it stands.
#[derive(Deserialize)]
struct BoardNow {
    seq: u64,
    snapshot: Snapshot,
}

#[derive(Deserialize)]
struct Page {
    items: Vec<LogEvent>,
    next_since: Option<u64>,
}

#[derive(Deserialize)]
struct LogEvent {
    seq: u64,
    op_id: Uuid,
    kind: String,
    data: serde_json::Value,
}

#[derive(Deserialize)]
struct Moved {
    task_id: Uuid,
    version: u64,
    column_id: Uuid,
    rank: String,
    #[serde(default)]
    ranks: HashMap<Uuid, String>,
}

/// Where the log says that a task is.
struct Place {
    column_id: Option<Uuid>,
    rank: String,
    version: Option<u64>,
}

/// What a board's log was found to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Logged {
    pub events: u64,
    /// Ops that were acked and are not in it: each is a violation, too.
    pub lost: u64,
}

/// Reads boards' logs over REST.
pub struct LogCheck<'a> {
    pub target: &'a Target,
    pub http: &'a reqwest::blocking::Client,
    pub book: &'a OpBook,
}

impl LogCheck<'_> {
    /// Checks the log of board number `number` after `base`; answers what it holds since.
    ///
    /// # Errors
    /// Where the server does not answer; what it answers wrongly is a violation.
    pub fn board(&self, number: usize, base: u64, token: &Arc<str>, verdict: &mut Verdict) -> Result<Logged> {
        let board = self.target.seed.boards.get(number).context("no such board in the seed")?.id;
        let now: BoardNow = self.get(&format!("/boards/{board}"), token)?;
        let mut in_log: HashMap<usize, u64> = HashMap::new();
        let mut places: HashMap<Uuid, Place> = HashMap::new();
        let mut since = base;
        while since < now.seq {
            let page: Page = self.get(&format!("/boards/{board}/events?since={since}&limit=1000"), token)?;
            for event in page.items.iter().take_while(|event| event.seq <= now.seq) {
                if event.seq != since + 1 {
                    verdict.violation(|| format!("the log of board {board} has seq {} after {since}", event.seq));
                }
                since = event.seq;
                if let Some(op) = self.book.number(event.op_id.as_hyphenated().to_string().as_bytes())
                    && let Some(first) = in_log.insert(op, event.seq)
                {
                    verdict.violation(|| format!("op {op} is in the log twice, at seq {first} and {}", event.seq));
                }
                place(event, &mut places, verdict);
            }
            if page.next_since.is_none() && since < now.seq {
                verdict.violation(|| format!("the log of board {board} ends at {since}, the board is at {}", now.seq));
                break;
            }
        }
        let lost = self.every_ack_is_in(number, &in_log, verdict);
        equals(board, &now.snapshot, &places, verdict);
        Ok(Logged { events: since - base, lost })
    }

    /// Answers how many are not.
    fn every_ack_is_in(&self, board: usize, in_log: &HashMap<usize, u64>, verdict: &mut Verdict) -> u64 {
        let mut lost = 0;
        for (number, op) in self.book.ops().iter().enumerate().filter(|(_, op)| op.board as usize == board) {
            match in_log.get(&number) {
                None if op.acked_seq != 0 => {
                    lost += 1;
                    verdict.violation(|| format!("op {number}, acked at seq {}, is not in the log", op.acked_seq));
                }
                Some(seq) if op.acked_seq != 0 && op.acked_seq != *seq => {
                    verdict.violation(|| format!("op {number}, acked at seq {}, is at {seq} in the log", op.acked_seq));
                }
                Some(seq) if op.refused == Some(Refused::Surely) => {
                    verdict.violation(|| format!("op {number} was rejected, yet is in the log at seq {seq}"));
                }
                _ => {}
            }
        }
        lost
    }

    fn get<T: DeserializeOwned>(&self, path: &str, token: &Arc<str>) -> Result<T> {
        let answer = self.http.get(self.target.url(path)).bearer_auth(token).send()?;
        let status = answer.status();
        let body = answer.bytes()?;
        if !status.is_success() {
            anyhow::bail!("GET {path} was answered with {status}: {}", String::from_utf8_lossy(&body));
        }
        serde_json::from_slice(&body).with_context(|| format!("the answer to GET {path} does not have its shape"))
    }
}

fn place(event: &LogEvent, places: &mut HashMap<Uuid, Place>, verdict: &mut Verdict) {
    if event.kind != "task.moved" {
        return;
    }
    match Moved::deserialize(&event.data) {
        Ok(moved) => {
            for (id, rank) in moved.ranks {
                let unknown = Place { column_id: None, rank: String::new(), version: None };
                places.entry(id).or_insert(unknown).rank = rank;
            }
            let place = Place { column_id: Some(moved.column_id), rank: moved.rank, version: Some(moved.version) };
            places.insert(moved.task_id, place);
        }
        Err(error) => verdict.violation(|| format!("the event at seq {} is not a move: {error}", event.seq)),
    }
}

fn equals(board: Uuid, snapshot: &Snapshot, places: &HashMap<Uuid, Place>, verdict: &mut Verdict) {
    for task in &snapshot.tasks {
        let Some(place) = places.get(&task.id) else { continue };
        let same = place.rank == task.rank
            && place.column_id.is_none_or(|column_id| column_id == task.column_id)
            && place.version.is_none_or(|version| version == task.version);
        if !same {
            verdict.violation(|| format!("task {} of board {board} does not stand where the log puts it", task.id));
        }
    }
}
