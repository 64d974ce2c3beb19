//! From the rows of a file to captures: parsed by the contract, named by their content.
//!
//! A capture from a file has an id derived from what the row says and from how often the file has said the same before.
//! So the same file again, on whatever device or on the server, names the same captures.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    Category, ClientId, FieldError, Name, NewPlace, Note, PlaceFields, Position, PositionSource, Source, Tags,
    Timestamp,
};

/// Set apart from every other use of the hash. Never changes: ids of captures hang on it.
const NAMESPACE: &[u8] = b"holdfast import 1\n";

/// One place of a file, as the file has it; [`parse`] judges it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ImportRow {
    /// Where it stands in the file, for messages.
    pub line: u64,
    /// The capture, where the file says it (one's own export does): the place that is here already is known by it.
    pub client_id: Option<ClientId>,
    /// Its name.
    pub name: Option<String>,
    /// Its note.
    pub note: Option<String>,
    /// Its category.
    pub category: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Metres, where known.
    pub accuracy: Option<f64>,
    /// Metres, where known.
    pub altitude: Option<f64>,
    /// When it was captured; without it, the moment of the import.
    pub captured_at: Option<Timestamp>,
    /// Where the position comes from, where the file says it (one's own export does); without it, a person.
    pub position_source: Option<PositionSource>,
}

/// A place of one's own export that had no position yet. Only a device can hold it, as a capture that needs one: the server
/// knows no place without a position. It names its capture itself, so that the position found for it, on whatever device,
/// makes one place.
#[derive(Clone, PartialEq, Debug)]
pub struct UnplacedRow {
    /// Where it stands in the file, for messages.
    pub line: u64,
    /// The capture.
    pub client_id: ClientId,
    /// Its name.
    pub name: Option<Name>,
    /// Its note.
    pub note: Option<Note>,
    /// Its category.
    pub category: Option<Category>,
    /// Its tags.
    pub tags: Tags,
    /// When it was captured; without it, the moment of the import.
    pub captured_at: Option<Timestamp>,
}

/// A row that can't be imported.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct InvalidRow {
    /// Where it stands in the file.
    pub line: u64,
    /// What is wrong with it.
    pub errors: Vec<FieldError>,
}

/// A row that can become a place.
#[derive(Clone, PartialEq, Debug)]
pub struct Parsed {
    /// The capture: the row's own, or derived from what the row says.
    pub client_id: ClientId,
    /// What is captured.
    pub place: NewPlace,
    /// Where the row stands in the file.
    pub line: u64,
}

/// Parses every row; bad ones are listed and cost nothing else. A row without a time gets `now`, which is not part of
/// its name.
pub fn parse(rows: &[ImportRow], now: Timestamp) -> (Vec<Parsed>, Vec<InvalidRow>) {
    let mut parsed = Vec::with_capacity(rows.len());
    let mut invalid = Vec::new();
    let mut seen: HashMap<[u8; 32], u64> = HashMap::new();
    let mut named = HashSet::new();
    for row in rows {
        match fields(row) {
            Ok(fields) => {
                let content = content(&fields, row.captured_at);
                let occurrence = seen.entry(content).or_insert(0);
                // A capture that the file names twice is itself once.
                let own = row.client_id.filter(|id| named.insert(*id));
                let client_id = own.unwrap_or_else(|| name(&content, *occurrence));
                *occurrence += u64::from(own.is_none());
                let captured_at = row.captured_at.unwrap_or(now);
                let place = NewPlace { fields, captured_at, source: Source::Import };
                parsed.push(Parsed { client_id, place, line: row.line });
            }
            Err(errors) => invalid.push(InvalidRow { line: row.line, errors }),
        }
    }
    (parsed, invalid)
}

fn fields(row: &ImportRow) -> Result<PlaceFields, Vec<FieldError>> {
    let mut errors = Vec::new();
    let raw = |text: &Option<String>| text.clone().unwrap_or_default();
    let name = Name::parse(&raw(&row.name)).unwrap_or_else(|e| {
        errors.push(e.at("name"));
        None
    });
    let note = Note::parse(&raw(&row.note)).unwrap_or_else(|e| {
        errors.push(e.at("note"));
        None
    });
    let category = Category::parse(&raw(&row.category)).unwrap_or_else(|e| {
        errors.push(e.at("category"));
        None
    });
    let tags = Tags::parse(&row.tags, "tags").unwrap_or_else(|e| {
        errors.extend(e);
        Tags::default()
    });
    let position = Position::parse("", row.latitude, row.longitude, row.accuracy, row.altitude);
    match position {
        Ok(position) if errors.is_empty() => {
            // A person chose the coordinates of a file once; no sensor's fix replaces them, unless it says otherwise.
            let position_source = row.position_source.unwrap_or(PositionSource::Manual);
            Ok(PlaceFields { name, note, category, tags, position, position_source })
        }
        Ok(_) => Err(errors),
        Err(more) => {
            errors.extend(more);
            Err(errors)
        }
    }
}

/// The hash of what a row says.
fn content(fields: &PlaceFields, captured_at: Option<Timestamp>) -> [u8; 32] {
    let said = json!([fields.name, fields.note, fields.category, fields.tags, fields.position, captured_at]);
    let mut hash = Sha256::new();
    hash.update(NAMESPACE);
    hash.update(said.to_string());
    hash.finalize().into()
}

/// The id of the `occurrence`th capture with this content: a UUID v8 (RFC 9562, section 5.8).
fn name(content: &[u8; 32], occurrence: u64) -> ClientId {
    let mut hash = Sha256::new();
    hash.update(content);
    hash.update(occurrence.to_be_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    ClientId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str) -> ImportRow {
        ImportRow { name: Some(name.to_owned()), latitude: 47.5, longitude: 8.7, ..ImportRow::default() }
    }

    #[test]
    fn a_name_never_changes() {
        let (parsed, _) = parse(&[row("Hut"), row("Hut")], Timestamp::EPOCH);
        let names: Vec<String> = parsed.iter().map(|p| p.client_id.to_string()).collect();
        assert_eq!(names, ["1a1ddcf4-ba3d-896f-8d92-e91375f0672f", "390c8c80-3626-81da-9a77-6822ed0966af"]);
    }

    #[test]
    fn what_the_row_says_counts_and_not_how_it_is_written_or_when_it_is_read() {
        let (a, _) = parse(&[row("Hut")], Timestamp::EPOCH);
        let (b, _) = parse(&[ImportRow { line: 7, ..row("  Hut ") }], Timestamp::from_micros(5));
        let (c, _) = parse(&[row("Hat")], Timestamp::EPOCH);
        assert_eq!(a[0].client_id, b[0].client_id);
        assert_ne!(a[0].client_id, c[0].client_id);
    }

    #[test]
    fn every_fault_of_a_row_is_listed_and_the_others_go_on() {
        let bad = ImportRow { line: 3, latitude: 91.0, ..row(&"x".repeat(201)) };
        let (parsed, invalid) = parse(&[row("a"), bad, row("b")], Timestamp::EPOCH);
        assert_eq!(parsed.len(), 2);
        let fields: Vec<&str> = invalid[0].errors.iter().map(|e| e.field.as_str()).collect();
        assert_eq!((invalid.len(), invalid[0].line, fields), (1, 3, vec!["name", "latitude"]));
    }

    use proptest::prelude::*;

    fn any_row() -> impl Strategy<Value = ImportRow> {
        let text = || proptest::option::of("[a-b \u{301}]{0,3}");
        let tags = proptest::collection::vec("[a-b]{0,2}", 0..3);
        let time = proptest::option::of((0..3_i64).prop_map(Timestamp::from_micros));
        let own = proptest::option::weighted(0.2, (0..2_u8).prop_map(|n| ClientId::v7(Timestamp::EPOCH, [n; 10])));
        (own, text(), text(), tags, 0..2_u8, time).prop_map(|(client_id, name, note, tags, latitude, captured_at)| {
            ImportRow {
                client_id,
                name,
                note,
                tags,
                latitude: f64::from(latitude),
                captured_at,
                ..ImportRow::default()
            }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_same_file_again_makes_the_same_captures_and_each_of_them_once(
            rows in proptest::collection::vec(any_row(), 0..12), later in any::<i64>(),
        ) {
            let ids = |now| parse(&rows, now).0.into_iter().map(|p| p.client_id).collect::<Vec<_>>();
            let first = ids(Timestamp::EPOCH);
            prop_assert_eq!(&ids(Timestamp::from_micros(later)), &first);
            // A row more at the end changes nothing about those before.
            let mut more = rows.clone();
            more.push(ImportRow::default());
            let longer: Vec<_> = parse(&more, Timestamp::EPOCH).0.into_iter().map(|p| p.client_id).collect();
            prop_assert_eq!(&longer[..first.len()], &first[..]);
            prop_assert_eq!(first.iter().collect::<HashSet<_>>().len(), first.len());
        }
    }
}
