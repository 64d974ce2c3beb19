//! Who asks.
//!
//! The layer [`sign_in_required`] stands in front of every private route. It authenticates before anything of the body
//! is read, so that a request made for another account is refused unread.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use holdfast_contract::{ACCOUNT_HEADER, AccountId, Code, FieldCode, FieldError};
use holdfast_http::Refused;
use holdfast_http::rate_limit::Exceeded;
use holdfast_service::Actor;

use crate::problem::{Refusal, internal};
use crate::state::ApiState;

/// The signed-in user and device. Only behind [`sign_in_required`].
#[derive(Clone, Copy)]
pub(crate) struct Acting(pub(crate) Actor);

impl<S: Send + Sync> FromRequestParts<S> for Acting {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        // Missing only if a route was put in front of the layer: refuse rather than act for nobody.
        parts.extensions.get::<Self>().copied().ok_or_else(internal)
    }
}

/// Lets a request through only when somebody is signed in, the request is made for them, and they don't ask too often.
pub(crate) async fn sign_in_required(State(state): State<ApiState>, mut request: Request, next: Next) -> Response {
    let actor = match state.front.admit(request.method(), request.headers(), request.extensions()).await {
        Ok(actor) => actor,
        Err(Refused::Problem(problem)) => return Refusal::from(*problem).into_response(),
        Err(Refused::TooMany(exceeded)) => return too_many(&exceeded),
    };
    tracing::Span::current().record("user", tracing::field::display(actor.user));
    let standing = match state.front.check_user(actor.user) {
        Ok(standing) => standing,
        Err(exceeded) => return too_many(&exceeded),
    };
    if let Err(refusal) = check_account(request.headers(), actor.user) {
        return refusal.into_response();
    }
    request.extensions_mut().insert(Acting(actor));
    let mut response = next.run(request).await;
    standing.write(response.headers_mut());
    response
}

/// Counts attempts to sign in, to set up and to pair, by the client's address.
pub(crate) async fn per_address(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    match state.front.check_sign_in(&request) {
        Ok(standing) => {
            let mut response = next.run(request).await;
            standing.write(response.headers_mut());
            response
        }
        Err(exceeded) => too_many(&exceeded),
    }
}

/// The reply to a request too many.
fn too_many(exceeded: &Exceeded) -> Response {
    let mut response = Refusal::from(exceeded.problem()).into_response();
    exceeded.standing().write(response.headers_mut());
    response
}

/// A request that names an account must be made for the one that is signed in.
fn check_account(headers: &HeaderMap, user: AccountId) -> Result<(), Refusal> {
    let mut named = headers.get_all(ACCOUNT_HEADER).iter();
    let is_theirs = |v: &HeaderValue| v.to_str().ok().and_then(|v| v.parse().ok()) == Some(user);
    if named.all(is_theirs) {
        Ok(())
    } else {
        let detail = "The request was made for another account than the one that is signed in here. Nothing was done; \
                      sign in to that account to send it.";
        Err(Refusal::new(Code::WrongAccount, detail))
    }
}

/// Refuses a request that does not say which account it was made for.
pub(crate) async fn account_required(request: Request, next: Next) -> Response {
    if request.headers().contains_key(ACCOUNT_HEADER) {
        return next.run(request).await;
    }
    let detail = "is missing; say which account the request is made for";
    Refusal::parameters(vec![FieldError::new("Holdfast-Account", FieldCode::Required, detail)]).into_response()
}
