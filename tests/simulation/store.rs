//! A model of the store: one board's head, log and tables, and what the committer's statement does to them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use teamflow::domain::board::Board;
use teamflow::domain::board::commit::{ColumnWrite, Commit, Extent, Finding, FirstTime, Outcome, TaskWrite};
use teamflow::domain::board::event::Event;
use teamflow::domain::board::model::{ColumnField, ColumnState, Epoch, Seq, TaskField, TaskState};
use teamflow::domain::board::sequencer::Loaded;
use teamflow::domain::ids::{ColumnId, OpId, ProjectId, TaskId};
use teamflow::domain::time::Moment;
use uuid::Uuid;

/// A defect that is planted on purpose, to see that the simulation notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    None,
    /// A commit of an older epoch is taken.
    NoFence,
    /// An `op_id` that the log has already is written again.
    NoDuplicates,
    /// The log never finds what it is asked for.
    ForgetfulLog,
    /// A commit is reported but not written.
    LosesCommits,
    /// Only the first op of a batch is written.
    HalfCommits,
    /// A moved task's row keeps its column and version.
    NarrowWrites,
    /// An unknown outcome is guessed from the head, without a new epoch.
    NoBump,
    /// A block of task numbers is given out twice.
    RepeatsNumbers,
    /// A claim takes the board from a live owner, and nobody is fenced.
    RobsTheLiving,
    /// An owner takes what other nodes pass on without a look at its numbers.
    TakesAnyNumber,
    /// A relay keeps nothing back after `UNAVAILABLE`.
    HoldsNothingBack,
    /// A new owner knows the board's head, but not what was committed lately.
    LoadsYesterday,
}

/// One op in the log.
pub struct Row {
    pub event: Event,
    pub hash: i64,
    pub epoch: Epoch,
    /// Which commit wrote it, counted from 1.
    pub commit: usize,
    /// Whether the board had a newer epoch than the commit that wrote it.
    pub is_stale: bool,
}

pub struct Store {
    pub flaw: Flaw,
    pub epoch: Epoch,
    pub head: Seq,
    pub at: Moment,
    pub log: Vec<Row>,
    pub by_op: HashMap<OpId, usize>,
    pub tasks: BTreeMap<TaskId, TaskState>,
    pub columns: BTreeMap<ColumnId, ColumnState>,
    /// Ids that exist on other boards.
    pub elsewhere: BTreeSet<Uuid>,
    /// Ops whose rows are refused.
    pub poison: BTreeSet<OpId>,
    /// The tables as they were some commits ago.
    yesterday: Tables,
    next_number: i64,
    commits: usize,
}

type Tables = (BTreeMap<TaskId, TaskState>, BTreeMap<ColumnId, ColumnState>);

pub const PROJECT: ProjectId = ProjectId(Uuid::from_u128(77));

impl Store {
    pub fn new(flaw: Flaw, columns: Vec<ColumnState>) -> Self {
        Self {
            flaw,
            epoch: 0,
            head: 0,
            at: Moment::from_micros(0),
            log: Vec::new(),
            by_op: HashMap::new(),
            tasks: BTreeMap::new(),
            columns: columns.into_iter().map(|state| (state.column.id, state)).collect(),
            elsewhere: BTreeSet::new(),
            poison: BTreeSet::new(),
            yesterday: Tables::default(),
            next_number: 1,
            commits: 0,
        }
    }

    /// The committer's statement: all of the commit, or nothing and why.
    pub fn try_commit(&mut self, commit: &Commit) -> Outcome {
        let is_stale = commit.epoch != self.epoch;
        if (is_stale && self.flaw != Flaw::NoFence) || commit.base != self.head {
            return Outcome::Fenced;
        }
        let findings = self.findings(commit);
        if !findings.is_empty() {
            return Outcome::NotApplied(findings);
        }
        if self.flaw == Flaw::LosesCommits && commit.base % 5 == 4 {
            return Outcome::Committed;
        }
        self.commits += 1;
        if self.flaw == Flaw::LoadsYesterday && self.commits % 4 == 1 {
            self.yesterday = (self.tasks.clone(), self.columns.clone());
        }
        let count = if self.flaw == Flaw::HalfCommits { 1 } else { commit.ops.len() };
        for op in &commit.ops[..count] {
            self.by_op.insert(op.event.op_id, self.log.len());
            let (event, hash, epoch) = (op.event.clone(), op.hash, commit.epoch);
            self.log.push(Row { event, hash, epoch, commit: self.commits, is_stale });
        }
        self.head += count as Seq;
        self.at = commit.at;
        commit.columns.iter().for_each(|write| self.write_column(write));
        commit.tasks.iter().for_each(|write| self.write_task(write));
        Outcome::Committed
    }

    fn findings(&self, commit: &Commit) -> Vec<Finding> {
        let known = |op_id| (self.flaw != Flaw::NoDuplicates).then(|| self.first_time(op_id)).flatten();
        let duplicates = commit.ops.iter().filter_map(|op| {
            let op_id = op.event.op_id;
            known(op_id).map(|first| Finding::Duplicate(op_id, first))
        });
        let mut findings: Vec<_> = duplicates.collect();
        if findings.is_empty() {
            let new = commit.tasks.iter().filter(|write| write.extent == Extent::New).map(|write| write.state.task.id);
            let exists = |id: &TaskId| self.elsewhere.contains(&id.0) || self.tasks.contains_key(id);
            findings.extend(new.filter(exists).map(|id| Finding::Taken(id.0)));
        }
        if findings.is_empty() {
            let op_ids = commit.ops.iter().map(|op| op.event.op_id);
            findings.extend(op_ids.filter(|op_id| self.poison.contains(op_id)).map(Finding::Refused));
        }
        findings
    }

    /// Raises the epoch for whoever holds the given one: the new epoch, and the head.
    pub fn bump(&mut self, epoch: Epoch) -> Option<(Epoch, Seq)> {
        if self.epoch != epoch {
            return None;
        }
        if self.flaw != Flaw::NoBump {
            self.epoch += 1;
        }
        Some((self.epoch, self.head))
    }

    pub fn load(&self, recent: usize) -> Loaded {
        let rows = self.log[self.log.len().saturating_sub(recent)..].iter();
        Loaded {
            board: Board::new(
                PROJECT,
                self.columns.values().cloned().collect(),
                self.tasks.values().cloned().collect(),
            ),
            epoch: self.epoch,
            head: self.head,
            at: self.at,
            recent: rows.map(|row| (row.event.op_id, first_time(row))).collect(),
        }
    }

    /// The board as it was some commits ago, with today's head.
    pub fn load_old(&self, recent: usize) -> Loaded {
        let (tasks, columns) = self.yesterday.clone();
        let board = Board::new(PROJECT, columns.into_values().collect(), tasks.into_values().collect());
        Loaded { board, ..self.load(recent) }
    }

    pub fn find(&self, op_ids: &[OpId]) -> Vec<(OpId, FirstTime)> {
        if self.flaw == Flaw::ForgetfulLog {
            return Vec::new();
        }
        op_ids.iter().filter_map(|id| Some((*id, self.first_time(*id)?))).collect()
    }

    pub fn first_time(&self, op_id: OpId) -> Option<FirstTime> {
        self.by_op.get(&op_id).map(|i| first_time(&self.log[*i]))
    }

    pub fn take_numbers(&mut self, count: u32) -> Range<i64> {
        let start = self.next_number;
        if self.flaw != Flaw::RepeatsNumbers {
            self.next_number += i64::from(count);
        }
        start..start + i64::from(count)
    }

    fn write_task(&mut self, write: &TaskWrite) {
        let new = &write.state;
        let id = new.task.id;
        let extent = match write.extent {
            Extent::Position if self.flaw == Flaw::NarrowWrites => Extent::Rank,
            extent => extent,
        };
        match (extent, self.tasks.get_mut(&id)) {
            (Extent::Rank, Some(old)) => old.task.rank = new.task.rank.clone(),
            (Extent::Position, Some(old)) => {
                old.task.column_id = new.task.column_id;
                old.task.rank = new.task.rank.clone();
                old.task.version = new.task.version;
                old.task.updated_at = new.task.updated_at;
                old.task.completed_at = new.task.completed_at;
                old.changes[TaskField::Position as usize] = new.changes[TaskField::Position as usize];
            }
            _ => drop(self.tasks.insert(id, new.clone())),
        }
    }

    fn write_column(&mut self, write: &ColumnWrite) {
        let new = &write.state;
        match (write.extent, self.columns.get_mut(&new.column.id)) {
            (Extent::Rank, Some(old)) => old.column.rank = new.column.rank.clone(),
            (Extent::Position, Some(old)) => {
                old.column.rank = new.column.rank.clone();
                old.column.version = new.column.version;
                old.changes[ColumnField::Position as usize] = new.changes[ColumnField::Position as usize];
            }
            _ => drop(self.columns.insert(new.column.id, new.clone())),
        }
    }
}

fn first_time(row: &Row) -> FirstTime {
    FirstTime {
        seq: row.event.seq,
        version: row.event.change.version(),
        target: row.event.change.target(),
        hash: row.hash,
    }
}
