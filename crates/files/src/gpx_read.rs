//! Reads GPX 1.0 and 1.1 waypoints as other makers write them.
//!
//! A pull parser that never builds a tree: entities that a file defines are never expanded, nesting and the size of one
//! element are bounded, everything that is not a waypoint is skipped. A waypoint that can't be taken becomes a
//! [`BadRow`](crate::BadRow); only what makes the rest of the file unreadable ends the reading, and is told as [`Broken`].

use std::io::Read;

use quick_xml::Reader;
use quick_xml::events::BytesStart;

use crate::contents::{Broken, Collector, ReadError};
use crate::decode::Decoded;
use crate::draft::shown;
use crate::gpx_draft::{GpxDraft, Slot};
use crate::row::Row;
use crate::xml::{self, DEPTH_MAX, Piece};

/// Reads a whole file.
pub(crate) fn read<R: Read>(source: Decoded<R>, into: &mut Collector) -> Result<(), ReadError> {
    let mut gpx = GpxReader::new(source);
    for row in gpx.by_ref() {
        into.row(row)?;
    }
    into.passed().tracks += gpx.tracks;
    into.passed().routes += gpx.routes;
    if let Some(broken) = gpx.broken {
        into.broken(broken.line, broken.reason);
    }
    Ok(())
}

/// Reads waypoints one by one.
pub(crate) struct GpxReader<R: Read> {
    xml: Reader<Decoded<R>>,
    buffer: Vec<u8>,
    depth: usize,
    root_seen: bool,
    done: bool,
    draft: Option<GpxDraft>,
    slot: Option<Slot>,
    /// Tracks and routes that were passed over.
    pub(crate) tracks: u64,
    pub(crate) routes: u64,
    /// Why the reading ended early, if it did.
    pub(crate) broken: Option<Broken>,
}

impl<R: Read> GpxReader<R> {
    /// Reads `source` from its beginning.
    pub(crate) fn new(source: Decoded<R>) -> Self {
        Self {
            xml: xml::reader(source),
            buffer: Vec::new(),
            depth: 0,
            root_seen: false,
            done: false,
            draft: None,
            slot: None,
            tracks: 0,
            routes: 0,
            broken: None,
        }
    }

    fn line(&self) -> u64 {
        self.xml.get_ref().line()
    }

    /// Handles one event; a row when one is complete.
    fn step(&mut self) -> Option<Row> {
        let line = self.line();
        let mut buffer = std::mem::take(&mut self.buffer);
        let row = match xml::next(&mut self.xml, &mut buffer) {
            Piece::Start(tag) => self.start(&tag, line),
            Piece::End => self.end(),
            Piece::Text(text) => {
                self.text(&text);
                None
            }
            Piece::Problem(problem) => {
                self.problem(problem);
                None
            }
            Piece::Nothing => None,
            Piece::Eof => self.ended(),
            Piece::Broken(reason) => self.stop(line, &reason, "the file can't be read on from inside it"),
        };
        self.buffer = buffer;
        row
    }

    fn start(&mut self, tag: &BytesStart<'_>, line: u64) -> Option<Row> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return self.stop(line, &format!("it is nested deeper than {DEPTH_MAX} levels"), "it is nested too deeply");
        }
        let local = tag.local_name();
        let local = local.as_ref();
        match self.depth {
            1 if local != "gpx" => {
                let reason = format!("it is not a GPX file: it begins with <{}>", shown(local));
                return self.stop(line, &reason, "");
            }
            1 => self.root_seen = true,
            2 => match local {
                "wpt" => self.draft = Some(GpxDraft::begin(tag, line)),
                "trk" => self.tracks += 1,
                "rte" => self.routes += 1,
                _ => {}
            },
            3 => {
                self.slot = match local {
                    "name" => Some(Slot::Name),
                    "desc" => Some(Slot::Desc),
                    "cmt" => Some(Slot::Cmt),
                    "type" => Some(Slot::Type),
                    "ele" => Some(Slot::Ele),
                    "time" => Some(Slot::Time),
                    "url" => Some(Slot::Url),
                    _ => None,
                };
                if let (Some(draft), "link") = (&mut self.draft, local) {
                    draft.link(tag);
                }
            }
            4 => {
                self.slot = match tag.name().as_ref() {
                    "holdfast:tag" => Some(Slot::Tag),
                    "holdfast:accuracy" => Some(Slot::Accuracy),
                    "holdfast:clientId" => Some(Slot::ClientId),
                    "holdfast:positionSource" => Some(Slot::PositionSource),
                    _ => None,
                };
            }
            _ => self.slot = None,
        }
        if let (Some(draft), Some(slot)) = (&mut self.draft, self.slot) {
            draft.open(slot);
        }
        None
    }

    fn end(&mut self) -> Option<Row> {
        self.slot = None;
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 1 { self.draft.take().map(GpxDraft::finish) } else { None }
    }

    fn text(&mut self, text: &str) {
        if let (Some(draft), Some(slot)) = (&mut self.draft, self.slot) {
            draft.append(slot, text);
        }
    }

    fn problem(&mut self, problem: String) {
        if let (Some(draft), Some(_)) = (&mut self.draft, self.slot) {
            draft.problem(problem);
        }
    }

    fn ended(&mut self) -> Option<Row> {
        self.done = true;
        if !self.root_seen {
            return self.stop(self.line(), "there is no GPX in it", "");
        }
        if self.depth > 0 {
            return self.stop(self.line(), "it ends before it is complete", "the file ends in the middle of it");
        }
        None
    }

    /// Ends the reading. An unfinished waypoint becomes a bad row.
    fn stop(&mut self, line: u64, reason: &str, about_the_waypoint: &str) -> Option<Row> {
        self.done = true;
        self.broken = Some(Broken { line, reason: reason.to_owned(), file: None });
        let draft = self.draft.take()?;
        Some(Row::Bad(draft.bad(about_the_waypoint.to_owned())))
    }
}

impl<R: Read> Iterator for GpxReader<R> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        while !self.done {
            if let Some(row) = self.step() {
                return Some(row);
            }
        }
        None
    }
}
