//! Bad input: what is refused, with which code and words, and that nothing was half written.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use holdfast_contract::{Code, FieldCode, Problem, limits};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{PASSWORD, Server, new_place, send};
use crate::sync::create;

/// Every route of the document that takes a body, with whether it may be left out.
fn routes_with_bodies() -> Vec<(Method, String, bool)> {
    let document = holdfast_api::openapi();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if let Some(body) = operation.get("requestBody") {
                let path = path.replace("{id}", &uuid::Uuid::now_v7().to_string());
                routes.push((method.to_uppercase().parse().unwrap(), path, body["required"] != true));
            }
        }
    }
    assert!(routes.len() >= 9);
    routes
}

#[tokio::test]
async fn malformed_bodies_get_a_clear_answer_on_every_route() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    for (method, path, is_optional) in routes_with_bodies() {
        let ask = |content_type: &'static str, body: Vec<u8>| {
            send(server.request(&ada, method.clone(), &path).header("Content-Type", content_type).body(body))
        };
        let problem = ask("application/json", b"{\n  \"canary\": nonsense".to_vec()).await.problem(Code::InvalidJson);
        assert!(problem.detail.contains("line 2 column"), "{path}: {}", problem.detail);
        assert!(!problem.detail.contains("canary") && !problem.detail.contains("nonsense"), "{}", problem.detail);
        let problem = ask("application/json", b"[\"canary\"]".to_vec()).await.problem(Code::InvalidJson);
        assert!(problem.detail.contains("a JSON object"), "{path}: {}", problem.detail);
        ask("application/json", vec![b'{', b'"', 0xff, 0xfe, b'"', b':', b'1', b'}']).await.problem(Code::InvalidJson);
        let nested = ["{\"a\":".repeat(10_000), "1".into(), "}".repeat(10_000)].concat().into_bytes();
        assert!(ask("application/json", nested).await.status.is_client_error(), "{path}");
        ask("text/plain", b"{}".to_vec()).await.problem(Code::UnsupportedMediaType);
        ask("application/x-www-form-urlencoded", b"a=b".to_vec()).await.problem(Code::UnsupportedMediaType);
        if !is_optional {
            let problem = ask("application/json", Vec::new()).await.problem(Code::InvalidJson);
            assert!(problem.detail.contains("empty"), "{path}: {}", problem.detail);
        }
    }
    assert_eq!(server.feed(&ada).await.len(), 0);
}

#[tokio::test]
async fn a_body_of_five_megabytes_is_refused_and_the_sender_reads_why() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    for (method, path, _) in routes_with_bodies() {
        let body = format!("{{\"note\":\"{}\"}}", "x".repeat(5_000_000));
        let request = server.request(&ada, method.clone(), &path).header("Content-Type", "application/json");
        send(request.body(body.clone())).await.problem(Code::TooLarge);
        // The same without saying beforehand how long it is.
        let chunks: Vec<_> = body.as_bytes().chunks(60_000).map(|c| Ok::<_, std::io::Error>(c.to_vec())).collect();
        let request = server.request(&ada, method, &path).header("Content-Type", "application/json");
        let stream = reqwest::Body::wrap_stream(futures::stream::iter(chunks));
        send(request.body(stream)).await.problem(Code::TooLarge);
    }
    // Who is not even signed in reads that instead.
    let request = server.anonymous(Method::POST, "/v1/sync/push").header("Holdfast-Account", ada.account.to_string());
    send(request.body("x".repeat(5_000_000))).await.problem(Code::Unauthenticated);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_compressed_body_is_taken_within_the_same_bound() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let post = |encoding: &'static str, body: Vec<u8>| {
        let request = server.request(&ada, Method::POST, "/v1/places").header("Content-Type", "application/json");
        send(request.header("Content-Encoding", encoding).body(body))
    };
    let place = new_place("Oak").to_string().into_bytes();
    assert_eq!(post("gzip", gzip(&place)).await.status, StatusCode::CREATED);
    let bomb = format!("{{\"note\":\"{}\"}}", "x".repeat(50_000_000));
    post("gzip", gzip(bomb.as_bytes())).await.problem(Code::TooLarge);
    post("gzip", place.clone()).await.problem(Code::InvalidJson);
    post("br", place.clone()).await.problem(Code::UnsupportedMediaType);
    post("gzip, gzip", gzip(&gzip(&place))).await.problem(Code::UnsupportedMediaType);
    assert_eq!(server.feed(&ada).await.len(), 1);
}

/// A body with `value` at `pointer`.
fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[key] = value;
    body
}

fn only_error(problem: &Problem) -> (&str, FieldCode) {
    assert_eq!(problem.errors.len(), 1, "{problem:?}");
    (problem.errors[0].field.as_str(), problem.errors[0].code)
}

/// What of a new place is refused: where, what, and as which field with which code.
fn refused_places() -> Vec<(&'static str, Value, &'static str, FieldCode)> {
    let tags: Vec<String> = (0..21).map(|i| i.to_string()).collect();
    vec![
        ("/clientId", json!("not-a-uuid"), "clientId", FieldCode::InvalidFormat),
        ("/clientId", Value::Null, "clientId", FieldCode::Required),
        ("/opId", json!(7), "opId", FieldCode::InvalidType),
        ("/payloadVersion", json!(99), "payloadVersion", FieldCode::UnknownValue),
        ("/place", json!("a string"), "place", FieldCode::InvalidType),
        ("/place/name", json!("x".repeat(201)), "place.name", FieldCode::TooLong),
        ("/place/name", json!("a\u{0}b"), "place.name", FieldCode::ControlCharacter),
        ("/place/name", json!(["list"]), "place.name", FieldCode::InvalidType),
        ("/place/note", json!("x".repeat(10_001)), "place.note", FieldCode::TooLong),
        ("/place/category", json!("x".repeat(41)), "place.category", FieldCode::TooLong),
        ("/place/tags", json!(["ok", "x".repeat(41)]), "place.tags[1]", FieldCode::TooLong),
        ("/place/tags", json!(tags), "place.tags", FieldCode::TooMany),
        ("/place/tags", json!("tree"), "place.tags", FieldCode::InvalidType),
        ("/place/latitude", json!(90.000_001), "place.latitude", FieldCode::OutOfRange),
        ("/place/latitude", json!(-90.1), "place.latitude", FieldCode::OutOfRange),
        ("/place/latitude", json!("48"), "place.latitude", FieldCode::InvalidType),
        ("/place/longitude", json!(180.5), "place.longitude", FieldCode::OutOfRange),
        ("/place/longitude", Value::Null, "place.longitude", FieldCode::Required),
        ("/place/accuracy", json!(-1), "place.accuracy", FieldCode::OutOfRange),
        ("/place/capturedAt", json!("yesterday"), "place.capturedAt", FieldCode::InvalidFormat),
        ("/place/capturedAt", Value::Null, "place.capturedAt", FieldCode::Required),
        ("/place/source", json!("toaster"), "place.source", FieldCode::UnknownValue),
        ("/place/positionSource", json!("guess"), "place.positionSource", FieldCode::UnknownValue),
    ]
}

#[tokio::test]
async fn every_limit_of_a_place_is_refused_by_name_and_nothing_is_written() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    for (pointer, value, field, code) in refused_places() {
        let reply = server.post(&ada, "/v1/places", &with(new_place("Oak"), pointer, value.clone())).await;
        assert_eq!(only_error(&reply.problem(Code::Invalid)), (field, code), "{pointer}");
        // The same through a push is one rejected outcome with the same words.
        let pushed = with(create("Oak"), pointer, value);
        let body = json!({ "epoch": ada.epoch, "operations": [pushed] });
        let outcome = server.post(&ada, "/v1/sync/push", &body).await.json()["outcomes"][0].clone();
        assert_eq!(outcome["outcome"], "rejected", "{outcome}");
        assert_eq!(outcome["problem"]["errors"], reply.json()["errors"]);
    }
    assert_eq!(server.feed(&ada).await.len(), 0);
    let at_the_limits = with(new_place(&"x".repeat(200)), "/place/note", json!("é".repeat(10_000)));
    assert_eq!(server.post(&ada, "/v1/places", &at_the_limits).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn several_wrong_fields_are_named_at_once_and_never_repeated() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let mut body = new_place(&"canary".repeat(50));
    body["place"]["latitude"] = json!(1234.5);
    body["place"]["source"] = json!("canary");
    let reply = server.post(&ada, "/v1/places", &body).await;
    let problem = reply.problem(Code::Invalid);
    let fields: Vec<_> = problem.errors.iter().map(|e| e.field.as_str()).collect();
    assert_eq!(fields, ["place.name", "place.latitude", "place.source"]);
    assert!(!reply.text.contains("canary") && !reply.text.contains("1234.5"), "{}", reply.text);
    insta::assert_json_snapshot!("invalid", crate::harness::redacted(reply.json()));
}

#[tokio::test]
async fn an_update_says_which_of_its_fields_is_wrong() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let place = server.save(&ada, "Oak").await;
    let path = format!("/v1/places/{}", place["id"].as_str().unwrap());
    for (changes, field, code) in [
        (json!({}), "changes", FieldCode::Required),
        (json!({ "name": { "was": "Oak", "to": "x".repeat(201) } }), "changes.name.to", FieldCode::TooLong),
        (json!({ "name": "Elm" }), "changes.name", FieldCode::InvalidType),
        (json!({ "position": { "to": null } }), "changes.position.to", FieldCode::Required),
        (
            json!({ "position": { "to": { "latitude": 99, "longitude": 1 } } }),
            "changes.position.to.latitude",
            FieldCode::OutOfRange,
        ),
        (json!({ "tags": { "add": [7] } }), "changes.tags.add", FieldCode::InvalidType),
    ] {
        let reply = server.patch(&ada, &path, &json!({ "changes": changes })).await;
        assert_eq!(only_error(&reply.problem(Code::Invalid)), (field, code));
    }
    // The path names the place; a body can't name another.
    let other = server.save(&ada, "Elm").await;
    let body = json!({ "id": other["id"], "changes": { "name": { "was": "Oak", "to": "Lime" } } });
    assert_eq!(server.patch(&ada, &path, &body).await.json()["place"]["id"], place["id"]);
    assert_eq!(server.get(&ada, &path).await.json()["version"], 2);
}

#[tokio::test]
async fn wrong_types_outside_of_places_name_their_field() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let device = json!({ "name": "x", "platform": "cli" });
    for (path, body, field, code) in [
        ("/v1/sessions", json!({ "email": 7, "password": "x" }), "email", FieldCode::InvalidType),
        ("/v1/sessions", json!({ "email": "ada@example.org" }), "password", FieldCode::Required),
        ("/v1/sessions", json!({ "email": "no address", "password": "x" }), "email", FieldCode::InvalidFormat),
        ("/v1/pairings", json!({ "code": "x", "device": "phone" }), "device", FieldCode::InvalidType),
        ("/v1/pairings", json!({ "device": device }), "code", FieldCode::Required),
        ("/v1/setup", json!({ "code": "x", "email": "a@b", "password": true }), "password", FieldCode::InvalidType),
    ] {
        let reply = send(server.anonymous(Method::POST, path).json(&body)).await;
        assert_eq!(only_error(&reply.problem(Code::Invalid)), (field, code), "{path}");
    }
    for (body, field, code) in [
        (json!({ "operations": [] }), "epoch", FieldCode::Required),
        (json!({ "epoch": "x", "operations": {} }), "operations", FieldCode::InvalidType),
        (
            json!({ "epoch": "x", "operations": [], "telemetry": { "pending": -1 } }),
            "telemetry.pending",
            FieldCode::InvalidType,
        ),
    ] {
        let reply = server.post(&ada, "/v1/sync/push", &body).await;
        assert_eq!(only_error(&reply.problem(Code::Invalid)), (field, code), "{body}");
    }
}

#[tokio::test]
async fn more_operations_than_a_push_takes_are_refused_as_a_whole() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let operations: Vec<Value> = (0..501).map(|_| create("Oak")).collect();
    let problem = server
        .post(&ada, "/v1/sync/push", &json!({ "epoch": ada.epoch, "operations": operations }))
        .await
        .problem(Code::TooLarge);
    assert!(problem.detail.contains("500"), "{}", problem.detail);
    assert_eq!(server.feed(&ada).await.len(), 0);
    let body = json!({ "epoch": ada.epoch, "operations": operations[..500] });
    assert_eq!(server.post(&ada, "/v1/sync/push", &body).await.status, StatusCode::OK);
    assert_eq!(server.feed(&ada).await.len(), 500);
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let long = "x".repeat(201);
    for (path, field) in [
        ("/v1/places?limit=0".to_owned(), "limit"),
        ("/v1/places?limit=201".to_owned(), "limit"),
        ("/v1/places?limit=many".to_owned(), "limit"),
        ("/v1/places?trash=perhaps".to_owned(), "trash"),
        ("/v1/places?since=yesterday".to_owned(), "since"),
        ("/v1/places?source=toaster".to_owned(), "source"),
        ("/v1/places?q=a%00b".to_owned(), "q"),
        (format!("/v1/places?q={long}"), "q"),
        ("/v1/places?q=a&q=b".to_owned(), "q"),
        ("/v1/sync/pull?limit=1001".to_owned(), "limit"),
        ("/v1/sync/pull?limit=-1".to_owned(), "limit"),
        ("/v1/places/oak".to_owned(), "id"),
        ("/v1/places/client:oak".to_owned(), "id"),
        ("/v1/places/%FF".to_owned(), "id"),
        ("/v1/places/oak/history".to_owned(), "id"),
        ("/v1/places?after=garbage".to_owned(), "after"),
    ] {
        let problem = server.get(&ada, &path).await.problem(Code::InvalidParameter);
        assert_eq!(problem.errors.len(), 1, "{path}");
        assert_eq!(problem.errors[0].field, field, "{path}");
    }
    let problem = server.delete(&ada, "/v1/devices/phone").await.problem(Code::InvalidParameter);
    assert_eq!(problem.errors[0].field, "id");
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_problems_too() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    for path in ["/", "/v1", "/v2/places", "/v1/places/", "/v1/placess", "/v1/sync/push/more", "/.env", "/%FF"] {
        let reply = server.get(&ada, path).await;
        let problem = reply.problem(Code::NotFound);
        assert!(problem.detail.contains("/api/docs"), "{}", problem.detail);
    }
    let reply = send(server.request(&ada, Method::PUT, "/v1/places")).await;
    let problem = reply.problem(Code::MethodNotAllowed);
    assert!(problem.detail.contains("PUT"), "{}", problem.detail);
    assert!(reply.header("allow").contains("GET"));
    send(server.anonymous(Method::OPTIONS, "/v1/sessions")).await.problem(Code::MethodNotAllowed);
    insta::assert_json_snapshot!("not_found", crate::harness::redacted(server.get(&ada, "/nowhere").await.json()));
}

/// The limits of accounts, each at its last value and one beyond.
#[tokio::test]
async fn every_limit_of_accounts_and_reports_is_kept_to_the_last_character() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let device = |name: &str, platform: &str| json!({ "name": name, "platform": platform });
    let sign_in = |email: &str, password: &str, device: Value| {
        let body = json!({ "email": email, "password": password, "device": device });
        send(server.anonymous(Method::POST, "/v1/sessions").json(&body))
    };
    let longest = limits::DEVICE_NAME_MAX;
    for (name, platform, field) in [
        ("d".repeat(longest + 1), "cli".to_owned(), "device.name"),
        ("laptop".to_owned(), "p".repeat(longest + 1), "device.platform"),
    ] {
        let problem = sign_in(&ada.email, PASSWORD, device(&name, &platform)).await.problem(Code::Invalid);
        assert_eq!((problem.errors[0].field.as_str(), problem.errors[0].code), (field, FieldCode::TooLong));
    }
    let reply = sign_in(&ada.email, PASSWORD, device(&"d".repeat(longest), &"p".repeat(longest))).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);

    let address = |length: usize| format!("{}@example.org", "x".repeat(length - "@example.org".len()));
    let problem = sign_in(&address(limits::EMAIL_MAX + 1), PASSWORD, device("d", "p")).await.problem(Code::Invalid);
    assert_eq!((problem.errors[0].field.as_str(), problem.errors[0].code), ("email", FieldCode::TooLong));
    // Nobody has these; that they are refused as unknown shows that the limit itself is allowed.
    sign_in(&address(limits::EMAIL_MAX), PASSWORD, device("d", "p")).await.problem(Code::InvalidCredentials);
    for length in [limits::PASSWORD_MAX, limits::PASSWORD_MAX + 1] {
        sign_in(&ada.email, &"x".repeat(length), device("d", "p")).await.problem(Code::InvalidCredentials);
    }

    // A report is a favour: one that is too long is read as far as it may reach, and never costs an operation.
    for (sent, confirmations) in
        [limits::TELEMETRY_CONFIRMATIONS_MAX, limits::TELEMETRY_CONFIRMATIONS_MAX + 1].into_iter().enumerate()
    {
        let one = || json!({ "opId": uuid::Uuid::now_v7(), "seconds": 1.5 });
        let telemetry = json!({
            "pending": 0, "oldestPendingSeconds": 0, "retries": 0, "rejected": 0, "conflicts": 0, "mediaPending": 0,
            "mediaFailed": 0, "confirmations": (0..confirmations).map(|_| one()).collect::<Vec<_>>(),
        });
        let body = json!({ "epoch": ada.epoch, "operations": [create("Reported")], "telemetry": telemetry });
        let reply = server.post(&ada, "/v1/sync/push", &body).await;
        assert_eq!(reply.json()["outcomes"][0]["outcome"], "applied", "{}", reply.text);
        assert_eq!(server.feed(&ada).await.len(), sent + 1);
    }
}

#[tokio::test]
async fn a_list_of_a_hundred_thousand_bad_tags_gets_a_short_answer() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let mut body = new_place("Oak");
    body["place"]["tags"] = vec!["\u{1}"; 100_000].into();
    let reply = server.post(&ada, "/v1/places", &body).await;
    assert_eq!(reply.problem(Code::Invalid).errors.len(), 50);
    assert!(reply.text.len() < 20_000, "{}", reply.text.len());
    assert_eq!(server.feed(&ada).await.len(), 0);
}
