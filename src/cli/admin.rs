//! `teamflow admin`.

use super::{CliResult, Settings, block_on};
use clap::Subcommand;
use std::process::ExitCode;
use teamflow::auth::now;
use teamflow::store::queries::user;
use teamflow::{app, telemetry};

#[derive(Subcommand)]
pub enum Admin {
    /// Makes an account system admin
    Grant {
        /// E-mail of the account
        email: String,
    },
}

impl Admin {
    pub fn run(self, settings: Settings) -> CliResult<ExitCode> {
        let Self::Grant { email } = self;
        let config = settings.load(Vec::new())?;
        telemetry::log(&config.log)?;
        block_on(async {
            let store = app::open_store(&config).await?;
            let lower = email.trim().to_lowercase();
            let at = now();
            let granted = store.write(async move |mut conn| user::make_admin(&mut conn, &lower, at).await).await;
            store.close().await;
            if !granted? {
                return Err(format!("there is no account with the e-mail {email:?}").into());
            }
            println!("{email} is system admin");
            Ok(ExitCode::SUCCESS)
        })
    }
}
