//! What the person sees: the confirmed copy with their pending operations on top. Pure.

use std::collections::BTreeSet;

use holdfast_contract::rules::{TagChange, decide_refine};
use holdfast_contract::{
    Action, Category, Name, NewPlace, Note, Place, PlaceChanges, PlaceFields, Position, PositionSource, Tags,
    Timestamp, limits,
};

/// The changeable part of a place as the person sees it. Unlike [`PlaceFields`] it may lack a position.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Shown {
    pub(crate) name: Option<Name>,
    pub(crate) note: Option<Note>,
    pub(crate) category: Option<Category>,
    pub(crate) tags: Tags,
    pub(crate) position: Option<(Position, PositionSource)>,
    pub(crate) deleted_at: Option<Timestamp>,
}

impl From<PlaceFields> for Shown {
    fn from(fields: PlaceFields) -> Self {
        Self {
            name: fields.name,
            note: fields.note,
            category: fields.category,
            tags: fields.tags,
            position: Some((fields.position, fields.position_source)),
            deleted_at: None,
        }
    }
}

impl From<&Place> for Shown {
    fn from(place: &Place) -> Self {
        Self { deleted_at: place.deleted_at, ..place.fields().into() }
    }
}

impl Shown {
    /// As fields, once there is a position.
    pub(crate) fn fields(&self) -> Option<PlaceFields> {
        let (position, position_source) = self.position?;
        Some(PlaceFields {
            name: self.name.clone(),
            note: self.note.clone(),
            category: self.category.clone(),
            tags: self.tags.clone(),
            position,
            position_source,
        })
    }

    /// Puts a pending operation on top, whatever the server will say to it.
    pub(crate) fn put(&mut self, action: &Action, decided_at: Timestamp) {
        match action {
            Action::Create { place, .. } => self.put_create(place),
            Action::Update { changes, .. } => self.put_changes(changes),
            Action::Refine { position, .. } => self.put_fix(*position),
            Action::Delete { .. } => self.deleted_at = self.deleted_at.or(Some(decided_at)),
            Action::Restore { .. } => self.deleted_at = None,
            Action::Offer { state, .. } => {
                *self = Self { deleted_at: state.deleted_at, ..state.place.fields.clone().into() };
            }
        }
    }

    /// A capture over a place that the server may know already (a watch sent it): what the person set, set.
    fn put_create(&mut self, place: &NewPlace) {
        let new = &place.fields;
        if self.position.is_none() {
            *self = Self { deleted_at: self.deleted_at, ..new.clone().into() };
            return;
        }
        self.name = new.name.clone().or(self.name.take());
        self.note = new.note.clone().or(self.note.take());
        self.category = new.category.clone().or(self.category.take());
        self.tags = with_tags(&self.tags, new.tags.as_set(), &BTreeSet::new());
        match new.position_source {
            PositionSource::Manual => self.position = Some((new.position, PositionSource::Manual)),
            PositionSource::Fix => self.put_fix(new.position),
        }
    }

    /// A person's changes.
    pub(crate) fn put_changes(&mut self, changes: &PlaceChanges) {
        if let Some(change) = &changes.name {
            self.name.clone_from(&change.to);
        }
        if let Some(change) = &changes.note {
            self.note.clone_from(&change.to);
        }
        if let Some(change) = &changes.category {
            self.category.clone_from(&change.to);
        }
        if let Some(change) = &changes.position {
            self.position = Some((change.to, PositionSource::Manual));
        }
        self.put_tags(&changes.tags);
    }

    fn put_tags(&mut self, change: &TagChange) {
        if !change.is_empty() {
            self.tags = with_tags(&self.tags, &change.add, &change.remove);
        }
    }

    fn put_fix(&mut self, fix: Position) {
        if self.position.is_none() {
            self.position = Some((fix, PositionSource::Fix));
        } else if let Some(fields) = self.fields()
            && let Some(better) = decide_refine(&fields, &fix)
        {
            self.position = Some((better.position, better.position_source));
        }
    }

    /// Whether a fix would improve the position.
    pub(crate) fn is_improved_by(&self, fix: &Position) -> bool {
        self.fields().is_some_and(|fields| decide_refine(&fields, fix).is_some())
    }
}

/// The tags without `remove` and with `add`. Where that is too many, the person's own come first.
fn with_tags(tags: &Tags, add: &BTreeSet<holdfast_contract::Tag>, remove: &BTreeSet<holdfast_contract::Tag>) -> Tags {
    let mut all: BTreeSet<_> = add.iter().take(limits::TAGS_MAX).cloned().collect();
    for tag in tags.iter().filter(|tag| !remove.contains(tag)) {
        if all.len() >= limits::TAGS_MAX {
            break;
        }
        all.insert(tag.clone());
    }
    Tags::new(all).unwrap_or_default()
}

/// The person's view: `base` with `pending` on top, each with the moment it was decided.
pub(crate) fn overlay<'a>(base: Option<&Place>, pending: impl IntoIterator<Item = (&'a Action, Timestamp)>) -> Shown {
    let mut shown = base.map(Shown::from).unwrap_or_default();
    for (action, decided_at) in pending {
        shown.put(action, decided_at);
    }
    shown
}
