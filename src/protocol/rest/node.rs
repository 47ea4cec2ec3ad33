//! The nodes of an installation.

use crate::domain::ids::{BoardId, Incarnation, ProjectId, WorkspaceId};
use crate::domain::time::Moment;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Cluster {
    /// By name; those that died lately too.
    pub nodes: Vec<Node>,
}

/// One run of a node.
#[derive(Serialize, ToSchema)]
pub struct Node {
    pub node_id: String,
    /// Another one after each start.
    #[schema(value_type = uuid::Uuid)]
    pub incarnation: Incarnation,
    pub version: String,
    pub state: NodeState,
    /// Whether it is the one that answers.
    pub is_self: bool,
    pub started_at: Moment,
    /// When it last said that it lives, by the database's clock.
    pub beat_at: Moment,
    /// `ok` or `away`; null for a node without Redis.
    pub bus: Option<String>,
    /// How many boards it may write.
    pub boards: i64,
    /// How many WebSockets it has.
    pub sessions: i64,
}

/// A board that a living node may write.
#[derive(Serialize, ToSchema)]
pub struct LiveBoard {
    pub board_id: BoardId,
    pub name: String,
    pub project_id: ProjectId,
    pub project_name: String,
    pub workspace_id: WorkspaceId,
    pub workspace_name: String,
    /// The node that writes it.
    pub node_id: String,
    /// The fencing token: grows each time that a node takes the board.
    pub epoch: i64,
    /// Of its last event.
    pub seq: i64,
    /// When that was, or when the board was made.
    pub at: Moment,
    /// How many sessions follow it, on all nodes that say so in time.
    pub subscribers: usize,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    Live,
    /// It is going away, and hands its boards over.
    Draining,
    Dead,
}
