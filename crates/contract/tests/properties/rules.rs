//! The rules against a second, naive telling of the specification, which shares no code with them.

use std::collections::BTreeSet;

use holdfast_contract::rules::{
    Change, PositionChange, TagChange, UpdateDecision, changed_since, decide_refine, decide_update,
};
use holdfast_contract::text::Text;
use holdfast_contract::*;
use proptest::prelude::*;

use crate::{cases, generate};

/// A place as plain values.
#[derive(Clone, PartialEq, Debug)]
struct Model {
    texts: [Option<String>; 3],
    tags: BTreeSet<String>,
    position: [Option<f64>; 4],
    manual: bool,
}

fn plain<const MAX: usize>(text: Option<&Text<MAX>>) -> Option<String> {
    text.map(|text| text.as_str().to_owned())
}

fn numbers(position: &Position) -> [Option<f64>; 4] {
    let (latitude, longitude) = (position.latitude.get(), position.longitude.get());
    [Some(latitude), Some(longitude), position.accuracy.map(Accuracy::get), position.altitude.map(Altitude::get)]
}

impl From<&PlaceFields> for Model {
    fn from(fields: &PlaceFields) -> Self {
        Self {
            texts: [plain(fields.name.as_ref()), plain(fields.note.as_ref()), plain(fields.category.as_ref())],
            tags: fields.tags.to_strings().into_iter().collect(),
            position: numbers(&fields.position),
            manual: fields.position_source == PositionSource::Manual,
        }
    }
}

fn told<const MAX: usize>(change: Option<&Change<Text<MAX>>>) -> Option<[Option<String>; 2]> {
    change.map(|change| [plain(change.was.as_ref()), plain(change.to.as_ref())])
}

/// What the update leaves, or the names of the fields that hold something unseen.
fn update(place: &Model, changes: &PlaceChanges) -> Result<Model, Vec<&'static str>> {
    let mut after = place.clone();
    let mut conflicts = Vec::new();
    let texts = [told(changes.name.as_ref()), told(changes.note.as_ref()), told(changes.category.as_ref())];
    for (at, change) in texts.into_iter().enumerate() {
        if let Some([was, to]) = change {
            if place.texts[at] == was || place.texts[at] == to {
                after.texts[at] = to;
            } else {
                conflicts.push(["name", "note", "category"][at]);
            }
        }
    }
    if let Some(change) = &changes.position {
        let (was, to) = (change.was.as_ref().map(numbers), numbers(&change.to));
        if was == Some(place.position) || to == place.position {
            (after.position, after.manual) = (to, true);
        } else {
            conflicts.push("position");
        }
    }
    for tag in &changes.tags.remove {
        after.tags.remove(tag.as_str());
    }
    for tag in &changes.tags.add {
        after.tags.insert(tag.as_str().to_owned());
    }
    if conflicts.is_empty() { Ok(after) } else { Err(conflicts) }
}

/// Changes of which each was decided over what is there, over what was wished already, or over something else.
fn changes_over_fields() -> impl Strategy<Value = (PlaceFields, PlaceChanges)> {
    (generate::fields(), generate::changes(), prop::array::uniform4(0..4_u8)).prop_map(
        |(current, mut changes, over)| {
            fn decide<T: Clone>(over: u8, change: &mut Option<Change<T>>, now: Option<&T>) {
                if let Some(change) = change {
                    match over {
                        0 | 1 => change.was = now.cloned(),
                        2 => change.to = now.cloned(),
                        _ => {}
                    }
                }
            }
            decide(over[0], &mut changes.name, current.name.as_ref());
            decide(over[1], &mut changes.note, current.note.as_ref());
            decide(over[2], &mut changes.category, current.category.as_ref());
            if let Some(PositionChange { was, to }) = &mut changes.position {
                match over[3] {
                    0 | 1 => *was = Some(current.position),
                    2 => *to = current.position,
                    _ => {}
                }
            }
            (current, changes)
        },
    )
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn an_update_is_decided_as_the_specification_tells_it(
        (current, changes) in changes_over_fields(),
    ) {
        let before = Model::from(&current);
        match (decide_update(&current, &changes), update(&before, &changes)) {
            (UpdateDecision::Conflict(fields), Err(expected)) => {
                prop_assert_eq!(fields.iter().map(|field| field.as_str()).collect::<Vec<_>>(), expected);
            }
            (UpdateDecision::Unchanged, Ok(after)) => prop_assert_eq!(after, before),
            (UpdateDecision::Apply { fields, changed }, Ok(after)) => {
                prop_assert_eq!(&Model::from(&*fields), &after);
                prop_assert_ne!(&after, &before, "what changes nothing is no change");
                let is_other = |field: Field| match field {
                    Field::Name => after.texts[0] != before.texts[0],
                    Field::Note => after.texts[1] != before.texts[1],
                    Field::Category => after.texts[2] != before.texts[2],
                    Field::Position => (after.position, after.manual) != (before.position, before.manual),
                    Field::Tags => after.tags != before.tags,
                };
                let expected: Vec<Field> = Field::ALL.iter().copied().filter(|field| is_other(*field)).collect();
                prop_assert_eq!(changed, expected);
            }
            (decision, expected) => prop_assert!(false, "{decision:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn an_update_that_was_applied_changes_nothing_a_second_time(
        (current, changes) in changes_over_fields(),
    ) {
        if let UpdateDecision::Apply { fields, .. } = decide_update(&current, &changes) {
            prop_assert_eq!(decide_update(&fields, &changes), UpdateDecision::Unchanged);
        }
    }

    #[test]
    fn tags_are_bounded_whatever_is_added(current in generate::tags(), n in 0..40_usize, removed in 0..3_usize) {
        let mut fields = place_with(current.clone());
        let add = (0..n).map(|n| Tag::parse(&format!("n{n}")).unwrap().unwrap()).collect();
        let remove: BTreeSet<Tag> = current.iter().take(removed).cloned().collect();
        let count = current.len() - remove.len() + n;
        let changes = PlaceChanges { tags: TagChange { add, remove }, ..PlaceChanges::default() };
        match decide_update(&fields, &changes) {
            UpdateDecision::Invalid(error) => {
                prop_assert!(count > limits::TAGS_MAX);
                prop_assert_eq!((error.field.as_str(), error.code), ("tags", FieldCode::TooMany));
            }
            UpdateDecision::Apply { fields: after, .. } => {
                prop_assert!(count <= limits::TAGS_MAX);
                fields.tags = after.tags.clone();
                prop_assert_eq!(fields.tags.len(), count);
            }
            UpdateDecision::Unchanged => prop_assert!(changes.is_empty()),
            UpdateDecision::Conflict(fields) => prop_assert!(false, "tags never conflict: {fields:?}"),
        }
    }

    #[test]
    fn a_fix_refines_only_a_worse_fix_and_nothing_but_the_position(
        current in generate::fields(), better in generate::position(),
    ) {
        let accuracy = |position: &Position| position.accuracy.map_or(f64::INFINITY, Accuracy::get);
        let refines = current.position_source == PositionSource::Fix && accuracy(&better) < accuracy(&current.position);
        let expected = refines.then(|| PlaceFields { position: better, ..current.clone() });
        prop_assert_eq!(decide_refine(&current, &better), expected);
    }

    #[test]
    fn a_place_has_changed_since_every_version_but_its_own(version in 1..50_i64, base in 0..50_i64) {
        let seen = if base == 0 { 1 } else { base };
        prop_assert_eq!(changed_since(version, base), seen != version);
    }
}

fn place_with(tags: Tags) -> PlaceFields {
    PlaceFields {
        name: None,
        note: None,
        category: None,
        tags,
        position: Position::parse("", 1.0, 2.0, None, None).unwrap(),
        position_source: PositionSource::Fix,
    }
}
