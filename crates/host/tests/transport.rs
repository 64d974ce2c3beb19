//! The client carries; it does not judge.
#![allow(clippy::unwrap_used, reason = "this is test code, which clippy only knows of functions marked so")]

#[path = "common/server.rs"]
mod server;

use holdfast_contract::account::SignInRequest;
use holdfast_contract::sync::PullRequest;
use holdfast_host::{Client, Error, ServerUrl};
use server::{Answer, Server};

fn client(server: &Server) -> Client {
    Client::new(ServerUrl::parse(&server.address).unwrap()).unwrap()
}

#[tokio::test]
async fn an_answer_is_handed_over_as_it_came() {
    let server = Server::start(|_| {
        let headers = vec![("holdfast-protocol", "1".to_owned()), ("retry-after", "7".to_owned())];
        Answer::new(429, headers, "not even json")
    });
    let answer = client(&server).push(b"{}".to_vec()).await.unwrap();
    assert_eq!((answer.status, answer.protocol, answer.retry_after), (429, true, Some(7)));
    assert_eq!(answer.body, b"not even json");
    assert_eq!(server.requests()[0].body, "{}");
}

#[tokio::test]
async fn an_answer_without_the_protocol_header_says_so() {
    let server = Server::start(|_| Answer::new(200, vec![], "<html>"));
    assert!(!client(&server).pull(PullRequest::default()).await.unwrap().protocol);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let other = Server::start(|_| Answer::json(200, &serde_json::json!({})));
    let to = other.address.clone();
    let server = Server::start(move |_| Answer::new(307, vec![("location", to.clone())], ""));
    let answer = client(&server).push(b"{}".to_vec()).await.unwrap();
    assert_eq!((answer.status, answer.protocol), (307, false));
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn a_connection_that_breaks_is_no_reply() {
    let server = Server::start(|_| Answer::new(0, vec![], ""));
    assert!(client(&server).pull(PullRequest::default()).await.is_err());
}

#[tokio::test]
async fn a_body_that_ends_early_is_no_reply() {
    let server = Server::start(|_| {
        let headers = vec![("holdfast-protocol", "1".to_owned()), ("content-length", "1000".to_owned())];
        Answer::new(200, headers, "half")
    });
    assert!(client(&server).pull(PullRequest::default()).await.is_err());
}

#[tokio::test]
async fn a_cursor_and_a_witness_travel_unharmed() {
    let server = Server::start(|_| Answer::new(200, vec![], ""));
    let page = PullRequest { cursor: Some("a+b/c=&?#é"), witness: Some("w+/=&"), limit: Some(250), pending: Some(0) };
    client(&server).pull(page).await.unwrap();
    assert_eq!(
        server.requests()[0].path,
        "/v1/sync/pull?limit=250&pending=0&cursor=a%2Bb%2Fc%3D%26%3F%23%C3%A9&witness=w%2B%2F%3D%26"
    );
}

#[tokio::test]
async fn an_error_never_repeats_the_address_with_its_cursor() {
    let server = ServerUrl::parse("http://127.0.0.1:9").unwrap();
    let page = PullRequest { cursor: Some("secretcursor"), ..PullRequest::default() };
    let why = Client::new(server).unwrap().pull(page).await.err().unwrap();
    assert!(!why.contains("secretcursor"), "{why}");
}

#[tokio::test]
async fn a_problem_of_the_server_is_told_as_such_and_anything_else_is_not_the_server() {
    let server = Server::start(|request| match request.path.as_str() {
        "/v1/sessions" => Answer::problem(401, "invalid_credentials", "Wrong."),
        "/v1/account" => Answer::new(200, vec![("holdfast-protocol", "1".to_owned())], "{}"),
        _ => Answer::new(200, vec![], "<html>"),
    });
    let client = client(&server);
    let request = SignInRequest { email: "a@b.org".into(), password: "x".into(), device: None };
    assert!(matches!(client.sign_in(&request).await, Err(Error::Problem(p)) if p.detail == "Wrong."));
    assert!(matches!(client.account().await, Err(Error::NotHoldfast { .. })));
    assert!(matches!(client.setup_status().await, Err(Error::NotHoldfast { .. })));
}
