//! Signing in and out.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use holdfast_contract::account::{SignInRequest, SignedIn};
use holdfast_http::{HttpSettings, session};
use holdfast_service::{Session, SessionKind};

use crate::auth::Acting;
use crate::examples;
use crate::json::JsonBody;
use crate::problem::Refusal;
use crate::state::ApiState;

/// Signs in with e-mail and password.
///
/// With a `device` the reply carries that device's token, shown this once. Without one the session is a browser's: a
/// cookie is set that scripts can't read.
#[utoipa::path(post, path = "/v1/sessions", tag = "account",
    request_body(content = SignInRequest, example = json!(examples::sign_in())),
    responses((status = 201, description = "Signed in.", headers(("Set-Cookie" = String, description = "The session, where no device was given.")), body = SignedIn, example = json!(examples::signed_in()))),
    extensions(("x-problems" = json!(["invalid_credentials", "account_gone", "invalid"]))))]
pub(crate) async fn sign_in(
    State(state): State<ApiState>,
    JsonBody(request): JsonBody<SignInRequest>,
) -> Result<Response, Refusal> {
    let session = state.service.sign_in(request).await?;
    Ok(signed_in(session, state.front.settings()))
}

/// Signs this device or browser out.
///
/// Its token is worth nothing afterwards. What a device has not sent yet stays on the device.
#[utoipa::path(delete, path = "/v1/sessions/current", tag = "account",
    responses((status = 204, description = "Signed out.")))]
pub(crate) async fn sign_out(State(state): State<ApiState>, Acting(actor): Acting) -> Result<Response, Refusal> {
    state.service.sign_out(actor).await?;
    let mut headers = HeaderMap::new();
    session::end(&mut headers, state.front.settings());
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}

/// The reply to a fresh sign-in.
pub(crate) fn signed_in(fresh: Session, settings: &HttpSettings) -> Response {
    let mut headers = HeaderMap::new();
    if matches!(fresh.kind, SessionKind::Browser) {
        session::begin(&mut headers, fresh.token.as_str(), settings);
    }
    (StatusCode::CREATED, headers, Json(fresh.reply)).into_response()
}
