//! `save` and `fix`.

use holdfast_contract::tag_line;
use holdfast_contract::{
    Category, FieldCode, FieldError, Name, NewPlace, Note, PlaceFields, Position, PositionSource, Source, Tags,
    Timestamp,
};
use holdfast_device::{FixOutcome, WaitingCapture};
use holdfast_host::now;
use serde_json::json;

use super::Outcome;
use crate::args::{Fix, Save, Texts};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::place::{self, PlaceJson, Prefer};
use crate::position;

/// How long a capture without a position says that one is expected.
const FIX_EXPECTED_SECONDS: i64 = 600;

/// A place's texts within the contract's limits.
pub(super) struct ParsedTexts {
    pub(super) name: Option<Name>,
    pub(super) note: Option<Note>,
    pub(super) category: Option<Category>,
}

/// Parses texts; everything wrong is added to `errors`.
pub(super) fn parse_texts(texts: &Texts, errors: &mut Vec<FieldError>) -> ParsedTexts {
    let name = Name::parse(texts.name.as_deref().unwrap_or_default());
    let note = Note::parse(texts.note.as_deref().unwrap_or_default());
    let category = Category::parse(texts.category.as_deref().unwrap_or_default());
    ParsedTexts {
        name: name.unwrap_or_else(|e| {
            errors.push(e.at("name"));
            None
        }),
        note: note.unwrap_or_else(|e| {
            errors.push(e.at("note"));
            None
        }),
        category: category.unwrap_or_else(|e| {
            errors.push(e.at("category"));
            None
        }),
    }
}

pub(super) fn save(context: &Context, args: Save) -> Outcome {
    let mut errors = Vec::new();
    let texts = parse_texts(&args.texts, &mut errors);
    let tags = Tags::parse(args.tags.iter().flat_map(|typed| tag_line::split(typed)), "tags").unwrap_or_else(|e| {
        errors.extend(e);
        Tags::default()
    });
    let captured_at = captured_at(args.at.as_deref(), &mut errors);
    let position = if args.waiting {
        None
    } else {
        match position::parse(&args.position, args.accuracy, args.altitude) {
            Ok(position) => Some(position),
            Err(wrong) => {
                errors.extend(wrong);
                None
            }
        }
    };
    if !errors.is_empty() {
        return Err(Failure::invalid(&errors, "Nothing was saved."));
    }

    let store = context.store()?;
    let captured = match position {
        Some(position) => store.capture(&NewPlace {
            fields: PlaceFields {
                name: texts.name,
                note: texts.note,
                category: texts.category,
                tags,
                position,
                position_source: if args.fix { PositionSource::Fix } else { PositionSource::Manual },
            },
            captured_at,
            source: Source::Cli,
        })?,
        None => store.capture_waiting(&WaitingCapture {
            name: texts.name,
            note: texts.note,
            category: texts.category,
            tags,
            captured_at,
            source: Source::Cli,
            fix_expected_until: now().plus_seconds(FIX_EXPECTED_SECONDS),
        })?,
    };

    let view = store.place(captured.local_id)?;
    let number = captured.local_id;
    context.output.json(&json!({ "place": PlaceJson::of(&view) }))?;
    context.output.say(format!("{}  {} ({number})", place::state_line(&view), place::title(&view)))?;
    if position.is_none() {
        context.output.hint(format!("Give it a position with: holdfast fix {number} LAT LON --accuracy METRES"));
    } else if context.account()?.is_none() {
        context
            .output
            .hint("It stays on this device until you sign in with: holdfast pair <setup link or server address>");
    }
    Ok(Exit::Done)
}

fn captured_at(at: Option<&str>, errors: &mut Vec<FieldError>) -> Timestamp {
    let Some(at) = at else { return now() };
    Timestamp::parse(at).unwrap_or_else(|| {
        let detail = "must be a time with its zone, such as 2026-01-02T15:04:05Z";
        errors.push(FieldError::new("time", FieldCode::InvalidFormat, detail));
        now()
    })
}

pub(super) fn fix(context: &Context, args: &Fix) -> Outcome {
    let position: Position = position::parse(&args.position, args.accuracy, args.altitude)
        .map_err(|errors| Failure::invalid(&errors, "Nothing was changed."))?;
    let store = context.store()?;
    let place = place::find(&store, &args.place, Prefer::Live)?;
    let source = if args.manual { PositionSource::Manual } else { PositionSource::Fix };
    let outcome = store.fix(place.local_id, position, source)?;
    let view = store.place(place.local_id)?;
    let word = match outcome {
        FixOutcome::Placed => "placed",
        FixOutcome::Improved => "improved",
        FixOutcome::NotBetter => "notBetter",
    };
    context.output.json(&json!({ "outcome": word, "place": PlaceJson::of(&view) }))?;
    let title = place::title(&view);
    match outcome {
        FixOutcome::Placed => {
            context.output.say(format!("{}  {title} has its position now.", place::state_line(&view)))?;
        }
        FixOutcome::Improved => {
            context.output.say(format!("{}  The position of {title} is better now.", place::state_line(&view)))?;
        }
        FixOutcome::NotBetter => {
            context
                .output
                .say(format!("The position of {title} stays as it is: it is at least as exact, or a person set it."))?;
            context.output.hint(format!("To move it all the same: holdfast edit {} --position LAT LON", view.local_id));
        }
    }
    Ok(Exit::Done)
}
