//! The phone app under `/app/`, on the same origin as the pages: what its files are sent with, and that neither bears on the
//! other. `cargo xtask test` builds the app into the program; one without it has nothing to ask for here.

use reqwest::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    HeaderName, LOCATION, RANGE, SET_COOKIE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use reqwest::{Method, Response, StatusCode};

use crate::harness::Server;

/// Asks for what is stored, uncompressed: the client would hide the length of what it has unpacked.
async fn ask(server: &Server, method: Method, path: &str, headers: &[(HeaderName, &str)]) -> Response {
    let request = server.client.request(method, format!("{}{path}", server.url));
    let mut request = request.header(ACCEPT_ENCODING, "identity");
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    request.send().await.unwrap()
}

fn says<'a>(response: &'a Response, name: &HeaderName) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// The app's page, and a file of it with a hash in its name; `None` in a program without the app.
async fn built(server: &Server) -> Option<(String, String)> {
    let page = ask(server, Method::GET, "/app/", &[]).await;
    if page.status() == StatusCode::NOT_FOUND {
        return None;
    }
    let page = page.error_for_status().unwrap().text().await.unwrap();
    let (_, script) = page.split_once("<script src=\"").unwrap();
    let script = script.split('"').next().unwrap().to_owned();
    Some((page, script))
}

#[tokio::test]
async fn the_apps_files_say_what_they_are_how_long_they_hold_and_what_may_run() {
    let server = Server::start().await;
    let Some((page, script)) = built(&server).await else { return };
    let (html, js) = ("text/html; charset=utf-8", "text/javascript; charset=utf-8");
    let (anew, for_ever) = ("no-cache", "public, max-age=31536000, immutable");
    for (path, kind, caching) in [
        ("/app/", html, anew),
        ("/app/place/0123456789abcdef-12", html, anew),
        ("/app/sign-in", html, anew),
        ("/app/service-worker.js", js, anew),
        ("/app/manifest.webmanifest", "application/manifest+json", anew),
        (script.as_str(), js, for_ever),
    ] {
        let answer = ask(&server, Method::GET, path, &[]).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!((says(&answer, &CONTENT_TYPE), says(&answer, &CACHE_CONTROL)), (kind, caching), "{path}");
        let policy = says(&answer, &CONTENT_SECURITY_POLICY);
        assert!(policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; "), "{path}: {policy}");
        assert_eq!(answer.headers().get_all(CONTENT_SECURITY_POLICY).iter().count(), 1, "{path}");
        assert_eq!((says(&answer, &X_CONTENT_TYPE_OPTIONS), says(&answer, &X_FRAME_OPTIONS)), ("nosniff", "DENY"));
        assert_eq!(says(&answer, &SET_COOKIE), "", "it is the same for everybody");
        let wider = HeaderName::from_static("service-worker-allowed");
        assert_eq!(says(&answer, &wider), "", "a service worker acts below its own folder, and nowhere else");

        // The same without what is in it.
        let head = ask(&server, Method::HEAD, path, &[]).await;
        assert_eq!(head.status(), StatusCode::OK, "{path}");
        for name in [&CONTENT_TYPE, &CACHE_CONTROL, &ETAG, &CONTENT_LENGTH, &CONTENT_SECURITY_POLICY] {
            assert_eq!(says(&head, name), says(&answer, name), "{path}: {name}");
            assert_ne!(says(&head, name), "", "{path}: {name}");
        }
        assert!(head.bytes().await.unwrap().is_empty(), "{path}");

        // Parts are not served: a part that is asked for is answered with the whole, and says so.
        let whole = answer.bytes().await.unwrap();
        let part = ask(&server, Method::GET, path, &[(RANGE, "bytes=0-3")]).await;
        assert_eq!((part.status(), says(&part, &CONTENT_RANGE)), (StatusCode::OK, ""), "{path}");
        assert_eq!(part.bytes().await.unwrap(), whole, "{path}");
        if kind == html {
            assert_eq!(whole, page, "{path}: every address within the app opens its page");
        }
    }
}

#[tokio::test]
async fn what_is_not_of_the_app_is_not_answered_with_its_page() {
    let server = Server::start().await;
    if built(&server).await.is_none() {
        return;
    }
    let paths = ["/app/entry-0123456789abcdef.js", "/app/core/nothing.wasm", "/app/icons/icon.png", "/app/x.html.br"];
    for path in paths {
        for method in [Method::GET, Method::HEAD] {
            let nothing = ask(&server, method.clone(), path, &[]).await;
            assert_eq!(nothing.status(), StatusCode::NOT_FOUND, "{path}");
            assert_eq!(says(&nothing, &CACHE_CONTROL), "no-store", "the next version may have it: {path}");
            // A page of ours, and not the app's.
            assert!(!says(&nothing, &CONTENT_SECURITY_POLICY).contains("wasm-unsafe-eval"), "{path}");
            if method == Method::GET {
                assert!(nothing.text().await.unwrap().contains("There is no such file."), "{path}");
            }
        }
    }
    let folder = ask(&server, Method::GET, "/app", &[]).await;
    assert_eq!((folder.status(), says(&folder, &LOCATION)), (StatusCode::PERMANENT_REDIRECT, "/app/"));
    assert_eq!(ask(&server, Method::POST, "/app/", &[]).await.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn beside_the_app_the_pages_keep_their_own_stricter_policy_and_their_session() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    // As a browser asks that has a session: the app is served all the same, and the session is not touched.
    let app = ada.bare_request(Method::GET, "/app/").send().await.unwrap();
    assert_eq!(says(&app, &SET_COOKIE), "");
    let page = ada.open("/places").await;
    let policy = page.header("content-security-policy");
    assert!(!policy.contains("wasm-unsafe-eval") && !policy.contains("unsafe-inline"), "{policy}");
    assert_eq!(page.header("service-worker-allowed"), "");
}
