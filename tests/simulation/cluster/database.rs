//! A model of what the database knows of nodes, and of who may write the board: `store::queries::{node, board}`.

use crate::store::{Flaw, Store};
use std::collections::BTreeMap;
use teamflow::domain::board::model::{Epoch, Seq};
use teamflow::domain::ids::Incarnation;
use teamflow::domain::placement::{Member, View};
use uuid::Uuid;

/// One run of a node.
#[derive(Debug, Clone)]
pub struct NodeRow {
    /// The process that it is.
    pub node: usize,
    pub name: String,
    pub dead: bool,
    pub draining: bool,
    pub bus_is_away: bool,
}

#[derive(Default)]
pub struct Database {
    pub rows: BTreeMap<Incarnation, NodeRow>,
    pub owner: Option<Incarnation>,
}

/// Where the board stands, and who wrote it last.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    pub head: Seq,
    pub epoch: Epoch,
    pub owner: Option<Incarnation>,
}

impl Database {
    pub fn register(&mut self, node: usize, name: &str) -> Incarnation {
        let me = Incarnation(Uuid::from_u128(self.rows.len() as u128 + 1));
        let row = NodeRow { node, name: name.to_owned(), dead: false, draining: false, bus_is_away: false };
        self.rows.insert(me, row);
        me
    }

    pub fn lives(&self, node: Incarnation) -> bool {
        self.rows.get(&node).is_some_and(|row| !row.dead)
    }

    /// Who lives, and who of them may own boards.
    pub fn live(&self) -> (Vec<Incarnation>, View) {
        let live = || self.rows.iter().filter(|(_, row)| !row.dead);
        let may_own = live().filter(|(_, row)| !row.draining && !row.bus_is_away);
        let members = may_own.map(|(id, row)| Member { incarnation: *id, node_id: row.name.clone() });
        (live().map(|(id, _)| *id).collect(), View::new(members.collect()))
    }

    /// The new epoch; none where a live owner has the board, or this node was taken for dead.
    pub fn claim(&mut self, store: &mut Store, node: Incarnation) -> Option<Epoch> {
        let is_held = self.owner.is_some_and(|owner| owner != node && self.lives(owner));
        let may_take = !is_held || store.flaw == Flaw::RobsTheLiving;
        if !may_take || !self.lives(node) {
            return None;
        }
        if store.flaw != Flaw::RobsTheLiving {
            store.epoch += 1;
        }
        self.owner = Some(node);
        Some(store.epoch)
    }

    pub fn release(&mut self, store: &mut Store, node: Incarnation, epoch: Epoch) -> bool {
        let is_mine = self.owner == Some(node) && store.epoch == epoch;
        if is_mine {
            store.epoch += 1;
            self.owner = None;
        }
        is_mine
    }

    /// The last act of a node that goes.
    pub fn leave(&mut self, store: &mut Store, node: Incarnation) {
        if self.owner == Some(node) {
            store.epoch += 1;
            self.owner = None;
        }
        if let Some(row) = self.rows.get_mut(&node) {
            row.dead = true;
        }
    }

    /// Where the board stands, and its owner if that one lives.
    pub fn look(&self, store: &Store) -> (Head, Option<Incarnation>) {
        let head = Head { head: store.head, epoch: store.epoch, owner: self.owner };
        (head, self.owner.filter(|owner| self.lives(*owner)))
    }
}
