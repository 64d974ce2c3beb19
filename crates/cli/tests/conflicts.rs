//! A place that was changed here and elsewhere, as the command line asks about it.

#![allow(clippy::unwrap_used, reason = "this is test code, which clippy only knows of functions marked so")]

mod common;
#[path = "../../host/tests/common/server.rs"]
mod server;

use std::sync::{Arc, Mutex};

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

/// What a server that was played back from a backup has of the place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Restored {
    /// It has an older version, and somebody has changed that since.
    Changed,
    Missing,
}

/// A server that has one place, and on which somebody renames it when the first change arrives.
struct OneOak {
    server: Server,
    state: Arc<Mutex<State>>,
}

struct State {
    epoch: String,
    head: i64,
    version: i64,
    /// `None`: it has no place.
    name: Option<String>,
    pushed: Vec<String>,
}

impl OneOak {
    fn address(&self) -> String {
        self.server.address.clone()
    }

    /// Somebody else renames it.
    fn rename(&self, name: &str) {
        self.state.lock().unwrap().rename(name);
    }

    fn restore(&self, restored: Restored) {
        let mut state = self.state.lock().unwrap();
        *state = State { epoch: "e2".into(), head: 1, version: 1, name: None, pushed: Vec::new() };
        if restored == Restored::Changed {
            state.name = Some("Acorn".to_owned());
        }
    }

    /// The names that devices have asked for, in order.
    fn pushed_names(&self) -> Vec<String> {
        self.state.lock().unwrap().pushed.clone()
    }
}

impl State {
    fn rename(&mut self, name: &str) {
        self.head += 1;
        self.version += 1;
        self.name = Some(name.to_owned());
    }

    fn page(&self, fresh: bool) -> Value {
        let place = self.name.as_ref().map(|name| json!({ "seq": self.head, "upsert": place(self.version, name) }));
        json!({
            "epoch": self.epoch, "changes": place.into_iter().filter(|_| fresh).collect::<Vec<_>>(),
            "cursor": format!("{}-{}", self.epoch, self.head), "hasMore": false, "head": self.head,
            "limits": { "placesUsed": 1, "mediaBytesUsed": 0 },
        })
    }

    /// The contract's rule: a name applies where the current one is what the device had seen.
    fn decide(&mut self, op: &Value) -> Value {
        if op["kind"] == "offer" && self.name.is_some() {
            return json!({ "opId": op["opId"], "outcome": "conflict", "reason": "fieldsChanged", "fields": ["name"],
                           "place": place(self.version, self.name.as_deref().unwrap()), "seq": self.head });
        } else if op["kind"] == "offer" {
            self.rename(op["state"]["place"]["name"].as_str().unwrap());
        } else if op["kind"] == "create" {
            self.rename(op["place"]["name"].as_str().unwrap());
        } else {
            let change = &op["changes"]["name"];
            let to = change["to"].as_str().unwrap();
            self.pushed.push(to.to_owned());
            if self.version == 1 && self.epoch == "e1" {
                self.rename("Very old oak");
            }
            if change["was"].as_str() != self.name.as_deref() {
                let name = self.name.as_deref().unwrap();
                return json!({ "opId": op["opId"], "outcome": "conflict", "reason": "fieldsChanged", "fields": ["name"],
                               "place": place(self.version, name), "seq": self.head });
            }
            self.rename(to);
        }
        let name = self.name.as_deref().unwrap();
        json!({ "opId": op["opId"], "outcome": "applied", "place": place(self.version, name), "seq": self.head,
                "appliedVersion": self.version })
    }
}

fn server() -> OneOak {
    let state = State { epoch: "e1".into(), head: 1, version: 1, name: Some("Oak".into()), pushed: Vec::new() };
    let state = Arc::new(Mutex::new(state));
    let shared = Arc::clone(&state);
    let server = Server::start(move |request| {
        let mut state = shared.lock().unwrap();
        match request.path.as_str() {
            "/v1/pairings" => Answer::json(201, &signed_in("ada@example.org")),
            "/v1/sync/push" => push(&mut state, request),
            path if path.starts_with("/v1/sync/pull") => {
                let up_to_date = path.contains(&format!("cursor={}-{}", state.epoch, state.head));
                if path.contains("cursor=") && !path.contains(&format!("cursor={}-", state.epoch)) {
                    return Answer::problem(410, "resync_required", "This server was restored from a backup.");
                }
                Answer::json(200, &state.page(!up_to_date))
            }
            _ => Answer::problem(404, "not_found", "There is nothing here."),
        }
    });
    OneOak { server, state }
}

fn push(state: &mut State, request: &Request) -> Answer {
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let operations = body["operations"].as_array().unwrap();
    let outcomes: Vec<Value> = operations.iter().map(|op| state.decide(op)).collect();
    Answer::json(200, &json!({ "outcomes": outcomes }))
}

/// A device whose rename met somebody else's.
fn conflicted() -> (OneOak, Home) {
    let (server, home) = (server(), Home::new());
    home.ok(&["pair", &server.address(), "--code", "ABCD-EFGH"]);
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

/// What stands for the versions that `holdfast resolve 1` shows at this moment.
fn seen(home: &Home) -> String {
    home.json(3, &["resolve", "1"])["seen"].as_str().unwrap().to_owned()
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
    run.says(&format!("holdfast resolve 1 --seen {} --mine", shown["seen"].as_str().unwrap()));
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
        home.ok(&[&["resolve", "1", "--seen", &seen(&home)], answer].concat());
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
fn the_commands_that_a_conflict_prints_can_be_typed_as_they_stand() {
    for (line, name) in [("Yours:", "Grandfather's oak"), ("Theirs:", "Very old oak"), ("Each:", "Grandfather's oak")] {
        let (_server, home) = conflicted();
        let shown = home.expect(3, &["resolve", "1"]).err;
        let command = shown.lines().find_map(|l| l.strip_prefix(line)).unwrap();
        let args: Vec<&str> = command.split_whitespace().skip(1).collect();
        home.ok(&args);
        home.ok(&["sync"]);
        assert_eq!(home.names(), [name], "{command}");
    }
}

#[test]
fn an_answer_to_what_has_changed_since_it_was_seen_decides_nothing() {
    let (server, home) = conflicted();
    let before = seen(&home);
    // Somebody renames it once more, and a sync between question and answer brings that here.
    server.rename("Oldest oak");
    home.expect(3, &["sync"]);
    for answer in [&["--mine"][..], &["--theirs"], &["--field", "name=mine"]] {
        let args = [&["resolve", "1", "--seen", &before], answer].concat();
        home.expect(3, &args)
            .says("Nothing was decided: Grandfather's oak has changed since")
            .says("holdfast resolve 1");
        assert_eq!(home.json(3, &args)["error"]["code"], "look_again");
    }
    home.expect(3, &["sync"]);
    assert_eq!(server.pushed_names(), ["Grandfather's oak"], "the answers sent nothing");
    home.expect(3, &["resolve", "1"]).says("Oldest oak");
    home.ok(&["resolve", "1", "--mine", "--seen", &seen(&home)]);
    home.ok(&["sync"]);
    assert_eq!(server.pushed_names(), ["Grandfather's oak"; 2]);
    assert_eq!(home.places()[0]["state"], "synced");
    home.ok(&["show", "1"]).says("Oldest oak");
}

#[test]
fn an_answer_to_what_was_changed_here_since_it_was_seen_decides_nothing() {
    let (_server, home) = conflicted();
    let before = seen(&home);
    home.ok(&["edit", "1", "--note", "struck by lightning"]);
    home.expect(3, &["resolve", "1", "--theirs", "--seen", &before]).says("has changed since you looked");
    assert_eq!(home.places()[0]["note"], "struck by lightning");
}

#[test]
fn a_script_that_answers_without_having_looked_is_refused() {
    let (_server, home) = conflicted();
    for answer in ["--mine", "--theirs"] {
        home.expect(2, &["resolve", "1", answer]).says("Nothing was decided").says("--seen").says("holdfast resolve 1");
        assert_eq!(home.json(2, &["resolve", "1", answer])["error"]["code"], "not_seen");
    }
    home.expect(2, &["resolve", "1", "--seen", "abc"]).says("--mine");
    home.expect(3, &["sync"]);
    assert_eq!(home.names(), ["Grandfather's oak"]);
    assert_eq!(home.places()[0]["reason"], "conflict");
}

#[test]
fn a_place_that_a_restored_server_has_lost_comes_back_by_itself() {
    let (server, home) = (server(), Home::new());
    home.ok(&["pair", &server.address(), "--code", "ABCD-EFGH"]);
    home.ok(&["sync"]);
    server.restore(Restored::Missing);
    home.ok(&["sync"]);
    assert_eq!((home.names(), home.places()[0]["state"].clone()), (vec!["Oak".to_owned()], json!("synced")));
    assert_eq!(server.state.lock().unwrap().name.as_deref(), Some("Oak"));
}

#[test]
fn a_place_that_was_changed_on_a_restored_server_is_decided_on_what_was_seen() {
    for (answer, synced) in [("--mine", "Oak"), ("--let-go", "Acorn")] {
        let (server, home) = (server(), Home::new());
        home.ok(&["pair", &server.address(), "--code", "ABCD-EFGH"]);
        home.ok(&["sync"]);
        server.restore(Restored::Changed);
        home.expect(3, &["sync"]);
        home.expect(3, &["resolve"]).says("changed on the restored server").says("holdfast resolve 1");
        home.expect(2, &["resolve", "1", answer]).says("Nothing was decided");
        let run = home.expect(3, &["resolve", "1"]);
        run.says("Oak").says("Acorn").says("restored from a backup");
        run.says(&format!("--seen {} {answer}", seen(&home)));
        let json = home.json(3, &["resolve", "1"]);
        assert_eq!((&json["fields"][0]["mine"], &json["fields"][0]["theirs"]), (&json!("Oak"), &json!("Acorn")));
        home.expect(3, &["resolve", "1", answer, "--seen", "000000"]).says("has changed since you looked");
        home.ok(&["resolve", "1", answer, "--seen", &seen(&home)]);
        home.ok(&["sync"]);
        assert_eq!(home.names(), [synced], "{answer}");
    }
}

#[test]
fn an_answer_that_leaves_out_a_field_is_refused() {
    let (_server, home) = conflicted();
    let answer = |args: &[&str]| [&["resolve", "1", "--seen", &seen(&home)], args].concat().join(" ");
    let run = |code, args: &[&str]| home.expect(code, &answer(args).split(' ').collect::<Vec<_>>());
    run(2, &["--field", "note=mine"]).says("does not say which side wins for: name").says("--field FIELD=mine");
    home.expect(3, &["sync"]);
    run(1, &["--let-go"]).says("nothing to resolve in this way");
    run(1, &["--keep-as-new"]);
    assert_eq!(home.names(), ["Grandfather's oak"]);
}
