//! Lists of tasks by filter and order, over all boards that somebody may see.
//!
//! Each fails as the database does, and says what else it fails with.

use super::task::{ColumnRow, TaskRow, with_lists};
use crate::domain::board::model::{Column, Priority, Status, Task, TaskState};
use crate::domain::ids::{BoardId, ColumnId, LabelId, ProjectId, TaskId, UserId, WorkspaceId};
use crate::domain::time::Moment;
use crate::store::columns::sql as sql_moment;
use crate::store::conn::query;
use crate::store::schema::{boards, columns, memberships, projects, task_assignees, task_labels, tasks, workspaces};
use crate::store::{Conn, StoreError, StoreResult};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable, Text};
use diesel_async::RunQueryDsl;
use std::collections::HashMap;

/// A task and where it hangs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    pub task: Task,
    /// Its column's.
    pub status: Status,
    pub board_id: BoardId,
    pub project_id: ProjectId,
    pub workspace_id: WorkspaceId,
}

type Place = (BoardId, ProjectId, WorkspaceId);

/// Which tasks to list; `None` and empty lists don't restrict.
#[derive(Debug, Clone, Default)]
pub struct TaskFilter {
    pub workspace_id: Option<WorkspaceId>,
    pub project_id: Option<ProjectId>,
    pub board_id: Option<BoardId>,
    pub assignee_id: Option<UserId>,
    pub label_id: Option<LabelId>,
    pub statuses: Vec<Status>,
    pub priorities: Vec<Priority>,
    pub due_before: Option<Moment>,
    /// A part of the title or the description, in any case.
    pub text: Option<String>,
}

/// What tasks are ordered by; the id decides between equals. Tasks without a due date come last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    CreatedAt,
    UpdatedAt,
    DueDate,
    Priority,
    Number,
}

/// An order, and where the page before ended: the last task's key ([`sort_value`]) and id.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    pub key: SortKey,
    pub descending: bool,
    pub after: Option<(i64, TaskId)>,
    pub limit: i64,
}

/// A task's place in an order, before its id.
pub fn sort_value(task: &Task, key: SortKey, descending: bool) -> i64 {
    match key {
        SortKey::CreatedAt => task.created_at.micros(),
        SortKey::UpdatedAt => task.updated_at.micros(),
        SortKey::DueDate => task.due_date.unwrap_or(no_date(descending)).micros(),
        SortKey::Priority => i64::from(priority_weight(task.priority)),
        SortKey::Number => task.number,
    }
}

/// Stands for "no due date", which comes last in either direction.
fn no_date(descending: bool) -> Moment {
    if descending { Moment::MIN } else { Moment::MAX }
}

fn priority_weight(priority: Priority) -> i32 {
    match priority {
        Priority::Low => 0,
        Priority::Medium => 1,
        Priority::High => 2,
        Priority::Critical => 3,
    }
}

/// [`priority_weight`] for the database.
const PRIORITY_WEIGHT: &str =
    "case tasks.priority when 'low' then 0 when 'medium' then 1 when 'high' then 2 else 3 end";

diesel::define_sql_function! {
    fn lower(text: Text) -> Text;
}

diesel::define_sql_function! {
    fn coalesce(moment: Nullable<sql_moment::Moment>, otherwise: sql_moment::Moment) -> sql_moment::Moment;
}

/// Orders by a column and the id, from where the page before ended.
macro_rules! by {
    ($rows:expr, $page:expr, $column:expr, $value:expr) => {{
        let rows = $rows;
        match ($page.descending, $page.after) {
            (false, None) => rows.order(($column.asc(), tasks::id.asc())),
            (true, None) => rows.order(($column.desc(), tasks::id.desc())),
            (false, Some((last, id))) => rows
                .filter($column.gt($value(last)).or($column.eq($value(last)).and(tasks::id.gt(id))))
                .order(($column.asc(), tasks::id.asc())),
            (true, Some((last, id))) => rows
                .filter($column.lt($value(last)).or($column.eq($value(last)).and(tasks::id.lt(id))))
                .order(($column.desc(), tasks::id.desc())),
        }
    }};
}

/// The tasks that `user` may see and the filter lets through, a page of them.
pub async fn list(conn: &mut Conn, user: UserId, filter: TaskFilter, page: Page) -> StoreResult<Vec<Placed>> {
    let mine = memberships::table.filter(memberships::user_id.eq(user)).select(memberships::workspace_id);
    let visible = boards::table
        .inner_join(projects::table.inner_join(workspaces::table))
        .filter(boards::deleted_at.is_null())
        .filter(projects::deleted_at.is_null())
        .filter(workspaces::deleted_at.is_null())
        .filter(workspaces::id.eq_any(mine))
        .select(boards::id);
    let rows: Vec<(TaskRow, Place)> = query!(conn, |c| {
        let mut rows = tasks::table
            .filter(tasks::deleted_at.is_null())
            .filter(tasks::board_id.eq_any(visible))
            .select((TaskRow::as_select(), (tasks::board_id, tasks::project_id, tasks::workspace_id)))
            .limit(page.limit)
            .into_boxed();
        if let Some(id) = filter.workspace_id {
            rows = rows.filter(tasks::workspace_id.eq(id));
        }
        if let Some(id) = filter.project_id {
            rows = rows.filter(tasks::project_id.eq(id));
        }
        if let Some(id) = filter.board_id {
            rows = rows.filter(tasks::board_id.eq(id));
        }
        if let Some(id) = filter.assignee_id {
            let theirs = task_assignees::table.filter(task_assignees::user_id.eq(id)).select(task_assignees::task_id);
            rows = rows.filter(tasks::id.eq_any(theirs));
        }
        if let Some(id) = filter.label_id {
            let labelled = task_labels::table.filter(task_labels::label_id.eq(id)).select(task_labels::task_id);
            rows = rows.filter(tasks::id.eq_any(labelled));
        }
        if !filter.statuses.is_empty() {
            let names = filter.statuses.iter().map(|status| status.name());
            let standing = columns::table.filter(columns::status.eq_any(names)).select(columns::id);
            rows = rows.filter(tasks::column_id.eq_any(standing));
        }
        if !filter.priorities.is_empty() {
            rows = rows.filter(tasks::priority.eq_any(filter.priorities.iter().map(|priority| priority.name())));
        }
        if let Some(moment) = filter.due_before {
            rows = rows.filter(tasks::due_date.lt(moment));
        }
        if let Some(text) = &filter.text {
            let pattern = like_pattern(text);
            let title = lower(tasks::title).like(pattern.clone()).escape('\\');
            rows = rows.filter(title.or(lower(tasks::description).like(pattern).escape('\\')));
        }
        let (moment, weight) = (Moment::from_micros, |v: i64| i32::try_from(v).unwrap_or(i32::MAX));
        rows = match page.key {
            SortKey::CreatedAt => by!(rows, page, tasks::created_at, moment),
            SortKey::UpdatedAt => by!(rows, page, tasks::updated_at, moment),
            SortKey::DueDate => by!(rows, page, coalesce(tasks::due_date, no_date(page.descending)), moment),
            SortKey::Priority => by!(rows, page, sql::<Integer>(PRIORITY_WEIGHT), weight),
            SortKey::Number => by!(rows, page, tasks::number, |v| v),
        };
        rows.load(c).await
    })?;
    let (rows, places): (Vec<TaskRow>, Vec<Place>) = rows.into_iter().unzip();
    let standing_in: Vec<ColumnId> = rows.iter().map(|row| row.column_id).collect();
    let statuses = statuses(conn, &standing_in).await?;
    let tasks = with_lists(conn, rows).await?;
    let placed = |(state, (board_id, project_id, workspace_id)): (TaskState, Place)| {
        let task = state.task;
        let status = statuses.get(&task.column_id).copied();
        let status = status.ok_or_else(|| StoreError::Unreadable(format!("task {}: no column", task.id)))?;
        Ok(Placed { task, status, board_id, project_id, workspace_id })
    };
    tasks.into_iter().zip(places).map(placed).collect()
}

/// The status of each column.
pub async fn statuses(conn: &mut Conn, ids: &[ColumnId]) -> StoreResult<HashMap<ColumnId, Status>> {
    let names = columns::table.filter(columns::id.eq_any(ids)).select((columns::id, columns::status));
    let names: Vec<(ColumnId, String)> = query!(conn, |c| names.load(c).await)?;
    let status = |(id, name): (ColumnId, String)| match Status::from_name(&name) {
        Some(status) => Ok((id, status)),
        None => Err(StoreError::Unreadable(format!("column {id}, status: {name:?}"))),
    };
    names.into_iter().map(status).collect()
}

/// A column, deleted or not.
pub async fn column(conn: &mut Conn, id: ColumnId) -> StoreResult<Option<Column>> {
    let row = columns::table.find(id);
    let row: Option<ColumnRow> = query!(conn, |c| row.select(ColumnRow::as_select()).first(c).await.optional())?;
    row.map(|row| Ok(row.into_state()?.column)).transpose()
}

/// A pattern for `like` that finds `text` itself anywhere.
fn like_pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
