use holdfast_files::{Format, PassedOver};

use super::{bad, captures, file, fixture, names, positions, why_broken};

fn kml(inside: &str) -> holdfast_files::Contents {
    file("a.kml", format!("<kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document>\n{inside}\n</Document></kml>"))
}

const POINT: &str = "<Point><coordinates>8.7,47.5</coordinates></Point>";

#[test]
fn googles_own_sample_is_read_whole() {
    let sample = fixture("kml/sample.kml");
    assert_eq!((sample.format, why_broken(&sample)), (Format::Kml, None));
    // It shows what a description can look like, and has no geometry.
    assert_eq!(bad(&sample), [(222, "has no coordinates in the file")]);
    assert_eq!(sample.bad[0].name.as_deref(), Some("Descriptive HTML"));
    assert_eq!(names(&sample), ["Simple placemark", "Floating placemark", "Extruded placemark", "Roll over this icon"]);
    let first = &sample.rows[0];
    assert_eq!((first.latitude, first.longitude), (37.422_289_901_402_51, -122.082_203_542_568_3));
    assert_eq!((first.altitude, first.category.as_deref()), (Some(0.0), Some("Placemarks")));
    assert!(first.note.as_deref().unwrap().starts_with("Attached to the ground. Intelligently places itself"));
    assert_eq!(sample.rows[3].category.as_deref(), Some("Styles and Markup"));
    let passed = PassedOver { lines: 6, polygons: 9, others: 8, ..PassedOver::default() };
    assert_eq!(sample.passed_over, passed);
}

#[test]
fn files_of_other_makers_are_read_whole() {
    let merging = fixture("kml/style-merging.kml");
    assert_eq!((names(&merging)[0], merging.bad_count, why_broken(&merging)), ("Airport", 0, None));
    let polygon = fixture("kml/polygon.kml");
    assert_eq!((polygon.rows.len(), polygon.bad_count, polygon.broken), (0, 0, None));
    let mixed = fixture("tokml/mixed.kml");
    assert_eq!((mixed.rows.len(), mixed.bad_count, mixed.passed_over.lines), (2, 0, 1));
    let fox = fixture("tokml/timestamp.kml");
    assert_eq!(
        (names(&fox), fox.rows[0].captured_at.unwrap().to_string().as_str()),
        (vec!["Fox"], "2002-07-10T03:00:00.000000Z")
    );
    assert_eq!(fox.rows[0].note.as_deref(), Some("A hound\nmoment: 2002-07-09T19:00:00-08:00"));
    let numbered = fixture("tokml/multipoint.kml");
    assert_eq!(positions(&numbered), [(0.0, 100.0), (1.0, 101.0)]);
    let collection = fixture("tokml/geometrycollection.kml");
    assert_eq!((collection.rows.len(), collection.passed_over.lines), (1, 1));
    assert_eq!(fixture("tokml/number_property.kml").rows[0].note.as_deref(), Some("A hound\ncount: 4"));
    assert_eq!(fixture("tokml/cdata.kml").rows[0].note.as_deref(), Some("prop0: <h1>test</h1>\n<h1>prop1</h1>: val2"));
}

#[test]
fn the_nearest_folder_with_a_name_is_the_category() {
    let read = kml(&format!(
        "<name>My map</name><Placemark><name>A</name>{POINT}</Placemark>\
         <Folder><name>Huts</name><Placemark><name>B</name>{POINT}</Placemark>\
         <Folder><Placemark><name>C</name>{POINT}</Placemark></Folder>\
         <Folder><name>Springs</name><Placemark><name>D</name>{POINT}</Placemark></Folder>\
         <Placemark><name>E</name>{POINT}</Placemark></Folder>\
         <Folder><name>{}</name><Placemark><name>F</name>{POINT}</Placemark></Folder>",
        "long ".repeat(20)
    ));
    let categories: Vec<_> = read.rows.iter().map(|row| row.category.as_deref().unwrap_or("-")).collect();
    assert_eq!(
        (names(&read).concat(), categories),
        ("ABCDEF".into(), vec!["-", "Huts", "Huts", "Springs", "Huts", "-"])
    );
    assert_eq!(read.left_out[0].what, "its folder's name is too long for a category");
}

#[test]
fn a_description_of_html_becomes_readable_text() {
    let read = kml(&format!(
        "<Placemark><name>Hut</name><description><![CDATA[<h2>Hut</h2><p>Open&nbsp;<b>all</b> year.<br>See \
         <a href=\"https://example.org/hut\">here</a><script>alert(1)</script></p>]]></description>\
         <ExtendedData><Data name=\"Beds\"><displayName>Beds there are</displayName><value>12</value></Data>\
         <Data name=\"Tags\"><value>hut, winter</value></Data>\
         <SchemaData schemaUrl=\"#x\"><SimpleData name=\"Year\">1910</SimpleData></SchemaData></ExtendedData>\
         <address>Alp 1</address>{POINT}</Placemark>"
    ));
    let note = "Hut\nOpen all year.\nSee here (https://example.org/hut)\nAlp 1\nBeds: 12\nYear: 1910";
    assert_eq!(read.rows[0].note.as_deref(), Some(note));
    assert_eq!(read.rows[0].tags, ["hut", "winter"]);
}

#[test]
fn the_points_of_one_placemark_are_told_apart() {
    let read = kml(&format!(
        "<Placemark><name>Twins</name><MultiGeometry>{POINT}<MultiGeometry>{POINT}</MultiGeometry>\
         <LineString><coordinates>1,2 3,4</coordinates></LineString></MultiGeometry></Placemark>"
    ));
    assert_eq!((names(&read), read.passed_over.lines), (vec!["Twins (1)", "Twins (2)"], 1));
    let ids = captures(&read);
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn what_is_no_point_is_counted_and_what_has_no_position_is_said() {
    let read = kml(
        "<Placemark><name>Way</name><gx:Track><when>2020-01-01T00:00:00Z</when><gx:coord>1 2 3</gx:coord></gx:Track></Placemark>\n\
         <Placemark><name>Ring</name><LinearRing><coordinates>1,2</coordinates></LinearRing></Placemark>\n\
         <Placemark><name>Only an address</name><address>Street 5</address></Placemark>\n\
         <Placemark><name>Half</name><Point><coordinates>8.7</coordinates></Point></Placemark>\n\
         <Placemark><name>Words</name><Point><coordinates>east,north</coordinates></Point></Placemark>\n\
         <Placemark><name>Far</name><Point><coordinates>8,97</coordinates></Point></Placemark>\n\
         <Placemark><name>Fine</name><Point><coordinates>\n 8.7 , 47.5,\n</coordinates></Point><TimeSpan><begin>2019</begin></TimeSpan></Placemark>\n\
         <NetworkLink><name>More</name></NetworkLink>",
    );
    assert_eq!(names(&read), ["Fine"]);
    assert_eq!(read.rows[0].captured_at.unwrap().to_string(), "2019-01-01T00:00:00.000000Z");
    let passed = read.passed_over;
    assert_eq!((passed.tracks, passed.lines, passed.polygons, passed.others), (1, 1, 0, 1));
    let expected = [
        (4, "has no coordinates in the file"),
        (5, "has no latitude"),
        (6, "its latitude \"north\" is not a number; its longitude \"east\" is not a number"),
        (7, "latitude must be a number of degrees from -90 to 90"),
    ];
    assert_eq!(bad(&read), expected);
    assert_eq!(read.bad[0].name.as_deref(), Some("Only an address"));
}

#[test]
fn what_is_no_kml_or_ends_too_early_is_said() {
    let said = |text: &str| why_broken(&super::file_as(Format::Kml, text)).unwrap().to_owned();
    assert_eq!(said(""), "there is no KML in it");
    assert_eq!(said("<html></html>"), "it is not a KML file: it begins with <html>");
    let cut = format!("<kml><Placemark><name>A</name>{POINT}</Placemark>\n<Placemark><name>B</name>");
    let read = file("a.kml", cut);
    assert_eq!((names(&read), bad(&read)), (vec!["A"], vec![(2, "the file ends in the middle of it")]));
    assert_eq!(why_broken(&read), Some("it ends before it is complete"));
    let entity = format!("<!DOCTYPE kml [<!ENTITY a \"x\">]><kml><Placemark><name>&a;</name>{POINT}</Placemark></kml>");
    assert_eq!(bad(&file("a.kml", entity)), [(1, "uses the entity &a;, and entities are never expanded")]);
}
