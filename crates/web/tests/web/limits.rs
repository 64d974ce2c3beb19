//! How often and how much, and what is written down about it.

use std::sync::OnceLock;
use std::time::Duration;

use holdfast_http::Limit;
use holdfast_http::testing::Lines;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use reqwest::{Method, StatusCode};
use sqlx::Connection as _;

use crate::harness::{PASSWORD, Server};

#[tokio::test]
async fn too_many_requests_are_answered_with_a_page_that_says_how_long_to_wait() {
    let server = Server::start_with(|s| s.http.rate_limits.user = Limit::per_minute(2)).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let form = ada.open("/places/new").await.form("/places").fill("latitude", "47.5, 8.5").fill("name", "Old oak");
    ada.open("/places").await;
    let page = ada.get("/places").await.is(StatusCode::TOO_MANY_REQUESTS);
    let seconds: u32 = page.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds));
    page.says(&format!("Wait {seconds} seconds, then go on."));
    // A form is not lost with it: what was typed is on the page.
    let page = ada.submit(&form).await.is(StatusCode::TOO_MANY_REQUESTS);
    assert!(page.all("textarea").contains(&"Old oak".to_owned()), "{}", page.text);
    bob.open("/places").await;
}

#[tokio::test]
async fn too_many_sign_ins_keep_what_was_typed() {
    let server = Server::start_with(|s| s.http.rate_limits.sign_in = Limit::per_minute(1)).await;
    server.person("ada").await;
    let browser = server.browser();
    let page = browser.open("/sign-in?next=%2Ftrash").await;
    let page = browser.sign_in(&page, "ada@example.org", "not the passphrase").await.is(StatusCode::UNAUTHORIZED);
    let page = browser.sign_in(&page, "ada@example.org", PASSWORD).await.is(StatusCode::TOO_MANY_REQUESTS);
    assert!(!page.header("retry-after").is_empty());
    assert!(page.one(".problem").contains("Wait"));
    assert_eq!(
        (page.form("/sign-in").value("email"), page.form("/sign-in").value("next")),
        ("ada@example.org", "/trash")
    );
}

#[tokio::test]
async fn a_form_whose_time_is_over_keeps_what_was_typed_and_can_be_sent_again() {
    let server = Server::start_with(|s| s.http.request_timeout = Duration::from_secs(1)).await;
    let ada = server.person("ada").await;
    let form = ada.open("/places/new").await.form("/places").fill("latitude", "47.5, 8.5");
    let form = form.fill("name", "Old oak").fill("note", "Behind the <second> barrier").fill("tags", "autumn, water");
    // Somebody holds what every change needs.
    let mut sql = server.database.connect().await;
    let mut held = sql.begin().await.unwrap();
    sqlx::raw_sql("SELECT FROM feed_heads FOR UPDATE").execute(&mut *held).await.unwrap();
    let page = ada.submit(&form).await.is(StatusCode::SERVICE_UNAVAILABLE);
    page.says("The server can't answer at the moment.");
    assert_eq!(page.header("retry-after"), "5");
    let kept = page.all("textarea");
    for typed in ["Old oak", "Behind the <second> barrier", "autumn, water", "47.5, 8.5"] {
        assert!(kept.contains(&typed.to_owned()), "{typed} is lost: {kept:?}");
    }
    // It may be done all the same, when what it waits for is let go: the page does not say that it was not, and the form that
    // it offers makes nothing twice.
    page.says("Whether it was done is not certain.");
    assert!(!page.text.contains("not saved"), "{}", page.text);
    let again = page.form("/places");
    assert_eq!(again.pairs(), form.pairs());
    held.rollback().await.unwrap();
    for _ in 0..2 {
        assert!(ada.submit(&again).await.location().contains("?done="));
        assert_eq!(server.places(ada.actor).await.len(), 1);
    }
}

#[tokio::test]
async fn a_form_larger_than_any_of_ours_is_refused() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let huge = "n".repeat(1024 * 1024);
    for browser in [&ada, &server.browser()] {
        let page = browser.post("/places", &[("note", huge.as_str())]).await.is(StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(page.heading(), "Too large");
    }
    server.browser().post("/sign-in", &[("email", huge.as_str())]).await.is(StatusCode::PAYLOAD_TOO_LARGE);
    // Every field at its longest is not.
    let form = ada.open("/places/new").await.form("/places").fill("latitude", "47.5, 8.5");
    let form = form.fill("note", &"🌳".repeat(10_000)).fill("name", &"🌳".repeat(200));
    ada.submit(&form).await.location();
}

#[tokio::test]
async fn a_huge_address_is_answered_and_not_repeated() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let huge = "q".repeat(60_000);
    for path in ["/places?q=", "/sign-in?next=/", "/setup?code=", "/places/new?latitude=", "/places/"] {
        let page = ada.get(&format!("{path}{huge}")).await;
        assert!(page.status.is_success() || page.status.is_client_error(), "{path}: {}", page.status);
    }
    let page = server.browser().get(&format!("/places?q={huge}")).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
}

/// One recorder per process: other tests of this process may add to it.
fn recorder() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| PrometheusBuilder::new().install_recorder().unwrap()).clone()
}

#[tokio::test]
async fn the_log_and_the_metrics_have_the_routes_template_and_nothing_that_somebody_typed() {
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
    let server = Server::start().await;
    let ada = server.person("canaryperson").await;
    let form = ada.open("/places/new?latitude=12.345678").await.form("/places");
    let form = form.fill("longitude", "11.234567").fill("name", "Canaryname").fill("note", "Canarynote");
    let page = ada.submit_and_follow(&form.clone().fill("tags", "canarytag").fill("category", "canarycategory")).await;
    ada.submit(&form.fill("latitude", "canarylatitude")).await.is(StatusCode::UNPROCESSABLE_ENTITY);
    let place = page.path.clone();
    let edit = ada.open(&format!("{place}/edit")).await.form(&format!("{place}/edit"));
    ada.submit(&edit.clone().fill("name", "Canarytwo")).await.location();
    ada.submit(&edit.fill("name", "Canarythree")).await.is(StatusCode::CONFLICT);
    ada.open("/places?q=canaryquery&tag=canarytag").await;
    ada.get("/places?after=canarycursor").await.is(StatusCode::BAD_REQUEST);
    ada.get("/places/canarypath").await.is(StatusCode::NOT_FOUND);
    ada.get("/canaryroute?canaryquery=1").await.is(StatusCode::NOT_FOUND);
    let upload = ada.upload("canaryfile.csv", "lat,lon,name\n12.345678,11.2,Canaryrow\n").await;
    ada.open(upload.location()).await;
    ada.upload("canaryfile.zip", "PK\u{3}\u{4}canarygarbage").await.is(StatusCode::UNPROCESSABLE_ENTITY);
    let nobody = server.browser();
    nobody.get("/places?q=canaryquery").await.location();
    let page = nobody.open("/sign-in?next=%2Fcanarynext").await;
    nobody.sign_in(&page, "canaryperson@example.org", "canarypassword").await.is(StatusCode::UNAUTHORIZED);
    nobody.open("/setup?code=canarycode").await;
    nobody.send(nobody.bare_request(Method::POST, "/places").body("canarybody")).await.is(StatusCode::FORBIDDEN);

    let log = lines.text();
    // The client of this test runs in the same process and logs what it asks for; so does the reader of its pages.
    let others = ["reqwest", "hyper", "mio", "html5ever", "selectors"].map(|name| format!("\"target\":\"{name}"));
    let log: String = log.lines().filter(|line| !others.iter().any(|of| line.contains(of))).collect();
    let metrics = handle.render();
    assert!(log.contains("\"route\":\"/places/{id}\"") && log.contains("\"code\":\"not_found\""), "{log}");
    assert!(log.contains(&format!("\"user\":\"{}\"", ada.actor.user)), "the log says for whom");
    for text in [log.as_str(), metrics.as_str()] {
        let lower = text.to_lowercase();
        let cookie = ada.cookie.lock().unwrap().clone().unwrap();
        for secret in ["canary", "12.345", "11.234", PASSWORD, cookie.split_once('=').unwrap().1] {
            let found = lower.find(&secret.to_lowercase());
            assert!(found.is_none(), "{secret} is in: {}", &text[found.unwrap_or(0).saturating_sub(300)..]);
        }
    }
    for route in ["/places/{id}/edit", "/import/{id}", "/sign-in", "unmatched"] {
        assert!(metrics.contains(&format!("route=\"{route}\"")), "{route}: {metrics}");
    }
}
