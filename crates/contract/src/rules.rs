//! How an operation meets the current state of a place. Server and device decide with the same functions.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::defect::{self, Defect};
use crate::place::{PlaceFields, PositionSource};
use crate::position::Position;
use crate::problem::FieldError;
use crate::text::{Category, Name, Note, Tag, Tags, too_many_tags};

/// A field of a place that is changed, and can conflict, on its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum Field {
    /// The name.
    Name,
    /// The note.
    Note,
    /// The category.
    Category,
    /// Latitude, longitude, accuracy, altitude and where they come from, as one.
    Position,
    /// The tags. They never conflict.
    Tags,
}

impl Field {
    /// Every field.
    pub const ALL: &[Self] = &[Self::Name, Self::Note, Self::Category, Self::Position, Self::Tags];

    /// The field as it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Note => "note",
            Self::Category => "category",
            Self::Position => "position",
            Self::Tags => "tags",
        }
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// From what a person saw to what they want. `None` is "nothing there".
#[derive(Clone, PartialEq, Debug)]
pub struct Change<T> {
    /// The value the person saw when deciding.
    pub was: Option<T>,
    /// The new value; `None` clears the field.
    pub to: Option<T>,
}

impl<T: PartialEq> Change<T> {
    /// Whether it may be applied over `current`.
    pub fn applies_to(&self, current: Option<&T>) -> bool {
        current == self.was.as_ref() || current == self.to.as_ref()
    }
}

/// A person's move of the marker. A position can't be cleared.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PositionChange {
    /// The position the person saw; `None` when they saw none (never equal to a place's position).
    pub was: Option<Position>,
    /// The new position.
    pub to: Position,
}

/// Tags to add and to remove.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TagChange {
    /// Tags that shall be there.
    pub add: BTreeSet<Tag>,
    /// Tags that shall not be there. A tag in both is added.
    pub remove: BTreeSet<Tag>,
}

impl TagChange {
    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }

    /// What turns `from` into `to`.
    pub fn between(from: &Tags, to: &Tags) -> Self {
        Self {
            add: to.as_set().difference(from.as_set()).cloned().collect(),
            remove: from.as_set().difference(to.as_set()).cloned().collect(),
        }
    }

    fn apply(&self, tags: &Tags) -> Result<Tags, FieldError> {
        let kept = tags.as_set().difference(&self.remove).cloned();
        Tags::new(kept.chain(self.add.iter().cloned()).collect()).map_err(|count| too_many_tags("tags", count))
    }
}

/// The changed fields of an update.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PlaceChanges {
    /// The name.
    pub name: Option<Change<Name>>,
    /// The note.
    pub note: Option<Change<Note>>,
    /// The category.
    pub category: Option<Change<Category>>,
    /// The position.
    pub position: Option<PositionChange>,
    /// The tags.
    pub tags: TagChange,
}

impl PlaceChanges {
    /// Whether nothing is to be changed.
    pub fn is_empty(&self) -> bool {
        self.fields().is_empty()
    }

    /// The fields it touches.
    pub fn fields(&self) -> Vec<Field> {
        let touched = [
            (Field::Name, self.name.is_some()),
            (Field::Note, self.note.is_some()),
            (Field::Category, self.category.is_some()),
            (Field::Position, self.position.is_some()),
            (Field::Tags, !self.tags.is_empty()),
        ];
        touched.into_iter().filter_map(|(field, is)| is.then_some(field)).collect()
    }
}

/// What an update does to the current fields.
#[derive(Clone, PartialEq, Debug)]
pub enum UpdateDecision {
    /// It applies; these are the new fields, and these changed.
    Apply {
        /// The place's fields afterwards.
        fields: Box<PlaceFields>,
        /// Which of them are different now.
        changed: Vec<Field>,
    },
    /// Everything is already as wanted.
    Unchanged,
    /// These fields hold something the person did not see. Nothing is applied.
    Conflict(Vec<Field>),
    /// The result would break the contract (too many tags).
    Invalid(FieldError),
}

/// Settles one field: applied, already so, or in conflict.
fn settle<T: PartialEq + Clone>(
    field: Field,
    slot: &mut Option<T>,
    change: Option<&Change<T>>,
    conflicts: &mut Vec<Field>,
    changed: &mut Vec<Field>,
) {
    let Some(change) = change else { return };
    if !change.applies_to(slot.as_ref()) && !defect::is_on(Defect::WasIgnored) {
        conflicts.push(field);
    } else if *slot != change.to {
        slot.clone_from(&change.to);
        changed.push(field);
    }
}

/// Decides an update: a field applies where the current value equals `was` or `to`; otherwise that field conflicts and
/// nothing of the operation is applied. Tags never conflict.
pub fn decide_update(current: &PlaceFields, changes: &PlaceChanges) -> UpdateDecision {
    let mut conflicts = Vec::new();
    let mut changed = Vec::new();
    let mut fields = current.clone();

    settle(Field::Name, &mut fields.name, changes.name.as_ref(), &mut conflicts, &mut changed);
    settle(Field::Note, &mut fields.note, changes.note.as_ref(), &mut conflicts, &mut changed);
    settle(Field::Category, &mut fields.category, changes.category.as_ref(), &mut conflicts, &mut changed);

    if let Some(change) = &changes.position {
        if current.position == change.to {
            // The marker stands where the person wants it, and now it is theirs.
            if current.position_source != PositionSource::Manual {
                fields.position_source = PositionSource::Manual;
                changed.push(Field::Position);
            }
        } else if change.was == Some(current.position) {
            fields.position = change.to;
            fields.position_source = PositionSource::Manual;
            changed.push(Field::Position);
        } else {
            conflicts.push(Field::Position);
        }
    }
    if !conflicts.is_empty() {
        return UpdateDecision::Conflict(conflicts);
    }
    match changes.tags.apply(&current.tags) {
        Err(error) => return UpdateDecision::Invalid(error),
        Ok(tags) if tags != fields.tags => {
            fields.tags = tags;
            changed.push(Field::Tags);
        }
        Ok(_) => {}
    }
    if changed.is_empty() {
        UpdateDecision::Unchanged
    } else {
        UpdateDecision::Apply { fields: Box::new(fields), changed }
    }
}

/// Decides a refine: the new fields when the position is a fix and `better` is more accurate, otherwise `None`.
pub fn decide_refine(current: &PlaceFields, better: &Position) -> Option<PlaceFields> {
    let is_fix = current.position_source == PositionSource::Fix || defect::is_on(Defect::RefineOverManual);
    (is_fix && better.is_better_than(&current.position)).then(|| PlaceFields { position: *better, ..current.clone() })
}

/// Whether a place at `version` has changed since somebody saw `base_version`. A base of 0 means the place as its own
/// creation left it: whoever captured it has seen that. A base that the place has not reached is of a database that is no more:
/// nobody has seen this one.
pub fn changed_since(version: i64, base_version: i64) -> bool {
    version != base_version.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(name: &str) -> PlaceFields {
        PlaceFields {
            name: Name::parse(name).unwrap(),
            note: None,
            category: None,
            tags: Tags::parse(["a", "b"], "tags").unwrap(),
            position: Position::parse("", 1.0, 2.0, Some(30.0), None).unwrap(),
            position_source: PositionSource::Fix,
        }
    }

    fn rename(was: &str, to: &str) -> PlaceChanges {
        let change = Change { was: Name::parse(was).unwrap(), to: Name::parse(to).unwrap() };
        PlaceChanges { name: Some(change), ..Default::default() }
    }

    #[test]
    fn a_field_applies_over_what_the_person_saw() {
        let UpdateDecision::Apply { fields: new, changed } = decide_update(&fields("old"), &rename("old", "new"))
        else {
            panic!()
        };
        assert_eq!((new.name.unwrap().as_str(), changed), ("new", vec![Field::Name]));
    }

    #[test]
    fn a_field_that_already_is_as_wanted_changes_nothing() {
        assert_eq!(decide_update(&fields("new"), &rename("old", "new")), UpdateDecision::Unchanged);
    }

    #[test]
    fn a_field_that_holds_something_unseen_conflicts_and_nothing_is_applied() {
        let mut changes = rename("old", "new");
        changes.note = Some(Change { was: None, to: Note::parse("fine").unwrap() });
        assert_eq!(decide_update(&fields("other"), &changes), UpdateDecision::Conflict(vec![Field::Name]));
    }

    #[test]
    fn clearing_a_field_that_was_seen_empty_but_is_not_conflicts() {
        let changes =
            PlaceChanges { name: Some(Change { was: Name::parse("x").unwrap(), to: None }), ..Default::default() };
        assert_eq!(decide_update(&fields("y"), &changes), UpdateDecision::Conflict(vec![Field::Name]));
    }

    #[test]
    fn tags_never_conflict_but_stay_bounded() {
        let mut changes = PlaceChanges::default();
        changes.tags.remove = [Tag::parse("a").unwrap().unwrap(), Tag::parse("gone").unwrap().unwrap()].into();
        changes.tags.add = [Tag::parse("c").unwrap().unwrap()].into();
        let UpdateDecision::Apply { fields: new, .. } = decide_update(&fields("n"), &changes) else { panic!() };
        assert_eq!(new.tags.to_strings(), ["b", "c"]);
        changes.tags.add = (0..20).map(|i| Tag::parse(&i.to_string()).unwrap().unwrap()).collect();
        assert!(matches!(decide_update(&fields("n"), &changes), UpdateDecision::Invalid(_)));
    }

    #[test]
    fn a_moved_marker_is_manual_and_no_fix_refines_it_again() {
        let current = fields("n");
        let to = Position::parse("", 5.0, 6.0, None, None).unwrap();
        let changes =
            PlaceChanges { position: Some(PositionChange { was: Some(current.position), to }), ..Default::default() };
        let UpdateDecision::Apply { fields: new, .. } = decide_update(&current, &changes) else { panic!() };
        assert_eq!(new.position_source, PositionSource::Manual);
        let better = Position::parse("", 5.0, 6.0, Some(1.0), None).unwrap();
        assert_eq!(decide_refine(&new, &better), None);
        assert!(decide_refine(&current, &better).is_some());
    }

    #[test]
    fn a_place_never_seen_confirmed_is_unchanged_at_its_first_version() {
        assert!(!changed_since(1, 0));
        assert!(changed_since(2, 0));
        assert!(!changed_since(4, 4));
        assert!(changed_since(5, 4) && changed_since(3, 7));
    }
}
