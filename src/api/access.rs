//! What somebody may do, and telling others what was done: asked and said in one way by all nouns.

use super::App;
use super::error::{ApiError, ApiResult};
use super::extract::Caller;
use super::span::record;
use crate::auth::now;
use crate::domain::ids::{BoardId, ProjectId, UserId, WorkspaceId};
use crate::domain::permission::{Access, Action, Role, allows};
use crate::live::{BoardHandle, LiveError};
use crate::protocol::frame::{Announcement, Room};
use crate::store::queries::board::BoardRow;
use crate::store::queries::project::{self, Project};
use std::sync::Arc;

impl App {
    /// Who belongs to a workspace, and the caller's role in it; `what` is not found for those who don't.
    pub async fn member(&self, caller: Caller, id: WorkspaceId, what: &str) -> ApiResult<(Arc<Access>, Role)> {
        let workspace = self.live.workspace(id).await.map_err(|error| not_found(error, what))?;
        let access = workspace.access();
        let role = access.role(caller.user_id).ok_or_else(|| ApiError::not_found(what))?;
        record("workspace_id", id);
        Ok((access, role))
    }

    /// Whether the caller's role allows `action`; gives the role.
    pub async fn may(&self, caller: Caller, id: WorkspaceId, action: Action, what: &str) -> ApiResult<Role> {
        let (_, role) = self.member(caller, id, what).await?;
        if allows(action, role) { Ok(role) } else { Err(ApiError::forbidden()) }
    }

    /// The actor of a board that the caller may see: what it may do there, the board itself judges.
    pub async fn board_for(&self, caller: Caller, id: BoardId, what: &str) -> ApiResult<BoardHandle> {
        let board = self.live.board(id).await.map_err(|error| not_found(error, what))?;
        board.access().role(caller.user_id).ok_or_else(|| ApiError::not_found(what))?;
        record("workspace_id", board.workspace_id());
        record("board_id", id);
        Ok(board)
    }

    /// A project, if the caller's role allows `action`.
    pub async fn project_for(&self, caller: Caller, id: ProjectId, action: Action) -> ApiResult<Project> {
        let found = self.store.read(async move |mut c| project::by_id(&mut c, id).await).await?;
        let project = found.ok_or_else(|| ApiError::not_found("project"))?;
        self.may(caller, project.workspace_id, action, "project").await?;
        Ok(project)
    }

    /// A board as it hangs on its project, if the caller's role allows `action`.
    pub async fn board_row_for(&self, caller: Caller, id: BoardId, action: Action) -> ApiResult<BoardRow> {
        let found = self.store.read(async move |mut c| project::board(&mut c, id).await).await?;
        let board = found.ok_or_else(|| ApiError::not_found("board"))?;
        record("board_id", id);
        self.may(caller, board.workspace_id, action, "board").await?;
        Ok(board)
    }

    /// Tells all who are in one of these rooms, once each.
    pub fn announce(&self, rooms: &[Room], kind: &'static str, actor: UserId, data: serde_json::Value) {
        self.live.announce(rooms, &Announcement { kind, actor_id: Some(actor), at: now(), data });
    }
}

fn not_found(error: LiveError, what: &str) -> ApiError {
    match error {
        LiveError::NotFound => ApiError::not_found(what),
        LiveError::Unavailable => ApiError::unavailable(),
    }
}
