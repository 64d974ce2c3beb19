//! The first password of an account that was made without one.

use holdfast_http::Limit;
use holdfast_service::Admin;
use reqwest::StatusCode;

use crate::harness::{PASSWORD, Server};

const EMAIL: &str = "eve@example.org";

/// The code that comes with an account without a password.
async fn code(server: &Server) -> String {
    let mut admin = Admin::connect(server.database.url()).await.unwrap();
    admin.add_user(EMAIL, None, server.service.now()).await.unwrap().unwrap().code
}

#[tokio::test]
async fn a_code_and_a_password_typed_twice_make_an_account_one_can_sign_in_to() {
    let server = Server::start().await;
    server.person("ada").await;
    let code = code(&server).await;
    let browser = server.browser();
    let links = browser.open("/sign-in").await.attributes("a[href='/first-password']", "href");
    let page = browser.open(&links[0]).await;
    let form = page.form("/first-password").fill("code", &code).fill("password", PASSWORD);
    let refused = browser.submit(&form.clone().fill("password_again", "something else")).await;
    let refused = refused.is(StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("The second password is not the same as the first one; type the password again, twice.");
    assert_eq!(refused.form("/first-password").value("code"), code, "it is not used up");
    assert!(!refused.text.contains(PASSWORD));
    let short = form.clone().fill("password", "short").fill("password_again", "short");
    browser
        .submit(&short)
        .await
        .is(StatusCode::UNPROCESSABLE_ENTITY)
        .says("The password must have at least 10 characters.");
    let wrong = form.clone().fill("code", "CEAG-7GH1").fill("password_again", PASSWORD);
    browser.submit(&wrong).await.is(StatusCode::UNAUTHORIZED).says("This code is not valid");

    let form = form.fill("password_again", PASSWORD);
    let page = browser.submit(&form).await;
    assert!(page.header("set-cookie").starts_with("holdfast_session=hf_"), "{}", page.header("set-cookie"));
    let page = browser.follow(page).await.is(StatusCode::OK);
    assert_eq!(page.path, "/places");
    assert!(page.notice().starts_with("Your password is set"), "{}", page.notice());
    browser.open("/account").await.says(EMAIL);
    // Once.
    server.browser().submit(&form).await.is(StatusCode::UNAUTHORIZED);
    let other = server.browser();
    let page = other.sign_in(&other.open("/sign-in").await, EMAIL, PASSWORD).await;
    assert_eq!(page.location(), "/places");
}

#[tokio::test]
async fn an_account_with_a_password_is_led_to_the_sign_in() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let code = server.service.create_pairing_code(ada.actor).await.unwrap().code;
    let browser = server.browser();
    let form = browser.open("/first-password").await.form("/first-password").fill("code", &code);
    let form = form.fill("password", "another passphrase").fill("password_again", "another passphrase");
    let page = browser.submit(&form).await.is(StatusCode::CONFLICT);
    page.says("This account has a password already.");
    assert_eq!(page.header("set-cookie"), "");
    let page = browser.sign_in(&browser.open("/sign-in").await, "ada@example.org", PASSWORD).await;
    assert_eq!(page.location(), "/places", "it is as it was");
}

#[tokio::test]
async fn codes_are_tried_no_faster_than_passwords() {
    let server = Server::start_with(|s| s.http.rate_limits.sign_in = Limit::per_minute(2)).await;
    let code = code(&server).await;
    let browser = server.browser();
    let form = browser.open("/first-password").await.form("/first-password");
    let form = form.fill("password", PASSWORD).fill("password_again", PASSWORD);
    for _ in 0..2 {
        browser.submit(&form.clone().fill("code", "CEAG-7GH1")).await.is(StatusCode::UNAUTHORIZED);
    }
    let page = browser.submit(&form.fill("code", &code)).await.is(StatusCode::TOO_MANY_REQUESTS);
    assert!(!page.header("retry-after").is_empty());
    assert_eq!(page.header("set-cookie"), "");
}
