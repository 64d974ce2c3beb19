//! Help for fuzzing: files as the importer reads them and the exporter writes them.

use holdfast_contract::import::{self, ImportRow};
use holdfast_contract::text::Text;
use holdfast_contract::{Longitude, PositionSource, Tags, Timestamp};

use crate::write::{plain_text, xml_text};
use crate::{Contents, ExportPlace, Format, ReadOptions, Writer, read};

/// Most places of one file that are written again: more tell nothing new.
const WRITTEN_MAX: usize = 20;

/// Reads `bytes` as a GPX file, and writes what could be read.
///
/// # Panics
/// Where a flaw is told without line or reason, a second reading differs, or what is written reads back as something else.
pub fn gpx(bytes: &[u8]) {
    check(Format::Gpx, bytes, &[Format::Gpx]);
}

/// Reads `bytes` as a file of every other format, and writes what could be read in every format.
///
/// # Panics
/// As [`gpx`] does.
pub fn places(bytes: &[u8]) {
    for format in Format::ALL.iter().copied().filter(|format| *format != Format::Gpx) {
        check(format, bytes, Format::WRITABLE);
    }
    if let Ok(contents) = read(bytes, "", &ReadOptions::default()) {
        assert!(crate::detect("", bytes).is_some());
        assert!(contents.rows.len() as u64 + contents.bad_count <= bytes.len() as u64 * 1100);
    }
}

fn check(format: Format, bytes: &[u8], written_as: &[Format]) {
    let options = ReadOptions { format: Some(format), ..ReadOptions::default() };
    let Ok(file) = read(bytes, "some.csv", &options) else { return };
    let again = read(bytes, "some.csv", &options).expect("what was read once is read twice");
    assert_eq!(again, file, "a file says the same each time");
    // In UTF-16 a byte 0x0A may stand for half of a letter, CR ends a line too, and an archive has lines inside.
    let lines = 1 + bytes.iter().map(|b| u64::from(*b == b'\n')).sum::<u64>();
    let plain = std::str::from_utf8(bytes).is_ok() && !bytes.contains(&b'\r');
    let packed = matches!(format, Format::Kmz | Format::TakeoutZip | Format::Archive);
    let most = if packed { u64::MAX } else { lines + if plain { 0 } else { bytes.len() as u64 } };
    for bad in &file.bad {
        assert!((1..=most).contains(&bad.line), "line {} of {most}", bad.line);
        assert_told(&bad.reason);
    }
    if let Some(broken) = &file.broken {
        assert!((1..=most).contains(&broken.line), "line {} of {most}", broken.line);
        assert_told(&broken.reason);
    }
    file.left_out.iter().for_each(|left| assert_told(&left.what));
    let (parsed, invalid) = import::parse(&file.rows, Timestamp::EPOCH);
    assert!(invalid.is_empty() && parsed.len() == file.rows.len(), "what was read can be imported: {invalid:?}");
    for place in file.rows.iter().take(WRITTEN_MAX).map(export_place) {
        for format in written_as {
            assert_eq!(export_place(&read_back(&place, *format)), expected(place.clone(), *format), "{format}");
        }
    }
}

fn assert_told(reason: &str) {
    assert!(!reason.trim().is_empty() && reason.len() < 4_000, "{reason:?}");
    assert!(!reason.chars().any(char::is_control), "{reason:?} would reach a terminal");
}

/// A file of these places.
pub(crate) fn written(places: &[ExportPlace], format: Format) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(format, &mut out, Timestamp::EPOCH).expect("memory can be written");
    for place in places {
        writer.write(place).expect("memory can be written");
    }
    writer.finish().expect("memory can be written");
    out
}

/// What a file says, whose format it says itself.
pub(crate) fn contents(bytes: &[u8], name: &str) -> Contents {
    read(bytes, name, &ReadOptions::default()).expect("it can be read")
}

/// What a file that holds this place alone is read as.
pub(crate) fn read_back(place: &ExportPlace, format: Format) -> ImportRow {
    let file = contents(&written(std::slice::from_ref(place), format), "");
    assert_eq!((file.format, file.rows.len(), &file.bad, &file.broken), (format, 1, &Vec::new(), &None));
    assert!(file.left_out.is_empty(), "{:?}", file.left_out);
    file.rows.into_iter().next().expect("there is one")
}

/// The place as a format can hold it: XML has no U+FFFE and U+FFFF, and GPX's longitudes end before 180.
pub(crate) fn expected(mut place: ExportPlace, format: Format) -> ExportPlace {
    fn held<const MAX: usize>(text: Option<Text<MAX>>, change: fn(&str) -> String) -> Option<Text<MAX>> {
        text.and_then(|text| Text::parse(&change(text.as_str())).ok()?)
    }
    let xml = matches!(format, Format::Gpx | Format::Kml | Format::Kmz);
    let change: fn(&str) -> String = if xml { xml_text } else { plain_text };
    place.name = held(place.name, change);
    place.note = held(place.note, change);
    place.category = held(place.category, change);
    place.tags = Tags::parse(place.tags.iter().map(|tag| change(tag.as_str())), "tags").unwrap_or_default();
    if format == Format::Gpx
        && let Some((position, _)) = &mut place.position
        && position.longitude.get() >= 180.0
        && let Ok(same) = Longitude::new(-180.0)
    {
        position.longitude = same;
    }
    place
}

/// The place that an import of this row makes, as it would be exported.
pub(crate) fn export_place(row: &ImportRow) -> ExportPlace {
    let (mut parsed, _) = import::parse(std::slice::from_ref(row), Timestamp::EPOCH);
    let place = parsed.remove(0).place;
    ExportPlace {
        client_id: row.client_id,
        name: place.fields.name,
        note: place.fields.note,
        category: place.fields.category,
        tags: place.fields.tags,
        position: Some((place.fields.position, row.position_source.unwrap_or(PositionSource::Manual))),
        captured_at: place.captured_at,
    }
}
