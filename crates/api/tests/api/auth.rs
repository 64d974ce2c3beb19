//! Cookies, other sites, other accounts, other versions.

use holdfast_contract::Code;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::harness::{PASSWORD, Server, new_place, send};

/// The session cookie of a browser, as it sends it back.
async fn browser(server: &Server, email: &str) -> String {
    let body = json!({ "email": email, "password": PASSWORD });
    let reply = send(server.http.post(format!("{}/v1/sessions", server.url)).json(&body)).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    let (json, cookie) = (reply.json(), reply.header("set-cookie").to_owned());
    assert!(json.get("token").is_none() && json.get("deviceId").is_none(), "a browser's token is in the cookie only");
    assert!(cookie.contains("; HttpOnly; SameSite=Lax; "), "{cookie}");
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_browser_is_signed_in_by_a_cookie_until_it_signs_out() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let cookie = browser(&server, &ada.email).await;
    let ask = |method: Method, path: &str| {
        server.http.request(method, format!("{}{path}", server.url)).header("Cookie", format!("theme=dark; {cookie}"))
    };
    assert_eq!(send(ask(Method::GET, "/v1/account")).await.json()["email"], ada.email.as_str());
    let reply = send(ask(Method::DELETE, "/v1/sessions/current").header("Sec-Fetch-Site", "same-origin")).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    assert!(
        reply.header("set-cookie").starts_with("holdfast_session=; ")
            && reply.header("set-cookie").contains("Max-Age=0")
    );
    send(ask(Method::GET, "/v1/account")).await.problem(Code::Unauthenticated);
    assert_eq!(server.get(&ada, "/v1/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn another_sites_page_can_change_nothing_with_the_cookie() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let cookie = browser(&server, &ada.email).await;
    let post = |headers: &[(&str, &str)]| {
        let mut request = server.http.post(format!("{}/v1/places", server.url)).header("Cookie", &cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.json(&new_place("Oak"))
    };
    for headers in [
        &[][..],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "same-site"), ("Origin", "http://evil.example")],
        &[("Origin", "null")],
    ] {
        send(post(headers)).await.problem(Code::CrossSite);
    }
    assert_eq!(server.feed(&ada).await.len(), 0);
    for headers in
        [&[("Sec-Fetch-Site", "same-origin")][..], &[("Origin", server.url.as_str())], &[("Holdfast-Protocol", "1")]]
    {
        assert_eq!(send(post(headers)).await.status, StatusCode::CREATED, "{headers:?}");
    }
    // A token that no browser sends by itself needs no such proof.
    let request = server.http.post(format!("{}/v1/places", server.url)).bearer_auth(&ada.token);
    assert_eq!(send(request.json(&new_place("Oak"))).await.status, StatusCode::CREATED);
    assert_eq!(server.feed(&ada).await.len(), 4);
}

#[tokio::test]
async fn a_request_made_for_another_account_is_refused_unread() {
    let server = Server::start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    for account in [bob.account.to_string(), "nonsense".to_owned(), String::new()] {
        let request = server
            .anonymous(Method::POST, "/v1/sync/push")
            .bearer_auth(&ada.token)
            .header("Holdfast-Account", account)
            .body("not even JSON");
        send(request).await.problem(Code::WrongAccount);
    }
    let request = server.anonymous(Method::GET, "/v1/places").bearer_auth(&ada.token);
    send(request.header("Holdfast-Account", bob.account.to_string())).await.problem(Code::WrongAccount);
}

#[tokio::test]
async fn devices_have_to_name_their_account_and_their_protocol() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    for (method, path) in
        [(Method::POST, "/v1/sync/push"), (Method::GET, "/v1/sync/pull"), (Method::GET, "/v1/sync/events")]
    {
        let ask = |headers: &[(&str, &str)]| {
            let mut request =
                server.http.request(method.clone(), format!("{}{path}", server.url)).bearer_auth(&ada.token);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            request
        };
        let problem = send(ask(&[("Holdfast-Protocol", "1")])).await.problem(Code::InvalidParameter);
        assert_eq!(problem.errors[0].field, "Holdfast-Account");
        let account = ada.account.to_string();
        let problem = send(ask(&[("Holdfast-Account", &account)])).await.problem(Code::ProtocolUnsupported);
        assert!(problem.detail.contains("Holdfast-Protocol"), "{}", problem.detail);
        send(ask(&[("Holdfast-Account", &account), ("Holdfast-Protocol", "0")])).await.problem(Code::ClientTooOld);
        send(ask(&[("Holdfast-Account", &account), ("Holdfast-Protocol", "2")]))
            .await
            .problem(Code::ProtocolUnsupported);
    }
    // Elsewhere no version means the current one, and a wrong one is as wrong.
    let request = || server.http.get(format!("{}/v1/account", server.url)).bearer_auth(&ada.token);
    assert_eq!(send(request()).await.status, StatusCode::OK);
    send(request().header("Holdfast-Protocol", "0")).await.problem(Code::ClientTooOld);
}
