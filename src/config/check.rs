//! From layers of text to the typed configuration: defaults, bounds, and what is unsafe.

use super::layers::Layers;
use super::secret::{SECRET_CHARS_MIN, Secret};
use super::{
    Auth, Config, ConfigError, Database, Demo, Environment, Live, Log, LogFormat, Node, RateLimits, Redis, Server,
};
use crate::cluster::redis_url;
use figment::value::Value;
use std::io::IsTerminal;
use std::net::ToSocketAddrs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use tracing_subscriber::EnvFilter;

const NODE_ID_CHARS_MAX: usize = 64;

pub(super) fn config(layers: &Layers) -> Result<Config, ConfigError> {
    let environment = environment(layers)?;
    let data_dir = layers.parsed("data_dir", "the path of a folder", |text| Some(PathBuf::from(text)))?;
    let data_dir = data_dir.unwrap_or_else(|| "data".into());
    let (database, redis) = (database(layers, &data_dir)?, redis(layers)?);
    if redis.url.is_some() && database.url.starts_with("sqlite:") {
        return Err(
            layers.fault("redis.url", "several nodes need one postgres database: set database.url (DATABASE_URL)")
        );
    }
    Ok(Config {
        environment,
        database,
        data_dir,
        server: server(layers)?,
        node: Node { id: node_id(layers)? },
        auth: auth(layers, environment, redis.url.is_some())?,
        redis,
        live: Live { board_idle_seconds: number(layers, "live.board_idle_seconds", 1..=86_400)?.unwrap_or(300) },
        demo: Demo { enabled: switch(layers, "demo.enabled")?.unwrap_or(false) },
        rate_limits: rate_limits(layers, environment)?,
        log: log(layers)?,
    })
}

fn environment(layers: &Layers) -> Result<Environment, ConfigError> {
    let right = "development, test, staging or production";
    let named = layers.parsed("environment", right, Environment::named)?;
    match named {
        // The file of an environment can't choose another one: that one's file was not read.
        Some(other) if other != layers.environment => {
            let fault = format!("must be {:?} or left out here", layers.environment.name());
            Err(layers.fault("environment", &fault))
        }
        _ => Ok(layers.environment),
    }
}

fn database(layers: &Layers, data_dir: &Path) -> Result<Database, ConfigError> {
    let is_postgres = |url: &str| url.starts_with("postgres://") || url.starts_with("postgresql://");
    let is_file = |url: &str| url.strip_prefix("sqlite://").is_some_and(|path| !path.is_empty() && path != ":memory:");
    let url = layers.parsed("database.url", "sqlite://PATH or postgres://…", |url| {
        (is_postgres(url) || is_file(url)).then(|| url.to_owned())
    })?;
    let url = url.unwrap_or_else(|| format!("sqlite://{}", data_dir.join("teamflow.db").display()));
    let replica_url =
        layers.parsed("database.replica_url", "postgres://…", |url| is_postgres(url).then(|| url.to_owned()))?;
    if replica_url.is_some() && !is_postgres(&url) {
        return Err(layers.fault("database.replica_url", "only a postgres database has a replica"));
    }
    Ok(Database {
        url,
        replica_url,
        connections_max: count(layers, "database.connections_max", 2..=1_000)?.unwrap_or(10),
        readers: count(layers, "database.readers", 1..=64)?.unwrap_or(3),
    })
}

fn redis(layers: &Layers) -> Result<Redis, ConfigError> {
    let url = layers.parsed("redis.url", redis_url::FORMS, |url| url.parse().ok())?;
    let plain = |prefix: &str| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        (!prefix.is_empty() && prefix.len() <= NODE_ID_CHARS_MAX && prefix.chars().all(is_plain))
            .then(|| prefix.to_owned())
    };
    let right = format!("1 to {NODE_ID_CHARS_MAX} of letters, digits, '-', '_' and '.'");
    let prefix = layers.parsed("redis.prefix", &right, plain)?;
    Ok(Redis { url, prefix: prefix.unwrap_or_else(|| "teamflow".to_owned()) })
}

fn server(layers: &Layers) -> Result<Server, ConfigError> {
    let resolved = |text: &str| text.to_socket_addrs().ok()?.next().map(|_| text.to_owned());
    let listen = layers.parsed("server.listen", "HOST:PORT of this machine", resolved)?;
    Ok(Server {
        listen: listen.unwrap_or_else(|| "127.0.0.1:8080".to_owned()),
        workers: count(layers, "server.workers", 1..=256)?,
        trusted_proxies: list(layers, "server.trusted_proxies", "a list of ip addresses", |text| text.parse().ok())?,
        cors_origins: list(layers, "server.cors_origins", "a list of origins such as https://app.example.org", origin)?,
        drain_seconds: number(layers, "server.drain_seconds", 0..=20)?.unwrap_or(3),
        app_dir: layers.parsed("server.app_dir", "the path of a folder", |text| Some(PathBuf::from(text)))?,
    })
}

/// A scheme and an authority, and nothing after them.
fn origin(text: &str) -> Option<String> {
    let text = text.strip_suffix('/').unwrap_or(text);
    let authority = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    (!authority.is_empty() && authority.chars().all(plain)).then(|| text.to_owned())
}

fn node_id(layers: &Layers) -> Result<String, ConfigError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let right = format!("1 to {NODE_ID_CHARS_MAX} of letters, digits, '-', '_' and '.'");
    let given = layers.parsed("node.id", &right, |id| {
        ((1..=NODE_ID_CHARS_MAX).contains(&id.len()) && id.chars().all(plain)).then(|| id.to_owned())
    })?;
    Ok(given.unwrap_or_else(|| {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let host: String = host.trim().chars().filter(|c| plain(*c)).take(NODE_ID_CHARS_MAX / 2).collect();
        let host = if host.is_empty() { "node" } else { &host };
        format!("{host}-{:08x}", rand::random::<u32>())
    }))
}

fn auth(layers: &Layers, environment: Environment, is_shared: bool) -> Result<Auth, ConfigError> {
    let right = format!("a text of at least {SECRET_CHARS_MIN} characters");
    let secret = |key: &str| layers.parsed(key, &right, Secret::new);
    let (jwt_secret, refresh_secret) = (secret("auth.jwt_secret")?, secret("auth.refresh_secret")?);
    for (key, given) in [("auth.jwt_secret", &jwt_secret), ("auth.refresh_secret", &refresh_secret)] {
        if given.is_none() && environment == Environment::Production {
            return Err(layers.fault(key, &format!("must be set in production, to {right}")));
        }
        if given.is_none() && is_shared {
            let fault = format!("must be set with redis.url (REDIS_URL), the same on all nodes, to {right}");
            return Err(layers.fault(key, &fault));
        }
    }
    if jwt_secret.is_some() && jwt_secret == refresh_secret {
        return Err(layers.fault("auth.refresh_secret", "must differ from auth.jwt_secret (JWT_SECRET)"));
    }
    Ok(Auth { jwt_secret, refresh_secret })
}

fn rate_limits(layers: &Layers, environment: Environment) -> Result<RateLimits, ConfigError> {
    const KEY: &str = "rate_limits.enabled";
    let enabled = switch(layers, KEY)?.unwrap_or(true);
    if !enabled && environment == Environment::Production {
        return Err(layers.fault(KEY, "must be on in production"));
    }
    Ok(RateLimits { enabled })
}

fn log(layers: &Layers) -> Result<Log, ConfigError> {
    let filter = layers.parsed("log.filter", "a tracing filter such as info or warn,teamflow=debug", |text| {
        EnvFilter::try_new(text).ok().map(|_| text.to_owned())
    })?;
    let format = layers.parsed("log.format", "pretty or json", |text| match text {
        "pretty" => Some(LogFormat::Pretty),
        "json" => Some(LogFormat::Json),
        _ => None,
    })?;
    let on_terminal = || if std::io::stderr().is_terminal() { LogFormat::Pretty } else { LogFormat::Json };
    Ok(Log { filter: filter.unwrap_or_else(|| "info".to_owned()), format: format.unwrap_or_else(on_terminal) })
}

fn switch(layers: &Layers, key: &str) -> Result<Option<bool>, ConfigError> {
    match layers.value(key)? {
        None => Ok(None),
        Some(Value::Bool(_, is_on)) => Ok(Some(is_on)),
        Some(Value::String(_, text)) if text == "on" => Ok(Some(true)),
        Some(Value::String(_, text)) if text == "off" => Ok(Some(false)),
        Some(other) => Err(layers.bad_value(key, &other, "on or off")),
    }
}

fn number(layers: &Layers, key: &str, bounds: RangeInclusive<u64>) -> Result<Option<u64>, ConfigError> {
    let Some(value) = layers.value(key)? else { return Ok(None) };
    // TOML's numbers are signed, those of variables are not.
    let found = value.to_i128().and_then(|number| u64::try_from(number).ok());
    let found = found.or(value.to_u128().and_then(|number| u64::try_from(number).ok()));
    match found.filter(|number| bounds.contains(number)) {
        Some(number) => Ok(Some(number)),
        None => {
            let right = format!("a whole number from {} to {}", bounds.start(), bounds.end());
            Err(layers.bad_value(key, &value, &right))
        }
    }
}

fn count(layers: &Layers, key: &str, bounds: RangeInclusive<u64>) -> Result<Option<usize>, ConfigError> {
    Ok(number(layers, key, bounds)?.and_then(|number| usize::try_from(number).ok()))
}

fn list<T>(layers: &Layers, key: &str, right: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, ConfigError> {
    let Some(value) = layers.value(key)? else { return Ok(Vec::new()) };
    let Some(items) = value.as_array() else { return Err(layers.bad_value(key, &value, right)) };
    let parsed = |item: &Value| item.as_str().and_then(&parse).ok_or_else(|| layers.bad_value(key, item, right));
    items.iter().map(parsed).collect()
}
