use holdfast_contract::place::PositionSource;
use holdfast_contract::text::Text;
use holdfast_contract::{Category, ClientId, Longitude, Name, Note, Position, Tags, Timestamp};

use proptest::prelude::*;

use crate::testing::{contents, expected, export_place, gpx, places, read_back};
use crate::{ExportPlace, Format, ReadOptions, read, testing};

fn place() -> ExportPlace {
    ExportPlace {
        client_id: Some(ClientId::v7(Timestamp::EPOCH, [1; 10])),
        name: Name::parse("Bar & <Grill> \"1\"\u{FFFF}").unwrap(),
        note: Note::parse("two\nlines ]]> é").unwrap(),
        category: Category::parse("food").unwrap(),
        tags: Tags::parse(["a & b", "c"], "tags").unwrap(),
        position: Some((Position::parse("", -33.8568, 180.0, Some(12.5), Some(1e21)).unwrap(), PositionSource::Fix)),
        captured_at: Timestamp::parse("2026-01-02T03:04:05.5Z").unwrap(),
    }
}

fn written(format: Format) -> Vec<u8> {
    testing::written(&[place()], format)
}

fn json(places: &[ExportPlace]) -> serde_json::Value {
    serde_json::from_slice(&testing::written(places, Format::GeoJson)).unwrap()
}

#[test]
fn what_is_written_is_read_back_the_same() {
    for format in Format::WRITABLE {
        let mut original = place();
        original.name = Name::parse("Bar & <Grill> \"1\"\u{FFFD}").unwrap();
        if *format == Format::Gpx {
            // The schema ends before 180; the meridian is the same.
            original.position.as_mut().unwrap().0.longitude = Longitude::new(-180.0).unwrap();
        }
        assert_eq!(export_place(&read_back(&place(), *format)), original, "{format}");
    }
}

#[test]
fn gpx_stands_in_the_order_of_the_schema() {
    let text = String::from_utf8(written(Format::Gpx)).unwrap();
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
    let other = ::gpx::read(written(Format::Gpx).as_slice()).unwrap();
    assert_eq!((other.version, other.waypoints.len()), (::gpx::GpxVersion::Gpx11, 1));
    assert_eq!(other.waypoints[0].name.as_deref(), Some("Bar & <Grill> \"1\"\u{FFFD}"));
    assert_eq!(other.waypoints[0].point().y().to_string(), "-33.8568");
}

#[test]
fn geojson_is_a_collection_of_points_longitude_first() {
    let value = json(&[place()]);
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
fn a_place_without_a_position_is_in_the_formats_that_can_hold_it_with_all_its_fields() {
    let lost = ExportPlace { position: None, ..place() };
    let mut taken = Vec::new();
    for format in Format::WRITABLE {
        let mut out = Vec::new();
        let mut writer = crate::Writer::new(*format, &mut out, Timestamp::EPOCH).unwrap();
        assert!(writer.write(&place()).unwrap());
        taken.extend(writer.write(&lost).unwrap().then_some(*format));
        writer.finish().unwrap();
        // Whoever reads it back where every place has a position gets the one that has, and is told of the other.
        let holds = taken.contains(format);
        let file = contents(&out, "");
        assert_eq!((file.rows.len(), file.unplaced.len(), file.bad_count), (1, 0, u64::from(holds)), "{format}");
        let named =
            |bad: &crate::BadRow| bad.line > 0 && bad.name.is_some() && bad.reason.starts_with("has no position");
        assert!(file.bad.iter().all(named), "{:?}", file.bad);
        // A device takes both.
        let options = ReadOptions { takes_unplaced: true, ..ReadOptions::default() };
        let file = read(out.as_slice(), "", &options).unwrap();
        assert_eq!((file.rows.len(), file.unplaced.len(), file.bad_count), (1, usize::from(holds), 0), "{format}");
        for row in file.unplaced {
            let read_back = ExportPlace {
                client_id: Some(row.client_id),
                name: row.name,
                note: row.note,
                category: row.category,
                tags: row.tags,
                position: None,
                captured_at: row.captured_at.unwrap(),
            };
            assert_eq!(read_back, expected(lost.clone(), *format), "{format}");
        }
    }
    assert_eq!(taken, [Format::GeoJson, Format::Csv]);
}

#[test]
fn only_a_place_that_holdfast_wrote_without_a_position_is_one_that_needs_a_position() {
    let id = place().client_id.unwrap();
    let takes = |text: &str| {
        let options = ReadOptions { takes_unplaced: true, ..ReadOptions::default() };
        let file = read(text.as_bytes(), "", &options).unwrap();
        (file.rows.len(), file.unplaced.len(), file.bad_count)
    };
    let feature = |geometry: &str, id: &str, more: &str| {
        takes(&format!(
            "{{\"type\":\"Feature\",\"geometry\":{geometry},\"id\":\"{id}\",\"properties\":{{\"name\":\"a\"{more}}}}}"
        ))
    };
    let ours = ",\"capturedAt\":\"2026-01-02T03:04:05Z\",\"positionSource\":null";
    let id = id.to_string();
    assert_eq!(feature("null", &id, ours), (0, 1, 0));
    assert_eq!(feature("null", &id, ""), (0, 0, 1), "another program's");
    assert_eq!(feature("null", "7", ours), (0, 0, 1), "its capture can't be told");
    assert_eq!(feature("{\"type\":\"Point\",\"coordinates\":[]}", &id, ours), (0, 0, 1), "a damaged position");
    assert_eq!(feature("{\"type\":\"Point\",\"coordinates\":[8.7,95]}", &id, ours), (0, 0, 1));
    assert_eq!(feature("{\"type\":\"Point\",\"coordinates\":[8.7,47.5]}", &id, ours), (1, 0, 0));
    let csv = |row: &str| takes(&format!("latitude,longitude,name,client_id,position_source\n47,8,b,,\n{row}\n"));
    assert_eq!(csv(&format!(",,a,{id},")), (1, 1, 0));
    assert_eq!(csv(",,a,,"), (1, 0, 1));
    assert_eq!(csv(&format!("47,,a,{id},")), (1, 0, 1), "half a position");
    assert_eq!(csv(&format!("x,y,a,{id},")), (1, 0, 1));
}

#[test]
fn other_readers_take_a_place_without_a_position_and_find_all_else() {
    let lost = [ExportPlace { position: None, ..place() }];
    let text = String::from_utf8(testing::written(&lost, Format::GeoJson)).unwrap();
    assert!(text.contains("\"geometry\":null"), "the member may not be absent: {text}");
    let collection: geojson::FeatureCollection = text.parse().unwrap();
    let feature = &collection.features[0];
    assert_eq!(feature.geometry, None);
    assert_eq!(feature.id, Some(geojson::feature::Id::String(place().client_id.unwrap().to_string())));
    let property = |name: &str| feature.property(name).unwrap().clone();
    assert_eq!(property("note"), "two\nlines ]]> é");
    assert_eq!(property("tags"), serde_json::json!(["a & b", "c"]));
    assert_eq!((property("positionSource"), property("accuracy")), Default::default());
    assert_eq!(property("capturedAt"), serde_json::json!(place().captured_at));

    let bytes = testing::written(&lost, Format::Csv);
    let mut table = csv::Reader::from_reader(bytes.as_slice());
    let row: std::collections::BTreeMap<String, String> = table.deserialize().next().unwrap().unwrap();
    let empty: Vec<&str> = row.iter().filter(|(_, cell)| cell.is_empty()).map(|(column, _)| column.as_str()).collect();
    assert_eq!(empty, ["accuracy", "altitude", "latitude", "longitude", "position_source"]);
    assert_eq!((row["note"].as_str(), row["category"].as_str()), ("two\nlines ]]> é", "food"));
    assert_eq!(row["client_id"], place().client_id.unwrap().to_string());
}

#[test]
fn nothing_is_written_as_an_empty_file() {
    let value = json(&[]);
    assert_eq!(
        (value["type"].as_str(), value["features"].as_array().map(Vec::len)),
        (Some("FeatureCollection"), Some(0))
    );
    for format in Format::WRITABLE {
        let file = contents(&testing::written(&[], *format), "");
        assert_eq!((file.format, file.rows.len(), file.bad_count, file.broken), (*format, 0, 0, None));
    }
}

#[test]
fn another_reader_takes_the_kml() {
    let text = String::from_utf8(written(Format::Kml)).unwrap();
    let ::kml::Kml::KmlDocument(document) = text.parse::<::kml::Kml>().unwrap() else { panic!("{text}") };
    let ::kml::Kml::Document { elements, .. } = &document.elements[0] else { panic!("{text}") };
    let placemark = elements.iter().find_map(|element| match element {
        ::kml::Kml::Placemark(placemark) => Some(placemark),
        _ => None,
    });
    let placemark = placemark.unwrap();
    assert_eq!(placemark.name.as_deref(), Some("Bar & <Grill> \"1\"\u{FFFD}"));
    assert_eq!(placemark.description.as_deref(), Some("two<br>lines ]]&gt; é"));
    let Some(::kml::types::Geometry::Point(point)) = &placemark.geometry else { panic!("{placemark:?}") };
    assert_eq!((point.coord.x, point.coord.y, point.coord.z), (180.0, -33.8568, Some(1e21)));
}

#[test]
fn what_a_spreadsheet_would_run_is_harmless_and_comes_back_the_same() {
    let formula = "=HYPERLINK(\"http://example.org\")";
    let original = ExportPlace {
        name: Name::parse(formula).unwrap(),
        note: Note::parse("@SUM(1)").unwrap(),
        category: Category::parse("+1").unwrap(),
        tags: Tags::parse(["-2", "'=3"], "tags").unwrap(),
        ..place()
    };
    let bytes = testing::written(std::slice::from_ref(&original), Format::Csv);
    let text = String::from_utf8(bytes).unwrap();
    for cell in ["\"'=HYPERLINK(", ",'@SUM(1),", ",'+1,", ",\"''=3, -2\","] {
        assert!(text.contains(cell), "{cell} is not in {text}");
    }
    assert_eq!(export_place(&read_back(&original, Format::Csv)), original);
}

#[test]
fn names_in_every_script_and_in_none_survive() {
    for name in [
        "<script>alert(1)</script>",
        "🏕️ camp 👩‍👩‍👧",
        "שלום עולם \u{202E}abc",
        "نبع الماء",
        "a\tb\nc",
        "&amp;",
        "'",
        "null",
    ] {
        let note = Note::parse(name).unwrap();
        let original = ExportPlace { name: Name::parse(name).unwrap(), note, ..place() };
        for format in Format::WRITABLE {
            let back = export_place(&read_back(&original, *format));
            assert_eq!(back, expected(original.clone(), *format), "{format}: {name}");
        }
    }
}

#[test]
fn a_format_that_is_only_read_is_not_written() {
    for format in [Format::TakeoutJson, Format::TakeoutZip, Format::Archive] {
        let error = crate::Writer::new(format, Vec::new(), Timestamp::EPOCH).err().unwrap();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    }
}

#[test]
fn a_note_that_repeats_the_name_is_read_back_from_a_file_of_ours() {
    let note = Note::parse("Spring").unwrap();
    let original = ExportPlace { name: Name::parse("Spring").unwrap(), note: note.clone(), ..place() };
    for format in Format::WRITABLE {
        assert_eq!(export_place(&read_back(&original, *format)).note, note, "{format}");
    }
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
            position: Some((
                Position::parse("", latitude, longitude, accuracy, altitude).unwrap(),
                if time % 2 == 0 { PositionSource::Fix } else { PositionSource::Manual },
            )),
            captured_at: Timestamp::from_micros(time),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_place_is_read_back_from_gpx_as_it_was(place in any_place()) {
        prop_assert_eq!(export_place(&read_back(&place, Format::Gpx)), expected(place, Format::Gpx));
    }

    #[test]
    fn any_place_is_read_back_from_kml_as_it_was(place in any_place()) {
        prop_assert_eq!(export_place(&read_back(&place, Format::Kml)), expected(place.clone(), Format::Kml));
        prop_assert_eq!(export_place(&read_back(&place, Format::Kmz)), expected(place, Format::Kmz));
    }

    #[test]
    fn any_place_is_read_back_from_geojson_as_it_was(place in any_place()) {
        prop_assert_eq!(export_place(&read_back(&place, Format::GeoJson)), expected(place, Format::GeoJson));
    }

    #[test]
    fn any_place_is_read_back_from_csv_as_it_was(place in any_place()) {
        prop_assert_eq!(export_place(&read_back(&place, Format::Csv)), expected(place, Format::Csv));
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

    #[test]
    fn any_bytes_are_read_as_any_format_with_lines_and_reasons(
        start in prop::sample::select(vec![
            "", "<kml><Placemark>", "lat;lon;name;tags;note\n", "{\"features\":[", "Title,Note,URL,Tags,Comment\n", "PK\u{3}\u{4}",
        ]),
        soup in prop::collection::vec(any::<u8>(), 0..100),
        kml in "(</?Placemark>|</?Point>|<coordinates>1,2</coordinates>|</?name>|</?description>|&lt;|<br>|x|\n|<Data name='a'><value>){0,20}",
        json in "(\\{|\\}|\\[|\\]|\"type\":|\"Point\"|\"Feature\"|\"coordinates\":|,|1|\"a\"|:|\n){0,20}",
        csv in "(1|2|,|;|\"|'|=|\n|\r|47\\.5|x|/@1,2|\t){0,30}",
    ) {
        for rest in [&soup[..], kml.as_bytes(), json.as_bytes(), csv.as_bytes()] {
            places(&[start.as_bytes(), rest].concat());
        }
    }
}
