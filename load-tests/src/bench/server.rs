//! The server under test: seeded, started, stopped.

use super::BenchArgs;
use crate::target::{Seed, SeedSize, Target};
use anyhow::{Context, Result, bail, ensure};
use rustix::process::Signal;
use std::fs::File;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const START_WITHIN: Duration = Duration::from_secs(30);

/// The server itself promises 30 s.
const STOP_WITHIN: Duration = Duration::from_secs(35);

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    listen: String,
    folder: PathBuf,
}

/// `program`, kept on `core`.
pub fn pinned(program: &Path, core: Option<usize>) -> Command {
    let mut command = match core {
        Some(core) => {
            let mut command = Command::new("taskset");
            command.arg("-c").arg(core.to_string()).arg(program);
            command
        }
        None => Command::new(program),
    };
    // A Ctrl-C is for us: what is started is stopped when the report is made.
    command.process_group(0);
    command
}

/// A port of the loopback that was free just now.
///
/// # Errors
/// Where there is none.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// What a server is started with.
#[derive(Debug, Clone)]
pub struct Launch {
    pub program: PathBuf,
    pub core: Option<usize>,
    /// Its own: `seed.json` and `server.log` lie there too.
    pub folder: PathBuf,
    pub listen: String,
    environment: Vec<(&'static str, String)>,
}

impl Launch {
    /// A server on the database behind `url`, on a free port, with the rate limits off.
    ///
    /// # Errors
    /// Where there is no free port.
    pub fn new(program: &Path, url: &str, folder: &Path, core: Option<usize>) -> Result<Self> {
        let listen = format!("127.0.0.1:{}", free_port()?);
        let environment = [
            ("DATABASE_URL", url),
            ("TEAMFLOW_DATA_DIR", &folder.to_string_lossy()),
            ("TEAMFLOW_LISTEN", &listen),
            ("TEAMFLOW_RATE_LIMITS", "off"),
            ("TEAMFLOW_LOG", "warn"),
        ]
        .map(|(name, value)| (name, value.to_owned()));
        let (program, folder) = (program.to_path_buf(), folder.to_path_buf());
        Ok(Self { program, core, folder, listen, environment: environment.to_vec() })
    }

    /// With one more variable in its environment.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// Fills the database; the users and boards are then in `seed.json`.
    ///
    /// # Errors
    /// Where `teamflow seed` fails.
    pub fn seed(&self, seed: &SeedSize) -> Result<()> {
        let output = Command::new(&self.program)
            .args(["seed", "--workspaces", "1", "--token-ttl", "24h", "--random-seed", "1"])
            .args(["--users", &seed.users.to_string(), "--boards", &seed.boards.to_string()])
            .args(["--tasks", &seed.tasks.to_string(), "--out"])
            .arg(self.folder.join("seed.json"))
            .env_remove("REDIS_URL")
            .envs(self.environment.clone())
            .output()
            .with_context(|| format!("{} cannot be run", self.program.display()))?;
        ensure!(output.status.success(), "seeding failed: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    /// Starts it and waits until it is ready. What it writes is added to its log.
    ///
    /// # Errors
    /// Where it does not get ready within 30 s; the end of its log is in the error.
    pub fn start(&self) -> Result<Server> {
        let log = File::options().create(true).append(true).open(self.folder.join("server.log"))?;
        let child = pinned(&self.program, self.core)
            .arg("serve")
            .env_remove("REDIS_URL")
            .envs(self.environment.clone())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("the server cannot be started")?;
        let mut server = Server { child, listen: self.listen.clone(), folder: self.folder.clone() };
        server.wait_until_ready()?;
        Ok(server)
    }
}

impl Server {
    /// Seeds the database behind `url`, starts a server on it and waits until it is ready.
    ///
    /// # Errors
    /// Where it does not get ready within 30 s; the end of its log is in the error.
    pub fn start(args: &BenchArgs, seed: &SeedSize, url: &str, folder: &Path, core: Option<usize>) -> Result<Self> {
        let launch = Launch::new(&args.server, url, folder, core)?;
        launch.seed(seed)?;
        launch.start()
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let http = reqwest::blocking::Client::builder().timeout(Duration::from_secs(2)).no_proxy().build()?;
        let until = Instant::now() + START_WITHIN;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended at once with {status}; its log:\n{}", self.log_tail());
            }
            match http.get(format!("http://{}/health/ready", self.listen)).send() {
                Ok(answer) if answer.status().is_success() => return Ok(()),
                _ => std::thread::sleep(Duration::from_millis(100)),
            }
        }
        bail!("the server was not ready within {} s; its log:\n{}", START_WITHIN.as_secs(), self.log_tail())
    }

    /// Itself as a target. Started under `taskset`, which becomes the server, it has the child's process number.
    ///
    /// # Errors
    /// Where the seed's file cannot be read.
    pub fn target(&self, database_pid: Option<u32>) -> Result<Target> {
        Ok(Target {
            addresses: vec![self.listen.parse()?],
            seed: Arc::new(Seed::read(&self.folder.join("seed.json"))?),
            server_pids: vec![self.pid()],
            database_pid,
        })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// Where it has gone.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid = rustix::process::Pid::from_raw(self.child.id() as i32).context("a process without a number")?;
        Ok(rustix::process::kill_process(pid, signal)?)
    }

    /// How it ended, once it has.
    ///
    /// # Errors
    /// Those of the system.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// The last lines that it wrote.
    pub fn log_tail(&self) -> String {
        let log = std::fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// Asks it to stop, and waits until it has.
    ///
    /// # Errors
    /// Where it does not stop within 35 s, or not with success.
    pub fn stop(mut self) -> Result<()> {
        self.signal(Signal::TERM)?;
        let until = Instant::now() + STOP_WITHIN;
        while Instant::now() < until {
            if let Some(status) = self.ended()? {
                ensure!(status.success(), "the server stopped with {status}; its log:\n{}", self.log_tail());
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("the server did not stop within {} s; its log:\n{}", STOP_WITHIN.as_secs(), self.log_tail())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails where it has ended already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
