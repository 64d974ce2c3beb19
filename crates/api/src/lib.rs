//! JSON over the service.
//!
//! A handler attaches the signed-in user, parses a command and passes it on. It knows no ownership rule and no SQL.
//! Files are named after what they serve: `places`, `sync`, `events`, `sessions`, `pairing`, `devices`,
//! `setup`, `account`, `health`, `docs`. Around them stand, from the outside in:
//!
//! 1. `holdfast_http::observe`: request id, log line, metrics, the headers of every reply;
//! 2. compression of large replies;
//! 3. `problem`: every error becomes a problem document;
//! 4. panics and time;
//! 5. `holdfast_http::drain`: a refused request's body is taken in, so that its sender reads the refusal;
//! 6. `protocol`: the version that is spoken;
//! 7. `auth`: who asks, and how often.

mod account;
mod auth;
mod body;
mod devices;
mod docs;
mod events;
mod examples;
mod export;
mod health;
mod html;
mod json;
mod lists;
mod openapi;
mod outcome;
mod pairing;
mod parameters;
mod places;
mod problem;
mod protocol;
mod schemas;
mod sessions;
mod settings;
mod setup;
mod shares;
mod state;
mod sync;
#[cfg(feature = "testing")]
pub mod testing;

use std::any::Any;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use holdfast_http::{Front, archive, drain, observe};
use serde_json::Value;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use health::{Check, Health};
pub use settings::{ApiSettings, RenderMetrics};

use crate::state::ApiState;

/// Replies smaller than this, in bytes, are not worth compressing.
const COMPRESS_ABOVE: u64 = 1024;

/// The routes, grouped by who may call them.
struct Groups {
    /// Anybody.
    open: OpenApiRouter<ApiState>,
    /// Anybody, so often from one address.
    per_address: OpenApiRouter<ApiState>,
    /// Who is signed in.
    private: OpenApiRouter<ApiState>,
    /// A signed-in device that says which protocol and which account it means.
    sync: OpenApiRouter<ApiState>,
}

impl Groups {
    fn new() -> Self {
        Self {
            open: OpenApiRouter::default()
                .routes(routes!(setup::setup_status))
                .routes(routes!(health::live))
                .routes(routes!(health::ready))
                .routes(routes!(health::metrics))
                .routes(routes!(docs::openapi_document))
                .routes(routes!(docs::docs_page))
                .routes(routes!(docs::style)),
            per_address: OpenApiRouter::default()
                .routes(routes!(setup::set_up))
                .routes(routes!(sessions::sign_in))
                .routes(routes!(pairing::pair)),
            private: OpenApiRouter::default()
                .routes(routes!(sessions::sign_out))
                .routes(routes!(pairing::create_pairing_code))
                .routes(routes!(account::get_account))
                .routes(routes!(export::export_archive))
                .routes(routes!(devices::list_devices))
                .routes(routes!(devices::revoke_device))
                .routes(routes!(shares::list_shares))
                .routes(routes!(shares::confirm_shares))
                .routes(routes!(shares::confirm_share))
                .routes(routes!(shares::revoke_share))
                .routes(routes!(lists::list_places, places::create_place))
                .routes(routes!(lists::map_places))
                .routes(routes!(lists::place_facets))
                .routes(routes!(places::get_place, places::update_place, places::delete_place))
                .routes(routes!(places::restore_place))
                .routes(routes!(places::refine_place))
                .routes(routes!(places::place_history)),
            sync: OpenApiRouter::default()
                .routes(routes!(sync::push))
                .routes(routes!(sync::pull))
                .routes(routes!(events::follow_events)),
        }
    }
}

/// The API's routes over the service behind `front`. Serve them with connection information, which tells clients apart:
/// `router(…).into_make_service_with_connect_info::<SocketAddr>()`.
pub fn router(front: Front, settings: ApiSettings) -> Router {
    let state = ApiState::new(front, settings);
    let Groups { open, per_address, private, sync } = Groups::new();
    let signed_in = from_fn_with_state(state.clone(), auth::sign_in_required);
    let v1 = Router::new()
        .merge(Router::from(per_address).route_layer(from_fn_with_state(state.clone(), auth::per_address)))
        .merge(Router::from(private).route_layer(signed_in.clone()))
        .merge(
            Router::from(sync)
                .route_layer(from_fn(auth::account_required))
                .route_layer(signed_in)
                .route_layer(from_fn(protocol::required)),
        )
        .merge(Router::from(open));
    let worth_compressing =
        SizeAbove::new(COMPRESS_ABOVE).and(NotForContentType::SSE).and(NotForContentType::const_new("application/zip"));
    v1.fallback(nothing_here)
        .layer(from_fn(protocol::spoken))
        .layer(from_fn_with_state(drain::Most::OF_A_CALL, drain::drain_refused))
        .layer(from_fn_with_state(state.clone(), within_time))
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(from_fn(problem::render))
        .layer(CompressionLayer::new().gzip(true).compress_when(worth_compressing))
        .layer(from_fn_with_state(state.clone(), observe::observe))
        .with_state(state)
}

/// Whether this is a path of the API, rather than of a page.
pub fn is_served(path: &str) -> bool {
    ["/v1", "/api", "/health", "/metrics"]
        .iter()
        .any(|prefix| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// The OpenAPI document of these routes.
pub fn openapi() -> Value {
    let document = |router: OpenApiRouter<ApiState>| {
        // Made of strings, numbers and maps with string keys: serialising can't fail.
        serde_json::to_value(router.into_openapi()).unwrap_or_default()
    };
    let Groups { open, per_address, private, sync } = Groups::new();
    let (open, mut per_address) = (document(open), document(per_address));
    let (mut private, mut sync) = (document(private), document(sync));
    openapi::mark_per_address(&mut per_address);
    openapi::mark_private(&mut private);
    openapi::mark_private(&mut sync);
    openapi::mark_sync(&mut sync);
    openapi::finish(vec![open, per_address, private, sync])
}

/// The OpenAPI document as it is committed: indented, and the same bytes every time.
pub fn openapi_json() -> String {
    let mut json = serde_json::to_string_pretty(&openapi()).unwrap_or_default();
    json.push('\n');
    json
}

async fn nothing_here() -> StatusCode {
    StatusCode::NOT_FOUND
}

/// Gives a request up that takes too long. Dropping it rolls its transaction back.
async fn within_time(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    // Everything that somebody has may be a lot.
    let is_archive = request.uri().path() == export::PATH;
    let limit = if is_archive { archive::TIMEOUT } else { state.front.settings().request_timeout };
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => problem::unavailable().into_response(),
    }
}

/// The reply to a request whose handler panicked. What it panicked with may hold a person's data and is not logged here.
fn after_panic(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    metrics::counter!("http_panics_total").increment(1);
    problem::internal().into_response()
}
