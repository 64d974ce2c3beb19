//! What goes into an import and what can be said about it.

use holdfast_contract::Timestamp;
pub use holdfast_contract::import::{ImportRow, InvalidRow, UnplacedRow};
use serde::{Deserialize, Serialize};

/// The places of a file.
#[derive(Clone, Copy, Debug)]
pub struct ImportRows<'a> {
    /// Those with a position.
    pub placed: &'a [ImportRow],
    /// Those of an export that had none yet: they become captures that need one.
    pub unplaced: &'a [UnplacedRow],
}

impl<'a, R: AsRef<[ImportRow]> + ?Sized> From<&'a R> for ImportRows<'a> {
    fn from(placed: &'a R) -> Self {
        Self { placed: placed.as_ref(), unplaced: &[] }
    }
}

/// One import of one file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ImportId(pub i64);

impl std::fmt::Display for ImportId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What an import would do, or did.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportPreview {
    /// Rows in the file.
    pub total: u64,
    /// Rows that become new places.
    pub new: u64,
    /// Rows that were imported before; they make nothing new.
    pub known: u64,
    /// Of these: their place is in the trash.
    pub in_trash: u64,
    /// Of the new ones: they need a position before they are sent.
    pub without_position: u64,
    /// Rows that can't be imported. They cost nothing else.
    pub invalid: Vec<InvalidRow>,
}

/// How far an import is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportProgress {
    /// Places made.
    pub done: u64,
    /// Places there will be.
    pub total: u64,
    /// Whether that was all.
    pub finished: bool,
}

/// How far an undo is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UndoProgress {
    /// Places that had never left this device and are gone, in all chunks.
    pub vanished: u64,
    /// Places put into the trash, in all chunks.
    pub deleted: u64,
    /// Places kept because somebody has changed or deleted them since, in all chunks.
    pub kept: u64,
    /// Places not looked at yet.
    pub remaining: u64,
    /// Whether that was all.
    pub finished: bool,
}

/// An import in the list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportSummary {
    /// The import.
    pub id: ImportId,
    /// What the person calls it: the file's name.
    pub label: String,
    /// When it was begun.
    pub begun_at: Timestamp,
    /// Places it makes.
    pub total: u64,
    /// Places made so far.
    pub done: u64,
    /// How it stands.
    pub state: ImportState,
}

/// How an import stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    /// Not everything is made yet.
    Running,
    /// Everything is made.
    Finished,
    /// Stopped before everything was made.
    Cancelled,
    /// Being undone.
    Undoing,
    /// Undone.
    Undone,
}
