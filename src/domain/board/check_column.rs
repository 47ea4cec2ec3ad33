//! The four ops on columns.

use super::check::{Context, Verdict, stale_fields};
use super::check_task::no_room;
use super::event::{Change, MovedTask};
use super::model::{Column, ColumnField, ColumnState, Task};
use super::op::{BaseVersion, ColumnCreate, ColumnDelete, ColumnMove, ColumnSet, ColumnUpdate};
use super::place::{Neighbours, Placement, place};
use super::refusal::Refusal;
use super::state::Board;
use crate::domain::ids::ColumnId;
use crate::domain::rank::Rank;

/// The most tasks that the deletion of a column may move.
const MOVED_MAX: usize = 500;

impl Board {
    pub(super) fn check_column_create(&self, op: &ColumnCreate, context: &Context<'_>) -> Result<Verdict, Refusal> {
        let id = op.column_id.unwrap_or(ColumnId(context.fresh_id));
        if self.columns.contains_key(&id) || context.taken.contains(&id.0) {
            return Err(Refusal::Conflict(format!("a column with the id {id} exists already")));
        }
        let Placement { rank, ranks } = self.place_column(None, op.after, op.before)?;
        let column = Box::new(Column {
            id,
            name: op.name.clone(),
            status: op.status,
            rank,
            wip_limit: op.wip_limit,
            version: 1,
        });
        Ok(Change::ColumnCreated { column, ranks }.into())
    }

    pub(super) fn check_column_update(&self, op: &ColumnUpdate) -> Result<Verdict, Refusal> {
        if op.set == ColumnSet::default() {
            return Err(Refusal::invalid("set", "must set at least one field, got none"));
        }
        let state = self.live_column(op.column_id)?;
        let touches = [
            (ColumnField::Name, op.set.name.is_some()),
            (ColumnField::Status, op.set.status.is_some()),
            (ColumnField::WipLimit, op.set.wip_limit.is_some()),
        ];
        let touched: Vec<_> = touches.into_iter().filter(|(_, touched)| *touched).map(|(field, _)| field).collect();
        refuse_stale(state, op.version, &touched)?;
        let version = state.column.version + 1;
        Ok(Change::ColumnUpdated { column_id: op.column_id, version, set: op.set.clone() }.into())
    }

    pub(super) fn check_column_move(&self, op: &ColumnMove) -> Result<Verdict, Refusal> {
        let state = self.live_column(op.column_id)?;
        refuse_stale(state, op.version, &[ColumnField::Position])?;
        let Placement { rank, ranks } = self.place_column(Some(op.column_id), op.after, op.before)?;
        let version = state.column.version + 1;
        Ok(Change::ColumnMoved { column_id: op.column_id, version, rank, ranks }.into())
    }

    pub(super) fn check_column_delete(&self, op: &ColumnDelete, context: &Context<'_>) -> Result<Verdict, Refusal> {
        if op.move_tasks_to == Some(op.column_id) {
            return Err(Refusal::invalid("move_tasks_to", "must be another column than the deleted one"));
        }
        let state = self.live_column(op.column_id)?;
        let to = op.move_tasks_to.map(|id| self.live_column(id)).transpose()?.map(|state| &state.column);
        refuse_stale(state, op.version, &ColumnField::ALL)?;
        let tasks: Vec<&Task> = self.tasks_of(op.column_id).collect();
        if to.is_none() && !tasks.is_empty() {
            return Err(Refusal::Conflict(format!("the column is not empty: it holds {} tasks", tasks.len())));
        }
        if tasks.len() > MOVED_MAX {
            let message = format!("the column holds {} tasks, and at most {MOVED_MAX} are moved at once", tasks.len());
            return Err(Refusal::Conflict(message));
        }
        let mut moved = Vec::with_capacity(tasks.len());
        if let Some(to) = to.filter(|_| !tasks.is_empty()) {
            self.check_wip(to, tasks.len())?;
            let last = self.task_order.get(&to.id).and_then(|order| order.last_key_value()).map(|(rank, _)| rank);
            let ranks = Rank::spread(last, None, tasks.len());
            moved.extend(tasks.into_iter().zip(ranks).map(|(task, rank)| MovedTask {
                task_id: task.id,
                version: task.version + 1,
                rank,
                completed_at: self.completed_at(task, to, context.at),
            }));
        }
        let version = state.column.version + 1;
        Ok(Change::ColumnDeleted { column_id: op.column_id, version, to_column_id: op.move_tasks_to, moved }.into())
    }

    fn place_column(
        &self,
        subject: Option<ColumnId>,
        after: Option<ColumnId>,
        before: Option<ColumnId>,
    ) -> Result<Placement<ColumnId>, Refusal> {
        let rank_of = |id: ColumnId| Some(self.live_column(id).ok()?.column.rank.clone());
        place::<ColumnId>(&self.column_order, rank_of, subject, Neighbours { after, before }).ok_or_else(no_room)
    }
}

fn refuse_stale(state: &ColumnState, base: Option<BaseVersion>, fields: &[ColumnField]) -> Result<(), Refusal> {
    let touched = fields.iter().map(|field| (*field, state.changes[*field as usize]));
    let conflicts = stale_fields(base, state.column.version, touched)?;
    if conflicts.is_empty() {
        return Ok(());
    }
    Err(Refusal::ColumnVersion { current: Box::new(state.column.clone()), conflicts })
}
