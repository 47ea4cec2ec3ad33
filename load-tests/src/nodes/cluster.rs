//! The nodes, their database and their Redis: started, hurt, asked.

use crate::bench::database::Postgres;
use crate::bench::redis::Redis;
use crate::bench::server::{Launch, Server};
use crate::target::{SeedSize, Target};
use anyhow::{Context, Result};
use rustix::process::Signal;
use std::collections::HashMap;
use std::path::Path;
use std::process::ExitStatus;
use std::thread::JoinHandle;
use uuid::Uuid;

const DATABASE: &str = "nodes";

/// All nodes share them. Nothing here is worth keeping secret: it listens on the loopback and is thrown away.
const JWT_SECRET: &str = "load-tests-access-tokens-of-a-throwaway-cluster";
const REFRESH_SECRET: &str = "load-tests-refresh-tokens-of-a-throwaway-cluster";

/// Several nodes on one database and one Redis. The nodes end first when it is dropped.
pub struct Cluster {
    /// `None` where it does not run.
    servers: Vec<Option<Server>>,
    launches: Vec<Launch>,
    redis: Redis,
    postgres: Postgres,
}

/// Who may write a board: the node's number, and the board's epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owned {
    pub node: usize,
    pub epoch: i64,
}

impl Cluster {
    /// Seeds an empty database and starts `count` nodes on it.
    ///
    /// # Errors
    /// Where PostgreSQL, Redis or a node cannot be started.
    pub fn start(program: &Path, count: usize, seed: &SeedSize, folder: &Path) -> Result<Self> {
        let postgres = Postgres::start(&folder.join("postgres"), None)?;
        let redis = Redis::start(folder)?;
        let url = postgres.create(DATABASE)?;
        let mut launches = Vec::new();
        for number in 0..count {
            let own = folder.join(format!("node-{number}"));
            std::fs::create_dir_all(&own)?;
            let launch = Launch::new(program, &url, &own, None)?
                .with("REDIS_URL", redis.url())
                .with("JWT_SECRET", JWT_SECRET)
                .with("REFRESH_SECRET", REFRESH_SECRET)
                .with("TEAMFLOW_NODE_ID", node_id(number));
            launches.push(launch);
        }
        launches.first().context("a cluster has a node at least")?.seed(seed)?;
        let servers = launches.iter().map(|launch| launch.start().map(Some)).collect::<Result<_>>()?;
        Ok(Self { servers, launches, redis, postgres })
    }

    /// Lines that name the programs it runs on.
    pub fn describe(&self) -> Vec<String> {
        vec![self.postgres.version.clone(), self.redis.version.clone()]
    }

    /// All nodes as one target.
    ///
    /// # Errors
    /// Where the seed's file cannot be read, or a node does not run.
    pub fn target(&self) -> Result<Target> {
        let addresses = self.launches.iter().map(|launch| Ok(launch.listen.parse()?)).collect::<Result<_>>()?;
        let running = self.servers.iter().flatten();
        let server_pids = running.map(Server::pid).collect();
        Ok(Target { addresses, server_pids, ..self.server(0)?.target(Some(self.postgres.pid()))? })
    }

    fn server(&self, node: usize) -> Result<&Server> {
        self.servers[node].as_ref().with_context(|| format!("{} does not run", node_id(node)))
    }

    /// Sends a node a signal.
    ///
    /// # Errors
    /// Where it does not run.
    pub fn signal(&self, node: usize, signal: Signal) -> Result<()> {
        self.server(node)?.signal(signal)
    }

    /// How a node ended, if it has.
    ///
    /// # Errors
    /// Those of the system.
    pub fn ended(&mut self, node: usize) -> Result<Option<ExitStatus>> {
        match &mut self.servers[node] {
            Some(server) => server.ended(),
            None => Ok(None),
        }
    }

    /// Starts a node again that has ended, beside the load: it is ready, or not to be had, when the thread has ended.
    pub fn start_again(&mut self, node: usize) -> JoinHandle<Result<Server>> {
        // Killed for good where it runs yet: two of one name are refused.
        self.servers[node] = None;
        let launch = self.launches[node].clone();
        std::thread::spawn(move || launch.start())
    }

    /// Takes in what `start_again` brought.
    ///
    /// # Errors
    /// Where the node did not get ready.
    pub fn is_back(&mut self, node: usize, started: JoinHandle<Result<Server>>) -> Result<()> {
        let server = started.join().map_err(|_| anyhow::anyhow!("{} could not be started", node_id(node)))?;
        self.servers[node] = Some(server?);
        Ok(())
    }

    /// The end of a node's log.
    pub fn log_tail(&self, node: usize) -> String {
        self.servers[node].as_ref().map_or_else(String::new, Server::log_tail)
    }

    /// Who may write which board, as the database has it. A board that nobody may write is missing.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub fn owners(&self) -> Result<HashMap<Uuid, Owned>> {
        let query = "select h.board_id, n.node_id, h.epoch from heads h join nodes n on n.incarnation = h.owner \
                     where not n.dead";
        let mut owners = HashMap::new();
        for row in self.postgres.query(DATABASE, query)? {
            let [board, node, epoch] = row.as_slice() else { continue };
            let node = (0..self.launches.len()).find(|number| node_id(*number) == *node);
            let node = node.context("a board is owned by a node that is none of ours")?;
            owners.insert(board.parse()?, Owned { node, epoch: epoch.parse()? });
        }
        Ok(owners)
    }

    /// Events whose epoch is below that of an event before them on their board: a writer who was replaced has written.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub fn epochs_gone_back(&self) -> Result<u64> {
        self.count(
            "select count(*) from (select epoch < max(epoch) over (partition by board_id order by seq) as back \
             from op_log) e where back",
        )
    }

    /// Events of a board that were written under `epoch` or an older one after the first under a newer one.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub fn written_after_takeover(&self, board: Uuid, epoch: i64) -> Result<u64> {
        self.count(&format!(
            "select count(*) from op_log where board_id = '{board}' and epoch <= {epoch} and seq > \
             (select min(seq) from op_log where board_id = '{board}' and epoch > {epoch})"
        ))
    }

    /// Whether a board has an event under an epoch above `epoch`.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub fn is_written_past(&self, board: Uuid, epoch: i64) -> Result<bool> {
        let past = format!("select count(*) from op_log where board_id = '{board}' and epoch > {epoch}");
        Ok(self.count(&past)? > 0)
    }

    fn count(&self, query: &str) -> Result<u64> {
        let rows = self.postgres.query(DATABASE, query)?;
        Ok(rows.first().and_then(|row| row.first()).context("a count has a row")?.parse()?)
    }
}

fn node_id(number: usize) -> String {
    format!("node-{number}")
}
