//! The text of one JSON value, kept while the value is passed over: within a bound, however large the value is.

use std::cell::{Cell, RefCell};
use std::io::{self, Read};
use std::rc::Rc;

use serde::de::{Deserialize as _, DeserializeSeed, Deserializer, IgnoredAny};

use crate::decode::Meter;

/// The largest feature, and the most that all members of a single one may have together. Built, JSON needs up to a hundred
/// times as much memory as its text.
pub(crate) const FEATURE_BYTES_MAX: usize = 1024 * 1024;

/// What goes by.
#[derive(Default)]
pub(crate) struct Tap {
    /// How much may still be kept; `None`: nothing is kept at the moment.
    room: Cell<Option<usize>>,
    kept: RefCell<Vec<u8>>,
    overflown: Cell<bool>,
    last: Cell<u8>,
}

impl Tap {
    fn open(&self, start: &[u8], room: usize) {
        self.kept.borrow_mut().clear();
        self.overflown.set(false);
        self.room.set(Some(room));
        self.keep(start);
    }

    fn keep(&self, bytes: &[u8]) {
        let Some(room) = self.room.get() else { return };
        if let Some(left) = room.checked_sub(bytes.len()) {
            self.room.set(Some(left));
            self.kept.borrow_mut().extend_from_slice(bytes);
        } else {
            self.overflown.set(true);
            self.room.set(None);
        }
    }

    /// What was kept; `None`: there was no room for all of it.
    fn close(&self) -> Option<String> {
        self.room.set(None);
        if self.overflown.get() {
            return None;
        }
        let kept = self.kept.borrow();
        // Decoded before, and cut at signs of one byte.
        let text = std::str::from_utf8(&kept).ok()?.trim();
        // Behind a number its parser has taken one byte more.
        let number = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        Some(if number { text.trim_end_matches([',', ']', '}']).trim_end() } else { text }.to_owned())
    }
}

/// Hands bytes on by the tap. RS between texts (RFC 8142) is white space here; inside of them it can't stand.
pub(crate) struct Tapped<R> {
    pub(crate) inner: R,
    pub(crate) tap: Rc<Tap>,
}

impl<R: Read> Read for Tapped<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(into)?;
        into[..count].iter_mut().filter(|byte| **byte == 0x1E).for_each(|byte| *byte = b' ');
        if let Some(last) = into[..count].last() {
            self.tap.last.set(*last);
        }
        self.tap.keep(&into[..count]);
        Ok(count)
    }
}

/// A value of a list as it is written, and the line it begins on. `None` where it is larger than a feature may be.
pub(crate) struct Element<'a> {
    pub(crate) tap: &'a Tap,
    pub(crate) meter: &'a Meter,
}

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = (u64, Option<String>);
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        // Its first byte has been looked at, and nothing behind it.
        let line = self.meter.line();
        self.tap.open(&[self.tap.last.get()], FEATURE_BYTES_MAX);
        IgnoredAny::deserialize(deserializer)?;
        Ok((line, self.tap.close()))
    }
}

/// A value of a member as it is written. `None` where there is no room for it.
pub(crate) struct Member<'a> {
    pub(crate) tap: &'a Tap,
    pub(crate) room: usize,
}

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = Option<String>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        // Nothing behind the colon has been looked at.
        self.tap.open(&[], self.room);
        IgnoredAny::deserialize(deserializer)?;
        Ok(self.tap.close())
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use serde::de::{MapAccess, SeqAccess, Visitor};

    use super::*;
    use crate::decode::Decoded;

    /// The texts of a list's elements, or of an object's members.
    struct Texts<'a>(&'a Tap, &'a Meter);

    impl<'de> Visitor<'de> for Texts<'_> {
        type Value = Vec<Option<String>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list or an object")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut texts = Vec::new();
            while let Some((_, text)) = seq.next_element_seed(Element { tap: self.0, meter: self.1 })? {
                texts.push(text);
            }
            Ok(texts)
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut texts = Vec::new();
            while map.next_key::<String>()?.is_some() {
                texts.push(map.next_value_seed(Member { tap: self.0, room: 20 })?);
            }
            Ok(texts)
        }
    }

    fn texts(json: &str) -> Vec<Option<String>> {
        let source = Decoded::new(json.as_bytes(), None).unwrap().unwrap();
        let (meter, tap) = (source.meter(), Rc::new(Tap::default()));
        let mut json = serde_json::Deserializer::from_reader(Tapped { inner: source, tap: Rc::clone(&tap) });
        json.deserialize_any(Texts(&tap, &meter)).unwrap()
    }

    #[test]
    fn values_are_kept_as_they_are_written() {
        let values = ["1", "-2.5e3", "true", "null", "\"a,]}\"", "{\"a\":[1, 2]}", "[[], {}]", "\"ä\\n\"", "0"];
        for parted in [values.join(","), values.join(" ,\n "), values.join("\r\n,")] {
            assert_eq!(texts(&format!("[ {parted} ]")), values.map(|value| Some(value.to_owned())), "{parted}");
        }
        for colon in [":", " : ", ":\n"] {
            let members = values.map(|value| format!("\"k\"{colon}{value}")).join(",");
            assert_eq!(texts(&format!("{{{members}}}")), values.map(|value| Some(value.to_owned())), "{members}");
        }
    }

    #[test]
    fn a_value_that_is_too_large_is_passed_over() {
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(FEATURE_BYTES_MAX));
        assert_eq!(texts(&format!("[1,{large},2]")), [Some("1".to_owned()), None, Some("2".to_owned())]);
        assert_eq!(texts("{\"a\":\"twenty signs and more\",\"b\":1}"), [None, Some("1".to_owned())]);
    }
}
