//! The outermost layer: request id, log line, metrics, and the headers that every reply carries.
//!
//! A log line has the route's template, never the URI: queries and paths can hold what is nobody else's business.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use holdfast_contract::{Code, PROTOCOL_HEADER, PROTOCOL_VERSION};
use tracing::{Instrument, field};
use uuid::Uuid;

use crate::client_address;
use crate::front::Front;

/// Names one request in the log, in problem documents and in the `x-request-id` header.
#[derive(Clone, Debug)]
pub struct RequestId(pub Arc<str>);

/// The code of the problem a response carries, for the log and the metrics.
#[derive(Clone, Copy, Debug)]
pub struct PublishedCode(pub Code);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REQUEST_ID_MAX: usize = 64;

/// Observes one request from its arrival to the head of its reply.
pub async fn observe(State(front): State<Front>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = request_id(&front, &request);
    request.extensions_mut().insert(id.clone());
    let method = method_label(request.method());
    // A path that is no route has no label of its own: anybody can make up paths.
    let route: Arc<str> = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).into();

    let span = tracing::info_span!(
        "request",
        request_id = &*id.0,
        method,
        route = &*route,
        user = field::Empty,
        status = field::Empty,
        code = field::Empty,
        latency_ms = field::Empty,
    );
    let mut response = next.run(request).instrument(span.clone()).await;

    let elapsed = begun.elapsed();
    let status = response.status();
    span.record("status", status.as_u16());
    span.record("latency_ms", u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
    let code = response.extensions().get::<PublishedCode>().map(|c| c.0);
    if let Some(code) = code {
        span.record("code", code.as_str());
        metrics::counter!("http_problems_total", "route" => route.to_string(), "code" => code.as_str()).increment(1);
    }
    span.in_scope(|| {
        if status.is_server_error() {
            tracing::error!("answered");
        } else if route.starts_with("/health") || &*route == "/metrics" {
            tracing::debug!("answered");
        } else {
            tracing::info!("answered");
        }
    });
    metrics::counter!(
        "http_requests_total",
        "method" => method, "route" => route.to_string(), "status" => status.as_u16().to_string()
    )
    .increment(1);
    metrics::histogram!("http_request_duration_seconds", "method" => method, "route" => route.to_string())
        .record(elapsed.as_secs_f64());

    add_headers(response.headers_mut(), &id);
    response
}

/// The id of this request: a proxy's, where we trust the proxy, otherwise our own.
fn request_id(front: &Front, request: &Request) -> RequestId {
    let from_proxy = || {
        let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
        if !client_address::is_trusted(peer.ip(), &front.settings().trusted_proxies) {
            return None;
        }
        let id = request.headers().get(REQUEST_ID)?.to_str().ok()?;
        let harmless = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        ((1..=REQUEST_ID_MAX).contains(&id.len()) && id.chars().all(harmless)).then(|| RequestId(id.into()))
    };
    from_proxy().unwrap_or_else(|| RequestId(Uuid::now_v7().to_string().into()))
}

fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// What every reply carries. A handler that set one of the softer ones itself (a page its own policy) keeps it.
fn add_headers(headers: &mut HeaderMap, id: &RequestId) {
    headers.insert(HeaderName::from_static(PROTOCOL_HEADER), HeaderValue::from(PROTOCOL_VERSION));
    if let Ok(id) = HeaderValue::from_str(&id.0) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
