//! The program `teamflow`: `serve` runs a node, the other commands look after its database and settings.

mod cli;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run(cli::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("teamflow: {error}");
            ExitCode::FAILURE
        }
    }
}
