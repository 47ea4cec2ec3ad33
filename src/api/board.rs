//! Boards: what they are called, what stands on them, and what happened.

use super::App;
use super::cursor::{PageQuery, bounded_limit, page, with_next};
use super::error::{ApiError, ApiResult};
use super::extract::{Body, Caller, Ids, Query, from_text};
use super::project::{COLUMNS, insert_new_board, new_board};
use crate::auth::now;
use crate::domain::ids::{BoardId, ProjectId};
use crate::domain::permission::Action;
use crate::protocol::code::Code;
use crate::protocol::frame::Room;
use crate::protocol::rest::Page;
use crate::protocol::rest::board::{BoardAnswer, EVENTS_MAX, Events, Snapshot};
use crate::protocol::rest::project::{Board, BoardPatch, NewBoard};
use crate::store::queries::board::BoardRow;
use crate::store::queries::log::{LogRow, TailEnd};
use crate::store::queries::project::{self as rows, BoardDeletion};
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use utoipa::IntoParams;

/// How many bytes of events one answer holds at most.
const EVENTS_BYTES_MAX: usize = 8 * 1_024 * 1_024;

/// Which events to read.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// The last `seq` that was seen; 0 if left out.
    #[serde(default, deserialize_with = "from_text")]
    #[param(minimum = 0)]
    pub since: Option<i64>,
    /// 1 to 1,000, 1,000 if left out.
    #[serde(default, deserialize_with = "from_text")]
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<i64>,
}

/// Makes a board of five columns.   `POST /api/v1/projects/{project_id}/boards`
pub async fn create(caller: Caller, app: web::Data<App>, id: Ids<ProjectId>, body: Body) -> ApiResult<HttpResponse> {
    let project = app.project_for(caller, id.0, Action::ProjectUpdate).await?;
    let body: NewBoard = body.json()?;
    let row = new_board(&project, body.name.to_string(), caller.user_id, now());
    let new = row.clone();
    app.store.write(async move |mut c| c.tx(async move |c| insert_new_board(c, &new, &COLUMNS).await).await).await?;
    announce(&app, caller, &row, "board.created");
    Ok(HttpResponse::Created().json(shown(row)))
}

/// The boards of a project.   `GET /api/v1/projects/{project_id}/boards`
pub async fn list(
    caller: Caller,
    app: web::Data<App>,
    id: Ids<ProjectId>,
    query: Query<PageQuery>,
) -> ApiResult<web::Json<Page<Board>>> {
    let id = id.0;
    app.project_for(caller, id, Action::ProjectRead).await?;
    let (limit, after) = (query.0.limit()?, query.0.after()?);
    let found = app.store.read(async move |mut c| rows::boards_page(&mut c, id, after, with_next(limit)).await).await?;
    Ok(web::Json(page(found, limit, |row| row.id, shown)))
}

/// The board as it stands: everything that was acked before the request is in it.
///
/// `GET /api/v1/boards/{board_id}`
pub async fn get(caller: Caller, app: web::Data<App>, id: Ids<BoardId>) -> ApiResult<web::Json<BoardAnswer>> {
    let id = id.0;
    app.board_row_for(caller, id, Action::TaskRead).await?;
    answer(&app, id).await
}

/// The first board of a project, as `GET /boards/{board_id}` shows it.
///
/// `GET /api/v1/projects/{project_id}/board`
pub async fn get_first(caller: Caller, app: web::Data<App>, id: Ids<ProjectId>) -> ApiResult<web::Json<BoardAnswer>> {
    let id = id.0;
    app.project_for(caller, id, Action::ProjectRead).await?;
    answer(&app, first_board(&app, id).await?).await
}

/// The board that is meant where only the project is named.
pub async fn first_board(app: &App, id: ProjectId) -> ApiResult<BoardId> {
    let found = app.store.read(async move |mut c| rows::boards_page(&mut c, id, None, 1).await).await?;
    found.first().map(|board| board.id).ok_or_else(|| ApiError::not_found("board"))
}

async fn answer(app: &App, id: BoardId) -> ApiResult<web::Json<BoardAnswer>> {
    let read = app.store.snapshot(id).await?.ok_or_else(|| ApiError::not_found("board"))?;
    let snapshot = Snapshot { board: read.board, columns: read.columns, tasks: read.tasks };
    Ok(web::Json(BoardAnswer { seq: read.seq, history: read.history, snapshot }))
}

/// Renames a board.   `PATCH /api/v1/boards/{board_id}`
pub async fn patch(caller: Caller, app: web::Data<App>, id: Ids<BoardId>, body: Body) -> ApiResult<web::Json<Board>> {
    let id = id.0;
    app.board_row_for(caller, id, Action::ProjectUpdate).await?;
    let body: BoardPatch = body.json()?;
    let name = body.name.ok_or_else(|| ApiError::field("", "must name a field to change"))?;
    let row = app.store.write(async move |mut c| rows::rename_board(&mut c, id, &name, now()).await).await?;
    let row = row.ok_or_else(|| ApiError::not_found("board"))?;
    app.live.board_renamed(id);
    announce(&app, caller, &row, "board.updated");
    Ok(web::Json(shown(row)))
}

/// Deletes a board.   `DELETE /api/v1/boards/{board_id}`
pub async fn delete(caller: Caller, app: web::Data<App>, id: Ids<BoardId>) -> ApiResult<HttpResponse> {
    let row = app.board_row_for(caller, id.0, Action::ProjectUpdate).await?;
    let gone = row.clone();
    let delete = async move |c: &mut _| rows::delete_board(c, &gone, now()).await;
    match app.store.write(async move |mut c| c.tx(delete).await).await? {
        BoardDeletion::Done => {
            announce(&app, caller, &row, "board.deleted");
            app.live.boards_gone(&[row.id]);
            Ok(HttpResponse::NoContent().finish())
        }
        BoardDeletion::Missing => Err(ApiError::not_found("board")),
        BoardDeletion::LastOne => Err(ApiError::conflict("a project keeps at least one board")),
    }
}

/// The log after `since`, the oldest event first.
///
/// `GET /api/v1/boards/{board_id}/events`
pub async fn events(
    caller: Caller,
    app: web::Data<App>,
    id: Ids<BoardId>,
    query: Query<EventsQuery>,
) -> ApiResult<web::Json<Events>> {
    let id = id.0;
    app.board_row_for(caller, id, Action::TaskRead).await?;
    let since = query.0.since.unwrap_or(0);
    if since < 0 {
        return Err(ApiError::field("since", format!("must be 0 or more, got {since}")));
    }
    let limit = bounded_limit(query.0.limit, 1, EVENTS_MAX, EVENTS_MAX)?;
    let head = app.store.head(id).await?.ok_or_else(|| ApiError::not_found("board"))?;
    let tail = app.store.tail(id, since, limit, EVENTS_BYTES_MAX).await?;
    if tail.end == TailEnd::Trimmed && tail.rows.is_empty() {
        return Err(ApiError::new(Code::Gone, "these events are no longer kept: read the board anew"));
    }
    let last = tail.rows.last().map_or(since, |row| row.seq);
    let next_since = (last < head.head).then_some(last);
    let items = tail.rows.iter().map(raw).collect::<ApiResult<_>>()?;
    Ok(web::Json(Events { history: head.history, items, next_since }))
}

/// The bytes of an event, as they crossed the wire.
pub fn raw(row: &LogRow) -> ApiResult<Box<RawValue>> {
    serde_json::from_slice(&row.event).map_err(|error| ApiError::defect(format!("event {}: {error}", row.seq)))
}

fn announce(app: &App, caller: Caller, row: &BoardRow, kind: &'static str) {
    let data = json!({"board_id": row.id, "project_id": row.project_id, "name": row.name});
    app.announce(&[Room::Workspace(row.workspace_id), Room::Project(row.project_id)], kind, caller.user_id, data);
}

fn shown(row: BoardRow) -> Board {
    Board {
        id: row.id,
        name: row.name,
        project_id: row.project_id,
        workspace_id: row.workspace_id,
        created_by: row.created_by,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}
