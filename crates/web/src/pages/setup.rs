//! `/setup`: the first account of a new server.

use askama::Template;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use holdfast_contract::account::SetupRequest;
use holdfast_contract::{Code, Problem};
use holdfast_http::{credentials, front, session};
use serde::Deserialize;

use crate::browser;
use crate::failure::Failure;
use crate::form::Form;
use crate::pages::sign_in::problem_of;
use crate::shell::{Shell, page_with};
use crate::state::WebState;

/// Longest setup code that the page repeats.
const CODE_MAX: usize = 64;

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage {
    shell: Shell,
    needed: bool,
    code: Option<String>,
    email: String,
    problem: Option<Problem>,
    /// The code is not that of the server's last start.
    wrong_code: bool,
    url: String,
}

#[derive(Deserialize)]
pub(crate) struct Parameters {
    code: Option<String>,
}

/// The page that the printed setup link opens.
pub(crate) async fn page(
    State(state): State<WebState>,
    Query(parameters): Query<Parameters>,
    request: Request,
) -> Result<Response, Failure> {
    let code = parameters.code.as_deref().map(str::trim).filter(|code| !code.is_empty());
    let needed = state.service.setup_status().await?.needed;
    // A look with a code counts as a try, so that the page tells nobody more than its form does. Beyond their number it is
    // the form that says so; and where nobody vouches that the person themselves opened the link: pages of others would use
    // up the tries.
    let may_try = needed
        && code.is_some()
        && credentials::is_same_site(request.headers(), state.front.settings())
        && state.front.check_sign_in(&request).is_ok();
    drop(request);
    let problem = match code {
        Some(code) if may_try => wrong_code(&state, code).await?,
        _ => None,
    };
    Ok(show(&state, StatusCode::OK, needed, code, "", problem))
}

/// What is wrong with the code of a link, before a password is typed for it in vain.
async fn wrong_code(state: &WebState, code: &str) -> Result<Option<Problem>, Failure> {
    let Err(error) = state.service.check_setup_code(code).await else { return Ok(None) };
    let problem = error.problem();
    if problem.code == Code::InvalidCode { Ok(Some(problem)) } else { Err(error.into()) }
}

fn show(
    state: &WebState,
    status: StatusCode,
    needed: bool,
    code: Option<&str>,
    email: &str,
    problem: Option<Problem>,
) -> Response {
    let is_code = |code: &&str| {
        code.len() <= CODE_MAX && code.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    };
    let page = SetupPage {
        shell: Shell::bare(state, "Set up Holdfast"),
        needed,
        code: code.filter(is_code).filter(|c| !c.is_empty()).map(str::to_owned),
        email: email.to_owned(),
        wrong_code: problem.as_ref().is_some_and(|problem| problem.code == Code::InvalidCode),
        problem,
        url: state.front.settings().public_url.clone(),
    };
    page_with(status, &page)
}

/// Makes the account and signs the browser in.
pub(crate) async fn set_up(State(state): State<WebState>, request: Request) -> Result<Response, Failure> {
    if !credentials::is_same_site(request.headers(), state.front.settings()) {
        return Err(problem_of(front::cross_site()));
    }
    state.front.check_sign_in(&request).map_err(|e| Failure::from(e.problem()))?;
    let browser = browser::name(request.headers());
    let form = Form::read(request).await?;
    if form.text("password") != form.text("password_again") {
        let error = holdfast_contract::FieldError::new(
            "password_again",
            holdfast_contract::FieldCode::Inconsistent,
            "is not the same as the first one; type the password again, twice",
        );
        let problem = Problem::invalid(vec![error]);
        return Ok(show(
            &state,
            StatusCode::UNPROCESSABLE_ENTITY,
            true,
            form.get("code"),
            form.text("email"),
            Some(problem),
        ));
    }
    let wanted = SetupRequest {
        code: form.text("code").to_owned(),
        email: form.text("email").to_owned(),
        password: form.text("password").to_owned(),
        device: None,
    };
    match state.service.set_up_from(wanted, browser.as_deref()).await {
        Ok(fresh) => {
            let mut headers = HeaderMap::new();
            session::begin(&mut headers, fresh.token.as_str(), state.front.settings());
            Ok((headers, Redirect::to("/places?done=set-up")).into_response())
        }
        Err(error) => {
            let problem = error.problem();
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let needed = state.service.setup_status().await?.needed;
            Ok(show(&state, status, needed, form.get("code"), form.text("email"), Some(problem)))
        }
    }
}
