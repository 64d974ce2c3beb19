//! `/trash`: what was deleted and can be restored.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use holdfast_contract::PlaceOrder;
use holdfast_service::PlaceFilter;
use serde::Deserialize;

use super::places::list::Row;
use crate::failure::Failure;
use crate::shell::{self, Part, Shell};
use crate::state::WebState;
use crate::viewer::Viewer;

const PAGE: u32 = 50;

#[derive(Template)]
#[template(path = "trash.html")]
struct TrashPage {
    shell: Shell,
    account: String,
    rows: Vec<(Row, String)>,
    next: Option<String>,
    previous: Option<String>,
    days: u32,
}

#[derive(Deserialize)]
pub(crate) struct Parameters {
    done: Option<String>,
    after: Option<String>,
    before: Option<String>,
}

/// The list.
pub(crate) async fn page(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    Query(parameters): Query<Parameters>,
) -> Result<Response, Failure> {
    let filter = PlaceFilter {
        trash: true,
        // What went there last comes first: nothing else changes in the trash.
        sort: PlaceOrder::Updated,
        limit: Some(PAGE),
        after: parameters.after,
        before: parameters.before,
        ..PlaceFilter::default()
    };
    let page = state.service.list_rows(actor, &filter).await?;
    let rows =
        page.rows.iter().map(|row| (Row::new(&state, &row.place, &row.audience), shell::op_id(&state).to_string()));
    Ok(shell::page(&TrashPage {
        rows: rows.collect(),
        shell: Shell::of(&state, actor, Part::Trash, "Trash").at(page.seq).after(parameters.done.as_deref()),
        account: actor.user.to_string(),
        next: page.next.map(|cursor| format!("/trash?after={cursor}")),
        previous: page.previous.map(|cursor| format!("/trash?before={cursor}")),
        days: state.service.settings().trash_days,
    }))
}
