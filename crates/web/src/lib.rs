//! HTML over the service: the web platform, for browsing, editing and managing places on a large screen.
//!
//! Every page is complete when it arrives and works without a script; the islands (`islands/`, TypeScript) add the map,
//! live refresh and comfort. This crate has no rules of its own: a form becomes an operation of the sync contract, with an
//! operation id, a client id and, for each field, the value that the page showed, so that a page that has become old can
//! neither duplicate nor overwrite anything.
//!
//! - `pages/`: one file per page or small family of pages; their markup is in `templates/`.
//! - [`shell`]: what every page has around its content. `form`: what a browser sent. `failure`: a refusal as a page.
//! - `viewer`: who is looking; what happens to a form whose session has ended.
//! - `assets`, `basemap`, `towns`: what ships inside the program; `phone`: so does the phone app, under `/app/`.

mod assets;
mod basemap;
mod browser;
mod failure;
mod form;
mod headers;
mod pages;
mod phone;
mod settings;
mod shell;
mod show;
mod state;
mod towns;
mod viewer;

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use holdfast_contract::{Code, Problem};
use holdfast_files::{ARCHIVE_MEDIA_TYPE, Format};
use holdfast_http::{Front, archive, drain, observe};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};

pub use settings::{MapStyle, MapStyleError, WebSettings};

use crate::failure::Failure;
use crate::pages::{
    account, browse, devices, export, first_password, home, import, places, setup, sharing, sign_in, trash,
};
use crate::state::WebState;

/// Replies smaller than this, in bytes, are not worth compressing.
const COMPRESS_ABOVE: u64 = 1024;
/// Largest form that is taken, in bytes: every field at its longest, twice, percent-encoded.
pub(crate) const FORM_BYTES_MAX: usize = 1024 * 1024;

/// How long an upload may take.
const UPLOAD_TIMEOUT: Duration = Duration::from_mins(10);

/// The pages over the service behind `front`. Serve them with connection information, which tells clients apart.
pub fn router(front: Front, settings: WebSettings) -> Router {
    let state = WebState::new(front, settings);
    let private = Router::new()
        .route("/places", get(places::list::page).post(places::new::save))
        .route("/places/new", get(places::new::page))
        .route("/places/browse", get(browse::page))
        .route("/places/{id}", get(places::show::page))
        .route("/places/{id}/edit", get(places::edit::page).post(places::edit::save))
        .route("/places/{id}/delete", post(places::remove::delete))
        .route("/places/{id}/restore", post(places::remove::restore))
        .route("/trash", get(trash::page))
        .route("/import", get(import::page))
        .route(import::UPLOAD_PATH, post(import::upload).layer(DefaultBodyLimit::max(import::UPLOAD_BYTES_MAX)))
        .route("/import/{id}", get(import::show).post(import::set_columns))
        .route("/import/{id}/run", post(import::run))
        .route("/import/{id}/undo", post(import::undo))
        .route("/import/{id}/bring-back", post(import::bring_back))
        .route("/import/{id}/discard", post(import::discard))
        .route(export::ARCHIVE_PATH, get(export::archive))
        .route("/export/{file}", get(export::download))
        .route("/devices", get(devices::page))
        // The page that shows a code is renewed under its own address, too.
        .route("/devices/pair", get(devices::page).post(devices::pair))
        .route("/devices/{id}/revoke", post(devices::revoke))
        .route("/sharing", get(sharing::page))
        .route("/sharing/confirm", post(sharing::confirm))
        .route("/sharing/revoke", post(sharing::revoke))
        .route("/account", get(account::page))
        .route("/account/password", post(account::change_password))
        .route("/sign-out", post(sign_in::sign_out))
        .route_layer(from_fn_with_state(state.clone(), viewer::required));
    let open = Router::new()
        .route("/", get(home::page))
        .route("/setup", get(setup::page).post(setup::set_up))
        .route("/pair", get(devices::pair_page))
        .route("/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/first-password", get(first_password::page).post(first_password::set))
        .route("/map/tiles/{z}/{x}/{y}", get(assets::tile))
        .route("/assets/{version}/{*file}", get(assets::file))
        .route("/favicon.ico", get(assets::favicon))
        .route("/robots.txt", get(assets::robots))
        .route("/app", get(phone::to_index))
        .route("/app/", get(phone::index))
        .route("/app/{*path}", get(phone::file));
    private
        .merge(open)
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(from_fn_with_state(state.clone(), within_time))
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(from_fn_with_state(drain::Most::OF_A_FILE, drain::drain_refused))
        .layer(from_fn_with_state(state.clone(), failure::render))
        .layer(CompressionLayer::new().gzip(true).compress_when(SizeAbove::new(COMPRESS_ABOVE).and(is_plain)))
        .layer(from_fn_with_state(state.clone(), headers::add))
        .layer(from_fn_with_state(Front::clone(&state.front), observe::observe))
        .with_state(state)
}

/// What is compressed already is left as it is.
fn is_plain(
    _: StatusCode,
    _: axum::http::Version,
    headers: &axum::http::HeaderMap,
    _: &axum::http::Extensions,
) -> bool {
    let kind = headers.get(axum::http::header::CONTENT_TYPE);
    let is_zip = kind.is_some_and(|kind| kind == ARCHIVE_MEDIA_TYPE || kind == Format::Kmz.media_type());
    !headers.contains_key(axum::http::header::CONTENT_ENCODING) && !is_zip
}

async fn nothing_here() -> Failure {
    Failure::new(Code::NotFound, "There is no page at this address.")
}

async fn wrong_method() -> Failure {
    Failure::new(Code::MethodNotAllowed, "This address is only for a form's button. Go back to the page with the form.")
}

/// Gives a request up that takes too long. Dropping it rolls its transaction back, unless that is being committed just then.
async fn within_time(State(state): State<WebState>, request: Request, next: Next) -> Response {
    // A file may be large and a line slow; and everything that somebody has may be a lot.
    let limit = match request.uri().path() {
        import::UPLOAD_PATH => UPLOAD_TIMEOUT,
        export::ARCHIVE_PATH => archive::TIMEOUT,
        _ => state.front.settings().request_timeout,
    };
    if let Ok(response) = tokio::time::timeout(limit, next.run(request)).await {
        response
    } else {
        let detail = "The server can't answer at the moment. Try again in a little while.";
        Failure::from(Problem::new(Code::Unavailable, detail).with_retry_after(5)).into_response()
    }
}

/// The reply to a request whose handler panicked. What it panicked with may hold a person's data and is not logged here.
fn after_panic(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a page panicked");
    metrics::counter!("http_panics_total").increment(1);
    failure::internal().into_response()
}
