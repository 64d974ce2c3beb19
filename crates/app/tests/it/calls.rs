use holdfast_app::{Attempt, Call, FailureCode};
use serde_json::{Value, json};

use crate::support::Screen;

const ID: &str = "0195f9d2-0000-7000-8000-000000000001";

fn capture(name: &str) -> Value {
    json!({ "call": "capture", "clientId": ID, "name": name, "position": { "latitude": 47.4, "longitude": 9.9, "accuracy": 8.0 } })
}

#[test]
fn a_capture_is_answered_with_its_place_and_the_same_again_makes_no_second_one() {
    let mut screen = Screen::new();
    let first = screen.ask(capture("Spring"));
    assert_eq!((&first["new"], &first["place"]["state"]), (&json!(true), &json!({ "is": "savedOnDevice" })));
    assert_eq!(first["place"]["source"], "web");
    let again = screen.attempt(capture("Spring"), Attempt::Again).unwrap();
    assert_eq!((&again["new"], &again["place"]), (&json!(false), &first["place"]));
    assert_eq!(screen.ask(json!({ "call": "list" }))["places"].as_array().unwrap().len(), 1);
}

#[test]
fn a_capture_without_a_position_waits_ten_seconds_and_is_placed_by_a_fix() {
    let mut screen = Screen::new();
    let waiting = screen.ask(json!({ "call": "capture", "clientId": ID }));
    assert_eq!(waiting["place"]["state"], json!({ "is": "waitingForPosition" }));
    let fix = |accuracy: f64| json!({ "call": "fix", "clientId": ID, "position": { "latitude": 1.0, "longitude": 2.0, "accuracy": accuracy } });
    assert_eq!(screen.ask(fix(20.0))["outcome"], "placed");
    assert_eq!(screen.ask(fix(5.0))["outcome"], "improved");
    assert_eq!(screen.ask(fix(9.0))["outcome"], "notBetter");
}

#[test]
fn every_wrong_value_is_named_and_nothing_is_saved() {
    let mut screen = Screen::new();
    let call = json!({ "call": "capture", "clientId": ID, "name": "x".repeat(201), "tags": ["a\u{1}"],
        "position": { "latitude": 91.0, "longitude": 2.0 } });
    let failure = screen.attempt(call, Attempt::First).unwrap_err();
    assert_eq!(failure.code, FailureCode::Invalid);
    let mut fields: Vec<&str> = failure.fields.iter().map(|error| error.field.as_str()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["name", "position.latitude", "tags[0]"]);
    assert_eq!(screen.ask(json!({ "call": "list" }))["places"], json!([]));
}

#[test]
fn an_edit_keeps_what_is_absent_clears_what_is_null_and_compares_tags_with_those_seen() {
    let mut screen = Screen::new();
    let mut call = capture("Spring");
    call["note"] = json!("cold");
    call["tags"] = json!(["a", "b"]);
    let seen = screen.ask(call)["place"].clone();
    let edit = |changes: Value| json!({ "call": "edit", "key": seen["key"], "changes": changes, "seen": seen });
    let edited = screen.ask(edit(json!({ "note": null, "tags": ["b", "c"] })));
    assert_eq!(edited["changed"], true);
    let place = &edited["place"];
    assert_eq!((&place["name"], &place["note"], &place["tags"]), (&json!("Spring"), &json!(null), &json!(["b", "c"])));
    // The same edit again, of somebody who still sees the place as before.
    let again = screen.attempt(edit(json!({ "note": null, "tags": ["b", "c"] })), Attempt::Again).unwrap();
    assert_eq!(&again["place"], place);
    assert_eq!(screen.ask(json!({ "call": "outbox" }))["entries"].as_array().unwrap().len(), 1);
}

#[test]
fn what_another_window_has_changed_since_is_neither_overwritten_nor_deleted_until_it_was_seen() {
    let mut screen = Screen::new();
    let seen = screen.ask(capture("Spring"))["place"].clone();
    let rename =
        |to: &str, seen: &Value| json!({ "call": "edit", "key": seen["key"], "changes": { "name": to }, "seen": seen });
    // Both windows look, both save: one after the other.
    let now = screen.ask(rename("First", &seen))["place"].clone();
    for attempt in [Attempt::First, Attempt::Again] {
        let failure = screen.attempt(rename("Second", &seen), attempt).unwrap_err();
        assert_eq!(failure.code, FailureCode::ChangedSince);
        let delete = json!({ "call": "delete", "key": seen["key"], "seen": seen });
        assert_eq!(screen.attempt(delete, attempt).unwrap_err().code, FailureCode::ChangedSince);
        assert_eq!(screen.ask(json!({ "call": "place", "key": seen["key"] }))["place"], now, "nothing was written");
    }
    // The first window's own second try finds what it did.
    assert_eq!(screen.attempt(rename("First", &seen), Attempt::Again).unwrap()["changed"], false);
    assert_eq!(screen.ask(rename("Second", &now))["place"]["name"], "Second");
}

#[test]
fn a_capture_is_not_taken_back_with_what_was_typed_there_since() {
    let mut screen = Screen::new();
    let captured = screen.ask(capture("Spring"))["place"].clone();
    let note = json!({ "call": "edit", "key": captured["key"], "changes": { "note": "Cold" }, "seen": captured });
    let now = screen.ask(note)["place"].clone();
    let undo = |seen: &Value| json!({ "call": "undoCapture", "clientId": ID, "seen": seen });
    for attempt in [Attempt::First, Attempt::Again] {
        assert_eq!(screen.attempt(undo(&captured), attempt).unwrap_err().code, FailureCode::ChangedSince);
    }
    assert_eq!(screen.ask(json!({ "call": "place", "key": captured["key"] }))["place"], now, "nothing was undone");
    assert_eq!(screen.ask(undo(&now))["outcome"], "vanished");
}

#[test]
fn what_the_first_try_has_done_is_answered_again_and_otherwise_refused() {
    let mut screen = Screen::new();
    let key = screen.ask(capture("Spring"))["place"]["key"].clone();
    let delete = json!({ "call": "delete", "key": key });
    assert_eq!(screen.ask(delete.clone()), json!({ "outcome": "vanished", "place": null }));
    assert_eq!(screen.attempt(delete.clone(), Attempt::First).unwrap_err().code, FailureCode::NoSuchPlace);
    assert_eq!(screen.attempt(delete, Attempt::Again).unwrap()["outcome"], "vanished");
    let undo = json!({ "call": "undoCapture", "clientId": ID });
    assert_eq!(screen.attempt(undo.clone(), Attempt::First).unwrap_err().code, FailureCode::NoSuchPlace);
    assert_eq!(screen.attempt(undo, Attempt::Again).unwrap()["outcome"], "vanished");

    screen.ask(capture("Once more"));
    let entry = screen.ask(json!({ "call": "outbox" }))["entries"][0]["opId"].clone();
    let discard = json!({ "call": "discard", "opId": entry });
    assert_eq!(screen.ask(discard.clone()), json!({ "discarded": true }));
    assert_eq!(screen.attempt(discard.clone(), Attempt::First).unwrap_err().code, FailureCode::NoSuchEntry);
    assert_eq!(screen.attempt(discard, Attempt::Again).unwrap(), json!({ "discarded": false }));
}

#[test]
fn a_place_shows_its_journal_and_what_waits_of_it() {
    let mut screen = Screen::new();
    let key = screen.ask(capture("Spring"))["place"]["key"].clone();
    let page = screen.ask(json!({ "call": "place", "key": key }));
    assert_eq!(page["journal"][0]["event"], "queued");
    assert_eq!(
        (&page["entries"][0]["kind"], &page["entries"][0]["state"]),
        (&json!("create"), &json!({ "is": "queued" }))
    );
    assert_eq!((&page["entries"][0]["key"], &page["question"]), (&page["place"]["key"], &json!(null)));
}

#[test]
fn pages_follow_each_other_without_a_gap() {
    let mut screen = Screen::new();
    for i in 1..=7 {
        let id = format!("0195f9d2-0000-7000-8000-00000000001{i}");
        screen.ask(json!({ "call": "capture", "clientId": id, "name": format!("{i}"), "category": "hut", "position": { "latitude": 1.0, "longitude": 2.0 } }));
    }
    let (mut names, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = screen.ask(json!({ "call": "list", "limit": 3, "after": after, "category": "hut" }));
        names.extend(page["places"].as_array().unwrap().iter().map(|place| place["name"].clone()));
        after = page["next"].clone();
        if after.is_null() {
            break;
        }
    }
    assert_eq!(names, (1..=7).rev().map(|i| json!(i.to_string())).collect::<Vec<_>>());
    assert_eq!(screen.ask(json!({ "call": "inUse" })), json!({ "categories": ["hut"], "tags": [] }));
}

#[test]
fn an_export_holds_every_place_and_says_how_many_it_leaves_out_where_the_format_needs_a_position() {
    let mut screen = Screen::new();
    screen.ask(capture("Spring"));
    screen.ask(json!({ "call": "capture", "clientId": "0195f9d2-0000-7000-8000-000000000002", "name": "Nowhere" }));
    for (format, ending, left_out) in
        [("gpx", ".gpx", 1), ("geojson", ".geojson", 0), ("csv", ".csv", 0), ("kml", ".kml", 1)]
    {
        let exported = screen.ask(json!({ "call": "export", "format": format }));
        assert_eq!((&exported["places"], &exported["withoutPosition"]), (&json!(2 - left_out), &json!(left_out)));
        let text = exported["file"]["text"].as_str().unwrap();
        assert_eq!((text.contains("Spring"), text.contains("Nowhere")), (true, left_out == 0));
        assert_eq!(exported["file"]["name"], format!("holdfast-2026-05-04{ending}"));
    }
    let unsent = screen.ask(json!({ "call": "exportOutbox" }));
    let unsent: Value = serde_json::from_str(unsent["text"].as_str().unwrap()).unwrap();
    assert_eq!(unsent[0]["operation"]["clientId"], ID);
}

#[test]
fn a_call_that_is_not_known_or_lacks_something_is_no_call() {
    for wrong in [json!({ "call": "steal" }), json!({}), json!({ "call": "place" })] {
        assert!(serde_json::from_value::<Call>(wrong).is_err());
    }
}
