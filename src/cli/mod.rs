//! The command line: a file a command.

mod admin;
mod doctor;
mod migrate;
mod openapi;
mod population;
mod seed;
mod serve;

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use teamflow::config::{Config, ConfigError, Flag, Sources};

/// What a command ends with where it fails; the text is for the operator.
pub type CliResult<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A real-time collaboration engine and project-management server
#[derive(Parser)]
#[command(name = "teamflow", version, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs a node: applies pending migrations, listens, prints its address
    Serve(serve::Serve),
    /// Applies pending migrations and stops
    Migrate(migrate::Migrate),
    /// Fills a database, migrating it first, and mints access tokens: for demonstrations, tests and load
    Seed(seed::Seed),
    /// Looks after system admins
    #[command(subcommand)]
    Admin(admin::Admin),
    /// Prints the OpenAPI document
    Openapi,
    /// Checks configuration, database, Redis, clock and limits, a line each; exits 1 where something is wrong
    Doctor,
}

/// What every command is told of the configuration; anything else has a variable or a key in the files.
#[derive(Args)]
#[command(next_help_heading = "Configuration")]
struct Settings {
    /// Further configuration file, read over config/default.toml and config/{environment}.toml
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// development, test, staging or production [env: TEAMFLOW_ENV] [default: development]
    #[arg(long, global = true, value_name = "NAME")]
    env: Option<String>,
    /// Folder for the database and the secrets [env: TEAMFLOW_DATA_DIR] [default: data]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<String>,
    /// sqlite://PATH or postgres://… [env: DATABASE_URL] [default: sqlite://data/teamflow.db]
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// Coordination across nodes: redis://, rediss://, redis+cluster://, redis+sentinel:// [env: REDIS_URL] [default: none]
    #[arg(long, global = true, value_name = "URL")]
    redis_url: Option<String>,
    /// Tracing filter of the log, on standard error [env: TEAMFLOW_LOG] [default: info]
    #[arg(long, global = true, value_name = "FILTER")]
    log: Option<String>,
    /// pretty or json [env: TEAMFLOW_LOG_FORMAT] [default: pretty on a terminal, else json]
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<String>,
}

impl Settings {
    /// The configuration, with `own` flags of the command over all else.
    fn load(self, own: Vec<Flag>) -> Result<Config, ConfigError> {
        let mut flags: Vec<Flag> = [
            flag("--env", "environment", self.env),
            flag("--data-dir", "data_dir", self.data_dir),
            flag("--database-url", "database.url", self.database_url),
            flag("--redis-url", "redis.url", self.redis_url),
            flag("--log", "log.filter", self.log),
            flag("--log-format", "log.format", self.log_format),
        ]
        .into_iter()
        .flatten()
        .collect();
        flags.extend(own);
        Config::load(&Sources::of_process(self.config, flags))
    }
}

fn flag(name: &'static str, key: &'static str, value: Option<String>) -> Option<Flag> {
    Some(Flag { name, key, value: value? })
}

/// Does what the command line says, and gives what the process ends with.
pub fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("teamflow: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> CliResult<ExitCode> {
    let Cli { settings, command } = cli;
    match command {
        Command::Serve(serve) => serve.run(settings),
        Command::Migrate(migrate) => migrate.run(settings),
        Command::Seed(seed) => seed.run(settings),
        Command::Admin(admin) => admin.run(settings),
        Command::Openapi => openapi::run(),
        Command::Doctor => doctor::run(settings),
    }
}

/// Runs `work` to its end on a runtime of its own.
fn block_on<T>(work: impl Future<Output = CliResult<T>>) -> CliResult<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
