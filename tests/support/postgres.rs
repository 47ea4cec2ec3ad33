//! Throwaway PostgreSQL: one cluster that all tests of a run share, or one of a test's own that it may crash.
//!
//! Needs nothing but the standard library, `setpriv` and `flock`, so that any test may take it in by path.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A running cluster on a port of its own, superuser `postgres`, no password.
pub struct Cluster {
    place: PathBuf,
    port: u16,
    owned: bool,
}

/// Stops the shared cluster when no test has held `users.lock` for ten seconds.
const WATCHDOG: &str = r#"
idle=0
while :; do
  sleep 1
  if flock --nonblock --exclusive users.lock true; then idle=$((idle + 1)); else idle=0; fi
  if [ $idle -ge 10 ]; then
    flock start.lock sh -c 'flock --nonblock --exclusive users.lock true || exit 1
      kill -QUIT "$(head -n 1 cluster/data/postmaster.pid)"; sleep 0.5; rm -rf cluster port' && exit 0
    idle=0
  fi
done"#;

impl Cluster {
    /// The cluster that every test process shares; started by the first that asks, gone soon after the last ended.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<(Cluster, File)> = OnceLock::new();
        &SHARED
            .get_or_init(|| {
                let place = std::env::temp_dir().join(format!("teamflow-tests-{}", uid()));
                fs::create_dir_all(&place).unwrap();
                let users = File::create(place.join("users.lock")).unwrap();
                users.lock_shared().unwrap();
                let start = File::create(place.join("start.lock")).unwrap();
                start.lock().unwrap();
                let cluster = place.join("cluster");
                if let Some(port) = running(&place) {
                    return (Self { place: cluster, port, owned: false }, users);
                }
                let _ = fs::remove_dir_all(&cluster);
                let port = free_port();
                let shared = Self { place: cluster, port, owned: false };
                shared.create();
                shared.start();
                fs::write(place.join("port"), port.to_string()).unwrap();
                // In a session of its own, so that it outlives this process and what interrupts it.
                let mut watchdog = Command::new("sh");
                watchdog.args(["-c", "setsid sh -c \"$0\" </dev/null >/dev/null 2>&1 &", WATCHDOG]);
                run(watchdog.current_dir(&place));
                (shared, users)
            })
            .0
    }

    /// A cluster for one test alone; stopped and removed when dropped.
    pub fn own() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("teamflow-cluster-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let cluster = Self { place: std::env::temp_dir().join(name), port: free_port(), owned: true };
        cluster.create();
        cluster.start();
        cluster
    }

    /// Makes an empty database and returns its URL.
    pub fn create_database(&self) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("t{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("create database {name}"));
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    /// Removes a database that [`Cluster::create_database`] made, whoever is connected to it.
    pub fn drop_database(&self, url: &str) {
        let name = url.rsplit('/').next().unwrap();
        self.sql("postgres", &format!("drop database if exists {name} with (force)"));
    }

    /// Runs SQL as superuser; returns the unaligned rows.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let mut psql = Command::new(bin("psql"));
        psql.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "postgres", "-d", database]);
        run(psql.args(["-v", "ON_ERROR_STOP=1", "-qAtX", "-c", sql]))
    }

    /// Ends every process of the cluster at once, as a crash would.
    pub fn crash(&self) {
        run(as_postgres("pg_ctl").args(["stop", "-m", "immediate", "-w", "-D"]).arg(self.data()));
    }

    /// Starts it on its old port and waits until it answers.
    pub fn start(&self) {
        let mut start = as_postgres("pg_ctl");
        start.args(["start", "-w", "-t", "60", "-D"]).arg(self.data());
        start.arg("-l").arg(self.place.join("log"));
        // The postmaster would keep a captured pipe open for ever.
        let status = start.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("pg_ctl runs");
        let log = fs::read_to_string(self.place.join("log")).unwrap_or_default();
        assert!(status.success(), "PostgreSQL did not start:\n{log}");
    }

    fn create(&self) {
        fs::create_dir_all(&self.place).unwrap();
        if uid() == 0 {
            run(Command::new("chown").arg("postgres").arg(&self.place));
        }
        run(as_postgres("initdb")
            .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D"])
            .arg(self.data()));
        let mut settings = fs::OpenOptions::new().append(true).open(self.data().join("postgresql.conf")).unwrap();
        writeln!(settings, "port = {}\nlisten_addresses = '127.0.0.1'", self.port).unwrap();
        writeln!(settings, "unix_socket_directories = ''\nmax_connections = 300\nshared_buffers = 64MB").unwrap();
    }

    fn data(&self) -> PathBuf {
        self.place.join("data")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.owned {
            let _ = as_postgres("pg_ctl").args(["stop", "-m", "immediate", "-D"]).arg(self.data()).output();
            let _ = fs::remove_dir_all(&self.place);
        }
    }
}

/// The port of a shared cluster that answers.
fn running(place: &Path) -> Option<u16> {
    let port = fs::read_to_string(place.join("port")).ok()?.trim().parse().ok()?;
    TcpStream::connect(("127.0.0.1", port)).ok().map(|_| port)
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn uid() -> u32 {
    fs::metadata("/proc/self").unwrap().uid()
}

/// The newest installed version's program.
fn bin(program: &str) -> PathBuf {
    let mut versions: Vec<_> = fs::read_dir("/usr/lib/postgresql")
        .expect("PostgreSQL is needed: apt-get install postgresql")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .collect();
    versions.sort_unstable();
    let newest = versions.last().expect("PostgreSQL is needed: apt-get install postgresql");
    Path::new("/usr/lib/postgresql").join(newest.to_string()).join("bin").join(program)
}

/// PostgreSQL refuses to run as root, so root hands it to the user `postgres`.
fn as_postgres(program: &str) -> Command {
    let mut command = if uid() == 0 {
        let mut setpriv = Command::new("setpriv");
        setpriv.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--"]).arg(bin(program));
        setpriv
    } else {
        Command::new(bin(program))
    };
    command.current_dir("/");
    command
}

fn run(command: &mut Command) -> String {
    let started = Instant::now();
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?} failed:\n{out}{err}");
    assert!(started.elapsed() < Duration::from_secs(120), "{command:?} took {:?}", started.elapsed());
    out.into_owned()
}
