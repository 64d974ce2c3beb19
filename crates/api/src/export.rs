//! Everything that an account has, in one file.

use axum::extract::State;
use axum::response::Response;
use holdfast_http::archive;

use crate::auth::Acting;
use crate::problem::Refusal;
use crate::state::ApiState;

/// Where it is fetched.
pub(crate) const PATH: &str = "/v1/export";

/// A complete archive of the account's own places.
///
/// One ZIP of one moment: every live place as GeoJSON with all its fields, as GPX and as CSV; the trash; what places were before
/// they were changed, as JSON lines; and a text that explains. An account fetches at most two files at a time.
#[utoipa::path(get, path = "/v1/export", tag = "places",
    responses((status = 200, description = "The archive.", body = Vec<u8>, content_type = "application/zip")),
    extensions(("x-problems" = json!(["rate_limited"]))))]
pub(crate) async fn export_archive(State(state): State<ApiState>, Acting(actor): Acting) -> Result<Response, Refusal> {
    Ok(archive::reply(&state.front, actor).await?)
}
