//! From bytes to operations, naming every field at fault.

// A method's path is tied to one lifetime and can't stand where any is asked for; a closure can.
#![allow(clippy::redundant_closure_for_method_calls)]

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Action, OfferedState, Operation, Target, Unreadable};
use crate::PAYLOAD_VERSION;
use crate::ids::{ClientId, OpId, PlaceId};
use crate::limits::{EPOCH_MAX, VERSION_MAX};
use crate::place::{NewPlace, PlaceFields};
use crate::position::Position;
use crate::problem::{Code, FieldCode, FieldError, Problem};
use crate::rules::{Change, PlaceChanges, PositionChange, TagChange};
use crate::text::{Tags, Text, parse_tag_set};
use crate::time::Timestamp;

pub(super) fn operation(bytes: &[u8]) -> Result<Operation, Unreadable> {
    let unreadable = |op_id, problem| Unreadable { op_id, problem };
    let Ok(Value::Object(object)) = serde_json::from_slice(bytes) else {
        let problem = Problem::new(Code::InvalidJson, "An operation must be a JSON object; this one can't be read.");
        return Err(unreadable(None, problem));
    };
    let mut errors = Vec::new();
    let mut reader = Reader { object: &object, prefix: String::new(), errors: &mut errors };
    let op_id = reader.uuid("opId").map(OpId);
    if op_id.is_none() {
        reader.require("opId");
    }
    let action = reader.action();
    match (op_id, action) {
        (Some(op_id), Some(action)) if errors.is_empty() => Ok(Operation { op_id, action }),
        _ => Err(unreadable(op_id, Problem::invalid(errors))),
    }
}

/// Parses the body of a new place, as in a `create`; field errors are named from `prefix` on.
pub fn parse_new_place(object: &Map<String, Value>, prefix: &str) -> Result<NewPlace, Vec<FieldError>> {
    collect(object, prefix, |r| r.new_place())
}

/// Parses the changes of an `update`; field errors are named from `prefix` on.
pub fn parse_changes(object: &Map<String, Value>, prefix: &str) -> Result<PlaceChanges, Vec<FieldError>> {
    collect(object, prefix, |r| r.changes())
}

/// Parses a position object; field errors are named from `prefix` on.
pub fn parse_position(object: &Map<String, Value>, prefix: &str) -> Result<Position, Vec<FieldError>> {
    collect(object, prefix, |r| r.position())
}

fn collect<T>(
    object: &Map<String, Value>,
    prefix: &str,
    read: impl FnOnce(&mut Reader<'_, '_>) -> Option<T>,
) -> Result<T, Vec<FieldError>> {
    let mut errors = Vec::new();
    let value = read(&mut Reader { object, prefix: prefix.to_owned(), errors: &mut errors });
    match value {
        Some(value) if errors.is_empty() => Ok(value),
        _ => Err(errors),
    }
}

/// Reads one JSON object and collects what is wrong with it. A method that returns `None` for something that is there
/// or required has pushed an error.
struct Reader<'o, 'e> {
    object: &'o Map<String, Value>,
    prefix: String,
    errors: &'e mut Vec<FieldError>,
}

// The readers of objects share one signature so that each can stand behind `nested`.
#[allow(clippy::unnecessary_wraps)]
impl<'o> Reader<'o, '_> {
    fn path(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    fn fail(&mut self, key: &str, code: FieldCode, detail: &str) {
        let error = FieldError::new(self.path(key), code, detail);
        self.errors.push(error);
    }

    /// Says that `key` is missing, unless something was already said about it.
    fn require(&mut self, key: &str) {
        let path = self.path(key);
        if !self.errors.iter().any(|e| e.field == path) {
            self.fail(key, FieldCode::Required, "is required");
        }
    }

    /// The value, where it is there and not null.
    fn get(&self, key: &str) -> Option<&'o Value> {
        self.object.get(key).filter(|v| !v.is_null())
    }

    fn string(&mut self, key: &str) -> Option<&'o str> {
        if self.get(key).is_some_and(|v| !v.is_string()) {
            self.fail(key, FieldCode::InvalidType, "must be a string");
        }
        self.get(key)?.as_str()
    }

    fn number(&mut self, key: &str) -> Option<f64> {
        let number = self.get(key)?.as_f64();
        if number.is_none() {
            self.fail(key, FieldCode::InvalidType, "must be a number");
        }
        number
    }

    fn uuid(&mut self, key: &str) -> Option<Uuid> {
        let id = Uuid::parse_str(self.string(key)?).ok();
        if id.is_none() {
            self.fail(key, FieldCode::InvalidFormat, "must be a UUID");
        }
        id
    }

    fn version(&mut self, key: &str) -> Option<i64> {
        let version = self.get(key)?.as_i64().filter(|v| *v >= 0);
        if version.is_none() {
            self.fail(key, FieldCode::InvalidType, "must be a whole number, 0 or more");
        }
        version
    }

    fn text<const MAX: usize>(&mut self, key: &str) -> Option<Text<MAX>> {
        let parsed = Text::parse(self.string(key)?);
        parsed.unwrap_or_else(|error| {
            let error = error.at(&self.path(key));
            self.errors.push(error);
            None
        })
    }

    fn word<T: std::str::FromStr<Err = crate::place::UnknownWord>>(&mut self, key: &str) -> Option<T> {
        match self.string(key)?.parse() {
            Ok(word) => Some(word),
            Err(unknown) => {
                self.fail(key, FieldCode::UnknownValue, &unknown.to_string());
                None
            }
        }
    }

    fn strings(&mut self, key: &str) -> Vec<String> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let list: Option<Vec<String>> =
            value.as_array().and_then(|l| l.iter().map(|v| v.as_str().map(str::to_owned)).collect());
        list.unwrap_or_else(|| {
            self.fail(key, FieldCode::InvalidType, "must be a list of strings");
            Vec::new()
        })
    }

    /// Reads the object at `key` with `read`.
    fn nested<T>(&mut self, key: &str, read: impl FnOnce(&mut Reader<'_, '_>) -> Option<T>) -> Option<T> {
        let value = self.get(key)?;
        if let Value::Object(object) = value {
            read(&mut Reader { object, prefix: self.path(key) + ".", errors: self.errors })
        } else {
            self.fail(key, FieldCode::InvalidType, "must be an object");
            None
        }
    }

    fn action(&mut self) -> Option<Action> {
        // A newer payload than this build knows could mean something else by the same names.
        if let Some(version) = self.version("payloadVersion")
            && version > i64::from(PAYLOAD_VERSION)
        {
            self.fail("payloadVersion", FieldCode::UnknownValue, "is newer than this server; update the server");
            return None;
        }
        let Some(kind) = self.string("kind").map(str::to_owned) else {
            self.require("kind");
            return None;
        };
        match kind.as_str() {
            "create" => {
                let client_id = self.capture();
                let place = self.nested("place", |r| r.new_place());
                if place.is_none() && self.get("place").is_none() {
                    self.require("place");
                }
                Some(Action::Create { client_id: client_id?, place: Box::new(place?) })
            }
            "update" => {
                let target = self.target();
                let base_version = self.version("baseVersion");
                let changes = self.nested("changes", |r| r.changes());
                if self.get("changes").is_none() {
                    self.require("changes");
                }
                Some(Action::Update { target: target?, base_version, changes: Box::new(changes?) })
            }
            "refine" => {
                let target = self.target();
                let position = self.nested("position", |r| r.position());
                if self.get("position").is_none() {
                    self.require("position");
                }
                Some(Action::Refine { target: target?, position: position? })
            }
            "delete" | "restore" => {
                let target = self.target()?;
                let base_version = self.version("baseVersion").unwrap_or(0);
                Some(match kind.as_str() {
                    "delete" => Action::Delete { target, base_version },
                    _ => Action::Restore { target, base_version },
                })
            }
            "offer" => {
                let client_id = self.capture();
                let state = self.nested("state", |r| r.offered_state());
                if self.get("state").is_none() {
                    self.require("state");
                }
                Some(Action::Offer { client_id: client_id?, state: Box::new(state?) })
            }
            _ => {
                let detail = "must be one of: create, update, refine, delete, restore, offer";
                self.fail("kind", FieldCode::UnknownValue, detail);
                None
            }
        }
    }

    /// The capture that must be named.
    fn capture(&mut self) -> Option<ClientId> {
        let client_id = self.uuid("clientId").map(ClientId);
        if client_id.is_none() {
            self.require("clientId");
        }
        client_id
    }

    fn offered_state(&mut self) -> Option<OfferedState> {
        let epoch = self.string("epoch");
        match epoch.map(str::len) {
            Some(1..=EPOCH_MAX) => {}
            Some(0) | None => self.require("epoch"),
            Some(_) => self.fail("epoch", FieldCode::TooLong, "is longer than any epoch's name"),
        }
        let version = self.version("version");
        match version {
            Some(1..=VERSION_MAX) => {}
            Some(_) => self.fail("version", FieldCode::OutOfRange, "must be a version that a place can have"),
            None => self.require("version"),
        }
        let updated_at = self.time("updatedAt");
        if updated_at.is_none() {
            self.require("updatedAt");
        }
        let deleted_at = self.time("deletedAt");
        let place = self.nested("place", |r| r.new_place());
        if self.get("place").is_none() {
            self.require("place");
        }
        Some(OfferedState {
            epoch: epoch?.to_owned(),
            version: version.filter(|version| (1..=VERSION_MAX).contains(version))?,
            updated_at: updated_at?,
            deleted_at,
            place: place?,
        })
    }

    fn time(&mut self, key: &str) -> Option<Timestamp> {
        let time = Timestamp::parse(self.string(key)?);
        if time.is_none() {
            self.fail(key, FieldCode::InvalidFormat, "must be an RFC 3339 time");
        }
        time
    }

    fn target(&mut self) -> Option<Target> {
        let own = self.uuid("clientId").map(|id| Target::Own(ClientId(id)));
        let id = self.uuid("id").map(|id| Target::Id(PlaceId(id)));
        match (own, id) {
            (Some(_), Some(_)) => {
                self.fail("id", FieldCode::Inconsistent, "and clientId can't both name the place; give one of them");
                None
            }
            (None, None) => {
                if self.get("clientId").is_none() && self.get("id").is_none() {
                    self.fail("clientId", FieldCode::Required, "or id is required, to name the place");
                }
                None
            }
            (own, id) => own.or(id),
        }
    }

    fn new_place(&mut self) -> Option<NewPlace> {
        let name = self.text("name");
        let note = self.text("note");
        let category = self.text("category");
        let tags = self.strings("tags");
        let tags = Tags::parse(tags, &self.path("tags")).unwrap_or_else(|errors| {
            self.errors.extend(errors);
            Tags::default()
        });
        let position = self.position();
        let captured_at = self.time("capturedAt");
        if captured_at.is_none() {
            self.require("capturedAt");
        }
        let source = self.word("source");
        if source.is_none() {
            self.require("source");
        }
        let position_source = self.word("positionSource");
        if position_source.is_none() {
            self.require("positionSource");
        }
        Some(NewPlace {
            fields: PlaceFields { name, note, category, tags, position: position?, position_source: position_source? },
            captured_at: captured_at?,
            source: source?,
        })
    }

    fn position(&mut self) -> Option<Position> {
        let latitude = self.number("latitude");
        if latitude.is_none() {
            self.require("latitude");
        }
        let longitude = self.number("longitude");
        if longitude.is_none() {
            self.require("longitude");
        }
        let (accuracy, altitude) = (self.number("accuracy"), self.number("altitude"));
        Position::parse(&self.prefix, latitude?, longitude?, accuracy, altitude)
            .map_err(|errors| self.errors.extend(errors))
            .ok()
    }

    fn changes(&mut self) -> Option<PlaceChanges> {
        let before = self.errors.len();
        let changes = PlaceChanges {
            name: self.nested("name", |r| r.change()),
            note: self.nested("note", |r| r.change()),
            category: self.nested("category", |r| r.change()),
            position: self.nested("position", |r| {
                let was = r.nested("was", |r| r.position());
                let to = r.nested("to", |r| r.position());
                if r.get("to").is_none() {
                    r.fail("to", FieldCode::Required, "is required; a position can't be cleared");
                }
                Some(PositionChange { was, to: to? })
            }),
            tags: self.nested("tags", |r| r.tag_change()).unwrap_or_default(),
        };
        if changes.is_empty() && self.errors.len() == before {
            let field = self.prefix.trim_end_matches('.').to_owned();
            self.errors.push(FieldError::new(field, FieldCode::Required, "must change at least one field"));
        }
        Some(changes)
    }

    fn change<const MAX: usize>(&mut self) -> Option<Change<Text<MAX>>> {
        Some(Change { was: self.text("was"), to: self.text("to") })
    }

    fn tag_change(&mut self) -> Option<TagChange> {
        let mut side = |key: &str| {
            let raw = self.strings(key);
            let path = self.path(key);
            parse_tag_set(raw, &path).unwrap_or_else(|errors| {
                self.errors.extend(errors);
                BTreeSet::default()
            })
        };
        Some(TagChange { add: side("add"), remove: side("remove") })
    }
}
