//! The nodes of this installation, for whoever runs it.

use super::App;
use super::cursor::{PageQuery, page, with_next};
use super::error::{ApiError, ApiResult};
use super::extract::{Caller, Query};
use crate::protocol::rest::Page;
use crate::protocol::rest::node::{Cluster, LiveBoard, Node, NodeState};
use crate::store::queries::node::{self as rows, NodeRow};
use crate::store::queries::user;
use actix_web::web;

/// Nodes that died within this time are still shown, in milliseconds.
const SHOWN_DEAD_MS: i64 = 10 * 60 * 1_000;

/// Which nodes there are, what each has and how it is. For system admins.   `GET /api/v1/cluster`
pub async fn cluster(caller: Caller, app: web::Data<App>) -> ApiResult<web::Json<Cluster>> {
    for_admins(&app, caller).await?;
    let rows = app.store.nodes(SHOWN_DEAD_MS).await?;
    let nodes = rows.into_iter().map(|(row, boards)| shown(&app, row, boards)).collect();
    Ok(web::Json(Cluster { nodes }))
}

/// The boards that are at hand somewhere, and how many look at them. For system admins.
///
/// `GET /api/v1/cluster/boards`
pub async fn boards(
    caller: Caller,
    app: web::Data<App>,
    query: Query<PageQuery>,
) -> ApiResult<web::Json<Page<LiveBoard>>> {
    for_admins(&app, caller).await?;
    let (limit, after) = (query.0.limit()?, query.0.after()?);
    let read = async move |mut c| rows::live_boards(&mut c, after, with_next(limit)).await;
    let (found, sessions) = tokio::join!(app.store.read(read), app.live.sessions_by_board());
    let item = |row: rows::LiveBoard| LiveBoard {
        subscribers: sessions.get(&row.board_id).copied().unwrap_or(0),
        board_id: row.board_id,
        name: row.name,
        project_id: row.project_id,
        project_name: row.project_name,
        workspace_id: row.workspace_id,
        workspace_name: row.workspace_name,
        node_id: row.node_id,
        epoch: row.epoch,
        seq: row.head,
        at: row.at,
    };
    Ok(web::Json(page(found?, limit, |row| row.board_id, item)))
}

async fn for_admins(app: &App, caller: Caller) -> ApiResult<()> {
    let user = app.store.read(async move |mut c| user::by_id(&mut c, caller.user_id).await).await?;
    if user.is_some_and(|user| user.is_system_admin) { Ok(()) } else { Err(ApiError::forbidden()) }
}

fn shown(app: &App, row: NodeRow, boards: i64) -> Node {
    let is_self = row.incarnation == app.live.membership().me();
    let state = match (row.dead, row.draining) {
        (true, _) => NodeState::Dead,
        (false, true) => NodeState::Draining,
        (false, false) => NodeState::Live,
    };
    // A node on its own does not beat: it knows best how many it has.
    let sessions = if is_self { app.live.session_count() as i64 } else { i64::from(row.sessions) };
    Node {
        node_id: row.node_id,
        incarnation: row.incarnation,
        version: row.version,
        state,
        is_self,
        started_at: row.started_at,
        beat_at: row.beat_at,
        bus: row.bus,
        boards,
        sessions,
    }
}
