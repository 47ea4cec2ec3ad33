//! Many rows at once, for a database that is to be filled. Boards get a base, not events: they stand at `seq` 0.

use super::auth::NewSession;
use super::board::{BoardRow, insert_board};
use super::project::Project;
use super::base::NewTask;
use super::user::NewUser;
use super::workspace::Workspace;
use crate::domain::board::model::{Column, TaskState};
use crate::domain::ids::{UserId, WorkspaceId};
use crate::domain::permission::Role;
use crate::domain::time::Moment;
use crate::store::conn::{Conn, LiteConn, PgConn, insert_all, query};
use crate::store::error::StoreResult;
use crate::store::schema::{auth_sessions, memberships, projects, tasks, users, workspaces};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

/// Rows of one statement: 28 columns of a task times this stay below SQLite's 32,766 values.
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
    pub tasks: Vec<TaskState>,
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
    for states in chunks(tasks) {
        insert_tasks(conn, board.clone(), states).await?;
    }
    Ok(())
}

async fn insert_tasks(conn: &mut Conn, board: BoardRow, states: Vec<TaskState>) -> StoreResult<()> {
    match conn {
        Conn::Pg(object) => {
            let c: &mut PgConn = object;
            let rows = task_rows(&board, &states);
            diesel::insert_into(tasks::table).values(&rows).execute(c).await?;
        }
        Conn::Lite(handle) => {
            let c: &mut LiteConn = handle;
            let insert = move |c: &mut SqliteConnection| {
                let rows = task_rows(&board, &states);
                diesel::RunQueryDsl::execute(diesel::insert_into(tasks::table).values(&rows), c)
            };
            c.spawn_blocking(insert).await?;
        }
    }
    Ok(())
}

fn task_rows<'a>(board: &BoardRow, states: &'a [TaskState]) -> Vec<NewTask<'a>> {
    let row = |state| NewTask::new(board.id, board.project_id, board.workspace_id, state, "");
    states.iter().map(row).collect()
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
