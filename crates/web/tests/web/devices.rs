//! Devices, sharing after a restored backup, and the account.

use holdfast_contract::Role;
use holdfast_contract::account::{DeviceInfo, PairRequest};
use holdfast_contract::sync::{PushRequest, Telemetry};
use holdfast_http::Limit;
use holdfast_service::Admin;
use reqwest::{Method, StatusCode};

use crate::harness::{Browser, PASSWORD, Server};
use crate::html::Form;

async fn pair(server: &Server, code: &str) -> Result<holdfast_service::Session, holdfast_service::Error> {
    let device = DeviceInfo { name: "Ada's <phone>".to_owned(), platform: "ios".to_owned() };
    server.service.pair(PairRequest { code: code.to_owned(), device }).await
}

#[tokio::test]
async fn a_public_address_without_encryption_is_warned_of_where_the_phone_app_is() {
    for (scheme, warned) in [("http", true), ("https", false)] {
        let public = format!("{scheme}://places.example.org");
        let server = Server::start_with(|settings| settings.http.public_url.clone_from(&public)).await;
        let ada = server.person("ada").await;
        let account = [("account", ada.actor.user.to_string())];
        let request = ada.bare_request(Method::POST, "/devices/pair").header("Sec-Fetch-Site", "same-origin");
        let page = ada.send(request.header("Origin", &public).form(&account)).await.is(StatusCode::OK);
        page.says(&format!("holdfast pair {public} --code {}", page.one(".code")));
        // Only where the app was built into the program is there something that needs it.
        let has_app = reqwest::get(format!("{}/app/", server.url)).await.unwrap().status() == StatusCode::OK;
        let warnings = page.all(".pairing .warning");
        assert_eq!(warnings.len(), usize::from(warned && has_app), "{warnings:?}");
        for warning in warnings {
            let said = format!(
                "The phone app needs an address that begins with https://: at {public} browsers give it nothing"
            );
            assert!(warning.starts_with(&said), "{warning}");
        }
    }
}

#[tokio::test]
async fn a_code_and_its_picture_pair_one_device_that_can_be_signed_out_again() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let page = ada.open("/devices").await;
    assert_eq!(page.all("#device-list h3"), ["Firefox on Linux this browser"]);
    assert_eq!(page.forms(&format!("/devices/{}/revoke", ada.actor.device.0)).len(), 0, "signing out is elsewhere");
    let page = ada.submit(&page.form("/devices/pair")).await.is(StatusCode::OK);
    let code = page.one(".code");
    assert_eq!(page.all("div.qr > svg").len(), 1);
    let link = page.attributes("[data-copy]", "data-copy").remove(0);
    // Where the app was built into the program, the link opens it.
    let has_app = reqwest::get(format!("{}/app/", server.url)).await.unwrap().status() == StatusCode::OK;
    let path = if has_app { "app/sign-in" } else { "pair" };
    assert_eq!(link, format!("{}/{path}#{code}", server.url));
    assert_eq!(page.all("a[href='/app/']").len(), 0, "beside the code stands the link with the code");
    assert_eq!(page.all(&format!("a[href='/app/sign-in#{code}']")).len(), usize::from(has_app));
    page.says(&format!("holdfast pair {} --code {code}", server.url));
    // The port that it has, and not one that another program may have taken.
    let port = server.url.rsplit(':').next().unwrap();
    page.says("This server is reached at")
        .says(&format!("LISTEN=0.0.0.0:{port}"))
        .says("and PUBLIC_URL set to the address");

    let phone = pair(&server, &code).await.unwrap();
    assert_eq!(phone.actor.user, ada.actor.user);
    assert!(pair(&server, &code).await.is_err(), "it works once");
    let page = ada.open("/devices").await;
    let cards = page.all("#device-list li");
    let card = cards.iter().find(|card| card.contains("Ada's <phone>")).unwrap();
    assert!(card.contains("Holdfast app, on iOS") && card.contains("it has not said yet"), "{card}");

    // What waits on it is said before it can be signed out, in one more step that needs no script.
    let address = format!("/devices/{}/revoke", phone.actor.device.0);
    let behind = format!("#device-list details:not([open]) form[action='{address}']");
    for (waiting, said) in [
        (None, "It has not said whether anything waits on it. What it has not sent stays on it"),
        (Some(0), "Nothing waited on it at its last sync. What it has saved since stays on it"),
        (Some(2), "2 changes wait on it, as it said at its last sync."),
    ] {
        if let Some(pending) = waiting {
            let telemetry = Some(Telemetry { pending, ..Telemetry::default() });
            let epoch = server.service.epoch().await.unwrap();
            let report = PushRequest { epoch, operations: Vec::new(), witness: None, telemetry };
            server.service.push(phone.actor, report).await.unwrap();
        }
        let page = ada.open("/devices").await;
        assert_eq!(page.all("#device-list details > summary"), ["Sign out … Ada's <phone>, Holdfast app, on iOS"]);
        let question = page.one("#device-list details p");
        assert!(question.starts_with(said) && question.contains("signed in to this account again"), "{question}");
        assert_eq!(page.all("#device-list details .warning").len(), usize::from(waiting == Some(2)));
        assert_eq!((page.all(&behind).len(), page.forms(&address).len()), (1, 1), "nowhere but behind it");
    }
    let page = ada.open("/devices").await;

    let revoke = page.form(&address);
    let page = ada.submit_and_follow(&revoke).await;
    assert_eq!(page.notice(), "The device is signed out. What it has not sent stays on it.");
    assert!(server.service.pull(phone.actor, None, None).await.is_err());
    assert!(!page.text.contains("Ada's"));
    assert_eq!(ada.submit(&revoke).await.location(), "/devices?done=revoked", "twice is as good as once");
    // One's own browser is not signed out by a made-up form.
    ada.post(&format!("/devices/{}/revoke", ada.actor.device.0), &[("x", "")]).await.location();
    ada.open("/devices").await;
}

#[tokio::test]
async fn a_code_works_for_some_minutes_and_its_address_is_opened_in_vain() {
    let server = Server::start_with(|s| "https://places.example.org".clone_into(&mut s.http.public_url)).await;
    let ada = server.person("ada").await;
    let form = ada.open("/devices").await.form("/devices/pair");
    let request = ada.bare_request(reqwest::Method::POST, &form.action).form(&form.pairs());
    let page = ada.send(request.header("Origin", "https://places.example.org")).await.is(StatusCode::OK);
    assert!(!page.text.contains("PUBLIC_URL"), "a phone can reach this one");
    let page_of_code = server.browser().open("/pair").await;
    page_of_code.says("holdfast pair 'https://places.example.org/pair#XXXX-XXXX'");
    let has_app = reqwest::get(format!("{}/app/", server.url)).await.unwrap().status() == StatusCode::OK;
    assert_eq!(page_of_code.all("a[href='/app/sign-in']").len(), usize::from(has_app));
    server.clock.advance_days(1);
    assert!(pair(&server, &page.one(".code")).await.is_err());
}

#[tokio::test]
async fn another_browser_is_named_and_signed_out() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let other = server.another_browser("ada@example.org").await;
    other.open("/places").await;
    let page = ada.open("/devices").await;
    let address = format!("/devices/{}/revoke", other.actor.device.0);
    assert_eq!(page.all(&format!("#device-list details:not([open]) form[action='{address}']")).len(), 1);
    assert!(page.one("#device-list details p").starts_with("It has to sign in again then."));
    ada.submit(&page.form(&address)).await.location();
    assert_eq!(other.get("/places").await.location(), "/sign-in");
    assert_eq!(other.get("/devices").await.location(), "/sign-in?next=%2Fdevices");
    ada.open("/places").await;
}

#[tokio::test]
async fn the_app_in_a_browser_is_told_from_the_pages_in_the_same_browser() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    for (name, platform) in [("Firefox on Linux", "web"), ("Laptop", "cli"), ("Tablet", "android"), ("Fridge", "")] {
        let code = server.service.create_pairing_code(ada.actor).await.unwrap().code;
        let device = DeviceInfo { name: name.to_owned(), platform: platform.to_owned() };
        server.service.pair(PairRequest { code, device }).await.unwrap();
    }
    let page = ada.open("/devices").await;
    let names = page.all("#device-list h3").into_iter().zip(page.all("#device-list .kind")).collect::<Vec<_>>();
    let named = |name: &str, kind: &str| (name.to_owned(), kind.to_owned());
    assert_eq!(
        names,
        [
            named("Fridge", "Device"),
            named("Tablet", "Holdfast app, on Android"),
            named("Laptop", "Command line"),
            named("Firefox on Linux", "Holdfast app, in a browser"),
            named("Firefox on Linux this browser", "These web pages, in a browser"),
        ]
    );
    // The page beside the code looks for what syncs, and only that has something to wait.
    assert_eq!(page.attributes("#device-list [data-device]", "data-device").len(), 4);
    assert_eq!(page.text.matches("Last sync").count(), 4);
}

#[tokio::test]
async fn after_a_restored_backup_nothing_is_shown_to_others_before_its_owner_says_so() {
    let server = Server::start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let eve = server.person("eve").await;
    let place = server.save(ada.actor, "Old oak").await;
    let other = server.save(ada.actor, "Spring").await;
    server.service.share_place(ada.actor, place.id, bob.actor.user, Role::Editor).await.unwrap();
    server.service.share_place(ada.actor, place.id, eve.actor.user, Role::Viewer).await.unwrap();
    server.service.share_place(ada.actor, other.id, eve.actor.user, Role::Viewer).await.unwrap();
    let mut admin = Admin::connect(server.database.url()).await.unwrap();
    admin.after_restore(server.service.now()).await.unwrap();
    // Everybody signs in again.
    assert_eq!(ada.get("/sharing").await.location(), "/sign-in?next=%2Fsharing");
    let (ada, bob, eve) = (
        server.another_browser("ada@example.org").await,
        server.another_browser("bob@example.org").await,
        server.another_browser("eve@example.org").await,
    );
    let seen = async |browser: &Browser<'_>| browser.open("/places?sort=name").await.all("#places .row-name");
    assert!(seen(&bob).await.is_empty() && seen(&eve).await.is_empty());
    let list = ada.open("/places").await;
    assert_eq!(list.all(".row-audience"), ["Only you, until you confirm who sees it"; 2]);

    let page = ada.open("/sharing").await;
    page.says("The server was restored from a backup.").says("waits for your word");
    let one = |form: &Form, whom: &Browser<'_>, what: &holdfast_contract::Place| {
        form.names().contains("place")
            && form.value("recipient") == whom.actor.user.to_string()
            && form.value("place") == what.id.to_string()
    };
    let confirm = page.forms("/sharing/confirm").into_iter().find(|f| one(f, &bob, &place)).unwrap();
    let page = ada.submit_and_follow(&confirm).await;
    assert_eq!(page.notice(), "The people you had shared with see these places again.");
    assert_eq!(seen(&bob).await, ["Old oak"]);
    assert!(seen(&eve).await.is_empty());
    let revoke = page.forms("/sharing/revoke").into_iter().find(|f| one(f, &eve, &place)).unwrap();
    let page = ada.submit_and_follow(&revoke).await;
    assert_eq!(page.notice(), "The share is taken back.");
    let all = page.forms("/sharing/confirm").into_iter().find(|f| !f.names().contains("place")).unwrap();
    let page = ada.submit_and_follow(&all).await;
    assert!(!page.text.contains("restored from a backup"));
    assert_eq!(seen(&eve).await, ["Spring"], "what was taken back is not confirmed with the rest");
    let revoke = page.forms("/sharing/revoke").into_iter().find(|f| one(f, &bob, &place)).unwrap();
    ada.submit(&revoke).await.location();
    ada.submit(&revoke).await.location();
    assert!(seen(&bob).await.is_empty());
    // A form that names nothing does nothing.
    ada.post("/sharing/revoke", &[("place", "x")]).await.is(StatusCode::BAD_REQUEST);
    assert_eq!(seen(&eve).await, ["Spring"]);
}

async fn password_form(browser: &Browser<'_>, current: &str, new: &str, again: &str) -> Form {
    let form = browser.open("/account").await.form("/account/password");
    form.fill("current", current).fill("password", new).fill("password_again", again)
}

const NEW: &str = "another passphrase";

#[tokio::test]
async fn a_changed_password_signs_other_browsers_out_and_devices_not() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let other = server.another_browser("ada@example.org").await;
    let code = ada.submit(&ada.open("/devices").await.form("/devices/pair")).await.one(".code");
    let phone = pair(&server, &code).await.unwrap();
    let page = ada.submit_and_follow(&password_form(&ada, PASSWORD, NEW, NEW).await).await;
    assert!(page.notice().starts_with("Your password is changed."));
    ada.open("/places").await;
    assert!(other.get("/places").await.status.is_redirection());
    server.service.pull(phone.actor, None, None).await.unwrap();
    let browser = server.browser();
    let page = browser.open("/sign-in").await;
    let page = browser.sign_in(&page, "ada@example.org", PASSWORD).await.is(StatusCode::UNAUTHORIZED);
    assert_eq!(browser.sign_in(&page, "ada@example.org", NEW).await.location(), "/places");
}

#[tokio::test]
async fn what_is_wrong_with_a_new_password_is_said_and_changes_nothing() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let other = server.another_browser("ada@example.org").await;
    let wrong = [
        (
            password_form(&ada, "not the passphrase", NEW, NEW).await,
            StatusCode::UNAUTHORIZED,
            "current password is not right",
        ),
        (password_form(&ada, PASSWORD, NEW, "yet another one").await, StatusCode::UNPROCESSABLE_ENTITY, "twice"),
        (password_form(&ada, PASSWORD, "short", "short").await, StatusCode::UNPROCESSABLE_ENTITY, "10"),
        (password_form(&ada, "", NEW, NEW).await, StatusCode::UNAUTHORIZED, "current password is not right"),
    ];
    for (form, status, words) in wrong {
        let page = ada.submit(&form).await.is(status);
        let problem = page.one("#password-section .problem");
        assert!(problem.contains(words), "{problem}");
        assert!(!page.text.contains("passphrase") && !page.text.contains("yet another"), "no password is repeated");
    }
    other.open("/places").await;
    server.another_browser("ada@example.org").await;
}

#[tokio::test]
async fn passwords_are_not_tried_faster_at_an_open_browser_than_at_the_door() {
    let server = Server::start_with(|s| s.http.rate_limits.sign_in = Limit::per_minute(2)).await;
    let ada = server.person("ada").await;
    let form = password_form(&ada, "not the passphrase", NEW, NEW).await;
    for _ in 0..2 {
        ada.submit(&form).await.is(StatusCode::UNAUTHORIZED);
    }
    let page = ada.submit(&form.fill("current", PASSWORD)).await.is(StatusCode::TOO_MANY_REQUESTS);
    assert!(!page.header("retry-after").is_empty());
    assert!(page.one("#password-section .problem").contains("Wait"));
    server.another_browser("ada@example.org").await;
}
