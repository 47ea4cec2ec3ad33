//! `teamflow serve`.

use super::{CliResult, Settings, flag};
use clap::Args;
use std::process::ExitCode;
use teamflow::{app, telemetry};

#[derive(Args)]
pub struct Serve {
    /// Address to listen on; port 0 takes a free one [env: TEAMFLOW_LISTEN] [default: 127.0.0.1:8080]
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<String>,
    /// Name of this node in its cluster [env: TEAMFLOW_NODE_ID] [default: host name and a random tail]
    #[arg(long, value_name = "NAME")]
    node_id: Option<String>,
    /// Further allowed browser origins, comma separated [env: TEAMFLOW_CORS_ORIGINS]
    #[arg(long, value_name = "ORIGINS")]
    cors_origins: Option<String>,
    /// on or off; off lifts all rates, and is refused in production [env: TEAMFLOW_RATE_LIMITS] [default: on]
    #[arg(long, value_name = "SWITCH")]
    rate_limits: Option<String>,
    /// Shows a demonstration: lively boards with simulated colleagues, which guests may enter without an account
    #[arg(long)]
    demo: bool,
}

impl Serve {
    pub fn run(self, settings: Settings) -> CliResult<ExitCode> {
        let own = [
            flag("--listen", "server.listen", self.listen),
            flag("--node-id", "node.id", self.node_id),
            flag("--cors-origins", "server.cors_origins", self.cors_origins),
            flag("--rate-limits", "rate_limits.enabled", self.rate_limits),
            flag("--demo", "demo.enabled", self.demo.then(|| "on".to_owned())),
        ];
        let config = settings.load(own.into_iter().flatten().collect())?;
        telemetry::log(&config.log)?;
        let metrics = telemetry::metrics()?;
        actix_web::rt::System::new().block_on(app::run(config, metrics))?;
        Ok(ExitCode::SUCCESS)
    }
}
