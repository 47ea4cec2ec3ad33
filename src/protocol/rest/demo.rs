//! The demonstration, and what a server says of itself to strangers.

use super::account::Tokens;
use crate::domain::ids::{BoardId, ProjectId, WorkspaceId};
use crate::domain::locale::Locale;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDemo {
    /// The caller's own if left out.
    #[serde(default)]
    pub locale: Option<Locale>,
}

/// Where simulated colleagues are at work.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct DemoPlace {
    pub workspace_id: WorkspaceId,
    pub project_id: ProjectId,
    pub board_id: BoardId,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GuestLogin {
    /// English if left out.
    #[serde(default)]
    pub locale: Option<Locale>,
    /// Puts the refresh token into a cookie instead of the answer.
    #[serde(default)]
    pub cookie: bool,
}

/// A guest's sign-in, and where to go.
#[derive(Serialize, ToSchema)]
pub struct GuestTokens {
    #[serde(flatten)]
    pub tokens: Tokens,
    pub board_id: BoardId,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct About {
    pub version: &'static str,
    /// Whether guests may look at the demonstration without an account.
    pub demo: bool,
    /// Whether anybody may sign up.
    pub sign_up: bool,
}
