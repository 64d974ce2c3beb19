//! File formats: places in, places out. Nothing here knows the store, the network or the screen.
//!
//! Reading is streaming and bounded: a file can be of any size, its memory can't. What is wrong with one waypoint costs
//! that waypoint alone and is told with its line.

mod decode;
pub(crate) mod geojson;
mod gpx_draft;
pub(crate) mod gpx_read;
#[cfg(test)]
mod gpx_read_tests;
pub(crate) mod gpx_write;
#[cfg(test)]
mod write_tests;

use holdfast_contract::place::PositionSource;
use holdfast_contract::{Category, ClientId, Name, Note, Position, Tags, Timestamp};

pub(crate) use decode::{Decoded, MALFORMED};

/// A place as a file tells it, within the contract's limits.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Waypoint {
    /// The line it begins on.
    pub(crate) line: u64,
    /// The capture, in a file that Holdfast has written.
    pub(crate) client_id: Option<ClientId>,
    pub(crate) name: Option<Name>,
    pub(crate) note: Option<Note>,
    pub(crate) category: Option<Category>,
    pub(crate) tags: Tags,
    pub(crate) position: Position,
    /// When it was recorded, where the file says so.
    pub(crate) time: Option<Timestamp>,
    /// What of it could not be read and was left out, as phrases.
    pub(crate) left_out: Vec<String>,
}

/// A waypoint that can't be taken.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub(crate) struct BadRow {
    /// The line it begins on.
    pub(crate) line: u64,
    /// Its name, where it has one that can be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// Why not, as a phrase.
    pub(crate) reason: String,
}

/// One waypoint of a file.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Row {
    /// It can be imported.
    Good(Box<Waypoint>),
    /// It can't, and why.
    Bad(BadRow),
}

/// A place to be written to a file.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ExportPlace {
    pub(crate) client_id: Option<ClientId>,
    pub(crate) name: Option<Name>,
    pub(crate) note: Option<Note>,
    pub(crate) category: Option<Category>,
    pub(crate) tags: Tags,
    pub(crate) position: Position,
    pub(crate) position_source: PositionSource,
    pub(crate) captured_at: Timestamp,
}
