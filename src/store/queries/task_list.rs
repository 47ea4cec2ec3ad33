//! Tasks as they are listed and read one by one. They are written by the committer only.

use crate::domain::board::model::{Bounded, Column, Priority, Status, Task};
use crate::domain::ids::{BoardId, ColumnId, LabelId, ProjectId, TaskId, UserId, WorkspaceId};
use crate::domain::rank::Rank;
use crate::domain::text;
use crate::domain::time::Moment;
use crate::store::schema::{
    boards, columns, memberships, projects, task_assignees, task_labels, tasks, workspaces,
};
use crate::store::conn::query;
use crate::store::{Conn, StoreError, StoreResult};
use crate::store::columns::sql as sql_moment;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable, Text};
use diesel_async::RunQueryDsl;
use std::collections::HashMap;

/// A task and where it hangs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    pub task: Task,
    pub board_id: BoardId,
    pub project_id: ProjectId,
    pub workspace_id: WorkspaceId,
    /// Its column's.
    pub status: Status,
    pub deleted_at: Option<Moment>,
}

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

#[derive(Queryable, Selectable)]
#[diesel(table_name = tasks)]
struct Row {
    id: TaskId,
    board_id: BoardId,
    project_id: ProjectId,
    workspace_id: WorkspaceId,
    number: i64,
    title: String,
    column_id: ColumnId,
    rank: String,
    version: i32,
    priority: String,
    story_points: Option<i32>,
    due_date: Option<Moment>,
    comment_count: i32,
    attachment_count: i32,
    subtask_count: i32,
    subtask_done_count: i32,
    created_by: Option<UserId>,
    created_at: Moment,
    updated_at: Moment,
    completed_at: Option<Moment>,
    deleted_at: Option<Moment>,
}

fn unreadable(text: String) -> StoreError {
    StoreError::Unreadable(text)
}

fn bounded<const MIN: i32, const MAX: i32>(value: Option<i32>) -> StoreResult<Option<Bounded<MIN, MAX>>> {
    value.map(|v| Bounded::new(v.into()).map_err(unreadable)).transpose()
}

fn status(name: &str) -> StoreResult<Status> {
    Status::from_name(name).ok_or_else(|| unreadable(format!("status {name:?}")))
}

impl Row {
    fn placed(self, status: Status, assignees: Vec<UserId>, labels: Vec<LabelId>) -> StoreResult<Placed> {
        let priority =
            Priority::from_name(&self.priority).ok_or_else(|| unreadable(format!("priority {:?}", self.priority)))?;
        Ok(Placed {
            task: Task {
                id: self.id,
                number: self.number,
                title: text::Text::new(self.title).map_err(unreadable)?,
                column_id: self.column_id,
                rank: Rank::from_stored(self.rank),
                version: self.version,
                priority,
                story_points: bounded(self.story_points)?,
                due_date: self.due_date,
                assignee_ids: assignees.into(),
                label_ids: labels.into(),
                comment_count: self.comment_count,
                attachment_count: self.attachment_count,
                subtask_count: self.subtask_count,
                subtask_done_count: self.subtask_done_count,
                created_by: self.created_by,
                created_at: self.created_at,
                updated_at: self.updated_at,
                completed_at: self.completed_at,
            },
            board_id: self.board_id,
            project_id: self.project_id,
            workspace_id: self.workspace_id,
            status,
            deleted_at: self.deleted_at,
        })
    }
}

/// A task with its description, deleted or not, while its board stands.
pub async fn one(conn: &mut Conn, id: TaskId) -> StoreResult<Option<(Placed, String)>> {
    let row = tasks::table.find(id);
    let row: Option<(Row, String)> = query!(conn, |c| row.select((Row::as_select(), tasks::description)).first(c).await.optional())?;
    let Some((row, description)) = row else { return Ok(None) };
    let placed = with_lists(conn, vec![row]).await?.pop();
    Ok(placed.map(|placed| (placed, description)))
}

/// A column, deleted or not, and the board that it stands on.
pub async fn column(conn: &mut Conn, id: ColumnId) -> StoreResult<Option<(BoardId, Column)>> {
    type ColumnRow = (BoardId, String, String, String, Option<i32>, i32);
    let row = columns::table.find(id).select((
        columns::board_id,
        columns::name,
        columns::status,
        columns::rank,
        columns::wip_limit,
        columns::version,
    ));
    let row: Option<ColumnRow> = query!(conn, |c| row.first(c).await.optional())?;
    let Some((board_id, name, status_name, rank, wip_limit, version)) = row else { return Ok(None) };
    let column = Column {
        id,
        name: text::Text::new(name).map_err(unreadable)?,
        status: status(&status_name)?,
        rank: Rank::from_stored(rank),
        wip_limit: bounded(wip_limit)?,
        version,
    };
    Ok(Some((board_id, column)))
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
    let rows: Vec<Row> = query!(conn, |c| {
        let mut rows = tasks::table
            .filter(tasks::deleted_at.is_null())
            .filter(tasks::board_id.eq_any(visible))
            .select(Row::as_select())
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
    with_lists(conn, rows).await
}

/// Adds assignees, labels and statuses, in three questions for all.
async fn with_lists(conn: &mut Conn, rows: Vec<Row>) -> StoreResult<Vec<Placed>> {
    let ids: Vec<TaskId> = rows.iter().map(|row| row.id).collect();
    let standing_in: Vec<ColumnId> = rows.iter().map(|row| row.column_id).collect();
    let assignees = task_assignees::table
        .filter(task_assignees::task_id.eq_any(&ids))
        .order(task_assignees::position.asc())
        .select((task_assignees::task_id, task_assignees::user_id));
    let mut assignees = grouped::<UserId>(query!(conn, |c| assignees.load(c).await)?);
    let labels = task_labels::table
        .filter(task_labels::task_id.eq_any(&ids))
        .order(task_labels::position.asc())
        .select((task_labels::task_id, task_labels::label_id));
    let mut labels = grouped::<LabelId>(query!(conn, |c| labels.load(c).await)?);
    let statuses =
        columns::table.filter(columns::id.eq_any(&standing_in)).select((columns::id, columns::status));
    let statuses: HashMap<ColumnId, String> =
        query!(conn, |c| statuses.load::<(ColumnId, String)>(c).await)?.into_iter().collect();
    rows.into_iter()
        .map(|row| {
            let name = statuses.get(&row.column_id).ok_or_else(|| unreadable(format!("column of task {}", row.id)))?;
            let (users, tags) = (assignees.remove(&row.id), labels.remove(&row.id));
            row.placed(status(name)?, users.unwrap_or_default(), tags.unwrap_or_default())
        })
        .collect()
}

fn grouped<T>(pairs: Vec<(TaskId, T)>) -> HashMap<TaskId, Vec<T>> {
    let mut groups: HashMap<TaskId, Vec<T>> = HashMap::new();
    for (task, value) in pairs {
        groups.entry(task).or_default().push(value);
    }
    groups
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
