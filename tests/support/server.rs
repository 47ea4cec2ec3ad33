//! The real binary on a free port, with a data folder of its own; what it printed is shown when a test fails.

use super::postgres::Cluster;
use super::sleep_ms;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A place where a server can run: a data folder, a database, an environment.
pub struct Home {
    folder: tempfile::TempDir,
    binary: PathBuf,
    database_url: Option<String>,
    shared_cluster: bool,
    env: Vec<(String, String)>,
}

impl Home {
    /// An empty database of its own. Rate limits are off, because most tests are quicker than people.
    pub fn new(engine: Engine) -> Self {
        let url = (engine == Engine::Postgres).then(|| Cluster::shared().create_database());
        let mut home = Self::on(url);
        home.shared_cluster = home.database_url.is_some();
        home
    }

    /// On the database behind `url`; `None` is what an unconfigured server makes for itself.
    pub fn on(database_url: Option<String>) -> Self {
        let env = [("TEAMFLOW_ENV", "test"), ("TEAMFLOW_LOG", "warn"), ("TEAMFLOW_RATE_LIMITS", "off")];
        let env = env.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
        Self { folder: tempfile::tempdir().unwrap(), binary: binary(), database_url, shared_cluster: false, env }
    }

    /// Runs another program than the one under test.
    pub fn set_binary(&mut self, binary: &Path) -> &mut Self {
        self.binary = binary.to_owned();
        self
    }

    /// Sets a variable for every program that runs here.
    pub fn set(&mut self, key: &str, value: &str) -> &mut Self {
        self.env.retain(|(other, _)| other != key);
        self.env.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Leaves a variable out again.
    pub fn unset(&mut self, key: &str) -> &mut Self {
        self.env.retain(|(other, _)| other != key);
        self
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn database_url(&self) -> Option<&str> {
        self.database_url.as_deref()
    }

    /// The program with nothing of the tester's own environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).current_dir(self.path()).env_clear().stdin(Stdio::null());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command.env("HOME", self.path());
        if let Some(url) = &self.database_url {
            command.env("DATABASE_URL", url);
        }
        command.envs(self.env.iter().map(|(key, value)| (key, value)));
        command
    }

    /// Runs a subcommand to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program starts")
    }

    /// Runs a subcommand that must succeed; returns its standard output.
    #[track_caller]
    pub fn run_ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {}\n{out}\n{err}", output.status);
        out.into_owned()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let (true, Some(url)) = (self.shared_cluster && !std::thread::panicking(), &self.database_url) {
            Cluster::shared().drop_database(url);
        }
    }
}

/// A running node.
pub struct Server {
    pub home: Home,
    child: Child,
    port: u16,
    runs: u32,
}

/// The program under test: the one just built, or the one that `TEAMFLOW_BIN` names.
pub fn binary() -> PathBuf {
    std::env::var_os("TEAMFLOW_BIN").map_or_else(|| env!("CARGO_BIN_EXE_teamflow").into(), PathBuf::from)
}

impl Server {
    /// A fresh server on an empty database.
    pub async fn start(engine: Engine) -> Self {
        Self::start_in(Home::new(engine)).await
    }

    /// A server in `home`, once it listens.
    pub async fn start_in(home: Home) -> Self {
        let child = spawn(&home, 0, 0);
        let mut server = Self { home, child, port: 0, runs: 0 };
        server.wait_until_ready().await;
        server
    }

    /// `HOST:PORT`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a crash would: no handler of its own runs.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again after its end, on the same data and the same port.
    pub async fn restart(&mut self) {
        assert!(self.child.try_wait().unwrap().is_some(), "still running");
        self.runs += 1;
        self.child = spawn(&self.home, self.port, self.runs);
        self.wait_until_ready().await;
    }

    /// Asks it to stop, as an operator does.
    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Stops it where it stands: its sockets stay open, nothing in it runs.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on as if no time had passed.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.pid().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Its exit code once it has ended by itself; how long that took is for the caller to judge.
    pub async fn wait_for_exit(&mut self, at_most: Duration) -> Option<i32> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(started.elapsed() < at_most, "still running after {at_most:?}\n{}", self.log());
            sleep_ms(20).await;
        }
    }

    /// Memory that it holds, in bytes.
    pub fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    }

    /// All that it printed since it first started.
    pub fn log(&self) -> String {
        let mut log = String::new();
        for run in 0..=self.runs {
            for name in ["out", "err"] {
                log += &fs::read_to_string(self.home.path().join(format!("{name}.{run}"))).unwrap_or_default();
            }
        }
        log
    }

    async fn wait_until_ready(&mut self) {
        let started = Instant::now();
        loop {
            let printed = fs::read_to_string(self.home.path().join(format!("out.{}", self.runs))).unwrap_or_default();
            if let Some(port) = address_in(&printed) {
                self.port = port;
                break;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the server ended with {status}:\n{}", self.log());
            }
            assert!(started.elapsed() < Duration::from_secs(60), "it never printed its address:\n{}", self.log());
            sleep_ms(10).await;
        }
        while tokio::net::TcpStream::connect(self.address()).await.is_err() {
            assert!(started.elapsed() < Duration::from_secs(60), "it does not listen:\n{}", self.log());
            sleep_ms(10).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let log = self.log();
        if std::thread::panicking() {
            let lines: Vec<_> = log.lines().collect();
            let tail = lines[lines.len().saturating_sub(80)..].join("\n");
            eprintln!("---- what the server printed ----\n{tail}\n----");
        } else {
            assert!(!log.contains("panicked at"), "the server panicked:\n{log}");
        }
    }
}

fn spawn(home: &Home, port: u16, run: u32) -> Child {
    let mut command = home.command(&["serve"]);
    command.env("TEAMFLOW_LISTEN", format!("127.0.0.1:{port}"));
    command.stdout(File::create(home.path().join(format!("out.{run}"))).unwrap());
    command.stderr(File::create(home.path().join(format!("err.{run}"))).unwrap());
    command.spawn().expect("the program starts")
}

/// The port in the first `http://127.0.0.1:PORT` of a whole line.
fn address_in(printed: &str) -> Option<u16> {
    let complete = &printed[..=printed.rfind('\n')?];
    let (_, rest) = complete.split_once("http://127.0.0.1:")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok().filter(|port| *port != 0)
}
