use std::borrow::Cow;

use super::*;

fn app() -> Phone {
    let files: [(&str, &[u8]); 6] = [
        ("index.html", b"<!doctype html>"),
        ("service-worker.js", b"self"),
        ("_expo/static/js/web/index-0123456789abcdef0123456789abcdef.js", b"plain"),
        ("_expo/static/js/web/index-0123456789abcdef0123456789abcdef.js.br", b"brotli"),
        ("core/holdfast-89abcdef.wasm", b"\0asm"),
        ("manifest.webmanifest", b"{}"),
    ];
    let hash = |bytes: &[u8]| {
        use sha2::Digest as _;
        sha2::Sha256::digest(bytes).into()
    };
    Phone::of(files.into_iter().map(|(name, bytes)| (name.to_owned(), Cow::Borrowed(bytes), hash(bytes))))
}

fn asked(headers: &[(header::HeaderName, &str)]) -> HeaderMap {
    headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
}

async fn body(response: Response) -> Bytes {
    axum::body::to_bytes(response.into_body(), 1000).await.unwrap()
}

fn says<'a>(response: &'a Response, name: &header::HeaderName) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn every_address_within_the_app_opens_its_page_and_is_asked_for_anew() {
    for path in ["", "sign-in", "place/local-12", "place/0123456789abcdef-12", "a/b/c"] {
        let page = app().answer(path, &HeaderMap::new());
        assert_eq!(page.status(), StatusCode::OK, "{path}");
        assert_eq!(says(&page, &header::CONTENT_TYPE), "text/html; charset=utf-8");
        assert_eq!(says(&page, &header::CACHE_CONTROL), "no-cache");
        assert!(says(&page, &header::CONTENT_SECURITY_POLICY).contains("'wasm-unsafe-eval'"));
        assert_eq!(&body(page).await[..], b"<!doctype html>");
    }
}

#[tokio::test]
async fn a_file_that_is_not_there_is_not_the_page() {
    for path in ["main.js", "core/nothing.wasm", "../index.html/x.js", "places/12.js"] {
        let nothing = app().answer(path, &HeaderMap::new());
        assert_eq!(nothing.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(body(nothing).await.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_program_without_the_app_says_so() {
    let none = Phone::of(std::iter::empty());
    assert!(!none.is_built() && app().is_built());
    let answer = none.answer("", &HeaderMap::new());
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    let failure = answer.extensions().get::<Failure>().unwrap();
    assert!(failure.problem().detail.contains("built without the phone app"), "the page that is made of it says so");
}

#[tokio::test]
async fn a_file_goes_out_compressed_where_the_browser_takes_it() {
    let name = "_expo/static/js/web/index-0123456789abcdef0123456789abcdef.js";
    for (takes, coding, content) in [
        ("gzip, deflate, br;q=0.8", "br", &b"brotli"[..]),
        ("gzip, br;q=0", "", b"plain"),
        ("gzip", "", b"plain"),
        ("brotli", "", b"plain"),
    ] {
        let answer = app().answer(name, &asked(&[(header::ACCEPT_ENCODING, takes)]));
        assert_eq!(says(&answer, &header::CONTENT_ENCODING), coding, "{takes}");
        assert_eq!(says(&answer, &header::CONTENT_TYPE), "text/javascript; charset=utf-8");
        assert_eq!(says(&answer, &header::CACHE_CONTROL), "public, max-age=31536000, immutable");
        assert_eq!(says(&answer, &header::VARY), "accept-encoding");
        assert_eq!(&body(answer).await[..], content, "{takes}");
    }
}

#[tokio::test]
async fn what_the_browser_has_is_not_sent_again() {
    let first = app().answer("service-worker.js", &HeaderMap::new());
    let tag = says(&first, &header::ETAG).to_owned();
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let again = app().answer("service-worker.js", &asked(&[(header::IF_NONE_MATCH, &known)]));
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{known}");
        assert_eq!(says(&again, &header::ETAG), tag);
        assert!(body(again).await.is_empty());
    }
    let other = app().answer("index.html", &asked(&[(header::IF_NONE_MATCH, &tag)]));
    assert_eq!(other.status(), StatusCode::OK, "another file's tag is no reason to keep it");
}

#[test]
fn only_names_with_a_hash_are_kept_for_ever() {
    for name in ["core/holdfast-89abcdef.wasm", "x/entry-0123456789abcdef0123456789abcdef.js", "a.0011223344.png"] {
        assert!(has_hash(name), "{name}");
    }
    for name in ["index.html", "service-worker.js", "core/worker.js", "89abcdef/main.js", "icons/icon-512.png"] {
        assert!(!has_hash(name), "{name}");
    }
    assert_eq!(content_type("core/holdfast-89abcdef.wasm"), "application/wasm");
    assert_eq!(content_type("manifest.webmanifest"), "application/manifest+json");
}
