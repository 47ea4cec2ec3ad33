//! Every line of SQL. The only room that knows Diesel.
//!
//! Whatever is asked runs to its end on the store's own runtime, whoever stops waiting for it: a Diesel call that is
//! dropped half-way leaves a transaction open, and SQLite's may even panic on a thread of the web server.

mod calls;
pub mod columns;
pub mod committer;
mod condition;
pub mod conn;
pub mod error;
mod migrate;
mod postgres;
pub mod queries;
pub mod schema;
mod sqlite;

pub use condition::Condition;
pub use conn::Conn;
pub use error::{StoreError, StoreResult};
pub use migrate::Step;

use postgres::PgPool;
use sqlite::Lite;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::{Handle, Runtime};

/// Threads of the store's runtime that drive queries.
const WORKER_THREADS: usize = 2;
/// Threads that SQLite's calls, and nothing else, block.
const BLOCKING_THREADS_MAX: usize = 8;
/// Connections for what must not wait for others.
const VITAL_CONNECTIONS: usize = 2;
/// How long [`Store::close`] waits for what is running.
const CLOSE_WAIT: Duration = Duration::from_secs(5);

/// Where the data is.
#[derive(Clone)]
pub struct StoreConfig {
    /// `postgres://…` or `sqlite://PATH`.
    pub url: String,
    /// A copy for reads that may lag behind; PostgreSQL only.
    pub replica_url: Option<String>,
    /// The most connections of the pool (PostgreSQL), the committer's own aside.
    pub connections_max: usize,
    /// How many may read at once (SQLite).
    pub readers: usize,
}

impl StoreConfig {
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), replica_url: None, connections_max: 10, readers: 3 }
    }
}

/// The database, whichever it is. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    engine: Arc<Engine>,
    handle: Handle,
    runtime: Mutex<Option<Runtime>>,
}

enum Engine {
    Pg {
        primary: PgPool,
        replica: Option<PgPool>,
        /// Few connections of their own for what says that this node lives, so that no load can hold it up.
        vital: PgPool,
        url: String,
    },
    Lite(Lite),
}

/// What a call does with its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Write,
    Read,
    /// A read that may lag: from the replica, where there is one.
    Browse,
    /// What must not wait for others.
    Vital,
    /// A write that may take its time: filling a database, changing its schema.
    Long,
}

impl Purpose {
    /// How long PostgreSQL may take in all. The server gives up before, so who waits longer waits for an answer that was
    /// lost on a way that nobody noticed; the connection is thrown away.
    fn patience(self) -> Option<Duration> {
        match self {
            Self::Write | Self::Read | Self::Browse => Some(Duration::from_secs(10)),
            Self::Vital => Some(Duration::from_secs(3)),
            Self::Long => None,
        }
    }
}

impl Engine {
    async fn conn(&self, purpose: Purpose) -> StoreResult<Conn> {
        match self {
            Self::Pg { primary, replica, vital, .. } => {
                let pool = match purpose {
                    Purpose::Browse => replica.as_ref().unwrap_or(primary),
                    Purpose::Vital => vital,
                    Purpose::Write | Purpose::Read | Purpose::Long => primary,
                };
                Ok(Conn::Pg(postgres::from_pool(pool).await?))
            }
            Self::Lite(lite) if matches!(purpose, Purpose::Write | Purpose::Vital | Purpose::Long) => {
                Ok(Conn::Lite(lite.writer().await?))
            }
            Self::Lite(lite) => Ok(Conn::Lite(lite.reader().await?)),
        }
    }
}

impl Store {
    /// Opens the database and checks that it keeps what it says it keeps. Applies no migrations.
    ///
    /// # Errors
    /// [`StoreError::Setup`] for settings that can't be worked with, [`StoreError::Unavailable`] where the database
    /// can't be reached.
    pub async fn open(config: StoreConfig) -> StoreResult<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(WORKER_THREADS)
            .max_blocking_threads(BLOCKING_THREADS_MAX)
            .thread_name("store")
            .enable_all()
            .build()
            .map_err(|error| StoreError::Setup(format!("can't start the store's threads: {error}")))?;
        let handle = runtime.handle().clone();
        // From here on an early return drops `Shared`, which ends the runtime without blocking.
        let runtime = RuntimeGuard(Some(runtime));
        let engine = joined(handle.spawn(open_engine(config)).await)?;
        let runtime = Mutex::new(runtime.release());
        Ok(Self { shared: Arc::new(Shared { engine: Arc::new(engine), handle, runtime }) })
    }

    /// Runs `work` with a connection that may write. On SQLite only one does so at a time, in the order of asking.
    ///
    /// # Errors
    /// Those of `work`, and [`StoreError::Unavailable`] where there is no connection.
    pub async fn write<R, F, Fut>(&self, work: F) -> StoreResult<R>
    where
        R: Send + 'static,
        F: FnOnce(Conn) -> Fut + Send + 'static,
        Fut: Future<Output = StoreResult<R>> + Send,
    {
        self.run(Purpose::Write, work).await
    }

    /// As [`Self::write`], for what may take its time.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub async fn write_long<R, F, Fut>(&self, work: F) -> StoreResult<R>
    where
        R: Send + 'static,
        F: FnOnce(Conn) -> Fut + Send + 'static,
        Fut: Future<Output = StoreResult<R>> + Send,
    {
        self.run(Purpose::Long, work).await
    }

    /// Runs `work` with a connection that only reads, and sees all that was committed before.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub async fn read<R, F, Fut>(&self, work: F) -> StoreResult<R>
    where
        R: Send + 'static,
        F: FnOnce(Conn) -> Fut + Send + 'static,
        Fut: Future<Output = StoreResult<R>> + Send,
    {
        self.run(Purpose::Read, work).await
    }

    /// Runs `work` with a connection that only reads and may lag behind: for lists and searches, never for heads,
    /// logs or one task.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub async fn browse<R, F, Fut>(&self, work: F) -> StoreResult<R>
    where
        R: Send + 'static,
        F: FnOnce(Conn) -> Fut + Send + 'static,
        Fut: Future<Output = StoreResult<R>> + Send,
    {
        self.run(Purpose::Browse, work).await
    }

    /// Runs `work` with a connection that may write, and that is not kept from those who read and write much.
    async fn vital<R, F, Fut>(&self, work: F) -> StoreResult<R>
    where
        R: Send + 'static,
        F: FnOnce(Conn) -> Fut + Send + 'static,
        Fut: Future<Output = StoreResult<R>> + Send,
    {
        self.run(Purpose::Vital, work).await
    }

    async fn run<R, F, Fut>(&self, purpose: Purpose, work: F) -> StoreResult<R>
    where
        R: Send + 'static,
        F: FnOnce(Conn) -> Fut + Send + 'static,
        Fut: Future<Output = StoreResult<R>> + Send,
    {
        let engine = Arc::clone(&self.shared.engine);
        let task = self.shared.handle.spawn(async move {
            let conn = engine.conn(purpose).await?;
            let _active = Active::begin();
            let begun = Instant::now();
            // A call to SQLite has nobody who could lose its answer, and must not be dropped half-way.
            let patience = purpose.patience().filter(|_| matches!(conn, Conn::Pg(_)));
            let result = match patience {
                None => work(conn).await,
                Some(patience) => match tokio::time::timeout(patience, work(conn)).await {
                    Ok(result) => result,
                    Err(_) => Err(StoreError::lost("no answer from the database in time")),
                },
            };
            metrics::histogram!("database_query_duration_seconds").record(begun.elapsed());
            result
        });
        joined(task.await)
    }

    /// Does `step` with the schema: see [`Step`]. On PostgreSQL one node at a time.
    ///
    /// # Errors
    /// [`StoreError::Setup`] where a migration fails; what was applied before it stays.
    pub async fn migrate(&self, step: Step) -> StoreResult<Vec<String>> {
        self.write_long(move |conn| migrate::run(conn, step)).await
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn ping(&self) -> StoreResult<()> {
        self.read(async move |mut conn| queries::ping(&mut conn).await).await
    }

    /// What the database is, without its password: `sqlite data/teamflow.db`, `postgresql`.
    pub fn engine_name(&self) -> &'static str {
        match *self.shared.engine {
            Engine::Pg { .. } => "postgresql",
            Engine::Lite(_) => "sqlite",
        }
    }

    /// Lets what is running end, at most five seconds, and stops. Later calls are answered `Unavailable`.
    pub async fn close(&self) {
        let runtime = self.shared.runtime.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(runtime) = runtime else { return };
        let (done, ended) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            runtime.shutdown_timeout(CLOSE_WAIT);
            let _ = done.send(());
        });
        let _ = ended.await;
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let runtime = self.runtime.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        drop(RuntimeGuard(runtime));
    }
}

/// Ends the runtime in the background: a plain drop would block, which async code must not.
struct RuntimeGuard(Option<Runtime>);

impl RuntimeGuard {
    fn release(mut self) -> Option<Runtime> {
        self.0.take()
    }
}

impl Drop for RuntimeGuard {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// A connection in use, as the gauge counts them.
struct Active;

impl Active {
    fn begin() -> Self {
        metrics::gauge!("database_connections_active").increment(1.0);
        Self
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        metrics::gauge!("database_connections_active").decrement(1.0);
    }
}

fn joined<R>(result: Result<StoreResult<R>, tokio::task::JoinError>) -> StoreResult<R> {
    match result {
        Ok(result) => result,
        Err(error) if error.is_panic() => Err(StoreError::Refused("a call to the store panicked".into())),
        Err(_) => Err(StoreError::lost("the store is closed")),
    }
}

async fn open_engine(config: StoreConfig) -> StoreResult<Engine> {
    let StoreConfig { url, replica_url, connections_max, readers } = config;
    if let Some(path) = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) {
        if path.is_empty() || path.starts_with(":memory:") {
            return Err(StoreError::Setup("the database url must name a file: sqlite://PATH".into()));
        }
        let lite = Lite::open(&PathBuf::from(path), readers.max(1)).await?;
        tokio::spawn(lite.log_keeper());
        return Ok(Engine::Lite(lite));
    }
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(StoreError::Setup("the database url must begin with postgres:// or sqlite://".into()));
    }
    let primary = postgres::pool(&url, connections_max.max(2))?;
    let mut conn = postgres::from_pool(&primary).await?;
    postgres::check_durability(&mut conn).await?;
    let replica = replica_url.map(|url| postgres::pool(&url, connections_max.max(2))).transpose()?;
    let vital = postgres::pool(&url, VITAL_CONNECTIONS)?;
    Ok(Engine::Pg { primary, replica, vital, url })
}

#[cfg(test)]
mod tests;
