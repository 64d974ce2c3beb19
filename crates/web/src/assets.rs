//! Files that ship inside the program: style sheet, islands, the map's tiles.
//!
//! Their address carries a hash over all of them, so that they can be kept for ever and a new version is fetched at once.
//! The style sheet is written by hand; `islands/dist` is built by `cargo xtask assets` (`run`, `test` and `ci` do that by
//! themselves). A program that was built without it serves every page, but no map and nothing live.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::OnceLock;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::RustEmbed;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::basemap::Basemap;
use crate::failure::Failure;
use crate::state::WebState;
use crate::towns::Towns;

#[derive(RustEmbed)]
#[folder = "assets"]
struct Written;

#[derive(RustEmbed)]
#[folder = "islands/dist"]
#[allow_missing = true]
struct Built;

/// An embedded file.
struct File {
    bytes: Bytes,
    content_type: &'static str,
    gzip: OnceLock<Option<Bytes>>,
}

/// All embedded files, by name.
pub(crate) struct Assets {
    files: BTreeMap<String, File>,
    /// Logical names of built files, such as `main.js`, to the names they have.
    names: BTreeMap<String, String>,
    version: String,
    basemap: Option<Basemap>,
    towns: Towns,
}

impl Assets {
    pub(crate) fn new() -> Self {
        let mut files = BTreeMap::new();
        let (mut basemap, mut towns) = (None, Towns::none());
        let mut hash = Sha256::new();
        let written = Written::iter().filter_map(|name| Some((name.clone(), Written::get(&name)?)));
        let built = Built::iter().filter_map(|name| Some((name.clone(), Built::get(&name)?)));
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        for (name, file) in written.chain(built) {
            hash.update(file.metadata.sha256_hash());
            if name == "manifest.json" {
                names = manifest(&file.data);
            } else if name.ends_with(".pmtiles") {
                match Basemap::open(embedded(file.data)) {
                    Ok(opened) => basemap = Some(opened),
                    Err(error) => tracing::error!(%error, "the map that ships with the server can't be read"),
                }
            } else if name.ends_with(".bin") {
                match Towns::open(embedded(file.data)) {
                    Ok(opened) => towns = opened,
                    Err(error) => tracing::error!(%error, "no names of towns"),
                }
            } else {
                let content_type = content_type(&name);
                files.insert(
                    name.into_owned(),
                    File { bytes: Bytes::from_static(embedded(file.data)), content_type, gzip: OnceLock::new() },
                );
            }
        }
        let version = hash.finalize().iter().take(6).fold(String::new(), |all, byte| all + &format!("{byte:02x}"));
        if names.is_empty() {
            tracing::warn!("built without its scripts and its map; `cargo xtask run` builds with them");
        }
        Self { files, names, version, basemap, towns }
    }

    /// The towns of the world.
    pub(crate) fn towns(&self) -> Towns {
        self.towns.clone()
    }

    /// The address of a file by its logical name; `None` where it was not built.
    pub(crate) fn url(&self, name: &str) -> Option<String> {
        let file = self.names.get(name).map_or(name, String::as_str);
        self.files.contains_key(file).then(|| format!("/assets/{}/{file}", self.version))
    }
}

/// The bytes as they lie in the program: not read, and not in memory, before they are wanted.
pub(crate) fn embedded(data: Cow<'static, [u8]>) -> &'static [u8] {
    match data {
        Cow::Borrowed(bytes) => bytes,
        // Only in a build that reads its files from the disk. They live as long as the program.
        Cow::Owned(bytes) => bytes.leak(),
    }
}

/// What the islands' build says it made.
#[derive(Deserialize, Default)]
struct Manifest {
    files: BTreeMap<String, String>,
}

fn manifest(json: &[u8]) -> BTreeMap<String, String> {
    let manifest: Manifest = serde_json::from_slice(json).unwrap_or_default();
    manifest.files
}

pub(crate) fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// A file. Under the version of another build it is given as well, since its name may be the same, but not to be kept: while a
/// server is renewed, pages of the new one may ask the old one.
pub(crate) async fn file(
    State(state): State<WebState>,
    Path((version, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let Some(file) = state.assets.files.get(&name) else {
        return Failure::new(holdfast_contract::Code::NotFound, "There is no such file.").into_response();
    };
    let accepts =
        headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("gzip"));
    let gzip = file.gzip.get_or_init(|| gzip(&file.bytes)).as_ref().filter(|_| accepts);
    let mut response = match gzip {
        Some(gzip) => {
            let mut response = Body::from(gzip.clone()).into_response();
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            response
        }
        None => Body::from(file.bytes.clone()).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.content_type));
    let is_ours = version == state.assets.version;
    let caching = if is_ours { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    response
}

/// The file compressed, where that makes it smaller.
fn gzip(bytes: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok().filter(|gzip| gzip.len() < bytes.len()).map(Bytes::from)
}

/// A tile of the map. Where there is nothing but sea there is no tile.
pub(crate) async fn tile(State(state): State<WebState>, Path((z, x, y)): Path<(u8, u32, String)>) -> Response {
    let y = y.strip_suffix(".mvt").and_then(|y| y.parse().ok());
    let tile = y.and_then(|y| state.assets.basemap.as_ref()?.tile(z, x, y));
    // Kept for a day and not for ever: its address is the same after an update of the server.
    let caching = [(header::CACHE_CONTROL, "public, max-age=86400")];
    match tile {
        Some(tile) => {
            let what =
                [(header::CONTENT_TYPE, "application/vnd.mapbox-vector-tile"), (header::CONTENT_ENCODING, "gzip")];
            (caching, what, Body::from(tile)).into_response()
        }
        None => (StatusCode::NO_CONTENT, caching).into_response(),
    }
}

/// Browsers ask for it whatever the page says.
pub(crate) async fn favicon(State(state): State<WebState>) -> Response {
    match state.assets.files.get("icon.svg") {
        Some(file) => ([(header::CONTENT_TYPE, "image/svg+xml")], file.bytes.clone()).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

/// Private places are nobody's to index.
pub(crate) async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /\n"
}
