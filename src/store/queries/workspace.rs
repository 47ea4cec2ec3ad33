//! Workspaces and their members, and what boards need to know of them.

use super::board::fence;
use crate::domain::ids::{BoardId, LabelId, ProjectId, UserId, WorkspaceId};
use crate::domain::permission::{Access, Role};
use crate::domain::time::Moment;
use crate::store::conn::{Conn, query};
use crate::store::error::{StoreError, StoreResult};
use crate::store::schema::{boards, labels, memberships, projects, users, workspaces};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

/// The members and labels of a workspace as of one moment; `None` where it is deleted.
///
/// # Errors
/// Those of the database.
pub async fn access(conn: &mut Conn, workspace_id: WorkspaceId) -> StoreResult<Option<Access>> {
    conn.consistent(async |conn| {
        let live = workspaces::table.find(workspace_id).filter(workspaces::deleted_at.is_null());
        let live = live.select(workspaces::access_version);
        let Some(version): Option<i64> = query!(conn, |c| live.first(c).await.optional())? else { return Ok(None) };
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
        Ok(Some(Access { workspace_id, version, members, labels: labels.into_iter().collect() }))
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

/// A workspace that is not deleted.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = workspaces)]
pub struct Workspace {
    pub id: WorkspaceId,
    pub name: String,
    pub created_by: UserId,
    pub created_at: Moment,
    pub updated_at: Moment,
}

/// Somebody in a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub user_id: UserId,
    pub email: String,
    pub name: String,
    pub avatar: Option<String>,
    pub role: Role,
    pub joined_at: Moment,
}

/// What came of changing a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Done,
    /// No such member, or no such workspace.
    Missing,
    /// Only an owner may touch an owner.
    OwnersOnly,
    /// A workspace keeps at least one owner.
    LastOwner,
}

fn role(name: &str) -> StoreResult<Role> {
    Role::from_name(name).ok_or_else(|| StoreError::Unreadable(format!("role {name:?}")))
}

/// Makes a workspace whose owner is its creator.
pub async fn insert(conn: &mut Conn, row: &Workspace) -> StoreResult<()> {
    query!(conn, |c| diesel::insert_into(workspaces::table).values(row).execute(c).await)?;
    add(conn, row.id, row.created_by, Role::Owner, row.created_at).await
}

/// A user's workspaces and the role in each, by id, after `after`, at most `limit`.
pub async fn of_user(
    conn: &mut Conn,
    user: UserId,
    after: Option<WorkspaceId>,
    limit: i64,
) -> StoreResult<Vec<(Workspace, Role)>> {
    let mine = workspaces::table
        .inner_join(memberships::table)
        .filter(memberships::user_id.eq(user).and(workspaces::deleted_at.is_null()))
        .order(workspaces::id.asc())
        .limit(limit);
    let rows: Vec<(Workspace, String)> = match after {
        Some(after) => query!(conn, |c| mine
            .select((Workspace::as_select(), memberships::role))
            .filter(workspaces::id.gt(after))
            .load(c)
            .await)?,
        None => query!(conn, |c| mine.select((Workspace::as_select(), memberships::role)).load(c).await)?,
    };
    rows.into_iter().map(|(workspace, name)| Ok((workspace, role(&name)?))).collect()
}

pub async fn by_id(conn: &mut Conn, id: WorkspaceId) -> StoreResult<Option<Workspace>> {
    let row = workspaces::table.find(id).filter(workspaces::deleted_at.is_null());
    Ok(query!(conn, |c| row.select(Workspace::as_select()).first(c).await.optional())?)
}

/// Renames a workspace; `None` where there is none.
pub async fn rename(conn: &mut Conn, id: WorkspaceId, name: &str, at: Moment) -> StoreResult<Option<Workspace>> {
    let row = workspaces::table.filter(workspaces::id.eq(id)).filter(workspaces::deleted_at.is_null());
    Ok(query!(conn, |c| diesel::update(row)
        .set((workspaces::name.eq(name), workspaces::updated_at.eq(at)))
        .returning(Workspace::as_returning())
        .get_result(c)
        .await
        .optional())?)
}

/// Deletes a workspace and bumps the epoch of its boards, which it returns. Call it in a transaction.
pub async fn delete(conn: &mut Conn, id: WorkspaceId, at: Moment) -> StoreResult<Option<Vec<BoardId>>> {
    let row = workspaces::table.filter(workspaces::id.eq(id)).filter(workspaces::deleted_at.is_null());
    let count = query!(conn, |c| diesel::update(row)
        .set((
            workspaces::deleted_at.eq(at),
            workspaces::updated_at.eq(at),
            workspaces::access_version.eq(workspaces::access_version + 1),
        ))
        .execute(c)
        .await)?;
    if count == 0 {
        return Ok(None);
    }
    let of_it = boards::table.filter(boards::workspace_id.eq(id)).select(boards::id).order(boards::id.asc());
    let ids: Vec<BoardId> = query!(conn, |c| of_it.load(c).await)?;
    fence(conn, &ids).await?;
    Ok(Some(ids))
}

/// The members by user id, after `after`, at most `limit`.
pub async fn members(
    conn: &mut Conn,
    workspace: WorkspaceId,
    after: Option<UserId>,
    limit: i64,
) -> StoreResult<Vec<Member>> {
    let after = after.unwrap_or(UserId(uuid::Uuid::nil()));
    let rows = memberships::table
        .inner_join(users::table)
        .filter(memberships::workspace_id.eq(workspace).and(memberships::user_id.gt(after)))
        .select((users::id, users::email, users::name, users::avatar, memberships::role, memberships::joined_at))
        .order(memberships::user_id.asc())
        .limit(limit);
    let rows: Vec<MemberRow> = query!(conn, |c| rows.load(c).await)?;
    rows.into_iter().map(member_of).collect()
}

pub async fn member(conn: &mut Conn, workspace: WorkspaceId, user: UserId) -> StoreResult<Option<Member>> {
    let row = memberships::table
        .inner_join(users::table)
        .filter(memberships::workspace_id.eq(workspace).and(memberships::user_id.eq(user)))
        .select((users::id, users::email, users::name, users::avatar, memberships::role, memberships::joined_at));
    let row: Option<MemberRow> = query!(conn, |c| row.first(c).await.optional())?;
    row.map(member_of).transpose()
}

type MemberRow = (UserId, String, String, Option<String>, String, Moment);

fn member_of((user_id, email, name, avatar, role_name, joined_at): MemberRow) -> StoreResult<Member> {
    Ok(Member { user_id, email, name, avatar, role: role(&role_name)?, joined_at })
}

/// Adds a member; `false` where it is one already. Call it in a transaction.
pub async fn add_member(
    conn: &mut Conn,
    workspace: WorkspaceId,
    user: UserId,
    role: Role,
    at: Moment,
) -> StoreResult<bool> {
    if !take(conn, workspace).await? {
        return Err(StoreError::NotFound);
    }
    if member(conn, workspace, user).await?.is_some() {
        return Ok(false);
    }
    add(conn, workspace, user, role, at).await?;
    Ok(true)
}

/// Gives a member another role, or (`None`) takes the membership away. Call it in a transaction.
pub async fn change_member(
    conn: &mut Conn,
    workspace: WorkspaceId,
    user: UserId,
    new_role: Option<Role>,
    may_touch_owners: bool,
) -> StoreResult<Change> {
    if !take(conn, workspace).await? {
        return Ok(Change::Missing);
    }
    let Some(member) = member(conn, workspace, user).await? else { return Ok(Change::Missing) };
    let is_owner = member.role == Role::Owner;
    let stays_owner = new_role == Some(Role::Owner);
    if (is_owner || stays_owner) && !may_touch_owners {
        return Ok(Change::OwnersOnly);
    }
    if is_owner && !stays_owner {
        let owners = memberships::table
            .filter(memberships::workspace_id.eq(workspace).and(memberships::role.eq(Role::Owner.name())))
            .count();
        let owners: i64 = query!(conn, |c| owners.get_result(c).await)?;
        if owners < 2 {
            return Ok(Change::LastOwner);
        }
    }
    let row = memberships::table.find((workspace, user));
    match new_role {
        Some(role) => query!(conn, |c| diesel::update(row).set(memberships::role.eq(role.name())).execute(c).await)?,
        None => query!(conn, |c| diesel::delete(row).execute(c).await)?,
    };
    Ok(Change::Done)
}

/// Lets one change of members or labels of a workspace wait for the other, and counts it; whether the workspace is
/// there.
pub(super) async fn take(conn: &mut Conn, workspace: WorkspaceId) -> StoreResult<bool> {
    let row = workspaces::table.filter(workspaces::id.eq(workspace)).filter(workspaces::deleted_at.is_null());
    let count = query!(conn, |c| diesel::update(row)
        .set(workspaces::access_version.eq(workspaces::access_version + 1))
        .execute(c)
        .await)?;
    Ok(count > 0)
}

async fn add(conn: &mut Conn, workspace: WorkspaceId, user: UserId, role: Role, at: Moment) -> StoreResult<()> {
    let values = (
        memberships::workspace_id.eq(workspace),
        memberships::user_id.eq(user),
        memberships::role.eq(role.name()),
        memberships::joined_at.eq(at),
    );
    query!(conn, |c| diesel::insert_into(memberships::table).values(values).execute(c).await)?;
    Ok(())
}
