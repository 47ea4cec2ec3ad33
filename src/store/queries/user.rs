//! Accounts.
//!
//! Each fails as the database does, and says what else it fails with.

use super::guest::DEMO_HOST;
use crate::domain::ids::UserId;
use crate::domain::time::Moment;
use crate::store::conn::query;
use crate::store::schema::users;
use crate::store::{Conn, StoreResult};
use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

/// An account, without its password.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub avatar: Option<String>,
    pub locale: String,
    pub timezone: String,
    pub email_verified: bool,
    pub is_system_admin: bool,
    pub disabled_at: Option<Moment>,
    pub created_at: Moment,
}

/// An account to be made.
#[derive(Insertable)]
#[diesel(table_name = users)]
pub struct NewUser {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub password_hash: Option<String>,
    pub locale: &'static str,
    pub is_system_admin: bool,
    pub created_at: Moment,
    pub updated_at: Moment,
}

/// What to change of an account; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = users)]
pub struct UserChanges {
    pub name: Option<String>,
    pub avatar: Option<Option<String>>,
    pub locale: Option<String>,
    pub timezone: Option<String>,
    pub updated_at: Option<Moment>,
}

/// An account with what a login is checked by.
pub struct Credentials {
    pub user: User,
    pub password_hash: Option<String>,
}

/// Makes an account; `None` where its e-mail is taken. The very first becomes system admin if `first_is_admin`; those of
/// the demonstration don't count.
pub async fn insert(conn: &mut Conn, mut row: NewUser, first_is_admin: bool) -> StoreResult<Option<User>> {
    if first_is_admin {
        let people = users::table.filter(users::email.not_like(format!("%{DEMO_HOST}"))).select(users::id).limit(1);
        let anybody: Option<UserId> = query!(conn, |c| people.clone().first(c).await.optional())?;
        row.is_system_admin |= anybody.is_none();
        if let (None, Conn::Pg(c)) = (anybody, &mut *conn) {
            // Another node may be making the first account too: it waits here, and the one that is second sees it.
            c.batch_execute("lock table users in share row exclusive mode").await?;
            let first: Option<UserId> = people.first(&mut **c).await.optional()?;
            row.is_system_admin = first.is_none();
        }
    }
    let user = query!(conn, |c| diesel::insert_into(users::table)
        .values(&row)
        .on_conflict(users::email)
        .do_nothing()
        .returning(User::as_returning())
        .get_result(c)
        .await
        .optional())?;
    Ok(user)
}

pub async fn by_id(conn: &mut Conn, id: UserId) -> StoreResult<Option<User>> {
    Ok(query!(conn, |c| users::table.find(id).select(User::as_select()).first(c).await.optional())?)
}

/// The account of an e-mail in lower case, disabled ones too.
pub async fn by_email(conn: &mut Conn, email: &str) -> StoreResult<Option<User>> {
    let row = users::table.filter(users::email.eq(email));
    Ok(query!(conn, |c| row.select(User::as_select()).first(c).await.optional())?)
}

/// As [`by_email`], with the password's hash.
pub async fn credentials(conn: &mut Conn, email: &str) -> StoreResult<Option<Credentials>> {
    let row = users::table.filter(users::email.eq(email));
    let found: Option<(User, Option<String>)> =
        query!(conn, |c| row.select((User::as_select(), users::password_hash)).first(c).await.optional())?;
    Ok(found.map(|(user, password_hash)| Credentials { user, password_hash }))
}

/// Changes an account; `None` where there is none.
pub async fn change(conn: &mut Conn, id: UserId, changes: UserChanges) -> StoreResult<Option<User>> {
    Ok(query!(conn, |c| diesel::update(users::table.find(id))
        .set(&changes)
        .returning(User::as_returning())
        .get_result(c)
        .await
        .optional())?)
}

/// Makes an account system admin; whether there is one of this e-mail.
pub async fn make_admin(conn: &mut Conn, email: &str, at: Moment) -> StoreResult<bool> {
    let row = users::table.filter(users::email.eq(email));
    let count = query!(conn, |c| diesel::update(row)
        .set((users::is_system_admin.eq(true), users::updated_at.eq(at)))
        .execute(c)
        .await)?;
    Ok(count > 0)
}
