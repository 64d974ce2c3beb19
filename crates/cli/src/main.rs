//! The program `holdfast`; everything is in the library, where tests reach it too.

use std::process::ExitCode;

fn main() -> ExitCode {
    holdfast_cli::main()
}
