//! Workspaces and their members.

use crate::domain::email::Email;
use crate::domain::ids::{UserId, WorkspaceId};
use crate::domain::permission::Role;
use crate::domain::text::Name;
use crate::domain::time::Moment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWorkspace {
    pub name: Name,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkspacePatch {
    #[serde(default, deserialize_with = "super::present")]
    pub name: Option<Name>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Workspace {
    pub id: WorkspaceId,
    pub name: String,
    /// The caller's.
    pub role: Role,
    pub created_at: Moment,
    pub updated_at: Moment,
}

/// Somebody who has an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMember {
    pub email: Email,
    pub role: Role,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberPatch {
    pub role: Role,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Member {
    pub user_id: UserId,
    pub email: String,
    pub name: String,
    pub avatar: Option<String>,
    pub role: Role,
    pub joined_at: Moment,
}
