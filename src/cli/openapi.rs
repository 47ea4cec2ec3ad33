//! `teamflow openapi`.

use super::CliResult;
use std::io::{self, Write};
use std::process::ExitCode;

/// Prints the document; needs neither configuration nor database.
pub fn run() -> CliResult<ExitCode> {
    writeln!(io::stdout(), "{}", teamflow::api::openapi().to_pretty_json()?)?;
    Ok(ExitCode::SUCCESS)
}
