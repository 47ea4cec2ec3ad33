//! One board, its sequencers one after another, their store, and clients, all moved by one seed.

use crate::clients::{Client, State};
use crate::dice::Dice;
use crate::shell::{Job, Node};
use crate::store::{Flaw, Store};
use crate::watch::{Asked, Watch};
use std::collections::HashSet;
use teamflow::domain::board::commit::Commit;
use teamflow::domain::board::model::{Column, ColumnState, Seq, Status, WipLimit};
use teamflow::domain::board::refusal::Refusal;
use teamflow::domain::board::sequencer::{Effect, Effects, Request, Sequencer};
use teamflow::domain::ids::{BoardId, ColumnId, OpId, UserId, WorkspaceId};
use teamflow::domain::permission::{Access, Role};
use teamflow::domain::rank::Rank;
use teamflow::domain::text::ShortName;
use teamflow::domain::time::Moment;
use uuid::Uuid;

pub struct World {
    pub dice: Dice,
    pub store: Store,
    pub watch: Watch,
    pub nodes: Vec<Node>,
    pub clients: Vec<Client>,
    pub access: Access,
    pub now: Moment,
    /// Statements of shells that are gone, which may yet be carried out.
    pub orphans: Vec<Commit>,
    next_node: usize,
    /// Whether the store and the network may fail.
    pub troubled: bool,
}

pub const USERS: [UserId; 3] = [UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)), UserId(Uuid::from_u128(3))];

impl World {
    pub fn new(seed: u64, flaw: Flaw) -> Self {
        let columns = base_columns();
        let mut world = Self {
            dice: Dice::new(seed),
            watch: Watch::new(&columns),
            store: Store::new(flaw, columns),
            nodes: Vec::new(),
            clients: Vec::new(),
            access: Access {
                workspace_id: WorkspaceId(Uuid::nil()),
                version: 1,
                members: [(USERS[0], Role::Owner), (USERS[1], Role::Admin), (USERS[2], Role::Member)].into(),
                labels: HashSet::new(),
            },
            now: Moment::from_micros(1_000_000),
            orphans: Vec::new(),
            next_node: 0,
            troubled: true,
        };
        world.start_node();
        for i in 0..4 {
            let stream = (i < 2).then(|| world.dice.uuid());
            world.clients.push(Client::new(USERS[i.min(2)], stream, 0));
        }
        let elsewhere = world.dice.uuid();
        world.store.elsewhere.insert(elsewhere);
        world
    }

    /// Runs a seed to its end.
    ///
    /// # Errors
    /// The first thing that did not hold.
    pub fn run(mut self, steps: usize) -> Result<(), String> {
        for _ in 0..steps {
            self.step();
            self.watch.stored(&self.store);
            if self.watch.violation.is_some() {
                break;
            }
        }
        self.settle();
        self.watch.stored(&self.store);
        self.watch.finished(&self.store);
        self.check_orders();
        self.watch.violation.map_or(Ok(()), Err)
    }

    fn step(&mut self) {
        match self.dice.roll(100) {
            0..28 => {
                let client = self.dice.roll(self.clients.len());
                self.act(client);
            }
            28..55 => {
                let client = self.dice.roll(self.clients.len());
                self.deliver(client);
            }
            55..85 => self.run_some_job(),
            85..88 => self.tick_all(),
            88..92 => self.pass_time(),
            92 => self.change_role(),
            93 => self.crash(),
            94 => self.take_over(),
            95 => self.drop_connection(),
            96 => self.nodes.iter_mut().for_each(|node| node.sequencer.rest()),
            97 => self.land_orphan(),
            _ => self.now = self.now.plus_millis(-3),
        }
    }

    /// Without troubles, until nothing is open.
    fn settle(&mut self) {
        self.troubled = false;
        self.land_orphan();
        for _ in 0..200 {
            if self.watch.violation.is_some() {
                return;
            }
            for client in 0..self.clients.len() {
                let node = self.clients[client].node;
                if self.nodes.iter().all(|other| other.id != node) {
                    self.clients[client].reconnect(self.nodes[self.nodes.len() - 1].id, &mut self.dice);
                } else if self.clients[client].resend {
                    self.clients[client].send_open();
                }
                self.deliver_all(client);
            }
            let mut jobs = 0;
            while self.nodes.iter().any(|node| !node.jobs.is_empty()) && jobs < 5_000 {
                self.run_some_job();
                self.watch.stored(&self.store);
                jobs += 1;
            }
            if jobs == 5_000 {
                let open = self.nodes.iter().map(|node| &node.jobs).collect::<Vec<_>>();
                self.watch.fail(format!("the shells never come to rest: {open:?}"));
            }
            self.now = self.now.plus_millis(700);
            self.tick_all();
            let waits = self.watch.requests.iter().any(|request| request.answers == 0 && !request.is_lost);
            if !waits && self.clients.iter().all(Client::is_done) {
                return;
            }
        }
        self.watch.fail("it never comes to rest");
    }

    /// Ops of one connection are applied in the order in which they were first sent. One that was refused, and was
    /// under way a second time or had lost its connection, is judged anew, and then comes later.
    fn check_orders(&mut self) {
        let refused = self.watch.requests.iter().filter(|request| request.was_refused).map(|request| request.op_id);
        let refused: HashSet<OpId> = refused.collect();
        for client in self.clients.iter().filter(|client| client.stream.is_some()) {
            let ordered = client.ops.iter().filter(|op| !op.lost_connection && !refused.contains(&op.op_id));
            let seqs = ordered.filter_map(|op| self.store.first_time(op.op_id)).map(|first| first.seq);
            let seqs: Vec<Seq> = seqs.collect();
            if !seqs.is_sorted() {
                self.watch.fail(format!("a later op overtook an earlier one: {seqs:?}"));
            }
        }
    }

    /// Gives a client's oldest parcel to the node that it is connected to.
    fn deliver(&mut self, client: usize) {
        let Some(parcel) = self.clients[client].wire.pop_front() else { return };
        let node_id = self.clients[client].node;
        let Some(at) = self.nodes.iter().position(|node| node.id == node_id) else {
            let node = self.nodes[self.nodes.len() - 1].id;
            return self.clients[client].reconnect(node, &mut self.dice);
        };
        let (user, stream) = (self.clients[client].user, self.clients[client].session());
        let mut requests = Vec::new();
        for (op_id, ask) in parcel.ops {
            let waiter = self.watch.requests.len();
            self.watch.requests.push(Asked {
                client,
                node: node_id,
                actor: user,
                op_id,
                ask: ask.clone(),
                answers: 0,
                is_lost: false,
                is_atomic: parcel.atomic,
                was_refused: false,
            });
            let fresh_id = self.dice.uuid();
            requests.push(Request { waiter, stream, actor: user, op_id, ask, fresh_id, received: self.now });
        }
        let effects = self.nodes[at].sequencer.submit(requests, parcel.atomic, &self.access, self.now);
        self.perform(at, effects);
    }

    fn deliver_all(&mut self, client: usize) {
        while !self.clients[client].wire.is_empty() {
            self.deliver(client);
        }
    }

    pub fn perform(&mut self, at: usize, effects: Effects<usize>) {
        for effect in effects {
            let node = &mut self.nodes[at];
            match effect {
                Effect::Commit(commit) => {
                    self.watch.committing(&commit, &self.access);
                    node.jobs.push(Job::Commit(commit));
                }
                Effect::Answer { waiter, op_id, result } => self.answer(at, waiter, op_id, &result),
                Effect::Publish => {
                    let durable = node.sequencer.committed().is_some_and(|seq| seq <= self.store.head);
                    if !durable {
                        self.watch.fail("published before it is durable");
                    }
                }
                Effect::Load => node.jobs.push(Job::Load),
                Effect::Activate => node.jobs.push(Job::Activate),
                Effect::TakeNumbers(count) => node.jobs.push(Job::Numbers(count)),
                Effect::FindOps { epoch, op_ids } => node.jobs.push(Job::Find(epoch, op_ids)),
            }
        }
    }

    fn answer(
        &mut self,
        at: usize,
        waiter: usize,
        op_id: OpId,
        result: &Result<teamflow::domain::board::sequencer::Applied, Refusal>,
    ) {
        self.watch.stored(&self.store);
        let is_current = self.nodes[at].epoch == self.store.epoch;
        self.watch.answered(waiter, op_id, result, &self.store, is_current);
        let client = self.watch.requests[waiter].client;
        let state = match result {
            Ok(_) => Some(State::Acked),
            Err(Refusal::Unavailable(_)) => None,
            Err(_) => Some(State::Refused),
        };
        self.clients[client].told(op_id, state);
    }

    fn land_orphan(&mut self) {
        if let Some(commit) = self.orphans.pop() {
            let _ = self.store.try_commit(&commit);
        }
    }

    fn tick_all(&mut self) {
        for at in 0..self.nodes.len() {
            let effects = self.nodes[at].sequencer.tick(self.now);
            self.perform(at, effects);
        }
    }

    /// The network and the clients are quicker than a stall's end: what is to be sent arrives first.
    fn pass_time(&mut self) {
        if self.dice.chance(50) {
            self.now = self.now.plus_millis(20);
            return;
        }
        for client in 0..self.clients.len() {
            self.deliver_all(client);
            if self.clients[client].resend {
                self.clients[client].send_open();
                self.deliver_all(client);
            }
        }
        self.now = self.now.plus_millis(500 + 100 * self.dice.roll(40) as i64);
        self.tick_all();
    }

    fn change_role(&mut self) {
        match self.dice.roll(4) {
            0 => drop(self.access.members.remove(&USERS[2])),
            1 => drop(self.access.members.insert(USERS[2], Role::Viewer)),
            2 => drop(self.access.members.insert(USERS[1], Role::Member)),
            _ => self.access.members.extend([(USERS[2], Role::Member), (USERS[1], Role::Admin)]),
        }
    }

    fn start_node(&mut self) {
        let id = self.next_node;
        self.next_node += 1;
        let sequencer = Sequencer::new(BoardId(Uuid::nil()));
        self.nodes.push(Node { id, sequencer, epoch: 0, jobs: vec![Job::Activate] });
    }

    /// A node is gone at once; its statement may yet be carried out.
    fn crash(&mut self) {
        let at = self.dice.roll(self.nodes.len());
        let node = self.nodes.remove(at);
        self.orphans.extend(node.jobs.into_iter().filter_map(|job| match job {
            Job::Commit(commit) | Job::Unknown { commit, lands: true } => Some(commit),
            _ => None,
        }));
        for request in self.watch.requests.iter_mut().filter(|request| request.node == node.id) {
            request.is_lost |= request.answers == 0;
        }
        if self.nodes.is_empty() {
            self.start_node();
        }
    }

    /// Another node takes the board, while the first one does not know it yet.
    fn take_over(&mut self) {
        if self.nodes.len() < 2 {
            self.start_node();
        }
    }

    fn drop_connection(&mut self) {
        let client = self.dice.roll(self.clients.len());
        let ids: Vec<_> = self.nodes.iter().map(|node| node.id).collect();
        if let Some(node) = self.dice.pick(&ids) {
            self.clients[client].reconnect(node, &mut self.dice);
        }
    }

    fn act(&mut self, client: usize) {
        let Self { dice, watch, clients, store, .. } = self;
        crate::clients::act(clients, client, dice, watch, store);
    }
}

/// Three columns, one of them done and one with a limit.
fn base_columns() -> Vec<ColumnState> {
    let ranks = Rank::spread(None, None, 3);
    let statuses = [Status::Todo, Status::InProgress, Status::Done];
    let columns = ranks.into_iter().zip(statuses).zip(1..).map(|((rank, status), i)| Column {
        id: ColumnId(Uuid::from_u128(i)),
        name: ShortName::new("column").unwrap(),
        status,
        rank,
        wip_limit: (i == 2).then(|| WipLimit::new(2).unwrap()),
        version: 1,
    });
    columns.map(|column| ColumnState { column, changes: [1; 4], deleted: false }).collect()
}
