//! Places, one at a time: for people who script and for the web platform. Devices use `sync`.
//!
//! A mutation is an operation of the sync contract whose kind and target stand in the method and the path. It goes
//! through the very same function of the service.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use holdfast_contract::history::PlaceVersion;
use holdfast_contract::limits::HISTORY_MAX;
use holdfast_contract::{Code, FieldCode, FieldError, Operation, OperationOutcome, Outcome, Place, Problem, Target};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::auth::Acting;
use crate::examples;
use crate::json::{JsonBody, OptionalObject};
use crate::outcome::refusal_of;
use crate::parameters::{Parameters, PlaceInPath};
use crate::problem::Refusal;
use crate::schemas;
use crate::state::ApiState;

/// What a place was before.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlaceHistory {
    /// The superseded versions, newest first.
    history: Vec<PlaceVersion>,
    /// There are older ones: `before` of the next page. Absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

/// Saves a place.
///
/// The client id makes it one place for ever: sent again, however often, it answers 200 with the place as it is now.
#[utoipa::path(post, path = "/v1/places", tag = "places",
    request_body(content = schemas::NewPlaceRequest, example = json!(examples::new_place())),
    responses(
        (status = 201, description = "Saved.", headers(("Location" = String, description = "Where the place is.")), body = OperationOutcome, example = json!(examples::applied())),
        (status = 200, description = "It was known already.", body = OperationOutcome),
    ),
    extensions(("x-problems" = json!(["gone", "invalid", "op_id_reused", "plan_limit_reached"]))))]
pub(crate) async fn create_place(
    State(state): State<ApiState>,
    Acting(actor): Acting,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Response, Refusal> {
    let operation = read_operation(&state, "create", None, body)?;
    let outcome = state.service.apply(actor, operation).await?;
    if let Outcome::Applied { place, .. } = &outcome.outcome {
        let mut headers = HeaderMap::new();
        if let Ok(location) = HeaderValue::from_str(&format!("/v1/places/{}", place.id)) {
            headers.insert(header::LOCATION, location);
        }
        return Ok((StatusCode::CREATED, headers, Json(outcome)).into_response());
    }
    Ok(answer(outcome)?.into_response())
}

/// One place.
#[utoipa::path(get, path = "/v1/places/{id}", tag = "places", params(schemas::PlaceIdInPath),
    responses((status = 200, description = "The place. In the trash, it has `deletedAt`.", body = Place, example = json!(examples::place()))),
    extensions(("x-problems" = json!(["invalid_parameter", "not_found", "gone"]))))]
pub(crate) async fn get_place(
    State(state): State<ApiState>,
    Acting(actor): Acting,
    PlaceInPath(target): PlaceInPath,
) -> Result<Json<Place>, Refusal> {
    Ok(Json(state.service.get_place(actor, target).await?))
}

/// Changes fields of a place.
///
/// Every changed field says what it was when the person decided. Where that is no longer so, nothing is changed and the
/// answer is 409 with the place as it is.
#[utoipa::path(patch, path = "/v1/places/{id}", tag = "places", params(schemas::PlaceIdInPath),
    request_body(content = schemas::UpdateRequest, example = json!(examples::update())),
    responses((status = 200, description = "Changed, or already so.", body = OperationOutcome, example = json!(examples::applied()))),
    extensions(("x-problems" = json!(["invalid_parameter", "forbidden", "not_found", "conflict", "gone", "invalid", "op_id_reused"]))))]
pub(crate) async fn update_place(
    State(state): State<ApiState>,
    Acting(actor): Acting,
    PlaceInPath(target): PlaceInPath,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<OperationOutcome>, Refusal> {
    let operation = read_operation(&state, "update", Some(target), body)?;
    answer(state.service.apply(actor, operation).await?)
}

/// Puts a place into the trash.
///
/// It stays there for 30 days, or as long as the server is set to. `baseVersion` is the version the person saw; without
/// it only a place that has not changed since it was saved is deleted.
#[utoipa::path(delete, path = "/v1/places/{id}", tag = "places",
    params(schemas::PlaceIdInPath,
        ("baseVersion" = Option<i64>, Query, description = "The version the person saw.", minimum = 0)),
    request_body(content = Option<schemas::VersionedRequest>, description = "May be left out.",
        example = json!({"baseVersion": 3})),
    responses((status = 200, description = "In the trash.", body = OperationOutcome)),
    extensions(("x-problems" = json!(["invalid_parameter", "forbidden", "not_found", "conflict", "gone", "invalid", "op_id_reused"]))))]
pub(crate) async fn delete_place(
    State(state): State<ApiState>,
    Acting(actor): Acting,
    PlaceInPath(target): PlaceInPath,
    mut query: Parameters,
    OptionalObject(mut body): OptionalObject,
) -> Result<Json<OperationOutcome>, Refusal> {
    let base_version = query.number("baseVersion", 0, i64::MAX);
    query.finish()?;
    if let Some(version) = base_version {
        body.entry("baseVersion").or_insert(version.into());
    }
    let operation = read_operation(&state, "delete", Some(target), body)?;
    let outcome = state.service.apply(actor, operation).await?;
    if matches!(outcome.outcome, Outcome::Gone { .. }) {
        let detail = "Nothing is left to delete. If this was your own place or capture, it can't come back.";
        return Err(Refusal::of_outcome(Problem::new(Code::Gone, detail), outcome));
    }
    answer(outcome)
}

/// Takes a place out of the trash.
#[utoipa::path(post, path = "/v1/places/{id}/restore", tag = "places", params(schemas::PlaceIdInPath),
    request_body(content = schemas::RestoreRequest, example = json!({"baseVersion": 4})),
    responses((status = 200, description = "Out of the trash.", body = OperationOutcome)),
    extensions(("x-problems" = json!(["invalid_parameter", "forbidden", "not_found", "conflict", "gone", "invalid", "op_id_reused", "plan_limit_reached"]))))]
pub(crate) async fn restore_place(
    State(state): State<ApiState>,
    Acting(actor): Acting,
    PlaceInPath(target): PlaceInPath,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<OperationOutcome>, Refusal> {
    // Without it the operation would mean "as it was captured", which nothing in the trash is.
    if body.get("baseVersion").is_none_or(Value::is_null) {
        let detail = "is missing; give the version of the place that you saw in the trash";
        return Err(Problem::invalid(vec![FieldError::new("baseVersion", FieldCode::Required, detail)]).into());
    }
    let operation = read_operation(&state, "restore", Some(target), body)?;
    answer(state.service.apply(actor, operation).await?)
}

/// Gives a place a better GPS fix.
///
/// Taken only while the position is a fix and the new one is more accurate; otherwise nothing changes. It never conflicts.
#[utoipa::path(post, path = "/v1/places/{id}/refine", tag = "places", params(schemas::PlaceIdInPath),
    request_body(content = schemas::RefineRequest, example = json!(examples::refine())),
    responses((status = 200, description = "Taken, or not better.", body = OperationOutcome)),
    extensions(("x-problems" = json!(["invalid_parameter", "forbidden", "not_found", "conflict", "gone", "invalid", "op_id_reused"]))))]
pub(crate) async fn refine_place(
    State(state): State<ApiState>,
    Acting(actor): Acting,
    PlaceInPath(target): PlaceInPath,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<OperationOutcome>, Refusal> {
    let operation = read_operation(&state, "refine", Some(target), body)?;
    answer(state.service.apply(actor, operation).await?)
}

/// What one's own place was before.
#[utoipa::path(get, path = "/v1/places/{id}/history", tag = "places",
    params(schemas::PlaceIdInPath,
        ("before" = Option<i64>, Query, description = "Only versions before this one.", minimum = 1),
        ("limit" = Option<u32>, Query, description = "Most versions on the page.", minimum = 1, maximum = 500)),
    responses((status = 200, description = "The superseded versions.", body = PlaceHistory)),
    extensions(("x-problems" = json!(["invalid_parameter", "forbidden", "not_found", "gone"]))))]
pub(crate) async fn place_history(
    State(state): State<ApiState>,
    Acting(actor): Acting,
    PlaceInPath(target): PlaceInPath,
    mut query: Parameters,
) -> Result<Json<PlaceHistory>, Refusal> {
    let before = query.number("before", 1, i64::MAX);
    let limit = query.number("limit", 1, HISTORY_MAX);
    query.finish()?;
    let (history, next) = state.service.place_history(actor, target, before, limit).await?;
    Ok(Json(PlaceHistory { history, next }))
}

/// The operation that a body, its path and its method make together. Without an `opId` of its own it gets a new one.
fn read_operation(
    state: &ApiState,
    kind: &str,
    target: Option<Target>,
    mut body: Map<String, Value>,
) -> Result<Operation, Refusal> {
    body.insert("kind".to_owned(), kind.into());
    if body.get("opId").is_none_or(Value::is_null) {
        body.insert("opId".to_owned(), state.service.new_op_id().to_string().into());
    }
    // The path names the place; a body can't name another.
    match target {
        Some(Target::Own(client_id)) => {
            body.remove("id");
            body.insert("clientId".to_owned(), client_id.to_string().into());
        }
        Some(Target::Id(id)) => {
            body.remove("clientId");
            body.insert("id".to_owned(), id.to_string().into());
        }
        None => {}
    }
    let bytes = Value::Object(body).to_string();
    Operation::parse(bytes.as_bytes()).map_err(|unreadable| unreadable.problem.into())
}

/// The outcome where the place is as it was wanted, otherwise the problem that says why not.
fn answer(outcome: OperationOutcome) -> Result<Json<OperationOutcome>, Refusal> {
    match refusal_of(&outcome) {
        None => Ok(Json(outcome)),
        Some(refusal) => Err(refusal),
    }
}
