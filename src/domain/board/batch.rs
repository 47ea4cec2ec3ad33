//! The ops that are made durable together, and the answers that wait for it.

use super::commit::{ColumnWrite, Commit, CommitOp, Extent, TaskWrite};
use super::event::Event;
use super::model::{Epoch, Seq};
use super::queue::{Group, Pending};
use super::refusal::Refusal;
use super::request::{Applied, Effect};
use super::state::{Board, Touched};
use crate::domain::ids::{BoardId, ColumnId, OpId, TaskId};
use crate::domain::permission::{Access, Role};
use crate::domain::time::Moment;
use std::collections::BTreeMap;

/// What an op will be answered.
#[derive(Debug, Clone)]
pub(super) enum Fate {
    Accepted(Applied),
    Refused(Refusal),
}

/// A judged op that waits to be answered.
#[derive(Debug)]
pub(super) struct Entry<W> {
    pub(super) pending: Pending<W>,
    pub(super) fate: Fate,
    /// The atomic group that it belongs to.
    pub(super) group: Option<u64>,
    /// The actor's role when it was judged.
    pub(super) role: Option<Role>,
    /// Its refusal is that of its retries too.
    pub(super) binds: bool,
}

impl<W> Entry<W> {
    pub(super) fn into_answer(self) -> Option<Effect<W>> {
        let Pending { request, answered } = self.pending;
        let result = match self.fate {
            Fate::Accepted(applied) => Ok(applied),
            Fate::Refused(refusal) => Err(refusal),
        };
        (!answered).then_some(Effect::Answer { waiter: request.waiter, op_id: request.op_id, result })
    }
}

/// See the module's text.
#[derive(Debug)]
pub(super) struct Batch<W> {
    ops: Vec<CommitOp>,
    count: usize,
    tasks: BTreeMap<TaskId, Extent>,
    columns: BTreeMap<ColumnId, Extent>,
    descriptions: BTreeMap<TaskId, Box<str>>,
    entries: Vec<Entry<W>>,
    bytes: usize,
}

impl<W> Default for Batch<W> {
    fn default() -> Self {
        Self {
            ops: Vec::new(),
            count: 0,
            tasks: BTreeMap::new(),
            columns: BTreeMap::new(),
            descriptions: BTreeMap::new(),
            entries: Vec::new(),
            bytes: 0,
        }
    }
}

impl<W> Batch<W> {
    /// How many events it holds.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Requests that wait on it, and the bytes that they hold.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.entries.len(), self.bytes)
    }

    pub(super) fn push(&mut self, event: Event, hash: i64, touched: Touched, description: Option<Box<str>>) {
        for (id, extent) in touched.tasks {
            widen(&mut self.tasks, id, extent);
        }
        for (id, extent) in touched.columns {
            widen(&mut self.columns, id, extent);
        }
        if let Some(text) = description {
            self.descriptions.insert(TaskId(event.change.target()), text);
        }
        self.ops.push(CommitOp { event, hash });
        self.count += 1;
    }

    pub(super) fn events(&self) -> impl Iterator<Item = &Event> {
        self.ops.iter().map(|op| &op.event)
    }

    /// Lets an answer wait for this batch.
    pub(super) fn wait(&mut self, entry: Entry<W>) {
        self.bytes += entry.pending.request.weight();
        self.entries.push(entry);
    }

    /// Takes over all of a later one.
    pub(super) fn absorb(&mut self, later: Self) {
        self.ops.extend(later.ops);
        self.count += later.count;
        later.tasks.into_iter().for_each(|(id, extent)| widen(&mut self.tasks, id, extent));
        later.columns.into_iter().for_each(|(id, extent)| widen(&mut self.columns, id, extent));
        self.descriptions.extend(later.descriptions);
        self.entries.extend(later.entries);
        self.bytes += later.bytes;
    }

    /// What is to be made durable: `board` stands as of the last op.
    pub(super) fn close(&mut self, board_id: BoardId, epoch: Epoch, base: Seq, at: Moment, board: &Board) -> Commit {
        let mut descriptions = std::mem::take(&mut self.descriptions);
        let tasks = std::mem::take(&mut self.tasks).into_iter().filter_map(|(id, extent)| {
            Some(TaskWrite { state: board.task(id)?.clone(), description: descriptions.remove(&id), extent })
        });
        let columns = std::mem::take(&mut self.columns).into_iter();
        let columns = columns.filter_map(|(id, extent)| Some(ColumnWrite { state: board.column(id)?.clone(), extent }));
        Commit {
            board_id,
            epoch,
            base,
            at,
            tasks: tasks.collect(),
            columns: columns.collect(),
            ops: std::mem::take(&mut self.ops),
        }
    }

    /// Whether everybody who waits still has the role that the op was judged by.
    pub(super) fn was_judged_by(&self, access: &Access) -> bool {
        self.entries.iter().all(|entry| access.role(entry.pending.request.actor) == entry.role)
    }

    pub(super) fn entries(&self) -> &[Entry<W>] {
        &self.entries
    }

    pub(super) fn entries_mut(&mut self) -> &mut [Entry<W>] {
        &mut self.entries
    }

    pub(super) fn into_entries(self) -> impl Iterator<Item = Entry<W>> {
        self.entries.into_iter()
    }

    /// The ops that it would have applied first.
    pub(super) fn op_ids(&self) -> Vec<OpId> {
        let applied = |entry: &&Entry<W>| matches!(&entry.fate, Fate::Accepted(applied) if !applied.replayed);
        self.entries.iter().filter(applied).map(|entry| entry.pending.request.op_id).collect()
    }

    /// The requests as they came, to be judged anew.
    pub(super) fn into_groups(self) -> Vec<Group<W>> {
        let mut groups: Vec<(Option<u64>, Group<W>)> = Vec::new();
        for entry in self.entries {
            match groups.last_mut() {
                Some((group, last)) if *group == entry.group => last.pending.push(entry.pending),
                _ => groups.push((entry.group, Group { pending: vec![entry.pending], atomic: entry.group.is_some() })),
            }
        }
        groups.into_iter().map(|(_, group)| group).collect()
    }
}

fn widen<Id: Ord>(extents: &mut BTreeMap<Id, Extent>, id: Id, extent: Extent) {
    let widest = extents.entry(id).or_insert(extent);
    *widest = extent.max(*widest);
}
