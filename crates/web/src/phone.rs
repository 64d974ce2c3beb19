//! `/app/`: the phone app in its browser form, which ships inside the program.
//!
//! These are files like those of `assets`, the same for everybody: no session is asked for and nothing of a person is in
//! them. The app keeps its places on the device, by itself, and speaks the JSON API with a key of its own; this server
//! only hands it out. `apps/phone/dist` is built by `cargo xtask phone` (`run`, `test` and `ci` do that by themselves).
//!
//! Its policy differs from that of the pages in two points, and therefore stands here: the core is WebAssembly, and React
//! Native's style sheets are written by its script. Nothing inline may *run* here either.

use std::collections::BTreeMap;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use holdfast_contract::Code;
use rust_embed::RustEmbed;

use crate::failure::Failure;
use crate::state::WebState;

/// What the browser may load for the app: its own files and this server's API, and nobody else's.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; \
    connect-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; \
    manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// The page that every address of the app opens.
const INDEX: &str = "index.html";
/// Compressed forms that the build leaves beside a file, best first: coding and ending.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

#[derive(RustEmbed)]
#[folder = "../../apps/phone/dist"]
#[allow_missing = true]
struct Built;

/// A file of the app.
struct File {
    bytes: Bytes,
    tag: HeaderValue,
}

/// The app's files, by their path under `/app/`.
pub(crate) struct Phone {
    files: BTreeMap<String, File>,
}

impl Phone {
    /// What was embedded; nothing, in a program that was built without the app.
    pub(crate) fn new() -> Self {
        let files = Built::iter().filter_map(|name| Some((Built::get(&name)?, name)));
        Self::of(files.map(|(file, name)| (name.into_owned(), file.data, file.metadata.sha256_hash())))
    }

    fn of(files: impl Iterator<Item = (String, std::borrow::Cow<'static, [u8]>, [u8; 32])>) -> Self {
        let files = files.filter_map(|(name, data, hash)| {
            let hash = hash.iter().take(12).fold(String::new(), |all, byte| all + &format!("{byte:02x}"));
            let tag = HeaderValue::try_from(format!("\"{hash}\"")).ok()?;
            Some((name, File { bytes: Bytes::from_static(crate::assets::embedded(data)), tag }))
        });
        Self { files: files.collect() }
    }

    /// Whether this program has the app.
    pub(crate) fn is_built(&self) -> bool {
        self.files.contains_key(INDEX)
    }

    /// The file at `path`, or the page for an address within the app.
    fn answer(&self, path: &str, asked: &HeaderMap) -> Response {
        let is_page = !path.rsplit('/').next().unwrap_or(path).contains('.');
        let name = if is_page { INDEX } else { path };
        let Some(file) = self.files.get(name) else {
            let text = if self.is_built() {
                "There is no such file."
            } else {
                "This server was built without the phone app; `cargo xtask run` builds with it."
            };
            return Failure::new(Code::NotFound, text).into_response();
        };
        let encoding = ENCODINGS.iter().find_map(|(coding, ending)| {
            let file = accepts(asked, coding).then(|| self.files.get(&format!("{name}{ending}")))?;
            Some((*coding, file?))
        });
        let (coding, sent) = encoding.map_or((None, file), |(coding, file)| (Some(coding), file));
        let known = asked.get(header::IF_NONE_MATCH).is_some_and(|tags| names_tag(tags, &sent.tag));
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut response = Body::from(sent.bytes.clone()).into_response();
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
            response
        };
        let headers = response.headers_mut();
        if let Some(coding) = coding.filter(|_| !known) {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        // What has its hash in its name never changes; the rest is asked for anew, and mostly not sent again.
        let caching = if has_hash(name) { "public, max-age=31536000, immutable" } else { "no-cache" };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
        headers.insert(header::ETAG, sent.tag.clone());
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
        response
    }
}

/// Whether the browser takes this coding. One that it refuses (`q=0`) is as good as not named.
fn accepts(asked: &HeaderMap, coding: &str) -> bool {
    let values = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|part| {
        let mut part = part.split(';').map(str::trim);
        let named = part.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        named && !part.any(|weight| weight.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0)))
    })
}

/// Whether an `If-None-Match` names the tag. A proxy that compressed by itself made it a weak one.
fn names_tag(asked: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(asked), Ok(tag)) = (asked.to_str(), tag.to_str()) else { return false };
    asked.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

/// Whether a hash of the content stands in the file's name, as the builds write it: at least eight hexadecimal digits
/// between separators.
fn has_hash(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    let mut parts = file.split(['.', '-', '_']);
    parts.any(|part| part.len() >= 8 && part.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("webmanifest") => "application/manifest+json",
        Some("ttf") => "font/ttf",
        Some("woff2") => "font/woff2",
        _ => crate::assets::content_type(name),
    }
}

/// The app's page.
pub(crate) async fn index(State(state): State<WebState>, headers: HeaderMap) -> Response {
    state.phone.answer("", &headers)
}

/// A file of the app, or its page under an address of its own.
pub(crate) async fn file(State(state): State<WebState>, Path(path): Path<String>, headers: HeaderMap) -> Response {
    state.phone.answer(&path, &headers)
}

/// The app's addresses are below its folder: only there its service worker may act.
pub(crate) async fn to_index() -> Redirect {
    Redirect::permanent("/app/")
}

#[cfg(test)]
#[path = "phone_tests.rs"]
mod tests;
