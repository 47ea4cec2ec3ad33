//! The link to Redis: one connection that sends, one that receives, both made anew whenever either fails.

use super::{BusEvent, RedisUrl};
use deadpool_redis::redis;
use deadpool_redis::redis::aio::{MultiplexedConnection, PubSubSink, PubSubStream};
use deadpool_redis::redis::{AsyncConnectionConfig, RedisResult};
use futures_util::StreamExt;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

/// For one connection to be made, or one command to be answered.
const ANSWER_WITHIN: Duration = Duration::from_millis(1_000);
/// This node sends itself something so often, to see whether the bus carries it.
const ECHO_EVERY: Duration = Duration::from_millis(250);
/// With so many echoes missing in a row the bus is away, whatever its sockets say.
const ECHOES_MISSED_MAX: u32 = 6;
/// Between attempts to connect, with as much again by chance.
const RETRY_AFTER_MS: u64 = 100;
/// Messages that are sent with one write.
const AT_ONCE: usize = 256;

/// What the link is asked for.
pub(super) enum Order {
    Subscribe(String, oneshot::Sender<()>),
    Unsubscribe(String),
}

pub(super) type Receive = Box<dyn Fn(BusEvent<'_>) + Send + Sync>;

/// See the module's text.
pub(super) struct Link {
    url: RedisUrl,
    receive: Receive,
    is_up: Arc<AtomicBool>,
    waiting_bytes: Arc<AtomicUsize>,
    /// A channel that nobody else subscribes to.
    echo: String,
    channels: HashSet<String>,
}

type Sends = mpsc::UnboundedReceiver<(String, Vec<u8>)>;
type Orders = mpsc::UnboundedReceiver<Order>;

impl Link {
    pub(super) fn new(
        url: RedisUrl,
        receive: Receive,
        is_up: Arc<AtomicBool>,
        waiting_bytes: Arc<AtomicUsize>,
    ) -> Self {
        let echo = format!("teamflow:echo:{}", Uuid::new_v4());
        Self { url, receive, is_up, waiting_bytes, echo, channels: HashSet::new() }
    }

    /// Connects, and connects again, until nobody can ask for anything.
    pub(super) async fn run(mut self, mut orders: Orders, mut sends: Sends) {
        let mut turn = rand::random_range(0..1_000);
        while !orders.is_closed() {
            turn += 1;
            match self.connect(turn, &mut orders).await {
                Ok((sender, sink, stream)) => {
                    let ended = self.carry(sender, sink, stream, &mut orders, &mut sends).await;
                    self.is_up.store(false, Ordering::Release);
                    tracing::warn!(redis = ?self.url, why = %ended, "the bus is away");
                    (self.receive)(BusEvent::Down);
                }
                Err(error) => tracing::debug!(redis = ?self.url, %error, "redis can't be reached"),
            }
            while let Ok((_, payload)) = sends.try_recv() {
                self.waiting_bytes.fetch_sub(payload.len(), Ordering::Relaxed);
            }
            sleep(Duration::from_millis(RETRY_AFTER_MS + rand::random_range(0..RETRY_AFTER_MS))).await;
        }
    }

    async fn connect(
        &mut self,
        turn: usize,
        orders: &mut Orders,
    ) -> Result<(MultiplexedConnection, PubSubSink, PubSubStream), String> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(ANSWER_WITHIN))
            .set_response_timeout(Some(ANSWER_WITHIN));
        let connected = timeout(ANSWER_WITHIN * 3, async {
            let client = self.url.client(turn).await?;
            let sender = client.get_multiplexed_async_connection_with_config(&config).await?;
            let (mut sink, stream) = client.get_async_pubsub().await?.split();
            sink.subscribe(self.echo.as_str()).await?;
            Ok((sender, sink, stream))
        });
        let connected: RedisResult<_> = connected.await.map_err(|_| "connecting took too long")?;
        let (sender, mut sink, stream) = connected.map_err(|error| error.to_string())?;
        // What was asked for meanwhile, with all that was asked for before.
        let mut confirms = Vec::new();
        while let Ok(order) = orders.try_recv() {
            match order {
                Order::Subscribe(channel, confirm) => {
                    self.channels.insert(channel);
                    confirms.push(confirm);
                }
                Order::Unsubscribe(channel) => drop(self.channels.remove(&channel)),
            }
        }
        let channels: Vec<&String> = self.channels.iter().collect();
        for some in channels.chunks(AT_ONCE) {
            metrics::counter!("redis_commands_total").increment(1);
            match timeout(ANSWER_WITHIN, sink.subscribe(some)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Err(error.to_string()),
                Err(_) => return Err("subscribing took too long".into()),
            }
        }
        confirms.into_iter().for_each(confirmed);
        Ok((sender, sink, stream))
    }

    /// Carries what is sent and what comes until either connection fails; gives why.
    async fn carry(
        &mut self,
        sender: MultiplexedConnection,
        sink: PubSubSink,
        mut stream: PubSubStream,
        orders: &mut Orders,
        sends: &mut Sends,
    ) -> String {
        let Self { receive, is_up, waiting_bytes, echo, channels, .. } = self;
        let (receive, echo): (&Receive, &str) = (receive, echo);
        let echoed = AtomicBool::new(true);
        let received = async {
            while let Some(message) = stream.next().await {
                let channel = message.get_channel_name();
                if channel != echo {
                    receive(BusEvent::Message { channel, payload: message.get_payload_bytes() });
                    continue;
                }
                echoed.store(true, Ordering::Relaxed);
                if !is_up.swap(true, Ordering::AcqRel) {
                    tracing::info!("the bus is there");
                    receive(BusEvent::Up);
                }
            }
            "the connection has ended".to_owned()
        };
        let watched = async {
            let mut missed = 0;
            while missed < ECHOES_MISSED_MAX {
                sleep(ECHO_EVERY).await;
                missed = if echoed.swap(false, Ordering::Relaxed) { 0 } else { missed + 1 };
            }
            "nothing comes back".to_owned()
        };
        tokio::select! {
            why = received => why,
            why = watched => why,
            why = send(sender, sends, waiting_bytes, echo) => why,
            why = subscribe(sink, orders, channels) => why,
        }
    }
}

/// Sends what is to be sent, in order, with an echo among it now and then.
async fn send(mut sender: MultiplexedConnection, sends: &mut Sends, waiting: &AtomicUsize, echo: &str) -> String {
    let mut some = Vec::with_capacity(AT_ONCE);
    let mut echoes = tokio::time::interval(ECHO_EVERY);
    loop {
        let mut pipe = redis::pipe();
        tokio::select! {
            _ = echoes.tick() => {
                pipe.publish(echo, "").ignore();
            }
            count = sends.recv_many(&mut some, AT_ONCE) => {
                if count == 0 {
                    return "the node ends".to_owned();
                }
            }
        }
        for (channel, payload) in some.drain(..) {
            waiting.fetch_sub(payload.len(), Ordering::Relaxed);
            pipe.publish(channel, payload).ignore();
        }
        metrics::counter!("redis_commands_total").increment(pipe.len() as u64);
        match timeout(ANSWER_WITHIN, pipe.query_async::<()>(&mut sender)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return error.to_string(),
            Err(_) => return "sending took too long".to_owned(),
        }
    }
}

/// Changes subscriptions as asked, many at once.
async fn subscribe(mut sink: PubSubSink, orders: &mut Orders, channels: &mut HashSet<String>) -> String {
    let mut some = Vec::with_capacity(AT_ONCE);
    while orders.recv_many(&mut some, AT_ONCE).await > 0 {
        let (mut wanted, mut unwanted, mut confirms) = (Vec::new(), Vec::new(), Vec::new());
        for order in some.drain(..) {
            match order {
                Order::Subscribe(channel, confirm) => {
                    confirms.push(confirm);
                    unwanted.retain(|other| *other != channel);
                    if channels.insert(channel.clone()) {
                        wanted.push(channel);
                    }
                }
                Order::Unsubscribe(channel) => {
                    wanted.retain(|other| *other != channel);
                    if channels.remove(&channel) {
                        unwanted.push(channel);
                    }
                }
            }
        }
        let changed = async {
            if !wanted.is_empty() {
                sink.subscribe(&wanted).await?;
            }
            if !unwanted.is_empty() {
                sink.unsubscribe(&unwanted).await?;
            }
            RedisResult::Ok(())
        };
        metrics::counter!("redis_commands_total").increment(1);
        match timeout(ANSWER_WITHIN, changed).await {
            Ok(Ok(())) => confirms.into_iter().for_each(confirmed),
            Ok(Err(error)) => return error.to_string(),
            Err(_) => return "subscribing took too long".to_owned(),
        }
    }
    "the node ends".to_owned()
}

/// Whoever asked may have stopped waiting.
fn confirmed(confirm: oneshot::Sender<()>) {
    let _ = confirm.send(());
}
