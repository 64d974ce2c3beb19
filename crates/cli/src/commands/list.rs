//! `list`.

use holdfast_contract::Timestamp;
use holdfast_device::{LocalId, PageKey, PlaceView};
use serde_json::json;
use std::fmt::Write as _;

use super::Outcome;
use super::pair::email;
use crate::args::List;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::DIM;
use crate::place::{self, PlaceJson};
use crate::words;

/// The most places the store gives at once.
const PAGE: u32 = 1000;

pub(super) fn list(context: &Context, args: &List) -> Outcome {
    let store = context.store()?;
    let mut query = place::query(&store, &args.filter)?;
    query.after = args.after.as_deref().map(read_page).transpose()?;
    let mut left = if args.all { u32::MAX } else { args.limit };
    let mut shown: Vec<PlaceView> = Vec::new();
    let mut count = 0_u64;
    let next = loop {
        query.limit = left.min(PAGE);
        let page = store.list(&query)?;
        let length = u32::try_from(page.places.len()).unwrap_or(u32::MAX);
        left = left.saturating_sub(length);
        count += u64::from(length);
        if context.output.json {
            shown.extend(page.places);
        } else {
            print(context, &page.places)?;
        }
        if page.next.is_none() || left == 0 {
            break page.next;
        }
        query.after = page.next;
    };
    if context.output.json {
        let places: Vec<_> = shown.iter().map(PlaceJson::of).collect();
        context.output.json(&json!({ "places": places, "next": next.as_ref().map(write_page) }))?;
        return Ok(Exit::Done);
    }
    if count == 0 {
        let words = match place::explain_empty(&store, &args.filter)? {
            Some(words) => words,
            None if args.filter.asks() => "No place is like that.".to_owned(),
            None if args.after.is_some() => "There are no more places.".to_owned(),
            None if args.filter.trash => "The trash is empty.".to_owned(),
            None => nothing_here(context)?,
        };
        context.output.say(words)?;
    } else if let Some(next) = &next {
        context.output.hint(format!("There are more: add --after {} (or --all)", write_page(next)));
    }
    Ok(Exit::Done)
}

/// No place in this store. There may be some in another one of this device, which must not look lost.
fn nothing_here(context: &Context) -> Result<String, Failure> {
    let config = context.home.config()?;
    if config.current().is_some() {
        return Ok(match context.home.anonymous_places()? {
            0 => "There are no places yet. Save one with: holdfast save LAT LON --name NAME".to_owned(),
            n => format!(
                "There are no places in this account yet. {} saved without an account; take them into it with: holdfast adopt",
                words::count(n, "place was", "places were")
            ),
        });
    }
    if config.accounts.is_empty() {
        return Ok("There are no places yet. Save one with: holdfast save LAT LON --name NAME".to_owned());
    }
    let mut text =
        "There are no places without an account yet. Save one with: holdfast save LAT LON --name NAME".to_owned();
    for account in &config.accounts {
        let _ = write!(
            text,
            "\nThe places of {} are kept on this device; to see them: holdfast pair {}",
            email(account),
            account.server
        );
    }
    Ok(text)
}

fn print(context: &Context, places: &[PlaceView]) -> Result<(), Failure> {
    let width = places.iter().map(|p| p.local_id.to_string().len()).max().unwrap_or(1).max(3);
    let mut text = String::new();
    for view in places {
        text.push_str(&place::list_line(view, width));
        if let Some(deleted_at) = view.deleted_at {
            let _ = write!(text, "  {DIM}deleted {}{DIM:#}", words::local_time(deleted_at));
        }
        text.push('\n');
    }
    if text.is_empty() { Ok(()) } else { context.output.show(text.trim_end_matches('\n')) }
}

/// A page's end as it stands in `--after` and in JSON.
fn write_page(key: &PageKey) -> String {
    format!("{}-{}", key.captured_at.as_micros(), key.local_id)
}

fn read_page(text: &str) -> Result<PageKey, Failure> {
    let parts = text.trim().split_once('-').and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?)));
    let (at, id) = parts.ok_or_else(|| {
        Failure::usage("--after takes what the page before ended with.")
            .hint("It stands below the list, and as \"next\" in JSON.")
    })?;
    Ok(PageKey { captured_at: Timestamp::from_micros(at), local_id: LocalId(id) })
}
