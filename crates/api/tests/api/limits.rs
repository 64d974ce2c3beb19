//! How often, how long.

use std::time::Duration;

use holdfast_contract::Code;
use holdfast_http::Limit;
use holdfast_service::Actor;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Reply, Server, send};

async fn try_to_sign_in(server: &Server, forwarded_for: Option<&str>) -> Reply {
    let body = json!({ "email": "nobody@example.org", "password": "not the passphrase" });
    let mut request = server.anonymous(Method::POST, "/v1/sessions").json(&body);
    if let Some(address) = forwarded_for {
        request = request.header("X-Forwarded-For", address);
    }
    send(request).await
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down_by_address() {
    let server = Server::start_with(|s| s.http.rate_limits.sign_in = Limit::per_minute(3)).await;
    for left in [2, 1, 0] {
        let reply = try_to_sign_in(&server, None).await;
        reply.problem(Code::InvalidCredentials);
        assert_eq!(reply.header("ratelimit-policy"), "\"sign-in\";q=3;w=60");
        assert!(reply.header("ratelimit").starts_with(&format!("\"sign-in\";r={left};t=")));
    }
    let reply = try_to_sign_in(&server, None).await;
    let problem = reply.problem(Code::RateLimited);
    let seconds: u32 = reply.header("retry-after").parse().unwrap();
    assert!((1..=20).contains(&seconds));
    assert_eq!(problem.retry_after, Some(seconds));
    assert!(reply.header("ratelimit").starts_with("\"sign-in\";r=0;t="));
    // Who claims to come from elsewhere is not believed; and setup and pairing count with it.
    try_to_sign_in(&server, Some("198.51.100.7")).await.problem(Code::RateLimited);
    for path in ["/v1/setup", "/v1/pairings"] {
        send(server.anonymous(Method::POST, path).json(&json!({}))).await.problem(Code::RateLimited);
    }
    assert_eq!(send(server.anonymous(Method::GET, "/v1/setup")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_counts_for_itself() {
    let server = Server::start_with(|s| {
        s.http.rate_limits.sign_in = Limit::per_minute(1);
        s.http.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    try_to_sign_in(&server, Some("198.51.100.7")).await.problem(Code::InvalidCredentials);
    try_to_sign_in(&server, Some("198.51.100.7")).await.problem(Code::RateLimited);
    try_to_sign_in(&server, Some("198.51.100.8")).await.problem(Code::InvalidCredentials);
    try_to_sign_in(&server, Some("203.0.113.1, 198.51.100.8")).await.problem(Code::RateLimited);
}

#[tokio::test]
async fn all_devices_of_one_account_share_its_limit_and_other_accounts_do_not() {
    let server = Server::start_with(|s| s.http.rate_limits.user = Limit::per_minute(4)).await;
    let (laptop, bob) = (server.person("ada").await, server.person("bob").await);
    let phone = server.device(&laptop.email, "phone").await;
    for (person, left) in [(&laptop, 3), (&phone, 2), (&laptop, 1), (&phone, 0)] {
        let reply = server.get(person, "/v1/account").await;
        assert_eq!(reply.status, StatusCode::OK);
        assert!(
            reply.header("ratelimit").starts_with(&format!("\"user\";r={left};t=")),
            "{}",
            reply.header("ratelimit")
        );
    }
    let reply = server.get(&laptop, "/v1/account").await;
    assert!(reply.problem(Code::RateLimited).detail.contains("Wait"));
    server.get(&phone, "/v1/sync/pull").await.problem(Code::RateLimited);
    assert_eq!(server.get(&bob, "/v1/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up() {
    let server = Server::start_with(|s| s.http.request_timeout = Duration::from_millis(300)).await;
    let ada = server.person("ada").await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "POST /v1/places HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: 1000\r\n\r\n{{\"place\":",
        ada.token
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut reply = Vec::new();
    let mut buffer = [0; 4096];
    while !String::from_utf8_lossy(&reply).contains("\"code\"") {
        let read = stream.read(&mut buffer).await.unwrap();
        assert_ne!(read, 0, "closed after: {}", String::from_utf8_lossy(&reply));
        reply.extend_from_slice(&buffer[..read]);
    }
    let reply = String::from_utf8(reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 503") && reply.contains("\"code\":\"unavailable\""), "{reply}");
    assert!(reply.contains("retry-after: ") && reply.contains("holdfast-protocol: 1"), "{reply}");
    let actor = Actor { user: ada.account, device: ada.device };
    assert_eq!(server.service.pull(actor, None, None).await.unwrap().changes.len(), 0);
}

#[tokio::test]
async fn trying_tokens_is_slowed_down_by_address_and_known_ones_go_on() {
    let server = Server::start_with(|s| s.http.rate_limits.sign_in = Limit::per_minute(1)).await;
    let ada = server.person("ada").await;
    assert_eq!(server.get(&ada, "/v1/account").await.status, StatusCode::OK);
    let guess = |n: u32| {
        let token = format!("hf_{n:0>43}");
        send(server.anonymous(Method::GET, "/v1/account").bearer_auth(token))
    };
    let mut refused = None;
    for n in 0..40 {
        let reply = guess(n).await;
        if reply.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some((n, reply));
            break;
        }
        reply.problem(Code::Unauthenticated);
    }
    let (tries, reply) = refused.expect("there is an end to it");
    assert!((28..=31).contains(&tries), "{tries}");
    assert!(reply.problem(Code::RateLimited).retry_after.is_some());
    assert_eq!(server.get(&ada, "/v1/account").await.status, StatusCode::OK);
}
