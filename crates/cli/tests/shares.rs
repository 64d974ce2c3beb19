//! What is shown to others, as the command line lists it, and what is done about it after a restore of the server.

#![allow(clippy::unwrap_used, reason = "this is test code, which clippy only knows of functions marked so")]

mod common;
#[path = "../../host/tests/common/server.rs"]
mod server;

use std::sync::{Arc, Mutex};

use common::Home;
use serde_json::json;
use server::{Answer, Server, signed_in};

const OAK: &str = "01900000-0000-7000-8000-00000000000a";
const ELM: &str = "01900000-0000-7000-8000-0000000000b0";
const BOB: &str = "01900000-0000-7000-8000-0000000000c0";

/// A server with two shares, of which one waits to be confirmed; and what it was asked to do.
fn server() -> (Server, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    let server = Server::start(move |request| {
        let share = |place: &str, name: &str, suspended: bool| {
            json!({ "placeId": place, "placeName": name, "recipientId": BOB, "recipient": "bob@example.org", "role": "viewer",
                    "sharedAt": "2026-01-01T00:00:00.000000Z", "suspended": suspended })
        };
        match request.path.as_str() {
            "/v1/pairings" => Answer::json(201, &signed_in("ada@example.org")),
            "/v1/shares" => {
                Answer::json(200, &json!({ "shares": [share(OAK, "Oak", true), share(ELM, "Elm", false)] }))
            }
            path => {
                heard.lock().unwrap().push(path.to_owned());
                if path == "/v1/shares/confirm" {
                    return Answer::json(200, &json!({ "confirmed": 1 }));
                }
                Answer::json(200, &json!({}))
            }
        }
    });
    (server, asked)
}

#[test]
fn shares_that_a_restore_suspended_are_listed_confirmed_and_taken_back() {
    let ((server, asked), home) = (server(), Home::new());
    home.ok(&["pair", &server.address, "--code", "ABCD-EFGH"]);
    asked.lock().unwrap().clear();
    let list = home.ok(&["shares"]);
    list.says("Oak").says("bob@example.org").says("shows nothing until you confirm it").says("Elm");
    list.says("restored from a backup");
    assert_eq!(home.json(0, &["shares"])["shares"][0]["suspended"], true);

    home.ok(&["shares", "confirm"]).says("Confirmed: 1 share.");
    home.ok(&["shares", "confirm", "Oak"]).says("Confirmed: 1 share.");
    home.ok(&["shares", "confirm", ELM]).says("No share waited");
    home.ok(&["shares", "revoke", "Elm", "--with", "BOB@example.org"])
        .says("Elm is not shown to bob@example.org any more.");
    let base = "/v1/places";
    let expected = [
        "/v1/shares/confirm".to_owned(),
        format!("{base}/{OAK}/shares/{BOB}/confirm"),
        format!("{base}/{ELM}/shares/{BOB}"),
    ];
    assert_eq!(*asked.lock().unwrap(), expected);
}

#[test]
fn a_share_that_is_not_there_is_said_so_and_nothing_is_done() {
    let ((server, asked), home) = (server(), Home::new());
    home.expect(4, &["shares"]).says("signed in");
    home.ok(&["pair", &server.address, "--code", "ABCD-EFGH"]);
    asked.lock().unwrap().clear();
    for wrong in [&["shares", "revoke", "Birch"] as &[&str], &["shares", "revoke", "Oak", "--with", "eve@example.org"]]
    {
        let said = home.run(wrong);
        said.says("No share of").says("holdfast shares");
    }
    home.expect(2, &["shares", "revoke"]);
    home.expect(2, &["shares", "confirm", "--with", "bob@example.org"]);
    assert!(asked.lock().unwrap().is_empty());
}
