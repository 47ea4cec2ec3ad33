//! Clients: they send ops, lose answers, and send again, as the protocol tells them to.

use crate::dice::Dice;
use crate::ops::any_op;
use crate::store::Store;
use crate::watch::Watch;
use crate::world::USERS;
use std::collections::VecDeque;
use teamflow::domain::board::op::Ask;
use teamflow::domain::ids::{OpId, SessionId, TaskId, UserId};
use uuid::Uuid;

/// What a client knows of an op of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Open,
    Acked,
    Refused,
}

pub struct Mine {
    pub op_id: OpId,
    ask: Ask,
    state: State,
    /// The atomic group that it belongs to.
    group: Option<usize>,
    /// Its connection was lost while it was open.
    pub lost_connection: bool,
}

/// What is sent at once.
pub struct Parcel {
    pub ops: Vec<(OpId, Ask)>,
    pub atomic: bool,
}

/// With a `stream` it is a WebSocket, whose ops are applied in their order; without one it is REST.
pub struct Client {
    pub user: UserId,
    pub stream: Option<Uuid>,
    pub node: usize,
    pub wire: VecDeque<Parcel>,
    pub ops: Vec<Mine>,
    /// An op was answered `UNAVAILABLE`: all open ones are to be sent again, in their order.
    pub resend: bool,
}

impl Client {
    pub fn new(user: UserId, stream: Option<Uuid>, node: usize) -> Self {
        Self { user, stream, node, wire: VecDeque::new(), ops: Vec::new(), resend: false }
    }

    pub fn session(&self) -> Option<SessionId> {
        self.stream.map(SessionId)
    }

    pub fn is_done(&self) -> bool {
        self.wire.is_empty() && self.ops.iter().all(|op| op.state != State::Open)
    }

    /// A new connection: what was on its way is lost, and all that is open is sent again.
    pub fn reconnect(&mut self, node: usize, dice: &mut Dice) {
        self.node = node;
        self.stream = self.stream.map(|_| dice.uuid());
        self.wire.clear();
        self.ops.iter_mut().filter(|op| op.state == State::Open).for_each(|op| op.lost_connection = true);
        self.send_open();
    }

    pub fn told(&mut self, op_id: OpId, state: Option<State>) {
        let Some(op) = self.ops.iter_mut().find(|op| op.op_id == op_id) else { return };
        match state {
            Some(state) if op.state == State::Open => op.state = state,
            // A repeat of what was acked has to come again too: it is what the others wait for.
            None => {
                op.state = State::Open;
                self.resend = true;
            }
            _ => {}
        }
    }

    pub fn send_open(&mut self) {
        self.resend = false;
        let mut last = None;
        for i in 0..self.ops.len() {
            let is_new = self.ops[i].group.is_none() || self.ops[i].group != last;
            if self.ops[i].state == State::Open && is_new {
                self.send(i);
            }
            last = self.ops[i].group;
        }
    }

    /// Sends one op, or the atomic group that it belongs to.
    fn send(&mut self, i: usize) {
        let group = self.ops[i].group;
        let together = |(j, op): &(usize, &Mine)| *j == i || (group.is_some() && op.group == group);
        let ops = self.ops.iter().enumerate().filter(together).map(|(_, op)| (op.op_id, op.ask.clone())).collect();
        self.wire.push_back(Parcel { ops, atomic: group.is_some() });
    }
}

/// One client does something.
pub fn act(clients: &mut [Client], at: usize, dice: &mut Dice, watch: &mut Watch, store: &mut Store) {
    if clients[at].resend {
        return clients[at].send_open();
    }
    let is_rest = clients[at].stream.is_none();
    let old: Vec<_> =
        (0..clients[at].ops.len()).filter(|i| is_rest || clients[at].ops[*i].state == State::Acked).collect();
    match dice.roll(10) {
        0..2 => {
            if let Some(i) = dice.pick(&old) {
                // Not twice at once on one connection: its first copy would end a stall for what came before the second.
                if !is_rest {
                    clients[at].ops[i].state = State::Open;
                }
                clients[at].send(i);
            }
        }
        2 if is_rest => {
            let rest = clients.iter().filter(|client| client.stream.is_none()).flat_map(|client| &client.ops);
            let ids: Vec<_> = rest.filter(|op| op.group.is_none()).map(|op| op.op_id).collect();
            if let Some(op_id) = dice.pick(&ids) {
                let ask = new_op(dice, watch, store);
                clients[at].wire.push_back(Parcel { ops: vec![(op_id, ask)], atomic: false });
            }
        }
        3 if is_rest => {
            let group = Some(watch.groups.len());
            let first = clients[at].ops.len();
            let count = 2 + dice.roll(3);
            for _ in 0..count {
                let (op_id, ask) = (OpId(dice.uuid()), new_op(dice, watch, store));
                clients[at].ops.push(Mine { op_id, ask, state: State::Open, group, lost_connection: false });
            }
            watch.groups.push(clients[at].ops[first..].iter().map(|op| op.op_id).collect());
            clients[at].send(first);
        }
        _ => {
            let (op_id, ask) = (OpId(dice.uuid()), new_op(dice, watch, store));
            if dice.chance(3) {
                store.poison.insert(op_id);
            }
            clients[at].ops.push(Mine { op_id, ask, state: State::Open, group: None, lost_connection: false });
            let last = clients[at].ops.len() - 1;
            clients[at].send(last);
        }
    }
}

fn new_op(dice: &mut Dice, watch: &Watch, store: &Store) -> Ask {
    let old: Vec<TaskId> = store.tasks.keys().copied().collect();
    let elsewhere: Vec<Uuid> = store.elsewhere.iter().copied().collect();
    any_op(dice, watch, &USERS, &old, &elsewhere)
}
