//! `/sign-in` and `/sign-out`.
//!
//! A form whose session had ended is carried through the sign-in: the page holds it, and shows it again afterwards. It is
//! not carried out by itself, because whoever signs in may be somebody else.

use askama::Template;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use holdfast_contract::account::SignInRequest;
use holdfast_contract::{AccountId, Code, Problem};
use holdfast_http::{Refused, credentials, front, session};
use holdfast_service::Actor;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use crate::browser;
use crate::failure::{Failure, TYPED};
use crate::form::Form;
use crate::shell::{self, Part, Shell, page_with};
use crate::state::WebState;
use crate::viewer::{Viewer, is_own_path};

/// A form that waits for its sender to sign in.
#[derive(Clone)]
pub(crate) struct Resume {
    /// Where it was sent to.
    pub(crate) to: String,
    /// What was sent.
    pub(crate) form: Form,
}

impl Resume {
    /// The one that a page of the sign-in carries.
    fn of(form: &Form) -> Option<Self> {
        let to = form.get("resume_to").filter(|to| is_own_path(to))?;
        Some(Self { to: to.to_owned(), form: Form::parse(form.text("resume_form").as_bytes()) })
    }
}

/// The query of a sign-in that nobody asked for: a page whose account was signed out elsewhere hands over what was typed.
const HOLD: &str = "hold";

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    shell: Shell,
    email: String,
    next: String,
    /// Where a form was sent to, and its fields, encoded.
    resume: Option<(String, String)>,
    /// A form that can't be shown again was sent.
    is_interrupted: bool,
    /// A form was made for another account than the one that is signed in.
    is_other: bool,
    problem: Option<Problem>,
}

#[derive(Template)]
#[template(path = "resume.html")]
struct ResumePage {
    shell: Shell,
    to: String,
    /// What the button does.
    what: &'static str,
    /// What a person typed: name, label, value.
    typed: Vec<(&'static str, &'static str, String)>,
    /// Everything else.
    hidden: Vec<(String, String)>,
}

#[derive(Deserialize)]
pub(crate) struct Parameters {
    next: Option<String>,
}

/// Asks for address and password.
pub(crate) async fn page(
    State(state): State<WebState>,
    Query(parameters): Query<Parameters>,
) -> Result<Response, Failure> {
    if state.service.setup_status().await?.needed {
        return Ok(Redirect::to("/setup").into_response());
    }
    Ok(shell::page(&SignInPage {
        shell: Shell::bare(&state, "Sign in"),
        email: String::new(),
        next: parameters.next.filter(|n| is_own_path(n)).unwrap_or_default(),
        resume: None,
        is_interrupted: false,
        is_other: false,
        problem: None,
    }))
}

/// To the sign-in, and from there to where the person wanted to go.
pub(crate) fn lead_to(target: &str) -> Response {
    let next = utf8_percent_encode(target, NON_ALPHANUMERIC);
    let to = if target == "/places" { "/sign-in".to_owned() } else { format!("/sign-in?next={next}") };
    Redirect::to(&to).into_response()
}

/// Asks again, in the middle of something.
pub(crate) fn ask_again(state: &WebState, resume: Option<Resume>) -> Response {
    let is_interrupted = resume.is_none();
    ask(state, StatusCode::UNAUTHORIZED, "Sign in again", resume, is_interrupted, false)
}

/// Asks for the account that a form was made for. What was typed for it waits, and is shown to nobody else.
pub(crate) fn ask_for_other(state: &WebState, resume: Option<Resume>) -> Response {
    ask(state, StatusCode::FORBIDDEN, "Made for another account", resume, false, true)
}

fn ask(
    state: &WebState,
    status: StatusCode,
    title: &str,
    resume: Option<Resume>,
    is_interrupted: bool,
    is_other: bool,
) -> Response {
    let page = SignInPage {
        shell: Shell::bare(state, title),
        email: String::new(),
        next: String::new(),
        is_interrupted,
        is_other,
        resume: resume.map(|r| (r.to, r.form.encode())),
        problem: None,
    };
    page_with(status, &page)
}

/// A refusal of the door as a page.
pub(crate) fn problem_of(refused: Refused) -> Failure {
    match refused {
        Refused::Problem(problem) => Failure::from(*problem),
        Refused::TooMany(exceeded) => exceeded.problem().into(),
    }
}

/// Signs the browser in, and leads to where the person wanted to go.
pub(crate) async fn sign_in(State(state): State<WebState>, request: Request) -> Result<Response, Failure> {
    // Signing somebody in from another site would make them save their places for somebody else.
    if !credentials::is_same_site(request.headers(), state.front.settings()) {
        return Err(problem_of(front::cross_site()));
    }
    if request.uri().query() == Some(HOLD) {
        return hold(&state, request).await;
    }
    let counted = state.front.check_sign_in(&request);
    let browser = browser::name(request.headers());
    let form = Form::read(request).await?;
    let resume = Resume::of(&form);
    let next = form.get("next").filter(|n| is_own_path(n)).unwrap_or_default().to_owned();
    let wanted = SignInRequest {
        email: form.text("email").to_owned(),
        password: form.text("password").to_owned(),
        device: None,
    };
    let signed_in = match counted {
        Ok(_) => state.service.sign_in_from(wanted, browser.as_deref()).await.map_err(|error| error.problem()),
        Err(exceeded) => Err(exceeded.problem()),
    };
    match signed_in {
        Ok(fresh) => {
            let mut headers = HeaderMap::new();
            session::begin(&mut headers, fresh.token.as_str(), state.front.settings());
            let response = match resume {
                Some(resume) => show_again(&state, fresh.actor, resume),
                None if next.is_empty() => Redirect::to("/places").into_response(),
                None => Redirect::to(&next).into_response(),
            };
            Ok((headers, response).into_response())
        }
        Err(problem) => {
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let problem = match problem.code {
                // Which field of the form of an API is at fault says nothing to whoever mistyped an address.
                Code::Invalid => {
                    Problem::new(Code::InvalidCredentials, "This is no e-mail address. Check how it is spelled.")
                }
                _ => problem,
            };
            let wait = problem.retry_after;
            let mut response = page_with(
                status,
                &SignInPage {
                    shell: Shell::bare(&state, "Sign in"),
                    email: form.text("email").to_owned(),
                    next,
                    is_interrupted: false,
                    is_other: false,
                    resume: resume.map(|r| (r.to, r.form.encode())),
                    problem: Some(problem),
                },
            );
            if let Some(seconds) = wait {
                response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
            Ok(response)
        }
    }
}

/// Keeps what was typed for whom it was typed by. Nothing is tried and nothing done: whoever is signed in by now sees it if it
/// is theirs, and is asked for its account if not.
async fn hold(state: &WebState, request: Request) -> Result<Response, Failure> {
    let admitted = state.front.admit(request.method(), request.headers(), request.extensions()).await;
    let resume = Resume::of(&Form::read(request).await?);
    let Some(resume) = resume else { return Ok(ask_again(state, None)) };
    // Who was signed out a moment ago may still be admitted; the database knows.
    if let Ok(actor) = admitted
        && state.service.account(actor).await.is_ok()
    {
        return Ok(show_again(state, actor, resume));
    }
    Ok(ask_again(state, Some(resume)))
}

/// The form as it was sent, to be sent again.
fn show_again(state: &WebState, actor: Actor, resume: Resume) -> Response {
    let account: Option<AccountId> = resume.form.get("account").and_then(|a| a.parse().ok());
    if account != Some(actor.user) {
        return ask_for_other(state, Some(resume));
    }
    let is_typed = |name: &str| TYPED.iter().any(|(typed, _)| *typed == name);
    // A form without such fields (a deletion, a restore) is only a button.
    let typed = TYPED.iter().filter_map(|(name, label)| Some((*name, *label, resume.form.get(name)?.to_owned())));
    let hidden = resume.form.iter().filter(|(name, _)| !is_typed(name));
    shell::page(&ResumePage {
        shell: Shell::of(state, actor, Part::Other, "Signed in again"),
        what: what_it_does(&resume.to),
        to: resume.to.clone(),
        typed: typed.collect(),
        hidden: hidden.map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
    })
}

/// What the button of a form does, by where it is sent to.
fn what_it_does(to: &str) -> &'static str {
    let path = to.split('?').next().unwrap_or_default();
    match path.rsplit('/').next().unwrap_or_default() {
        "delete" => "Put the place into the trash",
        "restore" => "Restore the place",
        "edit" => "Save the changes",
        "places" => "Save the place",
        "pair" => "Show a pairing code",
        "confirm" => "Show places to others again",
        "revoke" if path.starts_with("/devices/") => "Sign the device out",
        "revoke" => "Take the share back",
        "run" => "Import the file",
        "undo" => "Take the import back",
        "bring-back" => "Bring the places back",
        "discard" => "Drop the file",
        _ => "Do it now",
    }
}

/// Signs the browser out.
pub(crate) async fn sign_out(State(state): State<WebState>, Viewer(actor): Viewer) -> Result<Response, Failure> {
    state.service.sign_out(actor).await?;
    let mut headers = HeaderMap::new();
    session::end(&mut headers, state.front.settings());
    // What the browser kept to go back to is nobody's any more.
    headers.insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    Ok((headers, Redirect::to("/sign-in")).into_response())
}
