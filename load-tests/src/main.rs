//! The load tester's command line; see `load-tests/README.md`.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match load_tests::cli::run(load_tests::cli::Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("load-tests: {error:#}");
            ExitCode::FAILURE
        }
    }
}
