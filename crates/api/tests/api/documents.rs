//! Health, metrics, and the documents of the API.

use std::sync::Arc;

use futures::future::BoxFuture;
use holdfast_api::{Check, Health};
use holdfast_contract::Code;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Server, send};

struct Checks(Vec<Check>);

impl Health for Checks {
    fn ready(&self) -> BoxFuture<'_, Vec<Check>> {
        Box::pin(async { self.0.clone() })
    }
}

fn check(name: &'static str, ok: bool) -> Check {
    Check { name, ok, detail: if ok { "is there".to_owned() } else { "does not answer".to_owned() } }
}

#[tokio::test]
async fn a_server_is_ready_only_when_every_check_is_well() {
    let server = Server::start_with(|s| s.api.health = Arc::new(Checks(vec![check("database", true)]))).await;
    assert_eq!(send(server.anonymous(Method::GET, "/health/live")).await.json(), json!({ "status": "live" }));
    let reply = send(server.anonymous(Method::GET, "/health/ready")).await;
    assert_eq!(
        reply.json(),
        json!({
            "status": "ready", "checks": [{ "name": "database", "ok": true, "detail": "is there" }],
        })
    );

    let checks = vec![check("database", false), check("migrations", true)];
    let server = Server::start_with(|s| s.api.health = Arc::new(Checks(checks))).await;
    assert_eq!(send(server.anonymous(Method::GET, "/health/live")).await.status, StatusCode::OK);
    let problem = send(server.anonymous(Method::GET, "/health/ready")).await.problem(Code::Unavailable);
    assert_eq!(problem.errors.len(), 1);
    assert_eq!(problem.errors[0].to_string(), "database does not answer");
}

#[tokio::test]
async fn without_a_recorder_there_are_no_metrics() {
    let server = Server::start().await;
    send(server.anonymous(Method::GET, "/metrics")).await.problem(Code::NotFound);
}

#[tokio::test]
async fn the_document_that_is_served_is_the_one_that_is_made() {
    let server = Server::start().await;
    let reply = send(server.anonymous(Method::GET, "/api/openapi.json")).await;
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.text, holdfast_api::openapi_json());
}

#[test]
fn the_committed_document_is_the_one_that_is_made() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../api/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == holdfast_api::openapi_json(),
        "api/openapi.json is not what the code says; run `cargo xtask openapi`"
    );
}

#[test]
fn codes_roles_and_sources_are_documented_as_they_stand_on_the_wire() {
    use holdfast_contract::{PositionSource, Role, Source};
    fn words<T: serde::Serialize>(all: &[T]) -> Value {
        serde_json::to_value(all).unwrap()
    }
    let document = holdfast_api::openapi();
    let expected = [
        ("Code", words(Code::ALL)),
        ("Role", words(Role::ALL)),
        ("Source", words(Source::ALL)),
        ("PositionSource", words(PositionSource::ALL)),
    ];
    for (name, words) in expected {
        assert_eq!(document["components"]["schemas"][name]["enum"], words, "{name}");
    }
}

#[test]
fn every_operation_documents_its_replies_with_schemas() {
    let document = holdfast_api::openapi();
    assert_eq!(document["openapi"], "3.1.0");
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let at = format!("{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|s| !s.is_empty()), "{at} has no summary");
            assert!(operation.get("x-problems").is_none(), "{at}");
            let replies = operation["responses"].as_object().unwrap();
            assert!(replies.keys().any(|status| status.starts_with('2')), "{at} has no success");
            assert!(replies.contains_key("500") && replies.contains_key("503"), "{at}");
            for (status, reply) in replies {
                assert!(reply["headers"].get("Holdfast-Protocol").is_some(), "{at} {status}");
                let content = reply.get("content").and_then(Value::as_object);
                assert_eq!(content.is_none(), status == "204", "{at} {status}");
                for (media_type, content) in content.into_iter().flatten() {
                    assert!(content.get("schema").is_some(), "{at} {status} {media_type}");
                    let is_problem = media_type == "application/problem+json";
                    assert_eq!(is_problem, status.starts_with(['4', '5']), "{at} {status} {media_type}");
                }
            }
            if operation.get("security").is_some() {
                for status in ["401", "403", "429"] {
                    assert!(replies.contains_key(status), "{at} {status}");
                }
            }
            if operation.get("requestBody").is_some() {
                for status in ["400", "413", "415", "422"] {
                    assert!(replies.contains_key(status), "{at} {status}");
                }
                let content = &operation["requestBody"]["content"]["application/json"];
                assert!(content.get("schema").is_some() && content.get("example").is_some(), "{at}");
            }
        }
    }
}

#[tokio::test]
async fn the_page_of_the_document_needs_no_script_and_nobody_else() {
    let server = Server::start().await;
    let page = send(server.anonymous(Method::GET, "/api/docs")).await;
    assert_eq!((page.status, page.header("content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
    assert!(!page.text.contains("<script") && !page.text.contains("://"));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'; style-src 'self'"), "{policy}");
    let style = send(server.anonymous(Method::GET, "/api/docs/style.css")).await;
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert!(!style.text.contains("url(") && !style.text.contains("@import"));
}
