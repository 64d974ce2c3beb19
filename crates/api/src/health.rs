//! Whether the process lives and can serve, and its metrics.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use holdfast_contract::{Code, FieldCode, FieldError, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Refusal;
use crate::state::ApiState;

/// One thing the server needs in order to serve.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Check {
    /// What was looked at: `database`, `migrations`, …
    #[schema(value_type = String)]
    pub name: &'static str,
    /// Whether it is as it must be.
    pub ok: bool,
    /// What was found, for whoever runs the server. Anybody may read it: no addresses, no secrets.
    pub detail: String,
}

/// Looks at what the server needs in order to serve.
pub trait Health: Send + Sync {
    /// Every check, made now.
    fn ready(&self) -> BoxFuture<'_, Vec<Check>>;
}

/// Has nothing to look at.
pub(crate) struct AlwaysReady;

impl Health for AlwaysReady {
    fn ready(&self) -> BoxFuture<'_, Vec<Check>> {
        Box::pin(async { Vec::new() })
    }
}

/// The process lives.
#[derive(Serialize, ToSchema)]
pub(crate) struct Live {
    /// Always `live`.
    #[schema(value_type = String, example = "live")]
    status: &'static str,
}

/// The server can serve.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ready {
    /// Always `ready`.
    #[schema(value_type = String, example = "ready")]
    status: &'static str,
    /// What was looked at.
    checks: Vec<Check>,
}

/// Whether the process lives.
///
/// Looks at nothing else: a process that answers should not be restarted because its database is away.
#[utoipa::path(get, path = "/health/live", tag = "server",
    responses((status = 200, description = "It lives.", body = Live)))]
pub(crate) async fn live() -> Json<Live> {
    Json(Live { status: "live" })
}

/// Whether the server can serve.
///
/// Looks at the database and its migrations. A balancer should send nothing here while this answers 503.
#[utoipa::path(get, path = "/health/ready", tag = "server",
    responses((status = 200, description = "It can serve.", body = Ready)))]
pub(crate) async fn ready(State(state): State<ApiState>) -> Result<Json<Ready>, Refusal> {
    let checks = state.settings.health.ready().await;
    let failed = |check: &&Check| !check.ok;
    if checks.iter().any(|check| !check.ok) {
        let error = |check: &Check| FieldError::new(check.name, FieldCode::Inconsistent, check.detail.clone());
        let errors: Vec<_> = checks.iter().filter(failed).map(error).collect();
        let names: Vec<_> = errors.iter().map(|e| e.field.as_str()).collect();
        let detail = format!("Not ready: {}. Try again in a little while.", names.join(", "));
        return Err(Problem { errors, ..Problem::new(Code::Unavailable, detail).with_retry_after(5) }.into());
    }
    Ok(Json(Ready { status: "ready", checks }))
}

/// The process's metrics in the Prometheus text format.
///
/// Counts and durations by route template and code. No coordinate, name, note, token or id is in them.
#[utoipa::path(get, path = "/metrics", tag = "server",
    responses((status = 200, description = "The metrics.", body = String, content_type = "text/plain")),
    extensions(("x-problems" = json!(["not_found"]))))]
pub(crate) async fn metrics(State(state): State<ApiState>) -> Result<Response, Refusal> {
    let Some(render) = &state.settings.metrics else {
        return Err(Refusal::new(Code::NotFound, "This server does not offer metrics."));
    };
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], render()).into_response())
}
