//! The outbox and files.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use holdfast_files::{ColumnChoice, Format};

use super::{Filter, number};

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
        #[arg(long, value_name = "NUMBER", value_parser = number)]
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
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Import {
    #[command(subcommand)]
    pub(crate) command: Option<ImportCommand>,
    /// GPX, KML, KMZ, GeoJSON, CSV, Google Takeout files or a Holdfast archive; - for standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Only say what would happen
    #[arg(long)]
    pub(crate) preview: bool,
    /// The files' encoding, where they don't say it or say it wrongly (such as windows-1252)
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<String>,
    /// The files' format [default: what they hold says]
    #[arg(long, short, value_parser = one_of(Format::ALL))]
    pub(crate) format: Option<Format>,
    /// A column of a CSV, by its name or its number, such as latitude=North or latitude=2; can be repeated
    #[arg(long = "column", value_name = "WHAT=COLUMN", value_parser = column)]
    pub(crate) columns: Vec<ColumnChoice>,
}

fn column(text: &str) -> Result<ColumnChoice, String> {
    text.parse()
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
        #[arg(value_parser = number)]
        import: i64,
    },
}

/// Reads one of these formats' words.
fn one_of(formats: &'static [Format]) -> impl TypedValueParser<Value = Format> {
    let words = formats.iter().map(|format| PossibleValue::new(format.as_str()).help(explained(*format)));
    PossibleValuesParser::new(words).try_map(|word| word.parse::<Format>())
}

fn explained(format: Format) -> &'static str {
    match format {
        Format::Gpx => "GPX 1.1 waypoints",
        Format::Kml => "KML 2.2 placemarks, as Google Earth and My Maps have them",
        Format::Kmz => "KML in an archive",
        Format::GeoJson => "GeoJSON (RFC 7946)",
        Format::Csv => "A table, for spreadsheets",
        Format::TakeoutJson => "\"Saved Places.json\" of Google Takeout",
        Format::TakeoutZip => "A whole archive of Google Takeout",
        Format::Archive => "Everything in one ZIP: GeoJSON with all fields, GPX, CSV, the trash",
    }
}

#[derive(Args, Debug)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) filter: Filter,
    /// The format [default: by the file's ending, else GPX, or GeoJSON with --json]
    #[arg(long, short, value_parser = one_of(crate::commands::WRITABLE))]
    pub(crate) format: Option<Format>,
    /// The file [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long)]
    pub(crate) force: bool,
    /// Every place; that is so without it, too
    #[arg(long)]
    pub(crate) all: bool,
}
