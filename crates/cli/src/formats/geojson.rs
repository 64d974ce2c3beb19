//! Writes GeoJSON (RFC 7946): one Point feature per place.

use std::io::Write;

use geojson::feature::Id;
use geojson::{Feature, FeatureWriter, GeometryValue, JsonObject, Position};
use serde_json::{Value, json};

use super::ExportPlace;

/// Writes places one by one as features of one collection.
pub(crate) struct GeoJsonWriter<W: Write> {
    features: FeatureWriter<W>,
}

impl<W: Write> GeoJsonWriter<W> {
    /// Begins the file.
    pub(crate) fn new(out: W) -> Self {
        Self { features: FeatureWriter::from_writer(out) }
    }

    /// Writes a place. Coordinates are longitude, latitude and, where known, altitude; missing values are `null`.
    pub(crate) fn write(&mut self, place: &ExportPlace) -> Result<(), geojson::Error> {
        let position = &place.position;
        let mut coordinates = vec![position.longitude.get(), position.latitude.get()];
        coordinates.extend(position.altitude.map(holdfast_contract::Altitude::get));
        let mut properties = JsonObject::new();
        let mut set = |key: &str, value: Value| properties.insert(key.to_owned(), value);
        set("name", json!(place.name));
        set("note", json!(place.note));
        set("category", json!(place.category));
        set("tags", json!(place.tags));
        set("accuracy", json!(position.accuracy));
        set("positionSource", json!(place.position_source));
        set("capturedAt", json!(place.captured_at));
        self.features.write_feature(&Feature {
            bbox: None,
            geometry: Some(GeometryValue::new_point(Position::from(coordinates)).into()),
            id: place.client_id.map(|id| Id::String(id.to_string())),
            properties: Some(properties),
            foreign_members: None,
        })
    }

    /// Ends the file. A collection of nothing is a collection too.
    pub(crate) fn finish(mut self) -> Result<(), geojson::Error> {
        self.features.finish()
    }
}
