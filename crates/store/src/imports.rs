//! Files that people brought in on the server, and which places came of them.

mod keep;
mod run;
mod undo;

use holdfast_contract::{ClientId, ImportId, PlaceId, Timestamp};
use serde_json::Value;

use crate::Error;
use crate::row::word;

pub use keep::{Until, begin, delete, discard, get, known, list, prune, set_options, summary};
pub use run::{begin_run, change_state, hold, note, record};
pub use undo::{created_places, in_trash_since, noted, record_undo, resolve, undo_counts};

/// An import that was touched within so many seconds is under way, whichever process runs it.
pub const UNDER_WAY_SECONDS: i64 = 30;

/// How far an import is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImportState {
    /// Its file is here, and nothing has been created.
    Previewed,
    /// It was begun, and has not come to its end.
    Running,
    /// It has come to its end.
    Finished,
    /// It is being taken back.
    Undoing,
    /// It was taken back.
    Undone,
}

impl ImportState {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Previewed => "previewed",
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
        }
    }
}

impl std::str::FromStr for ImportState {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        let all = [Self::Previewed, Self::Running, Self::Finished, Self::Undoing, Self::Undone];
        all.into_iter().find(|state| state.as_str() == word).ok_or(())
    }
}

/// An import with its file.
#[derive(Clone, PartialEq, Debug)]
pub struct StoredImport {
    /// What it is called.
    pub label: String,
    /// Its format.
    pub format: String,
    /// Its bytes; gone when it has come to its end.
    pub file: Option<Vec<u8>>,
    /// How it is read.
    pub options: Value,
    /// How far it is.
    pub state: ImportState,
    /// When it was brought in.
    pub created_at: Timestamp,
    /// When somebody last worked at it.
    pub touched_at: Timestamp,
}

/// An import in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportSummary {
    /// The import.
    pub id: ImportId,
    /// What it is called.
    pub label: String,
    /// Its format.
    pub format: String,
    /// How far it is.
    pub state: ImportState,
    /// When it was brought in.
    pub created_at: Timestamp,
    /// When it came to its end.
    pub finished_at: Option<Timestamp>,
    /// When somebody last worked at it.
    pub touched_at: Timestamp,
    /// What it has come to so far.
    pub counts: ImportCounts,
    /// What taking it back has come to.
    pub undo: UndoCounts,
}

impl ImportSummary {
    /// Whether somebody runs it or takes it back at this moment, as far as one can tell: who stops before the end says so.
    pub fn is_under_way(&self, now: Timestamp) -> bool {
        let touched = now.micros_since(self.touched_at) < UNDER_WAY_SECONDS * 1_000_000;
        matches!(self.state, ImportState::Running | ImportState::Undoing) && touched
    }
}

/// What running an import has come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ImportCounts {
    /// Rows of the file.
    pub total: i64,
    /// Places that it made.
    pub created: i64,
    /// Captures that were known already.
    pub known: i64,
    /// Captures that are in the trash.
    pub in_trash: i64,
    /// Rows that can't be stored as they are.
    pub rejected: i64,
}

/// What taking an import back has come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct UndoCounts {
    /// Places that it put into the trash.
    pub removed: i64,
    /// Places that it made and that stay.
    pub kept: i64,
}

/// A capture that the actor has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KnownPlace {
    /// The capture.
    pub client_id: ClientId,
    /// Whether it is in the trash.
    pub in_trash: bool,
    /// Whether it was deleted for good.
    pub purged: bool,
}

/// What became of a row of an import.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ImportedRow {
    /// Which row, from 0.
    pub number: i64,
    /// The capture.
    pub client_id: ClientId,
    /// The place.
    pub place: Option<PlaceId>,
    /// Whether this import made it.
    pub created: bool,
}

/// A new import.
#[derive(Clone, Copy, Debug)]
pub struct ImportToBegin<'a> {
    /// Its id.
    pub id: ImportId,
    /// What it is called.
    pub label: &'a str,
    /// Its format.
    pub format: &'a str,
    /// Its bytes.
    pub file: &'a [u8],
    /// How it is read.
    pub options: &'a Value,
}

fn word_of(state: &str) -> Result<ImportState, Error> {
    word(Some(state.to_owned()))
}
