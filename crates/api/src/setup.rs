//! The first account of a new server.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use holdfast_contract::account::{SetupRequest, SetupStatus, SignedIn};

use crate::examples;
use crate::json::JsonBody;
use crate::problem::Refusal;
use crate::sessions::signed_in;
use crate::state::ApiState;

/// Whether the server waits for its first account.
#[utoipa::path(get, path = "/v1/setup", tag = "account",
    responses((status = 200, description = "Whether it does.", body = SetupStatus, example = json!({"needed": true}))))]
pub(crate) async fn setup_status(State(state): State<ApiState>) -> Result<Json<SetupStatus>, Refusal> {
    Ok(Json(state.service.setup_status().await?))
}

/// Makes the first account, with the one-time code that the server printed.
#[utoipa::path(post, path = "/v1/setup", tag = "account",
    request_body(content = SetupRequest, example = json!(examples::setup())),
    responses((status = 201, description = "The account is made and signed in.", headers(("Set-Cookie" = String, description = "The session, where no device was given.")), body = SignedIn,
        example = json!(examples::signed_in()))),
    extensions(("x-problems" = json!(["invalid_code", "already_set_up", "invalid"]))))]
pub(crate) async fn set_up(
    State(state): State<ApiState>,
    JsonBody(request): JsonBody<SetupRequest>,
) -> Result<Response, Refusal> {
    Ok(signed_in(state.service.set_up(request).await?, state.front.settings()))
}
