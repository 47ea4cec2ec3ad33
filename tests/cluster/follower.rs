//! One who follows a board through anything, and writes down what it saw instead of judging it.

use super::checker::Sight;
use crate::support::traffic::Route;
use crate::support::world::{Person, SeededBoard};
use crate::support::*;
use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

/// The head that followers shall come to before they stop; set once nobody writes any more.
pub type Goal = Rc<Cell<Option<i64>>>;

/// How long after the goal was set one who has not arrived gives up.
const ARRIVING_MAX: Duration = Duration::from_secs(20);

/// A session that is opened again, elsewhere and from where it left off, whenever it ends.
pub struct Follower {
    pub name: String,
    pub board_id: String,
    route: Route,
    token: String,
    room: String,
    silence: Duration,
    history: Option<String>,
    at: i64,
    /// What came, as it came: answers to `subscribe`, and events.
    frames: Vec<Value>,
    pub connections: usize,
}

impl Follower {
    /// Leaves a server that has been silent for `silence`, pings included.
    pub fn new(name: &str, addresses: Vec<String>, person: &Person, board: &SeededBoard, silence: Duration) -> Self {
        Self {
            name: name.to_owned(),
            board_id: board.id.clone(),
            route: Route::new(addresses, 77),
            token: person.token.clone(),
            room: format!("board:{}", board.id),
            silence,
            history: None,
            at: 0,
            frames: Vec::new(),
            connections: 0,
        }
    }

    /// Follows until it is at the goal, or doesn't get there.
    pub async fn run(&mut self, goal: &Goal) {
        let mut deadline = None;
        while !self.is_done(goal, &mut deadline) {
            if let Some(client) = self.route.connect(&self.token).await {
                self.connections += 1;
                self.listen(client, goal, &mut deadline).await;
                self.route.leave();
            }
        }
    }

    fn is_done(&self, goal: &Goal, deadline: &mut Option<Instant>) -> bool {
        let Some(head) = goal.get() else { return false };
        let deadline = *deadline.get_or_insert_with(|| Instant::now() + ARRIVING_MAX);
        self.at >= head || Instant::now() > deadline
    }

    async fn listen(&mut self, mut client: Client, goal: &Goal, deadline: &mut Option<Instant>) {
        let (mut heard, mut pinged) = (Instant::now(), Instant::now());
        let mut subscribe_at = Some(Instant::now());
        while !self.is_done(goal, deadline) {
            if subscribe_at.is_some_and(|at| at <= Instant::now()) {
                subscribe_at = None;
                if client.try_send(Message::text(self.subscribe().to_string())).await.is_err() {
                    return;
                }
            }
            if pinged.elapsed() > Duration::from_secs(1) {
                pinged = Instant::now();
                if client.try_send(Message::text(r#"{"type":"ping"}"#)).await.is_err() {
                    return;
                }
            }
            match timeout(Duration::from_millis(100), client.read()).await {
                Ok(Some(frame)) => {
                    heard = Instant::now();
                    if frame["code"] == "UNAVAILABLE" {
                        subscribe_at = Some(Instant::now() + Duration::from_millis(100));
                    }
                    self.take(frame);
                }
                Ok(None) => return,
                Err(_) if heard.elapsed() > self.silence => return,
                Err(_) => {}
            }
        }
    }

    fn subscribe(&self) -> Value {
        let mut frame = json!({"id": 1, "type": "subscribe", "room": self.room});
        if let Some(history) = &self.history {
            frame["since"] = self.at.into();
            frame["history"] = history.clone().into();
        }
        frame
    }

    fn take(&mut self, frame: Value) {
        match text(&frame, "type") {
            "subscribed" => {
                self.at = int(&frame, "seq");
                self.history = Some(text(&frame, "history").to_owned());
                self.frames.push(frame);
            }
            "events" => {
                self.at = list(&frame, "events").last().map_or(self.at, |event| int(event, "seq"));
                self.frames.push(frame);
            }
            "presence" | "pong" | "bye" => {}
            _ if frame["code"] == "UNAVAILABLE" => {}
            _ => panic!("{}: {frame}", self.name),
        }
    }

    /// What it saw, for the checker.
    pub fn sights(&self) -> Vec<Sight> {
        let place = |event: &Value| (int(event, "seq"), text(event, "op_id").to_owned());
        let mut sights = Vec::new();
        for frame in &self.frames {
            let seq = frame["seq"].as_i64().unwrap_or_default();
            match text(frame, "type") {
                "subscribed" if frame["recovered"] == true => {
                    sights.push(Sight::Tail { seq, events: list(frame, "events").iter().map(place).collect() });
                }
                "subscribed" => sights.push(Sight::Snapshot { seq }),
                _ => sights
                    .extend(list(frame, "events").iter().map(place).map(|(seq, op_id)| Sight::Event { seq, op_id })),
            }
        }
        sights
    }

    /// What it holds, made by the rules of replay alone. Panics where they don't go together.
    pub fn replica(&self) -> Replica {
        let mut replica: Option<Replica> = None;
        for frame in &self.frames {
            match (&mut replica, frame["snapshot"].is_object()) {
                (_, true) => replica = Some(Replica::new(frame)),
                (Some(replica), false) => replica.apply_all(list(frame, "events")),
                (None, false) => panic!("{}: events before a snapshot", self.name),
            }
        }
        replica.unwrap_or_else(|| panic!("{} never saw the board", self.name))
    }
}
