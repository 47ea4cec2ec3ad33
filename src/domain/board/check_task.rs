//! The five ops on tasks.

use super::check::{Context, Verdict, stale_fields};
use super::event::Change;
use super::model::{Column, ColumnState, IdList, Priority, Status, Task, TaskField, TaskState};
use super::op::{
    BaseVersion, Destination, FirstColumn, TaskCreate, TaskDelete, TaskMove, TaskRestore, TaskSet, TaskUpdate,
};
use super::place::{Neighbours, Placement, place};
use super::refusal::Refusal;
use super::state::Board;
use crate::domain::ids::{ColumnId, LabelId, TaskId, UserId};
use crate::domain::rank::Rank;
use crate::domain::time::Moment;
use std::collections::BTreeMap;

impl Board {
    pub(super) fn check_task_create(&self, op: &TaskCreate, context: &Context<'_>) -> Result<Verdict, Refusal> {
        let id = op.task_id.unwrap_or(TaskId(context.fresh_id));
        if self.tasks.contains_key(&id) || context.taken.contains(&id.0) {
            return Err(Refusal::Conflict(format!("a task with the id {id} exists already")));
        }
        let assignees = op.assignee_ids.clone().unwrap_or_default();
        let labels = op.label_ids.clone().unwrap_or_default();
        check_assignees(context, assignees.as_slice(), &[], "assignee_ids")?;
        self.check_labels(context, labels.as_slice(), &[], "label_ids")?;
        let column = self.destination(op.column_id, None)?;
        self.check_wip(column, 1)?;
        let Placement { rank, ranks } = self.place_task(column.id, None, op.after, op.before)?;
        let task = Box::new(Task {
            id,
            number: context.number,
            title: op.title.clone(),
            column_id: column.id,
            rank,
            version: 1,
            priority: op.priority.unwrap_or(Priority::Medium),
            story_points: op.story_points,
            due_date: op.due_date,
            assignee_ids: assignees.as_slice().into(),
            label_ids: labels.as_slice().into(),
            comment_count: 0,
            attachment_count: 0,
            subtask_count: 0,
            subtask_done_count: 0,
            created_by: Some(context.actor),
            created_at: context.at,
            updated_at: context.at,
            completed_at: (column.status == Status::Done).then_some(context.at),
        });
        let description = op.description.clone().map(|text| text.into_boxed_str());
        Ok(Verdict { change: Change::TaskCreated { task, ranks }, description })
    }

    pub(super) fn check_task_update(&self, op: &TaskUpdate, context: &Context<'_>) -> Result<Verdict, Refusal> {
        let mut set = op.set.clone().unwrap_or_default();
        let deltas = [op.add_assignee_ids.as_slice(), op.remove_assignee_ids.as_slice()];
        let label_deltas = [op.add_label_ids.as_slice(), op.remove_label_ids.as_slice()];
        let sets_nothing = set == TaskSet::default();
        let has_deltas = deltas.iter().any(|ids| !ids.is_empty()) || label_deltas.iter().any(|ids| !ids.is_empty());
        if sets_nothing && (op.set.is_some() || !has_deltas) {
            return Err(Refusal::invalid("set", "must set at least one field, got none"));
        }
        let state = self.live_task(op.task_id)?;
        refuse_stale(state, op.version, &touched_by(&set))?;
        if set.assignee_ids.is_some() || deltas.iter().any(|ids| !ids.is_empty()) {
            let ids = changed_ids(&state.task.assignee_ids, set.assignee_ids.as_ref(), deltas, "add_assignee_ids")?;
            let field = if set.assignee_ids.is_some() { "set.assignee_ids" } else { "add_assignee_ids" };
            check_assignees(context, ids.as_slice(), &state.task.assignee_ids, field)?;
            set.assignee_ids = Some(ids);
        }
        if set.label_ids.is_some() || label_deltas.iter().any(|ids| !ids.is_empty()) {
            let ids = changed_ids(&state.task.label_ids, set.label_ids.as_ref(), label_deltas, "add_label_ids")?;
            let field = if set.label_ids.is_some() { "set.label_ids" } else { "add_label_ids" };
            self.check_labels(context, ids.as_slice(), &state.task.label_ids, field)?;
            set.label_ids = Some(ids);
        }
        let description = set.description.clone().map(|text| text.into_boxed_str());
        let change = Change::TaskUpdated { task_id: op.task_id, version: state.task.version + 1, set };
        Ok(Verdict { change, description })
    }

    pub(super) fn check_task_move(&self, op: &TaskMove, context: &Context<'_>) -> Result<Verdict, Refusal> {
        let state = self.live_task(op.task_id)?;
        let column = self.destination(op.column_id, Some(&state.task))?;
        refuse_stale(state, op.version, &[TaskField::Position])?;
        if column.id != state.task.column_id {
            self.check_wip(column, 1)?;
        }
        let stays = matches!(op.column_id, Destination::First(_)) && column.id == state.task.column_id;
        let Placement { rank, ranks } = if stays {
            Placement { rank: state.task.rank.clone(), ranks: BTreeMap::new() }
        } else {
            self.place_task(column.id, Some(op.task_id), op.after, op.before)?
        };
        let change = Change::TaskMoved {
            task_id: op.task_id,
            version: state.task.version + 1,
            from_column_id: state.task.column_id,
            column_id: column.id,
            rank,
            completed_at: self.completed_at(&state.task, column, context.at),
            ranks,
        };
        Ok(change.into())
    }

    pub(super) fn check_task_delete(&self, op: &TaskDelete) -> Result<Verdict, Refusal> {
        let state = self.live_task(op.task_id)?;
        refuse_stale(state, op.version, &TaskField::ALL)?;
        Ok(Change::TaskDeleted { task_id: op.task_id, version: state.task.version + 1 }.into())
    }

    pub(super) fn check_task_restore(&self, op: &TaskRestore, context: &Context<'_>) -> Result<Verdict, Refusal> {
        let state = self.tasks.get(&op.task_id).ok_or(Refusal::NotFound("task".into()))?;
        if !state.deleted {
            return Err(Refusal::Conflict("the task is not deleted".to_owned()));
        }
        let home = self.live_column(state.task.column_id).ok().map(|state| &state.column);
        let column = match home {
            Some(column) => column,
            None => self.destination(Destination::First(FirstColumn::First), None)?,
        };
        self.check_wip(column, 1)?;
        let Placement { rank, ranks } = match home {
            Some(_) => self.place_again(column.id, &state.task.rank)?,
            None => self.place_task(column.id, None, None, None)?,
        };
        let mut task = Box::new(state.task.clone());
        task.completed_at = self.completed_at(&state.task, column, context.at);
        task.column_id = column.id;
        task.rank = rank;
        task.version += 1;
        task.updated_at = context.at;
        Ok(Change::TaskRestored { task, ranks }.into())
    }

    /// The column that is meant. A task that shall be completed and stands in a `done` column stays there.
    fn destination(&self, destination: Destination, task: Option<&Task>) -> Result<&Column, Refusal> {
        match destination {
            Destination::Column(id) => Ok(&self.live_column(id)?.column),
            Destination::First(FirstColumn::First) => {
                self.columns().next().ok_or_else(|| Refusal::Conflict("the board has no column".to_owned()))
            }
            Destination::First(FirstColumn::FirstDone) => {
                let done = |column: &&Column| column.status == Status::Done;
                let here = task.and_then(|task| self.columns.get(&task.column_id)).map(|state| &state.column);
                let found = here.filter(done).or_else(|| self.columns().find(done));
                found.ok_or_else(|| Refusal::Conflict("the board has no column with the status done".to_owned()))
            }
        }
    }

    /// Refuses `more` tasks in a column that has a limit below what it would then hold.
    pub(super) fn check_wip(&self, column: &Column, more: usize) -> Result<(), Refusal> {
        let Some(limit) = column.wip_limit else { return Ok(()) };
        let count = self.task_order.get(&column.id).map_or(0, BTreeMap::len);
        if count + more <= usize::try_from(limit.get()).unwrap_or(0) {
            return Ok(());
        }
        Err(Refusal::WipLimit(format!("the column holds {count} tasks and may hold {}", limit.get())))
    }

    fn place_task(
        &self,
        column: ColumnId,
        subject: Option<TaskId>,
        after: Option<TaskId>,
        before: Option<TaskId>,
    ) -> Result<Placement<TaskId>, Refusal> {
        let empty = BTreeMap::new();
        let order = self.task_order.get(&column).unwrap_or(&empty);
        let rank_of = |id: TaskId| {
            let state = self.tasks.get(&id).filter(|state| !state.deleted && state.task.column_id == column)?;
            Some(state.task.rank.clone())
        };
        place(order, rank_of, subject, Neighbours { after, before }).ok_or_else(no_room)
    }

    /// The place that a deleted task had, or the one below whoever stands there now.
    fn place_again(&self, column: ColumnId, rank: &Rank) -> Result<Placement<TaskId>, Refusal> {
        match self.task_order.get(&column).and_then(|order| order.get(rank)) {
            None => Ok(Placement { rank: rank.clone(), ranks: BTreeMap::new() }),
            Some(occupant) => self.place_task(column, None, Some(*occupant), None),
        }
    }

    /// Entering a `done` column completes a task, leaving one does the opposite, anything else leaves it.
    pub(super) fn completed_at(&self, task: &Task, to: &Column, at: Moment) -> Option<Moment> {
        let is_done = |state: &ColumnState| state.column.status == Status::Done;
        let was_done = self.columns.get(&task.column_id).is_some_and(is_done);
        match (was_done, to.status == Status::Done) {
            (false, true) => Some(at),
            (true, false) => None,
            _ => task.completed_at,
        }
    }

    fn check_labels(
        &self,
        context: &Context<'_>,
        ids: &[LabelId],
        already: &[LabelId],
        field: &str,
    ) -> Result<(), Refusal> {
        let known = |id: &LabelId| already.contains(id) || context.access.labels.contains(&(self.project_id, *id));
        match ids.iter().find(|id| !known(id)) {
            Some(id) => Err(Refusal::invalid(field, format!("{id} is no label of this project"))),
            None => Ok(()),
        }
    }
}

pub(super) fn no_room() -> Refusal {
    Refusal::Conflict("there is no room between these neighbours".to_owned())
}

fn check_assignees(context: &Context<'_>, ids: &[UserId], already: &[UserId], field: &str) -> Result<(), Refusal> {
    match ids.iter().find(|id| !already.contains(id) && context.access.role(**id).is_none()) {
        Some(id) => Err(Refusal::invalid(field, format!("{id} is no member of this workspace"))),
        None => Ok(()),
    }
}

/// The fields that an update touches so that it may conflict; ids that are added or removed never do.
fn touched_by(set: &TaskSet) -> Vec<TaskField> {
    let touches = [
        (TaskField::Title, set.title.is_some()),
        (TaskField::Description, set.description.is_some()),
        (TaskField::Priority, set.priority.is_some()),
        (TaskField::StoryPoints, set.story_points.is_some()),
        (TaskField::DueDate, set.due_date.is_some()),
        (TaskField::AssigneeIds, set.assignee_ids.is_some()),
        (TaskField::LabelIds, set.label_ids.is_some()),
    ];
    touches.into_iter().filter(|(_, touched)| *touched).map(|(field, _)| field).collect()
}

fn refuse_stale(state: &TaskState, base: Option<BaseVersion>, fields: &[TaskField]) -> Result<(), Refusal> {
    let touched = fields.iter().map(|field| (*field, state.changes[*field as usize]));
    let conflicts = stale_fields(base, state.task.version, touched)?;
    if conflicts.is_empty() {
        return Ok(());
    }
    let touches_description = fields.contains(&TaskField::Description);
    Err(Refusal::TaskVersion { current: Box::new(state.task.clone()), conflicts, touches_description })
}

/// The whole new list: what is set, or else what stands, and then added to and removed from.
fn changed_ids<T: Copy + PartialEq>(
    current: &[T],
    set: Option<&IdList<T>>,
    [added, removed]: [&[T]; 2],
    field: &str,
) -> Result<IdList<T>, Refusal> {
    let base = set.map_or(current, IdList::as_slice);
    let ids = base.iter().chain(added).filter(|id| !removed.contains(id)).copied().collect();
    IdList::new(ids).map_err(|message| Refusal::invalid(field, message))
}
