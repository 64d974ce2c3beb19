//! `holdfast`: a full device for terminals and scripts.
//!
//! Every command is one file in `commands`. It opens the home folder through [`context::Context`], asks the device core,
//! and prints through [`output::Output`]. Commands about places never touch the network; only `pair`, `sign-out`,
//! `sync`, `watch` and `devices` do. No rule about places is decided here.

mod args;
mod commands;
mod context;
mod exit;
mod output;
mod place;
mod position;
mod store;
mod words;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use crate::args::{Cli, Color};
use crate::exit::Failure;
use crate::output::Output;

/// Does what this process's command line asks for, and says how that ended.
pub fn main() -> ExitCode {
    let args = args::shield_negative_pairs(std::env::args_os());
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => return refused(&error, &args),
    };
    let color = match cli.global.color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    };
    let output = Output { json: cli.global.json, quiet: cli.global.quiet, color };
    match commands::run(cli, output) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output.failure(&failure);
            failure.exit.into()
        }
    }
}

/// What is no command, or asks for help.
fn refused(error: &clap::Error, args: &[OsString]) -> ExitCode {
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    // A script that asked for JSON gets JSON, however wrong the rest of its line is.
    let json = args.iter().take_while(|arg| *arg != "--").any(|arg| arg == "--json");
    if asked || !json {
        error.exit();
    }
    let failure = Failure::refused(&error.render().to_string());
    Output { json, quiet: false, color: anstream::ColorChoice::Never }.failure(&failure);
    failure.exit.into()
}
