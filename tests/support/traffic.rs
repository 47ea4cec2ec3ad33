//! Writers that go on whatever happens to the server, and remember exactly what they were promised.

use super::client::Client;
use super::{Value, json, new_id, sleep_ms, text};
use std::cell::Cell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;

/// Ops that one writer has in flight.
const WINDOW: usize = 4;

/// An op that was acked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acked {
    pub op_id: String,
    pub seq: i64,
    pub version: i64,
}

/// One user who moves tasks about. Ops without an answer are sent again, in their order, until they have one.
pub struct Writer {
    address: String,
    token: String,
    room: String,
    columns: Vec<String>,
    tasks: Vec<String>,
    random: u64,
    open: VecDeque<(String, Value)>,
    pub acked: Vec<Acked>,
    /// Answers other than an ack or `UNAVAILABLE`.
    pub refused: Vec<Value>,
}

/// Tells writers to finish what is open and stop.
pub type Stop = Rc<Cell<bool>>;

impl Writer {
    pub fn new(address: &str, token: &str, board: &super::world::SeededBoard, seed: u64) -> Self {
        Self {
            address: address.to_owned(),
            token: token.to_owned(),
            room: format!("board:{}", board.id),
            columns: board.column_ids.clone(),
            tasks: board.task_ids.clone(),
            random: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            open: VecDeque::new(),
            acked: Vec::new(),
            refused: Vec::new(),
        }
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    /// Works until `stop` and until nothing is open, through any number of connections.
    pub async fn run(&mut self, stop: &Stop) {
        let deadline = Instant::now() + Duration::from_secs(120);
        while !(stop.get() && self.open.is_empty()) {
            assert!(Instant::now() < deadline, "{} ops were never answered", self.open.len());
            match Client::try_connect(&self.address, &self.token).await {
                Some(client) => self.converse(client, stop).await,
                None => sleep_ms(30).await,
            }
        }
    }

    /// Works over one connection for as long as it lasts or until `stop`; open ops stay open.
    pub async fn converse(&mut self, mut client: Client, stop: &Stop) {
        let mut in_flight = HashSet::new();
        let mut id = 0;
        let mut again: VecDeque<_> = self.open.iter().cloned().collect();
        let mut unavailable = false;
        loop {
            while in_flight.len() < WINDOW && !unavailable {
                let (op_id, op) = match again.pop_front() {
                    Some(open) => open,
                    None if stop.get() => break,
                    None => {
                        let fresh = (new_id(), self.any_move());
                        self.open.push_back(fresh.clone());
                        fresh
                    }
                };
                id += 1;
                let frame = json!({"id": id, "type": "op", "room": self.room, "op_id": op_id, "op": op});
                if client.try_send(Message::text(frame.to_string())).await.is_err() {
                    return;
                }
                in_flight.insert(op_id);
            }
            if in_flight.is_empty() {
                if !unavailable {
                    return;
                }
                // Protocol section 2: all open ops again, in their order.
                sleep_ms(50).await;
                again = self.open.iter().cloned().collect();
                unavailable = false;
                continue;
            }
            let Ok(Some(frame)) = timeout(Duration::from_secs(10), client.read()).await else { return };
            let Some(op_id) = frame["op_id"].as_str().filter(|op_id| in_flight.contains(*op_id)) else { continue };
            in_flight.remove(op_id);
            if frame["code"] == "UNAVAILABLE" {
                unavailable = true;
                continue;
            }
            let op_id = op_id.to_owned();
            self.open.retain(|(open, _)| *open != op_id);
            if frame["type"] == "ack" {
                let (seq, version) = (super::int(&frame, "seq"), super::int(&frame, "version"));
                self.acked.push(Acked { op_id, seq, version });
            } else {
                self.refused.push(frame);
            }
        }
    }

    fn any_move(&mut self) -> Value {
        let (task, column, beside) = (self.pick(), self.pick(), self.pick());
        let (tasks, columns) = (&self.tasks, &self.columns);
        let side = if beside % 2 == 0 { "after" } else { "before" };
        json!({
            "kind": "task.move",
            "task_id": tasks[task as usize % tasks.len()],
            "column_id": columns[column as usize % columns.len()],
            side: tasks[beside as usize / 2 % tasks.len()],
        })
    }

    /// xorshift64*: a run can be repeated by its seed.
    fn pick(&mut self) -> u64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        self.random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33
    }
}

/// P1 and P4: every acked op stands in the log at the seq that its ack named, and no op stands there twice.
#[track_caller]
pub fn assert_nothing_lost(log: &[Value], acked: &[Acked]) {
    let mut seqs = HashMap::new();
    for (index, event) in log.iter().enumerate() {
        let before = seqs.insert(text(event, "op_id").to_owned(), index as i64 + 1);
        assert!(before.is_none(), "applied twice: {event}");
    }
    for ack in acked {
        assert_eq!(seqs.get(&ack.op_id), Some(&ack.seq), "acked and not in the log where it should be: {ack:?}");
        assert_eq!(log[ack.seq as usize - 1]["data"]["version"], ack.version, "{ack:?}");
    }
}
