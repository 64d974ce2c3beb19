//! A session that ends while somebody types.

use reqwest::StatusCode;

use crate::harness::{Browser, PASSWORD, Page, Server, name_of, note_of};
use crate::html::Form;

const TYPED: [(&str, &str); 5] = [
    ("name", "Very <old> oak"),
    ("note", "Line one\nلاين 2 & more"),
    ("category", "tree"),
    ("tags", "a, b"),
    ("latitude", "47.6"),
];

/// The form of a place, filled in, whose session then ends: revoked from another browser.
async fn interrupted(server: &Server, is_in_memory: bool) -> (Browser<'_>, Form, String) {
    let ada = server.person("ada").await;
    let place = server.save(ada.actor, "Old oak").await;
    let path = format!("/places/{}/edit", place.id);
    let mut form = ada.open(&path).await.form(&path);
    for (name, value) in TYPED {
        form = form.fill(name, value);
    }
    let other = server.another_browser("ada@example.org").await;
    if is_in_memory {
        // The process that revokes forgets the token; one that only hears of it later does not.
        revoke_elsewhere(server, &ada).await;
    } else {
        server.service.revoke_device(other.actor, ada.actor.device).await.unwrap();
    }
    (ada, form, path)
}

/// As another process of the server does.
async fn revoke_elsewhere(server: &Server, browser: &Browser<'_>) {
    use holdfast_service::{Options, Pool, Service, Settings, SystemClock};
    let pool = Pool::connect(server.database.url(), &Options::default()).await.unwrap();
    let elsewhere = Service::start(pool, std::sync::Arc::new(SystemClock), Settings::default()).await.unwrap();
    elsewhere.revoke_device(browser.actor, browser.actor.device).await.unwrap();
}

fn shows_everything(page: &Page, to: &str) -> Form {
    let form = page.form(to);
    for (name, value) in TYPED {
        assert_eq!(form.value(name), value);
    }
    form
}

#[tokio::test]
async fn what_was_typed_is_carried_through_the_sign_in_and_saved_by_one_press() {
    for is_in_memory in [true, false] {
        let server = Server::start().await;
        let (browser, form, path) = interrupted(&server, is_in_memory).await;
        let page = browser.submit(&form).await.is(StatusCode::UNAUTHORIZED);
        assert_eq!(page.heading(), "Sign in again");
        page.says("Nothing you typed is lost");
        // A wrong password keeps it, as often as it is wrong.
        let page = browser.sign_in(&page, "ada@example.org", "not the passphrase").await.is(StatusCode::UNAUTHORIZED);
        let page = browser.sign_in(&page, "ada", PASSWORD).await;
        page.says("This is no e-mail address");
        let page = browser.sign_in(&page, "ada@example.org", PASSWORD).await.is(StatusCode::OK);
        assert_eq!(page.heading(), "Signed in again");
        page.says("It has not been done yet.");
        let ada = server.another_browser("ada@example.org").await;
        assert_eq!(name_of(&server.places(ada.actor).await[0]), "Old oak", "nothing is done by itself");
        let again = shows_everything(&page, &path);
        let page = browser.submit_and_follow(&again).await.is(StatusCode::OK);
        assert_eq!((page.heading().as_str(), page.notice().as_str()), ("Very <old> oak", "Your change is saved."));
        let place = &server.places(ada.actor).await[0];
        assert_eq!((name_of(place), note_of(place), place.latitude.get()), (TYPED[0].1, TYPED[1].1, 47.6));
        assert_eq!(place.version, 2);
        assert_eq!(place.tags.to_strings(), ["a", "b"]);
    }
}

#[tokio::test]
async fn whoever_else_signs_in_there_sees_nothing_of_it_and_can_not_save_it() {
    let server = Server::start().await;
    let (browser, form, path) = interrupted(&server, true).await;
    let bob = server.person("bob").await;
    let page = browser.submit(&form).await.is(StatusCode::UNAUTHORIZED);
    let page = browser.sign_in(&page, "bob@example.org", PASSWORD).await.is(StatusCode::FORBIDDEN);
    assert_eq!(page.heading(), "Made for another account");
    page.says("Sign in to the account that it was typed for");
    for typed in ["Very", "Line one", "47.6"] {
        assert!(!page.all("main").concat().contains(typed), "{typed} is shown");
    }
    assert_eq!(page.all("textarea").len(), 0);
    // Whoever sends the form itself is refused as well.
    let sent = browser.submit(&form).await.is(StatusCode::FORBIDDEN);
    assert_eq!(sent.heading(), "Made for another account");
    assert_eq!(server.places(bob.actor).await.len(), 0);
    // It waits for whom it was typed by.
    let page = browser.sign_in(&page, "ada@example.org", PASSWORD).await.is(StatusCode::OK);
    browser.submit(&shows_everything(&page, &path)).await.location();
    let ada = server.another_browser("ada@example.org").await;
    assert_eq!(name_of(&server.places(ada.actor).await[0]), TYPED[0].1);
}

#[tokio::test]
async fn a_new_place_and_a_deletion_are_carried_through_as_well() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let place = server.save(ada.actor, "Old oak").await;
    let delete = ada.open(&format!("/places/{}", place.id)).await.form(&format!("/places/{}/delete", place.id));
    let new = ada.open("/places/new").await.form("/places").fill("latitude", "47.5, 8.5").fill("name", "New");
    revoke_elsewhere(&server, &ada).await;
    for form in [delete, new] {
        let page = server.browser().submit(&form).await.is(StatusCode::UNAUTHORIZED);
        let browser = server.browser();
        let page = browser.sign_in(&page, "ada@example.org", PASSWORD).await.is(StatusCode::OK);
        let again = page.form(&form.action);
        assert_eq!(again.value("op_id"), form.value("op_id"), "the same intent");
        browser.submit(&again).await.location();
    }
    let ada = server.another_browser("ada@example.org").await;
    assert_eq!(server.places(ada.actor).await.iter().map(name_of).collect::<Vec<_>>(), ["New"]);
    assert_eq!(server.trashed(ada.actor).await.iter().map(name_of).collect::<Vec<_>>(), ["Old oak"]);
}

#[tokio::test]
async fn passwords_files_and_signing_out_are_not_carried_through() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let password = ada.open("/account").await.form("/account/password");
    let password =
        password.fill("current", PASSWORD).fill("password", "another one").fill("password_again", "another one");
    let sign_out = ada.open("/account").await.form("/sign-out");
    revoke_elsewhere(&server, &ada).await;
    let page = ada.submit(&password).await.is(StatusCode::UNAUTHORIZED);
    assert!(!page.text.contains("another one") && !page.text.contains(PASSWORD));
    page.says("Your session had ended before this was done. Sign in, then do it again.");
    let nobody = server.browser();
    let page = nobody.submit(&password).await.is(StatusCode::UNAUTHORIZED);
    assert!(!page.text.contains("another one") && !page.text.contains(PASSWORD));
    assert!(!page.form("/sign-in").names().contains("resume_to"));
    let page = nobody.submit(&sign_out).await.is(StatusCode::UNAUTHORIZED);
    assert!(!page.form("/sign-in").names().contains("resume_to"));
    let part = reqwest::multipart::Part::bytes(b"x".to_vec()).file_name("a.gpx");
    let upload = nobody.request(reqwest::Method::POST, "/import/upload");
    let page = nobody.send(upload.multipart(reqwest::multipart::Form::new().part("file", part))).await;
    page.is(StatusCode::UNAUTHORIZED).says("Sign in, then do it again.");
}

#[tokio::test]
async fn a_page_that_is_fetched_anew_by_a_script_is_not_answered_with_a_sign_in() {
    let server = Server::start().await;
    let nobody = server.browser();
    let request = nobody.request(reqwest::Method::GET, "/places").header("Holdfast-Live", "1");
    nobody.send(request).await.is(StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_is_on_the_way_through_the_sign_in_can_not_be_turned_into_another_address() {
    let server = Server::start().await;
    let (browser, form, path) = interrupted(&server, false).await;
    let page = browser.submit(&form).await.is(StatusCode::UNAUTHORIZED);
    let sign_in = page.form("/sign-in").fill("email", "ada@example.org").fill("password", PASSWORD);
    assert_eq!(sign_in.value("resume_to"), path);
    for to in ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"] {
        let page = browser.submit(&sign_in.clone().fill("resume_to", to)).await;
        assert_eq!(page.location(), "/places");
        assert!(!page.text.contains("evil"));
    }
}

#[tokio::test]
async fn a_page_that_is_left_hands_over_what_was_typed_and_only_its_account_sees_it() {
    let server = Server::start().await;
    let (browser, form, path) = interrupted(&server, true).await;
    let bob = server.person("bob").await;
    let ada = server.another_browser("ada@example.org").await;
    let hold = |browser: &Browser<'_>| {
        let typed = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form.pairs()).finish();
        let request = browser.request(reqwest::Method::POST, "/sign-in?hold");
        request.form(&[("resume_to", path.clone()), ("resume_form", typed)])
    };
    let page = browser.send(hold(&browser)).await.is(StatusCode::UNAUTHORIZED);
    page.says("Nothing you typed is lost");
    let page = browser.sign_in(&page, "ada@example.org", PASSWORD).await.is(StatusCode::OK);
    shows_everything(&page, &path);
    let page = bob.send(hold(&bob)).await.is(StatusCode::FORBIDDEN);
    assert_eq!(page.heading(), "Made for another account");
    assert!(!page.all("main").concat().contains("Line one"));
    // Signed in again by then: it is there, and nothing was done.
    let page = ada.send(hold(&ada)).await.is(StatusCode::OK);
    shows_everything(&page, &path);
    assert_eq!(name_of(&server.places(ada.actor).await[0]), "Old oak");
    // Another site can't fill in somebody's form for them.
    let foreign = browser.bare_request(reqwest::Method::POST, "/sign-in?hold").header("Sec-Fetch-Site", "cross-site");
    browser.send(foreign.form(&[("resume_to", "/places"), ("resume_form", "name=x")])).await.is(StatusCode::FORBIDDEN);
}
