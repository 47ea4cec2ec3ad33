//! Writers that go on whatever happens to the server, and remember exactly what they were promised.

use super::client::Client;
use super::world::SeededBoard;
use super::{Value, json, new_id, sleep_ms, text};
use std::cell::Cell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::time::{timeout, timeout_at};
use tokio_tungstenite::tungstenite::Message;

/// Ops that one writer has in flight.
const WINDOW: usize = 4;

/// Every request is answered within 3 s (protocol section 2), so a server that is silent for longer is not there.
pub const SILENCE_MAX: Duration = Duration::from_secs(4);

/// How long a connection may take to open before the next address is tried.
pub const OPENING_MAX: Duration = Duration::from_secs(2);

/// How long after `stop` everything that is open must have been answered.
const SETTLING_MAX: Duration = Duration::from_secs(60);

/// An op that was acked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acked {
    pub op_id: String,
    pub seq: i64,
    pub version: i64,
}

/// An op and all that was ever said about it.
#[derive(Debug, Clone)]
pub struct Sent {
    pub op_id: String,
    /// Just before it was sent for the first time.
    pub sent: Instant,
    /// When each ack had come, and what it said.
    pub acks: Vec<(Instant, Acked)>,
    /// Answers other than an ack or `UNAVAILABLE`.
    pub refusals: Vec<Value>,
    /// Each time that it was sent, and each answer, for who looks for the cause of a failure.
    pub story: Vec<(Instant, String)>,
}

impl Sent {
    pub fn now(op_id: &str) -> Self {
        let (op_id, sent) = (op_id.to_owned(), Instant::now());
        Self { op_id, sent, acks: Vec::new(), refusals: Vec::new(), story: Vec::new() }
    }

    pub fn tell(&mut self, what: impl Into<String>) {
        self.story.push((Instant::now(), what.into()));
    }

    /// How long its author waited for it.
    pub fn waited(&self) -> Option<Duration> {
        self.acks.first().map(|(at, _)| at.duration_since(self.sent))
    }
}

/// Tells writers to finish what is open and stop.
pub type Stop = Rc<Cell<bool>>;

/// Where a client may connect: it stays where it is until that fails, then goes elsewhere.
#[derive(Debug, Clone)]
pub struct Route {
    addresses: Vec<String>,
    at: usize,
    dice: Dice,
}

impl Route {
    /// Begins at the first of these.
    pub fn new(addresses: Vec<String>, seed: u64) -> Self {
        Self { addresses, at: 0, dice: Dice::new(seed) }
    }

    /// Where it is.
    pub fn address(&self) -> &str {
        &self.addresses[self.at]
    }

    /// A connection, or a short wait after which it is another's turn.
    pub async fn connect(&mut self, token: &str) -> Option<Client> {
        let address = self.address().to_owned();
        let opened = timeout(OPENING_MAX, Client::try_connect(&address, token)).await.ok().flatten();
        if opened.is_none() {
            self.leave();
            let jitter = 20 + self.dice.pick() as u64 % 60;
            sleep_ms(jitter).await;
        }
        opened
    }

    /// The next connection shall be to another address, if there is one.
    pub fn leave(&mut self) {
        if self.addresses.len() > 1 {
            let step = 1 + self.dice.pick() % (self.addresses.len() - 1);
            self.at = (self.at + step) % self.addresses.len();
        }
    }
}

/// xorshift64*: a run can be repeated by its seed.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn pick(&mut self) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize
    }
}

/// One user who moves tasks about. Ops without an answer are sent again, in their order, until they have one.
pub struct Writer {
    route: Route,
    token: String,
    room: String,
    moves: Moves,
    dice: Dice,
    pause: Duration,
    silence: Duration,
    open: VecDeque<(usize, Value)>,
    /// Every op, in the order in which they were first sent.
    pub record: Vec<Sent>,
    /// Connections that were given up because an op had no answer.
    pub silences: usize,
}

impl Writer {
    /// Starts at the first address.
    pub fn new(addresses: Vec<String>, token: &str, board: &SeededBoard, seed: u64) -> Self {
        Self {
            route: Route::new(addresses, seed),
            token: token.to_owned(),
            room: format!("board:{}", board.id),
            moves: Moves::new(board),
            dice: Dice::new(seed),
            pause: Duration::ZERO,
            silence: SILENCE_MAX,
            open: VecDeque::new(),
            record: Vec::new(),
            silences: 0,
        }
    }

    /// Leaves so much time between new ops.
    pub fn paced(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// Waits so long for an answer before it goes elsewhere.
    pub fn patient(mut self, silence: Duration) -> Self {
        self.silence = silence;
        self
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    pub fn room(&self) -> &str {
        &self.room
    }

    /// The first ack of each op that has one.
    pub fn acked(&self) -> Vec<Acked> {
        self.record.iter().filter_map(|sent| Some(sent.acks.first()?.1.clone())).collect()
    }

    pub fn refused(&self) -> Vec<Value> {
        self.record.iter().flat_map(|sent| sent.refusals.clone()).collect()
    }

    /// Works until `stop` and until nothing is open, through any number of connections.
    pub async fn run(&mut self, stop: &Stop) {
        let mut deadline = None;
        while !(stop.get() && self.open.is_empty()) {
            if stop.get() {
                let deadline = *deadline.get_or_insert_with(|| Instant::now() + SETTLING_MAX);
                assert!(Instant::now() < deadline, "{} ops were never answered", self.open.len());
            }
            if let Some(client) = self.route.connect(&self.token).await {
                self.converse(client, stop).await;
                self.route.leave();
            }
        }
    }

    /// Works over one connection for as long as it lasts or until `stop`; open ops stay open.
    pub async fn converse(&mut self, mut client: Client, stop: &Stop) {
        let mut in_flight: HashMap<String, (usize, Instant)> = HashMap::new();
        let mut id = 0;
        let mut again: VecDeque<_> = self.open.iter().cloned().collect();
        let mut unavailable = false;
        let mut next = Instant::now();
        loop {
            while in_flight.len() < WINDOW && !unavailable {
                let (index, op) = match again.pop_front() {
                    Some(open) => open,
                    None if stop.get() || Instant::now() < next => break,
                    None => {
                        next = Instant::now() + self.pause;
                        self.fresh()
                    }
                };
                id += 1;
                let sent = &mut self.record[index];
                sent.tell(format!("to {}", self.route.address()));
                let op_id = sent.op_id.clone();
                let frame = json!({"id": id, "type": "op", "room": self.room, "op_id": op_id, "op": op});
                if client.try_send(Message::text(frame.to_string())).await.is_err() {
                    return;
                }
                in_flight.insert(op_id, (index, Instant::now()));
            }
            if in_flight.is_empty() && unavailable {
                // Protocol section 2: all open ops again, in their order.
                sleep_ms(50).await;
                again = self.open.iter().cloned().collect();
                unavailable = false;
                continue;
            }
            if in_flight.is_empty() && stop.get() {
                return;
            }
            let given_up = in_flight.values().map(|(_, sent)| *sent + self.silence).min();
            let may_send = in_flight.len() < WINDOW && !unavailable && !stop.get();
            let wake = given_up.into_iter().chain(may_send.then_some(next)).min().unwrap_or(next);
            match timeout_at(wake.into(), client.read()).await {
                Ok(Some(frame)) => unavailable |= self.answered(&frame, &mut in_flight),
                Ok(None) => return,
                Err(_) if given_up.is_some_and(|at| at <= Instant::now()) => {
                    self.silences += 1;
                    return;
                }
                Err(_) => {}
            }
        }
    }

    /// Takes in an answer; true if it was `UNAVAILABLE`.
    fn answered(&mut self, frame: &Value, in_flight: &mut HashMap<String, (usize, Instant)>) -> bool {
        let Some((index, _)) = frame["op_id"].as_str().and_then(|op_id| in_flight.remove(op_id)) else { return false };
        self.record[index].tell(frame.to_string());
        if frame["code"] == "UNAVAILABLE" {
            return true;
        }
        self.open.retain(|(open, _)| *open != index);
        let sent = &mut self.record[index];
        if frame["type"] == "ack" {
            let (seq, version) = (super::int(frame, "seq"), super::int(frame, "version"));
            sent.acks.push((Instant::now(), Acked { op_id: sent.op_id.clone(), seq, version }));
        } else {
            sent.refusals.push(frame.clone());
        }
        false
    }

    fn fresh(&mut self) -> (usize, Value) {
        let open = (self.record.len(), self.moves.any(&mut self.dice));
        self.record.push(Sent::now(&new_id()));
        self.open.push_back(open.clone());
        open
    }
}

/// Moves of a board's tasks, any of them anywhere.
#[derive(Debug, Clone)]
pub struct Moves {
    columns: Vec<String>,
    tasks: Vec<String>,
}

impl Moves {
    pub fn new(board: &SeededBoard) -> Self {
        Self { columns: board.column_ids.clone(), tasks: board.task_ids.clone() }
    }

    pub fn any(&self, dice: &mut Dice) -> Value {
        let (task, column, beside) = (dice.pick(), dice.pick(), dice.pick());
        let (tasks, columns) = (&self.tasks, &self.columns);
        let side = if beside.is_multiple_of(2) { "after" } else { "before" };
        json!({
            "kind": "task.move",
            "task_id": tasks[task % tasks.len()],
            "column_id": columns[column % columns.len()],
            side: tasks[beside / 2 % tasks.len()],
        })
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
