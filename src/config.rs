//! One typed configuration, checked once at the start and passed down; nothing else reads the environment.

mod check;
mod layers;
mod secret;
#[cfg(test)]
mod tests;

pub use layers::{Flag, KEYS, Key, Kind, Sources};
pub use secret::{SECRET_CHARS_MIN, Secret, Secrets};

use crate::cluster::RedisUrl;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

/// All that a node is told.
#[derive(Debug, Clone)]
pub struct Config {
    pub environment: Environment,
    /// Where a node on its own keeps its database and its secrets.
    pub data_dir: PathBuf,
    pub database: Database,
    pub redis: Redis,
    pub server: Server,
    pub node: Node,
    pub auth: Auth,
    pub live: Live,
    pub demo: Demo,
    pub rate_limits: RateLimits,
    pub log: Log,
}

/// What this installation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    Development,
    Test,
    Staging,
    /// Unsafe defaults are refused.
    Production,
}

/// Where the data is.
#[derive(Clone)]
pub struct Database {
    /// `sqlite://PATH` or `postgres://…`. May hold a password.
    pub url: String,
    /// For reads that may lag; PostgreSQL only.
    pub replica_url: Option<String>,
    /// The most connections of the pool (PostgreSQL), the committer's own aside.
    pub connections_max: usize,
    /// How many may read at once (SQLite).
    pub readers: usize,
}

/// What nodes coordinate by.
#[derive(Debug, Clone)]
pub struct Redis {
    /// None: this node is alone.
    pub url: Option<RedisUrl>,
    /// What the names of keys and channels begin with.
    pub prefix: String,
}

/// How this node meets the network.
#[derive(Debug, Clone)]
pub struct Server {
    /// `HOST:PORT`; port 0 takes a free one.
    pub listen: String,
    /// Threads that serve; as many as the machine has cores where it is not said.
    pub workers: Option<usize>,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Browser origins that are allowed beside the one that equals `Host`.
    pub cors_origins: Vec<String>,
    /// Over how many seconds a node that stops closes its sockets.
    pub drain_seconds: u64,
    /// A folder with a built browser app, to serve in place of the one in the program.
    pub app_dir: Option<PathBuf>,
}

/// This node among others.
#[derive(Debug, Clone)]
pub struct Node {
    pub id: String,
}

/// The secrets that were given; [`Config::secrets`] makes those that were not.
#[derive(Debug, Clone)]
pub struct Auth {
    pub jwt_secret: Option<Secret>,
    pub refresh_secret: Option<Secret>,
}

/// The actors.
#[derive(Debug, Clone)]
pub struct Live {
    /// A board or workspace that nobody has used for so long leaves the memory.
    pub board_idle_seconds: u64,
}

/// The demonstration.
#[derive(Debug, Clone)]
pub struct Demo {
    /// Lets guests look at it without an account.
    pub enabled: bool,
}

/// How often somebody may ask.
#[derive(Debug, Clone)]
pub struct RateLimits {
    /// Off lifts all rates, of WebSocket frames too, never sizes or lockouts.
    pub enabled: bool,
}

/// What is logged, and how.
#[derive(Debug, Clone)]
pub struct Log {
    /// Directives of tracing: `info`, `warn,teamflow::live=debug`.
    pub filter: String,
    pub format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Pretty,
    Json,
}

/// A configuration that is refused: which key, where it was set, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}, set in {place}: {fault}")]
pub struct ConfigError {
    /// As in the TOML files, with the environment variable where it has a name of its own.
    pub key: String,
    pub place: String,
    pub fault: String,
}

impl Config {
    /// Reads all sources, the later ones over the earlier, and checks the result. Writes nothing.
    ///
    /// # Errors
    /// For the first unknown key or bad value.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        check::config(&layers::Layers::read(sources)?)
    }

    /// The secrets that tokens are signed with: those given, else those kept in the data folder, made on first use.
    ///
    /// # Errors
    /// Where the files can't be read or written, are open to other users, or hold no good secret.
    pub fn secrets(&self) -> Result<Secrets, ConfigError> {
        Secrets::of(&self.auth, &self.data_dir)
    }
}

impl Environment {
    pub const ALL: [Self; 4] = [Self::Development, Self::Test, Self::Staging, Self::Production];

    pub fn name(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Test => "test",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }

    pub fn is_development(self) -> bool {
        self == Self::Development
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

impl Database {
    /// What an operator may see of the URL: no user, no password, no options.
    pub fn description(&self) -> String {
        let Some((scheme, rest)) = self.url.split_once("://") else { return "unknown".to_owned() };
        let shown = rest.split('?').next().unwrap_or_default();
        let shown = if scheme == "sqlite" { shown } else { shown.rsplit('@').next().unwrap_or_default() };
        format!("{scheme}://{shown}")
    }
}

impl fmt::Debug for Database {
    /// Without the URLs, which may hold passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("connections_max", &self.connections_max)
            .field("readers", &self.readers)
            .finish_non_exhaustive()
    }
}
