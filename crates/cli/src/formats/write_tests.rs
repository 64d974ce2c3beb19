use holdfast_contract::place::PositionSource;
use holdfast_contract::text::Text;
use holdfast_contract::{Category, ClientId, Longitude, Name, Note, Position, Tags, Timestamp};

use proptest::prelude::*;

use super::geojson::GeoJsonWriter;
use super::gpx_read::GpxReader;
use super::gpx_write::GpxWriter;
use super::{Decoded, ExportPlace, Row, Waypoint};
use crate::testing::{expected, gpx, read_back};

fn place() -> ExportPlace {
    ExportPlace {
        client_id: Some(ClientId::v7(Timestamp::EPOCH, [1; 10])),
        name: Name::parse("Bar & <Grill> \"1\"\u{FFFF}").unwrap(),
        note: Note::parse("two\nlines ]]> é").unwrap(),
        category: Category::parse("food").unwrap(),
        tags: Tags::parse(["a & b", "c"], "tags").unwrap(),
        position: Position::parse("", -33.8568, 180.0, Some(12.5), Some(1e21)).unwrap(),
        position_source: PositionSource::Fix,
        captured_at: Timestamp::parse("2026-01-02T03:04:05.5Z").unwrap(),
    }
}

fn written() -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = GpxWriter::new(&mut out, Timestamp::EPOCH).unwrap();
    writer.write(&place()).unwrap();
    writer.finish().unwrap();
    out
}

fn read(bytes: &[u8]) -> Vec<Waypoint> {
    let rows = GpxReader::new(Decoded::new(bytes, None).unwrap().unwrap());
    rows.map(|row| match row {
        Row::Good(waypoint) => *waypoint,
        Row::Bad(bad) => panic!("{bad:?}"),
    })
    .collect()
}

#[test]
fn what_is_written_as_gpx_is_read_back_the_same() {
    let back = read(&written());
    let original = place();
    assert_eq!(back.len(), 1);
    assert_eq!(back[0].name.as_ref().unwrap().as_str(), "Bar & <Grill> \"1\"\u{FFFD}");
    assert_eq!(
        (&back[0].note, &back[0].category, &back[0].tags, back[0].time),
        (&original.note, &original.category, &original.tags, Some(original.captured_at))
    );
    assert_eq!((back[0].client_id, back[0].position.accuracy), (original.client_id, original.position.accuracy));
    assert_eq!(back[0].position.altitude, original.position.altitude);
    assert_eq!(
        Some(back[0].position.longitude),
        Longitude::new(-180.0).ok(),
        "the schema ends before 180; the meridian is the same"
    );
}

#[test]
fn gpx_stands_in_the_order_of_the_schema() {
    let text = String::from_utf8(written()).unwrap();
    let order = [
        "<metadata>",
        "<wpt lat=\"-33.8568\" lon=\"-180\">",
        "<ele>1000000000000000000000</ele>",
        "<time>2026",
        "<name>",
        "<desc>",
        "<type>",
        "<extensions>",
    ];
    let mut at = 0;
    for element in order {
        let found =
            text[at..].find(element).unwrap_or_else(|| panic!("{element} is missing or out of order in\n{text}"));
        at += found;
    }
}

#[test]
fn another_reader_takes_the_gpx() {
    let other = gpx::read(written().as_slice()).unwrap();
    assert_eq!((other.version, other.waypoints.len()), (gpx::GpxVersion::Gpx11, 1));
    assert_eq!(other.waypoints[0].name.as_deref(), Some("Bar & <Grill> \"1\"\u{FFFD}"));
    assert_eq!(other.waypoints[0].point().y().to_string(), "-33.8568");
}

#[test]
fn geojson_is_a_collection_of_points_longitude_first() {
    let mut out = Vec::new();
    let mut writer = GeoJsonWriter::new(&mut out);
    writer.write(&place()).unwrap();
    writer.finish().unwrap();
    let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(value["type"], "FeatureCollection");
    let feature = &value["features"][0];
    assert_eq!(feature["type"], "Feature");
    assert_eq!(feature["geometry"]["type"], "Point");
    assert_eq!(feature["geometry"]["coordinates"], serde_json::json!([180.0, -33.8568, 1e21]));
    assert_eq!(feature["id"], place().client_id.unwrap().to_string());
    assert_eq!(feature["properties"]["tags"], serde_json::json!(["a & b", "c"]));
    assert!(feature.get("bbox").is_none());
}

#[test]
fn nothing_is_written_as_an_empty_collection() {
    let mut out = Vec::new();
    GeoJsonWriter::new(&mut out).finish().unwrap();
    let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(
        (value["type"].as_str(), value["features"].as_array().map(Vec::len)),
        (Some("FeatureCollection"), Some(0))
    );
    let mut out = Vec::new();
    GpxWriter::new(&mut out, Timestamp::EPOCH).unwrap().finish().unwrap();
    assert!(read(&out).is_empty());
}

#[test]
fn a_note_that_repeats_the_name_is_read_back_from_a_file_of_ours() {
    let note = Note::parse("Spring").unwrap();
    let original = ExportPlace { name: Name::parse("Spring").unwrap(), note: note.clone(), ..place() };
    assert_eq!(read_back(&original).note, note);
}

fn text<const MAX: usize>() -> impl Strategy<Value = Option<Text<MAX>>> {
    let raw = prop_oneof!["", "\\PC{1,12}", "[a-b]", "[e\u{301}\u{2028}\u{FEFF}\u{FFFE}\u{FFFF}\t\n<&>\"\\];# ]{1,9}"];
    raw.prop_map(|raw| Text::parse(&raw).unwrap_or_default())
}

fn any_place() -> impl Strategy<Value = ExportPlace> {
    let numbers = (-90.0..=90.0, -180.0..=180.0, prop::option::of(0.0..1e300), prop::option::of(-1e300..1e300));
    let tags = prop::collection::vec("[\\PC]{0,6}", 0..5);
    (any::<[u8; 10]>(), text(), text(), text(), tags, numbers, 0..253_402_300_799_999_999_i64).prop_map(
        |(id, name, note, category, tags, (latitude, longitude, accuracy, altitude), time)| ExportPlace {
            client_id: Some(ClientId::v7(Timestamp::EPOCH, id)),
            name,
            note,
            category,
            tags: Tags::parse(tags, "tags").unwrap(),
            position: Position::parse("", latitude, longitude, accuracy, altitude).unwrap(),
            position_source: PositionSource::Manual,
            captured_at: Timestamp::from_micros(time),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_place_is_read_back_from_gpx_as_it_was(place in any_place()) {
        prop_assert_eq!(ExportPlace::from(&read_back(&place)), expected(place));
    }

    #[test]
    fn any_bytes_are_read_as_a_file_with_lines_and_reasons(
        start in prop::sample::select(vec!["", "<gpx>", "<gpx><wpt lat='1' lon='2'><name>", "\u{FEFF}<gpx><wpt lat=''>"]),
        soup in prop::collection::vec(any::<u8>(), 0..200),
        tags in "(<|</|&|wpt|name|lat=|'1'|/>|>|;|#x|gpx|<!\\[CDATA\\[|\\]\\]>|<!--|\n| ){0,30}",
    ) {
        gpx(&[start.as_bytes(), &soup].concat());
        gpx(&[start.as_bytes(), tags.as_bytes()].concat());
    }
}
