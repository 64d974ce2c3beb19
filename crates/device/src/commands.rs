//! What a person can ask for.

use std::collections::BTreeMap;

use holdfast_contract::rules::TagChange;
use holdfast_contract::{Category, ClientId, Field, Name, NewPlace, Note, Position, Source, Tags, Timestamp};

use crate::views::{LocalId, PlaceView};

/// A capture whose position is known.
#[derive(Clone, PartialEq, Debug)]
pub struct Capture {
    /// What is captured.
    pub place: NewPlace,
    /// The capture's id where another device (a watch) has named it already; that device may have sent it too. Without
    /// one the core makes a UUID v7.
    pub client_id: Option<ClientId>,
}

impl From<NewPlace> for Capture {
    fn from(place: NewPlace) -> Self {
        Self { place, client_id: None }
    }
}

/// A capture that still waits for its position.
#[derive(Clone, PartialEq, Debug)]
pub struct WaitingCapture {
    /// Its name.
    pub name: Option<Name>,
    /// Its note.
    pub note: Option<Note>,
    /// Its category.
    pub category: Option<Category>,
    /// Its tags.
    pub tags: Tags,
    /// When it was captured.
    pub captured_at: Timestamp,
    /// What captured it.
    pub source: Source,
    /// Until when a fix is expected; from then on the place says that it needs a position.
    pub fix_expected_until: Timestamp,
}

/// What `capture` made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Captured {
    /// The place on this device.
    pub local_id: LocalId,
    /// The capture, for ever.
    pub client_id: ClientId,
    /// False when this very capture was known already; only what the place lacked was added then.
    pub new: bool,
}

/// A person's change. What is `None` stays as it is.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Edit {
    /// The name; `Some(None)` clears it.
    pub name: Option<Option<Name>>,
    /// The note; `Some(None)` clears it.
    pub note: Option<Option<Note>>,
    /// The category; `Some(None)` clears it.
    pub category: Option<Option<Category>>,
    /// The marker moved by hand.
    pub position: Option<Position>,
    /// Tags to add and remove.
    pub tags: TagChange,
}

/// What stood on the screen when the person decided. A command without it means: what the store shows now.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Seen {
    /// The name.
    pub name: Option<Name>,
    /// The note.
    pub note: Option<Note>,
    /// The category.
    pub category: Option<Category>,
    /// The position.
    pub position: Option<Position>,
    /// The tags.
    pub tags: Tags,
    /// Whether it was in the trash.
    pub deleted: bool,
    /// The confirmed version, 0 when none was confirmed.
    pub version: i64,
}

impl From<&PlaceView> for Seen {
    fn from(view: &PlaceView) -> Self {
        Self {
            name: view.name.clone(),
            note: view.note.clone(),
            category: view.category.clone(),
            position: view.position,
            tags: view.tags.clone(),
            deleted: view.deleted_at.is_some(),
            version: view.version.unwrap_or(0),
        }
    }
}

/// What became of a fix.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FixOutcome {
    /// The waiting capture has its position now and will be sent.
    Placed,
    /// The position is better now.
    Improved,
    /// What is there is at least as good, or was set by a person.
    NotBetter,
}

/// What became of a deletion.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeleteOutcome {
    /// It never left this device and is gone without a trace.
    Vanished,
    /// It is in the trash; the server will be told.
    InTrash,
}

/// Which side wins a conflict.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// What the person on this device wanted.
    Mine,
    /// What the server has.
    Theirs,
}

/// A person's answer to a place that needs attention. The losing values stay in the place's journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Resolution {
    /// A conflict: everything as wanted here.
    KeepMine,
    /// A conflict: everything as the server has it.
    KeepTheirs,
    /// A conflict of fields: each by itself. Every conflicting field must be named.
    PerField(BTreeMap<Field, Side>),
    /// A place that was deleted for good or is no longer visible: what this device kept becomes a new place,
    /// captured by this kind of device where the old one doesn't say.
    KeepAsNew(Source),
    /// A place that is gone, or that a restored server has otherwise: take the server's word.
    LetGo,
}
