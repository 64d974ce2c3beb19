//! `/`: the way in.

use axum::extract::State;
use axum::http::{Extensions, HeaderMap, Method};
use axum::response::Redirect;

use crate::failure::Failure;
use crate::state::WebState;

/// To one's places, to the first account, or to the sign-in.
pub(crate) async fn page(
    State(state): State<WebState>,
    headers: HeaderMap,
    extensions: Extensions,
) -> Result<Redirect, Failure> {
    if state.front.admit(&Method::GET, &headers, &extensions).await.is_ok() {
        return Ok(Redirect::to("/places"));
    }
    let needed = state.service.setup_status().await?.needed;
    Ok(Redirect::to(if needed { "/setup" } else { "/sign-in" }))
}
