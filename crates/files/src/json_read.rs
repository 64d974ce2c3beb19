//! Reads GeoJSON and what Takeout writes in its shape: one feature at a time, of which only one is held.
//!
//! A collection, a list, a single feature or geometry, or a sequence of any of them, separated by line ends or by RS
//! (RFC 8142). Each feature's text is kept first, within a bound, so that whatever is wrong inside of it costs that feature
//! alone. What is no feature is passed over and never built.

use std::fmt;
use std::io::{self, Read};
use std::rc::Rc;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::contents::{Collector, ReadError, why_unread};
use crate::decode::{Decoded, Meter};
use crate::draft::Draft;
use crate::feature;
use crate::json_tap::{Element, FEATURE_BYTES_MAX, Member, Tap, Tapped};
use crate::row::Row;
use crate::xml::ELEMENT_BYTES_MAX;

/// What a member of an object counts besides its key and value.
const MEMBER_BYTES: usize = 4;

/// Reads a whole file.
pub(crate) fn read<R: Read>(source: Decoded<R>, into: &mut Collector) -> Result<(), ReadError> {
    let meter = source.meter();
    let tap = Rc::new(Tap::default());
    let mut features = Features { meter: &meter, tap: &tap, into, count: 0, failed: None };
    let mut json = serde_json::Deserializer::from_reader(Tapped { inner: source, tap: Rc::clone(&tap) });
    let mut found = false;
    loop {
        features.refill();
        if json.end().is_ok() {
            break;
        }
        let result = Top(&mut features).deserialize(&mut json);
        if let Some(error) = features.failed.take() {
            return Err(error);
        }
        if let Err(error) = result {
            let line = u64::try_from(error.line()).unwrap_or(u64::MAX).max(1);
            features.into.broken(line, words_of(&error));
            return Ok(());
        }
        found = true;
    }
    if !found {
        features.into.broken(1, "there is no GeoJSON in it");
    }
    Ok(())
}

fn words_of(error: &serde_json::Error) -> String {
    match error.io_error_kind() {
        Some(io::ErrorKind::FileTooLarge) => {
            format!("one element is larger than {} MiB", ELEMENT_BYTES_MAX / 1024 / 1024)
        }
        Some(kind) => why_unread(&kind.into()),
        None if error.is_eof() => "it ends before it is complete".to_owned(),
        None if error.is_data() => "it is JSON, but no GeoJSON".to_owned(),
        None => format!("it is not well-formed JSON (column {})", error.column()),
    }
}

/// Where features go.
struct Features<'a> {
    meter: &'a Meter,
    tap: &'a Tap,
    into: &'a mut Collector,
    /// Features so far.
    count: u64,
    /// Why nothing more can be taken.
    failed: Option<ReadError>,
}

impl Features<'_> {
    fn refill(&self) {
        self.meter.set_budget(ELEMENT_BYTES_MAX);
    }

    /// Takes one feature; `None`: it was too large to be kept. An error means that nothing more can be taken.
    fn take<E: serde::de::Error>(&mut self, line: u64, text: Option<&str>) -> Result<(), E> {
        let taken = match text {
            Some(text) => serde_json::from_str::<Value>(text).map_err(|error| {
                let words = error.to_string();
                format!("can't be read: {}", words.split(" at line").next().unwrap_or_default())
            }),
            None => Err(format!("is larger than {} MiB", FEATURE_BYTES_MAX / 1024 / 1024)),
        };
        self.judge(line, taken)
    }

    fn judge<E: serde::de::Error>(&mut self, line: u64, read: Result<Value, String>) -> Result<(), E> {
        self.count += 1;
        self.into.element(line, self.count);
        let taken = match read {
            Ok(value) => feature::read(&value, line, self.into),
            Err(reason) => self.into.row(Row::Bad(Draft { line, ..Draft::default() }.bad(reason))),
        };
        self.refill();
        taken.map_err(|error| {
            self.failed = Some(error);
            E::custom("the reading has ended")
        })
    }
}

/// One text of the file.
struct Top<'a, 'b>(&'a mut Features<'b>);

impl<'de> DeserializeSeed<'de> for Top<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Top<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GeoJSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let line = self.0.meter.line();
        let mut single = Map::new();
        // How much the members may still have, in case they are those of a single feature; `None`: they have more.
        let mut room = Some(FEATURE_BYTES_MAX);
        let mut collection = false;
        while let Some(key) = map.next_key::<String>()? {
            self.0.refill();
            match (key.as_str(), room.and_then(|room| room.checked_sub(key.len() + MEMBER_BYTES))) {
                // The second is how uMap keeps several collections in one file.
                ("features" | "layers", _) => {
                    collection = true;
                    map.next_value_seed(List(&mut *self.0))?;
                }
                _ if collection => {
                    map.next_value::<IgnoredAny>()?;
                }
                (_, Some(left)) => {
                    let text = map.next_value_seed(Member { tap: self.0.tap, room: left })?;
                    room = text.as_ref().map(|text| left.saturating_sub(text.len()));
                    // What can't be read is missed where it is needed.
                    single.insert(key, text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default());
                }
                (_, None) => {
                    room = None;
                    map.next_value::<IgnoredAny>()?;
                }
            }
            if collection {
                single.clear();
            }
            self.0.refill();
        }
        if collection || single.get("type").is_some_and(|kind| kind == "FeatureCollection") {
            return Ok(());
        }
        match room {
            Some(_) => self.0.judge(line, Ok(Value::Object(single))),
            None => self.0.take(line, None),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        List(self.0).visit_seq(seq)
    }
}

/// A list of features.
struct List<'a, 'b>(&'a mut Features<'b>);

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of features")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some((line, text)) = seq.next_element_seed(Element { tap: self.0.tap, meter: self.0.meter })? {
            self.0.take(line, text.as_deref())?;
        }
        Ok(())
    }
}
