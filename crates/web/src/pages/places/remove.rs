//! Into the trash and out of it.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use holdfast_contract::{Action, Operation, Outcome, Place};
use holdfast_service::Actor;

use super::list::Row;
use super::new::{is_reused, refused, to};
use super::target;
use crate::failure::Failure;
use crate::form::Form;
use crate::shell::{self, Part, Shell, page_with};
use crate::state::WebState;
use crate::viewer::Viewer;

#[derive(Template)]
#[template(path = "places/changed_since.html")]
struct ChangedSincePage {
    shell: Shell,
    account: String,
    op_id: String,
    row: Row,
    note: Option<String>,
    is_deletion: bool,
}

/// Puts the place into the trash.
pub(crate) async fn delete(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Failure> {
    change(&state, actor, &id, form, true).await
}

/// Takes it out.
pub(crate) async fn restore(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Failure> {
    change(&state, actor, &id, form, false).await
}

async fn change(state: &WebState, actor: Actor, id: &str, form: Form, is_deletion: bool) -> Result<Response, Failure> {
    let target = target(id)?;
    let base_version = form.text("base_version").parse().unwrap_or(0);
    let action =
        || if is_deletion { Action::Delete { target, base_version } } else { Action::Restore { target, base_version } };
    let op_id = form.op_id(|| state.service.new_op_id());
    let mut outcome = state.service.apply(actor, Operation { op_id, action: action() }).await?.outcome;
    if is_reused(&outcome) {
        let op_id = state.service.new_op_id();
        outcome = state.service.apply(actor, Operation { op_id, action: action() }).await?.outcome;
    }
    match outcome {
        Outcome::Applied { place, .. } | Outcome::Duplicate { place, .. } => {
            Ok(match (is_deletion, place.deleted_at.is_some()) {
                (true, true) => Redirect::to("/trash?done=deleted").into_response(),
                (false, false) => to(&place, "restored"),
                // This very form was carried out before, and the place has been taken the other way since.
                _ => ask(state, actor, &place, is_deletion),
            })
        }
        Outcome::Conflict { place, .. } => Ok(ask(state, actor, &place, is_deletion)),
        other => Err(refused(other)),
    }
}

/// It has changed since the person looked: they are shown how it is now, and asked again.
fn ask(state: &WebState, actor: Actor, place: &Place, is_deletion: bool) -> Response {
    let page = ChangedSincePage {
        shell: Shell::of(state, actor, Part::Places, "Changed since you looked"),
        account: actor.user.to_string(),
        op_id: shell::op_id(state).to_string(),
        row: Row::new(state, place, &holdfast_service::Audience::default()),
        note: place.note.as_ref().map(|n| n.as_str().to_owned()),
        is_deletion,
    };
    page_with(StatusCode::CONFLICT, &page)
}
