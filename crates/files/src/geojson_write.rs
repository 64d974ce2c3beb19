//! Writes GeoJSON (RFC 7946): one feature per place, a Point where its position is known.

use std::io::{self, Write};

use geojson::feature::Id;
use geojson::{Feature, FeatureWriter, GeometryValue, JsonObject, Position};
use serde_json::{Value, json};

use crate::write::{ExportPlace, plain_text};

/// Writes places one by one as features of one collection.
pub struct GeoJsonWriter<W: Write> {
    features: FeatureWriter<W>,
}

impl<W: Write> GeoJsonWriter<W> {
    /// Begins the file.
    pub(crate) fn new(out: W) -> Self {
        Self { features: FeatureWriter::from_writer(out) }
    }

    /// Writes a place. Coordinates are longitude, latitude and, where known, altitude; missing values are `null`, and so is the
    /// geometry of a place without a position ("unlocated", section 3.2).
    pub(crate) fn write(&mut self, place: &ExportPlace) -> io::Result<()> {
        self.write_with(place, JsonObject::new())
    }

    /// The same with further properties; those of the place itself stay as they are.
    pub(crate) fn write_with(&mut self, place: &ExportPlace, more: JsonObject) -> io::Result<()> {
        let geometry = place.position.map(|(position, _)| {
            let mut coordinates = vec![position.longitude.get(), position.latitude.get()];
            coordinates.extend(position.altitude.map(holdfast_contract::Altitude::get));
            GeometryValue::new_point(Position::from(coordinates)).into()
        });
        let mut properties = more;
        let mut set = |key: &str, value: Value| properties.insert(key.to_owned(), value);
        set("name", json!(place.name.as_ref().map(|name| plain_text(name.as_str()))));
        set("note", json!(place.note.as_ref().map(|note| plain_text(note.as_str()))));
        set("category", json!(place.category.as_ref().map(|category| plain_text(category.as_str()))));
        set("tags", json!(place.tags.iter().map(|tag| plain_text(tag.as_str())).collect::<Vec<_>>()));
        set("accuracy", json!(place.position.and_then(|(position, _)| position.accuracy)));
        set("positionSource", json!(place.position.map(|(_, source)| source)));
        set("capturedAt", json!(place.captured_at));
        let feature = Feature {
            bbox: None,
            geometry,
            id: place.client_id.map(|id| Id::String(id.to_string())),
            properties: Some(properties),
            foreign_members: None,
        };
        self.features.write_feature(&feature).map_err(io_error)
    }

    /// Ends the file. A collection of nothing is a collection too.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.features.finish().map_err(io_error)?;
        self.features.flush().map_err(io_error)
    }
}

fn io_error(error: geojson::Error) -> io::Error {
    match error {
        geojson::Error::Io(error) => error,
        geojson::Error::MalformedGeoJson(error) => error.into(),
        other => io::Error::other(other),
    }
}
