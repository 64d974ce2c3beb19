//! Many places at once: in which order, whose, on a map, and by what they have in common.

use serde::{Deserialize, Serialize};

use crate::bounds::BoundingBox;
use crate::ids::PlaceId;
use crate::place::{UnknownWord, words};
use crate::position::{Latitude, Longitude};
use crate::text::{Category, Name};

words! {
    /// The order of a list.
    PlaceOrder {
        /// The latest captured first.
        Captured = "captured",
        /// The earliest captured first.
        CapturedAsc = "captured_asc",
        /// The last changed first, as it reached the reader: that a share began is a change.
        Updated = "updated",
        /// By name from A to Z, whatever the case; what has no name is last.
        Name = "name",
    }
}
words! {
    /// Places by who sees them.
    SharedFilter {
        /// One's own.
        Mine = "mine",
        /// Those that others show to one.
        WithMe = "with_me",
        /// One's own that somebody else sees, or will once one confirms it after a restore.
        ByMe = "by_me",
    }
}

#[expect(clippy::derivable_impls, reason = "the macro derives what all words have in common")]
impl Default for PlaceOrder {
    fn default() -> Self {
        Self::Captured
    }
}

/// The places of a list on a map: each of them where they are few, clusters of them where they are many.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MapPlaces {
    /// How many match.
    pub total: u64,
    /// The smallest box around all that match, `[west, south, east, north]`; west is greater than east where it crosses the
    /// antimeridian. `null` where none matches.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<f64>>, required, min_items = 4, max_items = 4))]
    pub bounds: Option<BoundingBox>,
    /// Each of them, where at most 10,000 match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<Vec<MapPoint>>,
    /// Those in the view, where more match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clusters: Option<Vec<MapCluster>>,
}

/// One place on a map.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MapPoint {
    /// The place.
    pub id: PlaceId,
    /// Degrees north.
    pub latitude: Latitude,
    /// Degrees east.
    pub longitude: Longitude,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 200))]
    pub name: Option<Name>,
    /// Its category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 40))]
    pub category: Option<Category>,
}

/// Places that stand too close together to be drawn one by one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MapCluster {
    /// Degrees north, the mean of them.
    pub latitude: Latitude,
    /// Degrees east, the mean of them.
    pub longitude: Longitude,
    /// How many.
    pub count: u64,
    /// The smallest box around them, `[west, south, east, north]`. Never crosses the antimeridian.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<f64>, min_items = 4, max_items = 4))]
    pub bounds: BoundingBox,
    /// The place, where it is a single one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<PlaceId>,
    /// Its name, where it is a single one that has a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 200))]
    pub name: Option<Name>,
}

/// What the live places that one can see have in common.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Facets {
    /// Categories, the most used first; at most 500.
    pub categories: Vec<FacetValue>,
    /// Tags, the most used first; at most 500.
    pub tags: Vec<FacetValue>,
}

/// A category or a tag, and how many places have it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FacetValue {
    /// The category or the tag.
    pub value: String,
    /// How many places have it.
    pub count: u64,
}
