//! Throwaway Redis: one server, a cluster of three masters, or a master with a replica and sentinels. All on loopback
//! ports, in folders of their own, keeping nothing on disk; all ended when dropped.

use super::postgres::free_port;
use super::until;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running `redis-server`.
pub struct Redis {
    folder: tempfile::TempDir,
    port: u16,
    arguments: Vec<String>,
    child: Child,
}

impl Redis {
    /// A server on a free port, once it answers.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    fn start_with(more: &[&str]) -> Self {
        let port = free_port();
        let fixed = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--protected-mode", "no"];
        let mut arguments = vec!["--port".to_owned(), port.to_string()];
        arguments.extend(fixed.iter().chain(more).map(|argument| (*argument).to_owned()));
        Self::run(port, arguments)
    }

    fn run(port: u16, arguments: Vec<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let child = spawn(folder.path(), &arguments);
        let redis = Self { folder, port, arguments, child };
        redis.wait_until_it_answers();
        redis
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// What `REDIS_URL` says of it.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it at once; all that it held is gone.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again after [`Redis::kill`], empty, on the same port.
    pub fn restart(&mut self) {
        assert!(self.child.try_wait().unwrap().is_some(), "still running");
        self.child = spawn(self.folder.path(), &self.arguments);
        self.wait_until_it_answers();
    }

    /// Stops it where it stands: connections stay open, nobody is answered.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    /// Forgets everything, while it runs and keeps its subscribers.
    pub fn flush(&self) {
        self.command(&["FLUSHALL"]);
    }

    /// One command by `redis-cli`; its answer as text.
    #[track_caller]
    pub fn command(&self, words: &[&str]) -> String {
        let (ok, said) = self.try_command(words);
        assert!(ok, "{words:?}: {said}");
        said
    }

    fn try_command(&self, words: &[&str]) -> (bool, String) {
        let mut cli = Command::new("redis-cli");
        cli.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-e"]).args(words);
        let output = cli.output().expect("redis-cli is needed: apt-get install redis-server");
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).trim().to_owned())
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    fn wait_until_it_answers(&self) {
        let started = Instant::now();
        while !self.try_command(&["PING"]).1.contains("PONG") {
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(started.elapsed() < Duration::from_secs(20), "Redis does not answer:\n{log}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(folder: &Path, arguments: &[String]) -> Child {
    let log = File::options().create(true).append(true).open(folder.join("log")).unwrap();
    let mut server = Command::new("redis-server");
    server.args(arguments).current_dir(folder).stdin(Stdio::null());
    server.stdout(log.try_clone().unwrap()).stderr(log);
    server.spawn().expect("redis-server is needed: apt-get install redis-server")
}

/// A Redis Cluster of three masters that share the slots. Where one is away, the slots of the others go on.
pub struct RedisCluster {
    pub masters: Vec<Redis>,
}

impl RedisCluster {
    pub async fn start() -> Self {
        let master = || {
            let bus = free_port().to_string();
            let more = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-port", &bus];
            Redis::start_with(&[&more[..], &["--cluster-require-full-coverage", "no"]].concat())
        };
        let masters = vec![master(), master(), master()];
        let mut create = Command::new("redis-cli");
        create.args(["--cluster", "create"]);
        create.args(masters.iter().map(|master| format!("127.0.0.1:{}", master.port)));
        let output = create.arg("--cluster-yes").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        let cluster = Self { masters };
        cluster.settled().await;
        cluster
    }

    /// Waits until every master that runs sees all slots served.
    pub async fn settled(&self) {
        until("the cluster is whole", async || {
            self.masters.iter().all(|master| {
                let said = master.try_command(&["CLUSTER", "INFO"]).1;
                said.contains("cluster_state:ok") && said.contains("cluster_slots_ok:16384")
            })
        })
        .await;
    }

    pub fn url(&self) -> String {
        let hosts: Vec<_> = self.masters.iter().map(|master| format!("127.0.0.1:{}", master.port)).collect();
        format!("redis+cluster://{}", hosts.join(","))
    }
}

/// The name by which the sentinels know the master.
const MASTER_NAME: &str = "teamflow";

/// A master and its replica, watched by three sentinels that agree in twos.
pub struct SentinelSet {
    pub master: Redis,
    pub replica: Redis,
    pub sentinels: Vec<Redis>,
}

impl SentinelSet {
    pub async fn start() -> Self {
        let master = Redis::start();
        let replica = Redis::start_with(&["--replicaof", "127.0.0.1", &master.port.to_string()]);
        until("the replica follows", async || replica.command(&["INFO", "replication"]).contains("link_status:up"))
            .await;
        let sentinels = (0..3).map(|_| sentinel(master.port)).collect();
        let set = Self { master, replica, sentinels };
        until("the sentinels know each other and the replica", async || {
            set.sentinels.iter().all(|sentinel| {
                let said = sentinel.command(&["INFO", "sentinel"]);
                said.contains("status=ok") && said.contains("slaves=1,sentinels=3")
            })
        })
        .await;
        set
    }

    /// Kills the master and waits until the sentinels have made the replica the master.
    pub async fn fail_over(&mut self) {
        self.master.kill();
        until("the replica is made the master", async || {
            let told = self.sentinels.iter().map(|sentinel| {
                let words = ["SENTINEL", "get-master-addr-by-name", MASTER_NAME];
                sentinel.command(&words).contains(&self.replica.port.to_string())
            });
            told.filter(|knows| *knows).count() == 3
                && self.replica.command(&["INFO", "replication"]).contains("role:master")
        })
        .await;
    }

    pub fn url(&self) -> String {
        let hosts: Vec<_> = self.sentinels.iter().map(|sentinel| format!("127.0.0.1:{}", sentinel.port)).collect();
        format!("redis+sentinel://{}/{MASTER_NAME}", hosts.join(","))
    }
}

fn sentinel(master: u16) -> Redis {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    // A sentinel keeps what it learns in its configuration file, so it must be one that it can write.
    let settings = format!(
        "port {port}\nbind 127.0.0.1\nsentinel monitor {MASTER_NAME} 127.0.0.1 {master} 2\n\
         sentinel down-after-milliseconds {MASTER_NAME} 1000\nsentinel failover-timeout {MASTER_NAME} 3000\n"
    );
    fs::write(folder.path().join("sentinel.conf"), settings).unwrap();
    let arguments = vec!["sentinel.conf".to_owned(), "--sentinel".to_owned()];
    let child = spawn(folder.path(), &arguments);
    let sentinel = Redis { folder, port, arguments, child };
    sentinel.wait_until_it_answers();
    sentinel
}
