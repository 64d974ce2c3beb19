//! The devices of an account.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use holdfast_contract::account::Device;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Acting;
use crate::parameters::DeviceInPath;
use crate::problem::Refusal;
use crate::state::ApiState;

/// The devices and browsers of an account.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeviceList {
    /// Newest first.
    devices: Vec<Device>,
}

/// The devices and browsers that are signed in.
#[utoipa::path(get, path = "/v1/devices", tag = "account",
    responses((status = 200, description = "The devices, newest first.", body = DeviceList)))]
pub(crate) async fn list_devices(
    State(state): State<ApiState>,
    Acting(actor): Acting,
) -> Result<Json<DeviceList>, Refusal> {
    Ok(Json(DeviceList { devices: state.service.list_devices(actor).await? }))
}

/// Signs a device out from afar.
///
/// It is served nothing from this moment on. What it has not sent yet stays on it.
#[utoipa::path(delete, path = "/v1/devices/{id}", tag = "account",
    params(("id" = holdfast_contract::DeviceId, Path, description = "The device.")),
    responses((status = 204, description = "Signed out.")),
    extensions(("x-problems" = json!(["invalid_parameter", "not_found"]))))]
pub(crate) async fn revoke_device(
    State(state): State<ApiState>,
    Acting(actor): Acting,
    DeviceInPath(device): DeviceInPath,
) -> Result<StatusCode, Refusal> {
    state.service.revoke_device(actor, device).await?;
    Ok(StatusCode::NO_CONTENT)
}
