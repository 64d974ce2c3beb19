//! From what a screen hands in to what the core takes: normalised text, numbers within their range.

use holdfast_contract::rules::TagChange;
use holdfast_contract::text::Text;
use holdfast_contract::{FieldError, Position, PositionSource, Tags, Timestamp};
use holdfast_device as device;
use holdfast_device::{LocalId, PageKey, PlaceView};

use crate::args::{Capture, Changes, List, NewPosition, Seen, StateFilter};
use crate::failure::{Failure, FailureCode};

/// Collects what is wrong, so that a form can mark every field at once.
#[derive(Default)]
struct Reading {
    errors: Vec<FieldError>,
}

impl Reading {
    fn text<const MAX: usize>(&mut self, field: &str, raw: Option<&str>) -> Option<Text<MAX>> {
        Text::parse(raw?).map_err(|error| self.errors.push(error.at(field))).ok().flatten()
    }

    fn tags(&mut self, raw: &[String]) -> Tags {
        Tags::parse(raw, "tags").map_err(|errors| self.errors.extend(errors)).unwrap_or_default()
    }

    fn position(&mut self, raw: &NewPosition) -> Option<Position> {
        parse(raw).map_err(|errors| self.errors.extend(errors)).ok()
    }

    fn done<T>(self, value: T) -> Result<T, Failure> {
        if self.errors.is_empty() { Ok(value) } else { Err(Failure::invalid(self.errors)) }
    }
}

fn parse(raw: &NewPosition) -> Result<Position, Vec<FieldError>> {
    Position::parse("position.", raw.latitude, raw.longitude, raw.accuracy, raw.altitude)
}

pub(crate) fn position(raw: &NewPosition) -> Result<Position, Failure> {
    parse(raw).map_err(Failure::invalid)
}

/// The words of a capture and where it is, if that is known.
pub(crate) struct ReadCapture {
    pub(crate) name: Option<holdfast_contract::Name>,
    pub(crate) note: Option<holdfast_contract::Note>,
    pub(crate) category: Option<holdfast_contract::Category>,
    pub(crate) tags: Tags,
    pub(crate) position: Option<(Position, PositionSource)>,
    pub(crate) captured_at: Timestamp,
    pub(crate) wait_until: Timestamp,
}

/// How long a fix is waited for unless the screen says so.
const FIX_WAIT_SECONDS: i64 = 10;

pub(crate) fn capture(raw: &Capture, now: Timestamp) -> Result<ReadCapture, Failure> {
    let mut reading = Reading::default();
    let position = raw.position.as_ref().and_then(|position| reading.position(position));
    let read = ReadCapture {
        name: reading.text("name", raw.name.as_deref()),
        note: reading.text("note", raw.note.as_deref()),
        category: reading.text("category", raw.category.as_deref()),
        tags: reading.tags(raw.tags.as_deref().unwrap_or_default()),
        position: position.map(|position| (position, raw.position_source.unwrap_or(PositionSource::Fix))),
        captured_at: raw.captured_at.unwrap_or(now),
        wait_until: raw.wait_until.unwrap_or_else(|| now.plus_seconds(FIX_WAIT_SECONDS)),
    };
    reading.done(read)
}

/// What the person wants, compared with what they saw.
pub(crate) fn changes(raw: &Changes, seen: &device::Seen) -> Result<device::Edit, Failure> {
    let mut reading = Reading::default();
    let edit = device::Edit {
        name: raw.name.as_ref().map(|name| reading.text("name", name.as_deref())),
        note: raw.note.as_ref().map(|note| reading.text("note", note.as_deref())),
        category: raw.category.as_ref().map(|category| reading.text("category", category.as_deref())),
        position: raw.position.as_ref().and_then(|position| reading.position(position)),
        tags: raw.tags.as_ref().map_or_else(TagChange::default, |tags| {
            let tags = reading.tags(tags);
            TagChange::between(&seen.tags, &tags)
        }),
    };
    reading.done(edit)
}

/// What stood on the screen.
pub(crate) fn seen(raw: Option<&Seen>) -> Result<Option<device::Seen>, Failure> {
    let Some(raw) = raw else { return Ok(None) };
    let mut reading = Reading::default();
    let seen = device::Seen {
        name: reading.text("seen.name", raw.name.as_deref()),
        note: reading.text("seen.note", raw.note.as_deref()),
        category: reading.text("seen.category", raw.category.as_deref()),
        position: raw.position.as_ref().and_then(|position| reading.position(position)),
        tags: reading.tags(&raw.tags),
        deleted: raw.deleted_at.is_some(),
        version: raw.version.unwrap_or(0),
    };
    reading.done(Some(seen))
}

pub(crate) fn seen_or_now(seen: Option<&device::Seen>, view: &PlaceView) -> device::Seen {
    seen.cloned().unwrap_or_else(|| device::Seen::from(view))
}

pub(crate) fn query(raw: &List) -> Result<device::ListQuery, Failure> {
    let given =
        |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    Ok(device::ListQuery {
        text: given(&raw.text),
        category: raw.category.clone(),
        tag: raw.tag.clone(),
        state: raw.state.map(|state| match state {
            StateFilter::SavedOnDevice => device::StateFilter::SavedOnDevice,
            StateFilter::Sending => device::StateFilter::Sending,
            StateFilter::Synced => device::StateFilter::Synced,
            StateFilter::NeedsAttention => device::StateFilter::NeedsAttention,
            StateFilter::WithoutPosition => device::StateFilter::WithoutPosition,
        }),
        client_id: raw.client_id,
        trash: raw.trash.unwrap_or(false),
        limit: raw.limit.unwrap_or(0),
        after: raw.after.as_deref().map(page_key).transpose()?,
    })
}

/// A page's end as an opaque word.
pub(crate) fn page_word(key: PageKey) -> String {
    format!("{}.{}", key.captured_at.as_micros(), key.local_id)
}

fn page_key(word: &str) -> Result<PageKey, Failure> {
    let parsed = word.split_once('.').and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?)));
    let (at, id) = parsed.ok_or_else(|| Failure::new(FailureCode::UnknownCall).with_detail("not the end of a page"))?;
    Ok(PageKey { captured_at: Timestamp::from_micros(at), local_id: LocalId(id) })
}
