//! One place while it is read, and what becomes of it.

use holdfast_contract::import::UnplacedRow;
use holdfast_contract::position::{Accuracy, Altitude};
use holdfast_contract::{Category, ClientId, Name, Note, Position, Tags, Timestamp, limits};

use crate::contents::BadRow;
use crate::decode::MALFORMED;
use crate::row::{Row, Waypoint};

/// The most text kept of one field; the contract's longest note needs 40,000 bytes.
pub(crate) const FIELD_BYTES_MAX: usize = 256 * 1024;
/// The most tags and links that are looked at in one place.
pub(crate) const LIST_MAX: usize = 100;
/// The reason of a row with bytes that the encoding does not know: the person may name another one.
pub const NOT_TEXT: &str = "holds bytes that are no text in the file's encoding";

/// How a format calls things, for messages, and how it writes times.
pub(crate) struct Words {
    pub(crate) latitude: &'static str,
    pub(crate) longitude: &'static str,
    pub(crate) note: &'static str,
    pub(crate) category: &'static str,
    /// Whether times come in other spellings than RFC 3339's.
    pub(crate) loose_times: bool,
}

/// A place as a file writes it: text, not yet judged.
#[derive(Clone, Default, Debug)]
pub(crate) struct Draft {
    pub(crate) line: u64,
    pub(crate) client_id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) category: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) latitude: Option<String>,
    pub(crate) longitude: Option<String>,
    pub(crate) altitude: Option<String>,
    pub(crate) accuracy: Option<String>,
    pub(crate) time: Option<String>,
    pub(crate) position_source: Option<String>,
    /// Holdfast wrote it, without a position: the capture had none yet.
    pub(crate) unplaced: bool,
    /// Why it can't be taken, as phrases.
    pub(crate) problems: Vec<String>,
    /// What of it was left out already, as phrases.
    pub(crate) left_out: Vec<String>,
}

impl Draft {
    /// Refuses it. Its name is told where it can be shown.
    pub(crate) fn bad(self, reason: String) -> BadRow {
        let name = self.name.map(|n| shown(n.trim())).filter(|n| !n.is_empty());
        BadRow { line: self.line, name, reason, number: None, file: None }
    }

    /// Judges it by the contract.
    pub(crate) fn finish(mut self, words: &Words) -> Row {
        let mut problems = std::mem::take(&mut self.problems);
        let mut left_out = std::mem::take(&mut self.left_out);

        let texts = [&self.name, &self.note, &self.category].into_iter().flatten();
        if texts.chain(&self.tags).any(|t| t.contains(MALFORMED)) {
            problems.push(NOT_TEXT.to_owned());
        }
        let name = Name::parse(self.name.as_deref().unwrap_or_default())
            .map_err(|e| problems.push(format!("its name {e}")))
            .unwrap_or_default();
        let note = Note::parse(self.note.as_deref().unwrap_or_default())
            .map_err(|e| problems.push(format!("its {} {e}", words.note)))
            .unwrap_or_default();
        let category = Category::parse(self.category.as_deref().unwrap_or_default())
            .map_err(|e| problems.push(format!("its {} {e}", words.category)))
            .unwrap_or_default();
        let tags = Tags::parse(&self.tags, "tags")
            .map_err(|errors| problems.extend(errors.first().map(|e| format!("one of its tags: {}", e.detail))))
            .unwrap_or_default();

        // An id that can't be read names nothing: then the content does.
        let client_id: Option<ClientId> = self.client_id.as_deref().and_then(|id| id.trim().parse().ok());
        let unplaced = client_id.filter(|_| self.unplaced);
        let (mut latitude, mut longitude) = (None, None);
        if unplaced.is_none() {
            latitude = coordinate(self.latitude.as_deref(), words.latitude, &mut problems);
            longitude = coordinate(self.longitude.as_deref(), words.longitude, &mut problems);
        }
        let altitude = optional_number(self.altitude.as_deref(), "altitude", &mut left_out)
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
            let parsed = parse_time(raw, words.loose_times);
            if parsed.is_none() {
                note_left_out(&mut left_out, "time");
            }
            parsed
        });
        if let Some(client_id) = unplaced.filter(|_| problems.is_empty()) {
            let line = self.line;
            let row = UnplacedRow { line, client_id, name, note, category, tags, captured_at: time };
            return Row::Unplaced(Box::new(row), left_out);
        }
        match position {
            Some(position) if problems.is_empty() => Row::Good(Box::new(Waypoint {
                line: self.line,
                client_id,
                name,
                note,
                category,
                tags,
                position,
                position_source: self.position_source.as_deref().and_then(|source| source.trim().parse().ok()),
                time,
                left_out,
            })),
            _ => Row::Bad(self.bad(problems.join("; "))),
        }
    }
}

/// Latitude, longitude and altitude as a file writes them.
#[derive(Clone, Default, Debug)]
pub(crate) struct Point {
    pub(crate) latitude: Option<String>,
    pub(crate) longitude: Option<String>,
    pub(crate) altitude: Option<String>,
}

/// The places that one element of a file makes, told apart by a number. Only what is one place can be one capture.
///
/// An element can have more points than memory could hold copies of its texts: what can't become a place has none, and
/// texts that no place can have are refused once.
pub(crate) fn at_points(draft: Draft, points: Vec<Point>, words: &'static Words) -> impl Iterator<Item = Row> {
    let several = points.len() > 1;
    let long = |text: &Option<String>, max: usize| text.as_ref().is_some_and(|text| text.trim().len() > 4 * max);
    let refused = long(&draft.name, limits::NAME_MAX)
        || long(&draft.note, limits::NOTE_MAX)
        || long(&draft.category, limits::CATEGORY_MAX)
        || draft.tags.iter().map(String::len).sum::<usize>() > 4 * limits::NOTE_MAX;
    let most = if refused { 1 } else { usize::MAX };
    points.into_iter().take(most).enumerate().map(move |(index, point)| {
        let mut place = if !several || point.is_on_earth() {
            draft.clone()
        } else {
            let name = draft.name.clone();
            Draft { line: draft.line, name, problems: draft.problems.clone(), ..Draft::default() }
        };
        (place.latitude, place.longitude) = (point.latitude, point.longitude);
        place.altitude = point.altitude.or(place.altitude);
        if several {
            place.client_id = None;
            let name = place.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
            let numbered = name.map(|name| format!("{name} ({})", index + 1));
            let numbered = numbered.filter(|name| name.chars().count() <= limits::NAME_MAX);
            place.name = numbered.or(place.name);
        }
        place.finish(words)
    })
}

impl Point {
    fn is_on_earth(&self) -> bool {
        let within = |number: &Option<String>, most: f64| {
            number
                .as_deref()
                .and_then(|number| number.trim().parse().ok())
                .is_some_and(|number: f64| number.abs() <= most)
        };
        within(&self.latitude, 90.0) && within(&self.longitude, 180.0)
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

/// RFC 3339, and what others write instead: without a zone (then UTC is meant), or only a date. `loose` takes years, months
/// and seconds since 1970 as well. (GPX does not: a time that was left out once must not name another capture.)
fn parse_time(raw: &str, loose: bool) -> Option<Timestamp> {
    let strict = Timestamp::parse(raw)
        .or_else(|| Timestamp::parse(&format!("{raw}Z")))
        .or_else(|| Timestamp::parse(&format!("{raw}T00:00:00Z")));
    if strict.is_some() || !loose {
        return strict;
    }
    if raw.len() > 8 && raw.bytes().all(|b| b.is_ascii_digit()) {
        let number: i64 = raw.parse().ok()?;
        let micros = if raw.len() > 11 { number.checked_mul(1000) } else { number.checked_mul(1_000_000) };
        return micros.map(Timestamp::from_micros);
    }
    Timestamp::parse(&format!("{raw}-01T00:00:00Z")).or_else(|| Timestamp::parse(&format!("{raw}-01-01T00:00:00Z")))
}

/// A piece of the file as it may be shown: short, and without control characters.
pub(crate) fn shown(text: &str) -> String {
    let mut short: String =
        text.chars().map(|c| if c.is_control() || c == MALFORMED { '\u{FFFD}' } else { c }).take(60).collect();
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    short
}

/// Joins parts of a note, each once, leaving out what only repeats `name`.
pub(crate) fn join_note<'a>(parts: impl IntoIterator<Item = &'a str>, name: Option<&str>) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for part in parts {
        let part = part.trim();
        if !part.is_empty() && !kept.iter().any(|k| k.contains(part)) && name.map(str::trim) != Some(part) {
            kept.push(part);
        }
    }
    kept.join("\n")
}
