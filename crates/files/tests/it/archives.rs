use std::io::{Cursor, Write as _};

use holdfast_files::{Format, ReadError, ReadOptions, read};
use zip::write::{SimpleFileOptions, ZipWriter};

use super::{file, fixture, names};

fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn place(name: &str) -> String {
    format!("<kml><Placemark><name>{name}</name><Point><coordinates>1,2</coordinates></Point></Placemark></kml>")
}

fn refused(bytes: &[u8], name: &str) -> String {
    match read(bytes, name, &ReadOptions::default()).unwrap_err() {
        ReadError::Archive(reason) => reason,
        other => panic!("{other}"),
    }
}

#[test]
fn a_kmz_of_another_maker_is_read() {
    let polygon = fixture("kml/polygon.kmz");
    assert_eq!((polygon.format, polygon.rows.len(), polygon.broken), (Format::Kmz, 0, None));
}

#[test]
fn the_main_kml_of_an_archive_is_read_and_no_other() {
    let (doc, other) = (place("Doc"), place("Other"));
    let read = file("a.kmz", zip(&[("files/icon.png", "x"), ("other.kml", &other), ("doc.kml", &doc)]));
    assert_eq!((read.format, names(&read)), (Format::Kmz, vec!["Doc"]));
    let read = file("a.zip", zip(&[("images/a.png", "x"), ("sub/Other.KML", &other)]));
    assert_eq!((read.format, names(&read)), (Format::Kmz, vec!["Other"]));
    assert_eq!(refused(&zip(&[("a.txt", "x")]), "a.kmz"), "there are no saved places in it");
}

#[test]
fn a_damaged_archive_is_said() {
    assert_eq!(refused(b"PK\x03\x04 and nothing more", "a.kmz"), "it is damaged, or no archive");
    let whole = zip(&[("doc.kml", &place("Doc"))]);
    assert_eq!(refused(&whole[..whole.len() - 10], "a.kmz"), "it is damaged, or no archive");
    let mut flipped = zip(&[("doc.kml", &place(&"x".repeat(100)))]);
    flipped[45] ^= 0xFF;
    let read = read(flipped.as_slice(), "a.kmz", &ReadOptions::default()).unwrap();
    assert!(read.rows.is_empty() && read.broken.is_some(), "{read:?}");
}
