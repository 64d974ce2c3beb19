use holdfast_contract::PositionSource;
use holdfast_files::{ColumnChoice, CsvColumns, Format, ReadError, ReadOptions, read, read_choosing};

use super::{bad, file, names, positions, why_broken};

#[test]
fn a_sheet_with_the_usual_names_is_read() {
    let sheet = file(
        "a.csv",
        "Foo,Latitude,geo_Longitude,title,description,category,tags,ele,date\r\n\
         bar,48.5,14.5,a point,the description,hut,\"a, b\",400,2020-01-02\r\n\
         bar,45.7,14.7,another,\"two\r\nlines\",,,,\r\n\r\nbar,1,2,third\r\nbar,91,2,fourth\r\n",
    );
    assert_eq!(sheet.format, Format::Csv);
    assert_eq!(names(&sheet), ["a point", "another", "third"]);
    let row = &sheet.rows[0];
    assert_eq!(
        (row.note.as_deref(), row.category.as_deref(), row.altitude),
        (Some("the description"), Some("hut"), Some(400.0))
    );
    assert_eq!(
        (row.tags.join("+"), row.captured_at.unwrap().to_string()),
        ("a+b".into(), "2020-01-02T00:00:00.000000Z".into())
    );
    assert_eq!(sheet.rows[1].note.as_deref(), Some("two\nlines"));
    assert_eq!(bad(&sheet), [(7, "latitude must be a number of degrees from -90 to 90")]);
    let csv = sheet.csv.unwrap();
    assert_eq!(
        (csv.delimiter, csv.columns.latitude, csv.columns.longitude, csv.sample.len()),
        (',', Some(1), Some(2), 4)
    );
    assert_eq!(csv.header[2], "geo_Longitude");
}

#[test]
fn semicolons_tabs_and_bars_part_cells_too_and_then_commas_are_decimal() {
    for (text, expected) in [
        ("Name;Breitengrad;Längengrad\nEiche;47,5;8,7\n", (47.5, 8.7)),
        ("Name\tlat\tlon\nOak\t47.5\t-8,7\n", (47.5, -8.7)),
        ("Name|Y|X\nOak|47.5|8.7\n", (47.5, 8.7)),
        ("name,lat,lon\nOak,47.5° N,8.7 W\n", (47.5, -8.7)),
    ] {
        assert_eq!(positions(&file("a.csv", text)), [expected], "{text}");
    }
    assert_eq!(bad(&file("a.csv", "name,lat,lon\nOak,\"47,5\",8\n")), [(2, "its latitude \"47,5\" is not a number")]);
}

#[test]
fn one_column_can_hold_the_whole_position() {
    let wkt = file(
        "a.csv",
        "WKT,name,description\n\"POINT (8.7 47.5)\",Oak,old\n\"LINESTRING (1 2, 3 4)\",Way,\n\"POLYGON ((1 2))\",Wood,\n",
    );
    assert_eq!((positions(&wkt), wkt.passed_over.lines, wkt.passed_over.polygons), (vec![(47.5, 8.7)], 1, 1));
    for header in ["coordinates", "Location", "LatLng", "GPS"] {
        let sheet = file("a.csv", format!("name,{header}\nOak,\"47.5, 8.7\"\nElm,\nAsh,somewhere\n"));
        assert_eq!(positions(&sheet), [(47.5, 8.7)], "{header}");
        assert_eq!(
            bad(&sheet),
            [(3, "has no coordinates in the file"), (4, "its coordinates \"somewhere\" can't be read")]
        );
    }
}

#[test]
fn columns_that_cant_be_guessed_are_asked_for_and_can_be_said() {
    let text = "Nord;Ost;Was\n47,5;8,7;Eiche\n";
    let sheet = file("a.csv", text);
    assert!(sheet.needs_columns() && sheet.rows.is_empty());
    assert_eq!(why_broken(&sheet), Some("it can't be told which columns hold the latitude and the longitude"));
    let csv = sheet.csv.unwrap();
    assert_eq!(
        (csv.header, csv.sample, csv.delimiter),
        (
            vec!["Nord".into(), "Ost".into(), "Was".into()],
            vec![vec!["47,5".to_owned(), "8,7".into(), "Eiche".into()]],
            ';'
        )
    );

    let columns = CsvColumns { latitude: Some(0), longitude: Some(1), name: Some(2), ..CsvColumns::default() };
    let options = ReadOptions { columns: Some(columns), ..ReadOptions::default() };
    let sheet = read(text.as_bytes(), "a.csv", &options).unwrap();
    assert_eq!((names(&sheet), positions(&sheet), sheet.needs_columns()), (vec!["Eiche"], vec![(47.5, 8.7)], false));

    let choose = |choices: &[&str]| {
        let choices: Vec<ColumnChoice> = choices.iter().map(|choice| choice.parse().unwrap()).collect();
        read_choosing(text.as_bytes(), "a.csv", &ReadOptions::default(), &choices)
    };
    assert_eq!(names(&choose(&["latitude=nord", "longitude=2", "name=Was"]).unwrap()), ["Eiche"]);
    let error = choose(&["latitude=West"]).unwrap_err();
    assert!(matches!(&error, ReadError::NoSuchColumn { column, .. } if column == "West"));
    assert_eq!(error.to_string(), "there is no column \"West\"; its columns are Nord, Ost, Was");
}

#[test]
fn a_sheet_without_a_header_loses_no_row_to_it() {
    let text = "47.5,8.7,Oak\n46.5,7.7,Elm\n";
    let sheet = file("a.csv", text);
    assert_eq!(sheet.csv.unwrap().header, ["Column 1", "Column 2", "Column 3"]);
    let columns = CsvColumns { latitude: Some(0), longitude: Some(1), name: Some(2), ..CsvColumns::default() };
    let options = ReadOptions { columns: Some(columns), ..ReadOptions::default() };
    assert_eq!(names(&read(text.as_bytes(), "a.csv", &options).unwrap()), ["Oak", "Elm"]);
}

#[test]
fn a_mapping_survives_as_json() {
    let columns = CsvColumns { latitude: Some(3), client_id: Some(0), ..CsvColumns::default() };
    let json = serde_json::to_value(columns).unwrap();
    assert_eq!((&json["latitude"], &json["captured_at"]), (&3.into(), &serde_json::Value::Null));
    assert_eq!(serde_json::from_value::<CsvColumns>(json).unwrap(), columns);
    assert_eq!(serde_json::from_str::<CsvColumns>("{\"latitude\":3,\"client_id\":0}").unwrap(), columns);
}

#[test]
fn what_a_spreadsheet_has_guarded_is_read_without_the_guard() {
    let sheet = file("a.csv", "lat,lon,name,position_source\n1,2,'=1+1,fix\n1,2,'s-Hertogenbosch,\n");
    assert_eq!(names(&sheet), ["=1+1", "'s-Hertogenbosch"]);
    assert_eq!(sheet.rows[0].position_source, Some(PositionSource::Fix));
}

#[test]
fn a_column_that_somebody_has_added_to_an_export_is_part_of_the_note() {
    let sheet = file(
        "a.csv",
        "latitude,longitude,name,note,client_id,position_source,comment\n1,2,Oak,old,,manual,hollow\n1,3,Elm,,,,felled\n\
         1,4,Ash,Ash,,manual,\n",
    );
    let notes: Vec<_> = sheet.rows.iter().map(|row| row.note.as_deref().unwrap_or_default()).collect();
    assert_eq!(notes, ["old\nhollow", "felled", "Ash"]);
}

#[test]
fn bytes_that_are_no_text_are_named_and_the_right_encoding_reads_them() {
    let latin = b"name,lat,lon\nCaf\xe9,1,2\nok,1,2\n";
    let sheet = file("a.csv", latin);
    assert_eq!((names(&sheet), bad(&sheet)), (vec!["ok"], vec![(2, holdfast_files::NOT_TEXT)]));
    let options = ReadOptions { encoding: Some("windows-1252".into()), ..ReadOptions::default() };
    assert_eq!(names(&read(latin.as_slice(), "a.csv", &options).unwrap()), ["Café", "ok"]);
    let utf16: Vec<u8> = "\u{FEFF}name,lat,lon\nGrün,1,2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(names(&file("a.csv", utf16)), ["Grün"]);
}

#[test]
fn nothing_at_all_is_said() {
    assert_eq!(why_broken(&file("a.csv", "")), Some("there is nothing in it"));
    assert_eq!(why_broken(&file("a.csv", "\n\n , \n")), Some("there is nothing in it"));
    assert!(matches!(read(&b"hello"[..], "notes", &ReadOptions::default()), Err(ReadError::UnknownFormat)));
    let packed = read(&b"\x1f\x8b\x08"[..], "places", &ReadOptions::default()).unwrap_err();
    assert_eq!(packed.to_string(), "the file is compressed (gzip); unpack it first");
}

#[test]
fn links_that_lead_to_no_map_are_no_positions() {
    let sheet = file("a.csv", "Nord,Ost,Link\n47.5,8.7,https://example.org\n");
    assert!(sheet.needs_columns() && sheet.bad.is_empty());
    let sheet = file("a.csv", "Name,Link\nOak,geo:47.5\nElm,\"geo:47.5,8.7\"\n");
    assert_eq!((names(&sheet), bad(&sheet)), (vec!["Elm"], vec![(2, "has no coordinates in the file")]));
}
