//! The command line, as clap reads it.

mod account;
mod files;
mod places;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::exit;

pub(crate) use account::{Devices, DevicesCommand, Pair, Shares, SharesCommand, SignOut};
pub(crate) use files::{Export, Import, ImportCommand, Outbox, OutboxCommand};
pub(crate) use places::{Delete, Edit, Filter, Fix, List, Places, Resolve, Save, Show, StateArg, Texts};

/// Save a private place now, organise it later.
///
/// Places are saved on this device first, with or without an account or a network, and are sent when there is one.
#[derive(Parser, Debug)]
#[command(name = "holdfast", version, after_help = exit::TABLE, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Args, Debug)]
pub(crate) struct Global {
    // Read from the environment by hand: clap would take what stands there for an argument, also in its words.
    /// The folder that holds this device's places and sign-ins [env: `HOLDFAST_HOME`] [default: `$XDG_DATA_HOME/holdfast` or
    /// `~/.holdfast`]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options")]
    pub(crate) home: Option<PathBuf>,
    /// Print one JSON document instead of words
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) json: bool,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Global options")]
    pub(crate) color: Color,
    /// Print only what was asked for, and errors
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub(crate) quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Sign this device in to an account, or make a code that signs in another device
    Pair(Pair),
    /// Sign this device out; what is unsent stays here for the next sign-in
    SignOut(SignOut),
    /// Take places that were saved without an account into the account
    Adopt,
    /// Save a place
    #[command(allow_negative_numbers = true)]
    Save(Save),
    /// Give a place a position, or a better one from a location sensor
    #[command(allow_negative_numbers = true)]
    Fix(Fix),
    /// List and search places
    #[command(visible_alias = "ls")]
    List(List),
    /// Show everything about a place
    Show(Show),
    /// Change a place
    #[command(allow_negative_numbers = true)]
    Edit(Edit),
    /// Put places into the trash
    ///
    /// A place that has never been sent is on this device alone: there is no trash for it, and it is deleted for good.
    #[command(visible_alias = "rm")]
    Delete(Delete),
    /// Take places out of the trash
    Restore(Places),
    /// Decide what becomes of a place that needs attention
    Resolve(Resolve),
    /// See and manage what has not been acknowledged by the server
    Outbox(Outbox),
    /// Send what waits and fetch what is new, now
    Sync,
    /// Say how this device stands
    Status,
    /// Keep sending and fetching until stopped with Ctrl-C
    Watch,
    /// List the account's devices, or end one's access
    Devices(Devices),
    /// List what you show to others, confirm it after a restore of the server, or take it back
    Shares(Shares),
    /// Import places from GPX, KML, KMZ, GeoJSON, CSV and Google Takeout files
    Import(Import),
    /// Write places to a GPX, KML, KMZ, GeoJSON or CSV file
    Export(Export),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Lets `-33.8,151.2` stand where a position may: clap would take it for a cluster of short options. A leading blank,
/// which the position's reader trims, says that it is a value.
pub(crate) fn shield_negative_pairs(args: impl Iterator<Item = std::ffi::OsString>) -> Vec<std::ffi::OsString> {
    args.map(|arg| match arg.to_str() {
        Some(text)
            if text.starts_with('-')
                && text.contains(',')
                && text.as_bytes().get(1).is_some_and(|b| b.is_ascii_digit() || *b == b'.') =>
        {
            format!(" {text}").into()
        }
        _ => arg,
    })
    .collect()
}

/// Reads a number of metres.
fn metres(text: &str) -> Result<f64, &'static str> {
    text.trim().parse().map_err(|_| "it takes a number of metres, such as 12.5")
}

/// Reads the number of an entry of a list.
fn number(text: &str) -> Result<i64, &'static str> {
    text.trim().parse().map_err(|_| "it takes a number that the list shows")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn only_pairs_of_numbers_are_shielded() {
        let shielded = |s: &str| shield_negative_pairs([s.into()].into_iter())[0].clone();
        assert_eq!(shielded("-33.8,151.2"), " -33.8,151.2");
        assert_eq!(shielded("-33.8"), "-33.8");
        assert_eq!(shielded("--name=a,b"), "--name=a,b");
        assert_eq!(shielded("-q"), "-q");
    }
}
