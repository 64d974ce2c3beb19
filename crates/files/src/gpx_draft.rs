//! One GPX waypoint while it is read.

use quick_xml::events::BytesStart;

use crate::contents::BadRow;
use crate::draft::{Draft, FIELD_BYTES_MAX, LIST_MAX, Words, join_note};
use crate::row::Row;
use crate::xml::attribute;

const WORDS: Words =
    Words { latitude: "lat", longitude: "lon", note: "description", category: "type", loose_times: false };

/// An element whose text is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Name,
    Desc,
    Cmt,
    Type,
    Ele,
    Time,
    Url,
    Tag,
    Accuracy,
    ClientId,
    PositionSource,
}

/// A waypoint while it is read.
#[derive(Default)]
pub(super) struct GpxDraft {
    line: u64,
    latitude: Option<String>,
    longitude: Option<String>,
    name: Option<String>,
    desc: Option<String>,
    cmt: Option<String>,
    kind: Option<String>,
    ele: Option<String>,
    time: Option<String>,
    accuracy: Option<String>,
    client_id: Option<String>,
    position_source: Option<String>,
    links: Vec<String>,
    tags: Vec<String>,
    problems: Vec<String>,
}

impl GpxDraft {
    pub(super) fn begin(tag: &BytesStart<'_>, line: u64) -> Self {
        Self { line, latitude: attribute(tag, "lat"), longitude: attribute(tag, "lon"), ..Self::default() }
    }

    fn slot(&mut self, slot: Slot) -> &mut Option<String> {
        match slot {
            Slot::Desc => &mut self.desc,
            Slot::Cmt => &mut self.cmt,
            Slot::Type => &mut self.kind,
            Slot::Ele => &mut self.ele,
            Slot::Time => &mut self.time,
            Slot::Accuracy => &mut self.accuracy,
            Slot::ClientId => &mut self.client_id,
            Slot::PositionSource => &mut self.position_source,
            Slot::Name | Slot::Url | Slot::Tag => &mut self.name,
        }
    }

    pub(super) fn open(&mut self, slot: Slot) {
        match slot {
            Slot::Tag if self.tags.len() < LIST_MAX => self.tags.push(String::new()),
            Slot::Url if self.links.len() < LIST_MAX => self.links.push(String::new()),
            Slot::Tag | Slot::Url => {}
            slot => drop(self.slot(slot).get_or_insert_default()),
        }
    }

    pub(super) fn append(&mut self, slot: Slot, text: &str) {
        let field = match slot {
            Slot::Tag => self.tags.last_mut(),
            Slot::Url => self.links.last_mut(),
            slot => self.slot(slot).as_mut(),
        };
        if let Some(field) = field {
            // What is past the bound is far past the contract's, which will refuse the field by its length.
            if field.len() < FIELD_BYTES_MAX {
                field.push_str(text);
            }
        }
    }

    /// The address of a link.
    pub(super) fn link(&mut self, tag: &BytesStart<'_>) {
        if self.links.len() < LIST_MAX {
            self.links.extend(attribute(tag, "href"));
        }
    }

    /// Why it can't be taken. The first reason is enough.
    pub(super) fn problem(&mut self, problem: String) {
        if self.problems.is_empty() {
            self.problems.push(problem);
        }
    }

    pub(super) fn bad(self, reason: String) -> BadRow {
        self.draft().bad(reason)
    }

    pub(super) fn finish(self) -> Row {
        self.draft().finish(&WORDS)
    }

    /// Description, comment where it says something else, and links are the note. A description that only repeats the
    /// name is no note, unless Holdfast has written it: then the person has.
    fn draft(self) -> Draft {
        let ours = self.position_source.is_some();
        let repeated = self.name.as_deref().filter(|_| !ours);
        let parts = [&self.desc, &self.cmt].into_iter().flatten().chain(&self.links);
        let note = Some(join_note(parts.map(String::as_str), repeated));
        Draft {
            line: self.line,
            client_id: self.client_id,
            name: self.name,
            note,
            category: self.kind,
            tags: self.tags,
            latitude: self.latitude,
            longitude: self.longitude,
            altitude: self.ele,
            accuracy: self.accuracy,
            time: self.time,
            position_source: self.position_source,
            problems: self.problems,
            left_out: Vec::new(),
            // A waypoint has a position.
            unplaced: false,
        }
    }
}
