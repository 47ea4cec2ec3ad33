//! Reads boards' logs over REST, and holds what they say against the boards as they stand.

use super::Violation;
use crate::target::Target;
use crate::work::Snapshot;
use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

/// The board as it stands.
#[derive(Deserialize)]
struct BoardNow {
    seq: u64,
    snapshot: Snapshot,
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Box<RawValue>>,
    next_since: Option<u64>,
}

#[derive(Deserialize)]
struct LogEvent<'a> {
    seq: u64,
    op_id: Uuid,
    kind: String,
    #[serde(borrow)]
    data: &'a RawValue,
}

#[derive(Deserialize)]
struct Moved {
    task_id: Uuid,
    version: u64,
    column_id: Uuid,
    rank: String,
}

#[derive(Deserialize)]
struct Updated {
    task_id: Uuid,
    version: u64,
    set: Set,
}

#[derive(Deserialize)]
struct Set {
    title: Option<String>,
}

/// What the log says of a task; `None` is what it does not say.
#[derive(Default)]
struct Task {
    place: Option<(Uuid, String)>,
    title: Option<String>,
    version: u64,
}

/// One event of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Logged {
    pub seq: u64,
    pub op_id: Uuid,
    /// Of its text.
    pub hash: u64,
}

/// A stretch of a board's log, up to where the board stood when it was read.
#[derive(Debug, Default)]
pub struct Slice {
    /// The board's number.
    pub board: usize,
    /// Everything up to here has been read.
    pub to: u64,
    pub events: Vec<Logged>,
    /// What is wrong with the log by itself.
    pub faults: Vec<Violation>,
}

struct Board {
    id: Uuid,
    token: Arc<str>,
    since: u64,
    tasks: HashMap<Uuid, Task>,
}

/// Reads on where it stopped the last time.
pub struct LogReader {
    target: Target,
    http: reqwest::blocking::Client,
    boards: HashMap<usize, Board>,
}

impl LogReader {
    pub fn new(target: Target, http: reqwest::blocking::Client) -> Self {
        Self { target, http, boards: HashMap::new() }
    }

    /// Adds a board, to be read from after `since` with `token`; one that is there gets the token.
    pub fn follow(&mut self, board: usize, id: Uuid, token: Arc<str>, since: u64) {
        let new = Board { id, token: token.clone(), since, tasks: HashMap::new() };
        self.boards.entry(board).or_insert(new).token = token;
    }

    /// Reads a board's log on to where the board stands now, and compares the two.
    ///
    /// # Errors
    /// Where the server does not answer; what it answers wrongly is a violation.
    pub fn read(&mut self, board: usize) -> Result<Slice> {
        let mut slice = Slice { board, ..Slice::default() };
        let Some(Board { id, token, since, tasks }) = self.boards.get_mut(&board) else { return Ok(slice) };
        let asked = Asked { target: &self.target, http: &self.http, token };
        let now: BoardNow = asked.get(&format!("/boards/{id}"))?;
        while *since < now.seq {
            let page: Page = asked.get(&format!("/boards/{id}/events?since={since}&limit=1000"))?;
            for text in &page.items {
                let event: LogEvent<'_> = serde_json::from_str(text.get())
                    .with_context(|| format!("an event of board {id} does not have its shape: {text}"))?;
                if event.seq > now.seq {
                    break;
                }
                let told = |what: String| Violation::from(what).on(*id).at(event.seq).of(event.op_id);
                if event.seq != *since + 1 {
                    slice.faults.push(told(format!("the log has seq {} after {since}", event.seq)));
                }
                *since = event.seq;
                if let Err(error) = note(&event, tasks) {
                    slice.faults.push(told(format!("the event is no {}: {error}", event.kind)));
                }
                let hash = xxh3_64(text.get().as_bytes());
                slice.events.push(Logged { seq: event.seq, op_id: event.op_id, hash });
            }
            if page.next_since.is_none() && *since < now.seq {
                let what = format!("the log ends at {since}, the board is at {}", now.seq);
                slice.faults.push(Violation::from(what).on(*id).at(now.seq));
                *since = now.seq;
            }
        }
        slice.to = now.seq;
        equals(*id, &now, tasks, &mut slice.faults);
        Ok(slice)
    }
}

struct Asked<'a> {
    target: &'a Target,
    http: &'a reqwest::blocking::Client,
    token: &'a str,
}

impl Asked<'_> {
    fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let answer = self.http.get(self.target.url(path)).bearer_auth(self.token).send()?;
        let status = answer.status();
        let body = answer.bytes()?;
        if !status.is_success() {
            anyhow::bail!("GET {path} was answered with {status}: {}", String::from_utf8_lossy(&body));
        }
        serde_json::from_slice(&body).with_context(|| format!("the answer to GET {path} does not have its shape"))
    }
}

fn note(event: &LogEvent<'_>, tasks: &mut HashMap<Uuid, Task>) -> serde_json::Result<()> {
    match event.kind.as_str() {
        "task.moved" => {
            let moved: Moved = serde_json::from_str(event.data.get())?;
            let task = tasks.entry(moved.task_id).or_default();
            task.place = Some((moved.column_id, moved.rank));
            task.version = moved.version;
        }
        "task.updated" => {
            let updated: Updated = serde_json::from_str(event.data.get())?;
            let task = tasks.entry(updated.task_id).or_default();
            if updated.set.title.is_some() {
                task.title = updated.set.title;
            }
            task.version = updated.version;
        }
        _ => {}
    }
    Ok(())
}

fn equals(board: Uuid, now: &BoardNow, tasks: &HashMap<Uuid, Task>, faults: &mut Vec<Violation>) {
    for task in &now.snapshot.tasks {
        let Some(log) = tasks.get(&task.id) else { continue };
        let is_in_place =
            log.place.as_ref().is_none_or(|(column, rank)| (column, rank) == (&task.column_id, &task.rank));
        let has_title = log.title.as_ref().is_none_or(|title| *title == task.title);
        if !is_in_place || !has_title || log.version != task.version {
            let what = format!("task {} is not as the log has it", task.id);
            faults.push(Violation::from(what).on(board).at(now.seq));
        }
    }
}

/// Reads logs beside the load, on a thread of its own: what is asked for is answered one after another.
pub struct Auditor {
    asks: Sender<Ask>,
    answers: Receiver<Result<Slice>>,
    open: usize,
}

struct Ask {
    board: usize,
    id: Uuid,
    token: Arc<str>,
    base: u64,
}

impl Auditor {
    pub fn start(target: Target, http: reqwest::blocking::Client) -> Self {
        let (asks, asked) = channel::<Ask>();
        let (answer, answers) = channel();
        std::thread::spawn(move || {
            let mut reader = LogReader::new(target, http);
            for Ask { board, id, token, base } in asked {
                reader.follow(board, id, token, base);
                // Nobody waits any more for what comes after the end of the run.
                if answer.send(reader.read(board)).is_err() {
                    return;
                }
            }
        });
        Self { asks, answers, open: 0 }
    }

    /// Asks for what is new in a board's log: since the last time, or after `base`.
    pub fn ask(&mut self, board: usize, id: Uuid, token: Arc<str>, base: u64) {
        if self.asks.send(Ask { board, id, token, base }).is_ok() {
            self.open += 1;
        }
    }

    /// Whether everything asked for was answered.
    pub fn is_idle(&self) -> bool {
        self.open == 0
    }

    /// The next answer that is there.
    ///
    /// # Errors
    /// Where a log could not be read.
    pub fn answer(&mut self) -> Result<Option<Slice>> {
        match self.answers.try_recv() {
            Ok(answer) => {
                self.open -= 1;
                answer.map(Some)
            }
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => anyhow::bail!("the reader of logs has ended"),
        }
    }
}
