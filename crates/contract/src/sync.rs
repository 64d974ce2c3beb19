//! Push, pull and live messages.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::ids::{ClientId, OpId, PlaceId};
use crate::outcome::OperationOutcome;
use crate::place::Place;

/// A push as the server reads it. Every operation stays the bytes that were sent: they are hashed for the receipt, and
/// one that can't be read must not fail the others.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PushRequest<'a> {
    /// The epoch of the database that these operations were made for.
    pub epoch: String,
    /// At most [`crate::limits::PUSH_OPERATIONS_MAX`] operations.
    #[serde(borrow)]
    pub operations: Vec<&'a RawValue>,
    /// The witness of the newest reply to a push, if there was one since the epoch began.
    #[serde(default)]
    pub witness: Option<String>,
    /// What the device reports about itself.
    #[serde(default)]
    pub telemetry: Option<Telemetry>,
}

/// What a pull asks for, as parameters of its query.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PullRequest<'a> {
    /// Where the page before ended; `None`: from the start.
    pub cursor: Option<&'a str>,
    /// The witness of the newest reply to a push since that page.
    pub witness: Option<&'a str>,
    /// Changes on the page; `None`: as many as the server likes.
    pub limit: Option<u32>,
    /// Operations that wait in the device's outbox, and captures without a position. Not said while a push is under way, whose own report is the newer one.
    pub pending: Option<u32>,
}

/// What became of each operation of a push, in the same order.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PushReply {
    /// One outcome per operation.
    pub outcomes: Vec<OperationOutcome>,
    /// The state of the database that these outcomes show. Opaque; to be handed in with the next pull, so that the server
    /// notices if its database has gone back behind what it has confirmed here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness: Option<String>,
}

/// What a device reports about itself. Numbers only.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Telemetry {
    /// Operations that wait in the outbox, this batch included, and captures that are not sent before they have a position.
    pub pending: u32,
    /// Seconds since the oldest of them was queued or, without a position, captured on the device. It goes with pushes alone: a
    /// device that has nothing to send tells of no new age.
    pub oldest_pending_seconds: u64,
    /// Sends that had to be repeated since the last report.
    pub retries: u32,
    /// Operations parked as rejected.
    pub rejected: u32,
    /// Conflicts that wait for the person.
    pub conflicts: u32,
    /// Media that wait.
    pub media_pending: u32,
    /// Media that failed.
    pub media_failed: u32,
    /// Captures confirmed since the last report.
    pub confirmations: Vec<Confirmation>,
}

/// How long one capture took from the tap to the server's word.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Confirmation {
    /// The operation.
    pub op_id: OpId,
    /// Seconds on the device's monotonic clock.
    pub seconds: f64,
}

/// A page of a person's feed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PullReply {
    /// The epoch of the database. Pushes name it.
    pub epoch: String,
    /// What changed, in the order of the feed.
    pub changes: Vec<Change>,
    /// Where the next page begins. Opaque.
    pub cursor: String,
    /// Whether there is more at the moment.
    pub has_more: bool,
    /// The newest number of the feed at the moment of this page.
    pub head: i64,
    /// What the plan allows and what is used.
    pub limits: PlanLimits,
}

/// One place that changed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The change's number in this person's feed.
    pub seq: i64,
    /// What it is.
    #[serde(flatten)]
    pub kind: ChangeKind,
}

/// What changed about a place.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum ChangeKind {
    /// It is there, like this. One's own place in the trash carries `deletedAt`.
    Upsert(Box<Place>),
    /// It is deleted for good or no longer visible.
    Gone(GonePlace),
}

/// A place that is gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct GonePlace {
    /// The place row.
    pub id: PlaceId,
    /// The capture, for its owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
}

/// What the plan allows and what is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PlanLimits {
    /// Live places the plan allows; absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places_max: Option<i64>,
    /// Live places there are.
    pub places_used: i64,
    /// Bytes of media the plan allows; absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_bytes_max: Option<i64>,
    /// Bytes of media there are.
    pub media_bytes_used: i64,
}

/// Data of a `head` event of the live stream: a hint that there may be something to pull.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct HeadEvent {
    /// The newest number of the feed.
    pub seq: i64,
}
