//! Many places at once: a page of a list, all of them on a map, what they have in common.

use axum::Json;
use axum::extract::State;
use holdfast_contract::limits::{CATEGORY_MAX, LIST_PLACES_MAX, NAME_MAX, TAG_MAX};
use holdfast_contract::overview::{Facets, MapPlaces};
use holdfast_contract::text::Text;
use holdfast_contract::{BoundingBox, FieldCode, FieldError, Place, PlaceOrder};
use holdfast_service::{MapView, PlaceFilter};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Acting;
use crate::examples;
use crate::parameters::Parameters;
use crate::problem::Refusal;
use crate::state::ApiState;

/// A page of places.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlaceList {
    /// The places, in the order that was asked for.
    places: Vec<Place>,
    /// Names the next page, as its `after`; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// Names the page in front of this one, as its `before`; absent on the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<String>,
}

/// The places one can see.
///
/// Latest captured first, unless another order is asked for. Filters are combined with "and". The trash is listed by itself.
#[utoipa::path(get, path = "/v1/places", tag = "places",
    params(
        ("q" = Option<String>, Query, description = "Words to look for in names, notes, categories and tags.", max_length = 200),
        ("category" = Option<String>, Query, description = "Only this category.", max_length = 40),
        ("tag" = Option<Vec<String>>, Query, description = "Only places with this tag; given several times, with every one of them.", max_items = 20),
        ("source" = Option<holdfast_contract::Source>, Query, description = "Only places captured by this."),
        ("trash" = Option<bool>, Query, description = "The trash instead of the live places."),
        ("since" = Option<holdfast_contract::Timestamp>, Query, description = "Captured at this time or later."),
        ("until" = Option<holdfast_contract::Timestamp>, Query, description = "Captured before this time."),
        ("bbox" = Option<String>, Query, description = "Only places in this box: `west,south,east,north` in degrees. With west greater than east it crosses the antimeridian.", example = "5.9,45.8,10.5,47.8"),
        ("shared" = Option<holdfast_contract::SharedFilter>, Query, description = "Only places seen by these."),
        ("sort" = Option<PlaceOrder>, Query, description = "The order; `captured` if absent."),
        ("limit" = Option<u32>, Query, description = "Places on the page; 50 if absent.", minimum = 1, maximum = 200),
        ("after" = Option<String>, Query, description = "The `next` of the page before, in the same order."),
        ("before" = Option<String>, Query, description = "The `previous` of the page behind, in the same order. Not together with `after`."),
    ),
    responses((status = 200, description = "A page of places.", body = PlaceList, example = json!(examples::place_list()))),
    extensions(("x-problems" = json!(["invalid_parameter"]))))]
pub(crate) async fn list_places(
    State(state): State<ApiState>,
    Acting(actor): Acting,
    mut query: Parameters,
) -> Result<Json<PlaceList>, Refusal> {
    let filter = PlaceFilter {
        sort: query.word("sort").unwrap_or_default(),
        limit: query.number("limit", 1, LIST_PLACES_MAX),
        after: query.text("after"),
        before: query.text("before"),
        ..filter(&mut query, "bbox")
    };
    query.finish()?;
    let page = state.service.list_places(actor, &filter).await?;
    Ok(Json(PlaceList { places: page.places, next: page.next, previous: page.previous }))
}

/// The places one can see, on a map.
///
/// With the filters of the list, and without pages. Each place is named where at most 10,000 match. Where more match, those in
/// the view (`bbox` and `zoom`) are clustered, about 64 pixels a cluster; without a view, the whole world at zoom 1.
#[utoipa::path(get, path = "/v1/places/map", tag = "places",
    params(
        ("q" = Option<String>, Query, description = "Words to look for in names, notes, categories and tags.", max_length = 200),
        ("category" = Option<String>, Query, description = "Only this category.", max_length = 40),
        ("tag" = Option<Vec<String>>, Query, description = "Only places with this tag; given several times, with every one of them.", max_items = 20),
        ("source" = Option<holdfast_contract::Source>, Query, description = "Only places captured by this."),
        ("trash" = Option<bool>, Query, description = "The trash instead of the live places."),
        ("since" = Option<holdfast_contract::Timestamp>, Query, description = "Captured at this time or later."),
        ("until" = Option<holdfast_contract::Timestamp>, Query, description = "Captured before this time."),
        ("within" = Option<String>, Query, description = "Only places in this box: `west,south,east,north` in degrees. With west greater than east it crosses the antimeridian.", example = "5.9,45.8,10.5,47.8"),
        ("shared" = Option<holdfast_contract::SharedFilter>, Query, description = "Only places seen by these."),
        ("bbox" = Option<String>, Query, description = "The part of the world that is looked at, as `within`. Together with `zoom`.", example = "5.9,45.8,10.5,47.8"),
        ("zoom" = Option<f64>, Query, description = "How close: at 0 the world is 512 pixels wide, at each further one twice as wide. Together with `bbox`.", minimum = 0, maximum = 24),
    ),
    responses((status = 200, description = "The places, or clusters of them.", body = MapPlaces, example = json!(examples::map()))),
    extensions(("x-problems" = json!(["invalid_parameter"]))))]
pub(crate) async fn map_places(
    State(state): State<ApiState>,
    Acting(actor): Acting,
    mut query: Parameters,
) -> Result<Json<MapPlaces>, Refusal> {
    let filter = filter(&mut query, "within");
    let bbox = query.read("bbox", |text| BoundingBox::parse("bbox", text));
    let zoom = query.read("zoom", |text| match text.trim().parse::<f64>() {
        Ok(zoom) if (0.0..=24.0).contains(&zoom) => Ok(zoom),
        _ => Err(FieldError::new("zoom", FieldCode::OutOfRange, "must be a number from 0 to 24")),
    });
    query.finish()?;
    let view = match (bbox, zoom) {
        (Some(bbox), Some(zoom)) => Some(MapView { bbox, zoom }),
        (None, None) => None,
        (Some(_), None) => return Err(missing("zoom", "bbox")),
        (None, Some(_)) => return Err(missing("bbox", "zoom")),
    };
    Ok(Json(state.service.map_places(actor, &filter, view).await?))
}

/// What the places one can see have in common.
///
/// Categories and tags of the live places, the most used first, at most 500 of each.
#[utoipa::path(get, path = "/v1/places/facets", tag = "places",
    responses((status = 200, description = "Categories and tags.", body = Facets, example = json!(examples::facets()))))]
pub(crate) async fn place_facets(
    State(state): State<ApiState>,
    Acting(actor): Acting,
) -> Result<Json<Facets>, Refusal> {
    Ok(Json(state.service.facets(actor).await?))
}

/// What lists and maps have in common.
fn filter(query: &mut Parameters, box_name: &str) -> PlaceFilter {
    PlaceFilter {
        q: query.read("q", |text| plain_text::<NAME_MAX>("q", text)).flatten(),
        category: query.read("category", |text| plain_text::<CATEGORY_MAX>("category", text)).flatten(),
        tags: query.each("tag", |text| plain_text::<TAG_MAX>("tag", text)),
        source: query.word("source"),
        trash: query.flag("trash"),
        since: query.time("since"),
        until: query.time("until"),
        bbox: query.read(box_name, |text| BoundingBox::parse(box_name, text)),
        shared: query.word("shared"),
        ..PlaceFilter::default()
    }
}

fn missing(name: &str, beside: &str) -> Refusal {
    let detail = format!("is missing; {beside} is only understood together with it");
    Refusal::parameters(vec![FieldError::new(name, FieldCode::Required, detail)])
}

fn plain_text<const MAX: usize>(name: &str, text: &str) -> Result<Option<String>, FieldError> {
    Text::<MAX>::parse(text).map(|text| text.map(Text::into_string)).map_err(|error| error.at(name))
}
