//! `show`.

use holdfast_contract::PositionSource;
use holdfast_device::{EntryState, JournalEntry, OutboxEntry, PlaceState, PlaceView};
use serde_json::json;
use std::fmt::Write as _;

use super::{Outcome, journal};
use crate::args::Show;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::{BOLD, DIM, Output};
use crate::place::{self, PlaceJson, Prefer};
use crate::store::Store;
use crate::words;

/// How many entries of the outbox are looked through for those of one place.
const OUTBOX_PAGE: u32 = 1000;

pub(super) fn show(context: &Context, args: &Show) -> Outcome {
    let store = context.store()?;
    let view = place::find(&store, &args.place, Prefer::Live)?;
    let entries = entries_of(&store, &view)?;
    let journal = store.journal(view.local_id)?;
    context.output.json(&json!({ "place": PlaceJson::of(&view), "outbox": entries, "journal": journal }))?;
    print(context.output, &view, &entries, &journal)?;
    Ok(Exit::Done)
}

/// The unacknowledged operations of one place. A synced place has none, and its outbox is not read.
pub(super) fn entries_of(store: &Store, view: &PlaceView) -> Result<Vec<OutboxEntry>, Failure> {
    let mut entries = Vec::new();
    if view.state == PlaceState::Synced {
        return Ok(entries);
    }
    let mut after = None;
    loop {
        let page = store.outbox(after, OUTBOX_PAGE)?;
        let Some(last) = page.last() else { return Ok(entries) };
        after = Some(last.number);
        entries.extend(page.into_iter().filter(|e| e.local_id == view.local_id));
    }
}

fn print(output: Output, view: &PlaceView, entries: &[OutboxEntry], journal: &[JournalEntry]) -> Result<(), Failure> {
    output.show(format!("{BOLD}{}{BOLD:#}", place::title(view)))?;
    output.show(place::state_line(view))?;
    if let PlaceState::NeedsAttention(attention) = view.state {
        output.show(words::block(&words::advice(attention, view.local_id.0), "  "))?;
    }
    let row = |label: &str, value: String| output.show(format!("  {DIM}{label:<10}{DIM:#} {value}"));
    match &view.position {
        Some(position) => {
            let source = match view.position_source {
                Some(PositionSource::Fix) => "from a location sensor",
                _ => "set by a person",
            };
            row("position", format!("{}{}, {source}", words::position(position), words::position_details(position)))?;
        }
        None => row("position", format!("none yet; give it one with: holdfast fix {} LAT LON", view.local_id))?,
    }
    if let Some(category) = &view.category {
        row("category", words::one_line(category.as_str()))?;
    }
    if !view.tags.is_empty() {
        row("tags", view.tags.iter().map(|t| words::one_line(t.as_str())).collect::<Vec<_>>().join(", "))?;
    }
    let source = view.source.map(|s| format!(", by {s}")).unwrap_or_default();
    row("captured", format!("{}{source}", words::local_time(view.captured_at)))?;
    if let Some(deleted_at) = view.deleted_at {
        row("in trash", format!("since {}", words::local_time(deleted_at)))?;
    }
    row("number", view.local_id.to_string())?;
    if let Some(client_id) = view.client_id {
        row("id", client_id.to_string())?;
    } else if let Some(id) = view.id {
        row("id", format!("{id} (shared with you as {})", view.role))?;
    }
    if let Some(note) = &view.note {
        output.show(format!("\n{}", words::block(note.as_str(), "  ")))?;
    }
    if !entries.is_empty() {
        output.show(format!("\n{BOLD}Not yet acknowledged{BOLD:#}"))?;
        for entry in entries {
            output.show(format!("  {}", entry_line(entry)))?;
        }
    }
    if !journal.is_empty() {
        output.show(format!("\n{BOLD}What happened{BOLD:#}"))?;
        for entry in journal {
            output.show(format!("  {DIM}{}{DIM:#}  {}", words::local_time(entry.at), journal::line(entry)))?;
        }
    }
    Ok(())
}

/// An outbox entry in words.
pub(super) fn entry_line(entry: &OutboxEntry) -> String {
    let mut line = format!("{:>4}  {:<7} {}", entry.number, entry.kind, entry_state(&entry.state));
    if entry.attempts > 0 {
        let _ = write!(line, " {DIM}(sent {}){DIM:#}", words::count(u64::from(entry.attempts), "time", "times"));
    }
    line
}

fn entry_state(state: &EntryState) -> String {
    use holdfast_device::EntryPause;
    match state {
        EntryState::Queued => "waits to be sent".to_owned(),
        EntryState::Behind => "waits for the change before it".to_owned(),
        EntryState::Sending { .. } => "is being sent".to_owned(),
        EntryState::BackingOff { next_at, problem } => {
            let why = problem.as_ref().map(|p| format!(": {}", words::one_line(&p.detail))).unwrap_or_default();
            format!("failed and is sent again at {}{why}", words::local_time(*next_at))
        }
        EntryState::Paused { reason } => match reason {
            EntryPause::SignIn => "waits until you sign in again",
            EntryPause::AccountGone => "waits: the account was deleted or suspended",
            EntryPause::UpdateApp => "waits until holdfast is updated",
            EntryPause::Plan => "waits until the plan has room",
        }
        .to_owned(),
        EntryState::Conflict { fields, .. } => {
            let fields: Vec<&str> = fields.iter().map(|f| f.as_str()).collect();
            let which = if fields.is_empty() { String::new() } else { format!(" ({})", fields.join(", ")) };
            format!("changed here and elsewhere{which}")
        }
        EntryState::Rejected { problem } => format!("refused: {}", words::one_line(&problem.detail)),
    }
}
