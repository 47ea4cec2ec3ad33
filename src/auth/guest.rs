//! Accounts of the demonstration, which nobody signs up for and no password opens.

use super::account::{Device, SignedIn};
use super::{Auth, AuthError, now};
use crate::domain::ids::UserId;
use crate::domain::locale::Locale;
use crate::store::queries::guest::{DEMO_HOST, GUEST_MAILBOX};
use crate::store::queries::user::{self, NewUser};
use uuid::Uuid;

impl Auth {
    /// Sees to it that there is an account of somebody simulated, under this id.
    ///
    /// # Errors
    /// [`AuthError::Store`].
    pub async fn stand_in(&self, id: UserId, name: &str, mailbox: &str, locale: Locale) -> Result<(), AuthError> {
        let store = &self.0.store;
        let exists = async || store.read(async move |mut c| user::by_id(&mut c, id).await).await;
        if exists().await?.is_some() {
            return Ok(());
        }
        // The tail keeps others from having signed up with this address.
        let row = account(id, format!("{mailbox}.{:08x}", rand::random::<u32>()), name.to_owned(), locale);
        let inserted =
            store.write(async move |mut c| c.tx(async move |c| user::insert(c, row, false).await).await).await;
        match inserted {
            Ok(Some(_)) => Ok(()),
            // Another node may have been faster.
            _ if exists().await?.is_some() => Ok(()),
            Ok(None) => Err(AuthError::EmailTaken),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes an account for a guest, and signs it in.
    ///
    /// # Errors
    /// [`AuthError::Store`].
    pub async fn visit(&self, name: String, locale: Locale, device: Device) -> Result<SignedIn, AuthError> {
        let id = UserId(Uuid::now_v7());
        let row = account(id, format!("{GUEST_MAILBOX}{id}"), name, locale);
        let insert = async move |c: &mut _| user::insert(c, row, false).await;
        let user = self.0.store.write(async move |mut c| c.tx(insert).await).await?.ok_or(AuthError::EmailTaken)?;
        self.sign_in(user, false, device, now()).await
    }
}

fn account(id: UserId, mailbox: String, name: String, locale: Locale) -> NewUser {
    let at = now();
    NewUser {
        id,
        email: format!("{mailbox}{DEMO_HOST}"),
        name,
        password_hash: None,
        locale: locale.name(),
        is_system_admin: false,
        created_at: at,
        updated_at: at,
    }
}
