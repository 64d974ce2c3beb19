//! Places: the list with its map, one place, saving, editing, deleting and restoring.
//!
//! What changes something is an operation: [`operation`] makes one of a form, [`conflict`] shows what came in between.

pub(crate) mod conflict;
pub(crate) mod edit;
pub(crate) mod filter;
pub(crate) mod list;
pub(crate) mod new;
pub(crate) mod operation;
pub(crate) mod remove;
pub(crate) mod show;

use holdfast_contract::{Code, Place, PlaceId, Target, tag_line};

use crate::failure::Failure;

/// The place that an address names.
pub(crate) fn target(id: &str) -> Result<Target, Failure> {
    id.parse::<PlaceId>()
        .map(Target::Id)
        .map_err(|_| Failure::new(Code::NotFound, "There is no such place, or it is not yours."))
}

/// What a form shows of a place's fields, each as text: the values that it puts into its inputs.
#[derive(Clone, Default, Debug)]
pub(crate) struct Fields {
    pub(crate) name: String,
    pub(crate) note: String,
    pub(crate) category: String,
    pub(crate) tags: String,
    pub(crate) latitude: String,
    pub(crate) longitude: String,
    pub(crate) accuracy: String,
    pub(crate) altitude: String,
}

impl Fields {
    /// As the place has them.
    pub(crate) fn of(place: &Place) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Self {
            name: text(place.name.as_ref().map(holdfast_contract::text::Text::as_str)),
            note: text(place.note.as_ref().map(holdfast_contract::text::Text::as_str)),
            category: text(place.category.as_ref().map(holdfast_contract::text::Text::as_str)),
            tags: tag_line::join(&place.tags),
            // The shortest digits that are read back as the same number: no rounding is ever taken for a move.
            latitude: place.latitude.get().to_string(),
            longitude: place.longitude.get().to_string(),
            accuracy: place.accuracy.map(|a| a.get().to_string()).unwrap_or_default(),
            altitude: place.altitude.map(|a| a.get().to_string()).unwrap_or_default(),
        }
    }
}
