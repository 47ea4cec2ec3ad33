//! Whether an op is allowed, and which change it makes. Nothing is changed here.

use super::event::Change;
use super::model::{ColumnState, TaskState, Version};
use super::op::{Ask, BaseVersion, Op, OpKind};
use super::refusal::Refusal;
use super::state::Board;
use crate::domain::ids::{ColumnId, TaskId, UserId};
use crate::domain::permission::{Access, Also, Right, right};
use crate::domain::time::Moment;
use std::collections::HashSet;
use uuid::Uuid;

/// Who asks, when, and what a board cannot know by itself.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub actor: UserId,
    pub access: &'a Access,
    /// The event's time, if there is one.
    pub at: Moment,
    /// The id of what is created, where the client has chosen none.
    pub fresh_id: Uuid,
    /// The number of a task that is created.
    pub number: i64,
    /// Ids that are known to exist elsewhere.
    pub taken: &'a HashSet<Uuid>,
}

/// What an accepted op does.
#[derive(Debug, PartialEq, Eq)]
pub struct Verdict {
    pub change: Change,
    /// The task's new description: it is stored, but neither held by the board nor told with a created task.
    pub description: Option<Box<str>>,
}

impl From<Change> for Verdict {
    fn from(change: Change) -> Self {
        Self { change, description: None }
    }
}

impl Board {
    /// Judges what was asked: rights first, then the body, then the state.
    ///
    /// # Errors
    /// The refusal; the board stays as it is.
    pub fn check(&self, ask: &Ask, context: &Context<'_>) -> Result<Verdict, Refusal> {
        self.check_right(ask, context)?;
        let op = match ask {
            Ask::Op(op) => op,
            Ask::Malformed { errors, .. } => return Err(Refusal::Invalid(errors.clone())),
        };
        match op {
            Op::TaskCreate(op) => self.check_task_create(op, context),
            Op::TaskUpdate(op) => self.check_task_update(op, context),
            Op::TaskMove(op) => self.check_task_move(op, context),
            Op::TaskDelete(op) => self.check_task_delete(op),
            Op::TaskRestore(op) => self.check_task_restore(op, context),
            Op::ColumnCreate(op) => self.check_column_create(op, context),
            Op::ColumnUpdate(op) => self.check_column_update(op),
            Op::ColumnMove(op) => self.check_column_move(op),
            Op::ColumnDelete(op) => self.check_column_delete(op, context),
        }
    }

    fn check_right(&self, ask: &Ask, context: &Context<'_>) -> Result<(), Refusal> {
        let role = context.access.role(context.actor).ok_or(Refusal::NotFound("board".into()))?;
        let Right::If(also) = right(ask.kind().action(), role) else {
            let allowed = right(ask.kind().action(), role) == Right::Always;
            return if allowed { Ok(()) } else { Err(Refusal::Forbidden) };
        };
        let Some(id) = ask.task_id() else { return Err(Refusal::Forbidden) };
        let is_there = |task: &&TaskState| !task.deleted || ask.kind() == OpKind::TaskRestore;
        let task = self.tasks.get(&id).filter(is_there).ok_or(Refusal::NotFound("task".into()))?;
        let allowed = match also {
            Also::Nobody => false,
            Also::Assignee => task.task.assignee_ids.contains(&context.actor),
            Also::Creator => task.task.created_by == Some(context.actor),
        };
        if allowed { Ok(()) } else { Err(Refusal::Forbidden) }
    }

    pub(super) fn live_task(&self, id: TaskId) -> Result<&TaskState, Refusal> {
        self.tasks.get(&id).filter(|task| !task.deleted).ok_or(Refusal::NotFound("task".into()))
    }

    pub(super) fn live_column(&self, id: ColumnId) -> Result<&ColumnState, Refusal> {
        self.columns.get(&id).filter(|column| !column.deleted).ok_or(Refusal::NotFound("column".into()))
    }
}

/// Holds the version that an op names against the current one, and says which of the `touched` fields were changed
/// since. No version is the caller's knowing choice that the last writer wins.
pub(super) fn stale_fields<Field: Copy>(
    base: Option<BaseVersion>,
    current: Version,
    touched: impl IntoIterator<Item = (Field, Version)>,
) -> Result<Vec<(Field, Version)>, Refusal> {
    let Some(base) = base.map(BaseVersion::get) else { return Ok(Vec::new()) };
    if base > current {
        return Err(Refusal::invalid("version", format!("must be at most {current}, the current version, got {base}")));
    }
    Ok(touched.into_iter().filter(|(_, changed)| *changed > base).collect())
}
