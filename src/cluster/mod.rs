//! What runs between nodes: a bus that carries bytes, and counters that all nodes share. It knows nothing of what the
//! bytes mean.
//!
//! The bus may lose what it carries, never reorder what one node sends, and says when it has been away. Nothing that is
//! stored rests on it.

mod link;
pub mod redis_url;
mod throttle;

pub use redis_url::RedisUrl;
pub use throttle::{Quota, Throttled};

use link::{Link, Order};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use throttle::Throttle;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot};

/// How long a subscription may take to be confirmed.
const SUBSCRIBE_WITHIN: Duration = Duration::from_millis(500);
/// Bytes that may wait to be sent; what comes over that is lost, as if on the way.
const WAITING_BYTES_MAX: usize = 32 * 1_024 * 1_024;

/// What the bus has for this node.
#[derive(Debug)]
pub enum BusEvent<'a> {
    Message {
        channel: &'a str,
        payload: &'a [u8],
    },
    /// It is there, with all subscriptions; whatever was sent before, since it went away, is lost.
    Up,
    Down,
}

/// Why there is no bus.
#[derive(Debug, thiserror::Error)]
#[error("redis can't be used: {0}")]
pub struct BusError(String);

/// A node's end of the bus. Cheap to clone.
#[derive(Clone)]
pub struct Bus(Option<Arc<Shared>>);

struct Shared {
    orders: mpsc::UnboundedSender<Order>,
    sends: mpsc::UnboundedSender<(String, Vec<u8>)>,
    waiting_bytes: Arc<AtomicUsize>,
    is_up: Arc<AtomicBool>,
    throttle: Throttle,
    runtime: Mutex<Option<Runtime>>,
}

impl Bus {
    /// For a node without others: nobody hears it.
    pub fn alone() -> Self {
        Self(None)
    }

    /// Keeps up a link to Redis for as long as the bus lives, and gives `receive` what comes, on a thread of its own,
    /// where it must not block.
    ///
    /// # Errors
    /// Where the URL can't be worked with. Redis itself may be away.
    pub fn start(url: &RedisUrl, receive: impl Fn(BusEvent<'_>) + Send + Sync + 'static) -> Result<Self, BusError> {
        // Only the first call in a process sets it; any later one finds the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("bus")
            .enable_all()
            .build()
            .map_err(|error| BusError(error.to_string()))?;
        let (orders, ordered) = mpsc::unbounded_channel();
        let (sends, sent) = mpsc::unbounded_channel();
        let (is_up, waiting_bytes) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let link = Link::new(url.clone(), Box::new(receive), Arc::clone(&is_up), Arc::clone(&waiting_bytes));
        runtime.spawn(link.run(ordered, sent));
        let throttle = Throttle::new(url, runtime.handle().clone())?;
        let runtime = Mutex::new(Some(runtime));
        Ok(Self(Some(Arc::new(Shared { orders, sends, waiting_bytes, is_up, throttle, runtime }))))
    }

    /// Whether this node may have others.
    pub fn is_shared(&self) -> bool {
        self.0.is_some()
    }

    /// Whether what is sent arrives: the bus has carried something to this very node a moment ago.
    pub fn is_up(&self) -> bool {
        self.0.as_ref().is_some_and(|shared| shared.is_up.load(Ordering::Acquire))
    }

    /// Sends `payload` to all who have subscribed to `channel`, after all that was sent before. Lost where the bus is
    /// away.
    pub fn publish(&self, channel: String, payload: Vec<u8>) {
        let Some(shared) = &self.0 else { return };
        let waiting = shared.waiting_bytes.load(Ordering::Relaxed);
        if !shared.is_up.load(Ordering::Acquire) || waiting + payload.len() > WAITING_BYTES_MAX {
            return;
        }
        shared.waiting_bytes.fetch_add(payload.len(), Ordering::Relaxed);
        drop(shared.sends.send((channel, payload)));
    }

    /// Subscribes to a channel, and again whenever the link was lost. Whether it is confirmed by now: from here on
    /// nothing is missed, unless the bus goes away.
    pub async fn subscribe(&self, channel: String) -> bool {
        let Some(shared) = &self.0 else { return true };
        let (confirm, confirmed) = oneshot::channel();
        if shared.orders.send(Order::Subscribe(channel, confirm)).is_err() {
            return false;
        }
        matches!(tokio::time::timeout(SUBSCRIBE_WITHIN, confirmed).await, Ok(Ok(())))
    }

    pub fn unsubscribe(&self, channel: String) {
        if let Some(shared) = &self.0 {
            drop(shared.orders.send(Order::Unsubscribe(channel)));
        }
    }

    /// Counts one more of `key` on all nodes together; `None` where Redis does not answer at once.
    pub async fn throttle(&self, key: String, quota: Quota) -> Option<Throttled> {
        let shared = self.0.as_ref().filter(|shared| shared.is_up.load(Ordering::Acquire))?;
        shared.throttle.check(key, quota).await
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests;
