//! What every page tells the browser about its safety.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::settings::WebSettings;
use crate::state::WebState;

/// No script but our own files, nothing inline, nobody else's servers (but those of a configured map style), in nobody's
/// frame.
pub(crate) fn content_security_policy(settings: &WebSettings) -> String {
    let maps: String = settings
        .map_style
        .iter()
        .flat_map(super::settings::MapStyle::origins)
        .fold(String::new(), |all, o| all + " " + o);
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:{maps}; \
         connect-src 'self'{maps}; font-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    )
}

/// Adds the headers. What a handler set itself (an asset its caching) stays.
pub(crate) async fn add(State(state): State<WebState>, request: Request, next: Next) -> Response {
    // A page with a form is kept by the browser for the way back, with what was typed into it; the sign-out empties that.
    let is_form = request.uri().path().ends_with("/edit") || request.uri().path() == "/places/new";
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if is_form {
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
    }
    if let Ok(policy) = HeaderValue::from_str(&state.content_security_policy) {
        // The app under `/app/` has one of its own.
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    }
    // Our own pages are told where a form came from: browsers that say nothing else name its origin by it.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    let named = |name: &'static str| HeaderName::from_static(name);
    headers.insert(named("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    headers.insert(
        named("permissions-policy"),
        HeaderValue::from_static("geolocation=(self), camera=(), microphone=(), payment=(), usb=()"),
    );
    if state.front.settings().is_https() {
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(HeaderValue::from_static("max-age=31536000"));
    }
    response
}
