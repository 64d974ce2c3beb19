//! `outbox`.

use std::path::Path;

use holdfast_contract::OpId;
use holdfast_device::{EntryState, OutboxEntry, Seen};
use holdfast_host::write_atomically;
use serde_json::{Value, json};

use super::Outcome;
use super::export::cant_write;
use super::show::entry_line;
use crate::args::{Outbox, OutboxCommand};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::BOLD;
use crate::store::Store;
use crate::words;

pub(super) fn outbox(context: &Context, args: Outbox) -> Outcome {
    let command = args.command.unwrap_or(OutboxCommand::List { limit: 100, after: None });
    let store = context.store()?;
    match command {
        OutboxCommand::List { limit, after } => list(context, &store, limit, after),
        OutboxCommand::Retry { entry, all } => retry(context, &store, entry.filter(|_| !all).as_deref()),
        OutboxCommand::Discard { entry, yes } => discard(context, &store, &entry, yes),
        OutboxCommand::Export { entry, output, force } => {
            export(context, &store, entry.as_deref(), output.as_deref(), force)
        }
    }
}

fn list(context: &Context, store: &Store, limit: u32, after: Option<i64>) -> Outcome {
    let entries = store.outbox(after, limit)?;
    let full = entries.len() >= limit as usize;
    let next = entries.last().filter(|_| full).map(|e| e.number);
    context.output.json(&json!({ "entries": entries, "next": next }))?;
    for entry in &entries {
        context.output.show(format!("{}  {BOLD}{}{BOLD:#}", entry_line(entry), name(entry)))?;
    }
    if entries.is_empty() {
        let places = store.status()?.places;
        match places.waiting_for_position + places.needs_position {
            0 => context.output.say("Nothing waits: everything is acknowledged.")?,
            n => {
                context.output.say(format!(
                    "No change waits. {} no position yet and is not sent before it has one.",
                    words::count(n, "place has", "places have")
                ))?;
                context.output.hint("See: holdfast list --state without-position");
            }
        }
    } else if let Some(next) = next {
        context.output.hint(format!("There may be more: add --after {next}"));
    }
    if entries.iter().any(|e| matches!(e.state, EntryState::Rejected { .. })) {
        context.output.hint("Refused changes are kept until you edit the place, or `holdfast outbox discard` them.");
    }
    Ok(Exit::Done)
}

fn retry(context: &Context, store: &Store, entry: Option<&str>) -> Outcome {
    let count = match entry {
        Some(reference) => {
            let entry = find(store, reference)?;
            store.retry(entry.op_id)?;
            1
        }
        None => store.retry_all()?,
    };
    context.output.json(&json!({ "retried": count }))?;
    match count {
        0 => context.output.say("Nothing waits after a failure.")?,
        n => {
            context.output.say(format!("{} will be sent again.", words::count(n, "entry", "entries")))?;
            context.output.hint("To send now: holdfast sync");
        }
    }
    Ok(Exit::Done)
}

fn discard(context: &Context, store: &Store, reference: &str, yes: bool) -> Outcome {
    let entry = find(store, reference)?;
    // What is typed elsewhere while the question stands may become part of it.
    let seen = Seen::from(&store.place(entry.local_id)?);
    let what = match entry.kind.as_str() {
        "create" => {
            "The place has not reached the server: dropping this removes it from this device, with all changes to it."
        }
        "offer" => {
            "The server was restored from a backup and may have lost this: dropping it leaves the place as the server has it, \
             or removes it from this device if the server does not have it."
        }
        _ => "Dropping this takes the change back; the place shows what the server has.",
    };
    if !yes {
        if !context.output.can_ask() {
            return Err(Failure::usage(format!("Nothing was dropped. {what}"))
                .hint("Add --yes if that is what you want; `holdfast outbox export` keeps a copy."));
        }
        if !context.output.confirm(&format!("{} of {}. {what} Drop it?", entry.kind, name(&entry)))? {
            context.output.say("Nothing was dropped.")?;
            return Ok(Exit::Done);
        }
    }
    store.discard(entry.op_id, &seen)?;
    context.output.json(&json!({ "discarded": entry }))?;
    context.output.say(format!("Dropped: {} of {}.", entry.kind, name(&entry)))?;
    Ok(Exit::Done)
}

fn export(context: &Context, store: &Store, entry: Option<&str>, output: Option<&Path>, force: bool) -> Outcome {
    let op = entry.map(|reference| find(store, reference)).transpose()?.map(|e| e.op_id);
    let value: Value = store.export_outbox(op)?;
    let count = value.as_array().map_or(0, |a| a.len() as u64);
    let mut text = serde_json::to_vec_pretty(&value).map_err(std::io::Error::other)?;
    text.push(b'\n');
    match output.filter(|p| p.as_os_str() != "-") {
        None => {
            use std::io::Write;
            std::io::stdout().lock().write_all(&text)?;
        }
        Some(path) => {
            if !force && path.exists() {
                return Err(Failure::failed(format!("{} is there already; nothing was written.", path.display()))
                    .hint("Choose another name, or add --force to replace it."));
            }
            write_atomically(path, &text).map_err(|e| cant_write(path, &e))?;
            context.output.json(&json!({ "exported": count, "file": path }))?;
            context.output.say(format!(
                "{} written to {}.",
                words::count(count, "entry", "entries"),
                path.display()
            ))?;
        }
    }
    Ok(Exit::Done)
}

fn name(entry: &OutboxEntry) -> String {
    entry.place_name.as_ref().map_or_else(|| "(no name)".to_owned(), |n| words::one_line(n.as_str()))
}

/// Finds an entry by its number or its operation's id.
fn find(store: &Store, reference: &str) -> Result<OutboxEntry, Failure> {
    let reference = reference.trim();
    let found = if let Ok(number) = reference.parse::<i64>() {
        store.outbox(Some(number - 1), 1)?.into_iter().find(|e| e.number == number)
    } else if let Ok(op) = reference.parse::<OpId>() {
        store.outbox_entry(op)?
    } else {
        return Err(Failure::usage(format!("\"{}\" names no entry of the outbox.", words::one_line(reference)))
            .hint("Take the number from `holdfast outbox`."));
    };
    found.ok_or_else(|| {
        Failure::new(
            Exit::NotFound,
            "not_found",
            format!("There is no entry {} in the outbox; it may have been sent meanwhile.", words::one_line(reference)),
        )
    })
}
