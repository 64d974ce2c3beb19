//! Whom the account's places are shown to.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use holdfast_contract::share::GivenShare;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Acting;
use crate::parameters::ShareInPath;
use crate::problem::Refusal;
use crate::state::ApiState;

/// What the account shows to others.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShareList {
    /// At most 1,000: those that wait for a word of yours first, then the newest.
    shares: Vec<GivenShare>,
}

/// How many shares were confirmed.
#[derive(Serialize, ToSchema)]
pub(crate) struct Confirmed {
    /// Shares that show again what they showed.
    confirmed: u64,
}

/// What the account shows to others.
#[utoipa::path(get, path = "/v1/shares", tag = "sharing",
    responses((status = 200, description = "The shares.", body = ShareList)))]
pub(crate) async fn list_shares(
    State(state): State<ApiState>,
    Acting(actor): Acting,
) -> Result<Json<ShareList>, Refusal> {
    Ok(Json(ShareList { shares: state.service.list_shares(actor).await? }))
}

/// Confirms every share that a restored backup suspended.
///
/// Until then they show nothing: a backup must not undo that a share was taken back. Doing so again confirms nothing more.
#[utoipa::path(post, path = "/v1/shares/confirm", tag = "sharing",
    responses((status = 200, description = "They show again what they showed.", body = Confirmed)))]
pub(crate) async fn confirm_shares(
    State(state): State<ApiState>,
    Acting(actor): Acting,
) -> Result<Json<Confirmed>, Refusal> {
    Ok(Json(Confirmed { confirmed: state.service.confirm_shares(actor).await? }))
}

/// Confirms one share that a restored backup suspended. Doing so again changes nothing.
#[utoipa::path(post, path = "/v1/places/{id}/shares/{recipientId}/confirm", tag = "sharing",
    params(("id" = holdfast_contract::PlaceId, Path, description = "The place."),
           ("recipientId" = holdfast_contract::AccountId, Path, description = "Whom it is shared with.")),
    responses((status = 204, description = "It shows again what it showed.")),
    extensions(("x-problems" = json!(["invalid_parameter", "not_found"]))))]
pub(crate) async fn confirm_share(
    State(state): State<ApiState>,
    Acting(actor): Acting,
    ShareInPath(place, recipient): ShareInPath,
) -> Result<StatusCode, Refusal> {
    state.service.confirm_share(actor, place, recipient).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a share back, suspended or not. Nothing more of the place is served to them from this moment on.
#[utoipa::path(delete, path = "/v1/places/{id}/shares/{recipientId}", tag = "sharing",
    params(("id" = holdfast_contract::PlaceId, Path, description = "The place."),
           ("recipientId" = holdfast_contract::AccountId, Path, description = "Whom it is shared with.")),
    responses((status = 204, description = "Taken back, or there was none.")),
    extensions(("x-problems" = json!(["invalid_parameter", "not_found"]))))]
pub(crate) async fn revoke_share(
    State(state): State<ApiState>,
    Acting(actor): Acting,
    ShareInPath(place, recipient): ShareInPath,
) -> Result<StatusCode, Refusal> {
    state.service.unshare_place(actor, place, recipient).await?;
    Ok(StatusCode::NO_CONTENT)
}
