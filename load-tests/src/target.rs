//! The server under test and its users.

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use uuid::Uuid;

/// Where the server is, who its users are, and what can be seen of it from here.
#[derive(Debug, Clone, Args)]
pub struct TargetArgs {
    /// Address of the server
    #[arg(long, env = "LOAD_TARGET", default_value = "127.0.0.1:8080", value_name = "HOST:PORT")]
    pub target: String,
    /// File that `teamflow seed --out` wrote for that server
    #[arg(long, env = "LOAD_SEED_FILE", default_value = "seed.json", value_name = "FILE")]
    pub seed_file: PathBuf,
    /// Process of the server, where it runs on this machine: its CPU and memory are measured
    #[arg(long, value_name = "PID")]
    pub server_pid: Option<u32>,
    /// Main process of the database, where it runs on this machine: its CPU is measured, with its children
    #[arg(long, value_name = "PID")]
    pub database_pid: Option<u32>,
}

/// A server and its users, ready to be loaded.
#[derive(Debug, Clone)]
pub struct Target {
    pub address: SocketAddr,
    pub seed: Arc<Seed>,
    pub server_pid: Option<u32>,
    pub database_pid: Option<u32>,
}

/// What `teamflow seed` made.
#[derive(Debug, Deserialize)]
pub struct Seed {
    pub users: Vec<SeededUser>,
    pub boards: Vec<SeededBoard>,
}

#[derive(Debug, Deserialize)]
pub struct SeededUser {
    pub access_token: Arc<str>,
    pub workspace_ids: Vec<Uuid>,
}

#[derive(Debug, Deserialize)]
pub struct SeededBoard {
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub task_ids: Vec<Uuid>,
}

impl TargetArgs {
    /// Resolves the address and reads the seed file.
    ///
    /// # Errors
    /// Where the address has no host of that name, or the file is not a seed file.
    pub fn open(&self) -> Result<Target> {
        let address = std::net::ToSocketAddrs::to_socket_addrs(&self.target)
            .with_context(|| format!("target {:?} is not an address", self.target))?
            .next()
            .with_context(|| format!("target {:?} has no address", self.target))?;
        let text = std::fs::read(&self.seed_file)
            .with_context(|| format!("seed file {} cannot be read", self.seed_file.display()))?;
        let seed = serde_json::from_slice(&text).with_context(|| {
            format!("seed file {} is not what `teamflow seed --out` writes", self.seed_file.display())
        })?;
        Ok(Target { address, seed: Arc::new(seed), server_pid: self.server_pid, database_pid: self.database_pid })
    }
}

impl Target {
    /// As it stands in the `Host` header.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}/api/v1{path}", self.address)
    }

    /// The first `count` boards.
    ///
    /// # Errors
    /// Where the seed has fewer.
    pub fn boards(&self, count: usize) -> Result<&[SeededBoard]> {
        let boards = &self.seed.boards;
        boards.get(..count).with_context(|| format!("{count} boards are needed, the seed has {}", boards.len()))
    }

    /// The access tokens of those who may enter `board`.
    ///
    /// # Errors
    /// Where there is nobody.
    pub fn tokens(&self, board: &SeededBoard) -> Result<Vec<Arc<str>>> {
        let members = self.seed.users.iter().filter(|user| user.workspace_ids.contains(&board.workspace_id));
        let tokens: Vec<_> = members.map(|user| user.access_token.clone()).collect();
        if tokens.is_empty() {
            bail!("the seed has no user who may enter board {}", board.id);
        }
        Ok(tokens)
    }
}
