use holdfast_contract::PositionSource;
use holdfast_files::Format;

use super::{bad, captures, file, file_as, fixture, names, positions, why_broken};

fn feature(geometry: &str, properties: &str) -> String {
    format!("{{\"type\":\"Feature\",\"geometry\":{geometry},\"properties\":{properties}}}")
}

fn collection(features: &[String]) -> String {
    format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n]}}", features.join(",\n"))
}

const POINT: &str = "{\"type\":\"Point\",\"coordinates\":[8.7,47.5]}";

#[test]
fn files_of_other_makers_are_read_whole() {
    let mixed = fixture("tokml/mixed.geojson");
    assert_eq!((mixed.format, mixed.rows.len(), mixed.passed_over.lines, mixed.bad_count), (Format::GeoJson, 2, 1, 0));
    assert_eq!(positions(&mixed)[0], (30.751_277_776_257_812, -5.976_562_5));
    assert_eq!(positions(&fixture("tokml/multipoint.geojson")), [(0.0, 100.0), (1.0, 101.0)]);
    let collection = fixture("tokml/geometrycollection.geojson");
    assert_eq!((collection.rows.len(), collection.passed_over.lines), (1, 1));
    let fox = fixture("tokml/number_property.geojson");
    assert_eq!((names(&fox), fox.rows[0].note.as_deref()), (vec!["Fox"], Some("A hound")));
    assert_eq!(positions(&fixture("tokml/singlegeometry.geojson")), [(0.5, 102.0)]);
    assert_eq!(positions(&fixture("tokml/nulldata.geojson")), [(0.0, 0.0)], "a real place in the Gulf of Guinea");
    assert_eq!(fixture("tokml/polygon_norings.geojson").passed_over.polygons, 1);
    assert_eq!(bad(&fixture("tokml/unknowngeom.geojson")), [(2, "has a geometry of the unknown type \"unknown\"")]);
    for nothing in ["tokml/notype.geojson", "tokml/unknown.geojson"] {
        assert_eq!(bad(&fixture(nothing)), [(1, "is neither a feature nor a geometry")], "{nothing}");
    }
}

#[test]
fn the_usual_names_of_properties_are_understood() {
    let read = file(
        "a.geojson",
        collection(&[
            feature(
                POINT,
                r#"{"title":"A","desc":"one","type":"hut","tags":"x, y","time":"2020-01-02T03:04:05Z","ele":12}"#,
            ),
            feature(
                POINT,
                r#"{"Name":"B","Description":"<b>two</b>","category":"spring","tags":["x",1,null],"timestamp":1577934245000}"#,
            ),
            feature(
                "{\"type\":\"Point\",\"coordinates\":[8.7,47.5,-3.5]}",
                r#"{"name":"C","note":"n","comment":"c","url":"https://example.org","time":"soon"}"#,
            ),
            feature(POINT, "null"),
        ]),
    );
    assert_eq!((names(&read), read.bad_count), (vec!["A", "B", "C", ""], 0));
    let of = |index: usize| {
        let row = &read.rows[index];
        (row.note.as_deref(), row.category.as_deref(), row.tags.join("+"), row.altitude)
    };
    assert_eq!(of(0), (Some("one"), Some("hut"), "x+y".into(), Some(12.0)));
    assert_eq!(of(1), (Some("two"), Some("spring"), "1+x".into(), None));
    assert_eq!(of(2), (Some("n\nc\nhttps://example.org"), None, String::new(), Some(-3.5)));
    let times: Vec<_> = read.rows.iter().map(|row| row.captured_at.map(|time| time.to_string())).collect();
    let time = Some("2020-01-02T03:04:05.000000Z".to_owned());
    assert_eq!(times, [time.clone(), time, None, None]);
    assert_eq!((read.left_out[0].line, read.left_out[0].what.as_str()), (4, "its time can't be read"));
}

#[test]
fn an_id_names_a_capture_only_in_a_file_of_ours() {
    let id = "0190a6f0-0000-7000-8000-000000000001";
    let with = |properties: &str| {
        format!("{{\"type\":\"Feature\",\"id\":\"{id}\",\"geometry\":{POINT},\"properties\":{properties}}}")
    };
    let ours = file("a.json", with(r#"{"positionSource":"fix","capturedAt":"2020-01-01T00:00:00Z"}"#));
    assert_eq!((captures(&ours), ours.rows[0].position_source), (vec![id.to_owned()], Some(PositionSource::Fix)));
    assert_eq!(file("a.json", with("{}")).rows[0].client_id, None);
}

#[test]
fn a_sequence_a_list_and_plain_objects_are_read_too() {
    let (a, b) = (feature(POINT, r#"{"name":"A"}"#), feature(POINT, r#"{"name":"B"}"#));
    for text in [
        format!("{a}\n{b}\n"),
        format!("\u{1E}{a}\n\u{1E}{b}\n"),
        format!("[{a}, {b}]"),
        format!("{}{}", collection(std::slice::from_ref(&a)), collection(std::slice::from_ref(&b))),
        format!("[{}]", collection(&[a.clone(), b.clone()])),
        format!("{{\"type\":\"umap\",\"layers\":[{}],\"properties\":{{}}}}", collection(&[a.clone(), b.clone()])),
        format!("{{\"features\":[{a},{b}],\"type\":\"FeatureCollection\",\"name\":\"x\"}}"),
        "[{\"lat\":1,\"lng\":2,\"name\":\"A\"},{\"latitude\":\"1\",\"longitude\":\"2\",\"title\":\"B\"}]".to_owned(),
    ] {
        let read = file("a.json", &text);
        assert_eq!((names(&read), bad(&read), why_broken(&read)), (vec!["A", "B"], vec![], None), "{text}");
    }
}

#[test]
fn a_bad_feature_is_named_with_its_line_and_costs_nothing_else() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let read = file(
        "a.geojson",
        collection(&[
            feature(POINT, r#"{"name":"Good"}"#),
            feature("{\"type\":\"Point\",\"coordinates\":[8.7,97]}", r#"{"name":"North"}"#),
            feature("null", r#"{"name":"Nowhere"}"#),
            feature("{\"type\":\"Point\",\"coordinates\":[]}", "{}"),
            feature("{\"type\":\"Point\",\"coordinates\":[\"a\",null]}", "{}"),
            feature("{\"type\":\"Point\",\"coordinates\":[1e999,2]}", "{}"),
            feature(POINT, &format!("{{\"deep\":{deep}}}")),
            feature(POINT, r#"{"name":"\ud800"}"#),
            "17".to_owned(),
            feature("{\"type\":\"MultiPoint\",\"coordinates\":[[1,2],[3,4]]}", r#"{"name":"Two"}"#),
        ]),
    );
    assert_eq!((names(&read), why_broken(&read)), (vec!["Good", "Two (1)", "Two (2)"], None));
    let lines: Vec<u64> = read.bad.iter().map(|bad| bad.line).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7, 8, 9, 10]);
    let reasons: Vec<&str> = read.bad.iter().map(|bad| bad.reason.as_str()).collect();
    assert_eq!(reasons[..2], ["latitude must be a number of degrees from -90 to 90", "has no coordinates in the file"]);
    assert_eq!(reasons[3], "has no latitude; its longitude \"a\" is not a number");
    assert_eq!(reasons[4..6], ["can't be read: number out of range", "can't be read: recursion limit exceeded"]);
    assert_eq!(read.bad[0].name.as_deref(), Some("North"));
}

#[test]
fn what_is_no_geojson_or_ends_too_early_is_said() {
    let said = |text: &str| why_broken(&file_as(Format::GeoJson, text)).map(str::to_owned);
    assert_eq!(said("").as_deref(), Some("there is no GeoJSON in it"));
    assert_eq!(said("17").as_deref(), Some("it is JSON, but no GeoJSON"));
    assert_eq!(said("{\"features\":[1,}").as_deref(), Some("it is not well-formed JSON (column 16)"));
    let cut = collection(&[feature(POINT, r#"{"name":"A"}"#), feature(POINT, r#"{"name":"B"}"#)]);
    let read = file("a.json", &cut[..cut.len() - 20]);
    assert_eq!((names(&read), why_broken(&read)), (vec!["A"], Some("it ends before it is complete")));
    assert_eq!(read.broken.unwrap().line, 3);
}

#[test]
fn features_on_one_line_are_told_apart_by_their_number() {
    let bad = feature("null", "{}");
    let read = file("a.json", format!("{{\"features\":[{bad},{},{bad}]}}", feature(POINT, "{}")));
    let places: Vec<_> = read.bad.iter().map(|bad| (bad.line, bad.number)).collect();
    assert_eq!(places, [(1, None), (1, Some(3))]);
    let kml = "<kml><Placemark><name>A</name></Placemark><Placemark><LineString/></Placemark><Placemark/></kml>";
    let places: Vec<_> = file("a.kml", kml).bad.iter().map(|bad| (bad.line, bad.number)).collect();
    assert_eq!(places, [(1, None), (1, Some(3))]);
}
