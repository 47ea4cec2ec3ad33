//! A small TCP proxy that can make a network bad: between a node and its Redis or its PostgreSQL.
//!
//! It runs on a thread of its own, so that a test which blocks its own thread stops nobody's traffic.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

/// What the network does to the connections that go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Bytes go through as they come.
    Fair,
    /// Bytes arrive so much later, each way, in their order.
    Slow(Duration),
    /// Bytes are taken and never arrive; new connections are taken too. A connection that lost some is reset at the end.
    Lost { requests: bool, answers: bool },
    /// Bytes wait on the way and arrive, all of them, when the weather changes: as a partition that heals.
    Held,
    /// Connections are reset, and new ones as soon as they come.
    Cut,
}

/// Nothing arrives, either way, and nobody is told.
pub const BLACKHOLE: Weather = Weather::Lost { requests: true, answers: true };

/// A proxy in front of one address.
pub struct Proxy {
    port: u16,
    weather: watch::Sender<Weather>,
}

impl Proxy {
    /// Listens on a free port; what comes there goes to `target`.
    pub fn start(target: u16) -> Self {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (weather, seen) = watch::channel(Weather::Fair);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(serve(listener, (Ipv4Addr::LOCALHOST, target).into(), seen));
        });
        Self { port, weather }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }

    pub fn heal(&self) {
        self.set(Weather::Fair);
    }
}

/// Ends with the [`Proxy`] whose weather it sees.
async fn serve(listener: std::net::TcpListener, target: SocketAddr, mut weather: watch::Receiver<Weather>) {
    let listener = TcpListener::from_std(listener).unwrap();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { continue };
                if *weather.borrow() == Weather::Cut {
                    reset(&client);
                } else {
                    tokio::spawn(carry(client, target, weather.clone()));
                }
            }
            alive = weather.changed() => if alive.is_err() { return },
        }
    }
}

async fn carry(mut client: TcpStream, target: SocketAddr, mut weather: watch::Receiver<Weather>) {
    let Ok(mut server) = TcpStream::connect(target).await else { return reset(&client) };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let whole = {
        let ((from_client, to_client), (from_server, to_server)) = (client.split(), server.split());
        let requests = pump(from_client, to_server, weather.clone(), |weather| {
            matches!(weather, Weather::Lost { requests: true, .. })
        });
        let answers = pump(from_server, to_client, weather.clone(), |weather| {
            matches!(weather, Weather::Lost { answers: true, .. })
        });
        tokio::select! {
            ended = async { tokio::try_join!(requests, answers) } => ended.is_ok(),
            _ = weather.wait_for(|weather| *weather == Weather::Cut) => false,
        }
    };
    if !whole {
        reset(&client);
        reset(&server);
    }
}

/// The connection must be reset.
struct Broken;

/// Carries one direction until it ends, or until bytes that were lost should have arrived.
async fn pump(
    mut from: ReadHalf<'_>,
    to: WriteHalf<'_>,
    mut weather: watch::Receiver<Weather>,
    loses: impl Fn(Weather) -> bool,
) -> Result<(), Broken> {
    let (queue, queued) = mpsc::unbounded_channel();
    let delivery = deliver(queued, to);
    tokio::pin!(delivery);
    let mut bytes = vec![0; 64 * 1024];
    let mut lost_some = false;
    loop {
        let now = *weather.borrow_and_update();
        if lost_some && !loses(now) {
            return Err(Broken);
        }
        tokio::select! {
            biased;
            changed = weather.changed() => changed.map_err(|_| Broken)?,
            delivered = &mut delivery => return delivered,
            read = from.read(&mut bytes), if now != Weather::Held => match read {
                Err(_) => return Err(Broken),
                Ok(0) if loses(now) => {
                    // The end of the stream is lost like any other byte.
                    let _ = weather.wait_for(|weather| !loses(*weather)).await;
                    return Err(Broken);
                }
                Ok(0) => break,
                Ok(count) => {
                    // The weather may have changed while these bytes were read: they have the one that is now.
                    let now = *weather.wait_for(|now| *now != Weather::Held).await.map_err(|_| Broken)?;
                    if loses(now) {
                        lost_some = true;
                        continue;
                    }
                    let delay = if let Weather::Slow(delay) = now { delay } else { Duration::ZERO };
                    let _ = queue.send((Instant::now() + delay, bytes[..count].to_vec()));
                }
            },
        }
    }
    drop(queue);
    delivery.await
}

async fn deliver(mut queued: mpsc::UnboundedReceiver<(Instant, Vec<u8>)>, mut to: WriteHalf<'_>) -> Result<(), Broken> {
    while let Some((due, bytes)) = queued.recv().await {
        sleep_until(due).await;
        to.write_all(&bytes).await.map_err(|_| Broken)?;
    }
    to.shutdown().await.map_err(|_| Broken)
}

/// Closing it now tells the peer at once, whatever is still on its way.
fn reset(stream: &TcpStream) {
    let _ = socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO));
}
