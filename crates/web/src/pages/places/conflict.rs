//! Two changed the same: both values side by side, and a choice for each field.
//!
//! Nothing was changed yet. The page carries what the person wants and, as "was", what is there now: they have seen it. A
//! field for which they keep the other value is no change any more.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use holdfast_contract::rules::{Field, UpdateDecision, decide_update};
use holdfast_contract::{ClientId, FieldError, Place, PlaceChanges, Role, tag_line};
use holdfast_service::Actor;

use super::{Fields, operation};
use crate::failure::TYPED;
use crate::form::Form;
use crate::pages::places::show::last_change;
use crate::shell::{self, Part, Shell, page_with};
use crate::show::Time;
use crate::state::WebState;

/// What stands against a change.
pub(crate) struct Clash {
    /// The place as it is now.
    place: Place,
    /// The fields that hold something else than the person saw, and than they want.
    fields: Vec<Field>,
}

impl Clash {
    /// By the rules that the service decides by. For a place in the trash as well: taking it out must not overwrite what was
    /// changed before it went there.
    pub(crate) fn with(place: Place, changes: &PlaceChanges) -> Self {
        let fields = match decide_update(&place.fields(), changes) {
            UpdateDecision::Conflict(fields) => fields,
            _ => Vec::new(),
        };
        Self { place, fields }
    }
}

#[derive(Template)]
#[template(path = "places/conflict.html")]
struct ConflictPage {
    shell: Shell,
    account: String,
    id: String,
    name: Option<String>,
    op_id: String,
    version: i64,
    now: Fields,
    position_source: &'static str,
    sides: Vec<Sides>,
    /// What the person wants besides and what nobody else touched: carried along.
    besides: Vec<(&'static str, String)>,
    /// What the person changed besides the fields that they are asked about, by the names of the fields.
    typed: Vec<(&'static str, String)>,
    changed: Time,
    /// By whom, where that is known.
    by: Option<String>,
    in_trash: Option<Time>,
    is_owner: bool,
}

/// One field, as both want it.
struct Sides {
    name: &'static str,
    label: &'static str,
    mine: String,
    theirs: String,
    is_long: bool,
    /// Inputs that carry the person's value.
    values: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "places/gone.html")]
struct GonePage {
    shell: Shell,
    account: String,
    client_id: String,
    op_id: String,
    fields: Fields,
    errors: Vec<FieldError>,
}

/// The page that asks.
pub(crate) async fn show(state: &WebState, actor: Actor, clash: Clash, form: &Form) -> Response {
    let Clash { fields, place } = clash;
    let (mine, now) = (operation::typed(form), Fields::of(&place));
    let in_trash = place.deleted_at;
    let clashes = |field: Field| fields.contains(&field);
    let mut sides = Vec::new();
    let mut besides = Vec::new();
    let singles = [
        (Field::Name, "name", "Name", &mine.name, &now.name),
        (Field::Note, "note", "Note", &mine.note, &now.note),
        (Field::Category, "category", "Category", &mine.category, &now.category),
    ];
    for (field, name, label, mine, theirs) in singles {
        let values = vec![(name, mine.clone())];
        if clashes(field) {
            let is_long = field == Field::Note;
            sides.push(Sides { name, label, mine: mine.clone(), theirs: theirs.clone(), is_long, values });
        } else if form.get(name).is_some() {
            besides.push((name, carried(form, name, mine, theirs)));
        }
    }
    if clashes(Field::Position) {
        sides.push(Sides {
            name: "position",
            label: "Position",
            mine: format!("{}, {}", mine.latitude, mine.longitude),
            theirs: format!("{}, {}", now.latitude, now.longitude),
            is_long: false,
            values: vec![("latitude", mine.latitude.clone()), ("longitude", mine.longitude.clone())],
        });
    } else if form.get("latitude").is_some() {
        let is_moved =
            form.text("latitude") != form.text("was_latitude") || form.text("longitude") != form.text("was_longitude");
        let position = if is_moved && form.get("was_latitude").is_some() { &mine } else { &now };
        besides.push(("latitude", position.latitude.clone()));
        besides.push(("longitude", position.longitude.clone()));
    }
    if form.get("tags").is_some() {
        besides.push(("tags", merged_tags(form, &place)));
    }
    let (changed, by) = last_change(state, actor, &place).await;
    let is_asked = |name: &str| sides.iter().any(|side| side.values.iter().any(|(input, _)| *input == name));
    let typed = TYPED.iter().filter(|(name, _)| !is_asked(name) && is_changed(form, name));
    let typed = typed.map(|(name, label)| (*label, form.text(name).to_owned())).collect();
    let page = ConflictPage {
        typed,
        shell: Shell::of(state, actor, Part::Places, "Changed here and elsewhere"),
        account: actor.user.to_string(),
        id: place.id.to_string(),
        name: place.name.as_ref().map(|n| n.as_str().to_owned()),
        op_id: shell::op_id(state).to_string(),
        version: place.version,
        now,
        position_source: place.position_source.as_str(),
        sides,
        besides,
        changed,
        by,
        in_trash: in_trash.map(Time::from),
        is_owner: place.role == Role::Owner,
    };
    page_with(StatusCode::CONFLICT, &page)
}

/// What a field that nobody else touched shall become: the person's value if they changed it, otherwise what is there.
fn carried(form: &Form, name: &str, mine: &str, theirs: &str) -> String {
    if is_changed(form, name) { mine.to_owned() } else { theirs.to_owned() }
}

/// Whether a field has something else than the page showed.
fn is_changed(form: &Form, name: &str) -> bool {
    let plain = |name: &str| form.text(name).replace("\r\n", "\n").trim().to_owned();
    form.get(name).is_some() && plain(name) != plain(&format!("was_{name}"))
}

/// The tags that are there now, with what the person added and without what they removed.
fn merged_tags(form: &Form, place: &Place) -> String {
    let Ok(changes) = operation::changes(form) else { return form.text("tags").to_owned() };
    let kept = place.tags.as_set().difference(&changes.tags.remove).cloned();
    let all: std::collections::BTreeSet<_> = kept.chain(changes.tags.add.iter().cloned()).collect();
    tag_line::join_words(all.iter().map(holdfast_contract::text::Text::as_str))
}

/// The form after the person has chosen: where they keep the other value, that is what the field has.
pub(crate) fn take_picks(mut form: Form) -> Form {
    for (field, inputs) in [
        ("name", &["name"][..]),
        ("note", &["note"]),
        ("category", &["category"]),
        ("position", &["latitude", "longitude"]),
    ] {
        if form.text(&format!("pick_{field}")) == "theirs" {
            for input in inputs {
                let theirs = form.text(&format!("was_{input}")).to_owned();
                form.set(input, theirs);
            }
        }
    }
    form
}

/// The place is gone; what was typed can be saved as a new one. Of somebody else's place that is nothing but what the person
/// typed themselves.
pub(crate) fn show_gone(state: &WebState, actor: Actor, form: &Form, is_own: bool) -> Response {
    let (mut fields, shown) = (operation::typed(form), operation::shown(form));
    if !is_own {
        let is_moved = (&fields.latitude, &fields.longitude) != (&shown.latitude, &shown.longitude);
        for (typed, shown) in [
            (&mut fields.name, &shown.name),
            (&mut fields.note, &shown.note),
            (&mut fields.category, &shown.category),
            (&mut fields.tags, &shown.tags),
        ] {
            if typed.replace("\r\n", "\n").trim() == shown.replace("\r\n", "\n").trim() {
                typed.clear();
            }
        }
        if !is_moved {
            fields.latitude.clear();
            fields.longitude.clear();
        }
    }
    fields.accuracy.clear();
    let page = GonePage {
        shell: Shell::of(state, actor, Part::Places, "This place is gone"),
        account: actor.user.to_string(),
        client_id: ClientId::from(uuid::Uuid::from(shell::op_id(state))).to_string(),
        op_id: shell::op_id(state).to_string(),
        fields,
        errors: Vec::new(),
    };
    page_with(StatusCode::GONE, &page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeping_the_other_value_is_no_change() {
        let body = "was_name=Theirs&name=Mine&pick_name=theirs&was_note=T&note=M&pick_note=mine";
        let form = take_picks(Form::parse(body.as_bytes()));
        let changes = operation::changes(&form).unwrap();
        assert_eq!(changes.name, None);
        assert_eq!(changes.note.unwrap().to.unwrap().as_str(), "M");
    }

    #[test]
    fn what_nobody_else_touched_is_carried_along_only_if_the_person_changed_it() {
        let form = Form::parse(b"was_note=a&note=b&was_category=x&category=x");
        assert_eq!(carried(&form, "note", "b", "a"), "b");
        assert_eq!(carried(&form, "category", "x", "now"), "now");
    }
}
