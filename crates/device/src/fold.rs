//! How a person's changes are worked out and folded together. Pure: nothing here knows the database.
//!
//! A change carries what the person saw (`was`) and what they want (`to`). Folding a second change into a first that was
//! never sent keeps the first `was` and the second `to`; a text that ends where it began is no change at all.

use std::collections::BTreeSet;

use holdfast_contract::rules::{Change, PositionChange, TagChange, decide_refine};
use holdfast_contract::{
    FieldCode, FieldError, NewPlace, PlaceChanges, PlaceFields, Position, PositionSource, Tag, limits,
};

use crate::commands::{Edit, Seen};
use crate::error::{Error, Result};
use crate::shown::Shown;

#[cfg(test)]
#[path = "fold_tests.rs"]
mod tests;

/// What an edit changes about `shown`, with `was` as the person saw it.
pub(crate) fn changes_of(edit: Edit, shown: &Shown, seen: Option<&Seen>) -> Result<PlaceChanges> {
    fn change<T: PartialEq + Clone>(to: Option<Option<T>>, now: Option<&T>, was: Option<&T>) -> Option<Change<T>> {
        let to = to?;
        // Neither a value that stands there already nor one the person left alone is a change.
        (to.as_ref() != now && to.as_ref() != was).then(|| Change { was: was.cloned(), to })
    }
    let position = shown.position.map(|(position, _)| position);
    let was_name = seen.map_or(shown.name.as_ref(), |s| s.name.as_ref());
    let was_note = seen.map_or(shown.note.as_ref(), |s| s.note.as_ref());
    let was_category = seen.map_or(shown.category.as_ref(), |s| s.category.as_ref());
    let was_position = seen.map_or(position, |s| s.position);
    let changes = PlaceChanges {
        name: change(edit.name, shown.name.as_ref(), was_name),
        note: change(edit.note, shown.note.as_ref(), was_note),
        category: change(edit.category, shown.category.as_ref(), was_category),
        // Confirming a sensor's position by hand is a change: it is the person's from then on.
        position: edit
            .position
            .filter(|to| shown.position != Some((*to, PositionSource::Manual)))
            .map(|to| PositionChange { was: was_position, to }),
        tags: TagChange {
            add: edit.tags.add.difference(shown.tags.as_set()).cloned().collect(),
            remove: edit
                .tags
                .remove
                .difference(&edit.tags.add)
                .filter(|t| shown.tags.as_set().contains(t))
                .cloned()
                .collect(),
        },
    };
    let count = shown.tags.len() - changes.tags.remove.len() + changes.tags.add.len();
    if count > limits::TAGS_MAX {
        let detail = format!("has {count} tags; a place can have at most {}", limits::TAGS_MAX);
        return Err(Error::Invalid(vec![FieldError::new("tags", FieldCode::TooMany, detail)]));
    }
    Ok(changes)
}

/// Folds `second` into `first`, which nobody has sent yet.
pub(crate) fn fold(first: PlaceChanges, second: PlaceChanges) -> PlaceChanges {
    fn field<T: PartialEq>(first: Option<Change<T>>, second: Option<Change<T>>) -> Option<Change<T>> {
        match (first, second) {
            (Some(first), Some(second)) => (first.was != second.to).then_some(Change { was: first.was, to: second.to }),
            (first, second) => second.or(first),
        }
    }
    // A marker that was moved away and back stands where it stood, but it is the person's now, and no fix may move it. That
    // is for the server to know.
    let position = match (first.position, second.position) {
        (Some(first), Some(second)) => Some(PositionChange { was: first.was, to: second.to }),
        (first, second) => second.or(first),
    };
    PlaceChanges {
        name: field(first.name, second.name),
        note: field(first.note, second.note),
        category: field(first.category, second.category),
        position,
        tags: fold_tags(&first.tags, &second.tags),
    }
}

/// The second wish counts where both speak of a tag. They never take each other back: the tag may have come, or gone,
/// elsewhere meanwhile, and asking for what is so already costs nothing.
fn fold_tags(first: &TagChange, second: &TagChange) -> TagChange {
    let join = |first: &BTreeSet<Tag>, undone: &BTreeSet<Tag>, second: &BTreeSet<Tag>| {
        first.difference(undone).chain(second).cloned().collect()
    };
    TagChange {
        add: join(&first.add, &second.remove, &second.add),
        remove: join(&first.remove, &second.add, &second.remove),
    }
}

/// Folds changes into a create that nobody has sent yet.
pub(crate) fn amend(place: &mut NewPlace, changes: &PlaceChanges) {
    let mut shown = Shown::from(place.fields.clone());
    shown.put_changes(changes);
    if let Some(fields) = shown.fields() {
        place.fields = fields;
    }
}

/// What the person set in a capture that differs from the place the server knows under its id: `was` is nothing, because
/// they had seen nothing of it. What the capture lacks is no difference.
pub(crate) fn differences(captured: &PlaceFields, known: &PlaceFields) -> (PlaceChanges, Option<Position>) {
    fn field<T: PartialEq + Clone>(captured: Option<&T>, known: Option<&T>) -> Option<Change<T>> {
        captured.filter(|value| Some(*value) != known).map(|value| Change { was: None, to: Some(value.clone()) })
    }
    let moved = captured.position_source == PositionSource::Manual
        && (known.position != captured.position || known.position_source != PositionSource::Manual);
    let changes = PlaceChanges {
        name: field(captured.name.as_ref(), known.name.as_ref()),
        note: field(captured.note.as_ref(), known.note.as_ref()),
        category: field(captured.category.as_ref(), known.category.as_ref()),
        position: moved.then_some(PositionChange { was: None, to: captured.position }),
        tags: TagChange {
            add: captured.tags.as_set().difference(known.tags.as_set()).cloned().collect(),
            remove: BTreeSet::new(),
        },
    };
    let better = captured.position_source == PositionSource::Fix && decide_refine(known, &captured.position).is_some();
    (changes, better.then_some(captured.position))
}

/// What a second delivery of a capture adds to what is shown: only what is absent there. What is there stays, also where
/// it differs, for the person may have changed it since; a better fix is no difference of opinion.
pub(crate) fn lacking(captured: &PlaceFields, shown: &PlaceFields) -> (PlaceChanges, Option<Position>) {
    let (changes, better) = differences(captured, shown);
    let changes = PlaceChanges {
        name: changes.name.filter(|_| shown.name.is_none()),
        note: changes.note.filter(|_| shown.note.is_none()),
        category: changes.category.filter(|_| shown.category.is_none()),
        position: changes.position.filter(|_| shown.position_source == PositionSource::Fix),
        tags: changes.tags,
    };
    (changes, better)
}

/// `changes` without what stands at `known` already.
pub(crate) fn not_there_yet(changes: PlaceChanges, known: &PlaceFields) -> PlaceChanges {
    fn field<T: PartialEq>(change: Option<Change<T>>, known: Option<&T>) -> Option<Change<T>> {
        change.filter(|change| change.to.as_ref() != known)
    }
    PlaceChanges {
        name: field(changes.name, known.name.as_ref()),
        note: field(changes.note, known.note.as_ref()),
        category: field(changes.category, known.category.as_ref()),
        position: changes.position.filter(|change| change.to != known.position),
        tags: TagChange {
            add: changes.tags.add.difference(known.tags.as_set()).cloned().collect(),
            remove: changes.tags.remove.intersection(known.tags.as_set()).cloned().collect(),
        },
    }
}

/// `wish` as a change of what stands at `base` now: `was` is what the person has been shown of the other side.
pub(crate) fn against(wish: PlaceChanges, base: &PlaceFields) -> PlaceChanges {
    fn field<T: PartialEq + Clone>(wish: Option<Change<T>>, base: Option<&T>) -> Option<Change<T>> {
        wish.filter(|change| change.to.as_ref() != base).map(|change| Change { was: base.cloned(), to: change.to })
    }
    PlaceChanges {
        name: field(wish.name, base.name.as_ref()),
        note: field(wish.note, base.note.as_ref()),
        category: field(wish.category, base.category.as_ref()),
        position: wish
            .position
            .filter(|change| change.to != base.position || base.position_source != PositionSource::Manual)
            .map(|change| PositionChange { was: Some(base.position), to: change.to }),
        tags: TagChange {
            add: wish.tags.add.difference(base.tags.as_set()).cloned().collect(),
            remove: wish.tags.remove.intersection(base.tags.as_set()).cloned().collect(),
        },
    }
}

/// What turns `from` into `to`, with `was` from `from`.
pub(crate) fn between(from: &PlaceFields, to: &PlaceFields) -> PlaceChanges {
    fn field<T: PartialEq + Clone>(from: Option<&T>, to: Option<&T>) -> Option<Change<T>> {
        (from != to).then(|| Change { was: from.cloned(), to: to.cloned() })
    }
    PlaceChanges {
        name: field(from.name.as_ref(), to.name.as_ref()),
        note: field(from.note.as_ref(), to.note.as_ref()),
        category: field(from.category.as_ref(), to.category.as_ref()),
        position: (from.position != to.position)
            .then_some(PositionChange { was: Some(from.position), to: to.position }),
        tags: TagChange::between(&from.tags, &to.tags),
    }
}

/// What a person has set in `captured` since a file said `said` about it, with `was` as the file said it. Where the file
/// said no position, one that a person gave is set by them.
pub(crate) fn since(said: &Shown, captured: &PlaceFields) -> PlaceChanges {
    if let Some(said) = said.fields() {
        return between(&said, captured);
    }
    let moved = captured.position_source == PositionSource::Manual;
    let position = moved.then_some(PositionChange { was: None, to: captured.position });
    let said = Shown { position: Some((captured.position, captured.position_source)), ..said.clone() };
    let changes = said.fields().map(|said| between(&said, captured)).unwrap_or_default();
    PlaceChanges { position, ..changes }
}

/// The same capture, unsent here and elsewhere, where both began with `base`: what was set elsewhere and can be taken, since
/// nobody has set something else here, and what can't. Tags are put together. Positions are not looked at.
pub(crate) fn meet(base: &Shown, here: &Shown, elsewhere: &Shown) -> (PlaceChanges, PlaceChanges) {
    fn field<T: PartialEq + Clone>(
        base: Option<&T>,
        here: Option<&T>,
        elsewhere: Option<&T>,
    ) -> (Option<Change<T>>, Option<Change<T>>) {
        if elsewhere == base || elsewhere == here {
            return (None, None);
        }
        let change = Some(Change { was: base.cloned(), to: elsewhere.cloned() });
        if here == base { (change, None) } else { (None, change) }
    }
    let (name, lost_name) = field(base.name.as_ref(), here.name.as_ref(), elsewhere.name.as_ref());
    let (note, lost_note) = field(base.note.as_ref(), here.note.as_ref(), elsewhere.note.as_ref());
    let (category, lost_category) = field(base.category.as_ref(), here.category.as_ref(), elsewhere.category.as_ref());
    let tags = TagChange::between(&base.tags, &elsewhere.tags);
    let taken = PlaceChanges { name, note, category, tags, position: None };
    let lost = PlaceChanges { name: lost_name, note: lost_note, category: lost_category, ..PlaceChanges::default() };
    (taken, lost)
}

/// The successor of a change that will never be applied: where both touch a field, what the person had seen before the
/// dropped one is what they had seen of the server's. Returns what of `dropped` is left for later successors.
pub(crate) fn without_front(dropped: &mut PlaceChanges, successor: &mut PlaceChanges) {
    fn field<T>(dropped: &mut Option<Change<T>>, successor: Option<&mut Change<T>>) {
        if let Some(successor) = successor
            && let Some(dropped) = dropped.take()
        {
            successor.was = dropped.was;
        }
    }
    field(&mut dropped.name, successor.name.as_mut());
    field(&mut dropped.note, successor.note.as_mut());
    field(&mut dropped.category, successor.category.as_mut());
    if let Some(successor) = successor.position.as_mut()
        && let Some(dropped) = dropped.position.take()
    {
        successor.was = dropped.was;
    }
}
