//! What keeps other sites and other people out. The headers and the markup of every page are checked by the harness.

use holdfast_web::{MapStyle, WebSettings};
use reqwest::{Method, StatusCode};
use uuid::Uuid;

use crate::harness::{Browser, PASSWORD, Page, Server};

/// Every address that takes a form.
fn forms() -> Vec<String> {
    let id = Uuid::now_v7();
    let with_id = [
        "/places/{id}/edit",
        "/places/{id}/delete",
        "/places/{id}/restore",
        "/import/{id}",
        "/import/{id}/run",
        "/import/{id}/undo",
        "/import/{id}/discard",
        "/devices/{id}/revoke",
    ];
    let plain = [
        "/places",
        "/import/upload",
        "/devices/pair",
        "/sharing/confirm",
        "/sharing/revoke",
        "/account/password",
        "/sign-out",
        "/sign-in",
        "/first-password",
        "/setup",
    ];
    let with_id = with_id.iter().map(|path| path.replace("{id}", &id.to_string()));
    plain.iter().map(|path| (*path).to_owned()).chain(with_id).collect()
}

/// What a browser says about a form of somebody else's page. (One that says nothing vouches for nothing.)
fn foreign() -> Vec<Vec<(&'static str, &'static str)>> {
    vec![
        vec![],
        vec![("Sec-Fetch-Site", "cross-site")],
        vec![("Sec-Fetch-Site", "same-site"), ("Origin", "https://evil.example")],
        vec![("Origin", "https://evil.example")],
        vec![("Origin", "null")],
        vec![("Origin", "null"), ("Sec-Fetch-Site", "cross-site")],
        vec![("Referer", "https://evil.example/")],
    ]
}

async fn sent_from(browser: &Browser<'_>, path: &str, headers: &[(&str, &str)]) -> Page {
    let mut request = browser.bare_request(Method::POST, path).form(&[("email", "ada@example.org")]);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    browser.send(request).await
}

#[tokio::test]
async fn no_form_of_another_site_is_taken_signed_in_or_not() {
    let server = Server::start().await;
    let (ada, nobody) = (server.person("ada").await, server.browser());
    for browser in [&ada, &nobody] {
        for path in forms() {
            for headers in foreign() {
                let page = sent_from(browser, &path, &headers).await.is(StatusCode::FORBIDDEN);
                assert_eq!(page.heading(), "Refused as coming from another site", "{path} {headers:?}");
                assert!(!page.text.contains("ada@example.org"), "nothing of it is shown as if it were one's own");
                assert_eq!(page.header("set-cookie"), "");
            }
        }
    }
    ada.open("/places").await;
    assert_eq!(server.places(ada.actor).await.len(), 0);
}

#[tokio::test]
async fn our_own_form_is_taken_however_the_browser_says_so() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    for headers in [vec![("Origin", server.url.as_str())], vec![("Sec-Fetch-Site", "same-origin"), ("Origin", "null")]]
    {
        let form = ada.open("/places/new").await.form("/places").fill("latitude", "47.5").fill("longitude", "8.5");
        let mut request = ada.bare_request(Method::POST, "/places").form(&form.pairs());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        assert!(ada.send(request).await.location().ends_with("?done=saved"));
    }
    assert_eq!(server.places(ada.actor).await.len(), 2);
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_of_other_sites() {
    for (url, ending) in [("http://127.0.0.1", ""), ("https://places.example.org", "; Secure")] {
        let server = Server::start_with(|s| url.clone_into(&mut s.http.public_url)).await;
        server.person("ada").await;
        let browser = server.browser();
        let page = browser.sign_in(&browser.open("/sign-in").await, "ada@example.org", PASSWORD).await;
        let cookie = page.header("set-cookie");
        assert!(cookie.starts_with("holdfast_session=hf_"), "{cookie}");
        assert!(cookie.ends_with(&format!("; Path=/; HttpOnly; SameSite=Lax; Max-Age=15552000{ending}")), "{cookie}");
        let strict = if ending.is_empty() { "" } else { "max-age=31536000" };
        assert_eq!(page.header("strict-transport-security"), strict);
        let account = browser.open("/account").await;
        let page = browser.submit(&account.form("/sign-out")).await;
        assert_eq!(
            page.header("set-cookie"),
            format!("holdfast_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{ending}")
        );
        assert_eq!(page.location(), "/sign-in");
        assert_eq!(page.header("clear-site-data"), "\"cache\"", "what can be gone back to is nobody's any more");
        assert!(browser.get("/places").await.status.is_redirection());
    }
}

#[tokio::test]
async fn a_sign_in_leads_nowhere_but_to_this_server() {
    let server = Server::start().await;
    server.person("ada").await;
    let evil = [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "\\\\evil.example",
        "/\t/evil.example",
        "\t//evil.example",
        " //evil.example",
        "/\n/evil.example",
        "///evil.example",
        "evil.example",
        "data:text/html,x",
    ];
    let browser = server.browser();
    for to in evil {
        let query = reqwest::Url::parse_with_params("http://x/", [("next", to)]).unwrap();
        let page = browser.open(&format!("/sign-in?{}", query.query().unwrap())).await;
        assert!(!page.text.contains("evil"), "{to}");
        let form = page.form("/sign-in").fill("email", "ada@example.org").fill("password", PASSWORD);
        for form in [form.clone().forge("next", to), form.clone().forge("resume_to", to).forge("resume_form", "name=x")]
        {
            let page = browser.submit(&form).await;
            assert_eq!(page.location(), "/places", "{to}");
            let page = browser.submit(&form.fill("password", "not the passphrase")).await.is(StatusCode::UNAUTHORIZED);
            assert!(!page.text.contains("evil"), "{to}");
        }
    }
    // What is encoded stays a path of ours.
    for own in ["/%2F%2Fevil.example", "/places?q=%2F%2Fevil.example", "/%5Cevil.example"] {
        let page = browser.open("/sign-in").await;
        let form = page.form("/sign-in").fill("email", "ada@example.org").fill("password", PASSWORD);
        assert_eq!(browser.submit(&form.forge("next", own)).await.location(), own);
    }
}

#[tokio::test]
async fn the_page_that_was_wanted_comes_after_the_sign_in() {
    let server = Server::start().await;
    server.person("ada").await;
    let browser = server.browser();
    let page = browser.get("/places?q=old%20oak&tag=a&tag=b").await;
    let page = browser.follow(page).await.is(StatusCode::OK);
    assert_eq!(page.form("/sign-in").value("next"), "/places?q=old%20oak&tag=a&tag=b");
    let wrong = browser.sign_in(&page, "ada@example.org", "not the passphrase").await.is(StatusCode::UNAUTHORIZED);
    assert_eq!(wrong.form("/sign-in").value("email"), "ada@example.org");
    let page = browser.sign_in(&wrong, "ada@example.org", PASSWORD).await;
    assert_eq!(page.location(), "/places?q=old%20oak&tag=a&tag=b");
    // An unknown address is told nothing else than a wrong password.
    let browser = server.browser();
    let words = browser.sign_in(&page_of(&browser).await, "nobody@example.org", PASSWORD).await.one(".problem");
    assert_eq!(words, wrong.one(".problem"));
}

async fn page_of(browser: &Browser<'_>) -> Page {
    browser.open("/sign-in").await
}

#[tokio::test]
async fn what_ships_with_the_server_is_kept_by_browsers_and_nothing_else_is_served() {
    let server = Server::start().await;
    let browser = server.browser();
    let page = browser.follow(browser.get("/").await).await;
    let mut files = page.attributes("link[rel=stylesheet]", "href");
    files.extend(page.attributes("script", "src"));
    assert!(!files.is_empty());
    let plain = reqwest::Client::builder().no_proxy().gzip(false).build().unwrap();
    for file in &files {
        let reply = browser.open(file).await;
        assert_eq!(reply.header("cache-control"), "public, max-age=31536000, immutable");
        let packed = plain.get(format!("{}{file}", server.url)).header("Accept-Encoding", "gzip").send().await.unwrap();
        assert_eq!(packed.headers()["content-encoding"], "gzip", "{file}");
        assert_eq!(packed.headers()["vary"], "accept-encoding", "{file}");
        assert!(packed.bytes().await.unwrap().len() < reply.bytes.len(), "{file}");
    }
    let version = files[0].split('/').nth(2).unwrap();
    assert!(version.len() == 12 && version.bytes().all(|b| b.is_ascii_hexdigit()), "{version}");
    // While a server is renewed, a page of the new one may ask the old one: it gets the file, and does not keep it.
    for file in &files {
        let reply = browser.open(&file.replacen(version, "0123456789ab", 1)).await;
        assert_eq!(reply.header("cache-control"), "no-cache", "{file}");
        assert_eq!(reply.bytes, browser.open(file).await.bytes);
    }
    let nothing =
        ["nothing.js", "..%2f..%2fCargo.toml", "%2e%2e/%2e%2e/Cargo.toml", "/etc/passwd", "%00", "", "manifest.json"];
    for name in nothing {
        let page = browser.get(&format!("/assets/{version}/{name}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{name}");
        assert_eq!(page.heading(), "Not found");
    }
    assert_eq!(browser.open("/robots.txt").await.text, "User-agent: *\nDisallow: /\n");
    assert_eq!(browser.open("/favicon.ico").await.header("content-type"), "image/svg+xml");
    for tile in ["0/0/0.mvt", "9/999/9.mvt", "1/0/x.mvt", "1/0/0"] {
        let reply = browser.get(&format!("/map/tiles/{tile}")).await;
        assert!(matches!(reply.status, StatusCode::OK | StatusCode::NO_CONTENT), "{tile}");
        assert_eq!(reply.header("cache-control"), "public, max-age=86400");
    }
}

#[tokio::test]
async fn a_configured_map_opens_the_policy_for_its_servers_and_says_so() {
    let style = MapStyle::parse("https://tiles.example.org/style.json", "https://fonts.example.org").unwrap();
    let server = Server::start_with(|s| s.web = WebSettings { map_style: Some(style) }).await;
    let ada = server.person("ada").await;
    let reply = ada.request(Method::GET, "/places").send().await.unwrap();
    let policy = reply.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let servers = "https://tiles.example.org https://fonts.example.org";
    assert!(policy.contains(&format!("img-src 'self' data: blob: {servers};")), "{policy}");
    assert!(policy.contains(&format!("connect-src 'self' {servers};")), "{policy}");
    assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
    let place = server.save(ada.actor, "Old oak").await;
    // Wherever there is a map.
    for path in ["/places", "/places/new", &format!("/places/{}", place.id), &format!("/places/{}/edit", place.id)] {
        let reply = ada.request(Method::GET, path).send().await.unwrap();
        assert!(reply.text().await.unwrap().contains(&format!("This map asks {servers}")), "{path}");
    }
}
