//! From operations to the bytes that are sent.

use serde::Serialize;

use super::{Action, OfferedState, Operation, Target};
use crate::PAYLOAD_VERSION;
use crate::ids::{ClientId, OpId, PlaceId};
use crate::place::{NewPlace, PositionSource, Source};
use crate::position::{Accuracy, Altitude, Latitude, Longitude, Position};
use crate::rules::{Change, PlaceChanges};
use crate::text::{Category, Name, Note, Tag, Tags};
use crate::time::Timestamp;

pub(super) fn operation(operation: &Operation) -> Vec<u8> {
    let mut wire = WireOperation {
        op_id: operation.op_id,
        payload_version: PAYLOAD_VERSION,
        kind: operation.action.kind(),
        client_id: None,
        id: None,
        base_version: None,
        place: None,
        changes: None,
        position: None,
        state: None,
    };
    match operation.action.target() {
        Target::Own(client_id) => wire.client_id = Some(client_id),
        Target::Id(id) => wire.id = Some(id),
    }
    match &operation.action {
        Action::Create { place, .. } => wire.place = Some(WireNewPlace::of(place)),
        Action::Update { base_version, changes, .. } => {
            wire.base_version = *base_version;
            wire.changes = Some(WireChanges::of(changes));
        }
        Action::Refine { position, .. } => wire.position = Some(*position),
        Action::Delete { base_version, .. } | Action::Restore { base_version, .. } => {
            wire.base_version = Some(*base_version);
        }
        Action::Offer { state, .. } => wire.state = Some(WireState::of(state)),
    }
    // Keys are string literals and every number is finite, so this can't fail.
    serde_json::to_vec(&wire).unwrap_or_default()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireOperation<'a> {
    op_id: OpId,
    payload_version: u16,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<ClientId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<PlaceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base_version: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<WireNewPlace<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<WireChanges<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<Position>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<WireState<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireState<'a> {
    epoch: &'a str,
    version: i64,
    updated_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<Timestamp>,
    place: WireNewPlace<'a>,
}

impl<'a> WireState<'a> {
    fn of(state: &'a OfferedState) -> Self {
        Self {
            epoch: &state.epoch,
            version: state.version,
            updated_at: state.updated_at,
            deleted_at: state.deleted_at,
            place: WireNewPlace::of(&state.place),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireNewPlace<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a Note>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<&'a Category>,
    #[serde(skip_serializing_if = "Tags::is_empty")]
    tags: &'a Tags,
    latitude: Latitude,
    longitude: Longitude,
    #[serde(skip_serializing_if = "Option::is_none")]
    accuracy: Option<Accuracy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    altitude: Option<Altitude>,
    captured_at: Timestamp,
    source: Source,
    position_source: PositionSource,
}

impl<'a> WireNewPlace<'a> {
    fn of(place: &'a NewPlace) -> Self {
        let f = &place.fields;
        Self {
            name: f.name.as_ref(),
            note: f.note.as_ref(),
            category: f.category.as_ref(),
            tags: &f.tags,
            latitude: f.position.latitude,
            longitude: f.position.longitude,
            accuracy: f.position.accuracy,
            altitude: f.position.altitude,
            captured_at: place.captured_at,
            source: place.source,
            position_source: f.position_source,
        }
    }
}

#[derive(Serialize)]
struct WireChange<T> {
    was: Option<T>,
    to: Option<T>,
}

#[derive(Serialize)]
struct WireTags<'a> {
    add: Vec<&'a Tag>,
    remove: Vec<&'a Tag>,
}

#[derive(Serialize)]
struct WireChanges<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<WireChange<&'a Name>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<WireChange<&'a Note>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<WireChange<&'a Category>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<WireChange<Position>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<WireTags<'a>>,
}

fn change<T>(change: &Change<T>) -> WireChange<&T> {
    WireChange { was: change.was.as_ref(), to: change.to.as_ref() }
}

impl<'a> WireChanges<'a> {
    fn of(changes: &'a PlaceChanges) -> Self {
        Self {
            name: changes.name.as_ref().map(change),
            note: changes.note.as_ref().map(change),
            category: changes.category.as_ref().map(change),
            position: changes.position.as_ref().map(|c| WireChange { was: c.was, to: Some(c.to) }),
            tags: (!changes.tags.is_empty()).then(|| WireTags {
                add: changes.tags.add.iter().collect(),
                remove: changes.tags.remove.iter().collect(),
            }),
        }
    }
}
