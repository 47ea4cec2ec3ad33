//! Tasks and columns, as they lie in their tables.

use crate::domain::board::model::{
    Column, ColumnState, Priority, Status, StoryPoints, Task, TaskState, Version, WipLimit,
};
use crate::domain::ids::{BoardId, ColumnId, LabelId, ProjectId, TaskId, UserId, WorkspaceId};
use crate::domain::rank::Rank;
use crate::domain::text::{ShortName, Title};
use crate::domain::time::Moment;
use crate::store::conn::{Conn, load_all, query};
use crate::store::error::{StoreError, StoreResult};
use crate::store::schema::{columns, task_assignees, task_labels, tasks};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use std::collections::HashMap;

/// A task's row without its description, as it is read. [`with_lists`] makes tasks of several.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = tasks)]
pub struct TaskRow {
    pub id: TaskId,
    pub number: i64,
    pub title: String,
    pub column_id: ColumnId,
    pub rank: String,
    pub version: Version,
    pub priority: String,
    pub story_points: Option<i32>,
    pub due_date: Option<Moment>,
    pub comment_count: i32,
    pub attachment_count: i32,
    pub subtask_count: i32,
    pub subtask_done_count: i32,
    pub created_by: Option<UserId>,
    pub created_at: Moment,
    pub updated_at: Moment,
    pub completed_at: Option<Moment>,
    pub changed_title: Version,
    pub changed_description: Version,
    pub changed_priority: Version,
    pub changed_story_points: Version,
    pub changed_due_date: Version,
    pub changed_assignee_ids: Version,
    pub changed_label_ids: Version,
    pub changed_position: Version,
    pub deleted_at: Option<Moment>,
}

impl TaskRow {
    /// Makes the task of its row and its lists.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] names the task and the field.
    pub fn into_state(self, assignees: Vec<UserId>, labels: Vec<LabelId>) -> StoreResult<TaskState> {
        let id = self.id;
        let wrong = |field: &str, why: String| StoreError::Unreadable(format!("task {id}, {field}: {why}"));
        let task = Task {
            id,
            number: self.number,
            title: Title::new(self.title).map_err(|why| wrong("title", why))?,
            column_id: self.column_id,
            rank: Rank::from_stored(self.rank),
            version: self.version,
            priority: Priority::from_name(&self.priority).ok_or_else(|| wrong("priority", self.priority.clone()))?,
            story_points: self
                .story_points
                .map(|points| StoryPoints::new(points.into()))
                .transpose()
                .map_err(|why| wrong("story_points", why))?,
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
        };
        let changes = [
            self.changed_title,
            self.changed_description,
            self.changed_priority,
            self.changed_story_points,
            self.changed_due_date,
            self.changed_assignee_ids,
            self.changed_label_ids,
            self.changed_position,
        ];
        Ok(TaskState { task, changes, deleted: self.deleted_at.is_some() })
    }
}

/// A column's row.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = columns, treat_none_as_null = true)]
pub struct ColumnRow {
    pub id: ColumnId,
    pub board_id: BoardId,
    pub name: String,
    pub status: String,
    pub rank: String,
    pub wip_limit: Option<i32>,
    pub version: Version,
    pub changed_name: Version,
    pub changed_status: Version,
    pub changed_wip_limit: Version,
    pub changed_position: Version,
    pub deleted_at: Option<Moment>,
}

impl ColumnRow {
    /// The row of `state`, which was last changed at `at`.
    pub fn new(board_id: BoardId, state: &ColumnState, at: Moment) -> Self {
        let column = &state.column;
        let [changed_name, changed_status, changed_wip_limit, changed_position] = state.changes;
        Self {
            id: column.id,
            board_id,
            name: column.name.to_string(),
            status: column.status.name().to_owned(),
            rank: column.rank.as_str().to_owned(),
            wip_limit: column.wip_limit.map(WipLimit::get),
            version: column.version,
            changed_name,
            changed_status,
            changed_wip_limit,
            changed_position,
            deleted_at: state.deleted.then_some(at),
        }
    }

    /// Makes the column of its row.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] names the column and the field.
    pub fn into_state(self) -> StoreResult<ColumnState> {
        let id = self.id;
        let wrong = |field: &str, why: String| StoreError::Unreadable(format!("column {id}, {field}: {why}"));
        let column = Column {
            id,
            name: ShortName::new(self.name).map_err(|why| wrong("name", why))?,
            status: Status::from_name(&self.status).ok_or_else(|| wrong("status", self.status.clone()))?,
            rank: Rank::from_stored(self.rank),
            wip_limit: self
                .wip_limit
                .map(|limit| WipLimit::new(limit.into()))
                .transpose()
                .map_err(|why| wrong("wip_limit", why))?,
            version: self.version,
        };
        let changes = [self.changed_name, self.changed_status, self.changed_wip_limit, self.changed_position];
        Ok(ColumnState { column, changes, deleted: self.deleted_at.is_some() })
    }
}

/// A task with all that is stored of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskDetail {
    pub board_id: BoardId,
    pub project_id: ProjectId,
    pub workspace_id: WorkspaceId,
    pub description: String,
    pub state: TaskState,
}

/// The lists of many tasks, each in its order.
#[derive(Debug, Default)]
pub struct Lists {
    assignees: HashMap<TaskId, Vec<UserId>>,
    labels: HashMap<TaskId, Vec<LabelId>>,
}

impl Lists {
    /// Those of a whole board.
    pub(super) async fn of_board(conn: &mut Conn, board: BoardId) -> StoreResult<Self> {
        let rows = task_assignees::table
            .filter(task_assignees::board_id.eq(board))
            .order(task_assignees::position)
            .select((task_assignees::task_id, task_assignees::user_id));
        let assignees: Vec<(TaskId, UserId)> = load_all!(conn, rows)?;
        let rows = task_labels::table
            .filter(task_labels::board_id.eq(board))
            .order(task_labels::position)
            .select((task_labels::task_id, task_labels::label_id));
        let labels: Vec<(TaskId, LabelId)> = load_all!(conn, rows)?;
        Ok(Self { assignees: grouped(assignees), labels: grouped(labels) })
    }

    /// Those of some tasks.
    async fn of_tasks(conn: &mut Conn, ids: &[TaskId]) -> StoreResult<Self> {
        let rows = task_assignees::table
            .filter(task_assignees::task_id.eq_any(ids))
            .order(task_assignees::position)
            .select((task_assignees::task_id, task_assignees::user_id));
        let assignees: Vec<(TaskId, UserId)> = query!(conn, |c| rows.load(c).await)?;
        let rows = task_labels::table
            .filter(task_labels::task_id.eq_any(ids))
            .order(task_labels::position)
            .select((task_labels::task_id, task_labels::label_id));
        let labels: Vec<(TaskId, LabelId)> = query!(conn, |c| rows.load(c).await)?;
        Ok(Self { assignees: grouped(assignees), labels: grouped(labels) })
    }

    /// Makes the tasks of `rows`, in their order.
    pub(super) fn fill(mut self, rows: Vec<TaskRow>) -> StoreResult<Vec<TaskState>> {
        let state = |row: TaskRow| {
            let assignees = self.assignees.remove(&row.id).unwrap_or_default();
            let labels = self.labels.remove(&row.id).unwrap_or_default();
            row.into_state(assignees, labels)
        };
        rows.into_iter().map(state).collect()
    }
}

fn grouped<T>(rows: Vec<(TaskId, T)>) -> HashMap<TaskId, Vec<T>> {
    let mut lists: HashMap<TaskId, Vec<T>> = HashMap::new();
    for (task, id) in rows {
        lists.entry(task).or_default().push(id);
    }
    lists
}

/// Makes tasks of rows, at most a few thousand, reading their lists.
///
/// # Errors
/// Those of the database, and of a row that can't be read.
pub async fn with_lists(conn: &mut Conn, rows: Vec<TaskRow>) -> StoreResult<Vec<TaskState>> {
    let ids: Vec<TaskId> = rows.iter().map(|row| row.id).collect();
    Lists::of_tasks(conn, &ids).await?.fill(rows)
}

/// A task, deleted or not, with its description.
///
/// # Errors
/// Those of the database, and of a row that can't be read.
pub async fn task(conn: &mut Conn, id: TaskId) -> StoreResult<Option<TaskDetail>> {
    conn.consistent(async |conn| {
        let place = (tasks::board_id, tasks::project_id, tasks::workspace_id, tasks::description);
        let row = tasks::table.find(id);
        type Place = (BoardId, ProjectId, WorkspaceId, String);
        let found: Option<(Place, TaskRow)> =
            query!(conn, |c| row.select((place, TaskRow::as_select())).first(c).await.optional())?;
        let Some(((board_id, project_id, workspace_id, description), row)) = found else { return Ok(None) };
        let state = with_lists(conn, vec![row]).await?.pop();
        Ok(state.map(|state| TaskDetail { board_id, project_id, workspace_id, description, state }))
    })
    .await
}

/// A task's description, deleted or not.
///
/// # Errors
/// Those of the database.
pub async fn description(conn: &mut Conn, id: TaskId) -> StoreResult<Option<String>> {
    let text = tasks::table.find(id).select(tasks::description);
    Ok(query!(conn, |c| text.first(c).await.optional())?)
}

/// The board of a task, deleted or not.
///
/// # Errors
/// Those of the database.
pub async fn task_place(conn: &mut Conn, id: TaskId) -> StoreResult<Option<BoardId>> {
    let board = tasks::table.find(id).select(tasks::board_id);
    Ok(query!(conn, |c| board.first(c).await.optional())?)
}

/// The board of a column, deleted or not.
///
/// # Errors
/// Those of the database.
pub async fn column_place(conn: &mut Conn, id: ColumnId) -> StoreResult<Option<BoardId>> {
    let board = columns::table.find(id).select(columns::board_id);
    Ok(query!(conn, |c| board.first(c).await.optional())?)
}
