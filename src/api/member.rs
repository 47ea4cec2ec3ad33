//! Who belongs to a workspace.

use super::App;
use super::cursor::{PageQuery, page, with_next};
use super::error::{ApiError, ApiResult};
use super::extract::{Body, Caller, Ids, Query};
use crate::auth::now;
use crate::domain::ids::{UserId, WorkspaceId};
use crate::domain::permission::{Action, Role, allows};
use crate::protocol::frame::Room;
use crate::protocol::rest::Page;
use crate::protocol::rest::workspace::{Member, MemberPatch, NewMember};
use crate::store::queries::user;
use crate::store::queries::workspace::{self as rows, Change, Member as Row};
use actix_web::{HttpResponse, web};
use serde_json::json;

/// Who belongs to a workspace.   `GET /api/v1/workspaces/{workspace_id}/members`
pub async fn list(
    caller: Caller,
    app: web::Data<App>,
    id: Ids<WorkspaceId>,
    query: Query<PageQuery>,
) -> ApiResult<web::Json<Page<Member>>> {
    let id = id.0;
    app.may(caller, id, Action::WorkspaceRead, "workspace").await?;
    let (limit, after) = (query.0.limit()?, query.0.after()?);
    let found = app.store.read(async move |mut c| rows::members(&mut c, id, after, with_next(limit)).await).await?;
    Ok(web::Json(page(found, limit, |row| row.user_id, shown)))
}

/// Adds somebody who has an account.   `POST /api/v1/workspaces/{workspace_id}/members`
pub async fn add(caller: Caller, app: web::Data<App>, id: Ids<WorkspaceId>, body: Body) -> ApiResult<HttpResponse> {
    let id = id.0;
    let role = app.may(caller, id, Action::MemberManage, "workspace").await?;
    let body: NewMember = body.json()?;
    if body.role == Role::Owner && !allows(Action::OwnerManage, role) {
        return Err(ApiError::forbidden());
    }
    let email = body.email.to_string();
    let user = app.store.read(async move |mut c| user::by_email(&mut c, &email).await).await?;
    let user = user.filter(|user| user.disabled_at.is_none()).ok_or_else(|| ApiError::not_found("account"))?.id;
    let new_role = body.role;
    let add = async move |c: &mut _| rows::add_member(c, id, user, new_role, now()).await;
    if !app.store.write(async move |mut c| c.tx(add).await).await? {
        return Err(ApiError::conflict("is a member already"));
    }
    let member = changed(&app, caller, id, user, "member.added").await?;
    Ok(HttpResponse::Created().json(member))
}

/// Changes a role.   `PATCH /api/v1/workspaces/{workspace_id}/members/{user_id}`
pub async fn patch(
    caller: Caller,
    app: web::Data<App>,
    ids: Ids<(WorkspaceId, UserId)>,
    body: Body,
) -> ApiResult<web::Json<Member>> {
    let (id, user) = ids.0;
    let role = app.may(caller, id, Action::MemberManage, "workspace").await?;
    let body: MemberPatch = body.json()?;
    let owners_too = allows(Action::OwnerManage, role);
    let new_role = Some(body.role);
    let change = async move |c: &mut _| rows::change_member(c, id, user, new_role, owners_too).await;
    checked(app.store.write(async move |mut c| c.tx(change).await).await?)?;
    changed(&app, caller, id, user, "member.updated").await.map(web::Json)
}

/// Anybody may leave; taking others away is for owners and admins.
///
/// `DELETE /api/v1/workspaces/{workspace_id}/members/{user_id}`
pub async fn remove(caller: Caller, app: web::Data<App>, ids: Ids<(WorkspaceId, UserId)>) -> ApiResult<HttpResponse> {
    let (id, user) = ids.0;
    let (_, role) = app.member(caller, id, "workspace").await?;
    let leaves = user == caller.user_id;
    if !leaves && !allows(Action::MemberManage, role) {
        return Err(ApiError::forbidden());
    }
    let owners_too = leaves || allows(Action::OwnerManage, role);
    take_away(&app, caller.user_id, id, user, owners_too).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes a membership away, and tells those who are there.
pub async fn take_away(app: &App, actor: UserId, id: WorkspaceId, user: UserId, owners_too: bool) -> ApiResult<()> {
    let change = async move |c: &mut _| rows::change_member(c, id, user, None, owners_too).await;
    checked(app.store.write(async move |mut c| c.tx(change).await).await?)?;
    app.live.access_changed(id).await;
    let data = json!({"workspace_id": id, "user_id": user});
    app.announce(&[Room::Workspace(id)], "member.removed", actor, data);
    Ok(())
}

fn checked(change: Change) -> ApiResult<()> {
    match change {
        Change::Done => Ok(()),
        Change::Missing => Err(ApiError::not_found("member")),
        Change::OwnersOnly => Err(ApiError::forbidden()),
        Change::LastOwner => Err(ApiError::conflict("the last owner must stay: make somebody else owner first")),
    }
}

/// Makes a change known, and gives the member as it now stands.
async fn changed(app: &App, caller: Caller, id: WorkspaceId, user: UserId, kind: &'static str) -> ApiResult<Member> {
    app.live.access_changed(id).await;
    let row = app.store.read(async move |mut c| rows::member(&mut c, id, user).await).await?;
    let member = shown(row.ok_or_else(|| ApiError::not_found("member"))?);
    let data = json!({"workspace_id": id, "user_id": user, "name": member.name, "role": member.role});
    app.announce(&[Room::Workspace(id)], kind, caller.user_id, data);
    Ok(member)
}

fn shown(row: Row) -> Member {
    Member {
        user_id: row.user_id,
        email: row.email,
        name: row.name,
        avatar: row.avatar,
        role: row.role,
        joined_at: row.joined_at,
    }
}
