//! A node from its start to its stop, and the order of both.

use crate::api::{self, ApiConfig, App, Assets, Limits, RequestSpan, TokenAuthenticator};
use crate::auth::{Auth, BCRYPT_COST, Passwords, Tokens};
use crate::cluster::Bus;
use crate::config::Config;
use crate::demo::Crews;
use crate::live::{self, BusDoor, Live, LiveConfig, Membership, MembershipError, Reason, Sessions};
use crate::store::{Step, Store, StoreConfig};
use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::{HttpServer, web};
use metrics_exporter_prometheus::PrometheusHandle;
use socket2::{Domain, Protocol, Socket, Type};
use std::fs::File;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tracing_actix_web::TracingLogger;

/// What is in flight is waited for at most so long when the node stops.
const FLUSH_WITHIN: Duration = Duration::from_secs(5);
/// After the last close, for the peers to answer it.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);
/// For the thread that accepts connections to stop doing so.
const PAUSED_AFTER: Duration = Duration::from_millis(50);
/// Boards that take longer are taken from this node when it is gone.
const HAND_OVER_WITHIN: Duration = Duration::from_secs(4);
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);
/// Connections that wait to be accepted.
const BACKLOG: i32 = 4_096;
const CONNECTIONS_MAX: usize = 100_000;

/// Why a node could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    #[error(transparent)]
    Auth(#[from] crate::auth::AuthError),
    #[error(transparent)]
    Membership(#[from] MembershipError),
    #[error(transparent)]
    Bus(#[from] crate::cluster::BusError),
    #[error("another process has the database {0} open: one node only can use it")]
    NotSole(String),
    #[error("can't listen on {address}: {source}")]
    Listen { address: String, source: std::io::Error },
    #[error("the browser app of server.app_dir can't be read: {0}")]
    Assets(std::io::Error),
    #[error("the server has failed: {0}")]
    Serve(std::io::Error),
}

/// Opens the database that the configuration names.
///
/// # Errors
/// Where it can't be reached or worked with.
pub async fn open_store(config: &Config) -> Result<Store, AppError> {
    let store = StoreConfig {
        url: config.database.url.clone(),
        replica_url: config.database.replica_url.clone(),
        connections_max: config.database.connections_max,
        readers: config.database.readers,
    };
    Ok(Store::open(store).await?)
}

/// Runs a node until a signal ends it.
///
/// # Errors
/// Where it can't start: the database, the address.
pub async fn run(config: Config, metrics: PrometheusHandle) -> Result<(), AppError> {
    let secrets = config.secrets()?;
    let store = open_store(&config).await?;
    let applied = store.migrate(Step::Up).await?;
    if !applied.is_empty() {
        tracing::info!(migrations = ?applied, "the database's schema was brought up to date");
    }
    let tokens = Tokens::new(secrets.jwt.expose(), secrets.refresh.expose());
    let auth = Auth::new(store.clone(), tokens, Passwords::new(BCRYPT_COST)?, true);
    let sole = sole(&config)?;
    let door = BusDoor::default();
    let receive = door.clone();
    let bus = match &config.redis.url {
        None => Bus::alone(),
        Some(url) => Bus::start(url, move |event| receive.receive(&event))?,
    };
    let membership = Membership::enter(&store, &config.node.id, bus).await?;
    let live_config = LiveConfig {
        prefix: config.redis.prefix.clone(),
        idle: Duration::from_secs(config.live.board_idle_seconds),
        rates: config.rate_limits.enabled,
    };
    let live = Live::start(store.clone(), store.committer(), live_config, membership);
    door.open(&live);
    // From here on the others expect its beats.
    let beating = actix_web::rt::spawn(live::beat(live.clone()));
    live.listen_to_peers().await;
    let api_config = ApiConfig {
        development: config.environment.is_development(),
        cors_origins: config.server.cors_origins.clone(),
        trusted_proxies: config.server.trusted_proxies.clone(),
        demo: config.demo.enabled,
    };
    let limits = Limits::new(config.rate_limits.enabled);
    let assets = match &config.server.app_dir {
        Some(folder) => Assets::of_folder(folder).map_err(AppError::Assets)?,
        None => Assets::of_program(),
    };
    let app = App::new(store.clone(), live.clone(), auth.clone(), limits, api_config, assets, metrics);
    let app = web::Data::new(app);
    let (server, gate) = listen(&config, app.clone(), &live, auth.clone(), &store)?;
    if config.demo.enabled {
        actix_web::rt::spawn(api::keep_demo(app.clone()));
    }
    let crews = app.demo.crews.clone();
    actix_web::rt::spawn(sweep(auth));
    actix_web::rt::spawn(live::rebalance(live.clone()));
    actix_web::rt::spawn(live::watch(live.clone()));
    let drain = Duration::from_secs(config.server.drain_seconds);
    let handle = server.handle();
    let stopped = actix_web::rt::spawn(stop(handle, gate, live.clone(), crews, drain, beating));
    server.await.map_err(AppError::Serve)?;
    let outcome = stopped.await.unwrap_or(Ok(()));
    if let Err(error) = store.leave(live.membership().me()).await {
        tracing::warn!(%error, "the others learn only by its silence that this node is gone");
    }
    live.say_goodbye().await;
    store.close().await;
    drop(sole);
    tracing::info!("stopped");
    outcome
}

/// A lock that the system lets go when the process ends, however it ends: nobody has to wait for a dead one's claim.
fn sole(config: &Config) -> Result<Option<File>, AppError> {
    let Some(path) = config.database.url.strip_prefix("sqlite://") else { return Ok(None) };
    let refused = |_| AppError::NotSole(path.to_owned());
    let lock = File::create(format!("{path}.lock")).map_err(refused)?;
    lock.try_lock().map_err(|_| AppError::NotSole(path.to_owned()))?;
    Ok(Some(lock))
}

fn listen(
    config: &Config,
    app: web::Data<App>,
    live: &Live,
    auth: Auth,
    store: &Store,
) -> Result<(actix_web::dev::Server, Gate), AppError> {
    let (live, crews) = (live.clone(), app.demo.crews.clone());
    let authenticator: Arc<dyn live::Authenticator> = Arc::new(TokenAuthenticator { auth, store: store.clone() });
    let server = HttpServer::new(move || {
        let (hub, local) = live.add_hub();
        let sessions = Sessions { live: live.clone(), hub, local, authenticator: Arc::clone(&authenticator) };
        actix_web::App::new()
            .app_data(app.clone())
            .configure(api::configure_socket(sessions))
            .configure(api::configure)
            .wrap(from_fn(api::front))
            .wrap(TracingLogger::<RequestSpan>::new())
    });
    let workers = config.server.workers.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let address = config.server.listen.clone();
    let refused = |source| AppError::Listen { address: address.clone(), source };
    let server = server
        .workers(workers)
        .max_connections(CONNECTIONS_MAX)
        .h1_write_buffer_size(live::TAKEN_BYTES_MAX)
        .on_connect(live::connect)
        .disable_signals()
        .shutdown_timeout(1);
    let mut gate = Gate(Vec::new());
    let mut server = server;
    for address in config.server.listen.to_socket_addrs().map_err(refused)? {
        let listener = listener(address).map_err(refused)?;
        gate.0.push(listener.try_clone().map_err(refused)?);
        server = server.listen(listener.into()).map_err(refused)?;
    }
    for address in server.addrs() {
        crews.listen_at(address);
        println!("TeamFlow {} listens on http://{address}", env!("CARGO_PKG_VERSION"));
    }
    println!("  database: {}", config.database.description());
    match &config.redis.url {
        None => println!("  coordination: in this process (one node, {})", config.node.id),
        Some(url) => println!("  coordination: redis at {} (this node is {})", url.description(), config.node.id),
    }
    Ok((server.run(), gate))
}

/// The sockets that listen: shut, they refuse whoever comes, who then goes to another node at once.
struct Gate(Vec<Socket>);

impl Gate {
    fn shut(&self) {
        for socket in &self.0 {
            if let Err(error) = socket.shutdown(std::net::Shutdown::Both) {
                tracing::debug!(%error, "a listening socket could not be shut");
            }
        }
    }
}

fn listener(address: SocketAddr) -> std::io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket)
}

/// Deletes what has ended long ago, once an hour.
async fn sweep(auth: Auth) {
    let mut hours = actix_web::rt::time::interval(SWEEP_EVERY);
    loop {
        hours.tick().await;
        if let Err(error) = auth.sweep().await {
            tracing::warn!(%error, "ended sessions could not be deleted; it is tried again in an hour");
        }
    }
}

/// Stops the node in an orderly way when it is told to, or when another has taken its place. The order: not ready, no
/// new connections, boards handed over, sockets closed one after the other, what is in flight finished.
///
/// # Errors
/// Why it had to stop without being told to.
async fn stop(
    server: ServerHandle,
    gate: Gate,
    live: Live,
    crews: Crews,
    drain: Duration,
    mut beating: JoinHandle<MembershipError>,
) -> Result<(), AppError> {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals can't be waited for: this node stops only by force");
        return Ok(());
    };
    let outcome = tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        Ok(error) = &mut beating => {
            tracing::error!(%error, "this node must not go on");
            Err(AppError::Membership(error))
        }
    };
    tracing::info!("stopping: sockets are closed over {} s; a second signal stops at once", drain.as_secs());
    let stopping = async {
        live.begin_drain();
        crews.stop();
        server.pause().await;
        // The thread that accepts hears of it a little later.
        actix_web::rt::time::sleep(PAUSED_AFTER).await;
        gate.shut();
        live.hand_all_over(Reason::Drain, HAND_OVER_WITHIN).await;
        live.drain(drain, CLOSE_WITHIN).await;
        live.flushed(FLUSH_WITHIN).await;
        server.stop(true).await;
    };
    // It goes on beating meanwhile, lest the others take it for dead.
    tokio::select! {
        () = stopping => {
            beating.abort();
            outcome
        }
        _ = terminate.recv() => std::process::exit(0),
        _ = interrupt.recv() => std::process::exit(0),
    }
}
