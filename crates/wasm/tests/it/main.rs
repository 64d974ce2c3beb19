//! The browser's host of the core, natively: accounts, sign-ins and damage, over real files.
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use holdfast_app::{Attempt, Call, Failure, FailureCode, HostCall};
use holdfast_contract::Timestamp;
use holdfast_device::{Environment, Moment};
use holdfast_wasm::home::Server;
use holdfast_wasm::host::Host;
use holdfast_wasm::wire::{Event, Facts, HttpReply};
use serde_json::{Value, json};

struct Still;

impl Environment for Still {
    fn now(&self) -> Moment {
        let wall = Timestamp::parse("2026-05-04T10:00:00Z").unwrap();
        Moment { wall, boot: 1, since_boot_micros: 0 }
    }

    fn random(&self, bytes: &mut [u8]) {
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        bytes.fill(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let length = bytes.len().min(8);
        bytes[..length].copy_from_slice(&number[8 - length..]);
    }
}

const ADA: &str = "0195f9d2-0000-7000-8000-0000000000aa";
const BOB: &str = "0195f9d2-0000-7000-8000-0000000000bb";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("accounts")).unwrap();
    folder
}

fn open(folder: &Path) -> Host {
    Host::open(folder, || Box::new(Still)).unwrap()
}

fn facts() -> Facts {
    serde_json::from_value(json!({ "persisted": "unknown", "live": "off", "browser": "a test" })).unwrap()
}

fn ask(host: &mut Host, call: Value) -> Result<Value, Failure> {
    let call: Call = serde_json::from_value(call).unwrap();
    host.perform(call, Attempt::First, &facts()).map(|answer| serde_json::to_value(answer).unwrap())
}

fn capture(host: &mut Host, number: u32, name: &str) -> Value {
    let id = format!("0195f9d2-0000-7000-8000-{number:012x}");
    let position = json!({ "latitude": 47.4, "longitude": 9.9 });
    ask(host, json!({ "call": "capture", "clientId": id, "name": name, "position": position })).unwrap()["place"]
        .clone()
}

fn names(host: &mut Host) -> Vec<Value> {
    let page = ask(host, json!({ "call": "list", "limit": 1000 })).unwrap();
    page["places"].as_array().unwrap().iter().map(|place| place["name"].clone()).collect()
}

fn server(name: &str) -> Server {
    Server { address: format!("https://{name}"), key: name.to_owned(), unencrypted: false }
}

fn reply(status: u16, body: Value) -> HttpReply {
    serde_json::from_value(json!({ "status": status, "protocol": true, "body": body.to_string() })).unwrap()
}

fn sign_in(host: &mut Host, account: &str, token: &str) -> Result<Value, Failure> {
    let account = json!({ "id": account, "email": "ada@example.org", "createdAt": "2026-01-01T00:00:00Z",
        "limits": { "placesUsed": 0, "mediaBytesUsed": 0 } });
    let body = json!({ "account": account, "deviceId": ADA, "token": token, "epoch": "e" });
    let answer = host.signed_in(server("a.org"), "laptop", &reply(200, body), &facts());
    answer.map(|answer| serde_json::to_value(answer).unwrap())
}

#[test]
fn each_account_has_its_own_places_and_finds_them_again() {
    let folder = folder();
    let mut host = open(folder.path());
    capture(&mut host, 1, "Nobody's");
    sign_in(&mut host, ADA, "token-1").unwrap();
    assert_eq!(names(&mut host), Vec::<Value>::new());
    let key = capture(&mut host, 2, "Ada's")["key"].clone();
    assert_eq!(host.leave(false).unwrap_err().code, FailureCode::UnsentWork);
    assert_eq!(host.leave(true).unwrap(), 1);
    host.signed_out().unwrap();
    assert_eq!(names(&mut host), ["Nobody's"]);
    let stale = ask(&mut host, json!({ "call": "delete", "key": key })).unwrap_err();
    assert_eq!(stale.code, FailureCode::OtherAccount);

    sign_in(&mut host, BOB, "token-2").unwrap();
    assert_eq!(names(&mut host), Vec::<Value>::new());
    drop(host);
    let mut host = open(folder.path());
    assert_eq!(host.access().unwrap().account, BOB);
    sign_in(&mut host, ADA, "token-3").unwrap();
    assert_eq!(names(&mut host), ["Ada's"]);
    assert_eq!(host.access().unwrap().token, "token-3");
}

#[test]
fn nothing_is_sent_without_a_sign_in_and_what_is_sent_is_what_was_captured() {
    let folder = folder();
    let mut host = open(folder.path());
    capture(&mut host, 1, "Spring");
    host.happened(Event::Leading).unwrap();
    assert_eq!(host.poll().unwrap().requests, []);
    sign_in(&mut host, ADA, "token").unwrap();
    capture(&mut host, 2, "Hut");
    // The feed is asked first: a batch names the state of the server that it was made for.
    let pull = host.poll().unwrap().requests.remove(0);
    assert_eq!((pull.method, pull.path.as_str()), ("GET", "/v1/sync/pull?limit=1000&pending=1"));
    let page = json!({ "epoch": "e", "changes": [], "cursor": "c", "hasMore": false, "head": 0,
        "limits": { "placesUsed": 0, "mediaBytesUsed": 0 } });
    assert!(host.handle(&pull.lease, reply(200, page)).unwrap().answered);
    let push = host.poll().unwrap().requests.remove(0);
    let body = push.body.unwrap();
    assert!(push.path == "/v1/sync/push" && body.contains("Hut") && !body.contains("Spring"), "{body}");
    let nothing: HttpReply = serde_json::from_value(json!({ "status": 0, "protocol": false, "body": "" })).unwrap();
    assert!(!host.handle(&push.lease, nothing).unwrap().answered);
}

#[test]
fn the_adoption_is_asked_once_and_its_answer_lasts() {
    let folder = folder();
    let mut host = open(folder.path());
    capture(&mut host, 1, "Nobody's");
    assert_eq!(sign_in(&mut host, ADA, "t").unwrap()["adoption"], json!({ "places": 1, "ask": true }));
    assert_eq!(ask(&mut host, json!({ "call": "keepApart" })).unwrap(), json!({ "places": 1, "ask": false }));
    drop(host);
    let mut host = open(folder.path());
    assert!(!host.overview(&facts()).unwrap().adoption.ask);
    assert_eq!(ask(&mut host, json!({ "call": "adopt" })).unwrap(), json!({ "copied": 1, "known": 0 }));
    assert_eq!(names(&mut host), ["Nobody's"]);
    assert_eq!(ask(&mut host, json!({ "call": "adopt" })).unwrap(), json!({ "copied": 0, "known": 0 }));
}

#[test]
fn a_sign_in_that_fails_changes_nothing_and_says_why() {
    let folder = folder();
    let mut host = open(folder.path());
    capture(&mut host, 1, "Here");
    let failed = |host: &mut Host, reply: &HttpReply| {
        host.signed_in(server("a.org"), "laptop", reply, &facts()).unwrap_err().code
    };
    let problem = |code: &str, status: u16| reply(status, json!({ "status": status, "code": code }));
    assert_eq!(failed(&mut host, &problem("invalid_code", 401)), FailureCode::InvalidCode);
    assert_eq!(failed(&mut host, &problem("invalid_credentials", 401)), FailureCode::InvalidCredentials);
    let portal = HttpReply { protocol: false, ..reply(200, json!("<html>")) };
    assert_eq!(failed(&mut host, &portal), FailureCode::NotHoldfast);
    assert_eq!(failed(&mut host, &HttpReply { status: 0, ..portal }), FailureCode::Unreachable);
    assert!(host.access().is_none());
    assert_eq!(names(&mut host), ["Here"]);
}

#[test]
fn a_device_that_is_signed_in_pairs_with_no_other_server() {
    let folder = folder();
    let mut host = open(folder.path());
    sign_in(&mut host, ADA, "t").unwrap();
    let pair: HostCall =
        serde_json::from_value(json!({ "call": "pair", "server": "b.org", "code": "X", "deviceName": "laptop" }))
            .unwrap();
    assert_eq!(host.sign_in_request(pair.clone(), &server("b.org")).unwrap_err().code, FailureCode::SignedInElsewhere);
    let request = host.sign_in_request(pair, &server("a.org")).unwrap();
    assert_eq!(request.path, "/v1/pairings");
    assert_eq!(
        serde_json::from_str::<Value>(&request.body).unwrap(),
        json!({ "code": "X", "device": { "name": "laptop", "platform": "web" } })
    );
}

#[test]
fn a_damaged_database_is_rescued_into_another_file_that_counts_from_then_on() {
    let folder = folder();
    let mut host = open(folder.path());
    for number in 1..=300 {
        capture(&mut host, number, &format!("p{number}"));
    }
    drop(host);
    let path = folder.path().join("anonymous.db");
    let pages = std::fs::metadata(&path).unwrap().len() / 4096;
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start((pages / 2) * 4096)).unwrap();
    file.write_all(&[0xa5; 4 * 4096]).unwrap();
    drop(file);

    let mut host = open(folder.path());
    let kept = names(&mut host).len();
    assert!(kept > 200, "{kept}");
    capture(&mut host, 900, "After");
    let overview = host.overview(&facts()).unwrap();
    let report = overview.status.recovery.expect("it is told");
    assert!(report.set_aside.ends_with("anonymous.db"));
    drop(host);
    let mut host = open(folder.path());
    assert_eq!(names(&mut host).len(), kept + 1);
    assert!(path.exists(), "the damaged file is never deleted");
}

#[test]
fn where_what_is_known_is_damaged_a_sign_in_finds_the_places_again() {
    let folder = folder();
    let mut host = open(folder.path());
    sign_in(&mut host, ADA, "t").unwrap();
    capture(&mut host, 1, "Ada's");
    drop(host);
    std::fs::write(folder.path().join("home.db"), [0xa5; 8192]).unwrap();
    let mut host = open(folder.path());
    assert!(host.access().is_none());
    sign_in(&mut host, ADA, "t").unwrap();
    assert_eq!(names(&mut host), ["Ada's"]);
}
