//! A Redis of our own.

use super::server::{free_port, pinned};
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const START_WITHIN: Duration = Duration::from_secs(30);

/// A `redis-server` that keeps nothing; killed when dropped.
pub struct Redis {
    child: Child,
    port: u16,
    /// As it names itself.
    pub version: String,
}

impl Redis {
    /// Starts one on a free port of the loopback; its log lies in `folder`.
    ///
    /// # Errors
    /// Where it is not installed, or not ready within 30 s.
    pub fn start(folder: &Path) -> Result<Self> {
        let port = free_port()?;
        let log = File::create(folder.join("redis.log"))?;
        let child = pinned(Path::new("redis-server"), None)
            .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("redis-server cannot be started")?;
        let version = Command::new("redis-server").arg("--version").output()?;
        let version = String::from_utf8_lossy(&version.stdout).split(" sha=").next().unwrap_or_default().to_owned();
        let redis = Self { child, port, version };
        let until = Instant::now() + START_WITHIN;
        while !redis.answers() {
            if Instant::now() > until {
                bail!("redis-server was not ready within {} s", START_WITHIN.as_secs());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(redis)
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    fn answers(&self) -> bool {
        let ask = || {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
            stream.set_read_timeout(Some(Duration::from_secs(1)))?;
            stream.write_all(b"PING\r\n")?;
            let mut answer = [0; 7];
            stream.read_exact(&mut answer).map(|()| answer)
        };
        matches!(ask(), Ok(answer) if &answer == b"+PONG\r\n")
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // Fails where it has ended already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
