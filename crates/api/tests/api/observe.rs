//! What is written down about a request, and what never is.

use std::sync::{Arc, OnceLock};

use holdfast_contract::Code;
use holdfast_http::testing::Lines;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::harness::{PASSWORD, Server, new_place, send};

/// One recorder per process: other tests of this process may add to it.
fn recorder() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| PrometheusBuilder::new().install_recorder().unwrap()).clone()
}

#[tokio::test]
async fn no_name_note_coordinate_address_or_token_is_in_a_log_line_or_a_metric() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(lines.writer())
        .finish();
    // Everything runs on this thread, the server included.
    let _guard = tracing::subscriber::set_default(subscriber);
    let handle = recorder();
    let render = handle.clone();
    let server = Server::start_with(|s| s.api.metrics = Some(Arc::new(move || render.render()))).await;
    let ada = server.person("canaryperson").await;

    let mut body = new_place("Canaryname");
    body["place"]["note"] = "Canarynote".into();
    body["place"]["latitude"] = 12.345_678.into();
    body["place"]["tags"] = json!(["canarytag"]);
    body["place"]["category"] = "canarycategory".into();
    let place = server.post(&ada, "/v1/places", &body).await.json()["place"].clone();
    let path = format!("/v1/places/{}", place["id"].as_str().unwrap());
    server.patch(&ada, &path, &json!({ "changes": { "name": { "was": "Other", "to": "Canaryname2" } } })).await;
    server.patch(&ada, &path, &json!({ "changes": { "name": { "was": "Canaryname", "to": "Canaryname3" } } })).await;
    body["place"]["latitude"] = 123.456_78.into();
    server.post(&ada, "/v1/places", &body).await.problem(Code::Invalid);
    server.get(&ada, "/v1/places?q=canaryquery&tag=canarytag").await;
    server.get(&ada, "/v1/places/canarypath").await.problem(Code::InvalidParameter);
    server.get(&ada, "/canaryroute?canaryquery=1").await.problem(Code::NotFound);
    send(server.anonymous(Method::GET, "/v1/account").bearer_auth("hf_canarytoken"))
        .await
        .problem(Code::Unauthenticated);
    let wrong = json!({ "email": "canaryperson@example.org", "password": "canarypassword" });
    send(server.anonymous(Method::POST, "/v1/sessions").json(&wrong)).await.problem(Code::InvalidCredentials);
    let request = server.request(&ada, Method::POST, "/v1/sync/push").header("Content-Type", "application/json");
    send(request.body("{ \"canaryfield\": canarysyntax")).await.problem(Code::InvalidJson);
    server.get(&ada, "/v1/sync/pull?cursor=canarycursor").await.problem(Code::InvalidCursor);
    let metrics = send(server.anonymous(Method::GET, "/metrics")).await;
    assert_eq!(metrics.status, StatusCode::OK);

    let log = ours(&lines.text());
    assert!(log.contains("\"route\":\"/v1/places/{id}\"") && log.contains("\"code\":\"not_found\""), "{log}");
    assert!(log.contains(&format!("\"user\":\"{}\"", ada.account)), "the log says for whom");
    for text in [log.as_str(), metrics.text.as_str()] {
        let lower = text.to_lowercase();
        for secret in ["canary", "12.345", "123.456", PASSWORD, ada.token.as_str(), "11.25"] {
            assert!(!lower.contains(&secret.to_lowercase()), "{secret} is in: {text}");
        }
    }
    assert!(metrics.text.contains("route=\"/v1/places/{id}\""), "{}", metrics.text);
    assert!(metrics.text.contains("route=\"unmatched\""), "{}", metrics.text);
}

/// The server's lines. The client of this test runs in the same process and logs what it asks for.
fn ours(log: &str) -> String {
    let of_the_client = ["reqwest", "hyper", "hyper_util", "mio"].map(|name| format!("\"target\":\"{name}"));
    log.lines().filter(|line| !of_the_client.iter().any(|of| line.contains(of))).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_proxys_request_id_is_kept_only_when_the_proxy_is_trusted() {
    let ask = async |server: &Server, id: &str| {
        let request = server.anonymous(Method::GET, "/health/live").header("X-Request-Id", id);
        send(request).await.header("x-request-id").to_owned()
    };
    let server = Server::start().await;
    assert_ne!(ask(&server, "from-a-client").await, "from-a-client");
    let server = Server::start_with(|s| s.http.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()]).await;
    assert_eq!(ask(&server, "from-the-proxy.1").await, "from-the-proxy.1");
    assert_ne!(ask(&server, "two words").await, "two words");
    assert_ne!(ask(&server, &"x".repeat(65)).await, "x".repeat(65));
}
