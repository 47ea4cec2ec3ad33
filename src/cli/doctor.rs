//! `teamflow doctor`: a line for each thing that a node needs. Makes and changes nothing.

use super::{CliResult, Settings, block_on};
use std::fmt::Display;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use teamflow::app;
use teamflow::auth::now;
use teamflow::cluster::Bus;
use teamflow::config::Config;
use teamflow::domain::time::Moment;
use teamflow::store::Step;

/// Clocks that differ by more are reported, in milliseconds: tokens are good for a few seconds either way.
const CLOCKS_APART_MS_MAX: i64 = 2_000;
/// A clock before 2026 has not been set.
const CLOCK_MIN: i64 = 1_767_225_600_000_000;
/// How long Redis may take to carry a message.
const REDIS_WITHIN: Duration = Duration::from_secs(3);
/// With fewer, a node can hardly start; each WebSocket takes one.
const OPEN_FILES_MIN: u64 = 512;
/// Enough for the sockets that a node of this size can serve.
const OPEN_FILES_AMPLE: u64 = 16_384;

/// Lines that were printed, and whether any of them says that something is wrong.
#[derive(Default)]
struct Findings {
    wrong: bool,
}

impl Findings {
    fn ok(&self, what: &str, said: impl Display) {
        line("ok", what, said);
    }

    /// Worth knowing, but nothing to mend.
    fn note(&self, what: &str, said: impl Display) {
        line("note", what, said);
    }

    fn wrong(&mut self, what: &str, said: impl Display) {
        self.wrong = true;
        line("wrong", what, said);
    }
}

/// Whoever reads may stop doing so; the exit code still tells.
fn line(verdict: &str, what: &str, said: impl Display) {
    let _ = writeln!(std::io::stdout(), "{verdict:<6} {what}: {said}");
}

pub fn run(settings: Settings) -> CliResult<ExitCode> {
    let mut findings = Findings::default();
    match settings.load(Vec::new()) {
        Err(error) => findings.wrong("configuration", error),
        Ok(config) => {
            let environment = config.environment.name();
            findings.ok("configuration", format!("{environment}, listens on {}", config.server.listen));
            if !config.rate_limits.enabled {
                findings.note("rate limits", "off");
            }
            secrets(&config, &mut findings);
            let database_clock = block_on(async { Ok(database(&config, &mut findings).await) })?;
            block_on(async {
                redis(&config, &mut findings).await;
                Ok(())
            })?;
            clock(database_clock, &mut findings);
        }
    }
    open_files(&mut findings);
    Ok(if findings.wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn secrets(config: &Config, findings: &mut Findings) {
    let given = config.auth.jwt_secret.is_some() && config.auth.refresh_secret.is_some();
    let is_kept = |name: &str| config.data_dir.join(name).exists();
    if given {
        findings.ok("secrets", "given");
    } else if !is_kept("jwt.secret") || !is_kept("refresh.secret") {
        findings.note("secrets", format!("the first start makes them in {}", config.data_dir.display()));
    } else {
        match config.secrets() {
            Ok(_) => findings.ok("secrets", format!("kept in {}", config.data_dir.display())),
            Err(error) => findings.wrong("secrets", error),
        }
    }
}

async fn redis(config: &Config, findings: &mut Findings) {
    let Some(url) = &config.redis.url else {
        return findings.ok("redis", "not configured; this node is alone");
    };
    match Bus::start(url, |_| {}) {
        Err(error) => findings.wrong("redis", error),
        Ok(bus) if is_up_soon(&bus).await => findings.ok("redis", format!("{} carries messages", url.description())),
        Ok(_) => findings.wrong("redis", format!("{} does not answer", url.description())),
    }
}

async fn is_up_soon(bus: &Bus) -> bool {
    let begun = Instant::now();
    while !bus.is_up() && begun.elapsed() < REDIS_WITHIN {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bus.is_up()
}

/// Gives the database's clock, where it has one.
async fn database(config: &Config, findings: &mut Findings) -> Option<Moment> {
    let name = config.database.description();
    let is_missing = config.database.url.strip_prefix("sqlite://").is_some_and(|path| !Path::new(path).exists());
    if is_missing {
        findings.note("database", format!("the first start makes {name}"));
        return None;
    }
    match look(config, findings, &name).await {
        Ok(clock) => clock,
        Err(error) => {
            findings.wrong("database", format!("{name}: {error}"));
            None
        }
    }
}

async fn look(config: &Config, findings: &mut Findings, name: &str) -> Result<Option<Moment>, app::AppError> {
    let store = app::open_store(config).await?;
    let condition = store.condition().await;
    let pending = store.migrate(Step::Look).await;
    let engine = store.engine_name();
    store.close().await;
    let condition = condition?;
    findings.ok("database", format!("{name} answers, {engine} {}", condition.version));
    if condition.durability.contains("weak") || condition.durability.contains("full_page_writes off") {
        findings.wrong("durability", condition.durability);
    } else {
        findings.ok("durability", condition.durability);
    }
    match pending {
        Ok(names) if names.is_empty() => findings.ok("schema", "up to date"),
        Ok(names) => findings.note("schema", format!("{} pending, the next start applies them", names.len())),
        Err(error) => findings.wrong("schema", error),
    }
    Ok(condition.clock)
}

fn clock(database: Option<Moment>, findings: &mut Findings) {
    let here = now();
    if here.micros() < CLOCK_MIN {
        return findings.wrong("clock", "it stands before 2026; set it");
    }
    match database.map(|there| here.millis_since(there)) {
        Some(apart) if apart.abs() > CLOCKS_APART_MS_MAX => {
            findings.wrong("clock", format!("{apart} ms from the database's, at most {CLOCKS_APART_MS_MAX} is good"));
        }
        Some(apart) => findings.ok("clock", format!("{apart} ms from the database's")),
        None => findings.ok("clock", "set"),
    }
}

fn open_files(findings: &mut Findings) {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let row = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = row.and_then(|row| row.split_whitespace().next()).and_then(|soft| match soft {
        "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    });
    match soft {
        None => findings.note("open files", "this system does not tell its limit"),
        Some(soft) if soft < OPEN_FILES_MIN => {
            findings.wrong("open files", format!("at most {soft}, at least {OPEN_FILES_MIN} are needed"));
        }
        Some(soft) if soft < OPEN_FILES_AMPLE => {
            findings.note("open files", format!("at most {soft}, and each socket takes one; raise with ulimit -n"));
        }
        Some(soft) => findings.ok("open files", format!("at most {soft}")),
    }
}
