//! `load-tests bench`: the table of figures, on a server and a database that it starts itself.

pub(crate) mod database;
pub(crate) mod redis;
pub(crate) mod rows;
pub(crate) mod scratch;
pub(crate) mod server;
mod table;

use crate::interrupt;
use crate::measure::machine;
use crate::report::{Figure, Report, file};
use crate::site::Site;
use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use database::{Database, Postgres};
use rows::Row;
use scratch::Scratch;
use server::Server;
use std::path::PathBuf;

#[derive(Debug, Clone, Args)]
pub struct BenchArgs {
    /// The server to measure, built for release
    #[arg(long, default_value = "target/release/teamflow", value_name = "FILE")]
    pub server: PathBuf,
    /// Which databases
    #[arg(long, value_enum, default_value = "both")]
    pub database: Databases,
    /// Only rows whose name begins so; may be given more than once
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Runs of each row, whose median is shown
    #[arg(long, default_value_t = 3)]
    pub runs: usize,
    /// Seconds that are measured in each run
    #[arg(long, default_value_t = 10)]
    pub seconds: u64,
    /// Seconds of the same load before them
    #[arg(long, default_value_t = 2)]
    pub warmup: u64,
    /// Core of the server and of the database
    #[arg(long, default_value_t = 0)]
    pub server_core: usize,
    /// Core of the load
    #[arg(long, default_value_t = 1)]
    pub load_core: usize,
    /// Leave it to the system where everything runs
    #[arg(long)]
    pub unpinned: bool,
    /// Folder for databases and logs, on the disk to be measured; a folder of its own is made there and removed
    #[arg(long, value_name = "FOLDER")]
    pub scratch: Option<PathBuf>,
    /// Keep that folder
    #[arg(long)]
    pub keep: bool,
    /// Also write every run here, as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Name the rows and stop
    #[arg(long)]
    pub list: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Databases {
    Sqlite,
    Postgres,
    Both,
}

/// One row on one database: its runs, and the median of each of their figures.
struct Measured {
    row: Row,
    engine: &'static str,
    runs: Vec<Report>,
    medians: Vec<Figure>,
}

/// Runs the bench; answers whether every run held what it must. Figures that are not reached do not count as failed.
///
/// # Errors
/// Where a server or database could not be started.
pub fn run(args: &BenchArgs) -> Result<bool> {
    let rows = rows::all(args.seconds, args.warmup);
    if args.list {
        rows.iter().for_each(|row| println!("{:<16}{}", row.name, row.what));
        return Ok(true);
    }
    let chosen = |row: &Row| args.only.is_empty() || args.only.iter().any(|name| row.name.starts_with(name.as_str()));
    let rows: Vec<Row> = rows.into_iter().filter(chosen).collect();
    ensure!(!rows.is_empty(), "only names no row; --list shows them");
    ensure!(args.server.exists(), "there is no server at {}: build it with --release", args.server.display());
    ensure!(args.runs > 0, "runs must be above 0");
    let scratch = Scratch::make("bench", args.scratch.as_deref(), args.keep)?;
    let core = pin(args)?;

    let mut lines = vec![machine::describe(), scratch.disk()?];
    lines.push(match core {
        Some(core) => format!("server and database on core {core}, load on core {}", args.load_core),
        None => "nothing pinned to a core".to_owned(),
    });
    let mut measured = Vec::new();
    if args.database != Databases::Postgres {
        measured.extend(on_database(args, &rows, &Database::Sqlite, &scratch.folder, core)?);
    }
    if args.database != Databases::Sqlite {
        let postgres = Postgres::start(&scratch.folder.join("postgres"), core)?;
        lines.push(postgres.version.clone());
        measured.extend(on_database(args, &rows, &Database::Postgres(postgres), &scratch.folder, core)?);
    }
    println!("\n{}", table::render(&lines, &measured, args));
    if let Some(path) = &args.json {
        file::write(path, &serde_json::to_vec_pretty(&table::json(&lines, &measured)?)?)?;
    }
    Ok(measured.iter().flat_map(|measured| &measured.runs).all(|run| run.verdict.holds()))
}

fn on_database(
    args: &BenchArgs,
    rows: &[Row],
    database: &Database,
    scratch: &std::path::Path,
    core: Option<usize>,
) -> Result<Vec<Measured>> {
    let engine = database.engine();
    let mut measured = Vec::new();
    for row in rows {
        let mut runs = Vec::new();
        for run in 1..=args.runs {
            interrupt::check()?;
            eprintln!("{engine}, {}, run {run} of {}", row.name, args.runs);
            let folder = scratch.join(format!("{engine}-{}-{run}", row.name));
            std::fs::create_dir_all(&folder)?;
            let name = format!("run_{}_{run}", row.name.replace('-', "_"));
            let url = database.create(&name, &folder)?;
            let server = Server::start(args, &row.work.needs(), &url, &folder, core)?;
            database.settle(&name)?;
            let mut report = match row.work.run(&Site::alone(server.target(database.pid())?)) {
                Ok(report) => report,
                Err(error) => could_not(row, &error, &server),
            };
            // A run that cannot be stopped in order has failed; the rows after it can still be measured.
            if let Err(error) = server.stop() {
                report.verdict.violation(|| format!("{error:#}"));
            }
            eprint!("{report}");
            database.forget(&name)?;
            runs.push(report);
        }
        let medians = table::medians(&runs);
        measured.push(Measured { row: row.clone(), engine, runs, medians });
    }
    Ok(measured)
}

/// A run that was not brought to its end: no figures, and why.
fn could_not(row: &Row, error: &anyhow::Error, server: &Server) -> Report {
    let mut report = Report::new(row.name, row.what.to_owned());
    report.verdict.violation(|| format!("could not be run: {error:#}; the server's log ends:\n{}", server.log_tail()));
    report
}

/// Keeps the load on its core; answers the server's. `None` where nothing is to be pinned.
fn pin(args: &BenchArgs) -> Result<Option<usize>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if args.unpinned || cores < 2 {
        return Ok(None);
    }
    machine::stay_on_core(args.load_core).with_context(|| format!("there is no core {}", args.load_core))?;
    Ok(Some(args.server_core))
}
