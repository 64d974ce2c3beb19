//! `/places/browse`: every category and tag, with how many places have it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use holdfast_contract::overview::FacetValue;

use crate::failure::Failure;
use crate::shell::{self, Part, Shell};
use crate::state::WebState;
use crate::viewer::Viewer;

#[derive(Template)]
#[template(path = "browse.html")]
struct BrowsePage {
    shell: Shell,
    categories: Vec<Value>,
    tags: Vec<Value>,
}

struct Value {
    word: String,
    count: u64,
    address: String,
}

fn values(name: &str, values: Vec<FacetValue>) -> Vec<Value> {
    let address = |value: &str| {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
        format!("/places?{query}")
    };
    values.into_iter().map(|v| Value { address: address(&v.value), word: v.value, count: v.count }).collect()
}

/// The page.
pub(crate) async fn page(State(state): State<WebState>, Viewer(actor): Viewer) -> Result<Response, Failure> {
    let facets = state.service.facets(actor).await?;
    Ok(shell::page(&BrowsePage {
        shell: Shell::of(&state, actor, Part::Places, "Categories and tags"),
        categories: values("category", facets.categories),
        tags: values("tag", facets.tags),
    }))
}
