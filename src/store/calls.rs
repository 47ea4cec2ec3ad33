//! What the other rooms ask of boards, each as one call.

use super::queries::board::{Claim, Head, Loaded, Snapshot};
use super::queries::log::{ChangedBy, LogRow, Tail};
use super::queries::node::{Beat, Ended, NodeRow, Pulse, Standing};
use super::queries::task::TaskDetail;
use super::{Store, StoreResult, queries};
use crate::domain::board::model::{Epoch, Seq, Version};
use crate::domain::ids::{BoardId, ColumnId, Incarnation, ProjectId, TaskId, WorkspaceId};
use crate::domain::permission::Access;
use crate::domain::time::Moment;
use uuid::Uuid;

/// All of these fail as [`Store::write`] does; what else they do is said at the query of the same name.
impl Store {
    /// See [`queries::board::claim`].
    pub async fn claim(&self, board: BoardId, node: Incarnation) -> StoreResult<Claim> {
        self.write(async move |mut conn| queries::board::claim(&mut conn, board, node).await).await
    }

    /// See [`queries::board::release`].
    pub async fn release(&self, board: BoardId, node: Incarnation, epoch: Epoch) -> StoreResult<bool> {
        self.write(async move |mut conn| queries::board::release(&mut conn, board, node, epoch).await).await
    }

    /// See [`queries::board::look`].
    pub async fn look(&self, board: BoardId) -> StoreResult<Option<(Head, Option<Incarnation>)>> {
        self.read(async move |mut conn| queries::board::look(&mut conn, board).await).await
    }

    /// See [`queries::node::register`].
    pub async fn register_node(
        &self,
        incarnation: Incarnation,
        node_id: String,
        version: &'static str,
        bus: Option<&'static str>,
    ) -> StoreResult<Result<(), NodeRow>> {
        self.vital(async move |mut conn| queries::node::register(&mut conn, incarnation, &node_id, version, bus).await)
            .await
    }

    /// See [`queries::node::bury_others`].
    pub async fn bury_other_nodes(&self) -> StoreResult<()> {
        self.vital(async move |mut conn| queries::node::bury_others(&mut conn).await).await
    }

    /// See [`queries::node::beat`].
    pub async fn beat(&self, pulse: Pulse) -> StoreResult<Option<Beat>> {
        self.vital(async move |mut conn| queries::node::beat(&mut conn, pulse).await).await
    }

    /// See [`queries::node::leave`].
    pub async fn leave(&self, node: Incarnation) -> StoreResult<usize> {
        self.vital(async move |mut conn| queries::node::leave(&mut conn, node).await).await
    }

    /// See [`queries::node::list`].
    pub async fn nodes(&self, since_ms: i64) -> StoreResult<Vec<(NodeRow, i64)>> {
        self.read(async move |mut conn| queries::node::list(&mut conn, since_ms).await).await
    }

    /// See [`queries::node::standings`] and [`queries::node::access_versions`]: both in one call.
    pub async fn standings(
        &self,
        boards: Vec<BoardId>,
        workspaces: Vec<WorkspaceId>,
    ) -> StoreResult<(Vec<Standing>, Vec<(WorkspaceId, i64)>)> {
        self.vital(async move |mut conn| {
            let boards = queries::node::standings(&mut conn, &boards).await?;
            Ok((boards, queries::node::access_versions(&mut conn, &workspaces).await?))
        })
        .await
    }

    /// See [`queries::node::ended`].
    pub async fn ended(&self, since: Moment) -> StoreResult<Ended> {
        self.vital(async move |mut conn| queries::node::ended(&mut conn, since).await).await
    }

    /// See [`queries::board::load`].
    pub async fn load(&self, board: BoardId) -> StoreResult<Loaded> {
        self.read(async move |mut conn| queries::board::load(&mut conn, board).await).await
    }

    /// See [`queries::board::snapshot`].
    pub async fn snapshot(&self, board: BoardId) -> StoreResult<Option<Snapshot>> {
        self.read(async move |mut conn| queries::board::snapshot(&mut conn, board).await).await
    }

    /// See [`queries::board::head`].
    pub async fn head(&self, board: BoardId) -> StoreResult<Option<Head>> {
        self.read(async move |mut conn| queries::board::head(&mut conn, board).await).await
    }

    /// See [`queries::board::board_place`].
    pub async fn board_place(&self, board: BoardId) -> StoreResult<Option<(WorkspaceId, ProjectId)>> {
        self.read(async move |mut conn| queries::board::board_place(&mut conn, board).await).await
    }

    /// See [`queries::log::tail`].
    pub async fn tail(&self, board: BoardId, since: Seq, limit: usize, bytes_max: usize) -> StoreResult<Tail> {
        self.read(async move |mut conn| queries::log::tail(&mut conn, board, since, limit, bytes_max).await).await
    }

    /// See [`queries::log::first_kept_seq`].
    pub async fn first_kept_seq(&self, board: BoardId) -> StoreResult<Option<Seq>> {
        self.read(async move |mut conn| queries::log::first_kept_seq(&mut conn, board).await).await
    }

    /// See [`queries::log::changes_of`].
    pub async fn changes_of(
        &self,
        board: BoardId,
        target: Uuid,
        versions: Vec<Version>,
    ) -> StoreResult<Vec<ChangedBy>> {
        self.read(async move |mut conn| queries::log::changes_of(&mut conn, board, target, &versions).await).await
    }

    /// See [`queries::log::history`].
    pub async fn history(&self, board: BoardId, task: TaskId, before: Seq, limit: usize) -> StoreResult<Vec<LogRow>> {
        self.read(async move |mut conn| queries::log::history(&mut conn, board, task, before, limit).await).await
    }

    /// See [`queries::task::task`].
    pub async fn task(&self, task: TaskId) -> StoreResult<Option<TaskDetail>> {
        self.read(async move |mut conn| queries::task::task(&mut conn, task).await).await
    }

    /// See [`queries::task::description`].
    pub async fn description(&self, task: TaskId) -> StoreResult<Option<String>> {
        self.read(async move |mut conn| queries::task::description(&mut conn, task).await).await
    }

    /// See [`queries::task::task_place`].
    pub async fn task_place(&self, task: TaskId) -> StoreResult<Option<BoardId>> {
        self.read(async move |mut conn| queries::task::task_place(&mut conn, task).await).await
    }

    /// See [`queries::task::column_place`].
    pub async fn column_place(&self, column: ColumnId) -> StoreResult<Option<BoardId>> {
        self.read(async move |mut conn| queries::task::column_place(&mut conn, column).await).await
    }

    /// See [`queries::workspace::access`].
    pub async fn access(&self, workspace: WorkspaceId) -> StoreResult<Option<Access>> {
        self.read(async move |mut conn| queries::workspace::access(&mut conn, workspace).await).await
    }

    /// See [`queries::workspace::take_numbers`].
    pub async fn take_numbers(&self, project: ProjectId, count: i64) -> StoreResult<i64> {
        self.write(async move |mut conn| queries::workspace::take_numbers(&mut conn, project, count).await).await
    }
}
