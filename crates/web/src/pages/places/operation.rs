//! From a form to an operation of the sync contract.
//!
//! A form carries, beside each field, the value that the page showed (`was_…`). Only what differs from it is a change, so a
//! page that has become old changes nothing but what its person touched, and the rules find a conflict where somebody else
//! touched the same.

use holdfast_contract::rules::{Change, PositionChange, TagChange};
use holdfast_contract::tag_line;
use holdfast_contract::text::Text;
use holdfast_contract::{
    FieldCode, FieldError, NewPlace, Place, PlaceChanges, PlaceFields, Position, PositionSource, Source, Tags,
    Timestamp,
};

use super::Fields;
use crate::form::Form;

/// The form's inputs as they were typed.
pub(crate) fn typed(form: &Form) -> Fields {
    let (mut typed, shown) = (fields(form, ""), shown(form));
    // An input of one line drops the line breaks of what it was given. Nobody has touched that.
    for (typed, shown) in
        [(&mut typed.name, shown.name), (&mut typed.category, shown.category), (&mut typed.tags, shown.tags)]
    {
        if shown.contains(['\n', '\r']) && one_line(&shown) == one_line(typed) {
            *typed = shown;
        }
    }
    typed
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], "")
}

/// The values that the page had shown.
pub(crate) fn shown(form: &Form) -> Fields {
    fields(form, "was_")
}

fn fields(form: &Form, prefix: &str) -> Fields {
    let text = |name: &str| form.text(&format!("{prefix}{name}")).to_owned();
    Fields {
        name: text("name"),
        note: text("note"),
        category: text("category"),
        tags: text("tags"),
        latitude: text("latitude"),
        longitude: text("longitude"),
        accuracy: text("accuracy"),
        altitude: text("altitude"),
    }
}

/// Reads a text field; what is wrong with it goes to `errors`.
fn text<const MAX: usize>(raw: &str, name: &str, errors: &mut Vec<FieldError>) -> Option<Text<MAX>> {
    Text::parse(raw).unwrap_or_else(|error| {
        errors.push(error.at(name));
        None
    })
}

/// Tags as people type them.
fn tags(raw: &str, errors: &mut Vec<FieldError>) -> Tags {
    Tags::parse(tag_line::split(raw), "tags").unwrap_or_else(|mut more| {
        // Each would name its number in a list that the person does not see.
        for error in &mut more {
            "tags".clone_into(&mut error.field);
        }
        errors.extend(more);
        Tags::default()
    })
}

/// A number as people type it: with a decimal point or a comma.
fn number(raw: &str, name: &str, errors: &mut Vec<FieldError>) -> Option<f64> {
    let raw = raw.trim();
    if raw.is_empty() {
        return None;
    }
    let number = raw.replace(',', ".").parse::<f64>().ok().filter(|n| n.is_finite());
    if number.is_none() {
        errors.push(FieldError::new(name, FieldCode::InvalidType, "must be a number such as 47.4979"));
    }
    number
}

fn position(fields: &Fields, errors: &mut Vec<FieldError>) -> Option<Position> {
    let before = errors.len();
    // Both at once, as they stand in other programs: "47.4979, 8.7291".
    let (latitude, longitude) = match fields.latitude.split_once(',') {
        Some((latitude, longitude)) if fields.longitude.trim().is_empty() && longitude.contains('.') => {
            (latitude.to_owned(), longitude.to_owned())
        }
        _ => (fields.latitude.clone(), fields.longitude.clone()),
    };
    let latitude = number(&latitude, "latitude", errors);
    let longitude = number(&longitude, "longitude", errors);
    let accuracy = number(&fields.accuracy, "accuracy", errors);
    let altitude = number(&fields.altitude, "altitude", errors);
    let (Some(latitude), Some(longitude)) = (latitude, longitude) else {
        if errors.len() == before {
            // The one number of a position that is missing, or all of it.
            let (field, detail) = match (latitude, longitude) {
                (None, Some(_)) => ("latitude", "is missing; type it, or put the marker on the map"),
                (Some(_), None) => ("longitude", "is missing; type it, or put the marker on the map"),
                _ => (
                    "position",
                    "is missing; put the marker on the map, use your location, or type latitude and longitude",
                ),
            };
            errors.push(FieldError::new(field, FieldCode::Required, detail));
        }
        return None;
    };
    Position::parse("", latitude, longitude, accuracy, altitude).map_err(|more| errors.extend(more)).ok()
}

/// A capture from the web, like any other.
pub(crate) fn new_place(form: &Form, now: Timestamp) -> Result<NewPlace, Vec<FieldError>> {
    let mut errors = Vec::new();
    let typed = typed(form);
    let (name, note) = (text(&typed.name, "name", &mut errors), text(&typed.note, "note", &mut errors));
    let category = text(&typed.category, "category", &mut errors);
    let tags = tags(&typed.tags, &mut errors);
    let position = position(&typed, &mut errors);
    // A position that the browser's sensor gave may still be refined; one that a person chose is theirs.
    let is_fix = form.text("position_source") == PositionSource::Fix.as_str();
    let position_source = if is_fix { PositionSource::Fix } else { PositionSource::Manual };
    match position {
        Some(position) if errors.is_empty() => Ok(NewPlace {
            fields: PlaceFields { name, note, category, tags, position, position_source },
            captured_at: now,
            source: Source::Web,
        }),
        _ => Err(errors),
    }
}

/// What the person changed: every field whose value is not the one that the page had shown.
pub(crate) fn changes(form: &Form) -> Result<PlaceChanges, Vec<FieldError>> {
    let mut errors = Vec::new();
    // What a page had shown was valid; should somebody send something else, it is as good as nothing.
    let mut ignored = Vec::new();
    let (typed, shown) = (typed(form), shown(form));
    let changes = PlaceChanges {
        name: form
            .get("name")
            .and_then(|_| change(text(&shown.name, "name", &mut ignored), text(&typed.name, "name", &mut errors))),
        note: form
            .get("note")
            .and_then(|_| change(text(&shown.note, "note", &mut ignored), text(&typed.note, "note", &mut errors))),
        category: form.get("category").and_then(|_| {
            change(text(&shown.category, "category", &mut ignored), text(&typed.category, "category", &mut errors))
        }),
        position: form.get("latitude").and_then(|_| moved(&shown, &typed, &mut errors)),
        tags: match form.get("tags") {
            Some(_) => TagChange::between(&tags(&shown.tags, &mut ignored), &tags(&typed.tags, &mut errors)),
            None => TagChange::default(),
        },
    };
    if errors.is_empty() { Ok(changes) } else { Err(errors) }
}

fn change<const MAX: usize>(was: Option<Text<MAX>>, to: Option<Text<MAX>>) -> Option<Change<Text<MAX>>> {
    (was != to).then_some(Change { was, to })
}

/// The marker in another place. What was measured at the old one (accuracy, altitude) says nothing about the new one.
fn moved(shown: &Fields, typed: &Fields, errors: &mut Vec<FieldError>) -> Option<PositionChange> {
    let was = position(shown, &mut Vec::new());
    let bare = Fields { accuracy: String::new(), altitude: String::new(), ..typed.clone() };
    let to = position(&bare, errors)?;
    let is_there = was.is_some_and(|was| was.latitude == to.latitude && was.longitude == to.longitude);
    (!is_there).then_some(PositionChange { was, to })
}

/// What a person set in a form for a new place and the place that is there already does not have. Absence is no difference.
///
/// Nobody has touched a place of version 1 since this very form made it: what it has is what the person saw. Of a later one
/// they saw nothing, and are asked where they want something else than it has.
pub(crate) fn differences(wanted: &NewPlace, place: &Place) -> PlaceChanges {
    let fields = &wanted.fields;
    let is_as_saved = place.version == 1;
    let to = fields.position;
    let is_there = place.latitude == to.latitude && place.longitude == to.longitude;
    PlaceChanges {
        name: set(fields.name.as_ref(), place.name.as_ref(), is_as_saved),
        note: set(fields.note.as_ref(), place.note.as_ref(), is_as_saved),
        category: set(fields.category.as_ref(), place.category.as_ref(), is_as_saved),
        position: (!is_there).then(|| PositionChange { was: is_as_saved.then(|| place.position()), to }),
        tags: TagChange {
            add: fields.tags.as_set().difference(place.tags.as_set()).cloned().collect(),
            ..Default::default()
        },
    }
}

fn set<const MAX: usize>(
    wanted: Option<&Text<MAX>>,
    there: Option<&Text<MAX>>,
    is_as_saved: bool,
) -> Option<Change<Text<MAX>>> {
    let to = wanted.filter(|to| there != Some(to))?.clone();
    Some(Change { was: there.cloned().filter(|_| is_as_saved), to: Some(to) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(body: &str) -> Form {
        Form::parse(body.as_bytes())
    }

    #[test]
    fn only_what_differs_from_what_the_page_showed_is_a_change() {
        let body = "was_name=Oak&name=Oak&was_note=&note=Old&was_category=tree&category=&was_tags=a,+b&tags=b,+%23c\
                    &was_latitude=47.1&was_longitude=8.2&was_accuracy=5&latitude=47.1&longitude=8.2&accuracy=";
        let changes = changes(&form(body)).unwrap();
        assert_eq!(changes.name, None);
        assert_eq!(changes.note.unwrap().to.unwrap().as_str(), "Old");
        let category = changes.category.unwrap();
        assert_eq!((category.was.unwrap().as_str(), category.to), ("tree", None));
        assert_eq!(changes.position, None);
        let words = |set: std::collections::BTreeSet<holdfast_contract::Tag>| {
            set.into_iter().map(holdfast_contract::text::Text::into_string).collect::<Vec<_>>()
        };
        assert_eq!((words(changes.tags.add), words(changes.tags.remove)), (vec!["c".to_owned()], vec!["a".to_owned()]));
    }

    #[test]
    fn line_breaks_that_an_input_of_one_line_drops_are_no_change() {
        let body = "was_name=Old%0Aoak&name=Oldoak&was_tags=%22a%0Ab%22&tags=%22ab%22&was_note=&note=x";
        let changes = changes(&form(body)).unwrap();
        assert_eq!(changes.fields(), [holdfast_contract::Field::Note]);
        let changed = super::changes(&form("was_name=Old%0Aoak&name=Oldoaks")).unwrap();
        assert_eq!(changed.name.unwrap().was.unwrap().as_str(), "Old\noak");
    }

    #[test]
    fn a_browsers_line_ends_are_no_change() {
        let changes = changes(&form("was_note=a%0Ab&note=a%0D%0Ab")).unwrap();
        assert!(changes.is_empty());
    }

    #[test]
    fn a_moved_marker_loses_what_was_measured_elsewhere() {
        let body = "was_latitude=47.1&was_longitude=8.2&was_accuracy=5&was_altitude=400&latitude=47,2&longitude=8.2&accuracy=5";
        let moved = changes(&form(body)).unwrap().position.unwrap();
        assert_eq!(moved.was.unwrap().accuracy.map(holdfast_contract::Accuracy::get), Some(5.0));
        assert_eq!(crate::show::coordinates(&moved.to), "47.20000, 8.20000");
        assert_eq!((moved.to.accuracy, moved.to.altitude), (None, None));
    }

    #[test]
    fn every_fault_is_named_and_a_missing_position_says_what_to_do() {
        let now = Timestamp::EPOCH;
        let errors = new_place(&form(&format!("name={}&latitude=x&longitude=181", "n".repeat(201))), now).unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|e| e.field.as_str()).collect();
        assert_eq!(fields, ["name", "latitude"]);
        let errors = new_place(&form("name=Oak"), now).unwrap_err();
        assert!(errors[0].detail.contains("put the marker on the map"));
        let errors = new_place(&form("latitude=47.5"), now).unwrap_err();
        assert_eq!(
            crate::show::field_error(&errors[0]),
            "The longitude is missing; type it, or put the marker on the map."
        );
        let errors = new_place(
            &form(&format!("latitude=1&longitude=2&note={}&tags={}", "n".repeat(10_001), "t".repeat(41))),
            now,
        );
        let words: Vec<_> = errors.unwrap_err().iter().map(crate::show::field_error).collect();
        assert_eq!(
            words,
            [
                "The note is 10001 characters long; at most 10000 are allowed.",
                "A tag is 41 characters long; at most 40 are allowed."
            ]
        );
        let both = new_place(&form("latitude=47.4979,+8.7291&longitude="), now).unwrap();
        assert_eq!(crate::show::coordinates(&both.fields.position), "47.49790, 8.72910");
    }
}
