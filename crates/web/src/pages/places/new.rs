//! `/places/new`: saving a place from the web, a capture like any other.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use holdfast_contract::{
    Action, ClientId, Code, FieldError, NewPlace, OpId, Operation, Outcome, Place, Problem, Target,
};
use holdfast_service::{Actor, PlaceFilter};
use serde::Deserialize;

use super::conflict::{self, Clash};
use super::{Fields, operation};
use crate::failure::Failure;
use crate::form::Form;
use crate::shell::{self, Part, Shell, page_with};
use crate::state::WebState;
use crate::viewer::Viewer;

/// So many of the newest places are looked at for where the map starts.
const NEWEST: u32 = 20;
/// How far from the newest another one may be, in degrees, to be on the map that a new one is put on.
const NEAR_DEGREES: f64 = 0.5;

#[derive(Template)]
#[template(path = "places/new.html")]
struct NewPage {
    shell: Shell,
    account: String,
    client_id: String,
    op_id: String,
    position_source: String,
    fields: Fields,
    errors: Vec<FieldError>,
    /// Where the map starts as long as there is no position.
    start: String,
}

#[derive(Deserialize)]
pub(crate) struct Parameters {
    latitude: Option<String>,
    longitude: Option<String>,
}

/// The form. An address may name a position, such as one from a map.
pub(crate) async fn page(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    Query(parameters): Query<Parameters>,
) -> Result<Response, Failure> {
    let fields = Fields {
        latitude: parameters.latitude.unwrap_or_default(),
        longitude: parameters.longitude.unwrap_or_default(),
        ..Fields::default()
    };
    // The form's two ids: sent twice, it makes one place.
    let client_id = ClientId::from(uuid::Uuid::from(shell::op_id(&state)));
    let newest = PlaceFilter { limit: Some(NEWEST), ..PlaceFilter::default() };
    let newest = state.service.list_rows(actor, &newest).await?;
    let start = around(newest.rows.iter().map(|row| (row.place.latitude.get(), row.place.longitude.get())));
    Ok(show(&state, actor, StatusCode::OK, client_id, shell::op_id(&state), "manual", fields, Vec::new(), start))
}

/// A box around the first position and those that are not far from it, as `west,south,east,north`; empty where there is none.
fn around(mut positions: impl Iterator<Item = (f64, f64)>) -> String {
    let Some((latitude, longitude)) = positions.next() else { return String::new() };
    let (mut south, mut north, mut west, mut east) = (latitude, latitude, longitude, longitude);
    for (lat, lon) in positions {
        if (lat - latitude).abs() <= NEAR_DEGREES && (lon - longitude).abs() <= NEAR_DEGREES {
            (south, north) = (south.min(lat), north.max(lat));
            (west, east) = (west.min(lon), east.max(lon));
        }
    }
    format!("{west:.5},{south:.5},{east:.5},{north:.5}")
}

#[expect(clippy::too_many_arguments, reason = "what the form holds")]
fn show(
    state: &WebState,
    actor: Actor,
    status: StatusCode,
    client_id: ClientId,
    op_id: OpId,
    position_source: &str,
    fields: Fields,
    errors: Vec<FieldError>,
    start: String,
) -> Response {
    page_with(
        status,
        &NewPage {
            shell: Shell::of(state, actor, Part::Places, "Save a place"),
            account: actor.user.to_string(),
            client_id: client_id.to_string(),
            op_id: op_id.to_string(),
            position_source: position_source.to_owned(),
            fields,
            errors,
            start,
        },
    )
}

/// Saves the place. The same form again, from a second press of the button or a page that was gone back to, makes no second
/// place: what it says differently by then becomes a change of the first.
pub(crate) async fn save(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    form: Form,
) -> Result<Response, Failure> {
    let client_id = form.text("client_id").parse::<ClientId>();
    let client_id = client_id.map_err(|_| Failure::new(Code::Invalid, "The form is incomplete. Open it anew."))?;
    let op_id = form.op_id(|| state.service.new_op_id());
    let place = match operation::new_place(&form, state.service.now()) {
        Ok(place) => place,
        Err(errors) => {
            let typed = operation::typed(&form);
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let source = form.text("position_source");
            return Ok(show(&state, actor, status, client_id, op_id, source, typed, errors, String::new()));
        }
    };
    let mut outcome = create(&state, actor, client_id, op_id, &place).await?;
    if is_reused(&outcome) {
        // The same page was sent before, with other words or at another moment. As an intent of its own it finds the place.
        outcome = create(&state, actor, client_id, state.service.new_op_id(), &place).await?;
    }
    match outcome {
        Outcome::Applied { place, .. } => Ok(to(&place, "saved")),
        Outcome::Duplicate { place: known, .. } => {
            let changes = operation::differences(&place, &known);
            if changes.is_empty() {
                return Ok(to(&known, "known"));
            }
            if known.deleted_at.is_some() {
                return Ok(conflict::show(&state, actor, Clash::with(*known, &changes), &form).await);
            }
            let operation = Operation {
                op_id: state.service.new_op_id(),
                action: Action::Update {
                    target: Target::Id(known.id),
                    base_version: Some(known.version),
                    changes: Box::new(changes.clone()),
                },
            };
            match state.service.apply(actor, operation).await?.outcome {
                Outcome::Applied { place, .. } | Outcome::Duplicate { place, .. } => Ok(to(&place, "changed")),
                Outcome::Conflict { place, .. } => {
                    Ok(conflict::show(&state, actor, Clash::with(*place, &changes), &form).await)
                }
                other => Err(refused(other)),
            }
        }
        other => Err(refused(other)),
    }
}

async fn create(
    state: &WebState,
    actor: Actor,
    client_id: ClientId,
    op_id: OpId,
    place: &NewPlace,
) -> Result<Outcome, Failure> {
    let action = Action::Create { client_id, place: Box::new(place.clone()) };
    Ok(state.service.apply(actor, Operation { op_id, action }).await?.outcome)
}

pub(super) fn is_reused(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Rejected { problem } if problem.code == Code::OpIdReused)
}

pub(super) fn to(place: &Place, done: &str) -> Response {
    Redirect::to(&format!("/places/{}?done={done}", place.id)).into_response()
}

/// An outcome that leaves nothing to do but to say so, with what was typed.
pub(super) fn refused(outcome: Outcome) -> Failure {
    let problem = match outcome {
        Outcome::Rejected { problem } | Outcome::Deferred { problem } => problem,
        _ => Problem::new(Code::Gone, "This place was deleted for good, or is no longer shared with you."),
    };
    Failure::from(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_starts_where_the_newest_places_are_and_not_where_another_one_is_far_away() {
        assert_eq!(around(std::iter::empty()), "");
        assert_eq!(around([(47.5, 8.7)].into_iter()), "8.70000,47.50000,8.70000,47.50000");
        let there = [(47.5, 8.7), (-33.9, 151.2), (47.4, 9.0)];
        assert_eq!(around(there.into_iter()), "8.70000,47.40000,9.00000,47.50000");
    }
}
