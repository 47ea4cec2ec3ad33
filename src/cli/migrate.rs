//! `teamflow migrate`.

use super::{CliResult, Settings, block_on};
use clap::Args;
use std::process::ExitCode;
use teamflow::store::Step;
use teamflow::{app, telemetry};

#[derive(Args)]
pub struct Migrate {
    /// Changes nothing: exits 1 where migrations are pending
    #[arg(long)]
    check: bool,
}

impl Migrate {
    pub fn run(self, settings: Settings) -> CliResult<ExitCode> {
        let config = settings.load(Vec::new())?;
        telemetry::log(&config.log)?;
        block_on(async {
            let store = app::open_store(&config).await?;
            let step = if self.check { Step::Look } else { Step::Up };
            let names = store.migrate(step).await?;
            store.close().await;
            let what = if self.check { "pending" } else { "applied" };
            for name in &names {
                println!("{what}: {name}");
            }
            if names.is_empty() {
                println!("the schema is up to date");
            }
            let pending = self.check && !names.is_empty();
            Ok(if pending { ExitCode::FAILURE } else { ExitCode::SUCCESS })
        })
    }
}
