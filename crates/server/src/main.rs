//! `holdfast-server`: see [`holdfast_server`].

use std::process::ExitCode;

fn main() -> ExitCode {
    holdfast_server::cli::main()
}
