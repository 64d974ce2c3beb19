//! From one GeoJSON feature to places, as Holdfast, Takeout and others write them.

use serde_json::{Map, Value};

use crate::contents::{Collector, ReadError};
use crate::csv_cells;
use crate::draft::{Draft, LIST_MAX, Point, Words, at_points, join_note};
use crate::html;
use crate::map_link;
use crate::row::Row;

static WORDS: Words =
    Words { latitude: "latitude", longitude: "longitude", note: "note", category: "category", loose_times: true };
/// Why a place without a position can't be taken.
pub(crate) const NO_COORDINATES: &str = "has no coordinates in the file";
/// The deepest collection within collections.
const COLLECTIONS_MAX: usize = 8;

/// Reads one feature, geometry, or small collection.
pub(crate) fn read(value: &Value, line: u64, into: &mut Collector) -> Result<(), ReadError> {
    read_within(value, line, into, 0)
}

fn read_within(value: &Value, line: u64, into: &mut Collector, depth: usize) -> Result<(), ReadError> {
    let nothing = Map::new();
    let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
    match (kind, value) {
        ("FeatureCollection", _) => {
            let features = value.get("features").and_then(Value::as_array);
            for feature in features.into_iter().flatten().filter(|_| depth < COLLECTIONS_MAX) {
                read_within(feature, line, into, depth + 1)?;
            }
            Ok(())
        }
        ("Feature", _) => {
            let properties = value.get("properties").and_then(Value::as_object).unwrap_or(&nothing);
            place(value.get("geometry"), Properties(properties), value.get("id"), line, into)
        }
        (
            "Point" | "MultiPoint" | "LineString" | "MultiLineString" | "Polygon" | "MultiPolygon"
            | "GeometryCollection",
            _,
        ) => place(Some(value), Properties(&nothing), None, line, into),
        // A list of plain objects with coordinates among their values is common enough.
        (_, Value::Object(object)) if Properties(object).position().is_some() => {
            place(None, Properties(object), None, line, into)
        }
        _ => {
            let bad = Draft { line, ..Draft::default() }.bad("is neither a feature nor a geometry".to_owned());
            into.row(Row::Bad(bad))
        }
    }
}

fn place(
    geometry: Option<&Value>,
    properties: Properties<'_>,
    id: Option<&Value>,
    line: u64,
    into: &mut Collector,
) -> Result<(), ReadError> {
    let mut draft = properties.draft(line);
    if properties.is_ours() {
        draft.client_id = id.and_then(text);
    }
    let mut points = Vec::new();
    let before = into.contents.passed_over.total();
    let unknown = gather(geometry.unwrap_or(&Value::Null), &mut points, into);
    if let Some(kind) = unknown {
        let reason = format!("has a geometry of the unknown type \"{}\"", crate::draft::shown(kind));
        return into.row(Row::Bad(draft.bad(reason)));
    }
    // Takeout writes 0, 0 where it does not know.
    let nowhere =
        |point: &Point| [&point.latitude, &point.longitude].into_iter().all(|n| n.as_deref().is_some_and(is_zero));
    if properties.is_takeout() && points.len() == 1 && nowhere(&points[0]) {
        points.clear();
    }
    if points.is_empty() {
        if into.contents.passed_over.total() > before {
            return Ok(());
        }
        let Some((latitude, longitude)) = properties.position() else {
            draft.unplaced = properties.is_ours() && geometry.is_none_or(Value::is_null);
            if draft.unplaced {
                return into.row(draft.finish(&WORDS));
            }
            return into.row(Row::Bad(draft.bad(NO_COORDINATES.to_owned())));
        };
        points.push(Point { latitude: Some(latitude), longitude: Some(longitude), altitude: None });
    }
    at_points(draft, points, &WORDS).try_for_each(|row| into.row(row))
}

/// Longitude comes first.
fn point(coordinates: &Value) -> Option<Point> {
    let numbers = coordinates.as_array().filter(|numbers| !numbers.is_empty())?;
    let at = |index: usize| numbers.get(index).and_then(text);
    Some(Point { latitude: at(1), longitude: at(0), altitude: at(2) })
}

/// Gathers the points of a geometry and counts what is none. The name of a type that does not exist is given back.
fn gather<'v>(geometry: &'v Value, points: &mut Vec<Point>, into: &mut Collector) -> Option<&'v str> {
    let coordinates = geometry.get("coordinates");
    match geometry.get("type").and_then(Value::as_str).unwrap_or_default() {
        "Point" => points.extend(coordinates.and_then(point)),
        "MultiPoint" => {
            let list = coordinates.and_then(Value::as_array);
            points.extend(list.into_iter().flatten().filter_map(point));
        }
        "LineString" | "MultiLineString" => into.passed().lines += 1,
        "Polygon" | "MultiPolygon" => into.passed().polygons += 1,
        "GeometryCollection" => {
            let list = geometry.get("geometries").and_then(Value::as_array);
            return list.into_iter().flatten().fold(None, |unknown, one| unknown.or(gather(one, points, into)));
        }
        "" => {}
        unknown => return Some(unknown),
    }
    None
}

fn is_zero(number: &str) -> bool {
    number.trim().parse() == Ok(0.0)
}

/// A value as text, where it is a single one.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}

#[derive(Clone, Copy)]
struct Properties<'a>(&'a Map<String, Value>);

impl<'a> Properties<'a> {
    /// The first value that one of these keys has, whatever their case.
    fn value(self, keys: &[&str]) -> Option<&'a Value> {
        let find = |key: &&str| {
            self.0
                .get(*key)
                .or_else(|| self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, v)| v))
        };
        keys.iter().filter_map(find).find(|value| !value.is_null())
    }

    fn text(self, keys: &[&str]) -> Option<String> {
        keys.iter().find_map(|key| self.value(&[key]).and_then(text))
    }

    fn inside(self, keys: &[&str]) -> Option<Self> {
        self.value(keys).and_then(Value::as_object).map(Self)
    }

    fn link(self) -> Option<String> {
        self.text(&["google_maps_url", "Google Maps URL"])
    }

    /// Whether Holdfast wrote it: it says where the position comes from, or that there is none.
    fn is_ours(self) -> bool {
        self.0.contains_key("positionSource") && self.0.contains_key("capturedAt")
    }

    fn is_takeout(self) -> bool {
        self.link().is_some() || self.inside(&["location"]).is_some()
    }

    /// A position outside of the geometry: Takeout's older files have one, and links do.
    fn position(self) -> Option<(String, String)> {
        let places = [self.inside(&["location"]).and_then(|l| l.inside(&["Geo Coordinates"])), Some(self)];
        let written = places.into_iter().flatten().find_map(|place| {
            let latitude = place.text(&["latitude", "lat"])?;
            let longitude = place.text(&["longitude", "lng", "lon", "long"])?;
            (!(is_zero(&latitude) && is_zero(&longitude))).then_some((latitude, longitude))
        });
        written.or_else(|| map_link::coordinates(&self.link()?))
    }

    fn tags(self) -> Vec<String> {
        match self.value(&["tags", "keywords"]) {
            Some(Value::Array(tags)) => tags.iter().filter_map(text).take(LIST_MAX).collect(),
            Some(Value::String(tags)) => csv_cells::tags(tags),
            _ => Vec::new(),
        }
    }

    /// The place without its position.
    fn draft(self, line: u64) -> Draft {
        let location = self.inside(&["location"]);
        let name = self.text(&["name", "title", "label"]);
        let name = name.or_else(|| location?.text(&["name", "Business Name"]));
        let note = if self.is_ours() {
            self.text(&["note"])
        } else {
            let address = location.and_then(|location| location.text(&["address"]));
            let parts = [
                self.text(&["note", "notes"]),
                self.text(&["description", "desc"]).map(|html| html::to_text(&html)),
                self.text(&["comment", "cmt"]),
                self.text(&["review_text_published"]),
                address.or_else(|| self.text(&["address"])),
                self.link().or_else(|| self.text(&["url", "link", "website"])),
            ];
            Some(join_note(parts.iter().flatten().map(String::as_str), name.as_deref()))
        };
        Draft {
            line,
            name,
            note,
            category: self.text(&["category", "type"]).filter(|category| category != "Feature"),
            tags: self.tags(),
            altitude: self.text(&["altitude", "ele", "elevation"]),
            accuracy: self.text(&["accuracy"]),
            time: self.text(&["capturedAt", "time", "timestamp", "date", "published", "created", "created_at"]),
            position_source: self.text(&["positionSource"]).filter(|_| self.is_ours()),
            ..Draft::default()
        }
    }
}
