//! What a server says, as the command line tells it: put off, and never more than words.

#![allow(clippy::unwrap_used, reason = "this is test code, which clippy only knows of functions marked so")]

mod common;
#[path = "../../host/tests/common/server.rs"]
mod server;

use common::{Home, Run};
use serde_json::{Value, json};
use server::{Answer, Request, Server, signed_in};

/// A server that answers every operation of a push as told.
fn answering(outcome: impl Fn(&Value) -> Value + Send + Sync + 'static) -> Server {
    Server::start(move |request| match request.path.as_str() {
        "/v1/pairings" => Answer::json(201, &signed_in("ada@example.org")),
        "/v1/sync/push" => push(request, &outcome),
        path if path.starts_with("/v1/sync/pull") => empty_page(),
        _ => Answer::problem(404, "not_found", "There is nothing here."),
    })
}

fn empty_page() -> Answer {
    Answer::json(
        200,
        &json!({
            "epoch": "e1", "changes": [], "cursor": "c1", "hasMore": false, "head": 0,
            "limits": { "placesUsed": 0, "mediaBytesUsed": 0 },
        }),
    )
}

fn push(request: &Request, outcome: &impl Fn(&Value) -> Value) -> Answer {
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let outcomes: Vec<Value> = body["operations"].as_array().unwrap().iter().map(outcome).collect();
    Answer::json(200, &json!({ "outcomes": outcomes }))
}

fn deferred(op: &Value) -> Value {
    let problem =
        json!({ "status": 503, "code": "unavailable", "title": "Not now", "detail": "The disk is being changed." });
    json!({ "opId": op["opId"], "outcome": "deferred", "problem": problem })
}

fn paired(server: &Server) -> Home {
    let home = Home::new();
    home.ok(&["pair", &server.address, "--code", "ABCD-EFGH"]);
    home
}

#[test]
fn a_sync_whose_changes_the_server_put_off_does_not_end_as_if_they_were_there() {
    let server = answering(deferred);
    let home = paired(&server);
    home.save("Oak");
    let run = home.expect(5, &["sync"]);
    run.says("has put 1 change off: The disk is being changed.").says("kept on this device and sent again");
    let error = home.json(5, &["sync"]);
    assert_eq!((&error["error"]["code"], &error["error"]["putOff"]["operations"]), (&"put_off".into(), &1.into()));
    assert!(error["error"]["putOff"]["nextAt"].is_string(), "{error}");
    assert_eq!(error["error"]["reachable"], false);
    home.ok(&["list"]).says("Saved on this device");
    assert_eq!(home.json(0, &["status"])["status"]["pending"], 1);
}

#[test]
fn a_sync_during_a_pause_that_the_server_asked_for_says_so_and_asks_nothing() {
    let server = Server::start(|request| match request.path.as_str() {
        "/v1/pairings" => Answer::json(201, &signed_in("ada@example.org")),
        "/v1/sync/push" => {
            let mut answer = Answer::problem(429, "rate_limited", "Too many requests.");
            answer.headers.push(("retry-after", "600".to_owned()));
            answer
        }
        _ => empty_page(),
    });
    let pushes = || server.requests().iter().filter(|r| r.path == "/v1/sync/push").count();
    let home = paired(&server);
    home.save("Oak");
    home.save("Elm");
    home.expect(5, &["sync"]).says("Too many requests");
    let run = home.expect(5, &["sync"]);
    run.says("has put 2 changes off: Too many requests.").says("They are kept on this device and sent again after");
    assert_eq!(pushes(), 1, "the pause is kept");
    assert_eq!(home.json(5, &["sync"])["error"]["putOff"]["operations"], 2);
}

const EVIL: &str = "\u{1b}]0;owned\u{7}\u{1b}[31mred\u{9b}2J\u{202e}";

/// Insists that nothing in what was printed can do more than be read.
fn only_words(run: &Run) {
    for (what, text) in [("output", &run.out), ("errors", &run.err)] {
        let evil = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(evil, None, "{what}: {text:?}");
    }
}

#[test]
fn a_servers_words_cannot_write_to_the_terminal() {
    // As problem, as address, as place to go: everything a server says about itself.
    let server = Server::start(|request| match request.path.as_str() {
        "/v1/pairings" if request.body.contains("GOOD") => {
            Answer::json(201, &signed_in(&format!("ada{EVIL}@example.org")))
        }
        "/v1/pairings" => Answer::problem(401, "invalid_code", &format!("No.{EVIL}")),
        "/v1/pairing-codes" => {
            Answer::json(201, &json!({ "code": format!("AB{EVIL}"), "expiresAt": "2099-01-01T00:00:00.000000Z" }))
        }
        "/v1/devices" => Answer::problem(500, "internal", &format!("Oh{EVIL}")),
        "/v1/sync/push" => Answer::problem(503, "unavailable", &format!("Not now{EVIL}")),
        path if path.starts_with("/v1/sync/pull") => empty_page(),
        _ => Answer::problem(503, "unavailable", &format!("Never{EVIL}")),
    });
    let home = Home::new();
    only_words(home.expect(4, &["pair", &server.address, "--code", "BAD"]).says("No."));
    only_words(home.ok(&["pair", &server.address, "--code", "GOOD"]).says("Signed in as ada"));
    home.save("Oak");
    only_words(home.ok(&["status"]).says("Signed in as ada"));
    only_words(home.ok(&["pair", "--new-code"]).says("The code is AB"));
    only_words(home.expect(5, &["devices"]).says("Oh"));
    only_words(home.expect(5, &["sync"]).says("Not now"));
    only_words(home.ok(&["status"]).says("Sending failed: Not now"));
    only_words(home.ok(&["outbox"]).says("Oak"));
    only_words(
        home.expect(2, &["pair", "https://elsewhere.example.org", "--code", "X"]).says("signed in already, as ada"),
    );
    only_words(home.expect(3, &["sign-out"]).says("for ada"));
    only_words(home.ok(&["sign-out", "--yes"]).says("Signed out of ada"));
}

#[test]
fn a_refused_change_is_told_in_the_servers_words_and_only_words() {
    let server = answering(|op| {
        let problem = json!({ "status": 422, "code": "invalid", "title": "No", "detail": format!("Not here{EVIL}") });
        json!({ "opId": op["opId"], "outcome": "rejected", "problem": problem })
    });
    let home = paired(&server);
    home.save("Oak");
    home.expect(3, &["sync"]).says("needs your attention");
    only_words(home.ok(&["outbox"]).says("refused: Not here"));
    only_words(home.ok(&["show", "Oak"]).says("refused: Not here"));
}

/// What the server says of a change for which the plan has no room.
fn no_room(op: &Value) -> Value {
    let problem = json!({ "status": 402, "code": "plan_limit_reached", "title": "Full", "detail": "No room." });
    json!({ "opId": op["opId"], "outcome": "deferred", "problem": problem })
}

#[test]
fn a_place_that_the_plan_has_no_room_for_is_named_once_and_has_nothing_to_resolve() {
    let server = answering(no_room);
    let home = paired(&server);
    home.save("Oak");
    let run = home.expect(3, &["sync"]);
    run.says("1 place waits for room in the plan; kept here.");
    for other in ["attention", "resolve", "to be sent"] {
        assert!(!run.out.contains(other), "{}", run.out);
    }
}

#[test]
fn a_refused_place_needs_attention_beside_one_that_the_plan_has_no_room_for() {
    let server = answering(|op| {
        if op.to_string().contains("Oak") {
            return no_room(op);
        }
        let problem = json!({ "status": 422, "code": "invalid", "title": "No", "detail": "Not here." });
        json!({ "opId": op["opId"], "outcome": "rejected", "problem": problem })
    });
    let home = paired(&server);
    home.save("Oak");
    home.save("Elm");
    home.expect(3, &["sync"]).says("1 place needs your attention").says("1 place waits for room in the plan");
}
