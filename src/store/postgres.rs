//! How we speak to PostgreSQL: connections that can't hang, in a pool that gives no broken one.

use super::conn::PgConn;
use super::error::{StoreError, StoreResult};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::{ConnectionError, ConnectionResult};
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use futures_util::FutureExt;
use std::time::Duration;
use tokio_postgres::NoTls;
use tokio_postgres::config::SslMode;

/// A new connection that takes longer is given up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Bytes that the server has not taken for so long end the connection.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a caller waits for a connection of the pool.
const POOL_WAIT: Duration = Duration::from_secs(3);
/// The oldest server that the statements are written for.
const VERSION_MIN: u32 = 130_000;

/// What every session is told, so that neither a lock nor a stopped client blocks others for long.
const SESSION: &str = "set lock_timeout = '2s'; set statement_timeout = '8s'; \
     set idle_in_transaction_session_timeout = '5s'";

pub(super) type PgPool = Pool<PgConn>;

/// Builds a pool; connects only when a connection is wanted.
///
/// # Errors
/// Where the URL can't be read.
pub(super) fn pool(url: &str, connections_max: usize) -> StoreResult<PgPool> {
    settings(url)?;
    let mut config = ManagerConfig::default();
    config.custom_setup = Box::new(|url| connect_for_diesel(url).boxed());
    config.recycling_method = RecyclingMethod::Verified;
    Pool::builder(AsyncDieselConnectionManager::new_with_config(url, config))
        .max_size(connections_max)
        .build()
        .map_err(|error| StoreError::Setup(format!("can't build the connection pool: {error}")))
}

/// Takes a connection from the pool, waiting a bounded time.
pub(super) async fn from_pool(pool: &PgPool) -> StoreResult<Object<PgConn>> {
    match tokio::time::timeout(POOL_WAIT, pool.get()).await {
        Ok(Ok(conn)) => Ok(conn),
        Ok(Err(error)) => Err(StoreError::away(error)),
        Err(_) => Err(StoreError::away("no connection came free in time")),
    }
}

/// Opens a connection of its own, outside any pool.
pub(super) async fn connect(url: &str) -> StoreResult<PgConn> {
    match tokio::time::timeout(CONNECT_TIMEOUT * 2, connect_for_diesel(url)).await {
        Ok(Ok(conn)) => Ok(conn),
        Ok(Err(error)) => Err(StoreError::away(error)),
        Err(_) => Err(StoreError::away("connecting took too long")),
    }
}

async fn connect_for_diesel(url: &str) -> ConnectionResult<PgConn> {
    let config = settings(url).map_err(|error| ConnectionError::InvalidConnectionUrl(error.to_string()))?;
    let (client, connection) = config.connect(NoTls).await.map_err(|error| match error.as_db_error() {
        Some(refusal) => ConnectionError::BadConnection(refusal.to_string()),
        None => ConnectionError::BadConnection(error.to_string()),
    })?;
    let mut conn = PgConn::try_from_client_and_connection(client, connection).await?;
    conn.batch_execute(SESSION).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

fn settings(url: &str) -> StoreResult<tokio_postgres::Config> {
    let mut config: tokio_postgres::Config =
        url.parse().map_err(|_| StoreError::Setup("the database url can't be read as postgres://…".into()))?;
    if config.get_ssl_mode() == SslMode::Require {
        let text = "sslmode=require is not supported: use a private network or a local proxy that speaks tls";
        return Err(StoreError::Setup(text.into()));
    }
    if config.get_application_name().is_none() {
        config.application_name("teamflow");
    }
    config.connect_timeout(CONNECT_TIMEOUT).tcp_user_timeout(TCP_USER_TIMEOUT).keepalives_idle(TCP_USER_TIMEOUT);
    Ok(config)
}

#[derive(QueryableByName)]
struct Settings {
    #[diesel(sql_type = Text)]
    synchronous_commit: String,
    #[diesel(sql_type = Text)]
    fsync: String,
    #[diesel(sql_type = Text)]
    version: String,
}

/// Refuses a server that would say "committed" of what it may lose.
///
/// # Errors
/// [`StoreError::Setup`] says which setting is wrong.
pub(super) async fn check_durability(conn: &mut PgConn) -> StoreResult<()> {
    let asked = "select current_setting('synchronous_commit') as synchronous_commit, \
         current_setting('fsync') as fsync, current_setting('server_version_num') as version";
    let found: Settings = diesel::sql_query(asked).get_result(conn).await?;
    for (name, value) in [("synchronous_commit", &found.synchronous_commit), ("fsync", &found.fsync)] {
        if value == "off" {
            let text = format!("postgresql has {name} = off: acknowledged changes could be lost; turn it on");
            return Err(StoreError::Setup(text));
        }
    }
    match found.version.parse::<u32>() {
        Ok(version) if version >= VERSION_MIN => Ok(()),
        _ => Err(StoreError::Setup(format!("postgresql 13 or newer is needed, got {}", found.version))),
    }
}
