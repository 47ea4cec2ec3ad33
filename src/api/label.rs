//! The labels of projects.

use super::App;
use super::cursor::{PageQuery, page, with_next};
use super::error::{ApiError, ApiResult};
use super::extract::{Body, Caller, Ids, Query};
use crate::auth::now;
use crate::domain::ids::{LabelId, ProjectId};
use crate::domain::permission::Action;
use crate::protocol::frame::Room;
use crate::protocol::rest::Page;
use crate::protocol::rest::project::{Label, LabelPatch, NewLabel};
use crate::store::queries::label::{self as rows, Label as Row, LabelChanges};
use actix_web::{HttpResponse, web};
use serde_json::json;
use uuid::Uuid;

const NAME_TAKEN: &str = "another label of the project has this name";

/// The labels of a project.   `GET /api/v1/projects/{project_id}/labels`
pub async fn list(
    caller: Caller,
    app: web::Data<App>,
    id: Ids<ProjectId>,
    query: Query<PageQuery>,
) -> ApiResult<web::Json<Page<Label>>> {
    let id = id.0;
    app.project_for(caller, id, Action::ProjectRead).await?;
    let (limit, after) = (query.0.limit()?, query.0.after()?);
    let found = app.store.read(async move |mut c| rows::of_project(&mut c, id, after, with_next(limit)).await).await?;
    Ok(web::Json(page(found, limit, |row| row.id, shown)))
}

/// Makes a label.   `POST /api/v1/projects/{project_id}/labels`
pub async fn create(caller: Caller, app: web::Data<App>, id: Ids<ProjectId>, body: Body) -> ApiResult<HttpResponse> {
    let project = app.project_for(caller, id.0, Action::LabelManage).await?;
    let body: NewLabel = body.json()?;
    let row = Row {
        id: LabelId(Uuid::now_v7()),
        project_id: project.id,
        workspace_id: project.workspace_id,
        name: body.name.to_string(),
        color: body.color.unwrap_or_default().into_string(),
        created_at: now(),
    };
    let new = row.clone();
    let inserted = app.store.write(async move |mut c| c.tx(async move |c| rows::insert(c, &new).await).await).await?;
    if !inserted {
        return Err(ApiError::conflict(NAME_TAKEN));
    }
    changed(&app, caller, &row, "label.created").await;
    Ok(HttpResponse::Created().json(shown(row)))
}

/// Changes a label.   `PATCH /api/v1/labels/{label_id}`
pub async fn patch(caller: Caller, app: web::Data<App>, id: Ids<LabelId>, body: Body) -> ApiResult<web::Json<Label>> {
    let row = label_for(&app, caller, id.0).await?;
    let body: LabelPatch = body.json()?;
    if body.name.is_none() && body.color.is_none() {
        return Err(ApiError::field("", "must name a field to change"));
    }
    let changes =
        LabelChanges { name: body.name.map(|text| text.to_string()), color: body.color.map(|c| c.into_string()) };
    let label = row.clone();
    let change = async move |c: &mut _| {
        let changed = rows::change(c, &label, changes).await?;
        Ok(if changed { rows::by_id(c, label.id).await? } else { None })
    };
    let row = app.store.write(async move |mut c| c.tx(change).await).await?;
    let row = row.ok_or_else(|| ApiError::conflict(NAME_TAKEN))?;
    changed(&app, caller, &row, "label.updated").await;
    Ok(web::Json(shown(row)))
}

/// Deletes a label.   `DELETE /api/v1/labels/{label_id}`
pub async fn delete(caller: Caller, app: web::Data<App>, id: Ids<LabelId>) -> ApiResult<HttpResponse> {
    let row = label_for(&app, caller, id.0).await?;
    let label = row.clone();
    app.store.write(async move |mut c| c.tx(async move |c| rows::delete(c, &label).await).await).await?;
    changed(&app, caller, &row, "label.deleted").await;
    Ok(HttpResponse::NoContent().finish())
}

async fn label_for(app: &App, caller: Caller, id: LabelId) -> ApiResult<Row> {
    let row = app.store.read(async move |mut c| rows::by_id(&mut c, id).await).await?;
    let row = row.ok_or_else(|| ApiError::not_found("label"))?;
    // Through its project, so that nothing is found in one that was deleted.
    app.member(caller, row.workspace_id, "label").await?;
    app.project_for(caller, row.project_id, Action::LabelManage).await?;
    Ok(row)
}

async fn changed(app: &App, caller: Caller, row: &Row, kind: &'static str) {
    app.live.access_changed(row.workspace_id).await;
    let data = json!({"label_id": row.id, "project_id": row.project_id, "name": row.name, "color": row.color});
    app.announce(&[Room::Project(row.project_id)], kind, caller.user_id, data);
}

fn shown(row: Row) -> Label {
    Label {
        id: row.id,
        project_id: row.project_id,
        workspace_id: row.workspace_id,
        name: row.name,
        color: row.color,
        created_at: row.created_at,
    }
}
