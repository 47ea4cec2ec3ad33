//! Accounts of the demonstration: guests, who come and go, and those who are simulated. Neither has a password.
//!
//! Each fails as the database does.

use crate::domain::ids::{UserId, WorkspaceId};
use crate::domain::time::Moment;
use crate::store::conn::query;
use crate::store::schema::{auth_sessions, memberships, users, workspaces};
use crate::store::{Conn, StoreResult};
use diesel::dsl::{auto_type, exists, not};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

/// What their e-mail addresses end with: a name that no host can have (RFC 2606).
pub const DEMO_HOST: &str = "@demo.invalid";
/// What those of guests begin with.
pub const GUEST_MAILBOX: &str = "guest.";

/// Whether an account is a guest's who is still here.
#[auto_type]
fn is_guest() -> _ {
    let mailbox: String = format!("{GUEST_MAILBOX}%{DEMO_HOST}");
    users::email.like(mailbox).and(users::password_hash.is_null()).and(users::disabled_at.is_null())
}

/// How many guests there are.
pub async fn count(conn: &mut Conn) -> StoreResult<i64> {
    let rows = users::table.filter(is_guest()).count();
    Ok(query!(conn, |c| rows.get_result(c).await)?)
}

/// Guests whose sign-ins have not been renewed since, at most `limit`.
pub async fn idle(conn: &mut Conn, since: Moment, limit: i64) -> StoreResult<Vec<UserId>> {
    let recent = auth_sessions::table
        .filter(auth_sessions::user_id.eq(users::id))
        .filter(auth_sessions::revoked_at.is_null().and(auth_sessions::last_used_at.ge(since)));
    let rows = users::table
        .filter(is_guest())
        .filter(users::created_at.lt(since).and(not(exists(recent))))
        .order(users::id.asc())
        .limit(limit)
        .select(users::id);
    Ok(query!(conn, |c| rows.load(c).await)?)
}

/// Lets an account do nothing any more. Its name stays, for what it has done.
pub async fn disable(conn: &mut Conn, user: UserId, at: Moment) -> StoreResult<()> {
    let set = (users::disabled_at.eq(at), users::updated_at.eq(at));
    query!(conn, |c| diesel::update(users::table.find(user)).set(set).execute(c).await)?;
    Ok(())
}

/// The workspaces that `creator` has made and `member` belongs to, the oldest first.
pub async fn workspaces_with(conn: &mut Conn, creator: UserId, member: UserId) -> StoreResult<Vec<WorkspaceId>> {
    let rows = workspaces::table
        .inner_join(memberships::table)
        .filter(workspaces::created_by.eq(creator).and(workspaces::deleted_at.is_null()))
        .filter(memberships::user_id.eq(member))
        .order(workspaces::id.asc())
        .select(workspaces::id);
    Ok(query!(conn, |c| rows.load(c).await)?)
}
