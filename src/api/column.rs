//! Columns: made, changed, moved and deleted by the board's actor.

use super::App;
use super::error::{ApiError, ApiResult};
use super::extract::{Body, Caller, Ids, IfMatch, OpKey, Query};
use super::op::{ask, submit};
use crate::domain::board::model::{Bounded, Column};
use crate::domain::board::op::{
    ColumnCreate, ColumnDelete, ColumnMove, ColumnSet, ColumnUpdate, FieldError, Op, OpKind,
};
use crate::domain::ids::{BoardId, ColumnId};
use crate::live::BoardHandle;
use crate::protocol::rest::board::{ColumnDeletion, ColumnMoveBody, ColumnPatch, NewColumn};
use crate::store::queries::task_list;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use utoipa::IntoParams;

/// Where the tasks of a deleted column go; a body says the same.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ColumnDeletionQuery {
    #[serde(default)]
    #[param(value_type = Option<String>, format = Uuid)]
    pub move_tasks_to: Option<ColumnId>,
    #[serde(default, deserialize_with = "super::extract::from_text")]
    #[param(minimum = 1)]
    pub version: Option<i64>,
}

/// Makes a column.   `POST /api/v1/boards/{board_id}/columns`
pub async fn create(
    caller: Caller,
    app: web::Data<App>,
    id: Ids<BoardId>,
    key: OpKey,
    body: Body,
) -> ApiResult<HttpResponse> {
    let board = app.board_for(caller, id.0, "board").await?;
    let op = body.read::<NewColumn>().map(|body| {
        Op::ColumnCreate(ColumnCreate {
            column_id: body.column_id,
            name: body.name,
            status: body.status,
            wip_limit: body.wip_limit,
            after: body.after,
            before: body.before,
        })
    });
    let applied = submit(&board, caller, key, ask(OpKind::ColumnCreate, None, op)).await?;
    let column = read(&app, ColumnId(applied.target)).await?;
    Ok(HttpResponse::Created().json(column))
}

/// Changes a column.   `PATCH /api/v1/columns/{column_id}`
pub async fn patch(
    caller: Caller,
    app: web::Data<App>,
    id: Ids<ColumnId>,
    key: OpKey,
    base: IfMatch,
    body: Body,
) -> ApiResult<web::Json<Column>> {
    let (column_id, board) = (id.0, board_of(&app, caller, id.0).await?);
    let op = body.read::<ColumnPatch>().and_then(|body| {
        let version = base.with(body.version)?;
        let set = ColumnSet { name: body.name, status: body.status, wip_limit: body.wip_limit };
        Ok(Op::ColumnUpdate(ColumnUpdate { column_id, version, set }))
    });
    submit(&board, caller, key, ask(OpKind::ColumnUpdate, None, op)).await?;
    read(&app, column_id).await.map(web::Json)
}

/// Moves a column between its neighbours.   `POST /api/v1/columns/{column_id}/move`
pub async fn move_to(
    caller: Caller,
    app: web::Data<App>,
    id: Ids<ColumnId>,
    key: OpKey,
    base: IfMatch,
    body: Body,
) -> ApiResult<web::Json<Column>> {
    let (column_id, board) = (id.0, board_of(&app, caller, id.0).await?);
    let op = body.read::<ColumnMoveBody>().and_then(|body| {
        let version = base.with(body.version)?;
        Ok(Op::ColumnMove(ColumnMove { column_id, version, after: body.after, before: body.before }))
    });
    submit(&board, caller, key, ask(OpKind::ColumnMove, None, op)).await?;
    read(&app, column_id).await.map(web::Json)
}

/// Deletes a column.   `DELETE /api/v1/columns/{column_id}`
pub async fn delete(
    caller: Caller,
    app: web::Data<App>,
    id: Ids<ColumnId>,
    query: Query<ColumnDeletionQuery>,
    key: OpKey,
    base: IfMatch,
    body: Body,
) -> ApiResult<HttpResponse> {
    let (column_id, board) = (id.0, board_of(&app, caller, id.0).await?);
    let op = body.read_or_default::<ColumnDeletion>().and_then(|body| {
        let wrong = |message| vec![FieldError { field: "version".into(), message }];
        let asked = query.0.version.map(Bounded::new).transpose().map_err(wrong)?;
        let version = base.with(body.version.or(asked))?;
        let move_tasks_to = body.move_tasks_to.or(query.0.move_tasks_to);
        Ok(Op::ColumnDelete(ColumnDelete { column_id, version, move_tasks_to }))
    });
    submit(&board, caller, key, ask(OpKind::ColumnDelete, None, op)).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn board_of(app: &App, caller: Caller, id: ColumnId) -> ApiResult<BoardHandle> {
    let board = app.store.column_place(id).await?.ok_or_else(|| ApiError::not_found("column"))?;
    app.board_for(caller, board, "column").await
}

async fn read(app: &App, id: ColumnId) -> ApiResult<Column> {
    let column = app.store.read(async move |mut c| task_list::column(&mut c, id).await).await?;
    column.ok_or_else(|| ApiError::not_found("column"))
}
