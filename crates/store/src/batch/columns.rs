//! Rows as columns, one array each: how many rows travel in one statement.

use chrono::{DateTime, Utc};
use holdfast_contract::text::Text;
use holdfast_contract::{Accuracy, Altitude, NewPlace, OpId, Timestamp};
use uuid::Uuid;

use super::write::{PlaceWrite, Superseded};
use crate::StoredPlace;
use crate::receipts::Receipt;
use crate::row::{joined, position_source};

/// Columns of places, one array each.
#[derive(Default)]
pub(super) struct PlaceColumns<'a> {
    pub(super) owner: Vec<Uuid>,
    pub(super) id: Vec<Uuid>,
    pub(super) client: Vec<Uuid>,
    pub(super) base_version: Vec<i64>,
    pub(super) version: Vec<i64>,
    pub(super) name: Vec<Option<&'a str>>,
    pub(super) note: Vec<Option<&'a str>>,
    pub(super) latitude: Vec<Option<f64>>,
    pub(super) longitude: Vec<Option<f64>>,
    pub(super) accuracy: Vec<Option<f64>>,
    pub(super) altitude: Vec<Option<f64>>,
    pub(super) category: Vec<Option<&'a str>>,
    pub(super) tags: Vec<String>,
    pub(super) captured_at: Vec<Option<DateTime<Utc>>>,
    pub(super) source: Vec<Option<&'a str>>,
    pub(super) position_source: Vec<Option<&'a str>>,
    pub(super) deleted_at: Vec<Option<DateTime<Utc>>>,
    pub(super) purged_at: Vec<Option<DateTime<Utc>>>,
    pub(super) published_owner: Vec<Uuid>,
    pub(super) published_id: Vec<Uuid>,
    pub(super) published_state: Vec<i16>,
}

impl<'a> PlaceColumns<'a> {
    pub(super) fn of(writes: &'a [PlaceWrite]) -> Self {
        let mut columns = Self::default();
        for write in writes {
            columns.push(&write.place);
            columns.base_version.push(write.base_version);
            if write.publish {
                columns.published_owner.push(write.place.owner.0);
                columns.published_id.push(write.place.id.0);
                columns.published_state.push(state(&write.place));
            }
        }
        columns
    }

    fn push(&mut self, place: &'a StoredPlace) {
        let body: Option<&'a NewPlace> = place.body.as_ref();
        let fields = body.map(|b| &b.fields);
        let position = fields.map(|f| f.position);
        self.owner.push(place.owner.0);
        self.id.push(place.id.0);
        self.client.push(place.client_id.0);
        self.version.push(place.version);
        self.name.push(fields.and_then(|f| f.name.as_ref()).map(Text::as_str));
        self.note.push(fields.and_then(|f| f.note.as_ref()).map(Text::as_str));
        self.latitude.push(position.map(|p| p.latitude.get()));
        self.longitude.push(position.map(|p| p.longitude.get()));
        self.accuracy.push(position.and_then(|p| p.accuracy).map(Accuracy::get));
        self.altitude.push(position.and_then(|p| p.altitude).map(Altitude::get));
        self.category.push(fields.and_then(|f| f.category.as_ref()).map(Text::as_str));
        self.tags.push(fields.map(|f| joined(&f.tags)).unwrap_or_default());
        self.captured_at.push(body.map(|b| b.captured_at.to_chrono()));
        self.source.push(body.map(|b| b.source.as_str()));
        self.position_source.push(position_source(body));
        self.deleted_at.push(place.deleted_at.map(Timestamp::to_chrono));
        self.purged_at.push(place.purged_at.map(Timestamp::to_chrono));
    }
}

/// A place's state as `feed_publish` takes it.
fn state(place: &StoredPlace) -> i16 {
    match (place.deleted_at, place.purged_at) {
        (None, _) => 0,
        (Some(_), None) => 1,
        (Some(_), Some(_)) => 2,
    }
}

/// Columns of replaced versions; the changed fields of each are joined by commas.
pub(super) struct HistoryColumns<'a> {
    pub(super) places: PlaceColumns<'a>,
    pub(super) kind: Vec<&'static str>,
    pub(super) changed: Vec<String>,
}

impl<'a> HistoryColumns<'a> {
    pub(super) fn of(history: &'a [Superseded]) -> Self {
        let mut places = PlaceColumns::default();
        for superseded in history {
            places.push(&superseded.place);
        }
        let changed = history.iter().map(|s| s.changed.iter().map(|f| f.as_str()).collect::<Vec<_>>().join(","));
        Self { places, kind: history.iter().map(|s| s.kind).collect(), changed: changed.collect() }
    }
}

#[derive(Default)]
pub(super) struct ReceiptColumns<'a> {
    pub(super) op_id: Vec<Uuid>,
    pub(super) hash: Vec<&'a [u8]>,
    pub(super) kind: Vec<&'static str>,
    pub(super) owner: Vec<Uuid>,
    pub(super) place: Vec<Uuid>,
    pub(super) version: Vec<i64>,
}

impl<'a> ReceiptColumns<'a> {
    pub(super) fn of(receipts: &'a [(OpId, Receipt, &'static str)]) -> Self {
        let mut columns = Self::default();
        for (op_id, receipt, kind) in receipts {
            columns.op_id.push(op_id.0);
            columns.hash.push(receipt.payload_hash.as_slice());
            columns.kind.push(kind);
            columns.owner.push(receipt.owner.0);
            columns.place.push(receipt.place.0);
            columns.version.push(receipt.version);
        }
        columns
    }
}
