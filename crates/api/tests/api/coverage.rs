//! Every route of the document, signed out and as a stranger. A new route fails here until it is covered.

use std::collections::BTreeSet;

use holdfast_contract::Code;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Person, Reply, Server, new_place, send};

/// What anybody may call. This list only shrinks.
const PUBLIC: &[&str] = &[
    "GET /api/docs",
    "GET /api/docs/style.css",
    "GET /api/openapi.json",
    "GET /health/live",
    "GET /health/ready",
    "GET /metrics",
    "GET /v1/setup",
    "POST /v1/setup",
    "POST /v1/sessions",
    "POST /v1/pairings",
];

const CANARY: &str = "Canary Creek";

/// Every route as `METHOD /path`, with its description.
fn routes() -> Vec<(String, Value)> {
    let document = holdfast_api::openapi();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            routes.push((format!("{} {path}", method.to_uppercase()), operation.clone()));
        }
    }
    assert!(routes.len() > 20);
    routes
}

/// The method and the path with the ids filled in.
fn aimed_at(route: &str, place: &str, device: &str) -> (Method, String) {
    let (method, path) = route.split_once(' ').unwrap();
    let id = if path.starts_with("/v1/devices") { device } else { place };
    let nobody = "0190f000-0000-7000-8000-000000000001";
    (method.parse().unwrap(), path.replace("{id}", id).replace("{recipientId}", nobody))
}

/// A body that the route takes.
fn with_body(request: RequestBuilder, route: &str, place: &str, epoch: &str) -> RequestBuilder {
    match route {
        "POST /v1/places" => request.json(&new_place("Mine")),
        "PATCH /v1/places/{id}" => request.json(&json!({ "changes": { "name": { "was": CANARY, "to": "Taken" } } })),
        "POST /v1/places/{id}/restore" => request.json(&json!({ "baseVersion": 1 })),
        "POST /v1/places/{id}/refine" => {
            request.json(&json!({ "position": { "latitude": 1.0, "longitude": 2.0, "accuracy": 1.0 } }))
        }
        "POST /v1/sync/push" => request.json(&json!({ "epoch": epoch, "operations": [
            { "opId": uuid::Uuid::now_v7(), "kind": "delete", "id": place, "baseVersion": 1 },
            { "opId": uuid::Uuid::now_v7(), "kind": "update", "id": place,
              "changes": { "name": { "was": CANARY, "to": "Taken" } } },
        ] })),
        _ => request,
    }
}

#[test]
fn the_document_and_the_list_of_public_routes_agree() {
    let open: BTreeSet<String> =
        routes().into_iter().filter(|(_, o)| o.get("security").is_none()).map(|(route, _)| route).collect();
    let listed: BTreeSet<String> = PUBLIC.iter().map(|r| (*r).to_owned()).collect();
    assert_eq!(open, listed);
}

#[tokio::test]
async fn every_other_route_refuses_who_is_not_signed_in_and_never_says_why() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let place = server.save(&ada, CANARY).await;
    let place = place["id"].as_str().unwrap();
    let device = ada.device.to_string();
    let unknown_token = format!("hf_{}", "A".repeat(43));
    let mut shorter = ada.token.clone();
    shorter.pop();
    let credentials: Vec<Option<String>> = vec![
        None,
        Some(String::new()),
        Some("Bearer".to_owned()),
        Some("Bearer  ".to_owned()),
        Some("Bearer garbage".to_owned()),
        Some(format!("Bearer {shorter}")),
        Some(format!("Bearer {unknown_token}")),
        Some(format!("Basic {}", ada.token)),
        Some(ada.token.clone()),
    ];
    let mut answers = BTreeSet::new();
    for (route, _) in routes().iter().filter(|(route, _)| !PUBLIC.contains(&route.as_str())) {
        let (method, path) = aimed_at(route, place, &device);
        for credential in &credentials {
            let mut request =
                server.anonymous(method.clone(), &path).header("Holdfast-Account", ada.account.to_string());
            if let Some(credential) = credential {
                request = request.header("Authorization", credential);
            }
            let reply = send(with_body(request, route, place, &ada.epoch)).await;
            reply.problem(Code::Unauthenticated);
            assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"holdfast\"", "{route}");
            answers.insert(reply.without_request_id().to_string());
        }
    }
    assert_eq!(answers.len(), 1, "one answer for every way of not being signed in: {answers:?}");
    assert_eq!(server.get(&ada, &format!("/v1/places/{place}")).await.json()["version"], 1);
}

#[tokio::test]
async fn public_routes_answer_who_is_not_signed_in() {
    let server = Server::start_with(|settings| {
        settings.api.metrics = Some(std::sync::Arc::new(|| "up 1\n".to_owned()));
    })
    .await;
    for route in PUBLIC {
        let (method, path) = aimed_at(route, "", "");
        let reply = send(server.anonymous(method, &path)).await;
        let expected = if route.starts_with("POST") { StatusCode::UNSUPPORTED_MEDIA_TYPE } else { StatusCode::OK };
        assert_eq!(reply.status, expected, "{route}: {}", reply.text);
    }
}

#[tokio::test]
async fn a_stranger_learns_nothing_of_a_place_or_a_device_and_changes_nothing() {
    let server = Server::start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let before = server.save(&ada, CANARY).await;
    let place = before["id"].as_str().unwrap().to_owned();
    for (route, _) in routes().iter().filter(|(route, _)| !PUBLIC.contains(&route.as_str())) {
        // A device of its own each time: one of the routes signs it out.
        let bob = server.device(&bob.email, "stranger").await;
        as_a_stranger(&server, route, &ada, &bob, &before).await;
    }
    let after = server.get(&ada, &format!("/v1/places/{place}")).await;
    assert_eq!(after.json(), before);
    assert_eq!(server.feed(&ada).await.len(), 1);
    assert_eq!(server.get(&ada, "/v1/devices").await.json()["devices"].as_array().unwrap().len(), 1);
}

async fn as_a_stranger(server: &Server, route: &str, ada: &Person, bob: &Person, place: &Value) {
    let (id, client_id) = (place["id"].as_str().unwrap(), place["clientId"].as_str().unwrap());
    let ask = async |id: &str, device: &str| -> Reply {
        let (method, path) = aimed_at(route, id, device);
        let request = server.request(bob, method, &path);
        if route == "GET /v1/sync/events" {
            return first_event(request).await;
        }
        send(with_body(request, route, id, &bob.epoch)).await
    };
    let reply = ask(id, &ada.device.to_string()).await;
    assert!(!reply.text.contains(CANARY) && !reply.text.contains(&ada.email), "{route}: {}", reply.text);
    match route {
        "GET /v1/account" => assert_eq!(reply.json()["email"], bob.email.as_str()),
        "GET /v1/devices" => {
            assert_eq!(reply.status, StatusCode::OK);
            assert!(!reply.text.contains(&ada.device.to_string()));
        }
        "DELETE /v1/devices/{id}" => {
            reply.problem(Code::NotFound);
            let unknown = ask(id, &uuid::Uuid::now_v7().to_string()).await;
            assert_eq!(reply.without_request_id(), unknown.without_request_id(), "{route}");
        }
        // It is packed; what is in it is looked at in `export.rs`.
        "GET /v1/export" => assert_eq!(reply.status, StatusCode::OK),
        "POST /v1/pairing-codes" => assert_eq!(reply.status, StatusCode::CREATED),
        "DELETE /v1/sessions/current" => assert_eq!(reply.status, StatusCode::NO_CONTENT),
        "GET /v1/places" => {
            let names: Vec<Value> =
                reply.json()["places"].as_array().unwrap().iter().map(|p| p["name"].clone()).collect();
            assert!(names.iter().all(|name| name == "Mine"), "{names:?}");
        }
        "GET /v1/places/map" => {
            let (map, own) = (reply.json(), server.get(bob, "/v1/places").await.json());
            assert_eq!(map["total"], own["places"].as_array().unwrap().len());
            assert!(!reply.text.contains(id), "{}", reply.text);
        }
        "GET /v1/places/facets" => assert_eq!(reply.json(), json!({ "categories": [], "tags": [] })),
        "POST /v1/places" => {
            assert_eq!(reply.status, StatusCode::CREATED);
            // The capture of somebody else is no capture of mine: the same client id is a place of its own.
            let mut same = new_place("Mine");
            same["clientId"] = client_id.into();
            let reply = server.post(bob, "/v1/places", &same).await;
            assert_eq!((reply.status, &reply.json()["place"]["name"]), (StatusCode::CREATED, &json!("Mine")));
            assert_ne!(reply.json()["place"]["id"], id);
        }
        "GET /v1/shares" => assert_eq!(reply.json(), json!({ "shares": [] })),
        "POST /v1/shares/confirm" => assert_eq!(reply.json(), json!({ "confirmed": 0 })),
        "POST /v1/places/{id}/shares/{recipientId}/confirm" | "DELETE /v1/places/{id}/shares/{recipientId}" => {
            reply.problem(Code::NotFound);
            let unknown = ask(&uuid::Uuid::now_v7().to_string(), "").await;
            assert_eq!(reply.without_request_id(), unknown.without_request_id(), "{route}");
        }
        "GET /v1/places/{id}"
        | "PATCH /v1/places/{id}"
        | "DELETE /v1/places/{id}"
        | "POST /v1/places/{id}/restore"
        | "POST /v1/places/{id}/refine"
        | "GET /v1/places/{id}/history" => {
            reply.problem(Code::NotFound);
            let unknown = ask(&uuid::Uuid::now_v7().to_string(), "").await;
            assert_eq!(reply.without_request_id(), unknown.without_request_id(), "{route}");
            let by_capture = ask(&format!("client:{}", uuid::Uuid::now_v7()), "").await;
            if route == "DELETE /v1/places/{id}" {
                // A deletion that overtakes its own capture leaves a tombstone.
                by_capture.problem(Code::Gone);
            } else {
                by_capture.problem(Code::NotFound);
            }
        }
        "POST /v1/sync/push" => {
            for outcome in reply.json()["outcomes"].as_array().unwrap() {
                assert_eq!(outcome["outcome"], "rejected", "{outcome}");
                assert_eq!(outcome["problem"]["code"], "not_found", "{outcome}");
            }
        }
        "GET /v1/sync/pull" => {
            for change in reply.json()["changes"].as_array().unwrap() {
                assert_ne!(change["upsert"]["id"], id, "{change}");
            }
        }
        "GET /v1/sync/events" => assert!(reply.text.contains("event: head"), "{}", reply.text),
        _ => panic!("{route} is a new route: say here what a stranger gets"),
    }
}

async fn first_event(request: RequestBuilder) -> Reply {
    let mut response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let mut text = String::new();
    while !text.contains("\n\n") {
        text.push_str(std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap());
    }
    Reply { status, headers, text }
}
