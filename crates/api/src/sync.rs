//! Push and pull: the road of devices.

use axum::Json;
use axum::extract::State;
use holdfast_contract::limits::PULL_CHANGES_MAX;
use holdfast_contract::sync::{PullReply, PullRequest, PushReply, PushRequest};

use crate::auth::Acting;
use crate::examples;
use crate::json::{JsonBytes, parse};
use crate::parameters::Parameters;
use crate::problem::Refusal;
use crate::schemas;
use crate::state::ApiState;

/// Sends what a device has queued.
///
/// At most 500 operations or 1 MiB; the body may be compressed with gzip. Every operation gets its own outcome, in the
/// same order: a bad one never fails the others. Sent again, whole or in parts, nothing happens twice. An epoch that is
/// not the server's executes nothing and answers `epoch_changed`: pull first.
#[utoipa::path(post, path = "/v1/sync/push", tag = "sync",
    request_body(content = schemas::PushBody, example = json!(examples::push())),
    responses((status = 200, description = "What became of each operation.", body = PushReply, example = json!(examples::push_reply()))),
    extensions(("x-problems" = json!(["epoch_changed", "invalid"]))))]
pub(crate) async fn push(
    State(state): State<ApiState>,
    Acting(actor): Acting,
    JsonBytes(bytes): JsonBytes,
) -> Result<Json<PushReply>, Refusal> {
    // The operations stay slices of the body: the service hashes the very bytes that were sent.
    let request: PushRequest<'_> = parse(&bytes)?;
    Ok(Json(state.service.push(actor, request).await?))
}

/// Takes in what has changed.
///
/// Begin without a cursor, go on with the one of each page while `hasMore`, and keep the last one for the next time.
/// `resync_required` means: begin again without one.
#[utoipa::path(get, path = "/v1/sync/pull", tag = "sync",
    params(
        ("cursor" = Option<String>, Query, description = "Where the page before ended. Opaque."),
        ("witness" = Option<String>, Query, description = "`witness` of the newest reply to a push since that page."),
        ("limit" = Option<u32>, Query, description = "Changes on the page; 500 if absent.", minimum = 1, maximum = 1000),
        ("pending" = Option<u32>, Query, description = "Operations that wait on this device, for the list of devices; \
            left out while a push is under way, which reports them itself.", minimum = 0),
    ),
    responses((status = 200, description = "A page of changes.", body = PullReply, example = json!(examples::pull()))),
    extensions(("x-problems" = json!(["invalid_parameter", "invalid_cursor", "resync_required"]))))]
pub(crate) async fn pull(
    State(state): State<ApiState>,
    Acting(actor): Acting,
    mut query: Parameters,
) -> Result<Json<PullReply>, Refusal> {
    let cursor = query.text("cursor");
    let witness = query.text("witness");
    let limit = query.number("limit", 1, PULL_CHANGES_MAX);
    let pending = query.number("pending", 0, u32::MAX);
    query.finish()?;
    let request = PullRequest { cursor: cursor.as_deref(), witness: witness.as_deref(), limit, pending };
    Ok(Json(state.service.pull_page(actor, request).await?))
}
