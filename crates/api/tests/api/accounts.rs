//! Setup, sign-in, pairing and devices.

use holdfast_contract::Code;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::harness::{PASSWORD, Person, Server, redacted, send};

#[tokio::test]
async fn the_first_account_is_made_once_with_the_printed_code() {
    let server = Server::start().await;
    let code = server.service.begin_setup().await.unwrap().unwrap();
    let setup = async |code: &str, password: &str| {
        let body = json!({
            "code": code, "email": "ada@example.org", "password": password,
            "device": { "name": "laptop", "platform": "cli" },
        });
        send(server.anonymous(Method::POST, "/v1/setup").json(&body)).await
    };
    let status = async || send(server.anonymous(Method::GET, "/v1/setup")).await.json();
    assert_eq!(status().await, json!({ "needed": true }));
    setup("AAAA-AAAA-AAAA-AAAA", PASSWORD).await.problem(Code::InvalidCode);
    let problem = setup(code.as_str(), "short").await.problem(Code::Invalid);
    assert_eq!(problem.errors[0].field, "password");
    assert_eq!(
        status().await,
        json!({ "needed": true }),
        "a refused try uses the code up as little as it makes an account"
    );

    let reply = setup(code.as_str(), PASSWORD).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    insta::assert_json_snapshot!("signed_in", redacted(reply.json()));
    let ada = Person::of(serde_json::from_str(&reply.text).unwrap());
    assert_eq!(server.get(&ada, "/v1/account").await.json()["email"], "ada@example.org");
    assert_eq!(status().await, json!({ "needed": false }));
    setup(code.as_str(), PASSWORD).await.problem(Code::AlreadySetUp);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let server = Server::start().await;
    server.person("ada").await;
    let sign_in = async |email: &str, password: &str| {
        let body = json!({ "email": email, "password": password });
        send(server.anonymous(Method::POST, "/v1/sessions").json(&body)).await
    };
    let wrong = sign_in("ada@example.org", "not the passphrase").await;
    wrong.problem(Code::InvalidCredentials);
    let unknown = sign_in("nobody@example.org", "not the passphrase").await;
    unknown.problem(Code::InvalidCredentials);
    assert_eq!(wrong.without_request_id(), unknown.without_request_id());
    assert_eq!(wrong.header("set-cookie"), "");
    insta::assert_json_snapshot!("invalid_credentials", redacted(wrong.json()));
}

#[tokio::test]
async fn a_device_signs_in_and_out() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let device = json!({ "name": "  Ada's tablet ", "platform": "android" });
    let body = json!({ "email": " ADA@example.org", "password": PASSWORD, "device": device });
    let reply = send(server.anonymous(Method::POST, "/v1/sessions").json(&body)).await;
    assert_eq!((reply.status, reply.header("set-cookie")), (StatusCode::CREATED, ""), "{}", reply.text);
    let tablet = Person::of(serde_json::from_str(&reply.text).unwrap());
    assert_eq!((tablet.account, tablet.epoch.as_str()), (ada.account, ada.epoch.as_str()));
    let devices = server.get(&tablet, "/v1/devices").await.json();
    assert_eq!(devices["devices"][0]["name"], "Ada's tablet");
    assert_eq!(server.delete(&tablet, "/v1/sessions/current").await.status, StatusCode::NO_CONTENT);
    server.get(&tablet, "/v1/account").await.problem(Code::Unauthenticated);
    assert_eq!(server.get(&ada, "/v1/devices").await.json()["devices"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_pairing_code_signs_one_device_in_and_only_one() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let reply = send(server.request(&ada, Method::POST, "/v1/pairing-codes")).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    insta::assert_json_snapshot!("pairing_code", redacted(reply.json()));
    let code = reply.json()["code"].as_str().unwrap().to_owned();
    let pair = async |code: &str, name: &str| {
        let body = json!({ "code": code, "device": { "name": name, "platform": "ios" } });
        send(server.anonymous(Method::POST, "/v1/pairings").json(&body)).await
    };
    pair("0000-0000", "phone").await.problem(Code::InvalidCode);
    let typed = format!(" {} ", code.to_lowercase().replace('-', " "));
    let reply = pair(&typed, "phone").await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    let phone = Person::of(serde_json::from_str(&reply.text).unwrap());
    assert_eq!(phone.account, ada.account);
    assert_ne!(phone.device, ada.device);
    pair(&code, "another").await.problem(Code::InvalidCode);

    let devices = server.get(&phone, "/v1/devices").await.json();
    insta::assert_json_snapshot!("devices", redacted(devices));
}

#[tokio::test]
async fn a_revoked_device_is_refused_at_once_and_the_others_are_not() {
    let server = Server::start().await;
    let laptop = server.person("ada").await;
    let phone = server.device(&laptop.email, "phone").await;
    server.save(&phone, "Oak").await;
    let path = format!("/v1/devices/{}", phone.device);
    assert_eq!(server.delete(&laptop, &path).await.status, StatusCode::NO_CONTENT);
    server.get(&phone, "/v1/places").await.problem(Code::Unauthenticated);
    server.get(&phone, "/v1/sync/pull").await.problem(Code::Unauthenticated);
    server.get(&phone, "/v1/account").await.problem(Code::Unauthenticated);
    server.delete(&laptop, &path).await.problem(Code::NotFound);
    assert_eq!(server.get(&laptop, "/v1/places").await.json()["places"].as_array().unwrap().len(), 1);
    assert_eq!(server.get(&laptop, "/v1/devices").await.json()["devices"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_account_says_what_is_used() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    server.save(&ada, "Oak").await;
    insta::assert_json_snapshot!("account", redacted(server.get(&ada, "/v1/account").await.json()));
}
