//! Places.

use clap::{Args, ValueEnum};

use super::metres;

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
    /// A tag; may be given several times, or several of them with commas between. One with a comma in it stands in quotes
    /// of its own: --tag '"a, b"'
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<String>,
    /// How exact the position is, in metres
    #[arg(long, value_name = "METRES", value_parser = metres, conflicts_with = "waiting")]
    pub(crate) accuracy: Option<f64>,
    /// Its height in metres
    #[arg(long, value_name = "METRES", value_parser = metres, conflicts_with = "waiting")]
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
    #[arg(long, value_name = "METRES", value_parser = metres)]
    pub(crate) accuracy: Option<f64>,
    /// Its height in metres
    #[arg(long, value_name = "METRES", value_parser = metres)]
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

impl Filter {
    /// Whether it says anything but where to look.
    pub(crate) fn asks(&self) -> bool {
        !self.text.is_empty() || self.category.is_some() || self.tag.is_some() || self.state.is_some()
    }
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
pub(crate) struct Delete {
    /// The places: number, id or the beginning of it, or name
    #[arg(required = true, value_name = "PLACE")]
    pub(crate) places: Vec<String>,
    /// Don't ask before deleting a place for good that is on this device alone
    #[arg(long, short)]
    pub(crate) yes: bool,
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
    /// Add a tag; may be given several times, or several of them with commas between
    #[arg(long = "add-tag", value_name = "TAG")]
    pub(crate) add_tags: Vec<String>,
    /// Remove a tag; may be given several times, or several of them with commas between
    #[arg(long = "remove-tag", value_name = "TAG")]
    pub(crate) remove_tags: Vec<String>,
    /// Move it: LAT LON or LAT,LON
    #[arg(long, value_name = "LAT LON", num_args = 1..=2)]
    pub(crate) position: Vec<String>,
    /// How exact the new position is, in metres
    #[arg(long, value_name = "METRES", value_parser = metres, requires = "position")]
    pub(crate) accuracy: Option<f64>,
    /// The new position's height in metres
    #[arg(long, value_name = "METRES", value_parser = metres, requires = "position")]
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
    /// The versions that the answer is about, as `holdfast resolve <place>` names them; without it, a person at a terminal
    /// is shown them and asked
    #[arg(long, value_name = "VERSIONS", requires = "answer")]
    pub(crate) seen: Option<String>,
}
