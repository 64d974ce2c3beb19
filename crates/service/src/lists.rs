//! Many places: a page of a list, with or without who else sees them, all of them on a map, what they have in common.

mod key;

use holdfast_contract::limits::{FILTER_TAGS_MAX, LIST_PLACES_DEFAULT, LIST_PLACES_MAX, MAP_CLUSTERS_MAX};
use holdfast_contract::overview::{Facets, MapPlaces};
use holdfast_contract::text::Text;
use holdfast_contract::{
    BoundingBox, Category, FieldCode, Name, Place, PlaceOrder, SharedFilter, Source, Tag, Timestamp,
};
use holdfast_store::places::{self, Filter, From, ListQuery, ListedRow, View};
use serde::Serialize;

pub use holdfast_store::places::Audience;

use crate::service::finish;
use crate::{Actor, Error, Service, visibility};

/// Most places on a page of an export.
const EXPORT_PAGE: i64 = 500;
/// So many cells side by side show the whole world at zoom 0: 64 pixels each, where the world is 512 pixels wide.
const CELLS_AT_ZOOM_0: f64 = 8.0;
/// The deepest zoom of a map.
const ZOOM_MAX: f64 = 24.0;

/// Which places, in which order, and which page of them.
#[derive(Clone, Debug, Default)]
pub struct PlaceFilter {
    /// Contained in name, note, category or a tag, whatever the case.
    pub q: Option<String>,
    /// Of this category.
    pub category: Option<String>,
    /// With every one of these tags.
    pub tags: Vec<String>,
    /// Captured by this. Finds one's own places only: what captured them is the owner's alone.
    pub source: Option<Source>,
    /// One's own trash instead of the live places.
    pub trash: bool,
    /// Captured at or after.
    pub since: Option<Timestamp>,
    /// Captured before.
    pub until: Option<Timestamp>,
    /// In this box.
    pub bbox: Option<BoundingBox>,
    /// By who sees them.
    pub shared: Option<SharedFilter>,
    /// The order; maps have none.
    pub sort: PlaceOrder,
    /// Most places on the page; brought within what is allowed. Maps have no pages.
    pub limit: Option<u32>,
    /// The page behind this one: its `next`.
    pub after: Option<String>,
    /// The page in front of this one: its `previous`. Not together with `after`.
    pub before: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlacePage {
    /// The places.
    pub places: Vec<Place>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Where the page before ends; absent on the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
}

/// A page of a list with what stands around it, of one moment.
#[derive(Clone, Debug)]
pub struct RowPage {
    /// The places.
    pub rows: Vec<Row>,
    /// `after` of the next page; `None` on the last.
    pub next: Option<String>,
    /// `before` of the page in front; `None` on the first.
    pub previous: Option<String>,
    /// The newest number of the actor's feed.
    pub seq: i64,
    /// How many live places are the actor's own.
    pub live_places: i64,
}

/// A place, and who else sees it.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// The place as the actor sees it.
    pub place: Place,
    /// Who else sees it, as far as the actor may know.
    pub audience: Audience,
}

/// What of a map is looked at.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MapView {
    /// The part of the world.
    pub bbox: BoundingBox,
    /// How close, 0 to 24: at zoom 0 the world is 512 pixels wide, at each further one twice as wide.
    pub zoom: f64,
}

impl Service {
    /// A page of the places that the actor sees: their own and those shared with them, or their own trash.
    pub async fn list_places(&self, actor: Actor, filter: &PlaceFilter) -> Result<PlacePage, Error> {
        let parsed = Parsed::of(filter)?;
        let query = parsed.query(filter)?;
        let mut tx = self.pool().begin_list_as(actor).await?;
        let rows = places::list(&mut tx, actor, &query).await;
        let page = Page::cut(finish(tx, rows).await?, &query);
        let places = page.rows.iter().filter_map(|row| visibility::show(actor, &row.reading)).collect();
        Ok(PlacePage { places, next: page.next, previous: page.previous })
    }

    /// The same page with who else sees each place, and with the head of the actor's feed, all of one moment.
    pub async fn list_rows(&self, actor: Actor, filter: &PlaceFilter) -> Result<RowPage, Error> {
        let parsed = Parsed::of(filter)?;
        let query = parsed.query(filter)?;
        let mut tx = self.pool().begin_list_as(actor).await?;
        let found = places::rows(&mut tx, actor, &query).await;
        let found = finish(tx, found).await?;
        let page = Page::cut(found.rows, &query);
        let rows = page.rows.into_iter().filter_map(|row| {
            let place = visibility::show(actor, &row.reading)?;
            Some(Row { place, audience: row.audience })
        });
        let (seq, live_places) = (found.seq, found.live_places);
        Ok(RowPage { rows: rows.collect(), next: page.next, previous: page.previous, seq, live_places })
    }

    /// All places of a list on a map: each of them where they are at most 10,000, otherwise clusters of those in the view;
    /// without a view, of the whole world at zoom 1. Order and page of the filter don't matter.
    pub async fn map_places(
        &self,
        actor: Actor,
        filter: &PlaceFilter,
        view: Option<MapView>,
    ) -> Result<MapPlaces, Error> {
        let parsed = Parsed::of(filter)?;
        let view = grid(view.unwrap_or(MapView { bbox: BoundingBox::WORLD, zoom: 1.0 }))?;
        let mut tx = self.pool().begin_as(actor).await?;
        let map = places::map(&mut tx, actor, &parsed.filter(filter), view).await;
        Ok(finish(tx, map).await?)
    }

    /// The categories and tags of the live places that the actor sees, the most used first, at most 500 of each.
    pub async fn facets(&self, actor: Actor) -> Result<Facets, Error> {
        let mut tx = self.pool().begin_as(actor).await?;
        let facets = places::facets(&mut tx, actor).await;
        Ok(finish(tx, facets).await?)
    }

    /// The actor's own live places, the earliest captured first, 500 a page; and `after` of the next page, unless this is the
    /// last. Each page is of its own moment: a place that is captured behind the pages already read comes later, one that is
    /// deleted meanwhile does not.
    pub async fn export_places(
        &self,
        actor: Actor,
        after: Option<&str>,
    ) -> Result<(Vec<Place>, Option<String>), Error> {
        let order = PlaceOrder::CapturedAsc;
        let from = after.map(|text| key::open("after", text, order)).transpose()?.map(From::After);
        let filter = Filter { shared: Some(SharedFilter::Mine), ..Filter::default() };
        let query = ListQuery { filter, order, from, limit: EXPORT_PAGE + 1 };
        let mut tx = self.pool().begin_list_as(actor).await?;
        let rows = places::list(&mut tx, actor, &query).await;
        let page = Page::cut(finish(tx, rows).await?, &query);
        Ok((page.rows.iter().filter_map(|row| visibility::show(actor, &row.reading)).collect(), page.next))
    }
}

/// A search without the `#` in front of its words: so tags are shown, and so people type them.
fn without_hashes(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        let rest = word.trim_start_matches('#');
        bare.push_str(if rest.trim().is_empty() { word } else { rest });
    }
    bare
}

/// The values of a filter, normalised as the fields themselves are.
struct Parsed {
    text: Option<Name>,
    category: Option<Category>,
    tags: Vec<Tag>,
}

impl Parsed {
    fn of(filter: &PlaceFilter) -> Result<Self, Error> {
        if filter.tags.len() > FILTER_TAGS_MAX {
            let detail = format!("is there more than {FILTER_TAGS_MAX} times");
            return Err(Error::invalid_parameter("tag", FieldCode::TooMany, &detail));
        }
        let tags = filter.tags.iter().filter_map(|tag| parse("tag", Some(tag)).transpose());
        Ok(Self {
            text: parse("q", filter.q.as_deref().map(without_hashes).as_deref())?,
            category: parse("category", filter.category.as_deref())?,
            tags: tags.collect::<Result<_, _>>()?,
        })
    }

    fn filter(&self, filter: &PlaceFilter) -> Filter<'_> {
        Filter {
            text: self.text.as_ref().map(Text::as_str),
            category: self.category.as_ref().map(Text::as_str),
            tags: self.tags.iter().map(Text::as_str).collect(),
            source: filter.source,
            since: filter.since,
            until: filter.until,
            within: filter.bbox,
            shared: filter.shared,
            trash: filter.trash,
        }
    }

    fn query(&self, filter: &PlaceFilter) -> Result<ListQuery<'_>, Error> {
        let order = filter.sort;
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let from = match (given(&filter.after), given(&filter.before)) {
            (None, None) => None,
            (Some(after), None) => Some(From::After(key::open("after", &after, order)?)),
            (None, Some(before)) => Some(From::Before(key::open("before", &before, order)?)),
            (Some(_), Some(_)) => {
                let detail = "can't stand together with after; a page lies behind a place or in front of it";
                return Err(Error::invalid_parameter("before", FieldCode::Inconsistent, detail));
            }
        };
        let limit = filter.limit.unwrap_or(LIST_PLACES_DEFAULT).clamp(1, LIST_PLACES_MAX);
        Ok(ListQuery { filter: self.filter(filter), order, from, limit: i64::from(limit) + 1 })
    }
}

/// A page without the row too many that was read to see whether the list goes on, and the ways on from it.
struct Page {
    rows: Vec<ListedRow>,
    next: Option<String>,
    previous: Option<String>,
}

impl Page {
    fn cut(mut rows: Vec<ListedRow>, query: &ListQuery<'_>) -> Self {
        let most = usize::try_from(query.limit - 1).unwrap_or(usize::MAX);
        let more = rows.len() > most;
        let backwards = matches!(query.from, Some(From::Before(_)));
        if more && backwards {
            rows.remove(0);
        } else if more {
            rows.truncate(most);
        }
        let seal = |row: Option<&ListedRow>| row.map(|row| key::seal(&row.key, query.order));
        let (first, last) = (seal(rows.first()), seal(rows.last()));
        // Where a page was gone to there is a way back, even from one that turned out to be empty.
        let (next, previous) = match &query.from {
            None => (last.filter(|_| more), None),
            Some(From::After(key)) => {
                let back = || key::seal(&key::moved(key, query.order, true), query.order);
                (last.filter(|_| more), Some(first.unwrap_or_else(back)))
            }
            Some(From::Before(key)) => {
                let on = || key::seal(&key::moved(key, query.order, false), query.order);
                (Some(last.unwrap_or_else(on)), first.filter(|_| more))
            }
        };
        Self { rows, next, previous }
    }
}

/// The grid of a view: about 64 pixels a cell, coarser where that would be too many.
fn grid(view: MapView) -> Result<View, Error> {
    if !(0.0..=ZOOM_MAX).contains(&view.zoom) {
        return Err(Error::invalid_parameter("zoom", FieldCode::OutOfRange, "must be a number from 0 to 24"));
    }
    let within = view.bbox;
    let height = mercator(within.south()) - mercator(within.north());
    let mut cells = CELLS_AT_ZOOM_0 * view.zoom.round().exp2();
    // A row or column more than fits may be touched, and the seam at the antimeridian splits one.
    while (within.width() / 360.0 * cells + 2.0) * (height * cells + 1.0) > f64::from(MAP_CLUSTERS_MAX) && cells > 1.0 {
        cells /= 2.0;
    }
    Ok(View { within, cells })
}

/// How far south of the north end of web mercator's square, as a part of it.
fn mercator(latitude: f64) -> f64 {
    let bounded = latitude.clamp(-85.051_128, 85.051_128);
    (1.0 - bounded.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0
}

/// Normalises a text filter as the field itself is normalised.
fn parse<const MAX: usize>(name: &str, raw: Option<&str>) -> Result<Option<Text<MAX>>, Error> {
    let Some(raw) = raw else { return Ok(None) };
    Text::parse(raw).map_err(|error| {
        let error = error.at(name);
        Error::invalid_parameter(name, error.code, &error.detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_view_has_more_clusters_than_a_map_may_have() {
        for zoom in 0..=24 {
            for (west, south, east, north) in [
                (-180.0, -90.0, 180.0, 90.0),
                (170.0, -10.0, -170.0, 10.0),
                (8.0, 47.0, 8.5, 47.2),
                (1.0, 1.0, 1.0, 1.0),
            ] {
                let bbox = BoundingBox::new("bbox", west, south, east, north).unwrap();
                let View { cells, .. } = grid(MapView { bbox, zoom: f64::from(zoom) }).unwrap();
                let rows = (mercator(south) - mercator(north)) * cells + 1.0;
                assert!((bbox.width() / 360.0 * cells + 2.0) * rows <= 2000.0, "{bbox:?} at {zoom}: {cells}");
            }
        }
        assert!(grid(MapView { bbox: BoundingBox::WORLD, zoom: 25.0 }).is_err());
        assert!(grid(MapView { bbox: BoundingBox::WORLD, zoom: f64::NAN }).is_err());
    }
}
