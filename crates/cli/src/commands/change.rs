//! `edit`, `delete` and `restore`.

use std::collections::BTreeSet;

use holdfast_contract::rules::TagChange;
use holdfast_contract::{FieldError, Tag, tag_line};
use holdfast_device::{DeleteOutcome, Edit as DeviceEdit, PlaceView, Seen};
use serde_json::json;

use super::Outcome;
use super::capture::parse_texts;
use crate::args::{Delete, Edit, Places};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::place::{self, PlaceJson, Prefer};
use crate::position;
use crate::store::Store;

pub(super) fn edit(context: &Context, args: Edit) -> Outcome {
    let mut errors = Vec::new();
    let edit = read_edit(&args, &mut errors);
    if !errors.is_empty() {
        return Err(Failure::invalid(&errors, "Nothing was changed."));
    }
    if edit == DeviceEdit::default() {
        return Err(Failure::usage("Nothing was changed: say what to change.")
            .hint("Such as --name, --note, --category, --add-tag, --remove-tag, --position, --clear-name."));
    }
    let store = context.store()?;
    let place = place::find(&store, &args.place, Prefer::Live)?;
    let changed = store.edit(place.local_id, &edit, &Seen::from(&place))?;
    let view = store.place(place.local_id)?;
    context.output.json(&json!({ "changed": changed, "place": PlaceJson::of(&view) }))?;
    if changed {
        context.output.say(format!("{}  {}", place::state_line(&view), place::title(&view)))?;
    } else {
        context.output.say(format!("{} is already like that; nothing was changed.", place::title(&view)))?;
    }
    Ok(Exit::Done)
}

fn read_edit(args: &Edit, errors: &mut Vec<FieldError>) -> DeviceEdit {
    let texts = parse_texts(&args.texts, errors);
    let mut edit = DeviceEdit::default();
    // A name of nothing but blanks clears it, just as --clear-name does.
    if args.texts.name.is_some() || args.clear_name {
        edit.name = Some(texts.name);
    }
    if args.texts.note.is_some() || args.clear_note {
        edit.note = Some(texts.note);
    }
    if args.texts.category.is_some() || args.clear_category {
        edit.category = Some(texts.category);
    }
    edit.tags = TagChange {
        add: read_tags(args.add_tags.iter().flat_map(|typed| tag_line::split(typed)), "added tag", errors),
        remove: read_tags(args.remove_tags.iter().flat_map(|typed| meant(typed)), "removed tag", errors),
    };
    if !args.position.is_empty() {
        match position::parse(&args.position, args.accuracy, args.altitude) {
            Ok(position) => edit.position = Some(position),
            Err(wrong) => errors.extend(wrong),
        }
    }
    edit
}

/// The tags that a person means, and the very word that they typed: a tag that came from elsewhere may have the `#` or the
/// comma in it. What is longer than a tag can be is none.
fn meant(typed: &str) -> Vec<String> {
    let mut tags = tag_line::split(typed);
    if Tag::parse(typed).is_ok() || tags.is_empty() {
        tags.push(typed.to_owned());
    }
    tags
}

fn read_tags(raw: impl Iterator<Item = String>, field: &str, errors: &mut Vec<FieldError>) -> BTreeSet<Tag> {
    let mut tags = BTreeSet::new();
    for tag in raw {
        match Tag::parse(&tag) {
            Ok(tag) => tags.extend(tag),
            Err(error) => errors.push(error.at(field)),
        }
    }
    tags
}

pub(super) fn delete(context: &Context, args: &Delete) -> Outcome {
    let store = context.store()?;
    // All are found before the first is touched: a typo in the second must not leave half of it done.
    let places = find_all(&store, &args.places, Prefer::Live)?;
    if !args.yes && !may_vanish(context, &store, &places)? {
        context.output.say("Nothing was deleted.")?;
        return Ok(Exit::Done);
    }
    let mut done = Vec::new();
    for view in &places {
        let title = place::title(view);
        // What went before stays gone: a script that is told of this failure is told of that, too. A person has read it above.
        let outcome = store
            .delete(view.local_id, &Seen::from(view))
            .map_err(|failure| if done.is_empty() { failure } else { failure.details(json!({ "deleted": done })) })?;
        let word = match outcome {
            DeleteOutcome::Vanished => {
                context
                    .output
                    .say(format!("{title} is deleted. It had never left this device, so it is not in the trash."))?;
                "vanished"
            }
            DeleteOutcome::InTrash => {
                context.output.say(format!("{title} is in the trash."))?;
                context.output.hint(format!("Take it out again with: holdfast restore {}", view.local_id));
                "inTrash"
            }
        };
        done.push(json!({ "outcome": word, "number": view.local_id.0, "clientId": view.client_id, "id": view.id }));
    }
    context.output.json(&json!({ "deleted": done }))?;
    Ok(Exit::Done)
}

/// Whether what is on this device alone may go: nobody could give it back.
fn may_vanish(context: &Context, store: &Store, places: &[PlaceView]) -> Result<bool, Failure> {
    let mut only_here = Vec::new();
    for view in places.iter().filter(|view| view.deleted_at.is_none()) {
        if store.is_only_here(view.local_id)? {
            only_here.push(place::title(view));
        }
    }
    let what = match only_here.as_slice() {
        [] => return Ok(true),
        [one] => format!("{one} has never left this device: it can't go to the trash, it would be gone for good."),
        many => format!(
            "{} places have never left this device: they can't go to the trash, they would be gone for good.",
            many.len()
        ),
    };
    if !context.output.can_ask() {
        return Err(Failure::new(Exit::Attention, "only_on_this_device", format!("Nothing was deleted: {what}"))
            .hint("Delete it all the same with --yes.")
            .details(json!({ "onlyOnThisDevice": only_here.len() })));
    }
    context.output.warn(what);
    context.output.confirm("Delete for good?")
}

pub(super) fn restore(context: &Context, args: &Places) -> Outcome {
    let store = context.store()?;
    let places = find_all(&store, &args.places, Prefer::Trash)?;
    let mut done = Vec::new();
    for view in &places {
        store.restore(view.local_id, &Seen::from(view))?;
        done.extend(store.get(view.local_id)?);
    }
    context.output.json(&json!({ "restored": done.iter().map(PlaceJson::of).collect::<Vec<_>>() }))?;
    for view in &done {
        context.output.say(format!("{}  {} is out of the trash.", place::state_line(view), place::title(view)))?;
    }
    Ok(Exit::Done)
}

fn find_all(store: &Store, references: &[String], prefer: Prefer) -> Result<Vec<PlaceView>, Failure> {
    let mut places: Vec<PlaceView> = Vec::new();
    for reference in references {
        let view = place::find(store, reference, prefer)?;
        if !places.iter().any(|p| p.local_id == view.local_id) {
            places.push(view);
        }
    }
    Ok(places)
}
