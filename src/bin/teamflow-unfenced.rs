//! The program with its fence left out (feature `unfenced`): the tests of many nodes must find it out. Never built for
//! anything else.

#[path = "../cli/mod.rs"]
mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
