//! How we use SQLite: one write connection behind a fair lock, a few readers, and a checkpointer of its own.

use super::conn::{LiteConn, LiteHandle, is_dirty};
use super::error::{StoreError, StoreResult};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{ConnectionError, ConnectionResult};
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use futures_util::FutureExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Older ones may corrupt a database in WAL mode when a write meets a checkpoint.
const VERSION_MIN: [u32; 3] = [3, 51, 3];
/// From here on the log is copied into the database beside the writer.
const LOG_PAGES_SOFT: i32 = 4_096;
/// From here on the writer waits until the log can begin anew, so that it can't grow for ever under load.
const LOG_PAGES_MAX: i32 = 16_384;
const CHECKPOINT_EVERY: Duration = Duration::from_millis(250);

// The waiting time comes first: even the change to WAL mode can find the database locked.
const WRITER: &str = "pragma busy_timeout = 5000; pragma journal_mode = wal; pragma synchronous = full; \
     pragma foreign_keys = on; pragma wal_autocheckpoint = 0; pragma cache_size = -65536; pragma temp_store = memory;";
const READER: &str = "pragma busy_timeout = 5000; pragma foreign_keys = on; pragma query_only = on; \
     pragma cache_size = -16384; pragma mmap_size = 268435456; pragma wal_autocheckpoint = 0;";
const CHECKPOINTER: &str = "pragma busy_timeout = 0; pragma synchronous = full; pragma wal_autocheckpoint = 0;";
/// Asks how long the log is, and does nothing.
const LOOK: &str = "pragma wal_checkpoint(noop)";
/// Copies what it can without troubling anybody.
const COPY: &str = "pragma wal_checkpoint(passive)";
/// Copies the rest, and lets the log begin anew. The file keeps its length, because to grow it again is dear.
const RESTART: &str = "pragma wal_checkpoint(restart)";
/// How long a caller waits for a reader.
const READER_WAIT: Duration = Duration::from_secs(5);

/// A SQLite database.
pub(super) struct Lite {
    path: PathBuf,
    writer: Arc<Mutex<LiteConn>>,
    readers: Pool<LiteConn>,
}

impl Lite {
    /// Opens the file, making it and its folder where they are missing. Must be called on the store's runtime.
    ///
    /// # Errors
    /// Where the file can't be opened, or the library is too old.
    pub(super) async fn open(path: &Path, readers: usize) -> StoreResult<Self> {
        let setup = |what: &str, error: String| StoreError::Setup(format!("{what} {}: {error}", path.display()));
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| setup("can't make the folder of", error.to_string()))?;
        }
        let mut writer =
            connect(path, WRITER).await.map_err(|error| setup("can't open the database", error.to_string()))?;
        writer.spawn_blocking(|c| Ok(check_version(c))).await??;
        let mut config = ManagerConfig::default();
        config.custom_setup = Box::new(|path| connect(Path::new(path), READER).boxed());
        config.recycling_method = RecyclingMethod::Fast;
        let readers = Pool::builder(AsyncDieselConnectionManager::new_with_config(path.to_string_lossy(), config))
            .max_size(readers)
            .build()
            .map_err(|error| setup("can't build the readers of", error.to_string()))?;
        Ok(Self { path: path.to_owned(), writer: Arc::new(Mutex::new(writer)), readers })
    }

    /// The write connection, when it is one's turn: first come, first served. Whoever had it before may have left a
    /// transaction open, in which a new one can't be begun.
    pub(super) async fn writer_as_left(&self) -> OwnedMutexGuard<LiteConn> {
        Arc::clone(&self.writer).lock_owned().await
    }

    /// The same, fit for use.
    pub(super) async fn writer(&self) -> StoreResult<LiteHandle> {
        let mut guard = self.writer_as_left().await;
        if guard.spawn_blocking(|c| Ok(is_dirty(c))).await? {
            tracing::warn!("a transaction was left open on the write connection; opening another one");
            *guard = connect(&self.path, WRITER).await.map_err(StoreError::away)?;
        }
        Ok(LiteHandle::Writer(guard))
    }

    pub(super) async fn reader(&self) -> StoreResult<LiteHandle> {
        match tokio::time::timeout(READER_WAIT, self.readers.get()).await {
            Ok(conn) => Ok(LiteHandle::Reader(conn.map_err(StoreError::away)?)),
            Err(_) => Err(StoreError::away("no reader came free in time")),
        }
    }

    /// Keeps the write-ahead log short until the runtime ends.
    pub(super) fn log_keeper(&self) -> impl Future<Output = ()> + Send + 'static {
        let (path, writer) = (self.path.clone(), Arc::clone(&self.writer));
        async move {
            let mut own = None;
            loop {
                tokio::time::sleep(CHECKPOINT_EVERY).await;
                if let Err(error) = checkpoint(&path, &writer, &mut own).await {
                    tracing::warn!(%error, "checkpoint failed");
                }
            }
        }
    }
}

/// Copies the log into the database beside the writer, twice, so that little is left; then, with the writer held for
/// that little, lets the log begin anew. Without this last step a busy writer would never let it end.
async fn checkpoint(path: &Path, writer: &Mutex<LiteConn>, own: &mut Option<LiteConn>) -> StoreResult<()> {
    let conn = match own {
        Some(conn) => conn,
        None => own.insert(connect(path, CHECKPOINTER).await.map_err(StoreError::away)?),
    };
    let pages = log_pages(conn, LOOK).await?;
    if pages < LOG_PAGES_SOFT {
        return Ok(());
    }
    log_pages(conn, COPY).await?;
    let _held = match writer.try_lock() {
        Ok(held) => held,
        Err(_) if pages < LOG_PAGES_MAX => return Ok(()),
        Err(_) => {
            log_pages(conn, COPY).await?;
            writer.lock().await
        }
    };
    log_pages(conn, RESTART).await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Checkpoint {
    #[diesel(sql_type = Integer)]
    log: i32,
}

/// Runs a checkpoint of some kind, and gives how many pages the log has.
async fn log_pages(conn: &mut LiteConn, pragma: &'static str) -> StoreResult<i32> {
    let found: Checkpoint = conn.spawn_blocking(move |c| diesel::sql_query(pragma).get_result(c)).await?;
    Ok(found.log)
}

async fn connect(path: &Path, pragmas: &'static str) -> ConnectionResult<LiteConn> {
    let path = path.to_string_lossy().into_owned();
    let opened = tokio::task::spawn_blocking(move || {
        let mut conn = SqliteConnection::establish(&path)?;
        conn.batch_execute(pragmas).map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(conn)
    });
    let conn = opened.await.map_err(|error| ConnectionError::BadConnection(error.to_string()))?;
    conn.map(LiteConn::new)
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

fn check_version(c: &mut SqliteConnection) -> StoreResult<()> {
    let found: Version = diesel::sql_query("select sqlite_version() as version").get_result(c)?;
    let parts: Vec<u32> = found.version.split('.').filter_map(|part| part.parse().ok()).collect();
    if parts.as_slice() >= VERSION_MIN.as_slice() {
        return Ok(());
    }
    let [major, minor, patch] = VERSION_MIN;
    Err(StoreError::Setup(format!("sqlite {major}.{minor}.{patch} or newer is needed, got {}", found.version)))
}
