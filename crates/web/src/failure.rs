//! A refusal as a page: what happened, and what to do.

use std::sync::Arc;

use askama::Template;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use holdfast_contract::{Code, Problem};
use holdfast_http::{PublishedCode, RequestId};

use crate::FORM_BYTES_MAX;
use crate::form::{self, Form};
use crate::pages::sign_in::{self, Resume};
use crate::shell::{Shell, page_with};
use crate::state::WebState;
use crate::viewer::LIVE_HEADER;

/// A request that is refused, and why. [`render`] makes a page of it, with what the person had typed.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    problem: Arc<Problem>,
}

impl Failure {
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Problem::new(code, detail).into()
    }

    pub(crate) fn code(&self) -> Code {
        self.problem.code
    }

    pub(crate) fn problem(&self) -> &Problem {
        &self.problem
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self { problem: Arc::new(problem) }
    }
}

impl From<holdfast_service::Error> for Failure {
    fn from(error: holdfast_service::Error) -> Self {
        error.problem().into()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Something failed inside.
pub(crate) fn internal() -> Failure {
    let detail = "Something failed on the server. Nothing was changed; try the same again. If it keeps failing, tell whoever \
                  runs the server the number below.";
    Failure::new(Code::Internal, detail)
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    shell: Shell,
    title: &'static str,
    detail: String,
    /// What was typed, by the names of its fields.
    kept: Vec<(&'static str, String)>,
    /// Where the form was sent to and its fields, where nobody knows what became of it and sending it again is safe.
    again: Option<(String, Vec<(String, String)>)>,
    request_id: Option<String>,
    is_ours: bool,
}

/// Fields that a person types into, with their names for people.
pub(crate) const TYPED: [(&str, &str); 6] = [
    ("name", "Name"),
    ("note", "Note"),
    ("category", "Category"),
    ("tags", "Tags"),
    ("latitude", "Latitude"),
    ("longitude", "Longitude"),
];

/// A form that was sent, kept until it is clear that it was taken: whatever refuses it, and wherever, what a person typed
/// is in the answer.
struct Sent {
    to: String,
    body: Bytes,
}

impl Sent {
    /// Takes the form out of a request and puts it back in; nothing where the request has none that may be repeated.
    async fn keep(request: Request) -> Result<(Request, Option<Self>), Failure> {
        let path = request.uri().path();
        // Who wants to sign out is signed out, and a password is not repeated in a page.
        let is_repeatable =
            !matches!(path, "/sign-out" | "/account/password" | "/sign-in" | "/setup" | "/first-password");
        if request.method() != Method::POST || !is_repeatable || !form::is_form(request.headers()) {
            return Ok((request, None));
        }
        let to = request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, FORM_BYTES_MAX).await.map_err(|_| form::too_large())?;
        Ok((Request::from_parts(parts, body.clone().into()), Some(Self { to, body })))
    }

    fn form(&self) -> Form {
        Form::parse(&self.body)
    }
}

fn is_page(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// Writes the page of every refusal and of every bare error. Who is not signed in is asked to, and keeps what they typed.
pub(crate) async fn render(State(state): State<WebState>, request: Request, next: Next) -> Response {
    let request_id = request.extensions().get::<RequestId>().cloned();
    let is_get = matches!(*request.method(), Method::GET | Method::HEAD);
    let is_live = request.headers().contains_key(LIVE_HEADER);
    let target = request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    let (response, sent) = match Sent::keep(request).await {
        Ok((request, sent)) => (next.run(request).await, sent),
        Err(failure) => (failure.into_response(), None),
    };
    let status = response.status();
    let failure = match response.extensions().get::<Failure>() {
        Some(failure) => failure.clone(),
        // One of our own, with words of its own.
        None if is_page(&response) => return response,
        None if status == StatusCode::PAYLOAD_TOO_LARGE => {
            Failure::new(Code::TooLarge, "What was sent is larger than this server takes.")
        }
        None if status.is_server_error() => internal(),
        // The framework's own words for a path or a query that can't be read.
        None if status.is_client_error() => Failure::new(Code::NotFound, "There is no page at this address."),
        None => return response,
    };
    let resume = |sent: Sent| Resume { form: sent.form(), to: sent.to };
    let mut answer = match failure.code() {
        Code::Unauthenticated if !is_live && is_get => sign_in::lead_to(&target),
        Code::Unauthenticated if !is_live => sign_in::ask_again(&state, sent.map(resume)),
        // What was typed for one account is not shown to another.
        Code::WrongAccount if sent.is_some() => sign_in::ask_for_other(&state, sent.map(resume)),
        _ => failure.page(&state, sent.as_ref(), request_id.as_ref()),
    };
    if answer.status().is_client_error() || answer.status().is_server_error() {
        answer.extensions_mut().insert(PublishedCode(failure.code()));
    }
    answer
}

impl Failure {
    fn page(&self, state: &WebState, sent: Option<&Sent>, request_id: Option<&RequestId>) -> Response {
        let problem = &self.problem;
        let form = sent.map(Sent::form).unwrap_or_default();
        let typed = TYPED.iter().filter_map(|(name, label)| Some((*label, form.get(name)?.to_owned())));
        let is_ours = problem.status >= 500;
        // What is given up may have been done all the same. Its operation is known then, and nothing is done twice.
        let again = sent.filter(|_| is_ours && form.get("op_id").is_some()).map(|sent| {
            let fields = form.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
            (sent.to.clone(), fields.collect())
        });
        let page = FailurePage {
            shell: Shell::bare(state, problem.code.title()),
            title: problem.code.title(),
            detail: problem.detail.clone(),
            again,
            kept: typed.filter(|(_, value)| !value.is_empty()).collect(),
            request_id: request_id.filter(|_| is_ours).map(|id| id.0.to_string()),
            is_ours,
        };
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer = page_with(status, &page);
        if let Some(seconds) = problem.retry_after {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer
    }
}
