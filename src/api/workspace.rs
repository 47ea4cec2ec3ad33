//! Workspaces.

use super::App;
use super::cursor::{PageQuery, page, with_next};
use super::error::{ApiError, ApiResult};
use super::extract::{Body, Caller, Ids, Query};
use crate::auth::now;
use crate::domain::ids::{UserId, WorkspaceId};
use crate::domain::permission::{Action, Role};
use crate::protocol::frame::Room;
use crate::protocol::rest::Page;
use crate::protocol::rest::workspace::{NewWorkspace, Workspace, WorkspacePatch};
use crate::store::queries::workspace::{self as rows, Workspace as Row};
use actix_web::{HttpResponse, web};
use serde_json::json;
use uuid::Uuid;

/// Makes a workspace; the caller is its owner.   `POST /api/v1/workspaces`
pub async fn create(caller: Caller, app: web::Data<App>, body: Body) -> ApiResult<HttpResponse> {
    let body: NewWorkspace = body.json()?;
    let at = now();
    let row = Row {
        id: WorkspaceId(Uuid::now_v7()),
        name: body.name.to_string(),
        created_by: caller.user_id,
        created_at: at,
        updated_at: at,
    };
    let new = row.clone();
    app.store.write(async move |mut c| c.tx(async move |c| rows::insert(c, &new).await).await).await?;
    Ok(HttpResponse::Created().json(shown(row, Role::Owner)))
}

/// The caller's workspaces.   `GET /api/v1/workspaces`
pub async fn list(
    caller: Caller,
    app: web::Data<App>,
    query: Query<PageQuery>,
) -> ApiResult<web::Json<Page<Workspace>>> {
    let (limit, after) = (query.0.limit()?, query.0.after()?);
    let user = caller.user_id;
    let found = app.store.read(async move |mut c| rows::of_user(&mut c, user, after, with_next(limit)).await).await?;
    Ok(web::Json(page(found, limit, |(row, _)| row.id, |(row, role)| shown(row, role))))
}

/// One workspace.   `GET /api/v1/workspaces/{workspace_id}`
pub async fn get(caller: Caller, app: web::Data<App>, id: Ids<WorkspaceId>) -> ApiResult<web::Json<Workspace>> {
    let id = id.0;
    let role = app.may(caller, id, Action::WorkspaceRead, "workspace").await?;
    let row = app.store.read(async move |mut c| rows::by_id(&mut c, id).await).await?;
    let row = row.ok_or_else(|| ApiError::not_found("workspace"))?;
    Ok(web::Json(shown(row, role)))
}

/// Renames a workspace.   `PATCH /api/v1/workspaces/{workspace_id}`
pub async fn patch(
    caller: Caller,
    app: web::Data<App>,
    id: Ids<WorkspaceId>,
    body: Body,
) -> ApiResult<web::Json<Workspace>> {
    let id = id.0;
    let role = app.may(caller, id, Action::WorkspaceUpdate, "workspace").await?;
    let body: WorkspacePatch = body.json()?;
    let name = body.name.ok_or_else(|| ApiError::field("", "must name a field to change"))?;
    let row = app.store.write(async move |mut c| rows::rename(&mut c, id, &name, now()).await).await?;
    let workspace = shown(row.ok_or_else(|| ApiError::not_found("workspace"))?, role);
    let data = json!({"workspace_id": id, "name": workspace.name});
    app.announce(&[Room::Workspace(id)], "workspace.updated", caller.user_id, data);
    Ok(web::Json(workspace))
}

/// Deletes a workspace and all in it.   `DELETE /api/v1/workspaces/{workspace_id}`
pub async fn delete(caller: Caller, app: web::Data<App>, id: Ids<WorkspaceId>) -> ApiResult<HttpResponse> {
    let id = id.0;
    app.may(caller, id, Action::WorkspaceUpdate, "workspace").await?;
    delete_all(&app, caller.user_id, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Deletes a workspace and all in it, and tells those who are there.
pub async fn delete_all(app: &App, actor: UserId, id: WorkspaceId) -> ApiResult<()> {
    let boards =
        app.store.write(async move |mut c| c.tx(async move |c| rows::delete(c, id, now()).await).await).await?;
    let boards = boards.ok_or_else(|| ApiError::not_found("workspace"))?;
    app.announce(&[Room::Workspace(id)], "workspace.deleted", actor, json!({"workspace_id": id}));
    app.live.boards_gone(&boards);
    app.live.access_changed(id).await;
    Ok(())
}

fn shown(row: Row, role: Role) -> Workspace {
    Workspace { id: row.id, name: row.name, role, created_at: row.created_at, updated_at: row.updated_at }
}
