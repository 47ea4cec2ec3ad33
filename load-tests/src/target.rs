//! The server under test, its users and its boards.

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

/// A server and its users, ready to be loaded.
#[derive(Debug, Clone)]
pub struct Target {
    /// Of its nodes; there is one at least. REST goes to the first.
    pub addresses: Vec<SocketAddr>,
    pub seed: Arc<Seed>,
    /// Where the nodes run on this machine.
    pub server_pids: Vec<u32>,
    /// Where the database runs on this machine: its main process.
    pub database_pid: Option<u32>,
}

/// What `teamflow seed` made.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Seed {
    pub users: Vec<SeededUser>,
    pub boards: Vec<SeededBoard>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SeededUser {
    pub access_token: Arc<str>,
    /// Only of users that were made through the API, whose access tokens are short-lived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Arc<str>>,
    pub workspace_ids: Vec<Uuid>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SeededBoard {
    pub id: Uuid,
    pub workspace_id: Uuid,
}

/// How much of everything a run needs; one workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeedSize {
    pub users: usize,
    pub boards: usize,
    /// A board.
    pub tasks: usize,
}

impl Seed {
    /// Reads what `teamflow seed --out` wrote.
    ///
    /// # Errors
    /// Where there is no such file, or it is another one.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read(path).with_context(|| format!("seed file {} cannot be read", path.display()))?;
        serde_json::from_slice(&text)
            .with_context(|| format!("seed file {} is not what `teamflow seed --out` writes", path.display()))
    }
}

/// Finds the address behind `HOST:PORT`.
///
/// # Errors
/// Where there is none.
pub fn resolve(address: &str) -> Result<SocketAddr> {
    let mut found = address.to_socket_addrs().with_context(|| format!("target {address:?} is not an address"))?;
    found.next().with_context(|| format!("target {address:?} has no address"))
}

impl Target {
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/api/v1{path}", self.addresses[0])
    }

    /// The first `count` boards.
    ///
    /// # Errors
    /// Where the seed has fewer.
    pub fn boards(&self, count: usize) -> Result<&[SeededBoard]> {
        let boards = &self.seed.boards;
        boards.get(..count).with_context(|| format!("{count} boards are needed, the seed has {}", boards.len()))
    }

    /// The places among the users of those who may enter `board`.
    ///
    /// # Errors
    /// Where there is nobody.
    pub fn members(&self, board: &SeededBoard) -> Result<Vec<usize>> {
        let is_member = |place: &usize| self.seed.users[*place].workspace_ids.contains(&board.workspace_id);
        let members: Vec<usize> = (0..self.seed.users.len()).filter(is_member).collect();
        if members.is_empty() {
            bail!("the seed has no user who may enter board {}", board.id);
        }
        Ok(members)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A target that nobody can reach.
    pub(crate) fn nowhere() -> Target {
        let addresses = vec![resolve("127.0.0.1:1").unwrap()];
        Target { addresses, seed: Arc::default(), server_pids: Vec::new(), database_pid: None }
    }

    #[test]
    fn a_name_without_a_port_is_no_address() {
        assert!(resolve("localhost").unwrap_err().to_string().contains("is not an address"));
        assert_eq!(resolve("127.0.0.1:80").unwrap().port(), 80);
    }
}
