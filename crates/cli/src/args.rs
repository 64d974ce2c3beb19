//! The command line, as clap reads it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::exit;

/// Save a private place now, organise it later.
///
/// Places are saved on this device first, with or without an account or a network, and are sent when there is one.
#[derive(Parser, Debug)]
#[command(name = "holdfast", version, after_help = exit::TABLE, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Args, Debug)]
pub(crate) struct Global {
    /// The folder that holds this device's places and sign-ins [default: $XDG_DATA_HOME/holdfast or ~/.holdfast]
    #[arg(long, global = true, env = "HOLDFAST_HOME", value_name = "DIR", help_heading = "Global options")]
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
    #[command(visible_alias = "rm")]
    Delete(Places),
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
    /// Import the waypoints of GPX files
    Import(Import),
    /// Write places to a GPX or GeoJSON file
    Export(Export),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  holdfast pair 'http://localhost:8080/setup?code=ABCD-EFGH-JKMN-PQRS'   a new server: makes its first account
  holdfast pair https://places.example.org --email ada@example.org        with e-mail and password
  holdfast pair --new-code                                                on a device that is signed in
  holdfast pair https://places.example.org --code ABCD-EFGH               on the other device

The password is asked for, or read from standard input (--password-stdin) or HOLDFAST_PASSWORD.")]
pub(crate) struct Pair {
    /// The setup link that a new server printed, or a server's address
    #[arg(required_unless_present = "new_code", value_name = "LINK|SERVER")]
    pub(crate) target: Option<String>,
    /// A pairing code from a device that is signed in
    #[arg(long, conflicts_with_all = ["email", "new_code"])]
    pub(crate) code: Option<String>,
    /// The account's e-mail address
    #[arg(long)]
    pub(crate) email: Option<String>,
    /// Read the password from the first line of standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,
    /// What to call this device [default: the machine's name]
    #[arg(long, value_name = "NAME")]
    pub(crate) device_name: Option<String>,
    /// Make a code that signs in another device (this one must be signed in)
    #[arg(long, conflicts_with_all = ["target", "email", "password_stdin", "device_name", "adopt", "keep_separate"])]
    pub(crate) new_code: bool,
    /// Take places saved without an account into this one, without asking
    #[arg(long, conflicts_with = "keep_separate")]
    pub(crate) adopt: bool,
    /// Leave places saved without an account where they are, without asking
    #[arg(long)]
    pub(crate) keep_separate: bool,
}

#[derive(Args, Debug)]
pub(crate) struct SignOut {
    /// Sign out although something has not been sent yet (it is kept)
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Args, Debug, Default)]
pub(crate) struct Texts {
    /// Its name
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// A note
    #[arg(long)]
    pub(crate) note: Option<String>,
    /// A category
    #[arg(long)]
    pub(crate) category: Option<String>,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  holdfast save 47.4979 8.7291 --name 'Old oak' --tag tree
  holdfast save -33.8568,151.2153
  holdfast save --waiting --name 'Here'      then: holdfast fix <place> LAT LON --accuracy 8")]
pub(crate) struct Save {
    /// Degrees north and east: LAT LON or LAT,LON
    #[arg(value_name = "LAT LON", num_args = 0..=2, conflicts_with = "waiting", required_unless_present = "waiting")]
    pub(crate) position: Vec<String>,
    /// Save it without a position; give it one later with `holdfast fix`
    #[arg(long)]
    pub(crate) waiting: bool,
    #[command(flatten)]
    pub(crate) texts: Texts,
    /// A tag; may be given several times
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<String>,
    /// How exact the position is, in metres
    #[arg(long, value_name = "METRES", conflicts_with = "waiting")]
    pub(crate) accuracy: Option<f64>,
    /// Its height in metres
    #[arg(long, value_name = "METRES", conflicts_with = "waiting")]
    pub(crate) altitude: Option<f64>,
    /// The position comes from a location sensor: a better fix may refine it
    #[arg(long, conflicts_with = "waiting")]
    pub(crate) fix: bool,
    /// When it was captured, such as 2026-01-02T15:04:05Z [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Fix {
    /// The place: its number, its id or the beginning of it, or its name
    pub(crate) place: String,
    /// Degrees north and east: LAT LON or LAT,LON
    #[arg(value_name = "LAT LON", num_args = 1..=2, required = true)]
    pub(crate) position: Vec<String>,
    /// How exact the position is, in metres; without it no known position is replaced
    #[arg(long, value_name = "METRES")]
    pub(crate) accuracy: Option<f64>,
    /// Its height in metres
    #[arg(long, value_name = "METRES")]
    pub(crate) altitude: Option<f64>,
    /// A person set it, not a sensor: it replaces what is there and no fix will move it
    #[arg(long)]
    pub(crate) manual: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum StateArg {
    /// Saved on this device, not yet on the server
    Saved,
    /// Being sent at this moment
    Sending,
    /// The server has it like this
    Synced,
    /// Waits for you
    Attention,
    /// Has no position yet
    WithoutPosition,
}

#[derive(Args, Debug, Default)]
pub(crate) struct Filter {
    /// Words that all have to occur in name, note, category or tags
    #[arg(value_name = "TEXT")]
    pub(crate) text: Vec<String>,
    /// Only places of this category
    #[arg(long)]
    pub(crate) category: Option<String>,
    /// Only places with this tag
    #[arg(long)]
    pub(crate) tag: Option<String>,
    /// Only places in this state
    #[arg(long)]
    pub(crate) state: Option<StateArg>,
    /// The trash instead
    #[arg(long)]
    pub(crate) trash: bool,
}

#[derive(Args, Debug)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) filter: Filter,
    /// At most so many places
    #[arg(long, short = 'n', default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) limit: u32,
    /// Go on where a page ended
    #[arg(long, value_name = "PAGE")]
    pub(crate) after: Option<String>,
    /// Every place, whatever the limit
    #[arg(long, conflicts_with = "limit")]
    pub(crate) all: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Show {
    /// The place: its number, its id or the beginning of it, or its name
    pub(crate) place: String,
}

#[derive(Args, Debug)]
pub(crate) struct Places {
    /// The places: number, id or the beginning of it, or name
    #[arg(required = true, value_name = "PLACE")]
    pub(crate) places: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Edit {
    /// The place: its number, its id or the beginning of it, or its name
    pub(crate) place: String,
    #[command(flatten)]
    pub(crate) texts: Texts,
    /// Take the name away
    #[arg(long, conflicts_with = "name")]
    pub(crate) clear_name: bool,
    /// Take the note away
    #[arg(long, conflicts_with = "note")]
    pub(crate) clear_note: bool,
    /// Take the category away
    #[arg(long, conflicts_with = "category")]
    pub(crate) clear_category: bool,
    /// Add a tag; may be given several times
    #[arg(long = "add-tag", value_name = "TAG")]
    pub(crate) add_tags: Vec<String>,
    /// Remove a tag; may be given several times
    #[arg(long = "remove-tag", value_name = "TAG")]
    pub(crate) remove_tags: Vec<String>,
    /// Move it: LAT LON or LAT,LON
    #[arg(long, value_name = "LAT LON", num_args = 1..=2)]
    pub(crate) position: Vec<String>,
    /// How exact the new position is, in metres
    #[arg(long, value_name = "METRES", requires = "position")]
    pub(crate) accuracy: Option<f64>,
    /// The new position's height in metres
    #[arg(long, value_name = "METRES", requires = "position")]
    pub(crate) altitude: Option<f64>,
}

#[derive(Args, Debug)]
pub(crate) struct Resolve {
    /// The place; without it, everything that needs attention is listed
    pub(crate) place: Option<String>,
    /// A conflict: everything as on this device
    #[arg(long, group = "answer", requires = "place")]
    pub(crate) mine: bool,
    /// A conflict: everything as on the server
    #[arg(long, group = "answer", requires = "place")]
    pub(crate) theirs: bool,
    /// A conflict: one field by itself, such as name=mine or note=theirs; may be given several times
    #[arg(long = "field", value_name = "FIELD=SIDE", group = "answer", requires = "place")]
    pub(crate) fields: Vec<String>,
    /// Gone on the server: keep what this device has as a new place
    #[arg(long, group = "answer", requires = "place")]
    pub(crate) keep_as_new: bool,
    /// Gone or older on the server: take the server's word
    #[arg(long, group = "answer", requires = "place")]
    pub(crate) let_go: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Outbox {
    #[command(subcommand)]
    pub(crate) command: Option<OutboxCommand>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum OutboxCommand {
    /// What waits, oldest first (the default)
    List {
        /// At most so many
        #[arg(long, short = 'n', default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// Go on after this entry's number
        #[arg(long, value_name = "NUMBER")]
        after: Option<i64>,
    },
    /// Send an entry again, or all that failed or were refused
    Retry {
        /// The entry's number or id
        #[arg(required_unless_present = "all")]
        entry: Option<String>,
        /// Every entry that waits after a failure or is parked
        #[arg(long, conflicts_with = "entry")]
        all: bool,
    },
    /// Drop an entry for good
    Discard {
        /// The entry's number or id
        entry: String,
        /// Without asking
        #[arg(long, short)]
        yes: bool,
    },
    /// Write entries out as JSON
    Export {
        /// The entry's number or id [default: all]
        entry: Option<String>,
        /// The file [default: standard output]
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Replace the file if it is there
        #[arg(long)]
        force: bool,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Devices {
    #[command(subcommand)]
    pub(crate) command: Option<DevicesCommand>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum DevicesCommand {
    /// The account's devices (the default)
    List,
    /// End a device's access
    Revoke {
        /// The device's id or the beginning of it, or its name
        device: String,
    },
}

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Import {
    #[command(subcommand)]
    pub(crate) command: Option<ImportCommand>,
    /// GPX files; - for standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Only say what would happen
    #[arg(long)]
    pub(crate) preview: bool,
    /// The files' encoding, where they don't say it or say it wrongly (such as windows-1252)
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<String>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum ImportCommand {
    /// Imports made on this device, newest first
    List,
    /// Finish imports that were interrupted
    Resume,
    /// Take an import back: only what it created and nobody changed since
    Undo {
        /// The import's number (see `holdfast import list`)
        import: i64,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Format {
    /// GPX 1.1 waypoints
    Gpx,
    /// GeoJSON (RFC 7946)
    Geojson,
}

#[derive(Args, Debug)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) filter: Filter,
    /// The format [default: by the file's ending, else GPX]
    #[arg(long, short)]
    pub(crate) format: Option<Format>,
    /// The file [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long)]
    pub(crate) force: bool,
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
