//! Reads GeoJSON and what Takeout writes in its shape: one feature at a time, of which only one is held.
//!
//! A collection, a list, a single feature or geometry, or a sequence of any of them, separated by line ends or by RS
//! (RFC 8142). Each feature is read as raw JSON first, so that whatever is wrong inside of it costs that feature alone.

use std::fmt;
use std::io::{self, Read};

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::contents::{Collector, ReadError, why_unread};
use crate::decode::{Decoded, Meter};
use crate::draft::Draft;
use crate::feature;
use crate::xml::ELEMENT_BYTES_MAX;

/// Reads a whole file.
pub(crate) fn read<R: Read>(source: Decoded<R>, into: &mut Collector) -> Result<(), ReadError> {
    let meter = source.meter();
    let mut features = Features { meter: &meter, into, count: 0, failed: None };
    let mut json = serde_json::Deserializer::from_reader(Separated(source));
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

/// RS between texts (RFC 8142) is white space here; inside of them it can't stand.
struct Separated<R>(R);

impl<R: Read> Read for Separated<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(into)?;
        into[..count].iter_mut().filter(|byte| **byte == 0x1E).for_each(|byte| *byte = b' ');
        Ok(count)
    }
}

/// Where features go.
struct Features<'a> {
    meter: &'a Meter,
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

    /// Takes one feature. An error means that nothing more can be taken.
    fn take<E: serde::de::Error>(&mut self, line: u64, raw: &RawValue) -> Result<(), E> {
        self.count += 1;
        self.into.element(line, self.count);
        let taken = match serde_json::from_str::<Value>(raw.get()) {
            Ok(value) => feature::read(&value, line, self.into),
            Err(error) => {
                let words = error.to_string();
                let words = words.split(" at line").next().unwrap_or_default();
                let bad = Draft { line, ..Draft::default() }.bad(format!("can't be read: {words}"));
                self.into.row(crate::row::Row::Bad(bad))
            }
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
        let mut collection = false;
        while let Some(key) = map.next_key::<String>()? {
            self.0.refill();
            match key.as_str() {
                // The second is how uMap keeps several collections in one file.
                "features" | "layers" => {
                    collection = true;
                    map.next_value_seed(List(&mut *self.0))?;
                }
                _ if collection => drop(map.next_value::<IgnoredAny>()?),
                _ => {
                    let raw = map.next_value::<Box<RawValue>>()?;
                    // What can't be read is missed where it is needed.
                    single.insert(key, serde_json::from_str(raw.get()).unwrap_or_default());
                }
            }
            self.0.refill();
        }
        if collection || single.get("type").is_some_and(|kind| kind == "FeatureCollection") {
            return Ok(());
        }
        let raw = serde_json::value::to_raw_value(&single).map_err(A::Error::custom)?;
        self.0.take(line, &raw)
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
        while let Some((line, raw)) = seq.next_element_seed(Element(self.0.meter))? {
            self.0.take(line, &raw)?;
        }
        Ok(())
    }
}

/// A feature as it is written, and the line it begins on.
struct Element<'a>(&'a Meter);

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = (u64, Box<RawValue>);
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        // Its first byte has been looked at, and nothing behind it.
        let line = self.0.line();
        Ok((line, serde::Deserialize::deserialize(deserializer)?))
    }
}
