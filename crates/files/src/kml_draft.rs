//! One KML placemark while it is read. It can hold several points, and then makes several places.

use holdfast_contract::limits;

use crate::draft::{Draft, FIELD_BYTES_MAX, LIST_MAX, Point, Words, at_points, join_note};
use crate::html;
use crate::row::Row;

static WORDS: Words = Words {
    latitude: "latitude",
    longitude: "longitude",
    note: "description",
    category: "category",
    loose_times: true,
};

/// Before the names of what KML has no element for.
pub(crate) const OURS: &str = "holdfast:";
/// Most points of one placemark that are read.
const POINTS_MAX: usize = 10_000;

/// An element whose text is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    Name,
    Description,
    Address,
    Time,
    Link,
    Coordinates,
    Data,
}

/// A placemark while it is read.
#[derive(Default)]
pub(crate) struct KmlDraft {
    line: u64,
    /// The name of the folder it lies in.
    folder: Option<String>,
    name: Option<String>,
    description: Option<String>,
    address: Option<String>,
    time: Option<String>,
    links: Vec<String>,
    points: Vec<String>,
    data: Vec<(String, String)>,
    problems: Vec<String>,
    /// Whether it holds something else than points.
    pub(crate) other_shapes: bool,
}

impl KmlDraft {
    pub(crate) fn begin(line: u64, folder: Option<String>) -> Self {
        Self { line, folder, ..Self::default() }
    }

    fn slot(&mut self, slot: Slot) -> Option<&mut String> {
        match slot {
            Slot::Name => self.name.as_mut(),
            Slot::Description => self.description.as_mut(),
            Slot::Address => self.address.as_mut(),
            Slot::Time => self.time.as_mut(),
            Slot::Link => self.links.last_mut(),
            Slot::Coordinates => self.points.last_mut(),
            Slot::Data => self.data.last_mut().map(|(_, value)| value),
        }
    }

    pub(crate) fn open(&mut self, slot: Slot) {
        match slot {
            Slot::Name => drop(self.name.get_or_insert_default()),
            Slot::Description => drop(self.description.get_or_insert_default()),
            Slot::Address => drop(self.address.get_or_insert_default()),
            Slot::Time => drop(self.time.get_or_insert_default()),
            Slot::Link if self.links.len() < LIST_MAX => self.links.push(String::new()),
            Slot::Coordinates if self.points.len() < POINTS_MAX => self.points.push(String::new()),
            Slot::Coordinates => self.problem(format!("has more than {POINTS_MAX} points")),
            Slot::Link | Slot::Data => {}
        }
    }

    /// A value of `ExtendedData` begins.
    pub(crate) fn data(&mut self, name: String) {
        if self.data.len() < LIST_MAX {
            self.data.push((name, String::new()));
        }
    }

    pub(crate) fn append(&mut self, slot: Slot, text: &str) {
        if let Some(field) = self.slot(slot)
            && field.len() < FIELD_BYTES_MAX
        {
            field.push_str(text);
        }
    }

    /// Why it can't be taken. The first reason is enough.
    pub(crate) fn problem(&mut self, problem: String) {
        if self.problems.is_empty() {
            self.problems.push(problem);
        }
    }

    /// An unfinished placemark, and why it can't be taken.
    pub(crate) fn bad(self, reason: String) -> Row {
        Row::Bad(Draft { line: self.line, name: self.name, ..Draft::default() }.bad(reason))
    }

    /// The places it makes; none where it is no point.
    pub(crate) fn finish(mut self) -> Vec<Row> {
        let points = std::mem::take(&mut self.points);
        if points.is_empty() {
            let passed = self.other_shapes;
            let reason = self.problems.first().cloned().unwrap_or_else(|| "has no coordinates in the file".to_owned());
            return if passed { Vec::new() } else { vec![self.bad(reason)] };
        }
        let places = points.iter().map(|point| {
            let mut numbers = point.split(',').map(|part| part.trim().to_owned());
            let (longitude, latitude) = (numbers.next(), numbers.next());
            Point { latitude, longitude, altitude: numbers.next().filter(|altitude| !altitude.is_empty()) }
        });
        let places = places.collect();
        at_points(self.draft(), places, &WORDS).collect()
    }

    /// The place without its position.
    fn draft(self) -> Draft {
        let mut draft = Draft { line: self.line, problems: self.problems, time: self.time, ..Draft::default() };
        let mut more = Vec::new();
        for (key, value) in &self.data {
            let value = value.trim();
            match key.strip_prefix(OURS) {
                _ if value.is_empty() => {}
                Some("clientId") => draft.client_id = Some(value.to_owned()),
                Some("positionSource") => draft.position_source = Some(value.to_owned()),
                Some("accuracy") => draft.accuracy = Some(value.to_owned()),
                Some("category") => draft.category = Some(value.to_owned()),
                Some("tag") => draft.tags.push(value.to_owned()),
                Some(_) => {}
                None => match key.trim().to_lowercase().as_str() {
                    "name" | "title" if self.name.as_deref().is_none_or(|name| name.trim().is_empty()) => {
                        draft.name = Some(value.to_owned());
                    }
                    "category" | "type" if draft.category.is_none() => draft.category = Some(value.to_owned()),
                    "tags" if draft.tags.is_empty() => draft.tags = crate::csv_cells::tags(value),
                    "name" | "title" | "description" => {}
                    _ => more.push(format!("{}: {value}", key.trim())),
                },
            }
        }
        draft.name = self.name.filter(|name| !name.trim().is_empty()).or(draft.name);
        let description = self.description.unwrap_or_default();
        if draft.position_source.is_some() {
            // A person has written it, and nothing else belongs to it.
            draft.note = Some(html::ours_to_text(&description).unwrap_or_else(|| html::to_text(&description)));
        } else {
            let description = html::to_text(&description);
            // What the description repeats already is not said twice.
            more.retain(|line| line.split_once(": ").is_none_or(|(_, value)| !description.contains(value)));
            let parts = [Some(description), self.address].into_iter().flatten();
            let parts: Vec<String> = parts.chain(self.links).collect();
            let mut note = join_note(parts.iter().map(String::as_str), draft.name.as_deref());
            for line in more {
                let separator = if note.is_empty() { "" } else { "\n" };
                if note.chars().count() + line.chars().count() + 1 > limits::NOTE_MAX {
                    draft.left_out.push("its extended data does not fit into a note".to_owned());
                    break;
                }
                note = format!("{note}{separator}{line}");
            }
            draft.note = Some(note);
            if draft.category.is_none() {
                draft.category = self.folder;
            }
            if draft.category.as_deref().is_some_and(|c| c.trim().chars().count() > limits::CATEGORY_MAX) {
                draft.category = None;
                draft.left_out.push("its folder's name is too long for a category".to_owned());
            }
        }
        draft
    }
}
