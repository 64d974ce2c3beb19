//! `/places/{id}`: one place, with its history.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use holdfast_contract::history::PlaceVersion;
use holdfast_contract::rules::Field;
use holdfast_contract::{Place, PositionSource, Role, Target};
use holdfast_service::Actor;
use serde::Deserialize;

use super::list::Seen;
use super::target;
use crate::failure::Failure;
use crate::shell::{self, Part, Shell};
use crate::show::{self, Time};
use crate::state::WebState;
use crate::viewer::Viewer;

/// Versions on a page.
const VERSIONS: u32 = 20;

#[derive(Template)]
#[template(path = "places/show.html")]
struct PlacePage {
    shell: Shell,
    account: String,
    id: String,
    version: i64,
    name: Option<String>,
    near: Option<String>,
    note: Option<String>,
    category: Option<String>,
    tags: Vec<String>,
    latitude: f64,
    longitude: f64,
    accuracy_metres: Option<f64>,
    coordinates: String,
    /// Opens the maps application of the person's device (RFC 5870).
    geo: String,
    accuracy: Option<String>,
    altitude: Option<String>,
    is_manual: bool,
    captured: Time,
    source: Option<&'static str>,
    received: Time,
    updated: Time,
    is_owner: bool,
    may_edit: bool,
    audience: Seen,
    shown_to: Vec<String>,
    /// How many more see it than are named.
    more: u64,
    deleted: Option<Time>,
    trash_days: u32,
    delete_op: String,
    history: Vec<Change>,
    older: Option<i64>,
}

/// One line of the history.
struct Change {
    when: Time,
    what: &'static str,
    by: String,
    /// Field, before, after.
    fields: Vec<(&'static str, String, String)>,
}

#[derive(Deserialize)]
pub(crate) struct Parameters {
    done: Option<String>,
    before: Option<i64>,
}

/// The page.
pub(crate) async fn page(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    Path(id): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Result<Response, Failure> {
    let target = target(&id)?;
    let detail = state.service.place_page(actor, target).await?;
    let place = &detail.place;
    let is_owner = place.role == Role::Owner;
    let (history, older) =
        if is_owner { history(&state, actor, target, place, parameters.before).await? } else { (Vec::new(), None) };
    let position = place.position();
    let name = place.name.as_ref().map(|n| n.as_str().to_owned());
    let title = name.clone().unwrap_or_else(|| "Unnamed place".to_owned());
    let (latitude, longitude) = (place.latitude.get(), place.longitude.get());
    Ok(shell::page(&PlacePage {
        shell: Shell::of(&state, actor, Part::Places, title).at(detail.seq).after(parameters.done.as_deref()),
        account: actor.user.to_string(),
        id: place.id.to_string(),
        version: place.version,
        near: state.towns.near(&position),
        name,
        note: place.note.as_ref().map(|n| n.as_str().to_owned()),
        category: place.category.as_ref().map(|c| c.as_str().to_owned()),
        tags: place.tags.to_strings(),
        latitude,
        longitude,
        accuracy_metres: position.accuracy.map(holdfast_contract::Accuracy::get),
        coordinates: show::coordinates(&position),
        geo: format!("geo:{latitude:.6},{longitude:.6}"),
        accuracy: show::accuracy(&position),
        altitude: show::altitude(&position),
        is_manual: place.position_source == PositionSource::Manual,
        captured: place.captured_at.into(),
        source: place.source.map(show::source),
        received: place.created_at.into(),
        updated: place.updated_at.into(),
        is_owner,
        may_edit: place.role >= Role::Editor && place.deleted_at.is_none(),
        audience: Seen::of(place, &detail.audience),
        more: u64::from(detail.audience.shown_to_count).saturating_sub(detail.audience.shown_to.len() as u64),
        shown_to: detail.audience.shown_to.clone(),
        deleted: place.deleted_at.map(Time::from),
        trash_days: state.service.settings().trash_days,
        delete_op: shell::op_id(&state).to_string(),
        history,
        older,
    }))
}

/// A page of the history: each version that was replaced, and what it was replaced by.
async fn history(
    state: &WebState,
    actor: Actor,
    target: Target,
    place: &Place,
    before: Option<i64>,
) -> Result<(Vec<Change>, Option<i64>), Failure> {
    // One more in front, to know what the newest of this page became.
    let from = before.map(|version| version.saturating_add(1));
    let (mut versions, older) = state.service.place_history(actor, target, from, Some(VERSIONS + 1)).await?;
    let after = before.and_then(|_| (!versions.is_empty()).then(|| versions.remove(0)));
    let current = match &after {
        Some(version) => Values::of_version(version),
        None => Values::of_place(place),
    };
    let mut newer = current;
    let mut changes = Vec::with_capacity(versions.len());
    for version in &versions {
        let older = Values::of_version(version);
        let fields = version.changed.iter().map(|field| (label(*field), older.value(*field), newer.value(*field)));
        changes.push(Change {
            when: version.changed_at.into(),
            what: what(&version.kind),
            by: by(actor, version),
            fields: fields.collect(),
        });
        newer = older;
    }
    let is_cut = changes.len() > VERSIONS as usize;
    changes.truncate(VERSIONS as usize);
    let last = versions.get(changes.len().saturating_sub(1)).map(|v| v.version);
    Ok((changes, last.filter(|_| is_cut || older.is_some())))
}

/// Who made a place as it is, for the person who has to choose.
pub(crate) async fn last_change(state: &WebState, actor: Actor, place: &Place) -> (Time, Option<String>) {
    let target = Target::Id(place.id);
    let newest = state.service.place_history(actor, target, None, Some(1)).await;
    let by = newest.ok().and_then(|(versions, _)| versions.first().map(|version| by(actor, version)));
    (place.updated_at.into(), by)
}

fn by(actor: Actor, version: &PlaceVersion) -> String {
    let device = version.device_name.as_deref();
    if version.actor_id != actor.user {
        return version.actor_email.clone().unwrap_or_else(|| "somebody it was shared with".to_owned());
    }
    if version.device_id == actor.device {
        return "you, in this browser".to_owned();
    }
    device.map_or_else(|| "you, on a device that was removed".to_owned(), |device| format!("you, on {device}"))
}

fn what(kind: &str) -> &'static str {
    match kind {
        "refine" => "A better position came in",
        "delete" => "Put into the trash",
        "restore" => "Taken out of the trash",
        "offer" => "Brought back after the server was restored",
        _ => "Changed",
    }
}

fn label(field: Field) -> &'static str {
    match field {
        Field::Name => "Name",
        Field::Note => "Note",
        Field::Category => "Category",
        Field::Position => "Position",
        Field::Tags => "Tags",
    }
}

/// The values of one version, as text.
struct Values {
    name: String,
    note: String,
    category: String,
    position: String,
    tags: String,
}

impl Values {
    fn of_place(place: &Place) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Self {
            name: text(place.name.as_ref().map(holdfast_contract::text::Text::as_str)),
            note: text(place.note.as_ref().map(holdfast_contract::text::Text::as_str)),
            category: text(place.category.as_ref().map(holdfast_contract::text::Text::as_str)),
            position: position(&place.position()),
            tags: place.tags.to_strings().join(", "),
        }
    }

    fn of_version(version: &PlaceVersion) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let at = holdfast_contract::Position {
            latitude: version.latitude,
            longitude: version.longitude,
            accuracy: version.accuracy,
            altitude: version.altitude,
        };
        Self {
            name: text(version.name.as_ref().map(holdfast_contract::text::Text::as_str)),
            note: text(version.note.as_ref().map(holdfast_contract::text::Text::as_str)),
            category: text(version.category.as_ref().map(holdfast_contract::text::Text::as_str)),
            position: position(&at),
            tags: version.tags.to_strings().join(", "),
        }
    }

    fn value(&self, field: Field) -> String {
        match field {
            Field::Name => &self.name,
            Field::Note => &self.note,
            Field::Category => &self.category,
            Field::Position => &self.position,
            Field::Tags => &self.tags,
        }
        .clone()
    }
}

fn position(position: &holdfast_contract::Position) -> String {
    let coordinates = show::coordinates(position);
    show::accuracy(position).map_or_else(|| coordinates.clone(), |accuracy| format!("{coordinates} ({accuracy})"))
}
