//! `/first-password`: the first password of an account that was made without one. A one-time code says whose it is.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use holdfast_contract::{FieldCode, FieldError, Problem};
use holdfast_http::{credentials, front, session};

use crate::browser;
use crate::failure::Failure;
use crate::form::Form;
use crate::pages::sign_in::problem_of;
use crate::shell::{self, Shell, page_with};
use crate::state::WebState;

#[derive(Template)]
#[template(path = "first_password.html")]
struct FirstPasswordPage {
    shell: Shell,
    code: String,
    problem: Option<Problem>,
}

/// Asks for the code and a password.
pub(crate) async fn page(State(state): State<WebState>) -> Response {
    shell::page(&show(&state, String::new(), None))
}

fn show(state: &WebState, code: String, problem: Option<Problem>) -> FirstPasswordPage {
    FirstPasswordPage { shell: Shell::bare(state, "Set your first password"), code, problem }
}

/// Sets the password and signs the browser in.
pub(crate) async fn set(State(state): State<WebState>, request: Request) -> Result<Response, Failure> {
    if !credentials::is_same_site(request.headers(), state.front.settings()) {
        return Err(problem_of(front::cross_site()));
    }
    // Codes are as short as a person can type: they are tried no faster than passwords.
    let counted = state.front.check_sign_in(&request);
    let browser = browser::name(request.headers());
    let form = Form::read(request).await?;
    let problem = match counted {
        Err(exceeded) => exceeded.problem(),
        Ok(_) if form.text("password") != form.text("password_again") => Problem::invalid(vec![FieldError::new(
            "password_again",
            FieldCode::Inconsistent,
            "is not the same as the first one; type the password again, twice",
        )]),
        Ok(_) => {
            let set = state.service.set_first_password(form.text("code"), form.text("password"), browser.as_deref());
            match set.await {
                Ok(fresh) => {
                    let mut headers = HeaderMap::new();
                    session::begin(&mut headers, fresh.token.as_str(), state.front.settings());
                    return Ok((headers, Redirect::to("/places?done=first-password")).into_response());
                }
                Err(error) => error.problem(),
            }
        }
    };
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let wait = problem.retry_after;
    // A code is repeated, since it is not used up; only as long as one can be.
    let code = form.get("code").filter(|code| code.len() <= 64).unwrap_or_default().to_owned();
    let mut response = page_with(status, &show(&state, code, Some(problem)));
    if let Some(seconds) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    Ok(response)
}
