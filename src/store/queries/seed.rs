//! Many rows at once, for a database that is to be filled. Boards get a base, not events: they stand at `seq` 0.

use super::auth::NewSession;
use super::board::{BoardRow, insert_board};
use super::project::Project;
use super::user::NewUser;
use super::workspace::Workspace;
use crate::domain::board::model::{Column, StoryPoints, Task, Version};
use crate::domain::ids::{BoardId, ColumnId, ProjectId, TaskId, UserId, WorkspaceId};
use crate::domain::permission::Role;
use crate::domain::time::Moment;
use crate::store::conn::{Conn, PgConn, insert_all, query};
use crate::store::error::StoreResult;
use crate::store::schema::{auth_sessions, memberships, projects, tasks, users, workspaces};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

/// Rows of one statement: the columns of a task times this stay below SQLite's 32,766 values.
const ROWS_MAX: usize = 1_000;

/// Somebody's place in a workspace.
#[derive(Debug, Clone, Copy)]
pub struct Membership {
    pub workspace_id: WorkspaceId,
    pub user_id: UserId,
    pub role: Role,
    pub joined_at: Moment,
}

#[derive(Insertable)]
#[diesel(table_name = memberships)]
struct MembershipRow {
    workspace_id: WorkspaceId,
    user_id: UserId,
    role: &'static str,
    joined_at: Moment,
}

/// A board with all that is to stand on it, in a project of its own.
#[derive(Debug, Clone)]
pub struct SeededBoard {
    pub project: Project,
    pub board: BoardRow,
    pub columns: Vec<Column>,
    /// Numbered from 1 without gaps.
    pub tasks: Vec<Task>,
}

/// A task as it is made: without lists, texts and counts, which the table's defaults fill in.
#[derive(Insertable)]
#[diesel(table_name = tasks)]
struct TaskRow {
    id: TaskId,
    board_id: BoardId,
    project_id: ProjectId,
    workspace_id: WorkspaceId,
    number: i64,
    title: String,
    column_id: ColumnId,
    rank: String,
    version: Version,
    priority: &'static str,
    story_points: Option<i32>,
    due_date: Option<Moment>,
    created_by: Option<UserId>,
    created_at: Moment,
    updated_at: Moment,
    completed_at: Option<Moment>,
    changed_title: Version,
    changed_description: Version,
    changed_priority: Version,
    changed_story_points: Version,
    changed_due_date: Version,
    changed_assignee_ids: Version,
    changed_label_ids: Version,
    changed_position: Version,
}

impl TaskRow {
    fn new(board: &BoardRow, task: Task) -> Self {
        let version = task.version;
        Self {
            id: task.id,
            board_id: board.id,
            project_id: board.project_id,
            workspace_id: board.workspace_id,
            number: task.number,
            title: task.title.to_string(),
            column_id: task.column_id,
            rank: task.rank.to_string(),
            version,
            priority: task.priority.name(),
            story_points: task.story_points.map(StoryPoints::get),
            due_date: task.due_date,
            created_by: task.created_by,
            created_at: task.created_at,
            updated_at: task.updated_at,
            completed_at: task.completed_at,
            changed_title: version,
            changed_description: version,
            changed_priority: version,
            changed_story_points: version,
            changed_due_date: version,
            changed_assignee_ids: version,
            changed_label_ids: version,
            changed_position: version,
        }
    }
}

/// Adds accounts without passwords, each with a sign-in whose id tokens may name. Call it in a transaction.
///
/// # Errors
/// [`crate::store::StoreError::Taken`] where an id or e-mail is there already; those of the database.
pub async fn accounts(conn: &mut Conn, people: Vec<NewUser>, sessions: Vec<NewSession>) -> StoreResult<()> {
    for rows in chunks(people) {
        insert_all!(conn, users::table, rows)?;
    }
    for rows in chunks(sessions) {
        insert_all!(conn, auth_sessions::table, rows)?;
    }
    Ok(())
}

/// Adds workspaces with all their members, owners too. Call it in a transaction.
///
/// # Errors
/// As [`accounts`].
pub async fn rooms(conn: &mut Conn, rooms: Vec<Workspace>, members: Vec<Membership>) -> StoreResult<()> {
    for rows in chunks(rooms) {
        insert_all!(conn, workspaces::table, rows)?;
    }
    let row = |Membership { workspace_id, user_id, role, joined_at }| MembershipRow {
        workspace_id,
        user_id,
        role: role.name(),
        joined_at,
    };
    for rows in chunks(members.into_iter().map(row).collect()) {
        insert_all!(conn, memberships::table, rows)?;
    }
    Ok(())
}

/// Adds a project with its board; numbers that were given to its tasks are not given again. `history` is a short
/// random text. Call it in a transaction.
///
/// # Errors
/// As [`accounts`].
pub async fn board(conn: &mut Conn, seeded: SeededBoard, history: &str) -> StoreResult<()> {
    let SeededBoard { project, board, columns, tasks } = seeded;
    let next_number = i64::try_from(tasks.len()).unwrap_or(i64::MAX).saturating_add(1);
    query!(conn, |c| diesel::insert_into(projects::table)
        .values((&project, projects::next_number.eq(next_number)))
        .execute(c)
        .await)?;
    insert_board(conn, &board, history, &columns).await?;
    for made in chunks(tasks) {
        let rows: Vec<TaskRow> = made.into_iter().map(|task| TaskRow::new(&board, task)).collect();
        insert_all!(conn, tasks::table, rows)?;
    }
    Ok(())
}

/// Lets the planner know what has been added, where it doesn't find out by itself soon: on PostgreSQL.
///
/// # Errors
/// Those of the database.
pub async fn analyze(conn: &mut Conn) -> StoreResult<()> {
    if let Conn::Pg(object) = conn {
        let c: &mut PgConn = object;
        diesel::sql_query("analyze").execute(c).await?;
    }
    Ok(())
}

fn chunks<T>(rows: Vec<T>) -> impl Iterator<Item = Vec<T>> {
    let mut rows = rows.into_iter();
    std::iter::from_fn(move || {
        let chunk: Vec<T> = rows.by_ref().take(ROWS_MAX).collect();
        (!chunk.is_empty()).then_some(chunk)
    })
}
