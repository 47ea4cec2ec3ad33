//! Several nodes, the bus between them, their beliefs about each other, one board, its store, and clients anywhere, all
//! moved by one seed. What is pure is the real thing; shells, store and bus are models that lose, delay and lie.

mod bus;
mod database;
mod jobs;
mod node;
mod owner;
mod relay;
mod shell;
mod told;

use crate::clients::{Client, act, change_role, check_orders, next_parcel, some_clients};
use crate::dice::Dice;
use crate::store::{Flaw, Store};
use crate::watch::Watch;
use crate::world::base_columns;
use bus::Bus;
use database::Database;
use node::Node;
use shell::{Shell, Waiter};
use teamflow::domain::board::commit::Commit;
use teamflow::domain::ids::{BoardId, SessionId};
use teamflow::domain::permission::Access;
use teamflow::domain::time::Moment;
use told::Told;
use uuid::Uuid;

/// Hand-overs for balance while nobody comes or goes.
const MOVES_MAX: usize = 3;
const NODES: usize = 3;
const BOARD: BoardId = BoardId(Uuid::nil());

pub struct Cluster {
    dice: Dice,
    store: Store,
    database: Database,
    watch: Watch,
    told: Told,
    clients: Vec<Client>,
    access: Access,
    now: Moment,
    nodes: Vec<Node>,
    shells: Vec<Shell>,
    bus: Bus,
    /// Statements of nodes that are gone, which may yet be carried out.
    orphans: Vec<Commit>,
    moves: usize,
    bus_is_lossy: bool,
    troubled: bool,
}

impl Cluster {
    pub fn new(seed: u64, flaw: Flaw) -> Self {
        let columns = base_columns();
        let mut dice = Dice::new(seed);
        let (clients, access) = some_clients(0, &mut dice);
        let mut cluster = Self {
            dice,
            watch: Watch::new(&columns),
            store: Store::new(flaw, columns),
            database: Database::default(),
            told: Told::default(),
            clients,
            access,
            now: Moment::from_micros(1_000_000),
            nodes: Vec::new(),
            shells: Vec::new(),
            bus: Bus::default(),
            orphans: Vec::new(),
            moves: 0,
            bus_is_lossy: false,
            troubled: true,
        };
        for n in 0..NODES {
            cluster.start_node(format!("node-{n}"));
        }
        (0..NODES).for_each(|node| cluster.beat(node));
        for client in &mut cluster.clients {
            client.node = cluster.dice.roll(NODES);
        }
        let elsewhere = cluster.dice.uuid();
        cluster.store.elsewhere.insert(elsewhere);
        cluster
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
        let excepted = |op_id| self.told.was_refused_before(op_id);
        check_orders(&self.clients, &mut self.watch, &self.store, excepted);
        self.watch.violation.map_or(Ok(()), Err)
    }

    fn step(&mut self) {
        let client = self.dice.roll(self.clients.len());
        let node = self.some_node();
        match self.dice.roll(100) {
            0..14 => act(&mut self.clients, client, &mut self.dice, &mut self.watch, &mut self.store),
            14..28 => self.deliver(client),
            28..50 => self.run_a_job(),
            50..76 => self.carry_one(),
            76..80 => self.beat(node),
            80..83 => self.shells_of(node).into_iter().for_each(|at| self.tick(at)),
            83..86 => self.pass_time(),
            86 => self.shells_of(node).into_iter().for_each(|at| self.seen(at)),
            87 => change_role(&mut self.access, &mut self.dice),
            88 => self.shells_of(node).into_iter().for_each(|at| self.rest(at)),
            89..92 => self.offer(node),
            92 => self.take_for_dead(),
            93 => self.come_or_go(node),
            94 => self.turn_bus(node, !self.nodes[node].bus_is_up),
            95 => self.bus_is_lossy = self.dice.chance(30),
            96 => self.drop_connection(client),
            97 => self.land_orphan(),
            98 => self.turn_bus(node, true),
            _ => self.now = self.now.plus_millis(-3),
        }
    }

    fn some_node(&mut self) -> usize {
        if self.running().is_empty() {
            self.start_node("node-0".to_owned());
        }
        let running = self.running();
        running[self.dice.roll(running.len())]
    }

    fn run_a_job(&mut self) {
        let busy: Vec<_> = (0..self.shells.len()).filter(|at| !self.shells[*at].jobs.is_empty()).collect();
        if let Some(at) = self.dice.pick(&busy) {
            self.run_some_job(at);
        }
    }

    fn carry_one(&mut self) {
        let lines = self.bus.lines();
        if let Some(line) = self.dice.pick(&lines)
            && let Some((from, message)) = self.bus.receive(line)
        {
            self.hear(line.1, from, message);
        }
    }

    /// Gives a client's oldest parcel to the node that it is connected to.
    fn deliver(&mut self, client: usize) {
        if self.clients[client].wire.is_empty() {
            return;
        }
        let node = self.clients[client].node;
        if !self.nodes[node].is_running {
            return self.drop_connection(client);
        }
        let who = (&mut self.clients[..], client);
        let parcel = next_parcel(who, &mut self.dice, &mut self.watch, self.now, Waiter::Here);
        if let Some((requests, atomic)) = parcel {
            let at = self.shell_of(node);
            self.submit(at, requests, atomic);
        }
    }

    fn drop_connection(&mut self, client: usize) {
        let node = self.some_node();
        self.clients[client].reconnect(node, &mut self.dice);
    }

    fn session_of(&self, waiter: &Waiter) -> Option<SessionId> {
        let Waiter::Here(place) = waiter else { return None };
        self.watch.requests[*place].stream
    }

    /// The network and the clients are quicker than a stall's end: what is to be sent arrives first.
    fn pass_time(&mut self) {
        if self.dice.chance(50) {
            self.now = self.now.plus_millis(20 + 100 * self.dice.roll(4) as i64);
            return;
        }
        for client in 0..self.clients.len() {
            self.deliver_all(client);
        }
        self.now = self.now.plus_millis(300 + 100 * self.dice.roll(30) as i64);
        (0..self.shells.len())
            .filter(|at| !self.shells[*at].is_stopped)
            .collect::<Vec<_>>()
            .into_iter()
            .for_each(|at| self.tick(at));
    }

    fn deliver_all(&mut self, client: usize) {
        while !self.clients[client].wire.is_empty() {
            self.deliver(client);
        }
        if self.clients[client].resend {
            self.clients[client].send_open();
            while !self.clients[client].wire.is_empty() {
                self.deliver(client);
            }
        }
    }

    /// Somebody is taken for dead, rightly or not.
    fn take_for_dead(&mut self) {
        let rows: Vec<_> = self.database.rows.iter().filter(|(_, row)| !row.dead).map(|(id, _)| *id).collect();
        if let Some(row) = self.dice.pick(&rows).and_then(|id| self.database.rows.get_mut(&id)) {
            row.dead = true;
        }
    }

    /// Nodes crash, drain, end, and come back under their names.
    fn come_or_go(&mut self, node: usize) {
        let running: Vec<_> = self.running().into_iter().map(|node| self.nodes[node].name.clone()).collect();
        let names = (0..NODES).map(|n| format!("node-{n}"));
        let absent: Vec<String> = names.filter(|name| !running.contains(name)).collect();
        match self.dice.roll(4) {
            0 if running.len() > 1 => self.crash(node),
            1 if self.nodes[node].is_draining => self.leave(node),
            1 if running.len() > 1 => self.drain(node),
            _ => {
                if let Some(name) = self.dice.pick(&absent) {
                    for row in self.database.rows.values_mut().filter(|row| row.name == name) {
                        row.dead = true;
                    }
                    self.start_node(name);
                }
            }
        }
    }

    /// Without troubles, until nothing is open.
    fn settle(&mut self) {
        (self.troubled, self.bus_is_lossy) = (false, false);
        self.land_orphan();
        self.some_node();
        for node in 0..self.nodes.len() {
            if self.nodes[node].is_draining && self.nodes[node].is_running {
                self.leave(node);
            }
        }
        self.some_node();
        let runs = |row: &database::NodeRow| self.nodes[row.node].is_running;
        self.database.rows.values_mut().filter(|row| !runs(row)).for_each(|row| row.dead = true);
        self.running().into_iter().for_each(|node| self.turn_bus(node, true));
        for _ in 0..200 {
            if self.watch.violation.is_some() {
                return;
            }
            for client in 0..self.clients.len() {
                if !self.nodes[self.clients[client].node].is_running {
                    self.drop_connection(client);
                }
                self.deliver_all(client);
            }
            self.come_to_rest();
            self.now = self.now.plus_millis(300);
            for node in self.running() {
                self.beat(node);
                for at in self.shells_of(node) {
                    self.seen(at);
                    self.tick(at);
                }
            }
            if self.is_settled() {
                return;
            }
        }
        let seats: Vec<_> =
            self.shells.iter().filter(|shell| !shell.is_stopped).map(|shell| (shell.node, shell.seat)).collect();
        self.watch.fail(format!("it never comes to rest: {seats:?}, owner {:?}", self.database.owner));
    }

    fn come_to_rest(&mut self) {
        for _ in 0..60 {
            if self.bus.lines().is_empty() && self.shells.iter().all(|shell| shell.jobs.is_empty()) {
                return;
            }
            for _ in 0..4 {
                self.run_a_job();
                self.carry_one();
                self.watch.stored(&self.store);
            }
        }
    }

    /// Everybody was answered, and the readers on every node have heard all.
    fn is_settled(&self) -> bool {
        let waits = self.watch.requests.iter().any(|request| request.answers == 0 && !request.is_lost);
        let at_hand = || self.shells.iter().filter(|shell| shell.is_at_hand);
        let are_told = at_hand().all(|shell| shell.is_loaded && shell.tail == self.store.head);
        !waits && are_told && self.clients.iter().all(Client::is_done)
    }
}
