//! Pairing a device by a short code.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use holdfast_contract::account::{PairRequest, PairingCode, SignedIn};

use crate::auth::Acting;
use crate::examples;
use crate::json::JsonBody;
use crate::problem::Refusal;
use crate::sessions::signed_in;
use crate::state::ApiState;

/// Makes a code that pairs one more device with this account.
///
/// It works once and for ten minutes.
#[utoipa::path(post, path = "/v1/pairing-codes", tag = "account",
    responses((status = 201, description = "The code.", body = PairingCode, example = json!(examples::pairing_code()))))]
pub(crate) async fn create_pairing_code(
    State(state): State<ApiState>,
    Acting(actor): Acting,
) -> Result<(StatusCode, Json<PairingCode>), Refusal> {
    Ok((StatusCode::CREATED, Json(state.service.create_pairing_code(actor).await?)))
}

/// Signs a device in with a pairing code.
#[utoipa::path(post, path = "/v1/pairings", tag = "account",
    request_body(content = PairRequest, example = json!(examples::pair())),
    responses((status = 201, description = "Paired.", body = SignedIn, example = json!(examples::signed_in()))),
    extensions(("x-problems" = json!(["invalid_code", "invalid"]))))]
pub(crate) async fn pair(
    State(state): State<ApiState>,
    JsonBody(request): JsonBody<PairRequest>,
) -> Result<Response, Refusal> {
    Ok(signed_in(state.service.pair(request).await?, state.front.settings()))
}
