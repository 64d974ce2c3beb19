//! `/places/{id}/edit`: changing a place.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use holdfast_contract::{Action, Code, FieldError, OpId, Operation, Outcome, Role, Target};
use holdfast_service::Actor;

use super::conflict::{self, Clash};
use super::new::{is_reused, refused, to};
use super::{Fields, operation, target};
use crate::failure::Failure;
use crate::form::Form;
use crate::shell::{self, Part, Shell, page_with};
use crate::state::WebState;
use crate::viewer::Viewer;

#[derive(Template)]
#[template(path = "places/edit.html")]
struct EditPage {
    shell: Shell,
    account: String,
    id: String,
    op_id: String,
    version: String,
    position_source: String,
    /// What the page shows as the place's values.
    was: Fields,
    /// What stands in the inputs.
    fields: Fields,
    near: Option<String>,
    errors: Vec<FieldError>,
}

/// The form.
pub(crate) async fn page(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let detail = state.service.place_page(actor, target(&id)?).await?;
    let place = detail.place;
    if place.role == Role::Viewer {
        return Err(Failure::new(Code::Forbidden, "This place is shared with you for viewing only."));
    }
    if place.deleted_at.is_some() {
        return Err(Failure::new(Code::Conflict, "This place is in the trash. Restore it first, then change it."));
    }
    let was = Fields::of(&place);
    let page = EditPage {
        shell: Shell::of(&state, actor, Part::Places, "Edit place").at(detail.seq),
        account: actor.user.to_string(),
        id: place.id.to_string(),
        op_id: shell::op_id(&state).to_string(),
        version: place.version.to_string(),
        position_source: place.position_source.as_str().to_owned(),
        fields: was.clone(),
        was,
        near: state.towns.near(&place.position()),
        errors: Vec::new(),
    };
    Ok(shell::page(&page))
}

/// Changes what the person changed, or shows what came in between.
pub(crate) async fn save(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Failure> {
    let target = target(&id)?;
    let form = conflict::take_picks(form);
    let changes = match operation::changes(&form) {
        Ok(changes) => changes,
        Err(errors) => return Ok(show_again(&state, actor, &id, &form, errors)),
    };
    let mut base_version = form.text("base_version").parse().ok();
    if form.text("restore_first") == "yes" {
        match restore(&state, actor, target, base_version).await? {
            Outcome::Applied { place, .. } | Outcome::Duplicate { place, .. } => base_version = Some(place.version),
            Outcome::Conflict { place, .. } => {
                // Changed in the trash, or taken out of it, since the page was made: shown anew.
                let clash = Clash::with(*place, &changes);
                return Ok(conflict::show(&state, actor, clash, &form).await);
            }
            other => return Err(refused(other)),
        }
    }
    if changes.is_empty() {
        let place = state.service.get_place(actor, target).await?;
        return Ok(to(&place, if form.get("restore_first").is_some() { "restored" } else { "same" }));
    }
    let update = |op_id: OpId| Operation {
        op_id,
        action: Action::Update { target, base_version, changes: Box::new(changes.clone()) },
    };
    let op_id = form.op_id(|| state.service.new_op_id());
    let applied = state.service.apply(actor, update(op_id)).await?;
    let mut outcome = applied.outcome;
    if is_reused(&outcome) {
        // The page was gone back to and sent again with other values: an intent of its own.
        outcome = state.service.apply(actor, update(state.service.new_op_id())).await?.outcome;
    }
    match outcome {
        Outcome::Applied { place, merged, .. } => Ok(to(&place, if merged { "merged" } else { "changed" })),
        Outcome::Duplicate { place, .. } => Ok(to(&place, "changed")),
        Outcome::Conflict { place, .. } => {
            Ok(conflict::show(&state, actor, Clash::with(*place, &changes), &form).await)
        }
        Outcome::Gone { client_id, .. } => Ok(conflict::show_gone(&state, actor, &form, client_id.is_some())),
        other => Err(refused(other)),
    }
}

/// The form with what was typed, and what is wrong with it.
fn show_again(state: &WebState, actor: Actor, id: &str, form: &Form, errors: Vec<FieldError>) -> Response {
    let page = EditPage {
        shell: Shell::of(state, actor, Part::Places, "Edit place"),
        account: actor.user.to_string(),
        id: id.to_owned(),
        op_id: form.op_id(|| state.service.new_op_id()).to_string(),
        version: form.text("base_version").to_owned(),
        position_source: form.text("position_source").to_owned(),
        was: operation::shown(form),
        fields: operation::typed(form),
        near: None,
        errors,
    };
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// Out of the trash, before the change that was meant for it.
async fn restore(
    state: &WebState,
    actor: Actor,
    target: Target,
    base_version: Option<i64>,
) -> Result<Outcome, Failure> {
    let action = Action::Restore { target, base_version: base_version.unwrap_or(0) };
    Ok(state.service.apply(actor, Operation { op_id: state.service.new_op_id(), action }).await?.outcome)
}
