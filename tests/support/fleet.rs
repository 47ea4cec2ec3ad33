//! Several real nodes that are one service: one PostgreSQL database, one Redis, a proxy of each node's own before both.

use super::postgres::Cluster;
use super::proxy::Proxy;
use super::redis::Redis;
use super::server::{Engine, Home, Server};
use super::world::{Person, Population, SeededBoard, seed};
use super::{Client, Rest, Value, json, until};
use futures_util::future::join_all;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What to start.
pub struct Plan {
    pub nodes: usize,
    pub population: Population,
    pub bus: Bus,
    /// Each node reaches Redis and PostgreSQL by proxies of its own.
    pub proxied: bool,
    /// A PostgreSQL that the test may crash.
    pub own_cluster: bool,
    pub env: Vec<(&'static str, String)>,
    /// Another program than the one under test.
    pub binary: Option<PathBuf>,
}

/// How the nodes hear of each other.
pub enum Bus {
    /// A Redis server of the fleet's own.
    Own,
    /// What the test has started.
    At(String),
    /// They don't: `REDIS_URL` is not set.
    None,
}

impl Default for Plan {
    fn default() -> Self {
        let population = Population { users: 12, workspaces: 1, boards: 6, tasks: 12, token_ttl: "24h" };
        let (bus, env) = (Bus::Own, Vec::new());
        Self { nodes: 3, population, bus, proxied: false, own_cluster: false, env, binary: None }
    }
}

/// One node of a fleet.
pub struct Node {
    pub name: String,
    pub server: Server,
    pub rest: Rest,
    /// What stands between this node and Redis.
    pub redis: Option<Proxy>,
    /// What stands between this node and PostgreSQL.
    pub database: Option<Proxy>,
}

/// A board's row of `heads`, with the name of the node that owns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub owner: Option<String>,
    pub epoch: i64,
    pub head: i64,
}

/// The running service. Nodes end before what they stand on.
pub struct Fleet {
    pub nodes: Vec<Node>,
    pub people: Vec<Person>,
    pub boards: Vec<SeededBoard>,
    pub redis: Option<Redis>,
    plan: Plan,
    keeper: Home,
    cluster: Option<Arc<Cluster>>,
}

impl Fleet {
    /// Three nodes with six boards.
    pub async fn start() -> Self {
        Self::planned(Plan::default()).await
    }

    pub async fn planned(plan: Plan) -> Self {
        let cluster = plan.own_cluster.then(|| Arc::new(Cluster::own()));
        let mut keeper = match &cluster {
            Some(cluster) => Home::on(Some(cluster.create_database())),
            None => Home::new(Engine::Postgres),
        };
        settings(&mut keeper, &plan);
        let (people, boards) = seed(&keeper, plan.population);
        let redis = matches!(plan.bus, Bus::Own).then(Redis::start);
        let mut fleet = Self { nodes: Vec::new(), people, boards, redis, plan, keeper, cluster };
        fleet.nodes = join_all((0..fleet.plan.nodes).map(|index| fleet.node(index))).await;
        for index in 0..fleet.nodes.len() {
            fleet.wait_until_ready(index).await;
        }
        fleet
    }

    /// Starts one more; its index.
    pub async fn add_node(&mut self) -> usize {
        let index = self.nodes.len();
        self.nodes.push(self.node(index).await);
        self.wait_until_ready(index).await;
        index
    }

    /// A place where a further node could run, with everything that the others are told.
    pub fn home(&self, name: &str) -> Home {
        self.home_at(name, self.database_url(), self.redis_url())
    }

    fn home_at(&self, name: &str, database_url: &str, redis_url: Option<String>) -> Home {
        let mut home = Home::on(Some(database_url.to_owned()));
        settings(&mut home, &self.plan);
        home.set("TEAMFLOW_NODE_ID", name);
        if let Some(url) = redis_url {
            home.set("REDIS_URL", &url);
        }
        home
    }

    async fn node(&self, index: usize) -> Node {
        let name = format!("node-{}", index + 1);
        let (mut database_url, mut redis_url) = (self.database_url().to_owned(), self.redis_url());
        let (mut database, mut redis) = (None, None);
        if self.plan.proxied {
            let target = port_of(&database_url);
            let proxy = Proxy::start(target);
            database_url = database_url.replace(&format!(":{target}/"), &format!(":{}/", proxy.port()));
            database = Some(proxy);
            if let Some(server) = &self.redis {
                let proxy = Proxy::start(server.port());
                redis_url = Some(format!("redis://127.0.0.1:{}", proxy.port()));
                redis = Some(proxy);
            }
        }
        let server = Server::start_in(self.home_at(&name, &database_url, redis_url)).await;
        let rest = Rest::new(&server.address());
        Node { name, server, rest, redis, database }
    }

    fn database_url(&self) -> &str {
        self.keeper.database_url().expect("a fleet stands on PostgreSQL")
    }

    fn redis_url(&self) -> Option<String> {
        match &self.plan.bus {
            Bus::Own => self.redis.as_ref().map(Redis::url),
            Bus::At(url) => Some(url.clone()),
            Bus::None => None,
        }
    }

    /// Starts a node again after its end, on the same port, and waits until it is ready.
    pub async fn restart(&mut self, index: usize) {
        self.nodes[index].server.restart().await;
        self.wait_until_ready(index).await;
    }

    pub async fn wait_until_ready(&self, index: usize) {
        let name = &self.nodes[index].name;
        until(&format!("{name} is ready"), async || self.ready(index).await == Some(200)).await;
    }

    /// The status of a node's `/health/ready`; `None` where it doesn't answer.
    pub async fn ready(&self, index: usize) -> Option<u16> {
        let asked = self.nodes[index].rest.send("GET", "/health/ready", &[], None);
        Some(tokio::time::timeout(Duration::from_secs(2), asked).await.ok()?.ok()?.status)
    }

    pub fn rest(&self, index: usize) -> &Rest {
        &self.nodes[index].rest
    }

    pub fn address(&self, index: usize) -> String {
        self.nodes[index].server.address()
    }

    /// All addresses, beginning with this node's.
    pub fn addresses_from(&self, index: usize) -> Vec<String> {
        let count = self.nodes.len();
        (0..count).map(|step| self.address((index + step) % count)).collect()
    }

    pub async fn connect(&self, index: usize, person: &Person) -> Client {
        Client::connect(&self.address(index), &person.token).await
    }

    pub fn owner(&self) -> &Person {
        &self.people[0]
    }

    pub fn member(&self, index: usize) -> &Person {
        &self.people[index + 1]
    }

    pub fn workspace(&self) -> &str {
        &self.boards[0].workspace_id
    }

    /// A board as a node shows it: `{seq, history, snapshot}`.
    pub async fn read_board(&self, index: usize, board: &SeededBoard) -> Value {
        self.rest(index).get(&format!("/boards/{}", board.id), &self.owner().token).await.ok(200)
    }

    /// Makes somebody system admin.
    pub fn make_admin(&self, person: &Person) {
        self.keeper.run_ok(&["admin", "grant", &person.email]);
    }

    /// Runs SQL on the fleet's database; returns the unaligned rows.
    pub fn sql(&self, sql: &str) -> String {
        let name = self.database_url().rsplit('/').next().unwrap_or_default();
        self.cluster.as_deref().unwrap_or_else(|| Cluster::shared()).sql(name, sql)
    }

    /// Who holds each board, as the database has it.
    pub fn held(&self) -> BTreeMap<String, Held> {
        let rows = self.sql(
            "select h.board_id, coalesce(n.node_id, ''), h.epoch, h.head from heads h \
             left join nodes n on n.incarnation = h.owner",
        );
        let rows = rows.lines().map(|row| {
            let [board, owner, epoch, head] = row.split('|').collect::<Vec<_>>()[..] else { panic!("{row}") };
            let owner = (!owner.is_empty()).then(|| owner.to_owned());
            (board.to_owned(), Held { owner, epoch: epoch.parse().unwrap(), head: head.parse().unwrap() })
        });
        rows.collect()
    }

    /// The node that owns a board, once one does.
    pub async fn owner_of(&self, board: &SeededBoard) -> usize {
        let mut found = None;
        until("the board has an owner", async || {
            let name = self.held()[&board.id].owner.clone();
            found = self.nodes.iter().position(|node| Some(&node.name) == name.as_ref());
            found.is_some()
        })
        .await;
        found.expect("just found")
    }

    /// Puts a task on a board, so that somebody must own it; who does.
    pub async fn open(&self, board: &SeededBoard) -> usize {
        let mut client = self.connect(0, self.owner()).await;
        let op = json!({"kind": "task.create", "column_id": board.column_ids[0], "title": "the first"});
        until("the board is written", async || client.op(&board.room(), op.clone()).await["type"] == "ack").await;
        self.owner_of(board).await
    }

    /// Some node that does not own a board.
    pub async fn stranger_to(&self, board: &SeededBoard) -> usize {
        (self.owner_of(board).await + 1) % self.nodes.len()
    }

    /// Crashes PostgreSQL and starts it again after a while; other tasks of the test go on meanwhile.
    pub async fn crash_database(&self, away: Duration) {
        let cluster = Arc::clone(self.cluster.as_ref().expect("a cluster of the fleet's own"));
        let crash = move || {
            cluster.crash();
            std::thread::sleep(away);
            cluster.start();
        };
        tokio::task::spawn_blocking(crash).await.unwrap();
    }

    /// Ends every connection to the fleet's database at once, whatever it is doing.
    pub fn end_backends(&self) {
        self.sql(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity \
             where pid <> pg_backend_pid() and datname = current_database()",
        );
    }
}

fn settings(home: &mut Home, plan: &Plan) {
    home.set("JWT_SECRET", "a secret that every node of the fleet knows");
    home.set("REFRESH_SECRET", "another secret that every node knows too");
    let log = std::env::var("TEAMFLOW_TEST_LOG");
    home.set("TEAMFLOW_LOG", log.as_deref().unwrap_or("warn,teamflow::live=info,teamflow::cluster=info"));
    home.set("TEAMFLOW__SERVER__DRAIN_SECONDS", "1");
    for (key, value) in &plan.env {
        home.set(key, value);
    }
    if let Some(binary) = &plan.binary {
        home.set_binary(binary);
    }
}

fn port_of(url: &str) -> u16 {
    let after_host = url.rsplit_once(':').map(|(_, rest)| rest).unwrap_or_default();
    after_host.split('/').next().unwrap_or_default().parse().expect("a port in the URL")
}
