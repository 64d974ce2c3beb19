//! Reads GPX 1.0 and 1.1 waypoints as other makers write them.
//!
//! A pull parser that never builds a tree: entities that a file defines are never expanded, nesting and the size of one
//! element are bounded, everything that is not a waypoint is skipped. A waypoint that can't be taken becomes a
//! [`BadRow`]; only what makes the rest of the file unreadable ends the reading, and is told as [`Broken`].

use std::io::{self, Read};

use holdfast_contract::position::{Accuracy, Altitude};
use holdfast_contract::{Category, Name, Note, Position, Tags, Timestamp};
use quick_xml::Reader;
use quick_xml::errors::{Error as XmlError, IllFormedError};
use quick_xml::events::{BytesStart, Event};

use super::{BadRow, Decoded, MALFORMED, Row, Waypoint};

/// The most bytes between two tags, and the longest tag.
const ELEMENT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The most text kept of one field; the contract's longest note needs 40,000 bytes.
const FIELD_BYTES_MAX: usize = 256 * 1024;
/// The most tags and links that are looked at in one waypoint.
const LIST_MAX: usize = 100;
/// The deepest nesting.
const DEPTH_MAX: usize = 64;

/// Why a file can't be read to its end.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub(crate) struct Broken {
    /// Where.
    pub(crate) line: u64,
    /// Why, as a phrase.
    pub(crate) reason: String,
}

/// Reads waypoints one by one.
pub(crate) struct GpxReader<R: Read> {
    xml: Reader<Decoded<R>>,
    buffer: Vec<u8>,
    depth: usize,
    root_seen: bool,
    done: bool,
    draft: Option<Draft>,
    slot: Option<Slot>,
    /// Tracks and routes that were passed over.
    pub(crate) tracks: u64,
    pub(crate) routes: u64,
    /// Why the reading ended early, if it did.
    pub(crate) broken: Option<Broken>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    Name,
    Desc,
    Cmt,
    Type,
    Ele,
    Time,
    Url,
    Tag,
    Accuracy,
}

/// A waypoint while it is read.
#[derive(Default)]
struct Draft {
    line: u64,
    latitude: Option<String>,
    longitude: Option<String>,
    name: Option<String>,
    desc: Option<String>,
    cmt: Option<String>,
    kind: Option<String>,
    ele: Option<String>,
    time: Option<String>,
    accuracy: Option<String>,
    links: Vec<String>,
    tags: Vec<String>,
    problems: Vec<String>,
}

impl<R: Read> GpxReader<R> {
    /// Reads `source` from its beginning.
    pub(crate) fn new(source: Decoded<R>) -> Self {
        let mut xml = Reader::from_reader(source);
        let config = xml.config_mut();
        config.expand_empty_elements = true;
        // Many write "Bar & Grill" without escaping it, and mean just that.
        config.allow_dangling_amp = true;
        Self {
            xml,
            buffer: Vec::new(),
            depth: 0,
            root_seen: false,
            done: false,
            draft: None,
            slot: None,
            tracks: 0,
            routes: 0,
            broken: None,
        }
    }

    fn line(&self) -> u64 {
        self.xml.get_ref().line()
    }

    /// Handles one event; a row when one is complete.
    fn step(&mut self) -> Option<Row> {
        let line = self.line();
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        self.xml.get_mut().set_budget(ELEMENT_BYTES_MAX);
        let row = match self.xml.read_event_into(&mut buffer) {
            Ok(Event::Start(tag)) => self.start(&tag, line),
            Ok(Event::End(_)) => self.end(),
            Ok(Event::Text(text)) => {
                self.text(&text.xml10_content());
                None
            }
            Ok(Event::CData(text)) => {
                self.text(&text.xml10_content());
                None
            }
            Ok(Event::GeneralRef(reference)) => {
                match reference.resolve_char_ref() {
                    Ok(Some(c)) => self.text(c.encode_utf8(&mut [0; 4])),
                    Ok(None) => match quick_xml::escape::resolve_predefined_entity(&reference) {
                        Some(text) => self.text(text),
                        None => self.problem(format!(
                            "uses the entity &{};, and entities are never expanded",
                            shown(&reference)
                        )),
                    },
                    Err(_) => self.problem(format!("holds the impossible character &{};", shown(&reference))),
                }
                None
            }
            Ok(Event::Eof) => self.ended(),
            Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Empty(_)) => None,
            Err(error) => self.stop(line, &words_of(&error), "the file can't be read on from inside it"),
        };
        self.buffer = buffer;
        row
    }

    fn start(&mut self, tag: &BytesStart<'_>, line: u64) -> Option<Row> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return self.stop(line, &format!("it is nested deeper than {DEPTH_MAX} levels"), "it is nested too deeply");
        }
        let local = tag.local_name();
        let local = local.as_ref();
        match self.depth {
            1 if local != "gpx" => {
                let reason = format!("it is not a GPX file: it begins with <{}>", shown(local));
                return self.stop(line, &reason, "");
            }
            1 => self.root_seen = true,
            2 => match local {
                "wpt" => self.draft = Some(Draft::begin(tag, line)),
                "trk" => self.tracks += 1,
                "rte" => self.routes += 1,
                _ => {}
            },
            3 => {
                self.slot = match local {
                    "name" => Some(Slot::Name),
                    "desc" => Some(Slot::Desc),
                    "cmt" => Some(Slot::Cmt),
                    "type" => Some(Slot::Type),
                    "ele" => Some(Slot::Ele),
                    "time" => Some(Slot::Time),
                    "url" => Some(Slot::Url),
                    _ => None,
                };
                if let (Some(draft), "link") = (&mut self.draft, local)
                    && draft.links.len() < LIST_MAX
                {
                    draft.links.extend(attribute(tag, "href"));
                }
            }
            4 => {
                self.slot = match tag.name().as_ref() {
                    "holdfast:tag" => Some(Slot::Tag),
                    "holdfast:accuracy" => Some(Slot::Accuracy),
                    _ => None,
                };
            }
            _ => self.slot = None,
        }
        if let (Some(draft), Some(slot)) = (&mut self.draft, self.slot) {
            draft.open(slot);
        }
        None
    }

    fn end(&mut self) -> Option<Row> {
        self.slot = None;
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 1 { self.draft.take().map(Draft::finish) } else { None }
    }

    fn text(&mut self, text: &str) {
        if let (Some(draft), Some(slot)) = (&mut self.draft, self.slot) {
            draft.append(slot, text);
        }
    }

    fn problem(&mut self, problem: String) {
        if let (Some(draft), Some(_)) = (&mut self.draft, self.slot)
            && draft.problems.is_empty()
        {
            draft.problems.push(problem);
        }
    }

    fn ended(&mut self) -> Option<Row> {
        self.done = true;
        if !self.root_seen {
            return self.stop(self.line(), "there is no GPX in it", "");
        }
        if self.depth > 0 {
            return self.stop(self.line(), "it ends before it is complete", "the file ends in the middle of it");
        }
        None
    }

    /// Ends the reading. An unfinished waypoint becomes a bad row.
    fn stop(&mut self, line: u64, reason: &str, about_the_waypoint: &str) -> Option<Row> {
        self.done = true;
        self.broken = Some(Broken { line, reason: reason.to_owned() });
        let draft = self.draft.take()?;
        Some(Row::Bad(draft.bad(about_the_waypoint.to_owned())))
    }
}

impl<R: Read> Iterator for GpxReader<R> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        while !self.done {
            if let Some(row) = self.step() {
                return Some(row);
            }
        }
        None
    }
}

impl Draft {
    fn begin(tag: &BytesStart<'_>, line: u64) -> Self {
        Self { line, latitude: attribute(tag, "lat"), longitude: attribute(tag, "lon"), ..Self::default() }
    }

    fn slot(&mut self, slot: Slot) -> &mut Option<String> {
        match slot {
            Slot::Desc => &mut self.desc,
            Slot::Cmt => &mut self.cmt,
            Slot::Type => &mut self.kind,
            Slot::Ele => &mut self.ele,
            Slot::Time => &mut self.time,
            Slot::Accuracy => &mut self.accuracy,
            Slot::Name | Slot::Url | Slot::Tag => &mut self.name,
        }
    }

    fn open(&mut self, slot: Slot) {
        match slot {
            Slot::Tag if self.tags.len() < LIST_MAX => self.tags.push(String::new()),
            Slot::Url if self.links.len() < LIST_MAX => self.links.push(String::new()),
            Slot::Tag | Slot::Url => {}
            slot => drop(self.slot(slot).get_or_insert_default()),
        }
    }

    fn append(&mut self, slot: Slot, text: &str) {
        let field = match slot {
            Slot::Tag => self.tags.last_mut(),
            Slot::Url => self.links.last_mut(),
            slot => self.slot(slot).as_mut(),
        };
        if let Some(field) = field {
            // What is past the bound is far past the contract's, which will refuse the field by its length.
            if field.len() < FIELD_BYTES_MAX {
                field.push_str(text);
            }
        }
    }

    fn bad(self, reason: String) -> BadRow {
        let name = self.name.map(|n| shown(n.trim())).filter(|n| !n.is_empty());
        BadRow { line: self.line, name, reason }
    }

    fn finish(mut self) -> Row {
        let mut problems = std::mem::take(&mut self.problems);
        let mut left_out = Vec::new();

        let texts = [&self.name, &self.desc, &self.cmt, &self.kind];
        let texts = texts.into_iter().flatten().chain(&self.links).chain(&self.tags);
        if texts.into_iter().any(|t| t.contains(MALFORMED)) {
            problems.push("holds bytes that are no text in the file's encoding (see --encoding)".to_owned());
        }
        let name = Name::parse(self.name.as_deref().unwrap_or_default())
            .map_err(|e| problems.push(format!("its name {e}")))
            .unwrap_or_default();
        let note =
            Note::parse(&self.note()).map_err(|e| problems.push(format!("its description {e}"))).unwrap_or_default();
        let category = Category::parse(self.kind.as_deref().unwrap_or_default())
            .map_err(|e| problems.push(format!("its type {e}")))
            .unwrap_or_default();
        let tags = Tags::parse(&self.tags, "tags")
            .map_err(|errors| problems.extend(errors.first().map(|e| format!("one of its tags: {}", e.detail))))
            .unwrap_or_default();

        let latitude = coordinate(self.latitude.as_deref(), "lat", &mut problems);
        let longitude = coordinate(self.longitude.as_deref(), "lon", &mut problems);
        let altitude = optional_number(self.ele.as_deref(), "altitude", &mut left_out)
            .filter(|a| Altitude::new(*a).is_ok() || !note_left_out(&mut left_out, "altitude"));
        let accuracy = optional_number(self.accuracy.as_deref(), "accuracy", &mut left_out)
            .filter(|a| Accuracy::new(*a).is_ok() || !note_left_out(&mut left_out, "accuracy"));
        let position = match (latitude, longitude) {
            (Some(latitude), Some(longitude)) => Position::parse("", latitude, longitude, accuracy, altitude)
                .map_err(|errors| problems.extend(errors.iter().map(ToString::to_string)))
                .ok(),
            _ => None,
        };
        let time = self.time.as_deref().map(str::trim).filter(|t| !t.is_empty());
        let time = time.and_then(|raw| {
            let parsed = parse_time(raw);
            if parsed.is_none() {
                note_left_out(&mut left_out, "time");
            }
            parsed
        });
        match position {
            Some(position) if problems.is_empty() => {
                Row::Good(Box::new(Waypoint { line: self.line, name, note, category, tags, position, time, left_out }))
            }
            _ => Row::Bad(self.bad(problems.join("; "))),
        }
    }

    /// Description, comment where it says something else, and links.
    fn note(&self) -> String {
        let mut parts: Vec<&str> = Vec::new();
        for text in [&self.desc, &self.cmt].into_iter().flatten().chain(&self.links) {
            let text = text.trim();
            if !text.is_empty()
                && !parts.iter().any(|p| p.contains(text))
                && self.name.as_deref().map(str::trim) != Some(text)
            {
                parts.push(text);
            }
        }
        parts.join("\n")
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = tag.attributes().flatten().find(|a| a.key.as_ref() == name)?;
    // Coordinates need no unescaping, and in a link only the five predefined entities mean anything.
    match quick_xml::escape::unescape(&attribute.value) {
        Ok(value) => Some(value.into_owned()),
        Err(_) => Some(attribute.value.clone().into_owned()),
    }
}

fn coordinate(raw: Option<&str>, name: &str, problems: &mut Vec<String>) -> Option<f64> {
    let Some(raw) = raw.map(str::trim).filter(|r| !r.is_empty()) else {
        problems.push(format!("has no {name}"));
        return None;
    };
    let number = raw.parse().ok();
    if number.is_none() {
        problems.push(format!("its {name} \"{}\" is not a number", shown(raw)));
    }
    number
}

fn optional_number(raw: Option<&str>, name: &str, left_out: &mut Vec<String>) -> Option<f64> {
    let raw = raw.map(str::trim).filter(|r| !r.is_empty())?;
    let number = raw.parse().ok();
    if number.is_none() {
        note_left_out(left_out, name);
    }
    number
}

/// Notes that `name` was left out; always true, to stand in a condition.
fn note_left_out(left_out: &mut Vec<String>, name: &str) -> bool {
    left_out.push(format!("its {name} can't be read"));
    true
}

/// RFC 3339, and what others write instead: without a zone (GPX means UTC), or only a date.
fn parse_time(raw: &str) -> Option<Timestamp> {
    Timestamp::parse(raw)
        .or_else(|| Timestamp::parse(&format!("{raw}Z")))
        .or_else(|| Timestamp::parse(&format!("{raw}T00:00:00Z")))
}

/// A piece of the file as it may be shown: short, and without control characters.
fn shown(text: &str) -> String {
    let mut short: String =
        text.chars().map(|c| if c.is_control() || c == MALFORMED { '\u{FFFD}' } else { c }).take(60).collect();
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    short
}

fn words_of(error: &XmlError) -> String {
    match error {
        XmlError::Io(e) if e.kind() == io::ErrorKind::FileTooLarge => {
            format!("one element is larger than {} MiB", ELEMENT_BYTES_MAX / 1024 / 1024)
        }
        XmlError::Io(e) => format!("reading it failed: {e}"),
        XmlError::Syntax(_) => "it ends in the middle of a tag".to_owned(),
        XmlError::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
            format!("it is not well-formed: </{}> was expected and </{}> was found", shown(expected), shown(found))
        }
        XmlError::IllFormed(IllFormedError::UnmatchedEndTag(found)) => {
            format!("it is not well-formed: </{}> closes nothing", shown(found))
        }
        _ => "it is not well-formed XML".to_owned(),
    }
}
