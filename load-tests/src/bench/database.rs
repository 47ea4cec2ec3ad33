//! The databases that a bench runs on: a SQLite file, or a throwaway PostgreSQL with its default settings.

use super::server::{free_port, pinned};
use anyhow::{Context, Result, bail, ensure};
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const USER: &str = "teamflow";
const START_WITHIN: Duration = Duration::from_secs(30);

/// Where a run keeps its data.
pub enum Database {
    Sqlite,
    Postgres(Postgres),
}

impl Database {
    pub fn engine(&self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// Its main process.
    pub fn pid(&self) -> Option<u32> {
        match self {
            Self::Sqlite => None,
            Self::Postgres(postgres) => Some(postgres.pid()),
        }
    }

    /// An empty database; answers its URL.
    ///
    /// # Errors
    /// Where PostgreSQL refuses.
    pub fn create(&self, name: &str, folder: &Path) -> Result<String> {
        match self {
            Self::Sqlite => Ok(format!("sqlite://{}", folder.join("teamflow.db").display())),
            Self::Postgres(postgres) => postgres.create(name),
        }
    }

    /// Writes out what seeding left to be written, so that no run pays for it.
    ///
    /// # Errors
    /// Where PostgreSQL refuses.
    pub fn settle(&self, name: &str) -> Result<()> {
        match self {
            Self::Sqlite => Ok(()),
            Self::Postgres(postgres) => {
                postgres.sql_in(name, "vacuum analyze")?;
                postgres.sql("checkpoint")
            }
        }
    }

    /// Drops the database.
    ///
    /// # Errors
    /// Where PostgreSQL refuses.
    pub fn forget(&self, name: &str) -> Result<()> {
        match self {
            Self::Sqlite => Ok(()),
            Self::Postgres(postgres) => postgres.sql(&format!("drop database {name} with (force)")),
        }
    }
}

/// A PostgreSQL of our own; stopped when dropped.
pub struct Postgres {
    child: Child,
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    /// As it names itself.
    pub version: String,
}

impl Postgres {
    /// Its main process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Makes a cluster in `folder` and starts it, as the system's user `postgres` where we are root.
    ///
    /// # Errors
    /// Where PostgreSQL is not installed, or not ready within 30 s.
    pub fn start(folder: &Path, core: Option<usize>) -> Result<Self> {
        let programs = programs()?;
        fs::create_dir_all(folder)?;
        let user = SystemUser::to_run_as()?;
        if let Some(user) = &user {
            std::os::unix::fs::chown(folder, Some(user.uid), Some(user.gid))?;
        }
        let data = folder.join("data");
        let mut initdb = Command::new(programs.join("initdb"));
        initdb.args(["-U", USER, "--auth=trust", "-E", "UTF8", "--locale=C", "-D"]).arg(&data);
        finish(as_user(&mut initdb, user.as_ref()).current_dir(folder))?;

        let port = free_port()?;
        let log = File::create(folder.join("postgres.log"))?;
        let mut postgres = pinned(&programs.join("postgres"), core);
        postgres.arg("-D").arg(&data).arg("-k").arg(folder).args(["-p", &port.to_string()]);
        postgres.args(["-c", "listen_addresses=127.0.0.1"]).current_dir(folder);
        postgres.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = as_user(&mut postgres, user.as_ref()).spawn().context("postgres cannot be started")?;
        let version = Command::new(programs.join("postgres")).arg("--version").output()?;
        let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
        let running = Self { child, programs, folder: folder.to_path_buf(), port, version };
        running.wait_until_ready()?;
        Ok(running)
    }

    fn wait_until_ready(&self) -> Result<()> {
        let until = Instant::now() + START_WITHIN;
        while let Err(error) = self.sql("select 1") {
            if Instant::now() > until {
                let log = fs::read_to_string(self.folder.join("postgres.log")).unwrap_or_default();
                bail!("postgres was not ready within {} s: {error:#}; its log:\n{log}", START_WITHIN.as_secs());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    fn sql(&self, statement: &str) -> Result<()> {
        self.sql_in("postgres", statement)
    }

    fn sql_in(&self, database: &str, statement: &str) -> Result<()> {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["-X", "-q", "-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", USER, "-d", database]);
        finish(psql.args(["-c", statement])).map(drop)
    }

    /// The rows of a query, as text.
    ///
    /// # Errors
    /// Where PostgreSQL refuses.
    pub fn query(&self, database: &str, query: &str) -> Result<Vec<Vec<String>>> {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["-X", "-q", "-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", USER, "-d", database]);
        let text = finish(psql.args(["-A", "-t", "-F", "|", "-c", query]))?;
        Ok(text.lines().map(|row| row.split('|').map(str::to_owned).collect()).collect())
    }

    /// Its address for a server.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{database}", self.port)
    }

    /// An empty database.
    ///
    /// # Errors
    /// Where PostgreSQL refuses.
    pub fn create(&self, database: &str) -> Result<String> {
        self.sql(&format!("create database {database}"))?;
        Ok(self.url(database))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGINT is its fast shutdown; after a while the harder way, for nothing here is to be kept.
        if let Some(pid) = rustix::process::Pid::from_raw(self.child.id() as i32) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
        }
        let until = Instant::now() + Duration::from_secs(10);
        while Instant::now() < until {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct SystemUser {
    uid: u32,
    gid: u32,
}

impl SystemUser {
    /// PostgreSQL refuses to run as root: then it is run as its own user.
    fn to_run_as() -> Result<Option<Self>> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd")?;
        let line = users.lines().find(|line| line.starts_with("postgres:"));
        let mut fields = line.context("there is no system user postgres")?.split(':').skip(2);
        let mut next = || fields.next()?.parse().ok();
        let (uid, gid) = (next().context("postgres has no uid")?, next().context("postgres has no gid")?);
        Ok(Some(Self { uid, gid }))
    }
}

fn as_user<'a>(command: &'a mut Command, user: Option<&SystemUser>) -> &'a mut Command {
    match user {
        Some(user) => command.uid(user.uid).gid(user.gid),
        None => command,
    }
}

/// The folder of the newest installed PostgreSQL's programs, as Debian lays them out.
fn programs() -> Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").context("postgresql is not installed")?;
    let version = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.flatten().map(|entry| entry.path()).filter(|path| path.join("bin/initdb").exists());
    let newest = newest.max_by_key(version).context("no postgresql with an initdb in /usr/lib/postgresql")?;
    Ok(newest.join("bin"))
}

/// Runs it; answers what it wrote.
fn finish(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{:?} cannot be run", command.get_program()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{:?} failed: {}", command.get_program(), said.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
