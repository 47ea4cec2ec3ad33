//! Refreshing and ending a sign-in.

use super::tokens::RefreshToken;
use super::{Auth, AuthError, Revoked, now};
use crate::domain::ids::{FamilyId, UserId};
use crate::store::queries::auth::{self as rows, Spending};

/// How long after its first use a cookie's token still gets the same successor, in milliseconds: two tabs that
/// refresh at once send the same cookie.
const TWIN_MS: i64 = 10_000;

/// How a refresh token came, and so how its successor goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Body,
    Cookie,
}

/// What follows a spent refresh token.
pub struct Renewed {
    pub user_id: UserId,
    pub access_token: String,
    pub refresh_token: RefreshToken,
    /// How long the refresh token lives, in milliseconds.
    pub refresh_life_ms: i64,
}

impl Auth {
    /// Spends a refresh token. One that was spent before ends its whole family, but for a cookie's twin.
    ///
    /// # Errors
    /// [`AuthError::BadToken`], [`AuthError::Store`].
    pub async fn refresh(&self, token: &str, transport: Transport) -> Result<Renewed, AuthError> {
        let token = RefreshToken::from_text(token).ok_or(AuthError::BadToken)?;
        let successor = self.tokens().successor(&token);
        let (hash, successor_hash) = (self.tokens().hash(&token), self.tokens().hash(&successor));
        let at = now();
        let twin_since = (transport == Transport::Cookie).then(|| at.plus_millis(-TWIN_MS));
        let spending = self
            .0
            .store
            .write(async move |mut c| {
                c.tx(async move |c| rows::spend(c, hash, successor_hash, at, twin_since).await).await
            })
            .await?;
        match spending {
            Spending::Renewed { user_id, family, life_ms } => Ok(Renewed {
                user_id,
                access_token: self.access_token(user_id, family, at)?,
                refresh_token: successor,
                refresh_life_ms: life_ms,
            }),
            Spending::Reused(family) => {
                tracing::warn!(%family, "a spent refresh token came again: its family has ended");
                self.revoked(Revoked::Family(family));
                Err(AuthError::BadToken)
            }
            Spending::Unknown => Err(AuthError::BadToken),
        }
    }

    /// Ends a sign-in: its tokens are worth nothing from now on.
    ///
    /// # Errors
    /// [`AuthError::Store`].
    pub async fn end_family(&self, family: FamilyId) -> Result<(), AuthError> {
        let at = now();
        self.0
            .store
            .write(async move |mut c| c.tx(async move |c| rows::revoke_family(c, family, at).await).await)
            .await?;
        self.revoked(Revoked::Family(family));
        Ok(())
    }

    /// The sign-in that a refresh token belongs to, spent or not.
    ///
    /// # Errors
    /// [`AuthError::Store`].
    pub async fn family_of(&self, token: &str) -> Result<Option<FamilyId>, AuthError> {
        let Some(token) = RefreshToken::from_text(token) else { return Ok(None) };
        let hash = self.tokens().hash(&token);
        Ok(self.0.store.read(async move |mut c| rows::family_of(&mut c, &hash).await).await?)
    }

    /// Ends all sign-ins of a user, and closes the user's sockets.
    ///
    /// # Errors
    /// [`AuthError::Store`].
    pub async fn end_user(&self, user: UserId) -> Result<(), AuthError> {
        let at = now();
        self.0.store.write(async move |mut c| c.tx(async move |c| rows::revoke_user(c, user, at).await).await).await?;
        self.revoked(Revoked::User(user));
        Ok(())
    }
}
