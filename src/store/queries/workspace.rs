//! What boards need to know of workspaces and projects.

use crate::domain::ids::{LabelId, ProjectId, UserId, WorkspaceId};
use crate::domain::permission::{Access, Role};
use crate::store::conn::{Conn, query};
use crate::store::error::{StoreError, StoreResult};
use crate::store::schema::{labels, memberships, projects, workspaces};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

/// The members and labels of a workspace as of one moment; `None` where it is deleted.
///
/// # Errors
/// Those of the database.
pub async fn access(conn: &mut Conn, workspace_id: WorkspaceId) -> StoreResult<Option<Access>> {
    conn.consistent(async |conn| {
        let live = workspaces::table.find(workspace_id).filter(workspaces::deleted_at.is_null()).select(workspaces::id);
        let live: Option<WorkspaceId> = query!(conn, |c| live.first(c).await.optional())?;
        if live.is_none() {
            return Ok(None);
        }
        let members = memberships::table
            .filter(memberships::workspace_id.eq(workspace_id))
            .select((memberships::user_id, memberships::role));
        let members: Vec<(UserId, String)> = query!(conn, |c| members.load(c).await)?;
        let labels =
            labels::table.filter(labels::workspace_id.eq(workspace_id)).select((labels::project_id, labels::id));
        let labels: Vec<(ProjectId, LabelId)> = query!(conn, |c| labels.load(c).await)?;
        let role = |(user, role): (UserId, String)| match Role::from_name(&role) {
            Some(role) => Ok((user, role)),
            None => Err(StoreError::Unreadable(format!("role of {user}: {role}"))),
        };
        let members = members.into_iter().map(role).collect::<StoreResult<_>>()?;
        Ok(Some(Access { workspace_id, members, labels: labels.into_iter().collect() }))
    })
    .await
}

/// Takes `count` task numbers of a project for good, and gives the first.
///
/// # Errors
/// [`StoreError::NotFound`] where there is no such project; those of the database.
pub async fn take_numbers(conn: &mut Conn, project: ProjectId, count: i64) -> StoreResult<i64> {
    let take = diesel::update(projects::table.find(project))
        .set(projects::next_number.eq(projects::next_number + count))
        .returning(projects::next_number);
    let next: i64 = query!(conn, |c| take.get_result(c).await)?;
    Ok(next - count)
}

/// The workspace that a project is in; `None` where there is none, or either is deleted.
///
/// # Errors
/// Those of the database.
pub async fn project_place(conn: &mut Conn, project: ProjectId) -> StoreResult<Option<WorkspaceId>> {
    let place = projects::table
        .inner_join(workspaces::table)
        .filter(projects::id.eq(project).and(projects::deleted_at.is_null()).and(workspaces::deleted_at.is_null()))
        .select(projects::workspace_id);
    Ok(query!(conn, |c| place.first(c).await.optional())?)
}
