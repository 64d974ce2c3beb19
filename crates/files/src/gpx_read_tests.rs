use std::fmt::Write as _;
use std::io::Read;

use holdfast_contract::Altitude;

use crate::BadRow;
use crate::decode::Decoded;
use crate::gpx_read::GpxReader;
use crate::row::{Row, Waypoint};

struct File {
    good: Vec<Waypoint>,
    bad: Vec<BadRow>,
    tracks: u64,
    routes: u64,
    broken: Option<(u64, String)>,
}

fn read_with(source: impl Read, encoding: Option<&str>) -> File {
    let mut gpx = GpxReader::new(Decoded::new(source, encoding).unwrap().unwrap());
    let mut file = File { good: vec![], bad: vec![], tracks: 0, routes: 0, broken: None };
    for row in gpx.by_ref() {
        match row {
            Row::Good(waypoint) => file.good.push(*waypoint),
            Row::Bad(bad) => file.bad.push(bad),
            Row::Unplaced(..) => panic!("a waypoint has a position"),
        }
    }
    (file.tracks, file.routes) = (gpx.tracks, gpx.routes);
    file.broken = gpx.broken.map(|b| (b.line, b.reason));
    file
}

fn read(source: &[u8]) -> File {
    read_with(source, None)
}

fn fixture(name: &str) -> File {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    read_with(std::fs::File::open(path).unwrap(), None)
}

fn names(file: &File) -> Vec<&str> {
    file.good.iter().map(|w| w.name.as_ref().map_or("", |n| n.as_str())).collect()
}

fn gpx(inside: &str) -> File {
    read(format!("<?xml version=\"1.0\"?>\n<gpx version=\"1.1\">\n{inside}\n</gpx>\n").as_bytes())
}

#[test]
fn files_of_other_makers_are_read_whole() {
    let file = fixture("gpxpy/unicode.gpx");
    assert_eq!(names(&file), ["šđčćž", "BIRDS NEST", "FAGGIO", "RAKOV12", "RAKV SKCJN", "VANSHNG LK"]);
    assert_eq!(file.good[0].note.as_ref().unwrap().as_str(), "BACK TO THE ROOTS\nŠĐČĆŽ");
    assert_eq!(file.good[0].position.altitude, Altitude::new(-0.114_38).ok());
    assert_eq!(file.good[1].note, None, "a description that only repeats the name is no note");

    for bom in ["gpxpy/unicode_with_bom.gpx", "gpxpy/unicode_with_bom_noencoding.gpx"] {
        let file = fixture(bom);
        assert_eq!((file.good.len(), file.bad.len(), &file.broken), (1, 0, &None), "{bom}");
    }
    let file = fixture("georust/mousehole_to_paul.gpx");
    assert_eq!(names(&file), ["N Cliff", "The Church Of Paul"]);
    assert_eq!((file.tracks, file.routes, file.broken), (1, 0, None));
    let file = fixture("georust/viking_with_route_extensions.gpx");
    assert_eq!((names(&file), file.tracks, file.routes), (vec!["001"], 1, 1));
    let file = fixture("gpxpy/gpx_with_garmin_extension.gpx");
    assert_eq!((file.good.len(), file.bad.len()), (1, 0));
    let file = fixture("georust/caltopo-export.gpx");
    assert_eq!((file.good.len(), file.bad.len(), file.broken), (0, 0, None));
    let file = fixture("gpxpy/cerknicko-jezero.gpx");
    assert_eq!((file.good.len(), file.bad.len(), file.tracks, file.broken), (7, 0, 8, None));
}

#[test]
fn every_field_that_has_a_meaning_here_is_taken() {
    let file = fixture("gpxpy/gpx1.1_with_all_fields.gpx");
    assert_eq!((file.good.len(), file.bad.len(), file.routes), (2, 0, 2));
    let w = &file.good[0];
    assert_eq!(w.name.as_ref().unwrap().as_str(), "example name");
    assert_eq!(w.note.as_ref().unwrap().as_str(), "example desc\nexample cmt\nhttp://link3");
    assert_eq!(w.category.as_ref().unwrap().as_str(), "example type");
    assert_eq!(w.position.altitude, Altitude::new(75.1).ok());
    assert_eq!(w.time.unwrap().to_string(), "2013-01-02T02:03:00.000000Z");
    assert_eq!(w.line, 31);
    assert_eq!(file.good[1].name, None);
    assert_eq!(fixture("gpxpy/gpx1.0_with_all_fields.gpx").good.len(), 2);
}

#[test]
fn a_bad_waypoint_is_named_with_its_line_and_costs_nothing_else() {
    let long = "x".repeat(201);
    let file = gpx(&format!(
        "<wpt lat=\"91\" lon=\"0\"><name>North</name></wpt>\n\
         <wpt lat=\"1\" lon=\"2\"><name>Good</name></wpt>\n\
         <wpt lon=\"2\"><name>Half</name></wpt>\n\
         <wpt lat=\"47,5\" lon=\"8\"/>\n\
         <wpt lat=\"1\" lon=\"2\"><name>{long}</name></wpt>\n\
         <wpt lat=\"NaN\" lon=\"inf\"/>\n\
         <wpt lat=\"-90\" lon=\"180\"><name>Edge</name></wpt>"
    ));
    assert_eq!(names(&file), ["Good", "Edge"]);
    let told: Vec<_> = file.bad.iter().map(|b| (b.line, b.reason.as_str())).collect();
    assert_eq!(told[0], (3, "latitude must be a number of degrees from -90 to 90"));
    assert_eq!(told[1], (5, "has no lat"));
    assert_eq!(told[2], (6, "its lat \"47,5\" is not a number"));
    assert_eq!(told[3], (7, "its name is 201 characters long; at most 200 are allowed"));
    assert_eq!(told[4].0, 8);
    assert_eq!(file.bad[0].name.as_deref(), Some("North"));
    assert_eq!(file.broken, None);
}

#[test]
fn an_unreadable_height_or_time_does_not_cost_the_place() {
    let file = gpx("<wpt lat=\"1\" lon=\"2\"><ele>NaN</ele><time>yesterday</time></wpt>\
                    <wpt lat=\"1\" lon=\"2\"><ele/><time>2010-08-05T14:23:59</time></wpt>");
    assert_eq!(file.good[0].left_out, ["its altitude can't be read", "its time can't be read"]);
    assert_eq!((file.good[0].position.altitude, file.good[0].time), (None, None));
    assert_eq!(file.good[1].time.unwrap().to_string(), "2010-08-05T14:23:59.000000Z");
    assert!(file.good[1].left_out.is_empty());
}

#[test]
fn a_file_that_is_cut_off_gives_what_stands_before_the_cut() {
    let whole = "<gpx>\n<wpt lat=\"1\" lon=\"2\"><name>One</name></wpt>\n<wpt lat=\"3\" lon=\"4\"><name>Two</name></wpt>\n</gpx>";
    for end in 0..whole.len() {
        let file = read(&whole.as_bytes()[..end]);
        assert!(file.broken.is_some(), "cut at {end} went unnoticed");
        let complete = whole[..end].matches("</wpt>").count();
        assert_eq!(file.good.len(), complete, "cut at {end}");
    }
    let inside = read(&whole.as_bytes()[..whole.len() - 20]);
    assert_eq!(inside.bad[0].line, 3);
    assert_eq!(inside.bad[0].reason, "the file ends in the middle of it");
}

#[test]
fn what_is_not_gpx_is_said() {
    let said = |bytes: &[u8]| read(bytes).broken.unwrap().1;
    assert_eq!(said(b""), "there is no GPX in it");
    assert_eq!(said(b"  \n"), "there is no GPX in it");
    assert_eq!(said(b"hello world"), "there is no GPX in it");
    assert_eq!(said(b"<!DOCTYPE html><html><body></body></html>"), "it is not a GPX file: it begins with <html>");
    assert_eq!(said(b"<kml/>"), "it is not a GPX file: it begins with <kml>");
    assert!(fixture("georust/badcharacter.xml").broken.is_some());
    assert!(read(&[0, 1, 2, 3, 255, 254]).broken.is_some());
    assert!(said(b"<gpx><wpt lat='1' lon='2'></gpx>").contains("</wpt> was expected and </gpx> was found"));
}

#[test]
fn wrong_bytes_are_named_and_the_right_encoding_reads_them() {
    let latin = b"<gpx><wpt lat='1' lon='2'><name>Caf\xe9</name></wpt><wpt lat='1' lon='2'><name>ok</name></wpt></gpx>";
    let file = read(latin);
    assert_eq!(names(&file), ["ok"]);
    assert_eq!(file.bad[0].reason, crate::NOT_TEXT);
    assert_eq!(names(&read_with(&latin[..], Some("windows-1252"))), ["Café", "ok"]);
    let declared = [b"<?xml version='1.0' encoding='ISO-8859-1'?>".as_slice(), latin].concat();
    assert_eq!(names(&read(&declared)), ["Café", "ok"]);
    let utf16: Vec<u8> = std::iter::once(0xFEFF)
        .chain(
            "<?xml version='1.0' encoding='UTF-16'?><gpx><wpt lat='1' lon='2'><name>Grün</name></wpt></gpx>"
                .encode_utf16(),
        )
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(names(&read(&utf16)), ["Grün"]);
}

#[test]
fn entities_are_never_expanded_but_characters_are() {
    let bomb = format!(
        "<!DOCTYPE gpx [<!ENTITY a \"{}\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY f SYSTEM \"file:///etc/passwd\">]>\n\
         <gpx><wpt lat='1' lon='2'><name>&b;</name></wpt><wpt lat='1' lon='2'><name>&f;</name></wpt>\
         <wpt lat='1' lon='2'><name>Bar &amp; Grill &#233; &#x1F3D5; &lt;x&gt;</name></wpt>\
         <wpt lat='1' lon='2'><name><![CDATA[A <b> & c]]></name></wpt>\
         <wpt lat='1' lon='2'><name>Fish & Chips</name></wpt>\
         <wpt lat='1' lon='2'><name>&#0;</name></wpt></gpx>",
        "x".repeat(1000)
    );
    let file = read(bomb.as_bytes());
    assert_eq!(names(&file), ["Bar & Grill é 🏕 <x>", "A <b> & c", "Fish & Chips"]);
    assert_eq!(file.bad.len(), 3);
    assert_eq!(file.bad[0].reason, "uses the entity &b;, and entities are never expanded");
    assert_eq!(file.broken, None);
}

#[test]
fn depth_and_size_are_bounded() {
    let deep = format!("<gpx>{}", "<a>".repeat(100_000));
    assert_eq!(read(deep.as_bytes()).broken.unwrap().1, "it is nested deeper than 64 levels");

    // An endless text of which only a bounded part is ever held.
    let endless = (&b"<gpx><wpt lat='1' lon='2'><name>"[..]).chain(std::io::repeat(b'x'));
    let file = read_with(endless, None);
    assert_eq!(file.broken.unwrap().1, "one element is larger than 16 MiB");
    assert_eq!(file.bad.len(), 1);
}

#[test]
fn many_waypoints_are_read_one_by_one() {
    let mut text = String::from("<gpx>");
    for i in 0..50_000 {
        let _ = writeln!(text, "<wpt lat=\"{}\" lon=\"8\"><name>w{i}</name></wpt>", f64::from(i % 90));
    }
    text.push_str("</gpx>");
    let file = read(text.as_bytes());
    assert_eq!((file.good.len(), file.good[49_999].line), (50_000, 50_000));
}

#[test]
fn names_prefixes_and_foreign_waypoints_are_told_apart() {
    let file = read(
        b"<g:gpx xmlns:g='http://www.topografix.com/GPX/1/1'><g:wpt lat='1' lon='2'><g:name>Prefixed</g:name>\
          <g:extensions><x:wpt lat='5' lon='5'><x:name>Not one</x:name></x:wpt></g:extensions></g:wpt></g:gpx>",
    );
    assert_eq!(names(&file), ["Prefixed"]);
}
