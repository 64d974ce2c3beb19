//! Places and outbox entries as a screen gets them.

use holdfast_contract::{
    Category, ClientId, Name, Note, OpId, PlaceId, Position, PositionSource, Role, Source, Tags, Timestamp,
};
use holdfast_device::{EntryState, PlaceState, PlaceView};
use serde::Serialize;

use crate::key::{PlaceKey, StoreKey};

/// A place as the person sees it: what the server last said, with everything they wanted since on top.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// Its name on this device, for calls.
    pub key: PlaceKey,
    /// The capture, for one's own places.
    pub client_id: Option<ClientId>,
    /// The place on the server, once that is known.
    pub id: Option<PlaceId>,
    /// The confirmed version, once there is one.
    pub version: Option<i64>,
    /// Its name.
    pub name: Option<Name>,
    /// Its note.
    pub note: Option<Note>,
    /// Its category.
    pub category: Option<Category>,
    /// Its tags.
    pub tags: Tags,
    /// Its position; null while it waits for one.
    pub position: Option<Position>,
    /// Where the position comes from.
    pub position_source: Option<PositionSource>,
    /// When it was captured.
    pub captured_at: Timestamp,
    /// What captured it, for one's own places.
    pub source: Option<Source>,
    /// What the reader may do.
    pub role: Role,
    /// When it was put into the trash, as the person sees it.
    pub deleted_at: Option<Timestamp>,
    /// What can honestly be said about it.
    pub state: PlaceState,
}

impl Place {
    /// A place of this store.
    pub fn of(store: &StoreKey, view: PlaceView) -> Self {
        Self {
            key: store.place(view.local_id),
            client_id: view.client_id,
            id: view.id,
            version: view.version,
            name: view.name,
            note: view.note,
            category: view.category,
            tags: view.tags,
            position: view.position,
            position_source: view.position_source,
            captured_at: view.captured_at,
            source: view.source,
            role: view.role,
            deleted_at: view.deleted_at,
            state: view.state,
        }
    }
}

/// One operation that the server has not confirmed.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct OutboxEntry {
    /// Its number: entries are sent in this order.
    pub number: i64,
    /// The operation.
    pub op_id: OpId,
    /// The place it changes.
    pub key: PlaceKey,
    /// The place's name, for the screen.
    pub place_name: Option<Name>,
    /// What it does.
    #[cfg_attr(test, ts(type = "\"create\" | \"update\" | \"refine\" | \"delete\" | \"restore\" | \"offer\""))]
    pub kind: String,
    /// Where it stands.
    pub state: EntryState,
    /// Since when it waits.
    pub queued_at: Timestamp,
    /// How often it was sent.
    pub attempts: u32,
    /// When it was last sent.
    pub last_sent_at: Option<Timestamp>,
}

impl OutboxEntry {
    /// An entry of this store.
    pub fn of(store: &StoreKey, entry: holdfast_device::OutboxEntry) -> Self {
        Self {
            number: entry.number,
            op_id: entry.op_id,
            key: store.place(entry.local_id),
            place_name: entry.place_name,
            kind: entry.kind,
            state: entry.state,
            queued_at: entry.queued_at,
            attempts: entry.attempts,
            last_sent_at: entry.last_sent_at,
        }
    }
}
