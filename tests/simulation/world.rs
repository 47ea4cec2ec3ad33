//! One board, its sequencers one after another, their store, and clients, all moved by one seed.

use crate::clients::{Client, change_role, check_orders, next_parcel, some_clients};
use crate::dice::Dice;
use crate::shell::{Job, Node};
use crate::store::{Flaw, Store};
use crate::watch::Watch;
use teamflow::domain::board::commit::Commit;
use teamflow::domain::board::model::{Column, ColumnState, Status, WipLimit};
use teamflow::domain::board::refusal::Refusal;
use teamflow::domain::board::sequencer::{Applied, Effect, Effects, Sequencer};
use teamflow::domain::ids::{BoardId, ColumnId, OpId};
use teamflow::domain::permission::Access;
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

impl World {
    pub fn new(seed: u64, flaw: Flaw) -> Self {
        let columns = base_columns();
        let mut dice = Dice::new(seed);
        let (clients, access) = some_clients(0, &mut dice);
        let mut world = Self {
            dice,
            watch: Watch::new(&columns),
            store: Store::new(flaw, columns),
            nodes: Vec::new(),
            clients,
            access,
            now: Moment::from_micros(1_000_000),
            orphans: Vec::new(),
            next_node: 0,
            troubled: true,
        };
        world.start_node();
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
        check_orders(&self.clients, &mut self.watch, &self.store, |_| false);
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
            92 => change_role(&mut self.access, &mut self.dice),
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

    /// Gives a client's oldest parcel to the node that it is connected to.
    fn deliver(&mut self, client: usize) {
        if self.clients[client].wire.is_empty() {
            return;
        }
        let node_id = self.clients[client].node;
        let Some(at) = self.nodes.iter().position(|node| node.id == node_id) else {
            let node = self.nodes[self.nodes.len() - 1].id;
            return self.clients[client].reconnect(node, &mut self.dice);
        };
        let who = (&mut self.clients[..], client);
        let parcel = next_parcel(who, &mut self.dice, &mut self.watch, self.now, |waiter| waiter);
        let Some((requests, atomic)) = parcel else { return };
        let effects = self.nodes[at].sequencer.submit(requests, atomic, &self.access, self.now);
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

    fn answer(&mut self, at: usize, waiter: usize, op_id: OpId, result: &Result<Applied, Refusal>) {
        self.watch.stored(&self.store);
        let is_current = self.nodes[at].epoch == self.store.epoch;
        self.watch.answered(waiter, op_id, result, &self.store, is_current);
        let client = self.watch.requests[waiter].client;
        self.clients[client].told(op_id, result);
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
pub fn base_columns() -> Vec<ColumnState> {
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
