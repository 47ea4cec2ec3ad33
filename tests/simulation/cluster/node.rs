//! A node among the others, as `live::{membership, heart, hand_over}`: what it believes of them may be old, or wrong.

use super::bus::Message;
use super::shell::{Seat, Shell};
use super::{BOARD, Cluster};
use teamflow::domain::ids::Incarnation;
use teamflow::domain::placement::{Member, View};
use teamflow::domain::time::Moment;

const STAYS_MS: i64 = 3_000;
const SETTLED_MS: i64 = 2_000;

/// One process.
pub struct Node {
    pub name: String,
    pub me: Incarnation,
    pub view: View,
    pub others: Vec<Incarnation>,
    pub is_running: bool,
    pub is_draining: bool,
    pub bus_is_up: bool,
    pub settled_since: Moment,
}

impl Node {
    pub fn lives(&self, node: Incarnation) -> bool {
        node == self.me || self.others.contains(&node)
    }

    pub fn takes_boards(&self) -> bool {
        !self.is_draining
    }

    /// Whom a board is to be handed to by a node that may not keep it.
    pub fn heir(&self) -> Option<Incarnation> {
        let others = self.view.members().iter().filter(|member| member.incarnation != self.me).cloned().collect();
        View::new(others).preferred(BOARD)
    }
}

impl Cluster {
    pub fn node_of(&self, at: usize) -> &Node {
        &self.nodes[self.shells[at].node]
    }

    pub fn running(&self) -> Vec<usize> {
        (0..self.nodes.len()).filter(|node| self.nodes[*node].is_running).collect()
    }

    pub fn start_node(&mut self, name: String) {
        let node = self.nodes.len();
        let me = self.database.register(node, &name);
        let member = Member { incarnation: me, node_id: name.clone() };
        self.nodes.push(Node {
            name,
            me,
            view: View::new(vec![member]),
            others: Vec::new(),
            is_running: true,
            is_draining: false,
            bus_is_up: true,
            settled_since: self.now,
        });
        self.moves = 0;
        self.beat(node);
    }

    /// Says that it lives, and takes in who else does.
    pub fn beat(&mut self, node: usize) {
        let Node { me, is_draining, bus_is_up, .. } = self.nodes[node];
        if !self.database.lives(me) {
            return self.be_reborn(node);
        }
        if let Some(row) = self.database.rows.get_mut(&me) {
            (row.draining, row.bus_is_away) = (is_draining, !bus_is_up);
        }
        let (mut live, mut view) = self.database.live();
        if self.troubled && self.dice.chance(20) {
            live = self.database.rows.keys().copied().filter(|_| self.dice.chance(60)).collect();
            let rows = self.database.rows.iter();
            let members = rows.map(|(id, row)| Member { incarnation: *id, node_id: row.name.clone() });
            view = View::new(members.filter(|_| self.dice.chance(60)).collect());
        }
        live.retain(|other| *other != me);
        if self.nodes[node].view != view || self.nodes[node].others != live {
            self.moves = 0;
            self.nodes[node].settled_since = self.now;
            (self.nodes[node].view, self.nodes[node].others) = (view, live);
            self.view_changed(node);
        }
    }

    /// The others have taken it for dead: it is another from here on.
    fn be_reborn(&mut self, node: usize) {
        let name = self.nodes[node].name.clone();
        let rows = self.database.rows.values();
        if rows.clone().any(|row| !row.dead && row.name == name) {
            // Another has taken its place.
            return self.crash(node);
        }
        self.nodes[node].me = self.database.register(node, &name);
        self.view_changed(node);
    }

    fn view_changed(&mut self, node: usize) {
        for at in self.shells_of(node) {
            self.look_around(at);
        }
    }

    pub fn shells_of(&self, node: usize) -> Vec<usize> {
        (0..self.shells.len()).filter(|at| self.shells[*at].node == node && !self.shells[*at].is_stopped).collect()
    }

    /// The node's shell of the board; one is started where there is none.
    pub fn shell_of(&mut self, node: usize) -> usize {
        if let Some(at) = self.shell_at_hand(node) {
            return at;
        }
        self.shells.push(Shell::new(node, self.nodes[node].me, self.now));
        let at = self.shells.len() - 1;
        self.seek(at);
        at
    }

    pub fn shell_at_hand(&self, node: usize) -> Option<usize> {
        (0..self.shells.len()).find(|at| self.shells[*at].node == node && self.shells[*at].is_at_hand)
    }

    /// A node that is gone without a word.
    pub fn crash(&mut self, node: usize) {
        self.nodes[node].is_running = false;
        self.bus.cut(node);
        for at in self.shells_of(node) {
            self.orphan(at);
        }
        for request in self.watch.requests.iter_mut().filter(|request| request.node == node) {
            request.is_lost |= request.answers == 0;
        }
    }

    /// Its boards go to others, while its clients stay for a while.
    pub fn drain(&mut self, node: usize) {
        self.nodes[node].is_draining = true;
        let heir = self.nodes[node].heir();
        for at in self.shells_of(node) {
            self.begin_leaving(at, heir);
        }
    }

    /// A node that drains is at its end.
    pub fn leave(&mut self, node: usize) {
        let me = self.nodes[node].me;
        self.crash(node);
        self.database.leave(&mut self.store, me);
    }

    /// The bus is lost to a node, or there again.
    pub fn turn_bus(&mut self, node: usize, is_up: bool) {
        if self.nodes[node].bus_is_up == is_up {
            return;
        }
        self.nodes[node].bus_is_up = is_up;
        self.bus.cut(node);
        if is_up {
            for at in self.shells_of(node) {
                if matches!(self.shells[at].seat, Seat::Relay(_)) {
                    self.seek(at);
                }
            }
        }
    }

    /// Offers the board to the node that should own it.
    pub fn offer(&mut self, node: usize) {
        let Node { view, me, settled_since, .. } = &self.nodes[node];
        let is_settled = self.now.millis_since(*settled_since) >= SETTLED_MS;
        let Some(at) = self.shell_at_hand(node) else { return };
        let is_owned = self.shells[at].is_owner() && self.now.millis_since(self.shells[at].owned_since) >= STAYS_MS;
        if !is_owned || !is_settled || !self.nodes[node].takes_boards() || !view.contains(*me) {
            return;
        }
        if let Some(to) = view.offer(*me, BOARD) {
            self.tell(at, to, Message::Offer);
        }
    }

    pub fn hear(&mut self, node: usize, from: Incarnation, message: Message) {
        let Node { view, me, .. } = &self.nodes[node];
        let (me, accepts) = (*me, view.accepts(*me, BOARD));
        match message {
            Message::Offer if accepts && self.nodes[node].takes_boards() => {
                self.send(node, me, from, Message::Accept);
            }
            Message::Offer => {}
            Message::Accept => {
                if let Some(at) = self.shell_at_hand(node) {
                    self.begin_leaving(at, Some(from));
                }
            }
            message @ (Message::Attach { .. } | Message::Take) => {
                let at = self.shell_of(node);
                self.hear_peer(at, from, message);
            }
            message => match (self.shell_at_hand(node), message) {
                (Some(at), message) => self.hear_peer(at, from, message),
                (None, Message::Forward(forward)) => {
                    self.send(node, me, from, Message::Gap { stream: forward.stream });
                }
                (None, _) => {}
            },
        }
    }

    pub fn tell(&mut self, at: usize, to: Incarnation, message: Message) {
        let node = self.shells[at].node;
        self.send(node, self.nodes[node].me, to, message);
    }

    pub fn tell_room(&mut self, at: usize, message: impl Fn() -> Message) {
        let node = self.shells[at].node;
        for other in self.running().into_iter().filter(|other| *other != node) {
            self.send(node, self.nodes[node].me, self.nodes[other].me, message());
        }
    }

    fn send(&mut self, node: usize, from: Incarnation, to: Incarnation, message: Message) {
        let Some(receiver) = self.database.rows.get(&to).map(|row| row.node) else { return };
        let hears = |node: usize| self.nodes[node].is_running && self.nodes[node].bus_is_up;
        let is_lost = self.troubled && self.dice.chance(if self.bus_is_lossy { 40 } else { 2 });
        if receiver != node && hears(node) && hears(receiver) && !is_lost {
            self.bus.send((node, from), receiver, message);
        }
    }
}
