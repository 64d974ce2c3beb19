//! What readers hand on.

use holdfast_contract::import::{ImportRow, UnplacedRow};
use holdfast_contract::text::Text;
use holdfast_contract::{
    Accuracy, Altitude, Category, ClientId, Name, Note, Position, PositionSource, Tags, Timestamp,
};

use crate::contents::BadRow;

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
    /// Where the position comes from, in a file that Holdfast has written.
    pub(crate) position_source: Option<PositionSource>,
    /// When it was recorded, where the file says so.
    pub(crate) time: Option<Timestamp>,
    /// What of it could not be read and was left out, as phrases.
    pub(crate) left_out: Vec<String>,
}

/// One place of a file.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Row {
    /// It can be imported.
    Good(Box<Waypoint>),
    /// Holdfast wrote it when it had no position yet, with what of it could not be read: a device can take it.
    Unplaced(Box<UnplacedRow>, Vec<String>),
    /// It can't, and why.
    Bad(BadRow),
}

impl From<Waypoint> for ImportRow {
    fn from(waypoint: Waypoint) -> Self {
        Self {
            line: waypoint.line,
            client_id: waypoint.client_id,
            name: waypoint.name.map(Text::into_string),
            note: waypoint.note.map(Text::into_string),
            category: waypoint.category.map(Text::into_string),
            tags: waypoint.tags.to_strings(),
            latitude: waypoint.position.latitude.get(),
            longitude: waypoint.position.longitude.get(),
            accuracy: waypoint.position.accuracy.map(Accuracy::get),
            altitude: waypoint.position.altitude.map(Altitude::get),
            captured_at: waypoint.time,
            position_source: waypoint.position_source,
        }
    }
}
