//! The nodes of this installation, for whoever runs it.

use super::App;
use super::error::{ApiError, ApiResult};
use super::extract::Caller;
use crate::protocol::rest::node::{Cluster, Node, NodeState};
use crate::store::queries::node::NodeRow;
use crate::store::queries::user;
use actix_web::web;

/// Nodes that died within this time are still shown, in milliseconds.
const SHOWN_DEAD_MS: i64 = 10 * 60 * 1_000;

/// Which nodes there are, what each has and how it is. For system admins.   `GET /api/v1/cluster`
pub async fn cluster(caller: Caller, app: web::Data<App>) -> ApiResult<web::Json<Cluster>> {
    let user = app.store.read(async move |mut c| user::by_id(&mut c, caller.user_id).await).await?;
    if !user.is_some_and(|user| user.is_system_admin) {
        return Err(ApiError::forbidden());
    }
    let rows = app.store.nodes(SHOWN_DEAD_MS).await?;
    let nodes = rows.into_iter().map(|(row, boards)| shown(&app, row, boards)).collect();
    Ok(web::Json(Cluster { nodes }))
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
