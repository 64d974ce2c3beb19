//! A place that was changed here and elsewhere, as the command line asks about it.

#![allow(clippy::unwrap_used, reason = "this is test code, which clippy only knows of functions marked so")]

mod common;
#[path = "../../host/tests/common/server.rs"]
mod server;

use common::Home;
use serde_json::{Value, json};
use server::{Answer, Request, Server, signed_in};

const PLACE: &str = "01900000-0000-7000-8000-00000000000a";

/// The place as the server has it, at a version and with a name.
fn place(version: i64, name: &str) -> Value {
    json!({
        "id": PLACE, "clientId": "01900000-0000-7000-8000-00000000000b", "version": version, "name": name,
        "latitude": 1.0, "longitude": 2.0, "tags": [], "capturedAt": "2026-01-01T00:00:00.000000Z", "source": "web",
        "positionSource": "manual", "role": "owner", "createdAt": "2026-01-01T00:00:00.000000Z",
        "updatedAt": "2026-01-02T00:00:00.000000Z",
    })
}

/// A server that has one place, and on which somebody has renamed it when the first change arrives.
fn server() -> Server {
    Server::start(|request| match request.path.as_str() {
        "/v1/pairings" => Answer::json(201, &signed_in("ada@example.org")),
        "/v1/sync/push" => push(request),
        path if path.starts_with("/v1/sync/pull") => {
            let fresh = !path.contains("cursor=");
            let changes = if fresh { json!([{ "seq": 1, "upsert": place(1, "Oak") }]) } else { json!([]) };
            Answer::json(
                200,
                &json!({
                    "epoch": "e1", "changes": changes, "cursor": "c1", "hasMore": false, "head": 1,
                    "limits": { "placesUsed": 1, "mediaBytesUsed": 0 },
                }),
            )
        }
        _ => Answer::problem(404, "not_found", "There is nothing here."),
    })
}

/// Whoever has seen "Very old oak" may rename it; whoever has not is told.
fn push(request: &Request) -> Answer {
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let outcomes: Vec<Value> = body["operations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|op| {
            let name = &op["changes"]["name"];
            if name["was"] == "Very old oak" {
                json!({ "opId": op["opId"], "outcome": "applied", "place": place(3, name["to"].as_str().unwrap()),
                        "seq": 3, "appliedVersion": 3 })
            } else {
                json!({ "opId": op["opId"], "outcome": "conflict", "reason": "fieldsChanged", "fields": ["name"],
                        "place": place(2, "Very old oak"), "seq": 2 })
            }
        })
        .collect();
    Answer::json(200, &json!({ "outcomes": outcomes }))
}

/// A device whose rename met somebody else's.
fn conflicted() -> (Server, Home) {
    let (server, home) = (server(), Home::new());
    home.ok(&["pair", &server.address, "--code", "ABCD-EFGH"]);
    home.ok(&["sync"]).says("1 change fetched");
    home.ok(&["edit", "Oak", "--name", "Grandfather's oak"]);
    home.expect(3, &["sync"]).says("1 place needs your attention. See: holdfast resolve");
    (server, home)
}

#[test]
fn a_conflict_is_listed_once_with_what_to_do() {
    let (_server, home) = conflicted();
    home.ok(&["list"]).says("! Needs attention: changed here and elsewhere").says("Grandfather's oak");
    let run = home.expect(3, &["resolve"]);
    assert_eq!(run.out.lines().count(), 1, "{}", run.out);
    run.says("holdfast resolve 1");
    let listed = home.json(3, &["resolve"]);
    assert_eq!(
        (&listed["places"][0]["state"], &listed["places"][0]["reason"]),
        (&"needsAttention".into(), &"conflict".into())
    );
}

#[test]
fn both_versions_stand_side_by_side_field_by_field() {
    let (_server, home) = conflicted();
    let run = home.expect(3, &["resolve", "Grandfather's oak"]);
    run.says("was changed here and elsewhere").says("this device,").says("the server,");
    run.says("≠ name       Grandfather's oak                  Very old oak").says("--field name=mine");
    let shown = home.json(3, &["resolve", "Grandfather's oak"]);
    let name = &shown["fields"][0];
    assert_eq!(
        name,
        &json!({ "field": "name", "mine": "Grandfather's oak", "theirs": "Very old oak", "conflicts": true })
    );
    assert_eq!(shown["fields"].as_array().map(Vec::len), Some(5));
    home.expect(3, &["sync"]);
    assert_eq!(home.names(), ["Grandfather's oak"], "nothing was decided by looking");
}

#[test]
fn mine_theirs_or_a_field_by_itself_settles_it() {
    for (answer, name) in [
        (&["--mine"][..], "Grandfather's oak"),
        (&["--theirs"], "Very old oak"),
        (&["--field", "name=mine"], "Grandfather's oak"),
        (&["--field", "name=theirs"], "Very old oak"),
    ] {
        let (_server, home) = conflicted();
        home.ok(&[&["resolve", "1"], answer].concat());
        home.ok(&["sync"]);
        assert_eq!(home.names(), [name], "{answer:?}");
        assert_eq!(home.places()[0]["state"], "synced", "{answer:?}");
        home.ok(&["resolve"]).says("Nothing needs your attention");
        // What lost is still there to be read.
        let lost = if name == "Very old oak" { "Grandfather's oak" } else { "Very old oak" };
        home.ok(&["show", "1"]).says(lost);
    }
}

#[test]
fn an_answer_that_leaves_out_a_field_is_refused() {
    let (_server, home) = conflicted();
    home.expect(1, &["resolve", "1", "--field", "note=mine"]).says("does not say which side wins for: name");
    home.expect(3, &["sync"]);
    home.expect(1, &["resolve", "1", "--let-go"]);
    home.expect(1, &["resolve", "1", "--keep-as-new"]);
    assert_eq!(home.names(), ["Grandfather's oak"]);
}
