//! Rates that hold over all nodes together: one script at Redis, so that a look and its counting are one step.

use super::{BusError, RedisUrl, redis_url};
use deadpool_redis::redis::aio::ConnectionLike;
use deadpool_redis::redis::{RedisResult, Script};
use deadpool_redis::{Runtime, cluster, sentinel};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// A request does not wait longer for Redis; this node's own count holds then.
const ANSWER_WITHIN: Duration = Duration::from_millis(100);
const CONNECTIONS_MAX: usize = 8;

/// So many a minute, and so many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    pub per_minute: u32,
    pub burst: u32,
}

/// What is left of a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttled {
    pub remaining: u32,
    /// Set where this one is too many: when the next may come, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

#[derive(Clone)]
enum Pool {
    Single(deadpool_redis::Pool),
    Cluster(cluster::Pool),
    Sentinel(sentinel::Pool),
}

pub(super) struct Throttle {
    pool: Pool,
    script: Arc<Script>,
    handle: Handle,
}

impl Throttle {
    pub(super) fn new(url: &RedisUrl, handle: Handle) -> Result<Self, BusError> {
        let wrong = |error: &dyn std::fmt::Display| BusError(error.to_string());
        let runtime = Some(Runtime::Tokio1);
        let pool = match url {
            RedisUrl::Single(url) => {
                let mut config = deadpool_redis::Config::from_url(url);
                config.pool = Some(deadpool_redis::PoolConfig::new(CONNECTIONS_MAX));
                Pool::Single(config.create_pool(runtime).map_err(|error| wrong(&error))?)
            }
            RedisUrl::Cluster(urls) => {
                let mut config = cluster::Config::from_urls(urls.clone());
                config.pool = Some(cluster::PoolConfig::new(CONNECTIONS_MAX));
                Pool::Cluster(config.create_pool(runtime).map_err(|error| wrong(&error))?)
            }
            RedisUrl::Sentinel { sentinels, master, node } => {
                let info = redis_url::node_info(node).map_err(|error| wrong(&error))?;
                let kind = sentinel::SentinelServerType::Master;
                let config = sentinel::Config::from_urls(sentinels.clone(), master.clone(), kind);
                let mut config = config.with_node_connection_info(Some(info.into()));
                config.pool = Some(sentinel::PoolConfig::new(CONNECTIONS_MAX));
                Pool::Sentinel(config.create_pool(runtime).map_err(|error| wrong(&error))?)
            }
        };
        Ok(Self { pool, script: Arc::new(Script::new(include_str!("scripts/gcra.lua"))), handle })
    }

    pub(super) async fn check(&self, key: String, quota: Quota) -> Option<Throttled> {
        let (pool, script) = (self.pool.clone(), Arc::clone(&self.script));
        metrics::counter!("redis_commands_total").increment(1);
        // On the bus's own runtime, so that a connection never outlives the one that it was made on.
        let checked = self.handle.spawn(tokio::time::timeout(ANSWER_WITHIN, async move {
            match pool {
                Pool::Single(pool) => run(&script, &mut *pool.get().await.ok()?, &key, quota).await.ok(),
                Pool::Cluster(pool) => run(&script, &mut *pool.get().await.ok()?, &key, quota).await.ok(),
                Pool::Sentinel(pool) => run(&script, &mut *pool.get().await.ok()?, &key, quota).await.ok(),
            }
        }));
        checked.await.ok()?.ok()?
    }
}

async fn run<C: ConnectionLike>(script: &Script, conn: &mut C, key: &str, quota: Quota) -> RedisResult<Throttled> {
    let interval_micros = 60_000_000 / u64::from(quota.per_minute.max(1));
    let mut call = script.prepare_invoke();
    let call = call.key(key).arg(interval_micros).arg(quota.burst);
    let (remaining, retry_after_ms): (u32, u64) = call.invoke_async(conn).await?;
    Ok(Throttled { remaining, retry_after_ms: (retry_after_ms > 0).then_some(retry_after_ms) })
}
