//! `/account`: whose it is, and its password.

use askama::Template;
use axum::extract::{Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use holdfast_contract::{Code, FieldCode, FieldError, Problem};
use holdfast_service::Actor;

use super::Done;
use crate::failure::Failure;
use crate::form::Form;
use crate::shell::{Part, Shell, page_with};
use crate::show::Time;
use crate::state::WebState;
use crate::viewer::Viewer;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    shell: Shell,
    account: String,
    email: String,
    since: Time,
    problem: Option<Problem>,
    licences: Option<String>,
}

/// The page.
pub(crate) async fn page(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Failure> {
    show(&state, actor, done.as_deref(), None).await
}

async fn show(
    state: &WebState,
    actor: Actor,
    done: Option<&str>,
    problem: Option<Problem>,
) -> Result<Response, Failure> {
    let account = state.service.account(actor).await?;
    let status = problem.as_ref().and_then(|p| StatusCode::from_u16(p.status).ok()).unwrap_or(StatusCode::OK);
    let page = AccountPage {
        shell: Shell::of(state, actor, Part::Account, "Account").after(done),
        account: actor.user.to_string(),
        email: account.email,
        since: account.created_at.into(),
        problem,
        licences: state.assets.url("licences.txt"),
    };
    Ok(page_with(status, &page))
}

/// Changes the password.
pub(crate) async fn change_password(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    request: Request,
) -> Result<Response, Failure> {
    // Whoever sits at somebody else's open browser must not try passwords faster than at the door.
    let counted = state.front.check_sign_in(&request);
    let form = Form::read(request).await?;
    if !form.is_for(actor.user) {
        return Err(crate::form::wrong_account());
    }
    let problem = match counted {
        Err(exceeded) => exceeded.problem(),
        Ok(_) if form.text("password") != form.text("password_again") => Problem::invalid(vec![FieldError::new(
            "password_again",
            FieldCode::Inconsistent,
            "is not the same as the first one; type the new password again, twice",
        )]),
        Ok(_) => {
            let changed = state.service.change_password(actor, form.text("current"), form.text("password")).await;
            match changed {
                Ok(()) => return Ok(Redirect::to("/account?done=password").into_response()),
                Err(error) => error.problem(),
            }
        }
    };
    let wait = problem.retry_after;
    let problem = match problem.code {
        Code::InvalidCredentials => Problem { detail: "The current password is not right.".to_owned(), ..problem },
        _ => problem,
    };
    let mut response = show(&state, actor, None, Some(problem)).await?;
    if let Some(seconds) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    Ok(response)
}
