//! Whom a place is shown to, as its owner sees it.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, PlaceId};
use crate::place::Role;
use crate::text::Name;
use crate::time::Timestamp;

/// A place of one's own that somebody else may see.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct GivenShare {
    /// The place.
    pub place_id: PlaceId,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 200))]
    pub place_name: Option<Name>,
    /// Whom it is shared with.
    pub recipient_id: AccountId,
    /// Their e-mail address.
    pub recipient: String,
    /// What they may do.
    pub role: Role,
    /// Since when.
    pub shared_at: Timestamp,
    /// The server was restored from a backup: it shows nothing before its owner confirms it, for it may have been taken back since.
    pub suspended: bool,
}
