//! Signatures of the live room, until it lands.
use crate::domain::board::op::Ask;
use crate::domain::board::sequencer::Applied;
use crate::domain::ids::*;
use crate::domain::permission::Access;
use crate::protocol::frame::{Announcement, Reject, Room};
use std::sync::Arc;

#[derive(Clone)]
pub struct Live;
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveError {
    NotFound,
    Unavailable,
}
#[derive(Clone)]
pub struct BoardHandle;
#[derive(Clone)]
pub struct WorkspaceHandle;

impl Live {
    pub async fn board(&self, _id: BoardId) -> Result<BoardHandle, LiveError> {
        Err(LiveError::Unavailable)
    }
    pub async fn workspace(&self, _id: WorkspaceId) -> Result<WorkspaceHandle, LiveError> {
        Err(LiveError::Unavailable)
    }
    pub async fn access_changed(&self, _id: WorkspaceId) -> Result<(), LiveError> {
        Ok(())
    }
    pub fn announce(&self, _rooms: &[Room], _event: &Announcement) {}
    pub fn boards_gone(&self, _ids: &[BoardId]) {}
    pub fn family_revoked(&self, _id: FamilyId) {}
    pub fn user_revoked(&self, _id: UserId) {}
    pub fn is_draining(&self) -> bool {
        false
    }
}
impl WorkspaceHandle {
    pub fn access(&self) -> Arc<Access> {
        unreachable!()
    }
}
impl BoardHandle {
    pub fn access(&self) -> Arc<Access> {
        unreachable!()
    }
    pub fn workspace_id(&self) -> WorkspaceId {
        unreachable!()
    }
    pub fn project_id(&self) -> ProjectId {
        unreachable!()
    }
    pub fn board_id(&self) -> BoardId {
        unreachable!()
    }
    pub async fn submit(&self, _actor: UserId, _op_id: OpId, _ask: Ask) -> Result<Applied, Reject> {
        Err(Reject::unavailable())
    }
    pub async fn submit_all(
        &self,
        _actor: UserId,
        _asks: Vec<(OpId, Ask)>,
        _atomic: bool,
    ) -> Vec<Result<Applied, Reject>> {
        vec![]
    }
}
