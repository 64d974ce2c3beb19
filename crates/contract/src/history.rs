//! Versions of a place that were replaced.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, DeviceId};
use crate::place::PositionSource;
use crate::position::{Accuracy, Altitude, Latitude, Longitude};
use crate::rules::Field;
use crate::text::{Category, Name, Note, Tags};
use crate::time::Timestamp;

/// A version of a place that was replaced, as its owner sees it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PlaceVersion {
    /// The version that was replaced.
    pub version: i64,
    /// The name it had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 200))]
    pub name: Option<Name>,
    /// The note it had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 10_000))]
    pub note: Option<Note>,
    /// Degrees north.
    pub latitude: Latitude,
    /// Degrees east.
    pub longitude: Longitude,
    /// Horizontal uncertainty in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<Accuracy>,
    /// Metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub altitude: Option<Altitude>,
    /// The category it had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 40))]
    pub category: Option<Category>,
    /// The tags it had.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>, max_items = 20))]
    pub tags: Tags,
    /// Where the position came from.
    pub position_source: PositionSource,
    /// Whether, and since when, it was in the trash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
    /// The kind of operation that replaced it: `update`, `refine`, `delete`, `restore`, or `offer`, where a device
    /// brought back what a restored server had lost.
    pub kind: String,
    /// The fields that were changed.
    pub changed: Vec<Field>,
    /// When it was replaced.
    pub changed_at: Timestamp,
    /// Who replaced it.
    pub actor_id: AccountId,
    /// The e-mail address of who replaced it, where that was not the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_email: Option<String>,
    /// Through which of their devices.
    pub device_id: DeviceId,
    /// What that device is called, where it is one of the owner's and still known: also for a while after it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_name: Option<String>,
}
