//! Who is looking.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use holdfast_contract::Code;
use holdfast_http::{Refused, credentials, front};
use holdfast_service::Actor;

use crate::failure::{self, Failure};
use crate::pages::sign_in;
use crate::state::WebState;

/// Sent by the islands when they fetch a page anew: an answer that asks to sign in is of no use to them.
pub(crate) const LIVE_HEADER: &str = "holdfast-live";

/// Who is signed in. Only behind [`required`].
#[derive(Clone, Copy)]
pub(crate) struct Viewer(pub(crate) Actor);

impl<S: Send + Sync> FromRequestParts<S> for Viewer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        // Missing only if a page was put in front of the layer: refuse rather than act for nobody.
        parts.extensions.get::<Self>().copied().ok_or_else(failure::internal)
    }
}

/// Lets a request through only when somebody is signed in. Otherwise it is refused as such, and [`crate::failure::render`]
/// asks to sign in: afterwards people come to the page they wanted, or find the form that they sent.
pub(crate) async fn required(State(state): State<WebState>, mut request: Request, next: Next) -> Response {
    let actor = match state.front.admit(request.method(), request.headers(), request.extensions()).await {
        Ok(actor) => actor,
        Err(Refused::Problem(problem)) if problem.code == Code::Unauthenticated => {
            // Whoever is signed in comes without their cookie when another site's form sends them here. They would sign in
            // again and find what that site filled in as if it were their own.
            let is_ours = credentials::is_same_site(request.headers(), state.front.settings());
            if !credentials::is_safe(request.method()) && !is_ours {
                return sign_in::problem_of(front::cross_site()).into_response();
            }
            return Failure::from(*problem).into_response();
        }
        Err(refused) => return sign_in::problem_of(refused).into_response(),
    };
    tracing::Span::current().record("user", tracing::field::display(actor.user));
    if let Err(exceeded) = state.front.check_user(actor.user) {
        return Failure::from(exceeded.problem()).into_response();
    }
    request.extensions_mut().insert(Viewer(actor));
    next.run(request).await
}

/// Whether `target` is an address on this server that a redirect may lead to.
pub(crate) fn is_own_path(target: &str) -> bool {
    let second = target.as_bytes().get(1);
    target.starts_with('/')
        && !matches!(second, Some(b'/' | b'\\'))
        && target.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_stays_on_this_server() {
        for own in ["/", "/places", "/places?q=a%20b&sort=name", "/places/1/edit"] {
            assert!(is_own_path(own), "{own}");
        }
        for other in ["", "//evil.example", "/\\evil.example", "https://evil.example", "places", "/a\nb", "/ä", "/a\\b"]
        {
            assert!(!is_own_path(other), "{other}");
        }
    }
}
