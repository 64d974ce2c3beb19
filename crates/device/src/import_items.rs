//! The places of an import as they are staged, until they are made and as long as the import can be taken back.

use holdfast_contract::import::UnplacedRow;
use holdfast_contract::{Action, Category, ClientId, Name, NewPlace, Note, OpId, Operation, Tags, Timestamp};
use rusqlite::params;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::import_types::ImportId;
use crate::shown::Shown;
use crate::tx::Tx;

/// What a file said about one place.
pub(crate) enum Item {
    /// A capture, and the id of the intent to create it.
    Placed(OpId, Box<NewPlace>),
    /// A capture that needs a position.
    Unplaced(Unplaced),
}

/// What a file said about a place that had no position yet.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Unplaced {
    name: Option<Name>,
    note: Option<Note>,
    category: Option<Category>,
    tags: Tags,
    pub(crate) captured_at: Timestamp,
}

impl Unplaced {
    /// As the file said it; without a time it is captured `now`.
    pub(crate) fn of(row: &UnplacedRow, now: Timestamp) -> Self {
        let UnplacedRow { name, note, category, tags, captured_at, .. } = row.clone();
        Self { name, note, category, tags, captured_at: captured_at.unwrap_or(now) }
    }

    /// As a person sees it.
    pub(crate) fn shown(&self) -> Shown {
        let Self { name, note, category, tags, .. } = self;
        Shown {
            name: name.clone(),
            note: note.clone(),
            category: category.clone(),
            tags: tags.clone(),
            position: None,
            deleted_at: None,
        }
    }
}

impl Item {
    /// The bytes that are kept: the create, or the place in JSON.
    fn payload(&self, client_id: ClientId) -> Vec<u8> {
        match self {
            Self::Placed(op_id, place) => {
                Operation { op_id: *op_id, action: Action::Create { client_id, place: place.clone() } }.to_bytes()
            }
            Self::Unplaced(unplaced) => serde_json::json!(unplaced).to_string().into_bytes(),
        }
    }

    fn parse(payload: &[u8]) -> Option<Self> {
        match Operation::parse(payload) {
            Ok(Operation { op_id, action: Action::Create { place, .. } }) => Some(Self::Placed(op_id, place)),
            Ok(_) => None,
            Err(_) => serde_json::from_slice(payload).ok().map(Self::Unplaced),
        }
    }
}

/// Stages a place of an import.
pub(crate) fn stage(tx: &Tx<'_>, import: ImportId, number: i64, client_id: ClientId, item: &Item) -> Result<()> {
    tx.run(
        "INSERT INTO import_items (client_id, import, number, state, payload) VALUES (?1, ?2, ?3, 'staged', ?4)",
        params![client_id.0, import.0, number, item.payload(client_id)],
    )?;
    Ok(())
}

/// At most `max` of an import's places in a state, in the file's order.
pub(crate) fn all(tx: &Tx<'_>, id: ImportId, state: &str, max: u32) -> Result<Vec<(ClientId, Item)>> {
    let rows = tx.all(
        "SELECT client_id, payload FROM import_items WHERE import = ?1 AND state = ?2 ORDER BY number LIMIT ?3",
        params![id.0, state, max.max(1)],
        |row| Ok((ClientId(row.get::<_, Uuid>(0)?), row.get::<_, Vec<u8>>(1)?)),
    )?;
    let read = |(client_id, payload): (ClientId, Vec<u8>)| {
        let item = Item::parse(&payload);
        let item = item.ok_or_else(|| Error::Unexpected("an import's item that is no place".to_owned()))?;
        Ok((client_id, item))
    };
    rows.into_iter().map(read).collect()
}

/// What the file said about a capture, where it came from one.
pub(crate) fn one(tx: &Tx<'_>, client_id: ClientId) -> Result<Option<Item>> {
    let payload = tx.first("SELECT payload FROM import_items WHERE client_id = ?1", [client_id.0], |row| {
        row.get::<_, Vec<u8>>(0)
    })?;
    Ok(payload.as_deref().and_then(Item::parse))
}

/// How many of an import's places are in a state.
pub(crate) fn count(tx: &Tx<'_>, id: ImportId, state: &str) -> Result<u64> {
    tx.one("SELECT count(*) FROM import_items WHERE import = ?1 AND state = ?2", params![id.0, state], |row| {
        row.get::<_, i64>(0).map(i64::unsigned_abs)
    })
}
