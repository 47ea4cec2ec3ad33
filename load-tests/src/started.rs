//! A server that a run starts for itself, on an empty database that is thrown away.

use crate::bench::database::{Database, Postgres};
use crate::bench::scratch::Scratch;
use crate::bench::server::{Launch, Server};
use crate::target::{SeedSize, Target};
use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use rustix::process::Signal;
use std::path::Path;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// Everything ends, in this order, when it is dropped.
pub struct Started {
    server: Option<Server>,
    launch: Launch,
    database: Database,
    _scratch: Scratch,
}

impl Started {
    /// Seeds an empty database and starts the server `program` on it.
    ///
    /// # Errors
    /// Where one of them cannot be started.
    pub fn new(program: &Path, engine: Engine, seed: &SeedSize) -> Result<Self> {
        ensure!(program.exists(), "there is no server at {}", program.display());
        let scratch = Scratch::make("run", None, false)?;
        let database = match engine {
            Engine::Sqlite => Database::Sqlite,
            Engine::Postgres => Database::Postgres(Postgres::start(&scratch.folder.join("postgres"), None)?),
        };
        let url = database.create("run", &scratch.folder)?;
        let launch = Launch::new(program, &url, &scratch.folder, None)?;
        launch.seed(seed)?;
        database.settle("run")?;
        let server = Some(launch.start()?);
        Ok(Self { server, launch, database, _scratch: scratch })
    }

    /// Itself as a target.
    ///
    /// # Errors
    /// Where the seed's file cannot be read.
    pub fn target(&self) -> Result<Target> {
        self.server.as_ref().context("the server does not run")?.target(self.database.pid())
    }

    /// Kills the server without warning, listener and all.
    ///
    /// # Errors
    /// Where it does not run.
    pub fn kill(&mut self) -> Result<()> {
        let server = self.server.take().context("the server does not run")?;
        server.signal(Signal::KILL)
    }

    /// Starts it again beside the load; the thread has ended when it is ready.
    pub fn start_again(&self) -> std::thread::JoinHandle<Result<Server>> {
        let launch = self.launch.clone();
        std::thread::spawn(move || launch.start())
    }

    /// Takes in what `start_again` brought; answers its process.
    pub fn is_back(&mut self, server: Server) -> u32 {
        self.server.insert(server).pid()
    }
}
