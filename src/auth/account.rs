//! Signing up and logging in.

use super::lockout::{after_failure, locked_for_ms};
use super::tokens::{ACCESS_LIFE_MS, REFRESH_LIFE_MS, REMEMBERED_LIFE_MS, RefreshToken};
use super::{Auth, AuthError, now};
use crate::domain::email::Email;
use crate::domain::ids::{FamilyId, UserId};
use crate::domain::locale::Locale;
use crate::domain::text::Name;
use crate::domain::time::Moment;
use crate::store::queries::auth::{self as rows, NewSession};
use crate::store::queries::user::{self, NewUser, User};
use uuid::Uuid;

/// What an account is made of. The password's length was checked before.
pub struct Signup {
    pub email: Email,
    pub name: Name,
    pub password: String,
}

/// What somebody logs in with.
pub struct Login {
    pub email: String,
    pub password: String,
    pub remember: bool,
}

/// What is known of the program that signs in; kept with the session.
#[derive(Debug, Clone, Default)]
pub struct Device {
    pub user_agent: Option<String>,
    pub ip: Option<String>,
    /// Whether the refresh token goes into a cookie.
    pub cookie: bool,
}

/// A new sign-in.
pub struct SignedIn {
    pub user: User,
    pub access_token: String,
    pub refresh_token: RefreshToken,
    /// How long the refresh token lives, in milliseconds.
    pub refresh_life_ms: i64,
}

impl Auth {
    /// Makes an account and signs it in.
    ///
    /// # Errors
    /// [`AuthError::EmailTaken`], [`AuthError::Busy`], [`AuthError::Store`].
    pub async fn signup(&self, signup: Signup, device: Device) -> Result<SignedIn, AuthError> {
        let password_hash = self.0.passwords.hash(&signup.password).await?;
        let at = now();
        let row = NewUser {
            id: UserId(Uuid::now_v7()),
            email: signup.email.to_string(),
            name: signup.name.to_string(),
            password_hash: Some(password_hash),
            locale: Locale::En.name(),
            is_system_admin: false,
            created_at: at,
            updated_at: at,
        };
        let first_is_admin = self.0.first_is_admin;
        // One at a time, so that only one account is the first.
        let _turn = self.0.signup_turn.lock().await;
        let inserted = self
            .0
            .store
            .write(async move |mut c| c.tx(async move |c| user::insert(c, row, first_is_admin).await).await)
            .await?;
        let user = inserted.ok_or(AuthError::EmailTaken)?;
        self.sign_in(user, false, device, at).await
    }

    /// Signs an account in by its password. An unknown e-mail takes the same way, and as long, as a wrong password.
    ///
    /// # Errors
    /// [`AuthError::WrongCredentials`], [`AuthError::Locked`], [`AuthError::Busy`], [`AuthError::Store`].
    pub async fn login(&self, login: Login, device: Device) -> Result<SignedIn, AuthError> {
        let store = &self.0.store;
        let Ok(email) = Email::new(&login.email) else {
            // No account has such an e-mail: there is nothing to lock, but it takes its time all the same.
            self.0.passwords.verify(&login.password, None).await?;
            return Err(AuthError::WrongCredentials);
        };
        let email = email.to_string();
        let _turn = self.0.login_turns.take(&email).await;
        let asked = email.clone();
        let (failures, credentials) = store
            .read(async move |mut c| {
                Ok((rows::failures(&mut c, &asked).await?, user::credentials(&mut c, &asked).await?))
            })
            .await?;
        if let Some(retry_after_ms) = failures.and_then(|f| locked_for_ms(f, now())) {
            return Err(AuthError::Locked { retry_after_ms });
        }
        let hash = credentials.as_ref().and_then(|c| c.password_hash.as_deref());
        let matches = self.0.passwords.verify(&login.password, hash).await?;
        let at = now();
        match credentials.filter(|c| matches && c.user.disabled_at.is_none()) {
            Some(credentials) => {
                if failures.is_some() {
                    store
                        .write(async move |mut c| c.tx(async move |c| rows::forget_failures(c, &email).await).await)
                        .await?;
                }
                self.sign_in(credentials.user, login.remember, device, at).await
            }
            None => {
                let count = async move |c: &mut _| {
                    rows::count_failure(c, &email, at, |before| after_failure(Some(before), at)).await
                };
                store.write(async move |mut c| c.tx(count).await).await?;
                Err(AuthError::WrongCredentials)
            }
        }
    }

    pub(super) async fn sign_in(
        &self,
        user: User,
        remember: bool,
        device: Device,
        at: Moment,
    ) -> Result<SignedIn, AuthError> {
        let tokens = self.tokens();
        let refresh_life_ms = if remember { REMEMBERED_LIFE_MS } else { REFRESH_LIFE_MS };
        let family = FamilyId(Uuid::now_v7());
        let refresh_token = tokens.fresh();
        let session = NewSession {
            id: family,
            user_id: user.id,
            user_agent: device.user_agent,
            ip: device.ip,
            cookie: device.cookie,
            created_at: at,
            last_used_at: at,
            expires_at: at.plus_millis(refresh_life_ms),
        };
        let token_hash = tokens.hash(&refresh_token);
        self.0
            .store
            .write(async move |mut c| c.tx(async move |c| rows::open_session(c, session, token_hash).await).await)
            .await?;
        let access_token = self.access_token(user.id, family, at)?;
        Ok(SignedIn { user, access_token, refresh_token, refresh_life_ms })
    }

    pub(super) fn access_token(&self, user: UserId, family: FamilyId, at: Moment) -> Result<String, AuthError> {
        let signed = self.tokens().sign(user, Some(family), at, ACCESS_LIFE_MS);
        signed.map(|(token, _)| token).map_err(|e| AuthError::Defect(e.to_string()))
    }
}
