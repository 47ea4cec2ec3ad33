//! The server under test: seeded, started, stopped.

use super::BenchArgs;
use super::rows::SeedSize;
use crate::target::{Target, TargetArgs};
use anyhow::{Context, Result, bail, ensure};
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
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
    match core {
        Some(core) => {
            let mut command = Command::new("taskset");
            command.arg("-c").arg(core.to_string()).arg(program);
            command
        }
        None => Command::new(program),
    }
}

/// A port of the loopback that was free just now.
///
/// # Errors
/// Where there is none.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

impl Server {
    /// Seeds the database behind `url`, starts a server on it and waits until it is ready.
    ///
    /// # Errors
    /// Where it does not get ready within 30 s; the end of its log is in the error.
    pub fn start(args: &BenchArgs, seed: &SeedSize, url: &str, folder: &Path, core: Option<usize>) -> Result<Self> {
        let listen = format!("127.0.0.1:{}", free_port()?);
        let environment = [
            ("DATABASE_URL", url),
            ("TEAMFLOW_DATA_DIR", &folder.to_string_lossy()),
            ("TEAMFLOW_LISTEN", &listen),
            ("TEAMFLOW_RATE_LIMITS", "off"),
            ("TEAMFLOW_LOG", "warn"),
        ]
        .map(|(name, value)| (name, value.to_owned()));
        let output = Command::new(&args.server)
            .args(["seed", "--workspaces", "1", "--token-ttl", "24h", "--random-seed", "1"])
            .args(["--users", &seed.users.to_string(), "--boards", &seed.boards.to_string()])
            .args(["--tasks", &seed.tasks.to_string(), "--out"])
            .arg(folder.join("seed.json"))
            .envs(environment.clone())
            .env_remove("REDIS_URL")
            .output()
            .with_context(|| format!("{} cannot be run", args.server.display()))?;
        ensure!(output.status.success(), "seeding failed: {}", String::from_utf8_lossy(&output.stderr));

        let log = File::create(folder.join("server.log"))?;
        let child = pinned(&args.server, core)
            .arg("serve")
            .envs(environment)
            .env_remove("REDIS_URL")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("the server cannot be started")?;
        let mut server = Self { child, listen, folder: folder.to_path_buf() };
        server.wait_until_ready()?;
        Ok(server)
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
        let seed_file = self.folder.join("seed.json");
        let server_pid = Some(self.child.id());
        TargetArgs { target: self.listen.clone(), seed_file, server_pid, database_pid }.open()
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
        if let Some(pid) = rustix::process::Pid::from_raw(self.child.id() as i32) {
            rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        }
        let until = Instant::now() + STOP_WITHIN;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait()? {
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
