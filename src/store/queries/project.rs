//! Projects and the boards that hang on them; what stands on a board is in [`super::board`].
//!
//! Each fails as the database does, and says what else it fails with.

use super::board::{BoardRow, fence};
use super::workspace::take;
use crate::domain::ids::{BoardId, ProjectId, UserId, WorkspaceId};
use crate::domain::time::Moment;
use crate::store::conn::query;
use crate::store::schema::{boards, memberships, projects, workspaces};
use crate::store::{Conn, StoreResult};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

/// A project that is not deleted.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = projects)]
pub struct Project {
    pub id: ProjectId,
    pub workspace_id: WorkspaceId,
    pub key: String,
    pub name: String,
    pub description: String,
    pub archived: bool,
    pub created_by: UserId,
    pub created_at: Moment,
    pub updated_at: Moment,
}

/// What to change of a project; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = projects)]
pub struct ProjectChanges {
    pub name: Option<String>,
    pub description: Option<String>,
    pub archived: Option<bool>,
    pub updated_at: Option<Moment>,
}

/// Which projects to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProjectFilter {
    pub workspace_id: Option<WorkspaceId>,
    pub archived: Option<bool>,
}

/// What came of deleting a board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoardDeletion {
    Done,
    Missing,
    /// A project keeps at least one board.
    LastOne,
}

/// The keys that are taken in a workspace, while no other project can be made there; `None` where there is no such
/// workspace. Call it in a transaction.
pub async fn keys(conn: &mut Conn, workspace: WorkspaceId) -> StoreResult<Option<Vec<String>>> {
    if !take(conn, workspace).await? {
        return Ok(None);
    }
    let keys = projects::table
        .filter(projects::workspace_id.eq(workspace).and(projects::deleted_at.is_null()))
        .select(projects::key);
    Ok(Some(query!(conn, |c| keys.load(c).await)?))
}

pub async fn insert(conn: &mut Conn, row: &Project) -> StoreResult<()> {
    query!(conn, |c| diesel::insert_into(projects::table).values(row).execute(c).await)?;
    Ok(())
}

pub async fn by_id(conn: &mut Conn, id: ProjectId) -> StoreResult<Option<Project>> {
    let row = projects::table
        .inner_join(workspaces::table)
        .filter(projects::id.eq(id))
        .filter(projects::deleted_at.is_null().and(workspaces::deleted_at.is_null()));
    Ok(query!(conn, |c| row.select(Project::as_select()).first(c).await.optional())?)
}

/// The projects that `user` may see, by id, after `after`, at most `limit`.
pub async fn of_user(
    conn: &mut Conn,
    user: UserId,
    filter: ProjectFilter,
    after: Option<ProjectId>,
    limit: i64,
) -> StoreResult<Vec<Project>> {
    let mine = memberships::table.filter(memberships::user_id.eq(user)).select(memberships::workspace_id);
    let rows: Vec<Project> = query!(conn, |c| {
        let mut rows = projects::table
            .inner_join(workspaces::table)
            .filter(projects::deleted_at.is_null().and(workspaces::deleted_at.is_null()))
            .filter(projects::workspace_id.eq_any(mine))
            .select(Project::as_select())
            .order(projects::id.asc())
            .limit(limit)
            .into_boxed();
        if let Some(id) = filter.workspace_id {
            rows = rows.filter(projects::workspace_id.eq(id));
        }
        if let Some(archived) = filter.archived {
            rows = rows.filter(projects::archived.eq(archived));
        }
        if let Some(after) = after {
            rows = rows.filter(projects::id.gt(after));
        }
        rows.load(c).await
    })?;
    Ok(rows)
}

/// Changes a project; `None` where there is none.
pub async fn change(conn: &mut Conn, id: ProjectId, changes: &ProjectChanges) -> StoreResult<Option<Project>> {
    let row = projects::table.filter(projects::id.eq(id)).filter(projects::deleted_at.is_null());
    Ok(query!(conn, |c| diesel::update(row)
        .set(changes)
        .returning(Project::as_returning())
        .get_result(c)
        .await
        .optional())?)
}

/// Deletes a project and bumps the epoch of its boards, which it returns. Call it in a transaction.
pub async fn delete(conn: &mut Conn, id: ProjectId, at: Moment) -> StoreResult<Option<Vec<BoardId>>> {
    let row = projects::table.filter(projects::id.eq(id)).filter(projects::deleted_at.is_null());
    let count = query!(conn, |c| diesel::update(row)
        .set((projects::deleted_at.eq(at), projects::updated_at.eq(at)))
        .execute(c)
        .await)?;
    if count == 0 {
        return Ok(None);
    }
    let of_it = boards::table.filter(boards::project_id.eq(id)).select(boards::id).order(boards::id.asc());
    let ids: Vec<BoardId> = query!(conn, |c| of_it.load(c).await)?;
    fence(conn, &ids).await?;
    Ok(Some(ids))
}

/// The boards of some projects, by id.
pub async fn boards_of(conn: &mut Conn, ids: &[ProjectId]) -> StoreResult<Vec<BoardRow>> {
    let rows =
        boards::table.filter(boards::project_id.eq_any(ids).and(boards::deleted_at.is_null())).order(boards::id.asc());
    Ok(query!(conn, |c| rows.select(BoardRow::as_select()).load(c).await)?)
}

/// The boards of one project by id, after `after`, at most `limit`.
pub async fn boards_page(
    conn: &mut Conn,
    id: ProjectId,
    after: Option<BoardId>,
    limit: i64,
) -> StoreResult<Vec<BoardRow>> {
    let after = after.unwrap_or(BoardId(uuid::Uuid::nil()));
    let rows = boards::table
        .filter(boards::project_id.eq(id).and(boards::deleted_at.is_null()).and(boards::id.gt(after)))
        .order(boards::id.asc())
        .limit(limit);
    Ok(query!(conn, |c| rows.select(BoardRow::as_select()).load(c).await)?)
}

/// A board whose project and workspace are not deleted either.
pub async fn board(conn: &mut Conn, id: BoardId) -> StoreResult<Option<BoardRow>> {
    let row = boards::table
        .inner_join(projects::table.inner_join(workspaces::table))
        .filter(boards::id.eq(id).and(boards::deleted_at.is_null()))
        .filter(projects::deleted_at.is_null().and(workspaces::deleted_at.is_null()));
    Ok(query!(conn, |c| row.select(BoardRow::as_select()).first(c).await.optional())?)
}

pub async fn rename_board(conn: &mut Conn, id: BoardId, name: &str, at: Moment) -> StoreResult<Option<BoardRow>> {
    let row = boards::table.filter(boards::id.eq(id)).filter(boards::deleted_at.is_null());
    Ok(query!(conn, |c| diesel::update(row)
        .set((boards::name.eq(name), boards::updated_at.eq(at)))
        .returning(BoardRow::as_returning())
        .get_result(c)
        .await
        .optional())?)
}

/// Deletes a board and bumps its epoch. Call it in a transaction.
pub async fn delete_board(conn: &mut Conn, board: &BoardRow, at: Moment) -> StoreResult<BoardDeletion> {
    let project = projects::table.filter(projects::id.eq(board.project_id));
    // Two deletions in one project wait for each other, so that one board stays.
    query!(conn, |c| diesel::update(project).set(projects::updated_at.eq(at)).execute(c).await)?;
    let left = boards::table
        .filter(boards::project_id.eq(board.project_id).and(boards::deleted_at.is_null()))
        .filter(boards::id.ne(board.id))
        .count();
    let left: i64 = query!(conn, |c| left.get_result(c).await)?;
    if left == 0 {
        return Ok(BoardDeletion::LastOne);
    }
    let row = boards::table.filter(boards::id.eq(board.id)).filter(boards::deleted_at.is_null());
    let count = query!(conn, |c| diesel::update(row)
        .set((boards::deleted_at.eq(at), boards::updated_at.eq(at)))
        .execute(c)
        .await)?;
    fence(conn, &[board.id]).await?;
    Ok(if count == 0 { BoardDeletion::Missing } else { BoardDeletion::Done })
}
