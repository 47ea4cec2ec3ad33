//! The program `teamflow`: `serve` runs a node, the other commands look after its database and settings.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
