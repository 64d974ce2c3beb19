//! Push and pull through HTTP.

use holdfast_contract::Code;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Person, Reply, Server, new_place, redacted, send};

pub(crate) fn create(name: &str) -> Value {
    let mut operation = new_place(name);
    operation["kind"] = "create".into();
    operation
}

async fn push(server: &Server, person: &Person, operations: Vec<Value>) -> Reply {
    server.post(person, "/v1/sync/push", &json!({ "epoch": person.epoch, "operations": operations })).await
}

#[tokio::test]
async fn a_push_answers_every_operation_and_a_bad_one_fails_no_other() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let mut out_of_range = create("Nowhere");
    out_of_range["place"]["latitude"] = 91.into();
    let op_id = out_of_range["opId"].clone();
    let reply = push(&server, &ada, vec![create("Oak"), out_of_range, json!("rubbish"), create("Elm")]).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let outcomes = reply.json()["outcomes"].as_array().unwrap().clone();
    let names: Vec<_> = outcomes.iter().map(|o| o["outcome"].as_str().unwrap()).collect();
    assert_eq!(names, ["applied", "rejected", "rejected", "applied"]);
    assert_eq!(outcomes[1]["opId"], op_id);
    assert_eq!(outcomes[1]["problem"]["errors"][0]["field"], "place.latitude");
    assert_eq!(outcomes[2]["opId"], Value::Null);
    insta::assert_json_snapshot!("push_reply", redacted(reply.json()));
    assert_eq!(server.feed(&ada).await.len(), 2);
}

#[tokio::test]
async fn a_batch_sent_again_changes_nothing() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let operations: Vec<Value> = (0..20).map(|i| create(&format!("Place {i}"))).collect();
    let first = push(&server, &ada, operations.clone()).await.json();
    let feed = server.feed(&ada).await;
    let again = push(&server, &ada, operations).await.json();
    for (first, again) in first["outcomes"].as_array().unwrap().iter().zip(again["outcomes"].as_array().unwrap()) {
        assert_eq!((&first["outcome"], &again["outcome"]), (&json!("applied"), &json!("duplicate")));
        assert_eq!(again["first"], true);
        assert_eq!(again["place"], first["place"]);
    }
    assert_eq!(server.feed(&ada).await, feed);
}

#[tokio::test]
async fn the_bytes_of_an_operation_are_its_identity() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let operation = create("Oak").to_string();
    // The same object with one more blank is not the same bytes.
    let spaced = operation.replacen('{', "{ ", 1);
    for (bytes, expected) in [(&operation, "applied"), (&operation, "duplicate"), (&spaced, "rejected")] {
        let body = format!("{{\"epoch\":\"{}\",\"operations\":[{bytes}]}}", ada.epoch);
        let request = server.request(&ada, Method::POST, "/v1/sync/push").header("Content-Type", "application/json");
        let outcome = send(request.body(body)).await.json()["outcomes"][0].clone();
        assert_eq!(outcome["outcome"], expected, "{outcome}");
    }
}

#[tokio::test]
async fn a_push_for_another_epoch_executes_nothing() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let body = json!({ "epoch": uuid::Uuid::now_v7(), "operations": [create("Oak")] });
    server.post(&ada, "/v1/sync/push", &body).await.problem(Code::EpochChanged);
    let body = json!({ "epoch": "no epoch at all", "operations": [create("Oak")] });
    server.post(&ada, "/v1/sync/push", &body).await.problem(Code::EpochChanged);
    assert_eq!(server.feed(&ada).await.len(), 0);
}

#[tokio::test]
async fn a_second_device_pulls_what_the_first_pushed_page_by_page() {
    let server = Server::start().await;
    let laptop = server.person("ada").await;
    let phone = server.device(&laptop.email, "phone").await;
    push(&server, &laptop, (0..5).map(|i| create(&format!("Place {i}"))).collect()).await;

    let mut names = Vec::new();
    let mut query = "limit=2".to_owned();
    let cursor = loop {
        let page = server.get(&phone, &format!("/v1/sync/pull?{query}")).await.json();
        for change in page["changes"].as_array().unwrap() {
            names.push(change["upsert"]["name"].as_str().unwrap().to_owned());
        }
        let cursor = page["cursor"].as_str().unwrap().to_owned();
        if page["hasMore"] == false {
            break cursor;
        }
        query = format!("limit=2&cursor={cursor}");
    };
    assert_eq!(names, ["Place 0", "Place 1", "Place 2", "Place 3", "Place 4"]);
    let nothing = server.get(&phone, &format!("/v1/sync/pull?cursor={cursor}")).await.json();
    assert_eq!((&nothing["changes"], &nothing["hasMore"]), (&json!([]), &json!(false)));
    push(&server, &laptop, vec![create("Place 5")]).await;
    let page = server.get(&phone, &format!("/v1/sync/pull?cursor={cursor}")).await.json();
    insta::assert_json_snapshot!("pull_reply", redacted(page));
}

#[tokio::test]
async fn what_a_device_decided_without_a_push_is_no_longer_said_to_wait_on_it() {
    let server = Server::start().await;
    let laptop = server.person("ada").await;
    let phone = server.device(&laptop.email, "phone").await;
    let waits = async || {
        let devices = server.get(&laptop, "/v1/devices").await.json();
        let all = devices["devices"].as_array().unwrap();
        all.iter().find(|device| device["name"] == "phone").unwrap()["pending"].clone()
    };
    let report = json!({ "epoch": phone.epoch, "operations": [], "telemetry": { "pending": 1 } });
    server.post(&phone, "/v1/sync/push", &report).await.json();
    assert_eq!(waits().await, 1);
    server.get(&phone, "/v1/sync/pull?limit=5").await.json();
    assert_eq!(waits().await, 1, "an app of before says nothing");
    server.get(&phone, "/v1/sync/pull?limit=5&pending=0").await.json();
    assert_eq!(waits().await, 0);
    for wrong in ["-1", "many", "1.5", "4294967296", "1&pending=2"] {
        let reply = server.get(&phone, &format!("/v1/sync/pull?pending={wrong}")).await;
        let problem = reply.problem(Code::InvalidParameter);
        assert_eq!((reply.status, problem.errors[0].field.as_str()), (StatusCode::BAD_REQUEST, "pending"), "{wrong}");
    }
    assert_eq!(waits().await, 0);
}

#[tokio::test]
async fn a_cursor_of_somebody_else_or_of_nobody_is_refused() {
    let server = Server::start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    server.save(&ada, "Oak").await;
    let cursor = server.get(&ada, "/v1/sync/pull").await.json()["cursor"].as_str().unwrap().to_owned();
    let pull = async |cursor: &str| server.get(&bob, &format!("/v1/sync/pull?cursor={cursor}")).await;
    pull(&cursor).await.problem(Code::InvalidCursor);
    pull("garbage").await.problem(Code::InvalidCursor);
    pull("%00").await.problem(Code::InvalidCursor);
    pull(&"A".repeat(5000)).await.problem(Code::InvalidCursor);
}

#[tokio::test]
async fn a_large_page_is_compressed_for_who_can_read_it() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    push(&server, &ada, (0..50).map(|i| create(&format!("Place {i}"))).collect()).await;
    let request = || server.request(&ada, Method::GET, "/v1/sync/pull").header("Accept-Encoding", "gzip");
    let raw = reqwest::Client::builder().no_proxy().no_gzip().build().unwrap();
    let reply = raw.execute(request().build().unwrap()).await.unwrap();
    assert_eq!(reply.headers()["content-encoding"], "gzip");
    let compressed = reply.bytes().await.unwrap().len();
    let plain = server.get(&ada, "/v1/sync/pull").await.text.len();
    assert!(compressed * 3 < plain, "{compressed} of {plain}");
}
