//! One waypoint while it is read, and what becomes of it.

use holdfast_contract::position::{Accuracy, Altitude};
use holdfast_contract::{Category, Name, Note, Position, Tags, Timestamp};
use quick_xml::events::BytesStart;

use super::{BadRow, MALFORMED, Row, Waypoint};

/// The most text kept of one field; the contract's longest note needs 40,000 bytes.
const FIELD_BYTES_MAX: usize = 256 * 1024;
/// The most tags and links that are looked at in one waypoint.
const LIST_MAX: usize = 100;

/// An element whose text is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Name,
    Desc,
    Cmt,
    Type,
    Ele,
    Time,
    Url,
    Tag,
    Accuracy,
    ClientId,
    PositionSource,
}

/// A waypoint while it is read.
#[derive(Default)]
pub(super) struct Draft {
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
    client_id: Option<String>,
    position_source: Option<String>,
    links: Vec<String>,
    tags: Vec<String>,
    problems: Vec<String>,
}

impl Draft {
    pub(super) fn begin(tag: &BytesStart<'_>, line: u64) -> Self {
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
            Slot::ClientId => &mut self.client_id,
            Slot::PositionSource => &mut self.position_source,
            Slot::Name | Slot::Url | Slot::Tag => &mut self.name,
        }
    }

    pub(super) fn open(&mut self, slot: Slot) {
        match slot {
            Slot::Tag if self.tags.len() < LIST_MAX => self.tags.push(String::new()),
            Slot::Url if self.links.len() < LIST_MAX => self.links.push(String::new()),
            Slot::Tag | Slot::Url => {}
            slot => drop(self.slot(slot).get_or_insert_default()),
        }
    }

    pub(super) fn append(&mut self, slot: Slot, text: &str) {
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

    /// The address of a link.
    pub(super) fn link(&mut self, tag: &BytesStart<'_>) {
        if self.links.len() < LIST_MAX {
            self.links.extend(attribute(tag, "href"));
        }
    }

    /// Why it can't be taken. The first reason is enough.
    pub(super) fn problem(&mut self, problem: String) {
        if self.problems.is_empty() {
            self.problems.push(problem);
        }
    }

    pub(super) fn bad(self, reason: String) -> BadRow {
        let name = self.name.map(|n| shown(n.trim())).filter(|n| !n.is_empty());
        BadRow { line: self.line, name, reason }
    }

    pub(super) fn finish(mut self) -> Row {
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
                // One that can't be read names nothing: then the content does.
                let client_id = self.client_id.as_deref().and_then(|id| id.trim().parse().ok());
                let line = self.line;
                Row::Good(Box::new(Waypoint { line, client_id, name, note, category, tags, position, time, left_out }))
            }
            _ => Row::Bad(self.bad(problems.join("; "))),
        }
    }

    /// Description, comment where it says something else, and links. A description that only repeats the name is no note,
    /// unless Holdfast has written it: then the person has.
    fn note(&self) -> String {
        let ours = self.position_source.is_some();
        let mut parts: Vec<&str> = Vec::new();
        for text in [&self.desc, &self.cmt].into_iter().flatten().chain(&self.links) {
            let text = text.trim();
            if !text.is_empty()
                && !parts.iter().any(|p| p.contains(text))
                && (ours || self.name.as_deref().map(str::trim) != Some(text))
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
pub(super) fn shown(text: &str) -> String {
    let mut short: String =
        text.chars().map(|c| if c.is_control() || c == MALFORMED { '\u{FFFD}' } else { c }).take(60).collect();
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    short
}
