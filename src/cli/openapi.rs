//! `teamflow openapi`.

use super::CliResult;
use std::process::ExitCode;

/// Prints the document; needs neither configuration nor database.
pub fn run() -> CliResult<ExitCode> {
    println!("{}", teamflow::api::openapi().to_pretty_json()?);
    Ok(ExitCode::SUCCESS)
}
