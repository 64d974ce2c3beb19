//! Naming places, and printing them.

use std::fmt::Write as _;

use holdfast_contract::{ClientId, PlaceId, tag_line};
use holdfast_device::{ListQuery, LocalId, PlaceState, PlaceView, StateFilter};
use serde::Serialize;
use serde_json::json;

use crate::args::{Filter, StateArg};
use crate::exit::{Exit, Failure};
use crate::output::{BOLD, DIM};
use crate::store::Store;
use crate::words;

/// Which of several places of one name is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prefer {
    /// One that is not in the trash.
    Live,
    /// One that is in the trash.
    Trash,
}

/// How many of the newest places are looked at for suggestions.
const NEARBY: u32 = 1000;

/// How many places one page holds when places are looked for by name.
const PAGE: u32 = 1000;

/// How many places of one name are told apart; that there are more is said.
const CANDIDATES: usize = 100;

/// Finds the place a person means: its number on this device, its id or the beginning of it, or its exact name.
pub(crate) fn find(store: &Store, reference: &str, prefer: Prefer) -> Result<PlaceView, Failure> {
    let reference = reference.trim();
    if reference.is_empty() {
        return Err(Failure::usage("Which place? Name it by number, id or name (see `holdfast list`)."));
    }
    // A number stands for one place for ever, so that a script that took it from a list never means another one, whatever
    // id begins with the same digits and whatever name is written so.
    if let Ok(number) = reference.parse()
        && let Some(place) = store.get(LocalId(number))?
    {
        return Ok(place);
    }
    let mut found = Vec::new();
    for id in store.find(reference)? {
        found.extend(store.get(id)?);
    }
    // So is a whole id.
    if let Some(exact) = found.iter().position(|p| is_id_of(p, reference)) {
        return Ok(found.swap_remove(exact));
    }
    for place in named(store, reference)? {
        if !found.iter().any(|f| f.local_id == place.local_id) {
            found.push(place);
        }
    }
    let preferred = |p: &PlaceView| p.deleted_at.is_some() == (prefer == Prefer::Trash);
    if found.iter().any(preferred) {
        found.retain(preferred);
    }
    match found.len() {
        0 => Err(unknown(store, reference)?),
        1 => Ok(found.swap_remove(0)),
        _ => Err(ambiguous(reference, &found)),
    }
}

fn is_id_of(place: &PlaceView, reference: &str) -> bool {
    reference.parse::<ClientId>().is_ok_and(|id| place.client_id == Some(id))
        || reference.parse::<PlaceId>().is_ok_and(|id| place.id == Some(id))
}

/// Places of exactly this name; if there is none, of this name in other case. Every place that has its words is looked at,
/// page by page: of two equal names, the older one must not be passed over in silence.
fn named(store: &Store, name: &str) -> Result<Vec<PlaceView>, Failure> {
    // As names are kept, however this one was typed.
    let Ok(Some(parsed)) = holdfast_contract::Name::parse(name) else { return Ok(Vec::new()) };
    let name = parsed.as_str();
    let folded = name.to_lowercase();
    let (mut exact, mut alike) = (Vec::new(), Vec::new());
    for trash in [false, true] {
        // Of each kind only so many: more than one is ambiguous in any case, and memory is bounded.
        let (exact_max, alike_max) = (exact.len() + CANDIDATES, alike.len() + CANDIDATES);
        let mut query = ListQuery { text: Some(name.to_owned()), trash, limit: PAGE, ..ListQuery::default() };
        loop {
            let page = store.list(&query)?;
            for place in page.places {
                match place.name.as_ref().map(holdfast_contract::text::Text::as_str) {
                    Some(own) if own == name && exact.len() < exact_max => exact.push(place),
                    Some(own) if own.to_lowercase() == folded && alike.len() < alike_max => alike.push(place),
                    _ => {}
                }
            }
            query.after = page.next;
            if query.after.is_none() {
                break;
            }
        }
    }
    Ok(if exact.is_empty() { alike } else { exact })
}

fn unknown(store: &Store, reference: &str) -> Result<Failure, Failure> {
    let query = ListQuery { limit: NEARBY, ..ListQuery::default() };
    let places = store.list(&query)?.places;
    let names = places.iter().filter_map(|p| p.name.as_ref().map(holdfast_contract::text::Text::as_str));
    let similar = suggestions(reference, names);
    let failure = Failure::new(
        Exit::NotFound,
        "not_found",
        format!("There is no place \"{}\" on this device.", words::one_line(reference)),
    )
    .details(json!({ "suggestions": similar }));
    Ok(match similar.as_slice() {
        [] => failure.hint("`holdfast list` shows what there is, `holdfast list --trash` what is in the trash."),
        similar => {
            let names: Vec<String> = similar.iter().map(|n| format!("\"{}\"", words::one_line(n))).collect();
            failure.hint(format!("Did you mean {}?", names.join(" or ")))
        }
    })
}

/// Up to three of `known` that look like `word`.
pub(crate) fn suggestions<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let word = word.to_lowercase();
    let mut close: Vec<(f64, &str)> = known
        .into_iter()
        .map(|name| {
            let folded = name.to_lowercase();
            let likeness = strsim::jaro_winkler(&word, &folded);
            (if folded.contains(&word) && word.chars().count() >= 3 { likeness.max(0.9) } else { likeness }, name)
        })
        .filter(|(likeness, _)| *likeness > 0.82)
        .collect();
    close.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    close.dedup_by(|a, b| a.1 == b.1);
    close.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

fn ambiguous(reference: &str, found: &[PlaceView]) -> Failure {
    let lines: Vec<String> = found.iter().take(10).map(|p| format!("{}  {}", p.local_id, summary(p))).collect();
    Failure::new(
        Exit::NotFound,
        "ambiguous",
        format!(
            "\"{}\" could be {}{} places.",
            words::one_line(reference),
            if found.len() >= CANDIDATES { "at least " } else { "" },
            found.len()
        ),
    )
    .hint(format!("Name one of them by its number:\n{}", lines.join("\n")))
    .details(json!({ "candidates": found.iter().map(PlaceJson::of).collect::<Vec<_>>() }))
}

/// A place's name for a sentence.
pub(crate) fn title(place: &PlaceView) -> String {
    place.name.as_ref().map_or_else(|| "(no name)".to_owned(), |n| words::one_line(n.as_str()))
}

fn summary(place: &PlaceView) -> String {
    let position = place.position.as_ref().map_or_else(|| "no position".to_owned(), words::position);
    let trash = if place.deleted_at.is_some() { ", in the trash" } else { "" };
    format!("{} ({position}, {}{trash})", title(place), words::local_time(place.captured_at))
}

/// What a place's state means for it, and what to do, as lines.
pub(crate) fn state_line(place: &PlaceView) -> String {
    format!("{} {BOLD}{}{BOLD:#}", words::icon(place.state), words::state_with_reason(place.state))
}

/// One line of a list.
pub(crate) fn list_line(place: &PlaceView, number_width: usize) -> String {
    let position = place.position.as_ref().map_or_else(|| "no position yet".to_owned(), words::position);
    let state = match place.state {
        PlaceState::NeedsAttention(attention) => format!("{}: {}", words::state(place.state), words::reason(attention)),
        state => words::state(state).to_owned(),
    };
    let mut line = format!(
        "{:>number_width$}  {} {}  {BOLD}{}{BOLD:#}  {DIM}{}  {}{DIM:#}",
        place.local_id.0,
        words::icon(place.state),
        words::fit(&state, state_width(place.state)),
        words::fit(&title(place), 28),
        words::fit(&position, 21),
        words::local_time(place.captured_at),
    );
    if let Some(category) = &place.category {
        let _ = write!(line, "  [{}]", words::one_line(category.as_str()));
    }
    for tag in place.tags.iter() {
        let _ = write!(line, "  #{}", words::one_line(tag.as_str()));
    }
    line
}

/// The usual states fill one column; a reason may be longer than it.
fn state_width(state: PlaceState) -> usize {
    let words = words::state_with_reason(state);
    words.chars().count().max(22)
}

/// A place as JSON. Every member is always there; what is unknown is `null`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlaceJson<'a> {
    number: i64,
    client_id: Option<ClientId>,
    id: Option<PlaceId>,
    version: Option<i64>,
    name: Option<&'a str>,
    note: Option<&'a str>,
    category: Option<&'a str>,
    tags: Vec<&'a str>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    accuracy: Option<f64>,
    altitude: Option<f64>,
    position_source: Option<&'static str>,
    captured_at: String,
    source: Option<&'static str>,
    role: &'static str,
    deleted_at: Option<String>,
    state: &'static str,
    reason: Option<&'static str>,
    state_words: String,
}

impl<'a> PlaceJson<'a> {
    pub(crate) fn of(place: &'a PlaceView) -> Self {
        let (state, reason) = words::state_code(place.state);
        let position = place.position.as_ref();
        Self {
            number: place.local_id.0,
            client_id: place.client_id,
            id: place.id,
            version: place.version,
            name: place.name.as_ref().map(holdfast_contract::text::Text::as_str),
            note: place.note.as_ref().map(holdfast_contract::text::Text::as_str),
            category: place.category.as_ref().map(holdfast_contract::text::Text::as_str),
            tags: place.tags.iter().map(holdfast_contract::text::Text::as_str).collect(),
            latitude: position.map(|p| p.latitude.get()),
            longitude: position.map(|p| p.longitude.get()),
            accuracy: position.and_then(|p| p.accuracy).map(holdfast_contract::Accuracy::get),
            altitude: position.and_then(|p| p.altitude).map(holdfast_contract::Altitude::get),
            position_source: place.position_source.map(holdfast_contract::PositionSource::as_str),
            captured_at: place.captured_at.to_string(),
            source: place.source.map(holdfast_contract::Source::as_str),
            role: place.role.as_str(),
            deleted_at: place.deleted_at.map(|t| t.to_string()),
            state,
            reason,
            state_words: words::state_with_reason(place.state),
        }
    }
}

/// The query that a filter stands for.
pub(crate) fn query(store: &Store, filter: &Filter) -> Result<ListQuery, Failure> {
    let tag = filter.tag.as_deref().map(|typed| tag(store, typed)).transpose()?;
    let text = filter.text.join(" ");
    Ok(ListQuery {
        text: (!text.trim().is_empty()).then_some(text),
        category: filter.category.clone(),
        tag,
        state: filter.state.map(|s| match s {
            StateArg::Saved => StateFilter::SavedOnDevice,
            StateArg::Sending => StateFilter::Sending,
            StateArg::Synced => StateFilter::Synced,
            StateArg::Attention => StateFilter::NeedsAttention,
            StateArg::WithoutPosition => StateFilter::WithoutPosition,
        }),
        trash: filter.trash,
        ..ListQuery::default()
    })
}

/// The tag that a person means: with the `#` in front, or the quotes around it, only where there is such a tag.
fn tag(store: &Store, typed: &str) -> Result<String, Failure> {
    let meant = match <[String; 1]>::try_from(tag_line::split(typed)) {
        Ok([one]) => one,
        // Of several none is meant more than the others: then it is one with a comma in it.
        Err(_) => typed.to_owned(),
    };
    let is_known = meant != typed && store.tags()?.iter().any(|known| known.as_str() == typed);
    Ok(if is_known { typed.to_owned() } else { meant })
}

/// Why nothing was found by a filter, when its category or tag does not exist: with what was perhaps meant.
pub(crate) fn explain_empty(store: &Store, filter: &Filter) -> Result<Option<String>, Failure> {
    let tag = filter.tag.as_deref().map(|typed| tag(store, typed)).transpose()?;
    let checks = [
        ("category", "categories", filter.category.as_deref(), store.categories()?),
        ("tag", "tags", tag.as_deref(), store.tags()?),
    ];
    for (what, many, asked, known) in checks {
        if let Some(asked) = asked
            && !known.iter().any(|k| k == asked)
        {
            let similar = suggestions(asked, known.iter().map(String::as_str));
            let asked = words::one_line(asked);
            return Ok(Some(match similar.first() {
                Some(first) => {
                    format!("No place has the {what} \"{asked}\". Did you mean \"{}\"?", words::one_line(first))
                }
                None if known.is_empty() => format!("No place has the {what} \"{asked}\"; there are no {many} yet."),
                None => format!("No place has the {what} \"{asked}\"."),
            }));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_is_answered_with_what_was_perhaps_meant() {
        let known = ["Old oak", "Spring", "Camp by the lake"];
        assert_eq!(suggestions("old oka", known), ["Old oak"]);
        assert_eq!(suggestions("lake", known), ["Camp by the lake"]);
        assert!(suggestions("zzz", known).is_empty());
    }
}
