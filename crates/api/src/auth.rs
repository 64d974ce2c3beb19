//! Who asks.
//!
//! The layer [`sign_in_required`] stands in front of every private route. It authenticates before anything of the body
//! is read, so that a request made for another account is refused unread.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use holdfast_contract::{ACCOUNT_HEADER, AccountId, Code, FieldCode, FieldError, PROTOCOL_HEADER};
use holdfast_service::Actor;

use crate::client_address;
use crate::problem::{Refusal, internal};
use crate::settings::ApiSettings;
use crate::state::ApiState;

/// Carries the token of a signed-in browser.
pub(crate) const SESSION_COOKIE: &str = "holdfast_session";

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

/// How a request proves who it is from.
enum Credentials<'r> {
    /// A token that only our own clients can put there.
    Bearer(&'r str),
    /// A token that a browser sends along by itself, whoever made it send the request.
    Cookie(&'r str),
}

/// Lets a request through only when somebody is signed in, the request is made for them, and they don't ask too often.
pub(crate) async fn sign_in_required(State(state): State<ApiState>, mut request: Request, next: Next) -> Response {
    let actor = match admit(&state, request.method(), request.headers(), request.extensions()).await {
        Ok(actor) => actor,
        Err(refusal) => return refusal,
    };
    tracing::Span::current().record("user", tracing::field::display(actor.user));
    let standing = match state.user_limiter.check(actor.user.0.as_u128()) {
        Ok(standing) => standing,
        Err(exceeded) => return exceeded.into_response(),
    };
    if let Err(refusal) = check_account(request.headers(), actor.user) {
        return refusal.into_response();
    }
    request.extensions_mut().insert(Acting(actor));
    let mut response = next.run(request).await;
    standing.write(response.headers_mut());
    response
}

async fn admit(
    state: &ApiState,
    method: &Method,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Result<Actor, Response> {
    let token = token(method, headers, &state.settings).map_err(IntoResponse::into_response)?;
    if let Some(actor) = state.service.known_token(token) {
        return Ok(actor);
    }
    let address = client_address::client_address(headers, extensions, &state.settings.trusted_proxies);
    let allowed = state.look_up_limiter.check(client_address::key(address));
    allowed.map_err(crate::rate_limit::Exceeded::into_response)?;
    state.service.authenticate(token).await.map_err(|error| Refusal::from(error).into_response())
}

fn token<'r>(method: &Method, headers: &'r HeaderMap, settings: &ApiSettings) -> Result<&'r str, Refusal> {
    Ok(match credentials(headers).ok_or_else(unauthenticated)? {
        Credentials::Bearer(token) => token,
        Credentials::Cookie(token) => {
            if !is_safe(method) && !is_same_site(headers, settings) {
                let detail = "The request seems to come from another site. Reload the page and try again; a program \
                              should send the Holdfast-Protocol header.";
                return Err(Refusal::new(Code::CrossSite, detail));
            }
            token
        }
    })
}

/// The same words as for a token that is unknown or was revoked: nobody learns which.
fn unauthenticated() -> Refusal {
    holdfast_service::Error::Unauthenticated.into()
}

fn credentials(headers: &HeaderMap) -> Option<Credentials<'_>> {
    let mut authorizations = headers.get_all(header::AUTHORIZATION).iter();
    if let Some(authorization) = authorizations.next() {
        let (scheme, token) = authorization.to_str().ok()?.split_once(' ')?;
        let token = token.trim();
        let is_one_bearer =
            scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && authorizations.next().is_none();
        return is_one_bearer.then_some(Credentials::Bearer(token));
    }
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    let mut sessions = cookies.filter_map(|c| c.trim().split_once('=')).filter(|(name, _)| *name == SESSION_COOKIE);
    let (_, token) = sessions.next()?;
    (!token.is_empty() && sessions.next().is_none()).then_some(Credentials::Cookie(token))
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether a browser vouches that our own pages, or the person themselves, made the request: by `Sec-Fetch-Site`, by
/// `Origin`, or by a header that a page of another site can't set without asking us first.
fn is_same_site(headers: &HeaderMap, settings: &ApiSettings) -> bool {
    let is = |name: header::HeaderName, wanted: &[&str]| {
        headers.get(name).and_then(|v| v.to_str().ok()).is_some_and(|v| wanted.contains(&v))
    };
    is(header::HeaderName::from_static("sec-fetch-site"), &["same-origin", "none"])
        || is(header::ORIGIN, &[settings.origin().as_str()])
        || headers.contains_key(PROTOCOL_HEADER)
}

/// A request that names an account must be made for the one that is signed in.
fn check_account(headers: &HeaderMap, user: AccountId) -> Result<(), Refusal> {
    let mut named = headers.get_all(ACCOUNT_HEADER).iter();
    let is_theirs = |v: &header::HeaderValue| v.to_str().ok().and_then(|v| v.parse().ok()) == Some(user);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, header::HeaderValue::from_static(value));
        }
        headers
    }

    fn found(pairs: &[(&'static str, &'static str)]) -> Option<String> {
        credentials(&headers(pairs)).map(|c| match c {
            Credentials::Bearer(token) => format!("bearer {token}"),
            Credentials::Cookie(token) => format!("cookie {token}"),
        })
    }

    #[test]
    fn a_bearer_token_goes_before_a_cookie() {
        assert_eq!(found(&[("authorization", "bearer  hf_x ")]).as_deref(), Some("bearer hf_x"));
        let both = [("cookie", "holdfast_session=c"), ("authorization", "Bearer b")];
        assert_eq!(found(&both).as_deref(), Some("bearer b"));
        assert_eq!(found(&[("cookie", "a=b; holdfast_session=c")]).as_deref(), Some("cookie c"));
    }

    #[test]
    fn ambiguous_or_blank_credentials_are_none() {
        assert_eq!(found(&[("authorization", "Bearer a"), ("authorization", "Bearer b")]), None);
        assert_eq!(found(&[("authorization", "Basic abc"), ("cookie", "holdfast_session=c")]), None);
        assert_eq!(found(&[("authorization", "Bearer ")]), None);
        assert_eq!(found(&[("authorization", "hf_x")]), None);
        assert_eq!(found(&[("cookie", "holdfast_session=")]), None);
        assert_eq!(found(&[("cookie", "holdfast_session=a; holdfast_session=b")]), None);
        assert_eq!(found(&[]), None);
    }

    #[test]
    fn another_sites_form_is_not_vouched_for() {
        let settings = ApiSettings::new("https://places.example.org/");
        let vouched = |pairs: &[_]| is_same_site(&headers(pairs), &settings);
        assert!(vouched(&[("sec-fetch-site", "same-origin")]) && vouched(&[("sec-fetch-site", "none")]));
        assert!(vouched(&[("origin", "https://places.example.org")]));
        assert!(vouched(&[("holdfast-protocol", "1")]));
        assert!(!vouched(&[("sec-fetch-site", "same-site"), ("origin", "https://evil.example.org")]));
        assert!(!vouched(&[("origin", "null")]) && !vouched(&[]));
    }
}
