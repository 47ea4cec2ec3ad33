//! Where Redis is: one server, a cluster, or one that sentinels watch; with or without TLS.

use deadpool_redis::redis::sentinel::{SentinelClient, SentinelNodeConnectionInfo, SentinelServerType};
use deadpool_redis::redis::{Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisResult, TlsMode};
use std::fmt;
use std::str::FromStr;

/// What a URL of Redis must look like.
pub const FORMS: &str = "redis://[USER:PASSWORD@]HOST:PORT[/DB] or rediss://…, \
     redis+cluster://[USER:PASSWORD@]HOST:PORT,HOST:PORT or redis+sentinel://[USER:PASSWORD@]HOST:PORT,HOST:PORT/MASTER[/DB], \
     each also with rediss+";

/// See the module's text. Holds a password: it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub enum RedisUrl {
    Single(String),
    /// Some of its nodes, each as a URL of its own.
    Cluster(Vec<String>),
    Sentinel {
        /// The sentinels, each as a URL of its own.
        sentinels: Vec<String>,
        master: String,
        /// A URL that has all for the master but its address.
        node: String,
    },
}

impl FromStr for RedisUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("must be {FORMS}");
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let (plain, kind) = scheme.split_once('+').unwrap_or((scheme, ""));
        if !matches!(plain, "redis" | "rediss") {
            return Err(wrong());
        }
        let (login, rest) = match rest.rsplit_once('@') {
            Some((login, rest)) => (format!("{login}@"), rest),
            None => (String::new(), rest),
        };
        let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
        let hosts: Vec<&str> = hosts.split(',').filter(|host| !host.is_empty()).collect();
        let urls = |login: &str| hosts.iter().map(|host| format!("{plain}://{login}{host}")).collect::<Vec<_>>();
        let url = match kind {
            "" if hosts.len() == 1 => Self::Single(text.to_owned()),
            "cluster" if path.is_empty() && !hosts.is_empty() => Self::Cluster(urls(&login)),
            "sentinel" if !hosts.is_empty() => {
                let (master, db) = path.split_once('/').unwrap_or((path, "0"));
                if master.is_empty() {
                    return Err(wrong());
                }
                let node = format!("{plain}://{login}master/{db}");
                Self::Sentinel { sentinels: urls(""), master: master.to_owned(), node }
            }
            _ => return Err(wrong()),
        };
        let all = match &url {
            Self::Single(url) => vec![url.as_str()],
            Self::Cluster(urls) => urls.iter().map(String::as_str).collect(),
            Self::Sentinel { sentinels, node, .. } => sentinels.iter().chain([node]).map(String::as_str).collect(),
        };
        if all.iter().any(|url| url.into_connection_info().is_err()) {
            return Err(wrong());
        }
        Ok(url)
    }
}

impl RedisUrl {
    /// What an operator may see of it: no user, no password.
    pub fn description(&self) -> String {
        let place = |url: &String| {
            let rest = url.rsplit_once('@').map_or(url.as_str(), |(_, rest)| rest);
            rest.split_once("://").map_or(rest, |(_, rest)| rest).split(['/', '?', '#']).next().unwrap_or("").to_owned()
        };
        let places = |urls: &[String]| urls.iter().map(place).collect::<Vec<_>>().join(", ");
        match self {
            Self::Single(url) => place(url),
            Self::Cluster(urls) => format!("cluster {}", places(urls)),
            Self::Sentinel { sentinels, master, .. } => format!("{master} by sentinels {}", places(sentinels)),
        }
    }

    /// A server to publish at and to subscribe to. A cluster carries both to all of its nodes, so any will do: `turn`
    /// picks one.
    pub(super) async fn client(&self, turn: usize) -> RedisResult<Client> {
        match self {
            Self::Single(url) => Client::open(url.as_str()),
            Self::Cluster(urls) => Client::open(urls[turn % urls.len()].as_str()),
            Self::Sentinel { sentinels, master, node } => {
                let sentinels: Vec<&str> = sentinels.iter().map(String::as_str).collect();
                let info = Some(node_info(node)?);
                let kind = SentinelServerType::Master;
                SentinelClient::build(sentinels, master, info, kind)?.async_get_client().await
            }
        }
    }
}

/// How to speak to the master, wherever it is.
pub(super) fn node_info(url: &str) -> RedisResult<SentinelNodeConnectionInfo> {
    let info: ConnectionInfo = url.into_connection_info()?;
    let node = SentinelNodeConnectionInfo::default().set_redis_connection_info(info.redis_settings().clone());
    Ok(match info.addr() {
        ConnectionAddr::TcpTls { insecure, .. } => {
            node.set_tls_mode(if *insecure { TlsMode::Insecure } else { TlsMode::Secure })
        }
        _ => node,
    })
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.description())
    }
}
