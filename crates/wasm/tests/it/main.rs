//! The browser's host of the core, natively: accounts, sign-ins and damage, over real files.
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use holdfast_app::{Call, Failure, FailureCode, HostCall};
use holdfast_contract::Timestamp;
use holdfast_device::{Environment, Moment};
use holdfast_wasm::home::Server;
use holdfast_wasm::host::Host;
use holdfast_wasm::wire::{Asked, Event, Facts, HttpReply};
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
    ask_as(host, call, &Asked::default())
}

fn ask_as(host: &mut Host, call: Value, asked: &Asked) -> Result<Value, Failure> {
    let call: Call = serde_json::from_value(call).unwrap();
    host.perform(call, asked, &facts()).map(|answer| serde_json::to_value(answer).unwrap())
}

/// Asked for the places that are current now; `again`: by a call that may have been carried out before.
fn for_now(host: &Host, again: bool) -> Asked {
    Asked { again, store: Some(host.store()) }
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

fn pair_call(code: &str) -> HostCall {
    serde_json::from_value(json!({ "call": "pair", "server": "a.org", "code": code, "deviceName": "laptop" })).unwrap()
}

fn tokens_to_end(host: &Host) -> Vec<String> {
    host.farewells().into_iter().map(|access| access.token).collect()
}

fn sign_in(host: &mut Host, account: &str, token: &str) -> Result<Value, Failure> {
    sign_in_as(host, account, token, &Asked::default())
}

fn sign_in_as(host: &mut Host, account: &str, token: &str, asked: &Asked) -> Result<Value, Failure> {
    let account = json!({ "id": account, "email": "ada@example.org", "createdAt": "2026-01-01T00:00:00Z",
        "limits": { "placesUsed": 0, "mediaBytesUsed": 0 } });
    let body = json!({ "account": account, "deviceId": ADA, "token": token, "epoch": "e" });
    let answer = host.signed_in(&pair_call(token), server("a.org"), &reply(200, body), asked, &facts());
    answer.map(|answer| serde_json::to_value(answer).unwrap())
}

fn sign_out(host: &mut Host, even_if_unsent: bool) -> Result<u64, Failure> {
    host.sign_out(even_if_unsent, &Asked::default()).map(|signed_out| signed_out.unsent)
}

#[test]
fn each_account_has_its_own_places_and_finds_them_again() {
    let folder = folder();
    let mut host = open(folder.path());
    capture(&mut host, 1, "Nobody's");
    sign_in(&mut host, ADA, "token-1").unwrap();
    assert_eq!(names(&mut host), Vec::<Value>::new());
    let key = capture(&mut host, 2, "Ada's")["key"].clone();
    assert_eq!(sign_out(&mut host, false).unwrap_err().code, FailureCode::UnsentWork);
    assert_eq!(sign_out(&mut host, true).unwrap(), 1);
    let left = |host: &mut Host| serde_json::to_value(host.overview(&facts()).unwrap().left).unwrap();
    assert_eq!(left(&mut host), json!([{ "email": "ada@example.org", "changes": 1 }]));
    assert_eq!(names(&mut host), ["Nobody's"]);
    let stale = ask(&mut host, json!({ "call": "delete", "key": key })).unwrap_err();
    assert_eq!(stale.code, FailureCode::OtherAccount);

    sign_in(&mut host, BOB, "token-2").unwrap();
    assert_eq!(names(&mut host), Vec::<Value>::new());
    drop(host);
    let mut host = open(folder.path());
    assert_eq!(host.access().unwrap().account, BOB);
    sign_out(&mut host, false).unwrap();
    sign_in(&mut host, ADA, "token-3").unwrap();
    assert_eq!(names(&mut host), ["Ada's"]);
    assert_eq!(left(&mut host), json!([]));
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
    host.happened(Event::TryNow).unwrap();
    let push = host.poll().unwrap().requests.into_iter().find(|request| request.method == "POST").unwrap();
    let unsent = json!({ "status": 0, "protocol": false, "body": "", "unsent": true });
    assert!(!host.handle(&push.lease, serde_json::from_value(unsent).unwrap()).unwrap().answered);
    let outbox = ask(&mut host, json!({ "call": "outbox" })).unwrap();
    assert_eq!(outbox["entries"][0]["attempts"], 1, "what no network took is no attempt: {outbox}");
}

#[test]
fn the_adoption_is_asked_once_and_its_answer_lasts_until_there_are_more_places() {
    let folder = folder();
    let mut host = open(folder.path());
    capture(&mut host, 1, "Nobody's");
    assert_eq!(sign_in(&mut host, ADA, "t").unwrap()["adoption"], json!({ "places": 1, "ask": true }));
    assert_eq!(ask(&mut host, json!({ "call": "keepApart" })).unwrap(), json!({ "places": 1, "ask": false }));
    drop(host);
    let mut host = open(folder.path());
    assert!(!host.overview(&facts()).unwrap().adoption.ask);
    sign_out(&mut host, false).unwrap();
    capture(&mut host, 2, "Nobody's either");
    assert_eq!(sign_in(&mut host, ADA, "t2").unwrap()["adoption"], json!({ "places": 2, "ask": true }));
    assert_eq!(ask(&mut host, json!({ "call": "keepApart" })).unwrap(), json!({ "places": 2, "ask": false }));
    assert_eq!(ask(&mut host, json!({ "call": "adopt" })).unwrap(), json!({ "copied": 2, "known": 0 }));
    assert_eq!(names(&mut host).len(), 2);
    assert_eq!(ask(&mut host, json!({ "call": "adopt" })).unwrap(), json!({ "copied": 0, "known": 0 }));
    // All of them were taken in: the next one is new.
    assert_eq!(host.overview(&facts()).unwrap().adoption.places, 0);
    sign_out(&mut host, true).unwrap();
    capture(&mut host, 3, "Nobody's after all");
    assert_eq!(sign_in(&mut host, ADA, "t3").unwrap()["adoption"], json!({ "places": 1, "ask": true }));
}

#[test]
fn a_sign_in_that_fails_changes_nothing_and_says_why() {
    let folder = folder();
    let mut host = open(folder.path());
    capture(&mut host, 1, "Here");
    let failed = |host: &mut Host, reply: &HttpReply| {
        let asked = Asked::default();
        host.signed_in(&pair_call("X"), server("a.org"), reply, &asked, &facts()).unwrap_err().code
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
    let asked = Asked::default();
    let elsewhere = host.sign_in_request(&pair_call("X"), &server("b.org"), &asked).unwrap_err();
    assert_eq!(elsewhere.code, FailureCode::SignedInElsewhere);
    let request = host.sign_in_request(&pair_call("X"), &server("a.org"), &asked).unwrap().unwrap();
    assert_eq!(request.path, "/v1/pairings");
    assert_eq!(
        serde_json::from_str::<Value>(&request.body).unwrap(),
        json!({ "code": "X", "device": { "name": "laptop", "platform": "web" } })
    );
}

fn damage_a_page_in_the_middle(path: &Path) {
    let pages = std::fs::metadata(path).unwrap().len() / 4096;
    let mut file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start((pages / 2) * 4096)).unwrap();
    file.write_all(&[0xa5; 4 * 4096]).unwrap();
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
    damage_a_page_in_the_middle(&path);

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

#[test]
fn what_is_asked_for_one_accounts_places_is_never_done_to_anothers() {
    let folder = folder();
    let mut host = open(folder.path());
    capture(&mut host, 1, "Nobody's");
    let nobodys = for_now(&host, false);
    sign_in(&mut host, ADA, "t1").unwrap();
    let adas = for_now(&host, false);
    sign_out(&mut host, false).unwrap();
    sign_in(&mut host, BOB, "t2").unwrap();
    let id = "0195f9d2-0000-7000-8000-000000000077";
    let capture =
        json!({ "call": "capture", "clientId": id, "name": "Ada's", "position": { "latitude": 1, "longitude": 1 } });
    for call in [
        capture,
        json!({ "call": "undoCapture", "clientId": id }),
        json!({ "call": "retryAll" }),
        json!({ "call": "discard", "opId": id }),
        json!({ "call": "adopt" }),
        json!({ "call": "keepApart" }),
        json!({ "call": "export", "format": "geojson" }),
    ] {
        for stale in [&nobodys, &adas] {
            for again in [false, true] {
                let asked = Asked { again, ..stale.clone() };
                let failed = ask_as(&mut host, call.clone(), &asked).map(|answer| panic!("{call}: {answer}"));
                assert_eq!(failed.unwrap_err().code, FailureCode::OtherAccount, "{call}");
            }
        }
    }
    assert_eq!(names(&mut host), Vec::<Value>::new());
    assert_eq!(host.overview(&facts()).unwrap().adoption.places, 1);
    // A sign-out, too; where it is asked again, it was done by the first try, or by another window.
    assert_eq!(host.sign_out(true, &adas).unwrap_err().code, FailureCode::OtherAccount);
    host.sign_out(true, &Asked { again: true, ..adas.clone() }).unwrap();
    assert_eq!(host.access().unwrap().account, BOB);
    // And so is a sign-in.
    assert_eq!(
        host.sign_in_request(&pair_call("X"), &server("a.org"), &adas).unwrap_err().code,
        FailureCode::OtherAccount
    );
}

#[test]
fn a_device_that_is_signed_in_changes_to_no_other_account_and_what_the_server_gave_out_is_taken_back() {
    let folder = folder();
    let mut host = open(folder.path());
    sign_in(&mut host, ADA, "adas").unwrap();
    capture(&mut host, 1, "Ada's");
    assert_eq!(sign_in(&mut host, BOB, "bobs").unwrap_err().code, FailureCode::SignedInElsewhere);
    assert_eq!((names(&mut host), host.access().unwrap().account), (vec![json!("Ada's")], ADA.to_owned()));
    assert_eq!(tokens_to_end(&host), ["bobs"]);
    // The account was left while the server was asked.
    let asked = for_now(&host, false);
    sign_out(&mut host, true).unwrap();
    assert_eq!(sign_in_as(&mut host, ADA, "late", &asked).unwrap_err().code, FailureCode::OtherAccount);
    assert!(host.access().is_none());
    assert_eq!(tokens_to_end(&host), ["bobs", "adas", "late"]);
}

#[test]
fn a_sign_in_that_is_over_is_kept_until_its_server_knows() {
    let folder = folder();
    let mut host = open(folder.path());
    sign_in(&mut host, ADA, "first").unwrap();
    sign_in(&mut host, ADA, "second").unwrap();
    assert!(!host.sign_out(false, &Asked::default()).unwrap().server_told);
    drop(host);
    let mut host = open(folder.path());
    assert!(host.access().is_none());
    assert_eq!(tokens_to_end(&host), ["first", "second"]);
    assert_eq!(host.farewells()[0].account, ADA);
    let again = Asked { again: true, store: None };
    assert!(!host.sign_out(false, &again).unwrap().server_told);
    host.told("first").unwrap();
    host.told("second").unwrap();
    host.told("unknown").unwrap();
    assert!(host.sign_out(false, &again).unwrap().server_told);
    drop(host);
    assert_eq!(tokens_to_end(&open(folder.path())), Vec::<String>::new());
}

#[test]
fn a_sign_in_that_is_asked_again_is_not_done_twice() {
    let folder = folder();
    let mut host = open(folder.path());
    let again = for_now(&host, true);
    // Its answer was never heard: nothing is known of it, and the code is to be tried.
    assert!(host.sign_in_request(&pair_call("CODE"), &server("a.org"), &again).unwrap().is_some());
    sign_in(&mut host, ADA, "CODE").unwrap();
    assert_eq!(host.sign_in_request(&pair_call("CODE"), &server("a.org"), &again).unwrap(), None);
    assert_eq!(host.is_signed_in(&facts()).unwrap().account.device_name, "laptop");
    let password = |email: &str| -> HostCall {
        let call = json!({ "call": "signIn", "server": "a.org", "email": email, "password": "p", "deviceName": "l" });
        serde_json::from_value(call).unwrap()
    };
    assert_eq!(host.sign_in_request(&password("Ada@example.org"), &server("a.org"), &again).unwrap(), None);
    for other in [pair_call("OTHER"), password("bob@example.org")] {
        let failure = host.sign_in_request(&other, &server("a.org"), &again).unwrap_err();
        assert_eq!(failure.code, FailureCode::OtherAccount);
    }
}

#[test]
fn where_what_is_known_is_damaged_after_a_rescue_the_rescued_database_is_found_again() {
    let folder = folder();
    let mut host = open(folder.path());
    for number in 1..=300 {
        capture(&mut host, number, &format!("p{number}"));
    }
    drop(host);
    damage_a_page_in_the_middle(&folder.path().join("anonymous.db"));
    let mut host = open(folder.path());
    capture(&mut host, 900, "After the rescue");
    let there = names(&mut host);
    drop(host);
    // What a second rescue leaves that was killed: a file without anything in it.
    std::fs::write(folder.path().join("anonymous.rescued-2.db"), []).unwrap();
    std::fs::write(folder.path().join("home.db"), [0xa5; 8192]).unwrap();
    let mut host = open(folder.path());
    assert_eq!(names(&mut host), there);
    drop(host);
    // And the next rescue takes a name of its own.
    damage_a_page_in_the_middle(&folder.path().join("anonymous.rescued-1.db"));
    let mut host = open(folder.path());
    assert!(names(&mut host).len() > 150);
    assert!(folder.path().join("anonymous.rescued-3.db").exists());
}
