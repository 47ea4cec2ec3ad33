//! Projects: each comes with a board of five columns.

use super::App;
use super::cursor::{PageQuery, page, with_next};
use super::error::{ApiError, ApiResult};
use super::extract::{Body, Caller, Ids, Query, from_text};
use crate::auth::now;
use crate::domain::board::model::{Column, Status, WipLimit};
use crate::domain::ids::{BoardId, ColumnId, ProjectId, UserId, WorkspaceId};
use crate::domain::permission::Action;
use crate::domain::rank::Rank;
use crate::domain::text::ShortName;
use crate::domain::time::Moment;
use crate::protocol::frame::Room;
use crate::protocol::rest::Page;
use crate::protocol::rest::project::{Key, NewProject, Project, ProjectPatch};
use crate::store::queries::board::{BoardRow, insert_board};
use crate::store::queries::project::{self as rows, Project as Row, ProjectChanges, ProjectFilter};
use crate::store::{Conn, StoreError, StoreResult};
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use utoipa::IntoParams;
use uuid::Uuid;

/// The columns of a new board, with their limits: one a status.
pub const COLUMNS: [(&str, Status, Option<i64>); 5] = [
    ("Todo", Status::Todo, None),
    ("In progress", Status::InProgress, None),
    ("In review", Status::InReview, None),
    ("Blocked", Status::Blocked, None),
    ("Done", Status::Done, None),
];

/// Which projects to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProjectQuery {
    /// Only those of this workspace.
    #[serde(default)]
    #[param(value_type = Option<String>, format = Uuid)]
    pub workspace_id: Option<WorkspaceId>,
    /// Only archived ones, or only those that are not.
    #[serde(default, deserialize_with = "from_text")]
    pub archived: Option<bool>,
}

/// A project's row with its board, or why it can't be made.
enum Made {
    Project(Row, BoardId),
    NoWorkspace,
    KeyTaken,
}

/// Makes a project with a board.   `POST /api/v1/workspaces/{workspace_id}/projects`
pub async fn create(caller: Caller, app: web::Data<App>, id: Ids<WorkspaceId>, body: Body) -> ApiResult<HttpResponse> {
    let id = id.0;
    app.may(caller, id, Action::ProjectCreate, "workspace").await?;
    let body: NewProject = body.json()?;
    let user = caller.user_id;
    let made = app.store.write(async move |mut c| c.tx(async move |c| make(c, id, user, body).await).await).await?;
    match made {
        Made::Project(row, board_id) => {
            let data = json!({"project_id": row.id, "key": row.key, "name": row.name, "board_id": board_id});
            app.announce(&[Room::Workspace(id)], "project.created", user, data);
            Ok(HttpResponse::Created().json(shown(row, board_id)))
        }
        Made::NoWorkspace => Err(ApiError::not_found("workspace")),
        Made::KeyTaken => Err(ApiError::conflict("another project of the workspace has this key")),
    }
}

async fn make(c: &mut Conn, workspace_id: WorkspaceId, user: UserId, body: NewProject) -> StoreResult<Made> {
    let Some(taken) = rows::keys(c, workspace_id).await? else { return Ok(Made::NoWorkspace) };
    let key = match body.key {
        Some(key) if taken.iter().any(|other| other == key.as_str()) => return Ok(Made::KeyTaken),
        Some(key) => key,
        None => Key::derived(&body.name, &taken),
    };
    let at = now();
    let project = Row {
        id: ProjectId(Uuid::now_v7()),
        workspace_id,
        key: key.as_str().to_owned(),
        name: body.name.to_string(),
        description: body.description.map(|text| text.to_string()).unwrap_or_default(),
        archived: false,
        created_by: user,
        created_at: at,
        updated_at: at,
    };
    rows::insert(c, &project).await?;
    let board = new_board(&project, project.name.clone(), user, at);
    insert_new_board(c, &board, &COLUMNS).await?;
    Ok(Made::Project(project, board.id))
}

pub fn new_board(project: &Row, name: String, user: UserId, at: Moment) -> BoardRow {
    BoardRow {
        id: BoardId(Uuid::now_v7()),
        project_id: project.id,
        workspace_id: project.workspace_id,
        name,
        created_by: user,
        created_at: at,
        updated_at: at,
    }
}

/// Inserts a board with its first columns, from left to right, and a history of its own.
pub async fn insert_new_board(
    c: &mut Conn,
    board: &BoardRow,
    columns: &[(&str, Status, Option<i64>)],
) -> StoreResult<()> {
    let ranks = Rank::spread(None, None, columns.len());
    let columns = columns.iter().zip(ranks).map(|((name, status, wip_limit), rank)| {
        let name = ShortName::new(*name).map_err(StoreError::Unreadable)?;
        let wip_limit = wip_limit.map(WipLimit::new).transpose().map_err(StoreError::Unreadable)?;
        Ok(Column { id: ColumnId(Uuid::now_v7()), name, status: *status, rank, wip_limit, version: 1 })
    });
    let columns = columns.collect::<StoreResult<Vec<_>>>()?;
    let history = format!("{:08x}", rand::random::<u32>());
    insert_board(c, board, &history, &columns).await
}

/// The projects that the caller may see.   `GET /api/v1/projects`
pub async fn list(
    caller: Caller,
    app: web::Data<App>,
    query: Query<PageQuery>,
    filter: Query<ProjectQuery>,
) -> ApiResult<web::Json<Page<Project>>> {
    if let Some(id) = filter.0.workspace_id {
        app.may(caller, id, Action::ProjectRead, "workspace").await?;
    }
    page_of(&app, caller, &query.0, &filter.0).await
}

/// The projects of a workspace.   `GET /api/v1/workspaces/{workspace_id}/projects`
pub async fn list_in(
    caller: Caller,
    app: web::Data<App>,
    id: Ids<WorkspaceId>,
    query: Query<PageQuery>,
    filter: Query<ProjectQuery>,
) -> ApiResult<web::Json<Page<Project>>> {
    app.may(caller, id.0, Action::ProjectRead, "workspace").await?;
    let filter = ProjectQuery { workspace_id: Some(id.0), ..filter.0 };
    page_of(&app, caller, &query.0, &filter).await
}

async fn page_of(
    app: &App,
    caller: Caller,
    query: &PageQuery,
    filter: &ProjectQuery,
) -> ApiResult<web::Json<Page<Project>>> {
    let (limit, after) = (query.limit()?, query.after()?);
    let filter = ProjectFilter { workspace_id: filter.workspace_id, archived: filter.archived };
    let user = caller.user_id;
    let found = app
        .store
        .read(async move |mut c| {
            let projects = rows::of_user(&mut c, user, filter, after, with_next(limit)).await?;
            with_boards(&mut c, projects).await
        })
        .await?;
    Ok(web::Json(page(found, limit, |(row, _)| row.id, |(row, board)| shown(row, board))))
}

/// Adds each project's first board.
async fn with_boards(c: &mut Conn, projects: Vec<Row>) -> StoreResult<Vec<(Row, BoardId)>> {
    let ids: Vec<ProjectId> = projects.iter().map(|row| row.id).collect();
    let mut first: HashMap<ProjectId, BoardId> = HashMap::new();
    for board in rows::boards_of(c, &ids).await? {
        first.entry(board.project_id).or_insert(board.id);
    }
    let with_board = |row: Row| {
        let board = first.get(&row.id).copied();
        board.map(|board| (row, board))
    };
    Ok(projects.into_iter().filter_map(with_board).collect())
}

/// One project.   `GET /api/v1/projects/{project_id}`
pub async fn get(caller: Caller, app: web::Data<App>, id: Ids<ProjectId>) -> ApiResult<web::Json<Project>> {
    let project = app.project_for(caller, id.0, Action::ProjectRead).await?;
    one(&app, project).await
}

/// Changes a project.   `PATCH /api/v1/projects/{project_id}`
pub async fn patch(
    caller: Caller,
    app: web::Data<App>,
    id: Ids<ProjectId>,
    body: Body,
) -> ApiResult<web::Json<Project>> {
    let id = id.0;
    let workspace_id = app.project_for(caller, id, Action::ProjectUpdate).await?.workspace_id;
    let body: ProjectPatch = body.json()?;
    if body.name.is_none() && body.description.is_none() && body.archived.is_none() {
        return Err(ApiError::field("", "must name a field to change"));
    }
    let changes = ProjectChanges {
        name: body.name.map(|text| text.to_string()),
        description: body.description.map(|text| text.to_string()),
        archived: body.archived,
        updated_at: Some(now()),
    };
    let row = app.store.write(async move |mut c| rows::change(&mut c, id, &changes).await).await?;
    let row = row.ok_or_else(|| ApiError::not_found("project"))?;
    let data = json!({"project_id": id, "name": row.name, "archived": row.archived});
    app.announce(&[Room::Workspace(workspace_id), Room::Project(id)], "project.updated", caller.user_id, data);
    one(&app, row).await
}

/// Deletes a project and its boards.   `DELETE /api/v1/projects/{project_id}`
pub async fn delete(caller: Caller, app: web::Data<App>, id: Ids<ProjectId>) -> ApiResult<HttpResponse> {
    let id = id.0;
    let workspace_id = app.project_for(caller, id, Action::ProjectUpdate).await?.workspace_id;
    let boards =
        app.store.write(async move |mut c| c.tx(async move |c| rows::delete(c, id, now()).await).await).await?;
    let boards = boards.ok_or_else(|| ApiError::not_found("project"))?;
    let data = json!({"project_id": id});
    app.announce(&[Room::Workspace(workspace_id), Room::Project(id)], "project.deleted", caller.user_id, data);
    app.live.boards_gone(&boards);
    Ok(HttpResponse::NoContent().finish())
}

async fn one(app: &App, project: Row) -> ApiResult<web::Json<Project>> {
    let found = app.store.read(async move |mut c| with_boards(&mut c, vec![project]).await).await?;
    let (row, board) = found.into_iter().next().ok_or_else(|| ApiError::not_found("project"))?;
    Ok(web::Json(shown(row, board)))
}

fn shown(row: Row, board_id: BoardId) -> Project {
    Project {
        id: row.id,
        workspace_id: row.workspace_id,
        key: row.key,
        name: row.name,
        description: row.description,
        archived: row.archived,
        board_id,
        created_by: row.created_by,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}
