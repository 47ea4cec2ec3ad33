//! Signing up, logging in, and who one is.

use crate::domain::email::Email;
use crate::domain::ids::{UserId, WorkspaceId};
use crate::domain::permission::Role;
use crate::domain::text::{Name, Text};
use crate::domain::time::Moment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A password that is chosen now.
pub type NewPassword = Text<8, 256>;

/// An account to be made. Bodies with passwords or tokens have no `Debug`, so that they can't get into a log.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Signup {
    pub email: Email,
    pub password: NewPassword,
    pub name: Name,
    /// Puts the refresh token into a cookie instead of the answer.
    #[serde(default)]
    pub cookie: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    pub email: String,
    /// Of any length: nothing shall be told by it.
    pub password: String,
    /// 30 days instead of 7.
    #[serde(default)]
    pub remember_me: bool,
    /// Puts the refresh token into a cookie instead of the answer.
    #[serde(default)]
    pub cookie: bool,
}

/// Left out where the token comes as a cookie.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    #[serde(default)]
    pub refresh_token: Option<String>,
}

/// New tokens, and at a sign-in whose they are.
#[derive(Serialize, ToSchema)]
pub struct Tokens {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// At a login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspaces: Option<Vec<WorkspaceRole>>,
    pub access_token: String,
    /// Absent where it goes as a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// How long the access token lives, in seconds.
    pub expires_in: i64,
}

#[derive(Serialize, ToSchema)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub avatar: Option<String>,
    pub locale: String,
    pub timezone: String,
    pub email_verified: bool,
    pub is_system_admin: bool,
    pub created_at: Moment,
}

#[derive(Serialize, ToSchema)]
pub struct Me {
    pub user: User,
    pub workspaces: Vec<WorkspaceRole>,
}

/// A workspace of one's own, in short.
#[derive(Serialize, ToSchema)]
pub struct WorkspaceRole {
    pub id: WorkspaceId,
    pub name: String,
    pub role: Role,
}
