//! Signing in and out.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use holdfast_contract::account::{SignInRequest, SignedIn};
use holdfast_service::{SESSION_DAYS, Session, SessionKind};

use crate::auth::{Acting, SESSION_COOKIE};
use crate::examples;
use crate::json::JsonBody;
use crate::problem::Refusal;
use crate::settings::ApiSettings;
use crate::state::ApiState;

/// How long a browser keeps its session cookie, in seconds: as long as the server keeps the session, unless it is revoked.
const COOKIE_SECONDS: u32 = SESSION_DAYS * 24 * 60 * 60;

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
    Ok(signed_in(session, &state.settings))
}

/// Signs this device or browser out.
///
/// Its token is worth nothing afterwards. What a device has not sent yet stays on the device.
#[utoipa::path(delete, path = "/v1/sessions/current", tag = "account",
    responses((status = 204, description = "Signed out.")))]
pub(crate) async fn sign_out(State(state): State<ApiState>, Acting(actor): Acting) -> Result<Response, Refusal> {
    state.service.sign_out(actor).await?;
    let mut headers = HeaderMap::new();
    set_cookie(&mut headers, "", 0, &state.settings);
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}

/// The reply to a fresh sign-in.
pub(crate) fn signed_in(session: Session, settings: &ApiSettings) -> Response {
    let mut headers = HeaderMap::new();
    if matches!(session.kind, SessionKind::Browser) {
        set_cookie(&mut headers, session.token.as_str(), COOKIE_SECONDS, settings);
    }
    (StatusCode::CREATED, headers, Json(session.reply)).into_response()
}

fn set_cookie(headers: &mut HeaderMap, token: &str, seconds: u32, settings: &ApiSettings) {
    let secure = if settings.is_https() { "; Secure" } else { "" };
    let cookie = format!("{SESSION_COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    if let Ok(mut value) = HeaderValue::from_str(&cookie) {
        value.set_sensitive(true);
        headers.insert(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookie(public_url: &str) -> String {
        let mut headers = HeaderMap::new();
        set_cookie(&mut headers, "t", 60, &ApiSettings::new(public_url));
        headers[header::SET_COOKIE].to_str().unwrap().to_owned()
    }

    #[test]
    fn a_session_cookie_is_out_of_reach_of_scripts_and_of_other_sites() {
        assert_eq!(cookie("http://localhost:1"), "holdfast_session=t; Path=/; HttpOnly; SameSite=Lax; Max-Age=60");
        assert!(cookie("https://places.example.org").ends_with("; Secure"));
    }
}
