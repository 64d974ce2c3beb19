//! Reads KML placemarks as other makers write them: a pull parser with the same bounds as that of GPX.
//!
//! Points become places, also several of one placemark. Lines, areas, tracks, and what is laid over the map are counted
//! and passed over. The folder that a placemark lies in is its category.

use std::collections::VecDeque;
use std::io::Read;

use quick_xml::Reader;
use quick_xml::events::BytesStart;

use crate::contents::{Broken, Collector, PassedOver, ReadError};
use crate::decode::Decoded;
use crate::draft::shown;
use crate::kml_draft::{KmlDraft, Slot};
use crate::row::Row;
use crate::xml::{self, DEPTH_MAX, Piece};

/// The most text kept of a folder's name.
const FOLDER_BYTES_MAX: usize = 4096;

/// Reads a whole file.
pub(crate) fn read<R: Read>(source: Decoded<R>, into: &mut Collector) -> Result<(), ReadError> {
    let mut kml = KmlReader::new(source);
    while !kml.done {
        kml.step();
        if !kml.rows.is_empty() {
            into.element(kml.placemark_line, kml.placemarks);
        }
        while let Some(row) = kml.rows.pop_front() {
            into.row(row)?;
        }
    }
    let passed = into.passed();
    passed.tracks += kml.passed.tracks;
    passed.lines += kml.passed.lines;
    passed.polygons += kml.passed.polygons;
    passed.others += kml.passed.others;
    if let Some(broken) = kml.broken {
        into.broken(broken.line, broken.reason);
    }
    Ok(())
}

struct KmlReader<R: Read> {
    xml: Reader<Decoded<R>>,
    buffer: Vec<u8>,
    /// The elements that are open, by their local names.
    open: Vec<String>,
    root_seen: bool,
    done: bool,
    /// The names of the folders that are open.
    folders: Vec<String>,
    draft: Option<KmlDraft>,
    slot: Option<Slot>,
    in_folder_name: bool,
    rows: VecDeque<Row>,
    /// Placemarks so far, and where the last one began.
    placemarks: u64,
    placemark_line: u64,
    passed: PassedOver,
    broken: Option<Broken>,
}

impl<R: Read> KmlReader<R> {
    fn new(source: Decoded<R>) -> Self {
        Self {
            xml: xml::reader(source),
            buffer: Vec::new(),
            open: Vec::new(),
            root_seen: false,
            done: false,
            folders: Vec::new(),
            draft: None,
            slot: None,
            in_folder_name: false,
            rows: VecDeque::new(),
            placemarks: 0,
            placemark_line: 0,
            passed: PassedOver::default(),
            broken: None,
        }
    }

    /// Handles one event.
    fn step(&mut self) {
        let line = self.xml.get_ref().line();
        let mut buffer = std::mem::take(&mut self.buffer);
        match xml::next(&mut self.xml, &mut buffer) {
            Piece::Start(tag) => self.start(&tag, line),
            Piece::End => self.end(),
            Piece::Text(text) => self.text(&text),
            Piece::Problem(problem) => {
                if let (Some(draft), Some(_)) = (&mut self.draft, self.slot) {
                    draft.problem(problem);
                }
            }
            Piece::Nothing => {}
            Piece::Eof => self.ended(),
            Piece::Broken(reason) => self.stop(line, &reason, "the file can't be read on from inside it"),
        }
        self.buffer = buffer;
    }

    fn start(&mut self, tag: &BytesStart<'_>, line: u64) {
        let local = tag.local_name();
        let local = local.as_ref();
        if self.open.len() >= DEPTH_MAX {
            self.stop(line, &format!("it is nested deeper than {DEPTH_MAX} levels"), "it is nested too deeply");
            return;
        }
        if self.open.is_empty() {
            // Some write what stands inside of a KML file alone.
            let fine = matches!(
                local,
                "kml" | "Document" | "Folder" | "Placemark" | "Point" | "LineString" | "Polygon" | "MultiGeometry"
            );
            if !fine {
                self.stop(line, &format!("it is not a KML file: it begins with <{}>", shown(local)), "");
                return;
            }
            self.root_seen = true;
        }
        self.slot = None;
        self.in_folder_name = false;
        if self.draft.is_some() {
            self.start_inside(tag, local);
        } else {
            match local {
                "Folder" => self.folders.push(String::new()),
                "name" if self.open.last().is_some_and(|parent| parent == "Folder") => self.in_folder_name = true,
                "Placemark" => {
                    let folder = self.folders.iter().rev().find(|name| !name.trim().is_empty()).cloned();
                    self.draft = Some(KmlDraft::begin(line, folder));
                    self.placemarks += 1;
                    self.placemark_line = line;
                }
                "GroundOverlay" | "ScreenOverlay" | "PhotoOverlay" | "NetworkLink" => self.passed.others += 1,
                _ => {}
            }
        }
        self.open.push(local.to_owned());
    }

    /// An element of a placemark begins.
    fn start_inside(&mut self, tag: &BytesStart<'_>, local: &str) {
        let parent = self.open.last().map_or("", String::as_str);
        let Some(draft) = &mut self.draft else { return };
        let slot = match (parent, local) {
            ("Placemark", "name") => Some(Slot::Name),
            ("Placemark", "description") => Some(Slot::Description),
            ("Placemark", "address") => Some(Slot::Address),
            ("TimeStamp", "when") | ("TimeSpan", "begin") => Some(Slot::Time),
            ("Point", "coordinates") => Some(Slot::Coordinates),
            ("Data", "value") => Some(Slot::Data),
            _ => None,
        };
        match local {
            // A ring is part of an area.
            "LineString" => self.passed.lines += 1,
            "LinearRing" if !matches!(parent, "outerBoundaryIs" | "innerBoundaryIs") => self.passed.lines += 1,
            "Polygon" => self.passed.polygons += 1,
            // A multi-track holds tracks.
            "Track" => self.passed.tracks += 1,
            "Model" => self.passed.others += 1,
            _ => {}
        }
        if matches!(local, "LineString" | "LinearRing" | "Polygon" | "Track" | "MultiTrack" | "Model") {
            draft.other_shapes = true;
        }
        match (parent, local) {
            (_, "Data") => draft.data(xml::attribute(tag, "name").unwrap_or_default()),
            (_, "SimpleData") => {
                draft.data(xml::attribute(tag, "name").unwrap_or_default());
                self.slot = Some(Slot::Data);
            }
            ("Placemark", "link") => {
                draft.open(Slot::Link);
                draft.append(Slot::Link, &xml::attribute(tag, "href").unwrap_or_default());
            }
            _ => {}
        }
        if let Some(slot) = slot {
            draft.open(slot);
            self.slot = Some(slot);
        }
    }

    fn end(&mut self) {
        self.slot = None;
        self.in_folder_name = false;
        match self.open.pop().as_deref() {
            // Inside of a placemark the name means something else, if anything.
            Some("Placemark") if !self.open.iter().any(|open| open == "Placemark") => {
                self.rows.extend(self.draft.take().map(KmlDraft::finish).into_iter().flatten());
            }
            Some("Folder") if self.draft.is_none() => drop(self.folders.pop()),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if let (Some(draft), Some(slot)) = (&mut self.draft, self.slot) {
            draft.append(slot, text);
        } else if self.in_folder_name
            && let Some(folder) = self.folders.last_mut()
            && folder.len() < FOLDER_BYTES_MAX
        {
            folder.push_str(text);
        }
    }

    fn ended(&mut self) {
        self.done = true;
        let line = self.xml.get_ref().line();
        if !self.root_seen {
            self.stop(line, "there is no KML in it", "");
        } else if !self.open.is_empty() {
            self.stop(line, "it ends before it is complete", "the file ends in the middle of it");
        }
    }

    /// Ends the reading. An unfinished placemark becomes a bad row.
    fn stop(&mut self, line: u64, reason: &str, about_the_place: &str) {
        self.done = true;
        self.broken = Some(Broken { line, reason: reason.to_owned(), file: None });
        self.rows.extend(self.draft.take().map(|draft| draft.bad(about_the_place.to_owned())));
    }
}
