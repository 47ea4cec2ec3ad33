//! Clients: they send ops, lose answers, and send again, as the protocol tells them to.

use crate::dice::Dice;
use crate::ops::any_op;
use crate::store::Store;
use crate::watch::{Asked, Watch};
use std::collections::{HashSet, VecDeque};
use teamflow::domain::board::model::Seq;
use teamflow::domain::board::op::Ask;
use teamflow::domain::board::refusal::Refusal;
use teamflow::domain::board::sequencer::{Applied, Request};
use teamflow::domain::ids::{OpId, SessionId, TaskId, UserId, WorkspaceId};
use teamflow::domain::permission::{Access, Role};
use teamflow::domain::time::Moment;
use uuid::Uuid;

pub const USERS: [UserId; 3] = [UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)), UserId(Uuid::from_u128(3))];

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

    pub fn told(&mut self, op_id: OpId, result: &Result<Applied, Refusal>) {
        let state = match result {
            Ok(_) => Some(State::Acked),
            Err(Refusal::Unavailable(_)) => None,
            Err(_) => Some(State::Refused),
        };
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

/// Four of them, two by WebSocket and two by REST, and what they may do.
pub fn some_clients(node: usize, dice: &mut Dice) -> (Vec<Client>, Access) {
    let stream = |i: usize, dice: &mut Dice| (i < 2).then(|| dice.uuid());
    let clients = (0..4).map(|i| Client::new(USERS[i.min(2)], stream(i, dice), node)).collect();
    let access = Access {
        workspace_id: WorkspaceId(Uuid::nil()),
        version: 1,
        members: [(USERS[0], Role::Owner), (USERS[1], Role::Admin), (USERS[2], Role::Member)].into(),
        labels: HashSet::new(),
    };
    (clients, access)
}

/// Somebody's role is another.
pub fn change_role(access: &mut Access, dice: &mut Dice) {
    match dice.roll(4) {
        0 => drop(access.members.remove(&USERS[2])),
        1 => drop(access.members.insert(USERS[2], Role::Viewer)),
        2 => drop(access.members.insert(USERS[1], Role::Member)),
        _ => access.members.extend([(USERS[2], Role::Member), (USERS[1], Role::Admin)]),
    }
}

/// Takes a client's oldest parcel off the wire: its requests, as the node that it is connected to gets them, and
/// whether they are atomic. `waiter` makes the one who is answered of a request's place in `watch`.
pub fn next_parcel<W>(
    (clients, client): (&mut [Client], usize),
    dice: &mut Dice,
    watch: &mut Watch,
    now: Moment,
    waiter: impl Fn(usize) -> W,
) -> Option<(Vec<Request<W>>, bool)> {
    let Client { user, node, .. } = clients[client];
    let stream = clients[client].session();
    let parcel = clients[client].wire.pop_front()?;
    let mut requests = Vec::new();
    for (op_id, ask) in parcel.ops {
        let place = watch.requests.len();
        watch.requests.push(Asked {
            client,
            node,
            stream,
            actor: user,
            op_id,
            ask: ask.clone(),
            answers: 0,
            is_lost: false,
            is_atomic: parcel.atomic,
            was_refused: false,
            was_outside: false,
        });
        let fresh_id = dice.uuid();
        requests.push(Request { waiter: waiter(place), stream, actor: user, op_id, ask, fresh_id, received: now });
    }
    Some((requests, parcel.atomic))
}

/// Ops of one connection are applied in the order in which they were first sent. One that was refused, and was under way
/// a second time or had lost its connection, is judged anew, and then comes later; so may those that are `excepted`.
pub fn check_orders(clients: &[Client], watch: &mut Watch, store: &Store, excepted: impl Fn(OpId) -> bool) {
    let refused = watch.requests.iter().filter(|request| request.was_refused).map(|request| request.op_id);
    let refused: HashSet<OpId> = refused.collect();
    for client in clients.iter().filter(|client| client.stream.is_some()) {
        let counts = |op: &&Mine| !op.lost_connection && !refused.contains(&op.op_id) && !excepted(op.op_id);
        let ordered = client.ops.iter().filter(counts);
        let seqs = ordered.filter_map(|op| store.first_time(op.op_id)).map(|first| first.seq);
        let seqs: Vec<Seq> = seqs.collect();
        if !seqs.is_sorted() {
            watch.fail(format!("a later op overtook an earlier one: {seqs:?}"));
        }
    }
}
