//! `resolve`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use holdfast_contract::outcome::ConflictReason;
use holdfast_contract::{Field, Place, Source};
use holdfast_device::{
    Attention, ConflictView, Device, ListQuery, PlaceState, PlaceView, Resolution, Side, StateFilter,
};
use serde_json::{Value, json};

use super::Outcome;
use crate::args::Resolve;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::{BOLD, DIM, YELLOW};
use crate::place::{self, PlaceJson, Prefer};
use crate::words;

pub(super) fn resolve(context: &Context, args: &Resolve) -> Outcome {
    let mut device = context.store()?;
    let Some(reference) = &args.place else { return list(context, &device) };
    let view = place::find(&device, reference, Prefer::Live)?;
    let Some(resolution) = read_resolution(args)? else { return show(context, &device, &view) };
    // The answer is to what the server has now; if that changes before it is carried out, it is asked again.
    let seen = device.conflict(view.local_id)?.map(|c| c.theirs.version);
    let id = device.resolve(view.local_id, resolution, seen)?;
    let now = device.get(id)?;
    context.output.json(&json!({ "place": now.as_ref().map(PlaceJson::of) }))?;
    match &now {
        Some(now) if id != view.local_id => {
            context.output.say(format!(
                "{}  {} is a new place now ({id}).",
                place::state_line(now),
                place::title(now)
            ))?;
        }
        Some(now) => context.output.say(format!("{}  {}", place::state_line(now), place::title(now)))?,
        None => context.output.say(format!("{} is gone from this device.", place::title(&view)))?,
    }
    Ok(Exit::Done)
}

fn read_resolution(args: &Resolve) -> Result<Option<Resolution>, Failure> {
    if !args.fields.is_empty() {
        let sides = args.fields.iter().map(|f| read_side(f)).collect::<Result<BTreeMap<_, _>, _>>()?;
        return Ok(Some(Resolution::PerField(sides)));
    }
    Ok(match (args.mine, args.theirs, args.keep_as_new, args.let_go) {
        (true, ..) => Some(Resolution::KeepMine),
        (_, true, ..) => Some(Resolution::KeepTheirs),
        (_, _, true, _) => Some(Resolution::KeepAsNew(Source::Cli)),
        (_, _, _, true) => Some(Resolution::LetGo),
        _ => None,
    })
}

fn read_side(text: &str) -> Result<(Field, Side), Failure> {
    let (field, side) = text
        .split_once('=')
        .ok_or_else(|| Failure::usage("--field takes a field and a side, such as --field name=mine."))?;
    let field = field.trim().to_lowercase();
    let side = side.trim().to_lowercase();
    let known = Field::ALL.iter().find(|f| f.as_str() == field).copied();
    let field = known.ok_or_else(|| {
        let names: Vec<&str> = Field::ALL.iter().map(|f| f.as_str()).collect();
        Failure::usage(format!("There is no field \"{}\".", words::one_line(&field)))
            .hint(format!("The fields are: {}.", names.join(", ")))
    })?;
    match side.as_str() {
        "mine" => Ok((field, Side::Mine)),
        "theirs" => Ok((field, Side::Theirs)),
        _ => Err(Failure::usage(format!("A side is \"mine\" or \"theirs\", not \"{}\".", words::one_line(&side)))),
    }
}

/// Everything that needs attention.
fn list(context: &Context, device: &Device) -> Outcome {
    // This state is listed wherever the place is, in the trash or not.
    let mut query = ListQuery { state: Some(StateFilter::NeedsAttention), limit: 1000, ..ListQuery::default() };
    let mut places = Vec::new();
    loop {
        let page = device.list(&query)?;
        places.extend(page.places);
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    context.output.json(&json!({ "places": places.iter().map(PlaceJson::of).collect::<Vec<_>>() }))?;
    for view in &places {
        let PlaceState::NeedsAttention(attention) = view.state else { continue };
        context.output.show(format!(
            "{:>4}  {BOLD}{}{BOLD:#}: {}",
            view.local_id.0,
            place::title(view),
            words::reason(attention)
        ))?;
        context.output.hint(words::block(&words::advice(attention, view.local_id.0), "      "));
    }
    if places.is_empty() {
        context.output.say("Nothing needs your attention.")?;
        return Ok(Exit::Done);
    }
    Ok(Exit::Attention)
}

/// Both versions, side by side.
fn show(context: &Context, device: &Device, view: &PlaceView) -> Outcome {
    let Some(conflict) = device.conflict(view.local_id)? else {
        return show_other(context, view);
    };
    let rows = rows(&conflict);
    context.output.json(&json!({
        "place": PlaceJson::of(view),
        "reason": conflict.reason,
        "fields": rows.iter().map(|r| json!({
            "field": r.field, "mine": r.mine, "theirs": r.theirs, "conflicts": r.conflicts,
        })).collect::<Vec<_>>(),
        "mineSince": conflict.mine_since,
        "theirsSince": conflict.theirs.updated_at,
    }))?;
    let output = context.output;
    let about = match conflict.reason {
        ConflictReason::FieldsChanged => "was changed here and elsewhere.",
        ConflictReason::ChangedSince => "was changed elsewhere after you had decided to delete or restore it.",
        ConflictReason::InTrash => "was put into the trash elsewhere while you changed it here.",
    };
    output.show(format!("{BOLD}{}{BOLD:#} {about}", place::title(view)))?;
    let here = words::fit(&format!("this device, {}", words::local_time(conflict.mine_since)), 34);
    let there = words::local_time(conflict.theirs.updated_at);
    output.show(format!("  {DIM}{:<10} {here} the server, {there}{DIM:#}", ""))?;
    for row in &rows {
        let mark = if row.conflicts { format!("{YELLOW}≠{YELLOW:#}") } else { " ".to_owned() };
        output.show(format!(
            "{mark} {:<10} {} {}",
            row.field,
            words::fit(&shown(&row.mine), 34),
            words::one_line(&shown(&row.theirs)),
        ))?;
    }
    let n = view.local_id;
    output.hint(format!("Yours:    holdfast resolve {n} --mine"));
    output.hint(format!("Theirs:   holdfast resolve {n} --theirs"));
    if conflict.reason == ConflictReason::FieldsChanged {
        let each: Vec<String> = conflict.fields.iter().map(|f| format!("--field {f}=mine")).collect();
        output.hint(format!("Each:     holdfast resolve {n} {}", each.join(" ")));
    }
    output.hint("What loses is kept in the place's history on this device (holdfast show).");
    Ok(Exit::Attention)
}

fn show_other(context: &Context, view: &PlaceView) -> Outcome {
    context.output.json(&json!({ "place": PlaceJson::of(view), "reason": Value::Null, "fields": [] }))?;
    context.output.show(format!("{}  {}", place::state_line(view), place::title(view)))?;
    match view.state {
        PlaceState::NeedsAttention(attention) if attention != Attention::Conflict => {
            context.output.hint(words::advice(attention, view.local_id.0));
            Ok(Exit::Attention)
        }
        _ => {
            context.output.say("There is nothing to decide about this place.")?;
            Ok(Exit::Done)
        }
    }
}

/// One field on both sides.
struct Row {
    field: &'static str,
    mine: Value,
    theirs: Value,
    conflicts: bool,
}

fn rows(conflict: &ConflictView) -> Vec<Row> {
    let (mine, theirs): (&PlaceView, &Place) = (&conflict.mine, &conflict.theirs);
    let mut rows = Vec::new();
    let mut push = |field: &'static str, is: Option<Field>, mine: Value, theirs: Value| {
        let conflicts = is.is_some_and(|f| conflict.fields.contains(&f));
        rows.push(Row { field, mine, theirs, conflicts });
    };
    push("name", Some(Field::Name), json!(mine.name), json!(theirs.name));
    push("note", Some(Field::Note), json!(mine.note), json!(theirs.note));
    push("category", Some(Field::Category), json!(mine.category), json!(theirs.category));
    push("tags", Some(Field::Tags), json!(mine.tags), json!(theirs.tags));
    push("position", Some(Field::Position), json!(mine.position), json!(theirs.position()));
    let trash = conflict.reason != ConflictReason::FieldsChanged;
    if trash || mine.deleted_at.is_some() || theirs.deleted_at.is_some() {
        push("in trash", None, json!(mine.deleted_at.is_some()), json!(theirs.deleted_at.is_some()));
        if let (true, Some(row)) = (trash, rows.last_mut()) {
            row.conflicts = true;
        }
    }
    rows
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::Bool(is) => if *is { "yes" } else { "no" }.to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(tags) if tags.is_empty() => "–".to_owned(),
        Value::Array(tags) => tags.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        Value::Object(position) => {
            let number = |key: &str| position.get(key).and_then(Value::as_f64);
            let mut text =
                format!("{:.5}, {:.5}", number("latitude").unwrap_or(0.0), number("longitude").unwrap_or(0.0));
            if let Some(accuracy) = number("accuracy") {
                let _ = write!(text, " ±{accuracy:.0} m");
            }
            text
        }
        Value::Number(number) => number.to_string(),
    }
}
