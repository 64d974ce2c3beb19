//! `holdfast`: a full device for terminals and scripts.
//!
//! Every command is one file in `commands`. It opens the home folder through [`context::Context`], asks the device core,
//! and prints through [`output::Output`]. Commands about places never touch the network; only `pair`, `sign-out`,
//! `sync`, `watch` and `devices` do. No rule about places is decided here.

mod args;
mod commands;
mod context;
mod exit;
mod formats;
mod output;
mod place;
mod position;
mod words;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Color};
use crate::output::Output;

fn main() -> ExitCode {
    let cli = Cli::parse_from(args::shield_negative_pairs(std::env::args_os()));
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
