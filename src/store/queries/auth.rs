//! Sign-ins, refresh tokens and failed logins.
//!
//! Each fails as the database does, and says what else it fails with.

use crate::domain::ids::{FamilyId, UserId};
use crate::domain::time::Moment;
use crate::store::conn::query;
use crate::store::schema::{auth_sessions, login_failures, refresh_tokens, users};
use crate::store::{Conn, StoreResult};
use diesel::dsl::auto_type;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

/// How long ended sessions and old failures are kept, in milliseconds.
const KEPT_MS: i64 = 24 * 3_600 * 1_000;

/// A sign-in to be opened.
#[derive(Insertable)]
#[diesel(table_name = auth_sessions)]
pub struct NewSession {
    pub id: FamilyId,
    pub user_id: UserId,
    pub user_agent: Option<String>,
    pub ip: Option<String>,
    pub cookie: bool,
    pub created_at: Moment,
    pub last_used_at: Moment,
    pub expires_at: Moment,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = refresh_tokens)]
struct Token {
    token_hash: Vec<u8>,
    family_id: FamilyId,
    user_id: UserId,
    created_at: Moment,
    expires_at: Moment,
    spent_at: Option<Moment>,
}

impl Token {
    fn life_ms(&self) -> i64 {
        self.expires_at.millis_since(self.created_at)
    }
}

/// A sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = auth_sessions)]
pub struct SessionRow {
    pub id: FamilyId,
    pub user_agent: Option<String>,
    pub ip: Option<String>,
    pub created_at: Moment,
    pub last_used_at: Moment,
    pub expires_at: Moment,
}

/// What came of spending a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spending {
    /// The successor is stored; it lives as long as its predecessor was to live.
    Renewed { user_id: UserId, family: FamilyId, life_ms: i64 },
    /// It had been spent before: its family has been ended.
    Reused(FamilyId),
    /// Unknown, expired, of an ended family or of a disabled user.
    Unknown,
}

/// How often, and until when: the failed logins of one e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = login_failures)]
pub struct FailureRow {
    pub failures: i32,
    pub locked_until: Option<Moment>,
    pub updated_at: Moment,
}

/// Opens a sign-in with its first refresh token.
pub async fn open_session(conn: &mut Conn, session: NewSession, token_hash: Vec<u8>) -> StoreResult<()> {
    let token = Token {
        token_hash,
        family_id: session.id,
        user_id: session.user_id,
        created_at: session.created_at,
        expires_at: session.expires_at,
        spent_at: None,
    };
    query!(conn, |c| diesel::insert_into(auth_sessions::table).values(&session).execute(c).await)?;
    query!(conn, |c| diesel::insert_into(refresh_tokens::table).values(&token).execute(c).await)?;
    let user = users::table.find(session.user_id);
    query!(conn, |c| diesel::update(user).set(users::last_login_at.eq(session.created_at)).execute(c).await)?;
    Ok(())
}

/// Spends a token for `successor`. One that was spent since `twin_since` by cookie gets the same successor again;
/// one that was spent otherwise ends its family. Call it in a transaction.
pub async fn spend(
    conn: &mut Conn,
    hash: Vec<u8>,
    successor: Vec<u8>,
    at: Moment,
    twin_since: Option<Moment>,
) -> StoreResult<Spending> {
    let unspent = refresh_tokens::table.filter(refresh_tokens::token_hash.eq(&hash));
    let spent_now: Option<Token> =
        query!(conn, |c| diesel::update(unspent.filter(refresh_tokens::spent_at.is_null()))
            .set((refresh_tokens::spent_at.eq(at), refresh_tokens::successor.eq(&successor)))
            .returning(Token::as_returning())
            .get_result(c)
            .await
            .optional())?;
    if let Some(token) = spent_now {
        if token.expires_at <= at || !is_good(conn, token.user_id, Some(token.family_id)).await? {
            return Ok(Spending::Unknown);
        }
        return renew(conn, &token, successor, at).await;
    }
    let known = refresh_tokens::table.find(&hash);
    let Some(token): Option<Token> = query!(conn, |c| known.select(Token::as_select()).first(c).await.optional())?
    else {
        return Ok(Spending::Unknown);
    };
    let family = token.family_id;
    if !is_good(conn, token.user_id, Some(family)).await? {
        return Ok(Spending::Unknown);
    }
    let session = auth_sessions::table.find(family).select(auth_sessions::cookie);
    let by_cookie: bool = query!(conn, |c| session.first(c).await)?;
    let is_twin = twin_since.zip(token.spent_at).is_some_and(|(since, spent)| spent >= since);
    if by_cookie && is_twin {
        return Ok(Spending::Renewed { user_id: token.user_id, family, life_ms: token.life_ms() });
    }
    revoke_family(conn, family, at).await?;
    Ok(Spending::Reused(family))
}

async fn renew(conn: &mut Conn, token: &Token, successor: Vec<u8>, at: Moment) -> StoreResult<Spending> {
    let life_ms = token.life_ms();
    let (user_id, family) = (token.user_id, token.family_id);
    let expires_at = at.plus_millis(life_ms);
    let next = Token { token_hash: successor, family_id: family, user_id, created_at: at, expires_at, spent_at: None };
    query!(conn, |c| diesel::insert_into(refresh_tokens::table).values(&next).execute(c).await)?;
    query!(conn, |c| diesel::update(auth_sessions::table.find(family))
        .set((auth_sessions::last_used_at.eq(at), auth_sessions::expires_at.eq(expires_at)))
        .execute(c)
        .await)?;
    Ok(Spending::Renewed { user_id, family, life_ms })
}

/// Whether neither the user is disabled nor the sign-in ended.
pub async fn is_good(conn: &mut Conn, user: UserId, family: Option<FamilyId>) -> StoreResult<bool> {
    let disabled_at = users::table.find(user).select(users::disabled_at);
    let disabled_at: Option<Option<Moment>> = query!(conn, |c| disabled_at.first(c).await.optional())?;
    if disabled_at != Some(None) {
        return Ok(false);
    }
    let Some(family) = family else { return Ok(true) };
    let session = auth_sessions::table.find(family).filter(auth_sessions::user_id.eq(user));
    let revoked_at = session.select(auth_sessions::revoked_at);
    let revoked_at: Option<Option<Moment>> = query!(conn, |c| revoked_at.first(c).await.optional())?;
    Ok(revoked_at == Some(None))
}

/// The sign-in that a token belongs to, spent or not.
pub async fn family_of(conn: &mut Conn, hash: &[u8]) -> StoreResult<Option<FamilyId>> {
    let family = refresh_tokens::table.find(hash).select(refresh_tokens::family_id);
    Ok(query!(conn, |c| family.first(c).await.optional())?)
}

pub async fn revoke_family(conn: &mut Conn, family: FamilyId, at: Moment) -> StoreResult<()> {
    let session = auth_sessions::table.filter(auth_sessions::id.eq(family)).filter(auth_sessions::revoked_at.is_null());
    query!(conn, |c| diesel::update(session).set(auth_sessions::revoked_at.eq(at)).execute(c).await)?;
    Ok(())
}

pub async fn revoke_user(conn: &mut Conn, user: UserId, at: Moment) -> StoreResult<()> {
    let sessions =
        auth_sessions::table.filter(auth_sessions::user_id.eq(user)).filter(auth_sessions::revoked_at.is_null());
    query!(conn, |c| diesel::update(sessions).set(auth_sessions::revoked_at.eq(at)).execute(c).await)?;
    Ok(())
}

pub async fn failures(conn: &mut Conn, email: &str) -> StoreResult<Option<FailureRow>> {
    let row = login_failures::table.find(email);
    Ok(query!(conn, |c| row.select(FailureRow::as_select()).first(c).await.optional())?)
}

/// Counts one more failure, by what `after` makes of those before: all nodes count one after the other. Call it in a
/// transaction.
pub async fn count_failure(
    conn: &mut Conn,
    email: &str,
    at: Moment,
    after: impl FnOnce(FailureRow) -> FailureRow,
) -> StoreResult<()> {
    let none = (login_failures::email.eq(email), login_failures::failures.eq(0), login_failures::updated_at.eq(at));
    query!(conn, |c| diesel::insert_into(login_failures::table)
        .values(none)
        .on_conflict(login_failures::email)
        .do_nothing()
        .execute(c)
        .await)?;
    let row = login_failures::table.find(email).select(FailureRow::as_select());
    let before: FailureRow = match conn {
        Conn::Pg(c) => row.for_no_key_update().first(&mut **c).await?,
        // The transaction has the whole database already.
        Conn::Lite(c) => login_failures::table.find(email).select(FailureRow::as_select()).first(&mut **c).await?,
    };
    let FailureRow { failures, locked_until, updated_at } = after(before);
    let set = (
        login_failures::failures.eq(failures),
        login_failures::locked_until.eq(locked_until),
        login_failures::updated_at.eq(updated_at),
    );
    query!(conn, |c| diesel::update(login_failures::table.find(email)).set(set).execute(c).await)?;
    Ok(())
}

pub async fn forget_failures(conn: &mut Conn, email: &str) -> StoreResult<()> {
    query!(conn, |c| diesel::delete(login_failures::table.find(email)).execute(c).await)?;
    Ok(())
}

/// Whether a sign-in is this user's and has not ended.
#[auto_type]
fn is_open(user: UserId, at: Moment) -> _ {
    auth_sessions::user_id.eq(user).and(auth_sessions::revoked_at.is_null()).and(auth_sessions::expires_at.gt(at))
}

/// The sign-ins of a user that have not ended, by id, after `after`, at most `limit`.
pub async fn sessions(
    conn: &mut Conn,
    user: UserId,
    at: Moment,
    after: Option<FamilyId>,
    limit: i64,
) -> StoreResult<Vec<SessionRow>> {
    let rows = auth_sessions::table
        .filter(is_open(user, at))
        .filter(auth_sessions::id.gt(after.unwrap_or(FamilyId(uuid::Uuid::nil()))))
        .order(auth_sessions::id.asc())
        .limit(limit);
    Ok(query!(conn, |c| rows.select(SessionRow::as_select()).load(c).await)?)
}

/// Whether a sign-in is this user's and has not ended.
pub async fn is_session_of(conn: &mut Conn, user: UserId, family: FamilyId, at: Moment) -> StoreResult<bool> {
    let row =
        auth_sessions::table.filter(auth_sessions::id.eq(family)).filter(is_open(user, at)).select(auth_sessions::id);
    let found: Option<FamilyId> = query!(conn, |c| row.first(c).await.optional())?;
    Ok(found.is_some())
}

/// Deletes what has ended: expired tokens at once, sessions and failures a day later.
pub async fn sweep(conn: &mut Conn, at: Moment) -> StoreResult<()> {
    let kept_since = at.plus_millis(-KEPT_MS);
    let tokens = refresh_tokens::table.filter(refresh_tokens::expires_at.lt(at));
    query!(conn, |c| diesel::delete(tokens).execute(c).await)?;
    let sessions = auth_sessions::table.filter(auth_sessions::expires_at.lt(kept_since));
    query!(conn, |c| diesel::delete(sessions).execute(c).await)?;
    let failures = login_failures::table.filter(login_failures::updated_at.lt(kept_since));
    query!(conn, |c| diesel::delete(failures).execute(c).await)?;
    Ok(())
}
