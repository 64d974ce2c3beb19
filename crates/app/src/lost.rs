//! What a decision left behind: the device's journal keeps every value that lost, and a place's page shows them.

use std::collections::BTreeMap;

use holdfast_contract::{
    Action, Category, Field, Name, Note, Operation, Place, PlaceChanges, Position, Tag, Tags, Timestamp,
};
use holdfast_device::{JournalEntry, JournalEvent, PlaceView};
use serde::{Deserialize, Serialize};

/// One thing that happened to a place on this device, with what was not kept of the place by it.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct JournalLine {
    /// What happened.
    #[serde(flatten)]
    pub entry: JournalEntry,
    /// Values that the place does not have because of it. Several lines can speak of one decision, all of one moment: what was
    /// lost by it stands with the first of them that says "resolved".
    pub lost: Vec<Lost>,
}

/// A value that a place does not have, because of a decision.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Lost {
    /// The field.
    pub field: Field,
    /// Whose value it was.
    pub whose: LostSide,
    /// The value; null: the field would have been empty.
    pub value: Option<LostValue>,
}

/// Whose value was not kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum LostSide {
    /// It was wanted on this device.
    Mine,
    /// The server had it.
    Theirs,
    /// It was wanted on this device, and the person dropped it.
    Discarded,
    /// It belonged to a version that was let go as a whole, or came too late.
    Before,
}

/// A value that was not kept.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(untagged)]
pub enum LostValue {
    /// A name, a note or a category.
    Text(String),
    /// A position.
    Position(Position),
    /// A change of the tags.
    TagChange {
        /// Tags that were to be there.
        add: Vec<Tag>,
        /// Tags that were not to be there.
        remove: Vec<Tag>,
    },
    /// All tags.
    Tags(Tags),
}

/// The journal with what was lost, oldest first. `place` is the place as it is now.
pub(crate) fn journal(entries: Vec<JournalEntry>, place: &PlaceView) -> Vec<JournalLine> {
    let now = Now::of(place);
    let lost: Vec<Vec<Lost>> = (0..entries.len()).map(|index| lost_with(&entries, index, &now)).collect();
    entries.into_iter().zip(lost).map(|(entry, lost)| JournalLine { entry, lost }).collect()
}

/// What of the place as it is now a value can have lost against.
struct Now {
    words: Words,
    position: Option<Position>,
    tags: Tags,
}

impl Now {
    fn of(place: &PlaceView) -> Self {
        let words = Words { name: place.name.clone(), note: place.note.clone(), category: place.category.clone() };
        Self { words, position: place.position, tags: place.tags.clone() }
    }
}

/// What the device has kept with a line of the journal (`crates/device/src/{resolve,offer,capture,waiting,journal}.rs`).
enum Kept {
    /// An update that is not sent any more.
    Wish(Wish),
    /// The server's values that lost against this device's, and which fields were taken from the server instead.
    Servers(Box<Servers>),
    /// A version of the place that was let go as a whole.
    Version(Box<Place>),
    /// Words of a capture that came a second time.
    Words(Words),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Servers {
    #[serde(rename = "theirVersion")]
    _version: i64,
    /// Versions of the app before this was noted can't tell a value that lost from one that was empty.
    taken: Option<Vec<Field>>,
    #[serde(flatten)]
    words: Words,
    position: Option<Position>,
}

#[derive(Default, Deserialize)]
struct Words {
    name: Option<Name>,
    note: Option<Note>,
    category: Option<Category>,
}

/// What was seen and what was wanted, by field.
type Wish = BTreeMap<Field, (Option<LostValue>, Option<LostValue>)>;

/// None where it is nothing, a sentence, or an operation that is no update.
fn kept(entry: &JournalEntry) -> Option<Kept> {
    let detail = entry.detail.as_deref().filter(|detail| detail.starts_with('{'))?;
    if entry.op_id.is_some()
        && let Ok(operation) = Operation::parse(detail.as_bytes())
    {
        let Action::Update { changes, .. } = operation.action else { return None };
        return Some(Kept::Wish(wish(&changes)));
    }
    let servers = serde_json::from_str(detail).map(|servers| Kept::Servers(Box::new(servers)));
    let version = || serde_json::from_str(detail).map(|place| Kept::Version(Box::new(place)));
    let words = || serde_json::from_str(detail).map(Kept::Words);
    servers.or_else(|_| version()).or_else(|_| words()).ok()
}

fn wish(changes: &PlaceChanges) -> Wish {
    let mut wish = Wish::new();
    let text = |value: Option<&str>| value.map(|text| LostValue::Text(text.to_owned()));
    if let Some(change) = &changes.name {
        let (was, to) = (change.was.as_ref().map(Name::as_str), change.to.as_ref().map(Name::as_str));
        wish.insert(Field::Name, (text(was), text(to)));
    }
    if let Some(change) = &changes.note {
        let (was, to) = (change.was.as_ref().map(Note::as_str), change.to.as_ref().map(Note::as_str));
        wish.insert(Field::Note, (text(was), text(to)));
    }
    if let Some(change) = &changes.category {
        let (was, to) = (change.was.as_ref().map(Category::as_str), change.to.as_ref().map(Category::as_str));
        wish.insert(Field::Category, (text(was), text(to)));
    }
    if let Some(change) = &changes.position {
        wish.insert(Field::Position, (change.was.map(LostValue::Position), Some(LostValue::Position(change.to))));
    }
    if !changes.tags.is_empty() {
        let add = changes.tags.add.iter().cloned().collect();
        let remove = changes.tags.remove.iter().cloned().collect();
        wish.insert(Field::Tags, (None, Some(LostValue::TagChange { add, remove })));
    }
    wish
}

/// The later wish counts where both have one; what was seen first stays.
fn fold(mut first: Wish, later: Wish) -> Wish {
    for (field, (was, to)) in later {
        let seen = first.remove(&field).map_or(was, |(was, _)| was);
        first.insert(field, (seen, to));
    }
    first
}

fn lost_with(journal: &[JournalEntry], index: usize, now: &Now) -> Vec<Lost> {
    let entry = &journal[index];
    let Some(what) = kept(entry) else { return Vec::new() };
    match (entry.event, what) {
        (JournalEvent::Discarded, Kept::Wish(wish)) => {
            wish.into_iter().map(|(field, (_, value))| Lost { field, whose: LostSide::Discarded, value }).collect()
        }
        (JournalEvent::Superseded, Kept::Words(words)) => of_words(&words, now),
        (JournalEvent::Resolved, Kept::Version(version)) => of_version(&version, now),
        (JournalEvent::Resolved, what @ (Kept::Wish(_) | Kept::Servers(_))) => {
            // Everything that one decision ended, in one transaction.
            let together = || journal.iter().enumerate().filter(|(_, each)| each.at == entry.at);
            let speaks =
                |(_, each): &(usize, &JournalEntry)| each.event == JournalEvent::Resolved && kept(each).is_some();
            if together().find(speaks).is_some_and(|(first, _)| first != index) {
                return Vec::new();
            }
            let wishes = wishes_of(journal, entry.at);
            if let Kept::Servers(servers) = what {
                return of_sides(&servers, wishes);
            }
            // The server's side was kept. Of what waited behind, only the same fields went with it.
            let fields: Vec<Field> = wishes.first().into_iter().flat_map(|first| first.keys().copied()).collect();
            let mut all = wishes.into_iter().fold(Wish::new(), fold);
            let mine = |field| all.remove(&field).map(|(_, value)| Lost { field, whose: LostSide::Mine, value });
            fields.into_iter().filter_map(mine).collect()
        }
        _ => Vec::new(),
    }
}

/// What this device had wanted until the decision at `at`, in the order in which it is noted.
fn wishes_of(journal: &[JournalEntry], at: Timestamp) -> Vec<Wish> {
    let ended = |entry: &&JournalEntry| {
        entry.at == at && matches!(entry.event, JournalEvent::Resolved | JournalEvent::Superseded)
    };
    let wish = |entry: &JournalEntry| match kept(entry) {
        Some(Kept::Wish(wish)) => Some(wish),
        _ => None,
    };
    journal.iter().filter(ended).filter_map(wish).collect()
}

/// Both sides were put together field by field, or this device's was kept: who lost what.
fn of_sides(servers: &Servers, mut wishes: Vec<Wish>) -> Vec<Lost> {
    // The one that conflicted is noted last, but was the first.
    let first = wishes.pop().unwrap_or_default();
    let mut lost = Vec::new();
    for (field, (was, to)) in wishes.into_iter().fold(first, fold) {
        if servers.taken.as_ref().is_some_and(|taken| taken.contains(&field)) {
            lost.push(Lost { field, whose: LostSide::Mine, value: to });
            continue;
        }
        let theirs = match field {
            // Both sides' changes of the tags are kept.
            Field::Tags => continue,
            Field::Position => servers.position.map(LostValue::Position),
            _ => servers.words.get(field),
        };
        match theirs {
            Some(theirs) => {
                let theirs = Some(theirs);
                if !same(theirs.as_ref(), to.as_ref()) && !same(theirs.as_ref(), was.as_ref()) {
                    lost.push(Lost { field, whose: LostSide::Theirs, value: theirs });
                }
            }
            // Empty on the server, or taken from it: which of both was not noted.
            None if servers.taken.is_none() && to.is_some() => {
                lost.push(Lost { field, whose: LostSide::Before, value: to });
            }
            None => {}
        }
    }
    lost
}

/// Positions are the same where they are the same spot, however accurately it was known.
fn same(one: Option<&LostValue>, other: Option<&LostValue>) -> bool {
    match (one, other) {
        (Some(LostValue::Position(one)), Some(LostValue::Position(other))) => {
            (one.latitude, one.longitude) == (other.latitude, other.longitude)
        }
        _ => one == other,
    }
}

/// A version as a whole: in what the place differs from it now.
fn of_version(version: &Place, now: &Now) -> Vec<Lost> {
    let words = Words { name: version.name.clone(), note: version.note.clone(), category: version.category.clone() };
    let mut lost = of_words(&words, now);
    let before = |field, value| Lost { field, whose: LostSide::Before, value: Some(value) };
    let position = LostValue::Position(version.position());
    if !same(Some(&position), now.position.map(LostValue::Position).as_ref()) {
        lost.push(before(Field::Position, position));
    }
    if version.tags != now.tags && !version.tags.is_empty() {
        lost.push(before(Field::Tags, LostValue::Tags(version.tags.clone())));
    }
    lost
}

fn of_words(words: &Words, now: &Now) -> Vec<Lost> {
    let fields = [Field::Name, Field::Note, Field::Category].into_iter();
    let lost = fields.filter(|field| words.get(*field) != now.words.get(*field));
    lost.filter_map(|field| Some(Lost { field, whose: LostSide::Before, value: Some(words.get(field)?) })).collect()
}

impl Words {
    fn get(&self, field: Field) -> Option<LostValue> {
        let text = match field {
            Field::Name => self.name.as_ref().map(Name::as_str),
            Field::Note => self.note.as_ref().map(Note::as_str),
            Field::Category => self.category.as_ref().map(Category::as_str),
            Field::Position | Field::Tags => None,
        };
        text.map(|text| LostValue::Text(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn line(event: &str, detail: &Value) -> JournalEntry {
        let detail = detail.as_str().map_or_else(|| detail.to_string(), str::to_owned);
        let op_id = detail.contains("opId").then(|| "0195f9d2-0000-7000-8000-000000000001".parse().unwrap());
        JournalEntry {
            at: Timestamp::parse("2026-11-03T14:02:00Z").unwrap(),
            event: serde_json::from_value(json!(event)).unwrap(),
            op_id,
            kind: None,
            attempts: 0,
            detail: Some(detail),
        }
    }

    fn update(changes: &Value) -> Value {
        let id = "0195f9d2-0000-7000-8000-000000000002";
        json!({ "opId": id, "payloadVersion": 1, "kind": "update", "id": id, "changes": changes })
    }

    fn both_changed() -> Value {
        update(&json!({ "name": { "was": "Oak", "to": "My oak" }, "note": { "was": null, "to": "My note" } }))
    }

    fn servers(change: &Value) -> Value {
        let mut servers = json!({ "theirVersion": 3, "name": "Web oak", "note": "Web note", "category": "tree",
            "position": { "latitude": 47.5, "longitude": 8.7 } });
        servers.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        servers
    }

    /// What is said of all lines, as `whose field value`.
    fn said(journal: &[JournalEntry]) -> Vec<String> {
        let words = serde_json::from_value(json!({ "name": "My oak", "note": "Web note" })).unwrap();
        let position = serde_json::from_value(json!({ "latitude": 47.5, "longitude": 8.7 })).unwrap();
        let now = Now { words, position: Some(position), tags: Tags::default() };
        let lost = (0..journal.len()).flat_map(|index| lost_with(journal, index, &now));
        let words = |lost: Lost| {
            let Value::Object(lost) = serde_json::to_value(lost).unwrap() else { unreachable!() };
            format!("{} {} {}", lost["whose"], lost["field"], lost["value"]).replace('"', "")
        };
        lost.map(words).collect()
    }

    #[test]
    fn where_the_servers_version_was_kept_it_is_this_devices() {
        assert_eq!(said(&[line("resolved", &both_changed())]), ["mine name My oak", "mine note My note"]);
    }

    #[test]
    fn where_this_devices_was_kept_it_is_the_servers_but_only_in_what_both_had_changed() {
        let journal = [line("resolved", &servers(&json!({ "taken": [] }))), line("superseded", &both_changed())];
        assert_eq!(said(&journal), ["theirs name Web oak", "theirs note Web note"]);
    }

    #[test]
    fn where_each_field_was_decided_by_itself_it_is_one_of_each_and_said_once() {
        let decided = servers(&json!({ "note": null, "taken": ["note"] }));
        let journal = [line("resolved", &decided), line("superseded", &both_changed())];
        assert_eq!(said(&journal), ["theirs name Web oak", "mine note My note"]);
    }

    #[test]
    fn where_it_was_not_noted_which_side_was_taken_nothing_is_guessed() {
        let journal = [line("resolved", &servers(&json!({ "note": null }))), line("superseded", &both_changed())];
        assert_eq!(said(&journal), ["theirs name Web oak", "before note My note"]);
    }

    #[test]
    fn where_both_had_come_to_the_same_or_only_one_had_changed_it_nothing_was_lost() {
        let mine =
            json!({ "name": { "was": "Oak", "to": "Web oak" }, "category": { "was": "tree", "to": "oak tree" } });
        let journal = [line("resolved", &servers(&json!({ "taken": [] }))), line("superseded", &update(&mine))];
        assert_eq!(said(&journal), Vec::<String>::new());
    }

    #[test]
    fn where_changes_had_waited_behind_each_other_it_is_the_last_that_was_wanted() {
        let first = update(&json!({ "name": { "was": "Oak", "to": "My oak" } }));
        let later =
            json!({ "name": { "was": "My oak", "to": "My old oak" }, "category": { "was": null, "to": "tree" } });
        assert_eq!(said(&[line("resolved", &first), line("resolved", &update(&later))]), ["mine name My old oak"]);
    }

    #[test]
    fn an_emptied_field_a_position_and_tags_can_be_lost() {
        let mine = json!({ "name": { "was": "Oak", "to": null },
            "position": { "was": null, "to": { "latitude": 47.5, "longitude": 8.7 } },
            "tags": { "add": ["tree"], "remove": ["old"] } });
        assert_eq!(
            said(&[line("resolved", &update(&mine))]),
            ["mine name null", "mine position {latitude:47.5,longitude:8.7}", "mine tags {add:[tree],remove:[old]}"]
        );
    }

    #[test]
    fn what_was_discarded_is_lost_and_so_are_other_words_of_a_second_delivery() {
        assert_eq!(said(&[line("discarded", &both_changed())])[0], "discarded name My oak");
        let words = json!({ "name": "Watch oak", "note": null, "category": null });
        assert_eq!(said(&[line("superseded", &words)]), ["before name Watch oak"]);
    }

    #[test]
    fn of_a_version_that_went_as_a_whole_it_is_what_the_place_does_not_have() {
        let id = "0195f9d2-0000-7000-8000-000000000002";
        let version = json!({ "id": id, "version": 4, "name": "Newer oak", "note": "Web note", "latitude": 47.5,
            "longitude": 8.7, "tags": ["a"], "capturedAt": "2026-11-03T14:02:00Z", "positionSource": "fix",
            "role": "owner", "createdAt": "2026-11-03T14:02:00Z", "updatedAt": "2026-11-03T14:02:00Z" });
        assert_eq!(said(&[line("resolved", &version)]), ["before name Newer oak", "before tags [a]"]);
    }

    #[test]
    fn a_superseded_wish_alone_a_sentence_and_what_cant_be_read_lose_nothing() {
        for (event, detail) in [
            ("superseded", both_changed()),
            ("resolved", json!("{")),
            ("resolved", json!("made from a place that is gone")),
            ("rejected", json!("The name is too long.")),
            ("discarded", json!("deleted before it was sent")),
        ] {
            assert_eq!(said(&[line(event, &detail)]), Vec::<String>::new(), "{event} {detail}");
        }
    }
}
