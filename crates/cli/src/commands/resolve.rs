//! `resolve`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use holdfast_contract::outcome::ConflictReason;
use holdfast_contract::{Field, Place, Source};
use holdfast_device::{Attention, ConflictView, ListQuery, PlaceState, PlaceView, Resolution, Side, StateFilter};
use serde_json::{Value, json};

use super::Outcome;
use crate::args::Resolve;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::{BOLD, DIM, YELLOW};
use crate::place::{self, PlaceJson, Prefer};
use crate::store::Store;
use crate::words;

/// The code of an answer to what is no longer there.
const LOOK_AGAIN: &str = "look_again";

pub(super) fn resolve(context: &Context, args: &Resolve) -> Outcome {
    let resolution = read_resolution(args)?;
    let store = context.store()?;
    let Some(reference) = &args.place else { return list(context, &store) };
    let view = place::find(&store, reference, Prefer::Live)?;
    let question = Question { conflict: store.conflict(view.local_id)?, kept: store.kept(view.local_id)?, view };
    let Some(resolution) = resolution else { return question.show(context) };
    if !was_seen(context, args, &question, &resolution)? {
        context.output.say("Nothing was decided.")?;
        return Ok(Exit::Attention);
    }
    let view = &question.view;
    // What was seen still holds at this moment; whether it does when the answer is carried out, the store checks.
    let id = store
        .resolve(view.local_id, &resolution, Some(question.version()))
        .map_err(|failure| if failure.code == LOOK_AGAIN { look_again(view) } else { failure })?;
    let now = store.get(id)?;
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
        None => context.output.say(format!("{} is gone from this device.", place::title(view)))?,
    }
    Ok(Exit::Done)
}

/// An answer counts only for what the person has looked at: a loop or another process may have fetched something newer
/// between the question and the answer. So an answer names the question, or the question is shown now.
fn was_seen(context: &Context, args: &Resolve, question: &Question, resolution: &Resolution) -> Result<bool, Failure> {
    let view = &question.view;
    match &args.seen {
        Some(seen) if seen.trim().to_lowercase() == question.token() => Ok(true),
        Some(_) => Err(look_again(view)),
        // There is no question: the store says so.
        None if !question.is_open() => Ok(true),
        None if context.output.can_ask() => {
            question.show(context)?;
            context.output.confirm(match resolution {
                Resolution::KeepMine => "Take yours?",
                Resolution::KeepTheirs => "Take the server's?",
                Resolution::PerField(_) => "Take each field as you said?",
                Resolution::KeepAsNew(_) => "Keep it as a new place?",
                Resolution::LetGo => "Take the server's word, and let the rest go?",
            })
        }
        None => Err(Failure::new(
            Exit::Usage,
            "not_seen",
            "Nothing was decided: an answer has to say with --seen which versions it is about, so that it can't overwrite what nobody has looked at.",
        )
        .hint(format!("See them, and the commands that answer: holdfast resolve {}", view.local_id))),
    }
}

fn look_again(view: &PlaceView) -> Failure {
    let message = format!("Nothing was decided: {} has changed since you looked at it.", place::title(view));
    Failure::new(Exit::Attention, LOOK_AGAIN, message)
        .hint(format!("See how it is now, and decide then: holdfast resolve {}", view.local_id))
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
fn list(context: &Context, store: &Store) -> Outcome {
    // This state is listed wherever the place is, in the trash or not.
    let mut query = ListQuery { state: Some(StateFilter::NeedsAttention), limit: 1000, ..ListQuery::default() };
    let mut places = Vec::new();
    loop {
        let page = store.list(&query)?;
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

/// What there is to decide about a place.
struct Question {
    view: PlaceView,
    /// Both sides, where fields or intents conflict.
    conflict: Option<ConflictView>,
    /// What this device had, where a restored server has it otherwise.
    kept: Option<Place>,
}

impl Question {
    /// Whether an answer is possible at all.
    fn is_open(&self) -> bool {
        match self.view.state {
            PlaceState::NeedsAttention(attention) => !matches!(attention, Attention::Rejected | Attention::PlanFull),
            _ => false,
        }
    }

    /// The server's version that is shown; 0 where it never had one.
    fn version(&self) -> i64 {
        self.conflict.as_ref().map_or(self.view.version.unwrap_or(0), |conflict| conflict.theirs.version)
    }

    /// Stands for everything that is shown, so that an answer to something else is known as one.
    fn token(&self) -> String {
        let view = &self.view;
        let shown = json!([
            words::state_code(view.state),
            self.version(),
            (&view.name, &view.note, &view.category, &view.tags, &view.position, view.deleted_at.is_some()),
            self.conflict.as_ref().map(|c| (&c.reason, &c.fields, &c.theirs)),
            &self.kept,
        ]);
        // FNV-1a, folded to what can be typed. It guards against accidents, not against anybody.
        let hash = shown
            .to_string()
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        format!("{:06x}", (hash ^ (hash >> 24) ^ (hash >> 48)) & 0x00ff_ffff)
    }

    fn show(&self, context: &Context) -> Outcome {
        match (&self.conflict, &self.kept, self.view.state) {
            (Some(conflict), ..) => self.show_conflict(context, conflict),
            (None, Some(kept), PlaceState::NeedsAttention(Attention::OlderOnServer)) => self.show_parted(context, kept),
            _ => self.show_other(context),
        }
    }

    /// Both versions, side by side.
    fn show_conflict(&self, context: &Context, conflict: &ConflictView) -> Outcome {
        let (rows, token) = (rows(conflict), self.token());
        context.output.json(&json!({
            "place": PlaceJson::of(&self.view),
            "reason": conflict.reason,
            "fields": rows.iter().map(Row::json).collect::<Vec<_>>(),
            "mineSince": conflict.mine_since,
            "theirsSince": conflict.theirs.updated_at,
            "seen": token,
        }))?;
        let output = context.output;
        let about = match conflict.reason {
            ConflictReason::FieldsChanged => "was changed here and elsewhere.",
            ConflictReason::ChangedSince => "was changed elsewhere after you had decided to delete or restore it.",
            ConflictReason::InTrash if conflict.theirs.deleted_at.is_none() => {
                "was put into the trash elsewhere while you changed it here, and has been taken out again."
            }
            ConflictReason::InTrash => "was put into the trash elsewhere while you changed it here.",
        };
        output.show(format!("{BOLD}{}{BOLD:#} {about}", place::title(&self.view)))?;
        let here = words::fit(&format!("this device, {}", words::local_time(conflict.mine_since)), 34);
        let there = words::local_time(conflict.theirs.updated_at);
        output.show(format!("  {DIM}{:<10} {here} the server, {there}{DIM:#}", ""))?;
        for row in &rows {
            output.show(row.line())?;
        }
        let n = self.view.local_id;
        output.hint(format!("Yours:    holdfast resolve {n} --seen {token} --mine"));
        output.hint(format!("Theirs:   holdfast resolve {n} --seen {token} --theirs"));
        if conflict.reason == ConflictReason::FieldsChanged {
            let each: Vec<String> = conflict.fields.iter().map(|f| format!("--field {f}=mine")).collect();
            output.hint(format!("Each:     holdfast resolve {n} --seen {token} {}", each.join(" ")));
        }
        output.hint("What loses is kept in the place's history on this device (holdfast show).");
        Ok(Exit::Attention)
    }

    /// A restored server has it otherwise, and what this device had could not simply be given back.
    fn show_parted(&self, context: &Context, kept: &Place) -> Outcome {
        let (view, output, n, token) = (&self.view, context.output, self.view.local_id, self.token());
        let rows: Vec<Row> = [
            ("name", json!(kept.name), json!(view.name)),
            ("note", json!(kept.note), json!(view.note)),
            ("category", json!(kept.category), json!(view.category)),
            ("tags", json!(kept.tags), json!(view.tags)),
            ("position", json!(kept.position()), json!(view.position)),
            ("in trash", json!(kept.deleted_at.is_some()), json!(view.deleted_at.is_some())),
        ]
        .into_iter()
        .map(|(field, mine, theirs)| Row { field, conflicts: mine != theirs, mine, theirs })
        .collect();
        output.json(&json!({
            "place": PlaceJson::of(view),
            "reason": words::state_code(view.state).1,
            "fields": rows.iter().map(Row::json).collect::<Vec<_>>(),
            "mineSince": kept.updated_at,
            "seen": token,
        }))?;
        output.show(format!(
            "{BOLD}{}{BOLD:#} was changed on the server after it had been restored from a backup.",
            place::title(view)
        ))?;
        let here = words::fit(&format!("before that, {}", words::local_time(kept.updated_at)), 34);
        output.show(format!("  {DIM}{:<10} {here} the server, as it stands here{DIM:#}", ""))?;
        for row in &rows {
            output.show(row.line())?;
        }
        output.hint(format!("As it was before: holdfast resolve {n} --seen {token} --mine"));
        output.hint(format!("As it is now:     holdfast resolve {n} --seen {token} --let-go"));
        output.hint("What loses is kept in the place's history on this device (holdfast show).");
        Ok(Exit::Attention)
    }

    /// A place that is gone from the server, or nothing to decide.
    fn show_other(&self, context: &Context) -> Outcome {
        let (view, output, n) = (&self.view, context.output, self.view.local_id);
        let token = self.is_open().then(|| self.token());
        let reason = words::state_code(view.state).1;
        output.json(&json!({ "place": PlaceJson::of(view), "reason": reason, "fields": [], "seen": token }))?;
        output.show(format!("{}  {}", place::state_line(view), place::title(view)))?;
        let PlaceState::NeedsAttention(attention) = view.state else {
            output.say("There is nothing to decide about this place.")?;
            return Ok(Exit::Done);
        };
        let Some(token) = token else {
            output.hint(words::advice(attention, n.0));
            return Ok(Exit::Attention);
        };
        output.show(format!("  {DIM}{:<10} this device{DIM:#}", ""))?;
        let fields = [
            ("name", json!(view.name)),
            ("note", json!(view.note)),
            ("category", json!(view.category)),
            ("tags", json!(view.tags)),
            ("position", json!(view.position)),
            ("in trash", json!(view.deleted_at.is_some())),
        ];
        for (field, value) in fields {
            output.show(format!("  {field:<10} {}", words::one_line(&shown(&value))))?;
        }
        output.hint(format!("Keep it as a new place: holdfast resolve {n} --seen {token} --keep-as-new"));
        output.hint(format!("Let it go:              holdfast resolve {n} --seen {token} --let-go"));
        Ok(Exit::Attention)
    }
}

/// One field on both sides.
struct Row {
    field: &'static str,
    mine: Value,
    theirs: Value,
    conflicts: bool,
}

impl Row {
    fn line(&self) -> String {
        let mark = if self.conflicts { format!("{YELLOW}≠{YELLOW:#}") } else { " ".to_owned() };
        let (mine, theirs) = (words::fit(&shown(&self.mine), 34), words::one_line(&shown(&self.theirs)));
        format!("{mark} {:<10} {mine} {theirs}", self.field)
    }

    fn json(&self) -> Value {
        json!({ "field": self.field, "mine": self.mine, "theirs": self.theirs, "conflicts": self.conflicts })
    }
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
        // A change was made to what was not in the trash here; that it is there is the other side's doing.
        let theirs_is_in = theirs.deleted_at.is_some();
        let decided_here = conflict.reason == ConflictReason::ChangedSince || !theirs_is_in;
        let mine_is_in = decided_here && mine.deleted_at.is_some();
        push("in trash", None, json!(mine_is_in), json!(theirs_is_in));
        if let (true, Some(row)) = (trash, rows.last_mut()) {
            row.conflicts = mine_is_in != theirs_is_in;
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
