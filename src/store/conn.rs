//! One connection to either database, and how a query that is written once runs on both.

use super::error::{StoreError, StoreResult};
use diesel::QueryResult;
use diesel::connection::{AnsiTransactionManager, TransactionManager as _};
use diesel::sqlite::SqliteConnection;
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AnsiTransactionManager as PgTransactions, AsyncConnection, AsyncPgConnection, TransactionManager};
use std::ops::{Deref, DerefMut};
use tokio::sync::OwnedMutexGuard;

/// A connection to PostgreSQL.
pub type PgConn = AsyncPgConnection;
/// A connection to SQLite; each call is a hop to a blocking thread.
pub type LiteConn = SyncConnectionWrapper<SqliteConnection>;

/// A connection to whichever database there is. Only ever used on the store's own runtime.
#[expect(clippy::large_enum_variant, reason = "one is made for each call, and moved a few times")]
pub enum Conn {
    Pg(Object<PgConn>),
    Lite(LiteHandle),
}

/// SQLite's one write connection, or one of its readers.
pub enum LiteHandle {
    Writer(OwnedMutexGuard<LiteConn>),
    Reader(Object<LiteConn>),
}

impl Deref for LiteHandle {
    type Target = LiteConn;

    fn deref(&self) -> &LiteConn {
        match self {
            Self::Writer(conn) => conn,
            Self::Reader(conn) => conn,
        }
    }
}

impl DerefMut for LiteHandle {
    fn deref_mut(&mut self) -> &mut LiteConn {
        match self {
            Self::Writer(conn) => conn,
            Self::Reader(conn) => conn,
        }
    }
}

/// Runs a Diesel query that is written once and type-checked for each database:
/// `query!(conn, |c| users::table.find(id).first(c).await)`. Gives a [`diesel::QueryResult`].
///
/// `as_select()` and `as_returning()` belong inside the body, because they fix the database.
/// Inserting several rows at once (`values(&rows)`) doesn't compile for SQLite in this way: use [`insert_all!`].
macro_rules! query {
    ($conn:expr, |$c:ident| $body:expr) => {
        match $conn {
            $crate::store::conn::Conn::Pg(object) => {
                let $c: &mut $crate::store::conn::PgConn = object;
                $body
            }
            $crate::store::conn::Conn::Lite(handle) => {
                let $c: &mut $crate::store::conn::LiteConn = handle;
                $body
            }
        }
    };
}

/// Inserts several rows with one statement on either database: `insert_all!(conn, labels::table, rows)`, where `rows`
/// is an owned `Vec` of an `Insertable`. Gives a [`diesel::QueryResult`] of the number of rows.
macro_rules! insert_all {
    ($conn:expr, $table:expr, $rows:expr) => {{
        let rows = $rows;
        match $conn {
            $crate::store::conn::Conn::Pg(object) => {
                let c: &mut $crate::store::conn::PgConn = object;
                diesel_async::RunQueryDsl::execute(diesel::insert_into($table).values(&rows), c).await
            }
            $crate::store::conn::Conn::Lite(handle) => {
                handle
                    .spawn_blocking(move |c| diesel::RunQueryDsl::execute(diesel::insert_into($table).values(&rows), c))
                    .await
            }
        }
    }};
}

/// Loads many rows: `load_all!(conn, tasks::table.select(TaskRow::as_select()))`. On SQLite they are read where they
/// lie, in one blocking call; `query!` would copy each value of each row twice. Gives a [`diesel::QueryResult`].
macro_rules! load_all {
    ($conn:expr, $rows:expr) => {
        match $conn {
            $crate::store::conn::Conn::Pg(object) => {
                let c: &mut $crate::store::conn::PgConn = object;
                diesel_async::RunQueryDsl::load($rows, c).await
            }
            $crate::store::conn::Conn::Lite(handle) => {
                handle.spawn_blocking(move |c| diesel::RunQueryDsl::load($rows, c)).await
            }
        }
    };
}

pub(crate) use {insert_all, load_all, query};

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Takes SQLite's write lock at once, so that it can't fail for having read first.
    Write,
    /// Sees one state of everything throughout, and changes nothing.
    Read,
}

impl Conn {
    /// Runs `body` in a transaction: committed where it gives `Ok`, rolled back where it gives `Err`. Inside another
    /// one it is a savepoint.
    ///
    /// # Errors
    /// Those of `body`, and of the commit: [`StoreError::is_surely_not_applied`] tells them apart.
    pub async fn tx<R>(&mut self, body: impl AsyncFnOnce(&mut Self) -> StoreResult<R>) -> StoreResult<R> {
        self.transaction(Mode::Write, body).await
    }

    /// Runs `body`, which only reads, so that all of it sees one state of the database.
    ///
    /// # Errors
    /// Those of `body`, and of the connection.
    pub async fn consistent<R>(&mut self, body: impl AsyncFnOnce(&mut Self) -> StoreResult<R>) -> StoreResult<R> {
        self.transaction(Mode::Read, body).await
    }

    async fn transaction<R>(
        &mut self,
        mode: Mode,
        body: impl AsyncFnOnce(&mut Self) -> StoreResult<R>,
    ) -> StoreResult<R> {
        self.begin(mode).await?;
        match body(self).await {
            Ok(value) => {
                let committed = query!(self, |c| commit(c).await);
                committed.map_err(|error| match self {
                    Self::Pg(_) => StoreError::lost(error),
                    // Rolled back by the transaction manager.
                    Self::Lite(_) => StoreError::from(error),
                })?;
                Ok(value)
            }
            Err(error) => {
                // What the body found is the reason; a connection that can't roll back is thrown away by its pool.
                if let Err(failed) = query!(self, |c| rollback(c).await) {
                    tracing::debug!(%failed, "rollback failed");
                }
                Err(error)
            }
        }
    }

    /// Runs `body` in a transaction, or a savepoint, and takes back whatever it did.
    ///
    /// # Errors
    /// Those of `body`, and of the connection.
    pub async fn trial(&mut self, body: impl AsyncFnOnce(&mut Self) -> StoreResult<()>) -> StoreResult<()> {
        self.begin(Mode::Write).await?;
        let result = body(self).await;
        query!(self, |c| rollback(c).await)?;
        result
    }

    async fn begin(&mut self, mode: Mode) -> StoreResult<()> {
        match self {
            Self::Pg(c) => begin_pg(c, mode).await?,
            Self::Lite(c) => c.spawn_blocking(move |c| begin_lite(c, mode)).await?,
        }
        Ok(())
    }
}

/// Begins a transaction, or a savepoint inside one.
async fn begin_pg(c: &mut PgConn, mode: Mode) -> QueryResult<()> {
    let depth = PgTransactions::transaction_manager_status_mut(c).transaction_depth()?;
    match (depth, mode) {
        (None, Mode::Read) => {
            PgTransactions::begin_transaction_sql(c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
        }
        (None, Mode::Write) | (Some(_), _) => PgTransactions::begin_transaction(c).await,
    }
}

/// The same on SQLite.
fn begin_lite(c: &mut SqliteConnection, mode: Mode) -> QueryResult<()> {
    let depth = AnsiTransactionManager::transaction_manager_status_mut(c).transaction_depth()?;
    match (depth, mode) {
        (None, Mode::Write) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"),
        (None, Mode::Read) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN DEFERRED"),
        (Some(_), _) => AnsiTransactionManager::begin_transaction(c),
    }
}

/// Whether a transaction was left open, because whoever began it panicked.
pub(super) fn is_dirty(c: &mut SqliteConnection) -> bool {
    AnsiTransactionManager::is_broken_transaction_manager(c)
}

async fn commit<C: AsyncConnection>(c: &mut C) -> QueryResult<()> {
    C::TransactionManager::commit_transaction(c).await
}

async fn rollback<C: AsyncConnection>(c: &mut C) -> QueryResult<()> {
    C::TransactionManager::rollback_transaction(c).await
}
