//! The signed-in account.

use axum::Json;
use axum::extract::State;
use holdfast_contract::account::Account;

use crate::auth::Acting;
use crate::examples;
use crate::problem::Refusal;
use crate::state::ApiState;

/// The signed-in account, with what its plan allows and what is used.
#[utoipa::path(get, path = "/v1/account", tag = "account",
    responses((status = 200, description = "The account.", body = Account, example = json!(examples::account()))))]
pub(crate) async fn get_account(
    State(state): State<ApiState>,
    Acting(actor): Acting,
) -> Result<Json<Account>, Refusal> {
    Ok(Json(state.service.account(actor).await?))
}
