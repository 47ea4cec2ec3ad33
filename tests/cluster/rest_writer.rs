//! A writer by the other door: one op at a time over REST, sent again, to any node, until it has an answer.

use crate::support::fleet::Fleet;
use crate::support::traffic::{Acked, Dice, Moves, Sent, Stop};
use crate::support::world::{Person, SeededBoard};
use crate::support::*;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// How long one request may take before it is sent to another node.
const REQUEST_MAX: Duration = Duration::from_secs(5);

/// No op waits longer for its answer, whatever happens meanwhile.
const ANSWER_MAX: Duration = Duration::from_secs(90);

pub struct RestWriter {
    pub board_id: String,
    nodes: Vec<Rest>,
    at: usize,
    token: String,
    moves: Moves,
    dice: Dice,
    pub record: Vec<Sent>,
}

impl RestWriter {
    pub fn new(fleet: &Fleet, person: &Person, board: &SeededBoard, seed: u64) -> Self {
        Self {
            board_id: board.id.clone(),
            nodes: fleet.nodes.iter().map(|node| node.rest.clone()).collect(),
            at: 0,
            token: person.token.clone(),
            moves: Moves::new(board),
            dice: Dice::new(seed),
            record: Vec::new(),
        }
    }

    /// Asks this node alone.
    pub fn at(mut self, node: usize) -> Self {
        self.nodes = vec![self.nodes.swap_remove(node)];
        self
    }

    pub async fn run(&mut self, stop: &Stop) {
        while !stop.get() {
            let sent = self.write(ANSWER_MAX).await;
            self.record.push(sent);
            sleep_ms(60).await;
        }
    }

    /// One op, until it is answered.
    #[track_caller]
    pub fn write(&mut self, at_most: Duration) -> impl Future<Output = Sent> {
        let caller = std::panic::Location::caller();
        async move {
            let (op_id, mut op) = (new_id(), self.moves.any(&mut self.dice));
            op["op_id"] = op_id.clone().into();
            let mut sent = Sent::now(&op_id);
            while sent.acks.is_empty() && sent.refusals.is_empty() {
                assert!(sent.sent.elapsed() < at_most, "{caller}: an op over REST was not answered in {at_most:?}");
                self.ask(&op, &mut sent).await;
            }
            sent
        }
    }

    async fn ask(&mut self, op: &Value, sent: &mut Sent) {
        // Every request to another node than the one before.
        self.at = (self.at + 1) % self.nodes.len();
        let path = format!("/boards/{}/ops", self.board_id);
        let authorization = format!("Bearer {}", self.token);
        let body = serde_json::to_vec(&json!({"ops": [op]})).unwrap();
        let headers = [("authorization", authorization.as_str())];
        let request = self.nodes[self.at].send("POST", &path, &headers, Some(body));
        let Ok(Ok(reply)) = timeout(REQUEST_MAX, request).await else { return sleep_ms(30).await };
        let result = &reply.body["results"][0];
        let code = if result.is_null() { &reply.body["error"]["code"] } else { &result["code"] };
        if result["status"] == "applied" {
            let (seq, version) = (int(result, "seq"), int(result, "version"));
            sent.acks.push((Instant::now(), Acked { op_id: sent.op_id.clone(), seq, version }));
        } else if reply.status == 503 || code == "UNAVAILABLE" {
            sleep_ms(30).await;
        } else {
            sent.refusals.push(json!({"code": code, "status": reply.status, "text": reply.text}));
        }
    }
}
