//! Help for fuzzing: GPX as the importer reads it and the exporter writes it.

use holdfast_contract::{PositionSource, Timestamp};

use crate::formats::gpx_read::GpxReader;
use crate::formats::gpx_write::GpxWriter;
use crate::formats::{BadRow, Decoded, ExportPlace, Row, Waypoint};

/// What a file came to.
#[derive(PartialEq, Debug, Default)]
struct File {
    good: Vec<Waypoint>,
    bad: Vec<BadRow>,
    broken: Option<(u64, String)>,
}

/// Reads `bytes` as a GPX file, and writes what could be read.
///
/// # Panics
/// Where a flaw is told without line or reason, a second reading differs, or what is written reads back as something else.
pub fn gpx(bytes: &[u8]) {
    let Some(file) = read(bytes) else { return };
    assert_eq!(read(bytes).as_ref(), Some(&file), "a file says the same each time");
    let lines = 1 + bytes.iter().map(|b| u64::from(*b == b'\n')).sum::<u64>();
    // In UTF-16 a byte 0x0A may stand for half of a letter, and in other encodings a line end is no 0x0A alone.
    let most = lines + if std::str::from_utf8(bytes).is_ok() { 0 } else { bytes.len() as u64 };
    for bad in &file.bad {
        assert!((1..=most).contains(&bad.line), "line {} of {most}", bad.line);
        assert_told(&bad.reason);
    }
    if let Some((line, reason)) = &file.broken {
        assert!((1..=most).contains(line), "line {line} of {most}");
        assert_told(reason);
    }
    for waypoint in &file.good {
        waypoint.left_out.iter().for_each(|what| assert_told(what));
        let written = ExportPlace::from(waypoint);
        assert_eq!(ExportPlace::from(&read_back(&written)), expected(written));
    }
}

fn assert_told(reason: &str) {
    assert!(!reason.trim().is_empty() && reason.len() < 2_000, "{reason:?}");
    assert!(!reason.chars().any(char::is_control), "{reason:?} would reach a terminal");
}

fn read(bytes: &[u8]) -> Option<File> {
    let mut gpx = GpxReader::new(Decoded::new(bytes, None).ok()?.ok()?);
    let mut file = File::default();
    for row in gpx.by_ref() {
        match row {
            Row::Good(waypoint) => file.good.push(*waypoint),
            Row::Bad(bad) => file.bad.push(bad),
        }
    }
    file.broken = gpx.broken.map(|broken| (broken.line, broken.reason));
    Some(file)
}

/// What a file that holds this place alone is read as.
pub(crate) fn read_back(place: &ExportPlace) -> Waypoint {
    let mut out = Vec::new();
    let mut writer = GpxWriter::new(&mut out, Timestamp::EPOCH).expect("memory can be written");
    writer.write(place).and_then(|()| writer.finish()).expect("memory can be written");
    let mut file = read(&out).expect("UTF-8 is known");
    assert_eq!((file.good.len(), &file.bad, &file.broken), (1, &Vec::new(), &None));
    let waypoint = file.good.remove(0);
    assert!(waypoint.left_out.is_empty(), "{:?}", waypoint.left_out);
    waypoint
}

/// The place as GPX can hold it: XML has no U+FFFE and U+FFFF, and the schema's longitudes end before 180.
pub(crate) fn expected(mut place: ExportPlace) -> ExportPlace {
    use holdfast_contract::{Category, Longitude, Name, Note, Tags};
    let held = |text: &str| text.replace(['\u{FFFE}', '\u{FFFF}'], "\u{FFFD}");
    place.name = place.name.and_then(|name| Name::parse(&held(name.as_str())).ok()?);
    place.note = place.note.and_then(|note| Note::parse(&held(note.as_str())).ok()?);
    place.category = place.category.and_then(|category| Category::parse(&held(category.as_str())).ok()?);
    place.tags = Tags::parse(place.tags.iter().map(|tag| held(tag.as_str())), "tags").unwrap_or_default();
    if place.position.longitude.get() >= 180.0
        && let Ok(same) = Longitude::new(-180.0)
    {
        place.position.longitude = same;
    }
    place
}

impl From<&Waypoint> for ExportPlace {
    fn from(waypoint: &Waypoint) -> Self {
        Self {
            client_id: waypoint.client_id,
            name: waypoint.name.clone(),
            note: waypoint.note.clone(),
            category: waypoint.category.clone(),
            tags: waypoint.tags.clone(),
            position: waypoint.position,
            // A person chose an imported position.
            position_source: PositionSource::Manual,
            captured_at: waypoint.time.unwrap_or(Timestamp::EPOCH),
        }
    }
}
