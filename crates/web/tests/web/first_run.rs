//! The first account of a new server.

use holdfast_http::Limit;
use reqwest::{Method, StatusCode};

use crate::harness::{PASSWORD, Server};
use crate::html::Form;

const LINK: &str = "/setup?code=";

fn filled(form: Form) -> Form {
    form.fill("email", "ada@example.org").fill("password", PASSWORD).fill("password_again", PASSWORD)
}

#[tokio::test]
async fn the_printed_link_leads_to_an_account_that_is_signed_in_and_empty() {
    let server = Server::start().await;
    let browser = server.browser();
    // Whoever comes without the link is told where it is.
    assert_eq!(browser.get("/").await.location(), "/setup");
    assert_eq!(browser.get("/sign-in").await.location(), "/setup");
    let page = browser.open("/setup").await;
    page.says("Open the setup link that the server printed");
    assert_eq!(page.forms("/setup").len(), 0);

    let code = server.service.begin_setup().await.unwrap().unwrap();
    let page = browser.open(&format!("{LINK}{}", code.as_str())).await;
    let form = page.form("/setup");
    assert_eq!(form.value("code"), code.as_str());
    page.says(&format!("holdfast pair '{}/setup?code={}'", server.url, code.as_str()));
    let page = browser.submit(&filled(form.clone())).await;
    assert!(page.header("set-cookie").starts_with("holdfast_session=hf_"));
    assert_eq!(page.location(), "/places?done=set-up");
    let page = browser.follow(page).await;
    assert!(page.notice().starts_with("Welcome."));
    assert_eq!(page.one("#empty h2"), "Save your first place");
    assert_eq!(page.one("#count"), "0 places of your own");
    assert_eq!(browser.get("/").await.location(), "/places");
    browser.open("/account").await.says("ada@example.org");
    browser.open("/devices").await.says("Firefox on Linux this browser");

    // It works once, whoever has the link; and the page does not repeat what it was called with.
    let later = server.browser();
    let page = later.open(&format!("{LINK}{}", code.as_str())).await;
    assert_eq!(page.heading(), "This server is set up");
    assert!(!page.text.contains(code.as_str()) && page.forms("/setup").is_empty());
    let page = later.submit(&filled(form)).await.is(StatusCode::CONFLICT);
    assert_eq!(page.heading(), "This server is set up");
    assert!(!page.text.contains(code.as_str()) && !page.text.contains(PASSWORD));
    assert_eq!(page.header("set-cookie"), "");
    assert_eq!(later.get("/").await.location(), "/sign-in");
}

#[tokio::test]
async fn a_wrong_code_makes_no_account_and_keeps_the_address() {
    let server = Server::start().await;
    let browser = server.browser();
    server.service.begin_setup().await.unwrap();
    // It is said before anybody types a password for it.
    let page = browser.open(&format!("{LINK}AAAA-BBBB-CCCC-DDDD")).await;
    assert!(page.one(".problem").contains("This setup code is not valid"), "{}", page.text);
    page.says("Restart the server: it prints a new one");
    assert!(!page.text.contains("holdfast pair"), "what can't work is not offered");
    let form = filled(page.form("/setup"));
    let page = browser.submit(&form).await.is(StatusCode::UNAUTHORIZED);
    page.one(".problem");
    let again = page.form("/setup");
    assert_eq!((again.value("email"), again.value("code")), ("ada@example.org", "AAAA-BBBB-CCCC-DDDD"));
    assert_eq!((again.value("password"), again.value("password_again")), ("", ""), "a password is never in a page");
    assert!(server.service.setup_status().await.unwrap().needed);
    // The right one, typed by hand, does.
    let code = server.service.begin_setup().await.unwrap().unwrap();
    let page = browser.submit(&filled(again).fill("code", code.as_str())).await;
    assert_eq!(page.location(), "/places?done=set-up");
}

#[tokio::test]
async fn what_is_mistyped_is_said_and_nothing_else_has_to_be_typed_again() {
    let server = Server::start().await;
    let browser = server.browser();
    let code = server.service.begin_setup().await.unwrap().unwrap();
    let form = filled(browser.open(&format!("{LINK}{}", code.as_str())).await.form("/setup"));
    let mistyped = [
        (form.clone().fill("password_again", "another passphrase"), "twice"),
        (form.clone().fill("password", "short").fill("password_again", "short"), "10"),
        (form.clone().fill("email", "ada"), ""),
    ];
    for (form, words) in mistyped {
        let page = browser.submit(&form).await.is(StatusCode::UNPROCESSABLE_ENTITY);
        let problem = page.one(".problem");
        assert!(problem.contains(words), "{problem}");
        let again = page.form("/setup");
        assert_eq!((again.value("email"), again.value("code")), (form.value("email"), code.as_str()));
        assert!(!page.text.contains("passphrase"));
    }
    assert!(server.service.setup_status().await.unwrap().needed);
    assert!(browser.submit(&form).await.status.is_redirection());
}

#[tokio::test]
async fn what_is_no_code_is_not_repeated() {
    let server = Server::start().await;
    let browser = server.browser();
    let long = "A".repeat(65);
    for code in
        ["%3Cscript%3Ealert(1)%3C/script%3E", "%22%3E%3Cimg%20src=x%3E", "'%20onfocus=alert(1)%20'", long.as_str()]
    {
        let page = browser.open(&format!("{LINK}{code}")).await;
        assert!(!page.text.contains("alert(") && !page.text.contains("src=x") && !page.text.contains(&long), "{code}");
        assert!(page.one(".problem").contains("This setup code is not valid"), "{code}");
        assert_eq!(page.form("/setup").value("code"), "", "{code}");
    }
    // A link without one says where it is.
    browser.open("/setup?code=").await.says("Open the setup link that the server printed");
}

#[tokio::test]
async fn a_look_with_a_code_is_a_try_and_beyond_their_number_tells_nothing() {
    let server = Server::start_with(|s| s.http.rate_limits.sign_in = Limit::per_minute(3)).await;
    let browser = server.browser();
    let code = server.service.begin_setup().await.unwrap().unwrap();
    let wrong = format!("{LINK}AAAA-BBBB-CCCC-DDDD");
    for _ in 0..3 {
        browser.open(&wrong).await.one(".problem");
    }
    // From now on right and wrong look the same.
    for link in [wrong, format!("{LINK}{}", code.as_str())] {
        let page = browser.open(&link).await;
        assert!(!page.text.contains("is not valid"), "{}", page.text);
        browser.submit(&filled(page.form("/setup"))).await.is(StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(server.service.setup_status().await.unwrap().needed);
}

#[tokio::test]
async fn looks_that_pages_of_others_make_use_up_no_tries_and_none_is_a_try_once_there_is_an_account() {
    let server = Server::start_with(|s| s.http.rate_limits.sign_in = Limit::per_minute(1)).await;
    let browser = server.browser();
    let code = server.service.begin_setup().await.unwrap().unwrap();
    let (wrong, right) = (format!("{LINK}AAAA-BBBB-CCCC-DDDD"), format!("{LINK}{}", code.as_str()));
    for site in ["", "same-site", "cross-site"] {
        for link in [&wrong, &right] {
            let request = browser.bare_request(Method::GET, link);
            let request = if site.is_empty() { request } else { request.header("Sec-Fetch-Site", site) };
            let page = browser.send(request).await.is(StatusCode::OK);
            assert!(!page.text.contains("is not valid") && page.forms("/setup").len() == 1, "{site}: {}", page.text);
        }
    }
    let request = browser.bare_request(Method::GET, &right).header("Sec-Fetch-Site", "cross-site");
    let form = browser.send(request).await.form("/setup");
    assert_eq!(browser.submit(&filled(form)).await.location(), "/places?done=set-up");

    let server = Server::start_with(|s| s.http.rate_limits.sign_in = Limit::per_minute(1)).await;
    let ada = server.person("ada").await;
    let stranger = server.browser();
    for _ in 0..3 {
        stranger.open(&wrong).await.says("This server is set up");
    }
    let page = stranger.open("/sign-in").await;
    assert!(stranger.sign_in(&page, &ada.email, PASSWORD).await.status.is_redirection());
}

#[tokio::test]
async fn of_two_that_set_up_at_the_same_moment_one_is_told_that_it_is_done() {
    let server = Server::start().await;
    let (one, two) = (server.browser(), server.browser());
    let code = server.service.begin_setup().await.unwrap().unwrap();
    let form = filled(one.open(&format!("{LINK}{}", code.as_str())).await.form("/setup"));
    let other = form.clone().fill("email", "eve@example.org");
    let (first, second) = tokio::join!(one.submit(&form), two.submit(&other));
    let mut statuses = [first.status, second.status];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::SEE_OTHER, StatusCode::CONFLICT]);
    assert!(!server.service.setup_status().await.unwrap().needed);
}
