//! What happened to a place, in words.

use holdfast_device::{JournalEntry, JournalEvent};
use serde_json::Value;

use crate::words;

/// One entry.
pub(super) fn line(entry: &JournalEntry) -> String {
    let kind = match entry.kind.as_deref() {
        Some("create") => "the place",
        Some("update") => "the change",
        Some("refine") => "the better position",
        Some("delete") => "the deletion",
        Some("restore") => "the restoring",
        Some("offer") => "what the restored server had lost",
        _ => "it",
    };
    let words = match entry.event {
        JournalEvent::Queued => format!("{kind}: saved on this device"),
        JournalEvent::Sent => format!("{kind}: sent"),
        JournalEvent::SentAgain => format!("{kind}: sent again ({} times in all)", entry.attempts),
        JournalEvent::Confirmed => format!("{kind}: confirmed by the server"),
        JournalEvent::ConfirmedAgain => format!("{kind}: the server had it already"),
        JournalEvent::Conflicted => format!("{kind}: something else was changed meanwhile"),
        JournalEvent::Rejected => format!("{kind}: refused by the server"),
        JournalEvent::Deferred => format!("{kind}: put off by the server"),
        JournalEvent::Gone => "deleted for good elsewhere, or no longer shared".to_owned(),
        JournalEvent::Resolved => "you decided between two versions".to_owned(),
        JournalEvent::Discarded => format!("{kind}: you dropped it"),
        JournalEvent::Superseded => format!("{kind}: a newer decision took its place"),
        JournalEvent::CapturedWithoutPosition => "captured without a position".to_owned(),
        JournalEvent::Placed => "the position came".to_owned(),
        JournalEvent::Adopted => "taken over from the places saved without an account".to_owned(),
        JournalEvent::Imported => "came from a file".to_owned(),
        JournalEvent::Recovered => "rescued from a damaged database".to_owned(),
    };
    match entry.detail.as_deref().and_then(|detail| detail_words(entry.event, detail)) {
        Some(detail) => format!("{words}\n      {detail}"),
        None => words,
    }
}

/// What is kept with an entry: a sentence, or the values that were dropped, as the device core keeps them.
fn detail_words(event: JournalEvent, detail: &str) -> Option<String> {
    let Ok(Value::Object(kept)) = serde_json::from_str::<Value>(detail) else { return Some(words::one_line(detail)) };
    let values = ["changes", "place"].iter().find_map(|inner| kept.get(*inner)?.as_object()).unwrap_or(&kept);
    let text = |value: &Value| value.as_str().map(|text| format!("“{}”", words::one_line(text)));
    let list = |value: Option<&Value>| -> Vec<String> {
        value.and_then(Value::as_array).map(|tags| tags.iter().filter_map(text).collect()).unwrap_or_default()
    };
    let mut parts = Vec::new();
    for field in ["name", "note", "category"] {
        match values.get(field) {
            // A change: what it became.
            Some(Value::Object(change)) => {
                parts.push(
                    change.get("to").and_then(text).map_or_else(|| format!("no {field}"), |to| format!("{field} {to}")),
                );
            }
            Some(value) => parts.extend(text(value).map(|text| format!("{field} {text}"))),
            None => {}
        }
    }
    match values.get("tags") {
        Some(Value::Object(change)) => {
            let (add, remove) = (list(change.get("add")), list(change.get("remove")));
            parts.extend((!add.is_empty()).then(|| format!("with the tags {}", add.join(", "))));
            parts.extend((!remove.is_empty()).then(|| format!("without the tags {}", remove.join(", "))));
        }
        tags => {
            let tags = list(tags);
            parts.extend((!tags.is_empty()).then(|| format!("tags {}", tags.join(", "))));
        }
    }
    let position = values.get("position").map_or(Some(values), Value::as_object);
    let position = position.and_then(|position| position.get("to").map_or(Some(position), Value::as_object));
    let degrees = |name: &str| position.and_then(|position| position.get(name)?.as_f64());
    if let (Some(latitude), Some(longitude)) = (degrees("latitude"), degrees("longitude")) {
        parts.push(format!("position {latitude:.5}, {longitude:.5}"));
    }
    if parts.is_empty() {
        return None;
    }
    let about = match event {
        JournalEvent::Resolved if kept.contains_key("theirVersion") => "not kept, as it was on the server",
        JournalEvent::Resolved if kept.contains_key("kind") => "not kept, as it was on this device",
        JournalEvent::Resolved => "as it had been",
        _ => "it said",
    };
    Some(format!("{about}: {}", parts.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_dropped_is_said_in_words() {
        let said = |detail: &str| detail_words(JournalEvent::Resolved, detail);
        let lost = r#"{"theirVersion":3,"name":"Their oak","note":null,"category":null,"position":{"latitude":47.5,"longitude":8.7}}"#;
        let words = "not kept, as it was on the server: name “Their oak”, position 47.50000, 8.70000";
        assert_eq!(said(lost).as_deref(), Some(words));
        assert_eq!(said(r#"{"theirVersion":3,"name":null}"#), None);
        let change = include_str!("../../../contract/fixtures/v1/operation-update.json");
        let words = "not kept, as it was on this device: name “Quelle am Hang”, no note, category “water”, with the tags \
                     “spring”, without the tags “todo”, position 47.42105, 9.98471";
        assert_eq!(said(change).as_deref(), Some(words));
        let place = r#"{"id":"x","version":2,"name":"Oak\n!","tags":["a","b"],"latitude":1.0,"longitude":2.0}"#;
        assert_eq!(
            said(place).as_deref(),
            Some("as it had been: name “Oak !”, tags “a”, “b”, position 1.00000, 2.00000")
        );
        assert_eq!(said("made from a place that is gone").as_deref(), Some("made from a place that is gone"));
    }
}
