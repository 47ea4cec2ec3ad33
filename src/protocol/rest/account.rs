//! Signing up, logging in, and who one is.

use crate::domain::email::Email;
use crate::domain::ids::{FamilyId, UserId, WorkspaceId};
use crate::domain::locale::{Locale, Zone};
use crate::domain::permission::Role;
use crate::domain::text::{Name, Text};
use crate::domain::time::Moment;
use serde::{Deserialize, Deserializer, Serialize, de};
use std::borrow::Cow;
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

/// What somebody changes of oneself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MePatch {
    #[serde(default, deserialize_with = "super::present")]
    pub name: Option<Name>,
    /// Null takes it away.
    #[serde(default, deserialize_with = "super::present")]
    pub avatar: Option<Option<Avatar>>,
    #[serde(default, deserialize_with = "super::present")]
    pub locale: Option<Locale>,
    #[serde(default, deserialize_with = "super::present")]
    pub timezone: Option<Zone>,
}

/// The most characters of an avatar.
pub const AVATAR_MAX: usize = 16_384;

/// A small picture, as a `data:` URL of a PNG, JPEG or WebP: the app shows none from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Avatar(String);

impl Avatar {
    /// # Errors
    /// Says what is allowed.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.len() > AVATAR_MAX {
            return Err(format!("must be at most {AVATAR_MAX} characters, got {}", text.chars().count()));
        }
        let content = text.strip_prefix("data:image/").and_then(|rest| rest.split_once(";base64,"));
        let is_picture = |(kind, content): (&str, &str)| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
            ["png", "jpeg", "webp"].contains(&kind) && !content.is_empty() && content.bytes().all(plain)
        };
        if content.is_some_and(is_picture) {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be a picture like data:image/png;base64,… (png, jpeg or webp)".to_owned())
        }
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl<'de> Deserialize<'de> for Avatar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&Cow::<str>::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// A sign-in that has not ended.
#[derive(Serialize, ToSchema)]
pub struct SignIn {
    pub id: FamilyId,
    pub created_at: Moment,
    /// When its tokens were last renewed.
    pub last_used_at: Moment,
    pub expires_at: Moment,
    /// Where it was made from.
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    /// Whether it is the one that asks.
    pub is_current: bool,
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
