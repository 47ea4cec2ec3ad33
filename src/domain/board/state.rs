//! The document: columns and tasks, and how an event changes them.

use super::commit::Extent;
use super::event::{Change, Event, MovedTask, Respaced};
use super::model::{Column, ColumnField, ColumnState, Task, TaskField, TaskState, Version};
use super::op::{ColumnSet, TaskSet};
use crate::domain::ids::{ColumnId, ProjectId, TaskId};
use crate::domain::rank::Rank;
use crate::domain::time::Moment;
use std::collections::{BTreeMap, HashMap};

/// A board as of one event. It holds what was deleted too, so that it can be restored; no descriptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Board {
    pub(super) project_id: ProjectId,
    pub(super) columns: HashMap<ColumnId, ColumnState>,
    pub(super) column_order: BTreeMap<Rank, ColumnId>,
    pub(super) tasks: HashMap<TaskId, TaskState>,
    /// An entry for each column that is not deleted.
    pub(super) task_order: HashMap<ColumnId, BTreeMap<Rank, TaskId>>,
    /// What tasks and columns were before a group of ops that may yet be taken back.
    undo: Option<Vec<Undo>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Undo {
    Task(TaskId, Option<Box<TaskState>>),
    Column(ColumnId, Option<Box<ColumnState>>),
}

/// Which rows one event has changed, and how much of each.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Touched {
    pub tasks: Vec<(TaskId, Extent)>,
    pub columns: Vec<(ColumnId, Extent)>,
}

impl Board {
    /// A board from its rows, deleted ones included.
    pub fn new(project_id: ProjectId, columns: Vec<ColumnState>, tasks: Vec<TaskState>) -> Self {
        let mut board = Self {
            project_id,
            columns: HashMap::with_capacity(columns.len()),
            column_order: BTreeMap::new(),
            tasks: HashMap::with_capacity(tasks.len()),
            task_order: HashMap::new(),
            undo: None,
        };
        for column in columns {
            board.put_column(column);
        }
        for task in tasks {
            board.put_task(task);
        }
        board
    }

    pub fn task(&self, id: TaskId) -> Option<&TaskState> {
        self.tasks.get(&id)
    }

    pub fn column(&self, id: ColumnId) -> Option<&ColumnState> {
        self.columns.get(&id)
    }

    /// Columns from left to right, without the deleted ones.
    pub fn columns(&self) -> impl Iterator<Item = &Column> {
        self.column_order.values().filter_map(|id| Some(&self.columns.get(id)?.column))
    }

    /// A column's tasks from top to bottom.
    pub fn tasks_of(&self, column: ColumnId) -> impl Iterator<Item = &Task> {
        let order = self.task_order.get(&column).into_iter().flat_map(BTreeMap::values);
        order.filter_map(|id| Some(&self.tasks.get(id)?.task))
    }

    /// From here on, what changes can be taken back by [`Board::revert`], until [`Board::keep`].
    pub fn mark(&mut self) {
        self.undo = Some(Vec::new());
    }

    /// Forgets the mark: what changed since stays.
    pub fn keep(&mut self) {
        self.undo = None;
    }

    /// Takes back all that changed since the mark.
    pub fn revert(&mut self) {
        for undo in self.undo.take().unwrap_or_default().into_iter().rev() {
            match undo {
                Undo::Task(id, before) => {
                    self.remove_task(id);
                    before.into_iter().for_each(|task| self.put_task(*task));
                }
                Undo::Column(id, before) => {
                    self.remove_column(id);
                    match before {
                        Some(column) => self.put_column(*column),
                        None => drop(self.task_order.remove(&id)),
                    }
                }
            }
        }
    }

    /// Replays one event. What it touches must exist, as it does for an event that this board's check made.
    pub fn apply(&mut self, event: &Event) -> Touched {
        let mut touched = Touched::default();
        let at = event.at;
        match &event.change {
            Change::TaskCreated { task, ranks } => {
                self.respace_tasks(ranks, &mut touched);
                let state =
                    TaskState { task: (**task).clone(), changes: [task.version; TaskField::ALL.len()], deleted: false };
                self.save_task(task.id);
                self.put_task(state);
                touched.tasks.push((task.id, Extent::New));
            }
            Change::TaskUpdated { task_id, version, set } => {
                self.change_task(*task_id, |state| set_task_fields(state, set, *version, at));
                touched.tasks.push((*task_id, Extent::All));
            }
            Change::TaskMoved { task_id, version, column_id, rank, completed_at, ranks, .. } => {
                self.respace_tasks(ranks, &mut touched);
                let moved =
                    MovedTask { task_id: *task_id, version: *version, rank: rank.clone(), completed_at: *completed_at };
                self.change_task(*task_id, |state| move_task(state, *column_id, &moved, at));
                touched.tasks.push((*task_id, Extent::Position));
            }
            Change::TaskDeleted { task_id, version } => {
                self.change_task(*task_id, |state| {
                    state.task.version = *version;
                    state.task.updated_at = at;
                    state.changes = [*version; TaskField::ALL.len()];
                    state.deleted = true;
                });
                touched.tasks.push((*task_id, Extent::All));
            }
            Change::TaskRestored { task, ranks } => {
                self.respace_tasks(ranks, &mut touched);
                self.change_task(task.id, |state| {
                    state.task = (**task).clone();
                    state.changes = [task.version; TaskField::ALL.len()];
                    state.deleted = false;
                });
                touched.tasks.push((task.id, Extent::All));
            }
            Change::ColumnCreated { column, ranks } => {
                self.respace_columns(ranks, &mut touched);
                let changes = [column.version; ColumnField::ALL.len()];
                self.save_column(column.id);
                self.put_column(ColumnState { column: (**column).clone(), changes, deleted: false });
                touched.columns.push((column.id, Extent::New));
            }
            Change::ColumnUpdated { column_id, version, set } => {
                self.change_column(*column_id, |state| set_column_fields(state, set, *version));
                touched.columns.push((*column_id, Extent::All));
            }
            Change::ColumnMoved { column_id, version, rank, ranks } => {
                self.respace_columns(ranks, &mut touched);
                self.change_column(*column_id, |state| {
                    if state.column.rank != *rank {
                        state.changes[ColumnField::Position as usize] = *version;
                    }
                    state.column.rank = rank.clone();
                    state.column.version = *version;
                });
                touched.columns.push((*column_id, Extent::Position));
            }
            Change::ColumnDeleted { column_id, version, to_column_id, moved } => {
                for task in moved {
                    let Some(to) = to_column_id else { continue };
                    self.change_task(task.task_id, |state| move_task(state, *to, task, at));
                    touched.tasks.push((task.task_id, Extent::Position));
                }
                self.change_column(*column_id, |state| {
                    state.column.version = *version;
                    state.changes = [*version; ColumnField::ALL.len()];
                    state.deleted = true;
                });
                touched.columns.push((*column_id, Extent::All));
            }
        }
        touched
    }

    fn respace_tasks(&mut self, ranks: &Respaced<TaskId>, touched: &mut Touched) {
        let states: Vec<_> = ranks
            .keys()
            .filter_map(|id| {
                self.save_task(*id);
                self.remove_task(*id)
            })
            .collect();
        for mut state in states {
            if let Some(rank) = ranks.get(&state.task.id) {
                state.task.rank = rank.clone();
            }
            touched.tasks.push((state.task.id, Extent::Rank));
            self.put_task(state);
        }
    }

    fn respace_columns(&mut self, ranks: &Respaced<ColumnId>, touched: &mut Touched) {
        for (id, rank) in ranks {
            self.save_column(*id);
            let Some(state) = self.columns.get_mut(id) else { continue };
            remove_entry(&mut self.column_order, &state.column.rank, id);
            state.column.rank = rank.clone();
            touched.columns.push((*id, Extent::Rank));
        }
        // Only when all old ranks are gone: a new rank may be another's old one.
        for (id, rank) in ranks {
            self.column_order.insert(rank.clone(), *id);
        }
    }

    fn change_task(&mut self, id: TaskId, change: impl FnOnce(&mut TaskState)) {
        self.save_task(id);
        let Some(state) = self.tasks.get_mut(&id) else { return };
        if !state.deleted
            && let Some(order) = self.task_order.get_mut(&state.task.column_id)
        {
            remove_entry(order, &state.task.rank, &id);
        }
        change(state);
        if !state.deleted {
            self.task_order.entry(state.task.column_id).or_default().insert(state.task.rank.clone(), id);
        }
    }

    fn change_column(&mut self, id: ColumnId, change: impl FnOnce(&mut ColumnState)) {
        self.save_column(id);
        let Some(state) = self.columns.get_mut(&id) else { return };
        remove_entry(&mut self.column_order, &state.column.rank, &id);
        change(state);
        if state.deleted {
            self.task_order.remove(&id);
        } else {
            self.column_order.insert(state.column.rank.clone(), id);
        }
    }

    fn save_task(&mut self, id: TaskId) {
        if let Some(undo) = &mut self.undo {
            undo.push(Undo::Task(id, self.tasks.get(&id).cloned().map(Box::new)));
        }
    }

    fn save_column(&mut self, id: ColumnId) {
        if let Some(undo) = &mut self.undo {
            undo.push(Undo::Column(id, self.columns.get(&id).cloned().map(Box::new)));
        }
    }

    fn put_task(&mut self, state: TaskState) {
        if !state.deleted {
            self.task_order.entry(state.task.column_id).or_default().insert(state.task.rank.clone(), state.task.id);
        }
        self.tasks.insert(state.task.id, state);
    }

    fn remove_task(&mut self, id: TaskId) -> Option<TaskState> {
        let state = self.tasks.remove(&id)?;
        if !state.deleted
            && let Some(order) = self.task_order.get_mut(&state.task.column_id)
        {
            remove_entry(order, &state.task.rank, &id);
        }
        Some(state)
    }

    fn put_column(&mut self, state: ColumnState) {
        if !state.deleted {
            self.column_order.insert(state.column.rank.clone(), state.column.id);
            self.task_order.entry(state.column.id).or_default();
        }
        self.columns.insert(state.column.id, state);
    }

    fn remove_column(&mut self, id: ColumnId) {
        if let Some(state) = self.columns.remove(&id)
            && !state.deleted
        {
            remove_entry(&mut self.column_order, &state.column.rank, &id);
        }
    }
}

/// Removes an entry only where it is still `id`'s: a respaced neighbour may have got the rank that `id` is about to leave.
fn remove_entry<Id: PartialEq>(order: &mut BTreeMap<Rank, Id>, rank: &Rank, id: &Id) {
    if order.get(rank) == Some(id) {
        order.remove(rank);
    }
}

/// Sets `field` where it differs, and then notes the version at which it changed.
fn assign<T: PartialEq>(field: &mut T, value: T, changed: &mut Version, version: Version) {
    if *field != value {
        *field = value;
        *changed = version;
    }
}

fn set_task_fields(state: &mut TaskState, set: &TaskSet, version: Version, at: Moment) {
    let TaskState { task, changes, .. } = state;
    task.version = version;
    task.updated_at = at;
    if let Some(title) = &set.title {
        assign(&mut task.title, title.clone(), &mut changes[TaskField::Title as usize], version);
    }
    if set.description.is_some() {
        // The board holds no descriptions, so it can't tell whether this one differs.
        changes[TaskField::Description as usize] = version;
    }
    if let Some(priority) = set.priority {
        assign(&mut task.priority, priority, &mut changes[TaskField::Priority as usize], version);
    }
    if let Some(points) = set.story_points {
        assign(&mut task.story_points, points, &mut changes[TaskField::StoryPoints as usize], version);
    }
    if let Some(due) = set.due_date {
        assign(&mut task.due_date, due, &mut changes[TaskField::DueDate as usize], version);
    }
    if let Some(ids) = &set.assignee_ids {
        assign(&mut task.assignee_ids, ids.as_slice().into(), &mut changes[TaskField::AssigneeIds as usize], version);
    }
    if let Some(ids) = &set.label_ids {
        assign(&mut task.label_ids, ids.as_slice().into(), &mut changes[TaskField::LabelIds as usize], version);
    }
}

fn set_column_fields(state: &mut ColumnState, set: &ColumnSet, version: Version) {
    let ColumnState { column, changes, .. } = state;
    column.version = version;
    if let Some(name) = &set.name {
        assign(&mut column.name, name.clone(), &mut changes[ColumnField::Name as usize], version);
    }
    if let Some(status) = set.status {
        assign(&mut column.status, status, &mut changes[ColumnField::Status as usize], version);
    }
    if let Some(limit) = set.wip_limit {
        assign(&mut column.wip_limit, limit, &mut changes[ColumnField::WipLimit as usize], version);
    }
}

fn move_task(state: &mut TaskState, to: ColumnId, moved: &MovedTask, at: Moment) {
    let TaskState { task, changes, .. } = state;
    if (task.column_id, &task.rank) != (to, &moved.rank) {
        changes[TaskField::Position as usize] = moved.version;
    }
    task.column_id = to;
    task.rank = moved.rank.clone();
    task.version = moved.version;
    task.completed_at = moved.completed_at;
    task.updated_at = at;
}
