//! `/places`: the list, with its map beside it.

use askama::Template;
use axum::extract::{Query, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use holdfast_contract::{Code, Place, Role};
use holdfast_service::{Actor, Audience};

use super::filter::Filters;
use crate::failure::Failure;
use crate::pages::Done;
use crate::shell::{self, Part, Shell};
use crate::show::{self, Time};
use crate::state::WebState;
use crate::viewer::Viewer;

/// Places on a page.
const PAGE: u32 = 50;

#[derive(Template)]
#[template(path = "places/list.html")]
struct ListPage {
    shell: Shell,
    filters: Filters,
    chips: Vec<(String, String)>,
    rows: Vec<Row>,
    next: Option<String>,
    previous: Option<String>,
    points: String,
    count: String,
    /// There is not one place of one's own yet.
    is_empty: bool,
    /// Why nothing is listed: a filter can't be taken.
    problem: Option<String>,
    url: String,
}

/// A place as a line of a list.
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) version: i64,
    pub(crate) name: Option<String>,
    /// Where it is, for one that has no name.
    pub(crate) near: Option<String>,
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
    pub(crate) coordinates: String,
    pub(crate) category: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) captured: Time,
    pub(crate) deleted: Option<Time>,
    pub(crate) audience: Seen,
}

/// Who can see a place, in words.
pub(crate) struct Seen {
    /// `private`, `shared`, `received` or `suspended`: which sign stands before the words.
    pub(crate) kind: &'static str,
    pub(crate) words: String,
}

impl Seen {
    pub(crate) fn of(place: &Place, audience: &Audience) -> Self {
        if place.role != Role::Owner {
            let from = audience.owner.as_deref().unwrap_or("somebody");
            let may = if place.role == Role::Editor { "you can edit" } else { "you can view" };
            return Self { kind: "received", words: format!("From {from}; {may}") };
        }
        let (kind, words) = match (audience.shown_to.as_slice(), audience.shown_to_count, audience.suspended) {
            ([], _, 0) => ("private", "Only you".to_owned()),
            ([], ..) => ("suspended", "Only you, until you confirm who sees it".to_owned()),
            ([one], ..=1, _) => ("shared", format!("You and {one}")),
            (_, count, _) => ("shared", format!("You and {count} people")),
        };
        Self { kind, words }
    }
}

impl Row {
    pub(crate) fn new(state: &WebState, place: &Place, audience: &Audience) -> Self {
        let position = place.position();
        let name = place.name.as_ref().map(|name| name.as_str().to_owned());
        Self {
            id: place.id.to_string(),
            version: place.version,
            near: if name.is_none() { state.towns.near(&position) } else { None },
            name,
            latitude: place.latitude.get(),
            longitude: place.longitude.get(),
            coordinates: show::coordinates(&position),
            category: place.category.as_ref().map(|c| c.as_str().to_owned()),
            tags: place.tags.to_strings(),
            captured: place.captured_at.into(),
            deleted: place.deleted_at.map(Time::from),
            audience: Seen::of(place, audience),
        }
    }
}

/// The list.
pub(crate) async fn page(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    Query(Done { done }): Query<Done>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let filters = Filters::parse(query.as_deref());
    let found = match filters.filter(PAGE) {
        Ok(filter) => state.service.list_rows(actor, &filter).await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    let page = match found {
        Ok(page) => page,
        // The person sees what they asked for, and can ask for something else.
        Err(failure) if failure.code() == Code::InvalidParameter => {
            return Ok(refused(&state, actor, filters, &failure));
        }
        Err(failure) => return Err(failure),
    };
    let own = u64::try_from(page.live_places).unwrap_or(0);
    let count = if filters.is_open() && own == 0 && !page.rows.is_empty() {
        "Shared with you".to_owned()
    } else if filters.is_open() {
        show::count(own, "place of your own", "places of your own")
    } else if page.next.is_none() && page.previous.is_none() {
        show::count(page.rows.len() as u64, "place found", "places found")
    } else {
        format!("More than {PAGE} found")
    };
    Ok(shell::page(&ListPage {
        shell: Shell::of(&state, actor, Part::Places, "Places").at(page.seq).after(done.as_deref()),
        chips: filters.chips(),
        next: page.next.map(|cursor| filters.page("after", &cursor)),
        previous: page.previous.map(|cursor| filters.page("before", &cursor)),
        points: filters.points(),
        is_empty: own == 0 && page.rows.is_empty() && filters.is_open() && filters.is_first_page(),
        rows: page.rows.iter().map(|row| Row::new(&state, &row.place, &row.audience)).collect(),
        filters,
        count,
        problem: None,
        url: state.front.settings().public_url.clone(),
    }))
}

/// The list's page where a filter can't be taken: with the filters as they are, and why.
fn refused(state: &WebState, actor: Actor, filters: Filters, failure: &Failure) -> Response {
    let problem = failure.problem();
    let page = ListPage {
        shell: Shell::of(state, actor, Part::Places, "Places"),
        chips: filters.chips(),
        next: None,
        previous: None,
        points: String::new(),
        is_empty: false,
        rows: Vec::new(),
        filters,
        count: String::new(),
        problem: Some(show::problem(problem)),
        url: state.front.settings().public_url.clone(),
    };
    shell::page_with(StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST), &page)
}
