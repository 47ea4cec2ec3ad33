//! Tasks: read one by one, and changed by their board's actor.

use super::App;
use super::board::{first_board, raw};
use super::cursor::{PageQuery, encode};
use super::error::{ApiError, ApiResult};
use super::extract::{Body, Caller, Ids, IfMatch, OpKey, Query};
use super::op::{ask, submit};
use crate::domain::board::model::{IdList, Seq};
use crate::domain::board::op::{
    Ask, BaseVersion, Destination, FieldError, FirstColumn, Op, OpKind, TaskDelete, TaskMove, TaskRestore, TaskUpdate,
};
use crate::domain::ids::{BoardId, TaskId, UserId};
use crate::domain::permission::Action;
use crate::live::BoardHandle;
use crate::protocol::rest::board::HistoryPage;
use crate::protocol::rest::task::{Assignment, NewTask, Task, TaskMoveBody, TaskPatch, VersionOnly};
use crate::store::queries::task::TaskDetail;
use crate::store::queries::task_list;
use actix_web::http::StatusCode;
use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, web};

/// Makes a task.   `POST /api/v1/boards/{board_id}/tasks`
pub async fn create(
    caller: Caller,
    app: web::Data<App>,
    id: Ids<BoardId>,
    key: OpKey,
    body: Body,
) -> ApiResult<HttpResponse> {
    let board = app.board_for(caller, id.0, "board").await?;
    let task = body.read::<NewTask>().and_then(|task| match (task.board_id, task.project_id) {
        (None, None) => Ok(task),
        _ => Err(vec![FieldError { field: "board_id".into(), message: "is named by the path".into() }]),
    });
    create_on(&app, &board, caller, key, task).await
}

/// As [`create`], where the body names the board, or the project whose first board is meant.
///
/// `POST /api/v1/tasks`
pub async fn create_anywhere(caller: Caller, app: web::Data<App>, key: OpKey, body: Body) -> ApiResult<HttpResponse> {
    // Rights hang on the board, and which one it is stands in the body.
    let task: NewTask = body.json()?;
    let board = match (task.board_id, task.project_id) {
        (Some(board), None) => board,
        (None, Some(project)) => {
            app.project_for(caller, project, Action::ProjectRead).await?;
            first_board(&app, project).await?
        }
        (Some(_), Some(_)) => return Err(ApiError::field("project_id", "must not be given with board_id")),
        (None, None) => return Err(ApiError::field("board_id", "is missing")),
    };
    let board = app.board_for(caller, board, "board").await?;
    create_on(&app, &board, caller, key, Ok(task)).await
}

async fn create_on(
    app: &App,
    board: &BoardHandle,
    caller: Caller,
    key: OpKey,
    task: Result<NewTask, Vec<FieldError>>,
) -> ApiResult<HttpResponse> {
    let op = task.map(|task| Op::TaskCreate(task.into_op()));
    let applied = submit(board, caller, key, ask(OpKind::TaskCreate, None, op)).await?;
    answer(app, StatusCode::CREATED, TaskId(applied.target)).await
}

/// One task.   `GET /api/v1/tasks/{task_id}`
pub async fn get(caller: Caller, app: web::Data<App>, id: Ids<TaskId>) -> ApiResult<HttpResponse> {
    let detail = app.store.task(id.0).await?.filter(|detail| !detail.state.deleted);
    let detail = detail.ok_or_else(|| ApiError::not_found("task"))?;
    app.board_row_for(caller, detail.board_id, Action::TaskRead).await.map_err(|error| error.about("task"))?;
    shown(&app, StatusCode::OK, detail).await
}

/// Changes a task.   `PATCH /api/v1/tasks/{task_id}`
pub async fn patch(
    caller: Caller,
    app: web::Data<App>,
    id: Ids<TaskId>,
    key: OpKey,
    base: IfMatch,
    body: Body,
) -> ApiResult<HttpResponse> {
    let op = body.read::<TaskPatch>().and_then(|mut body| {
        body.version = base.with(body.version)?;
        Ok(Op::TaskUpdate(body.into_op(id.0)))
    });
    change(&app, caller, key, id.0, OpKind::TaskUpdate, op).await
}

/// Deletes a task.   `DELETE /api/v1/tasks/{task_id}`
pub async fn delete(
    caller: Caller,
    app: web::Data<App>,
    id: Ids<TaskId>,
    key: OpKey,
    base: IfMatch,
    body: Body,
) -> ApiResult<HttpResponse> {
    let task_id = id.0;
    let version = version_of(&body, base);
    let op = version.map(|version| Op::TaskDelete(TaskDelete { task_id, version }));
    let board = board_of(&app, caller, task_id).await?;
    submit(&board, caller, key, ask(OpKind::TaskDelete, Some(task_id), op)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Moves a task to a column.   `POST /api/v1/tasks/{task_id}/move`
pub async fn move_to(
    caller: Caller,
    app: web::Data<App>,
    id: Ids<TaskId>,
    key: OpKey,
    base: IfMatch,
    body: Body,
) -> ApiResult<HttpResponse> {
    let op = body.read::<TaskMoveBody>().and_then(|mut body| {
        body.version = base.with(body.version)?;
        Ok(Op::TaskMove(body.into_op(id.0)))
    });
    change(&app, caller, key, id.0, OpKind::TaskMove, op).await
}

/// Adds assignees.   `POST /api/v1/tasks/{task_id}/assign`
pub async fn assign(
    caller: Caller,
    app: web::Data<App>,
    id: Ids<TaskId>,
    key: OpKey,
    body: Body,
) -> ApiResult<HttpResponse> {
    let op = body.read::<Assignment>().and_then(|body| {
        if body.user_ids.as_slice().is_empty() {
            return Err(vec![FieldError { field: "user_ids".into(), message: "must name somebody".into() }]);
        }
        Ok(Op::TaskUpdate(TaskUpdate { add_assignee_ids: body.user_ids, ..untouched(id.0) }))
    });
    change(&app, caller, key, id.0, OpKind::TaskUpdate, op).await
}

/// Takes an assignee away.   `DELETE /api/v1/tasks/{task_id}/assign/{user_id}`
pub async fn unassign(
    caller: Caller,
    app: web::Data<App>,
    ids: Ids<(TaskId, UserId)>,
    key: OpKey,
) -> ApiResult<HttpResponse> {
    let (task_id, user) = ids.0;
    let wrong = |message| vec![FieldError { field: "user_id".into(), message }];
    let op = IdList::new(vec![user])
        .map_err(wrong)
        .map(|remove_assignee_ids| Op::TaskUpdate(TaskUpdate { remove_assignee_ids, ..untouched(task_id) }));
    change(&app, caller, key, task_id, OpKind::TaskUpdate, op).await
}

/// Moves a task to the first column whose status is `done`.
///
/// `POST /api/v1/tasks/{task_id}/complete`
pub async fn complete(
    caller: Caller,
    app: web::Data<App>,
    id: Ids<TaskId>,
    key: OpKey,
    base: IfMatch,
    body: Body,
) -> ApiResult<HttpResponse> {
    let (task_id, column_id) = (id.0, Destination::First(FirstColumn::FirstDone));
    let version = version_of(&body, base);
    let op = version.map(|version| Op::TaskMove(TaskMove { task_id, version, column_id, after: None, before: None }));
    change(&app, caller, key, task_id, OpKind::TaskMove, op).await
}

/// Brings a deleted task back.   `POST /api/v1/tasks/{task_id}/restore`
pub async fn restore(caller: Caller, app: web::Data<App>, id: Ids<TaskId>, key: OpKey) -> ApiResult<HttpResponse> {
    let op = Ok(Op::TaskRestore(TaskRestore { task_id: id.0 }));
    change(&app, caller, key, id.0, OpKind::TaskRestore, op).await
}

/// The events of one task, the newest first.
///
/// `GET /api/v1/tasks/{task_id}/history`
pub async fn history(
    caller: Caller,
    app: web::Data<App>,
    id: Ids<TaskId>,
    query: Query<PageQuery>,
) -> ApiResult<web::Json<HistoryPage>> {
    let task_id = id.0;
    let place = app.store.task_place(task_id).await?.ok_or_else(|| ApiError::not_found("task"))?;
    app.board_row_for(caller, place, Action::TaskRead).await.map_err(|error| error.about("task"))?;
    let (limit, before) = (query.0.limit()?, query.0.after::<Seq>()?.unwrap_or(Seq::MAX));
    let mut rows = app.store.history(place, task_id, before, limit + 1).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| more).map(|row| encode(&row.seq));
    let items = rows.iter().map(raw).collect::<ApiResult<_>>()?;
    Ok(web::Json(HistoryPage { items, next_cursor }))
}

fn untouched(task_id: TaskId) -> TaskUpdate {
    TaskUpdate {
        task_id,
        version: None,
        set: None,
        add_assignee_ids: IdList::default(),
        remove_assignee_ids: IdList::default(),
        add_label_ids: IdList::default(),
        remove_label_ids: IdList::default(),
    }
}

fn version_of(body: &Body, base: IfMatch) -> Result<Option<BaseVersion>, Vec<FieldError>> {
    body.read_or_default::<VersionOnly>().and_then(|body| base.with(body.version))
}

/// Submits an op on one task, and answers with the task as it now stands.
async fn change(
    app: &App,
    caller: Caller,
    key: OpKey,
    task_id: TaskId,
    kind: OpKind,
    op: Result<Op, Vec<FieldError>>,
) -> ApiResult<HttpResponse> {
    let board = board_of(app, caller, task_id).await?;
    let ask: Ask = ask(kind, Some(task_id), op);
    submit(&board, caller, key, ask).await?;
    answer(app, StatusCode::OK, task_id).await
}

async fn board_of(app: &App, caller: Caller, id: TaskId) -> ApiResult<BoardHandle> {
    let board = app.store.task_place(id).await?.ok_or_else(|| ApiError::not_found("task"))?;
    app.board_for(caller, board, "task").await
}

async fn answer(app: &App, status: StatusCode, id: TaskId) -> ApiResult<HttpResponse> {
    let detail = app.store.task(id).await?.ok_or_else(|| ApiError::not_found("task"))?;
    shown(app, status, detail).await
}

async fn shown(app: &App, status: StatusCode, detail: TaskDetail) -> ApiResult<HttpResponse> {
    let column = detail.state.task.column_id;
    let statuses = app.store.read(async move |mut c| task_list::statuses(&mut c, &[column]).await).await?;
    let task_status = statuses.get(&column).copied();
    let etag = format!("\"{}\"", detail.state.task.version);
    let task = Task {
        status: task_status.ok_or_else(|| ApiError::defect(format!("column {column} of a task is missing")))?,
        board_id: detail.board_id,
        project_id: detail.project_id,
        workspace_id: detail.workspace_id,
        description: Some(detail.description),
        deleted: detail.state.deleted,
        task: detail.state.task,
    };
    Ok(HttpResponse::build(status).insert_header((ETAG, etag)).json(task))
}
