//! A node from its start to its stop, and the order of both.

use crate::api::{self, ApiConfig, App, Limits, RequestSpan, TokenAuthenticator};
use crate::auth::{Auth, BCRYPT_COST, Passwords, Tokens};
use crate::config::Config;
use crate::live::{self, Live, LiveConfig, Sessions};
use crate::store::{Step, Store, StoreConfig};
use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::{HttpServer, web};
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tracing_actix_web::TracingLogger;

/// What is in flight is waited for at most so long when the node stops.
const FLUSH_WITHIN: Duration = Duration::from_secs(5);
/// After the last close, for the peers to answer it.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);
/// Connections that wait to be accepted.
const BACKLOG: u32 = 4_096;
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
    #[error("can't listen on {address}: {source}")]
    Listen { address: String, source: std::io::Error },
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
    let node = config.node.id.clone();
    let live_config = LiveConfig {
        node,
        idle: Duration::from_secs(config.live.board_idle_seconds),
        rates: config.rate_limits.enabled,
    };
    let live = Live::start(store.clone(), store.committer(), live_config);
    let tokens = Tokens::new(secrets.jwt.expose(), secrets.refresh.expose());
    let auth = Auth::new(store.clone(), tokens, Passwords::new(BCRYPT_COST)?, true);
    let api_config = ApiConfig {
        development: config.environment.is_development(),
        cors_origins: config.server.cors_origins.clone(),
        trusted_proxies: config.server.trusted_proxies.clone(),
    };
    let limits = Limits::new(config.rate_limits.enabled);
    let app = web::Data::new(App::new(store.clone(), live.clone(), auth.clone(), limits, api_config, metrics));
    let server = listen(&config, app, &live, auth.clone(), &store)?;
    actix_web::rt::spawn(sweep(auth));
    let drain = Duration::from_secs(config.server.drain_seconds);
    actix_web::rt::spawn(stop_on_signal(server.handle(), live, drain));
    server.await.map_err(AppError::Serve)?;
    store.close().await;
    tracing::info!("stopped");
    Ok(())
}

fn listen(
    config: &Config,
    app: web::Data<App>,
    live: &Live,
    auth: Auth,
    store: &Store,
) -> Result<actix_web::dev::Server, AppError> {
    let live = live.clone();
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
        .backlog(BACKLOG)
        .max_connections(CONNECTIONS_MAX)
        .h1_write_buffer_size(live::TAKEN_BYTES_MAX)
        .on_connect(live::connect)
        .disable_signals()
        .shutdown_timeout(1)
        .bind(config.server.listen.as_str())
        .map_err(refused)?;
    for address in server.addrs() {
        println!("TeamFlow {} listens on http://{address}", env!("CARGO_PKG_VERSION"));
    }
    println!("  database: {}", config.database.description());
    println!("  coordination: in this process (one node, {})", config.node.id);
    Ok(server.run())
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

/// The order of an orderly stop: not ready, no new connections, boards flushed, sockets closed one after the other.
async fn stop_on_signal(server: ServerHandle, live: Live, drain: Duration) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return tracing::error!("signals can't be waited for: this node stops only by force");
    };
    tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
    tracing::info!("stopping: sockets are closed over {} s; a second signal stops at once", drain.as_secs());
    let stop = async {
        live.begin_drain();
        server.pause().await;
        live.drain(drain, CLOSE_WITHIN).await;
        live.flushed(FLUSH_WITHIN).await;
        server.stop(true).await;
    };
    tokio::select! {
        () = stop => {}
        _ = terminate.recv() => std::process::exit(0),
        _ = interrupt.recv() => std::process::exit(0),
    }
}
