//! Every error leaves as a problem document (RFC 9457), also those of the framework.
//!
//! A handler returns a [`Refusal`]; it travels as a response extension to [`render`], which alone writes documents.
//! There it meets the errors that nobody wrote words for: an unknown path, a wrong method, a panic.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use holdfast_contract::{Code, FieldError, OperationOutcome, Problem};
use holdfast_http::{PublishedCode, RequestId};
use serde::Serialize;

/// The media type of problem documents.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// A request that is refused, and why.
#[derive(Clone, Debug)]
pub(crate) struct Refusal(Arc<Document>);

/// What is sent: the problem, and where a single operation was refused its full outcome.
#[derive(Clone, Debug, Serialize)]
struct Document {
    #[serde(flatten)]
    problem: Problem,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<OperationOutcome>,
}

impl Refusal {
    /// Refused with this code and a sentence that says what happened and what to do.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Problem::new(code, detail).into()
    }

    /// Refused because of parameters of the path, the query or the headers.
    pub(crate) fn parameters(errors: Vec<FieldError>) -> Self {
        let detail = errors.first().map_or_else(|| "A parameter is wrong.".to_owned(), |e| format!("{e}."));
        Problem { errors, ..Problem::new(Code::InvalidParameter, detail) }.into()
    }

    /// Refused with what became of the operation.
    pub(crate) fn of_outcome(problem: Problem, outcome: OperationOutcome) -> Self {
        Self(Arc::new(Document { problem, outcome: Some(outcome) }))
    }

    /// The problem itself.
    #[cfg(feature = "testing")]
    pub(crate) fn problem(&self) -> &Problem {
        &self.0.problem
    }

    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(Arc::new(Document { problem, outcome: None }))
    }
}

impl From<holdfast_service::Error> for Refusal {
    fn from(error: holdfast_service::Error) -> Self {
        error.problem().into()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the document of every refusal and of every bare error.
pub(crate) async fn render(request: Request, next: Next) -> Response {
    let request_id = request.extensions().get::<RequestId>().cloned();
    let method = request.method().clone();
    let mut response = next.run(request).await;
    let refusal = match response.extensions_mut().remove::<Refusal>() {
        Some(refusal) => refusal,
        None if response.status().is_client_error() || response.status().is_server_error() => bare(&response, &method),
        None => return response,
    };
    let mut document = Arc::unwrap_or_clone(refusal.0);
    document.problem.request_id = request_id.map(|id| id.0.to_string());
    write(response, document)
}

fn write(response: Response, document: Document) -> Response {
    // Strings, numbers and lists of them: serialising can't fail.
    let body = serde_json::to_vec(&document).unwrap_or_default();
    let problem = document.problem;
    let (mut parts, _) = response.into_parts();
    parts.status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    if let Some(seconds) = problem.retry_after {
        parts.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if parts.status == StatusCode::UNAUTHORIZED {
        parts.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"holdfast\""));
    }
    if parts.status == StatusCode::UPGRADE_REQUIRED {
        // RFC 9110, section 15.5.22: a 426 names what to upgrade to.
        parts.headers.insert(header::UPGRADE, HeaderValue::from_static("holdfast/1"));
    }
    parts.extensions.insert(PublishedCode(problem.code));
    Response::from_parts(parts, Body::from(body))
}

/// Words for an error that nobody wrote words for.
fn bare(response: &Response, method: &Method) -> Refusal {
    match response.status() {
        StatusCode::NOT_FOUND => {
            Refusal::new(Code::NotFound, "There is nothing at this address; /api/docs lists the addresses there are.")
        }
        // The framework adds the header further out.
        StatusCode::METHOD_NOT_ALLOWED => Refusal::new(
            Code::MethodNotAllowed,
            format!("This address does not take {method}; the reply's Allow header says what it takes."),
        ),
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::new(Code::TooLarge, "The request is too large; send less at once."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Refusal::new(Code::UnsupportedMediaType, "The body must be JSON, sent as application/json.")
        }
        StatusCode::UNAUTHORIZED => Refusal::new(Code::Unauthenticated, "Sign in first."),
        status if status.is_client_error() => Refusal::new(
            Code::InvalidParameter,
            "The request could not be understood; /api/docs says what is expected.",
        ),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => unavailable(),
        _ => internal(),
    }
}

/// The server can't answer at the moment.
pub(crate) fn unavailable() -> Refusal {
    Problem::new(Code::Unavailable, "The server can't answer at the moment. Try again in a little while.")
        .with_retry_after(5)
        .into()
}

/// Something failed inside; the log has more under the request id.
pub(crate) fn internal() -> Refusal {
    let detail = "Something failed on the server. The same request may be sent again; if it keeps failing, tell whoever \
                  runs the server the request id.";
    Refusal::new(Code::Internal, detail)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;

    async fn panicking() -> StatusCode {
        panic!("canary")
    }

    async fn answer(method: &str, path: &str) -> (StatusCode, String) {
        let broken = get(|| async { (StatusCode::IM_A_TEAPOT, "canary") });
        let router = Router::new()
            .route("/panicking", get(panicking))
            .route("/broken", broken)
            .layer(CatchPanicLayer::custom(crate::after_panic))
            .layer(from_fn(render));
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_that_does_not_say_with_what() {
        let (status, body) = answer("GET", "/panicking").await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(body.contains("\"code\":\"internal\"") && !body.contains("canary"), "{body}");
    }

    #[tokio::test]
    async fn an_error_without_words_gets_some_and_loses_its_own() {
        let (status, body) = answer("GET", "/broken").await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(body.contains("invalid_parameter") && !body.contains("canary"), "{body}");
        assert_eq!(answer("GET", "/nowhere").await.0, StatusCode::NOT_FOUND);
        let (status, body) = answer("POST", "/broken").await;
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
        assert!(body.contains("does not take POST"), "{body}");
    }
}
