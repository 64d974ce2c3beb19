//! An operation on a place that the actor sees: who may, and what `contract::rules` make of it.

use holdfast_contract::defect::{self, Defect};
use holdfast_contract::outcome::ConflictReason;
use holdfast_contract::rules::{Field, PlaceChanges, UpdateDecision, changed_since, decide_refine, decide_update};
use holdfast_contract::{Action, Code, PlaceFields, PlaceId, Position, Problem};
use holdfast_store::StoredPlace;
use holdfast_store::batch::Superseded;

use super::{Batch, Verdict, plan_is_full};
use crate::visibility::Access;

impl<F: FnMut() -> PlaceId> Batch<F> {
    /// An operation on a place that the actor sees.
    pub(super) fn change(&mut self, slot: usize, access: Access, action: &Action) -> Verdict {
        let Some(place) = self.slots[slot].place.clone() else { return self.gone(slot) };
        let Some(fields) = place.body.as_ref().map(|b| &b.fields) else { return self.gone(slot) };
        match action {
            Action::Update { changes, base_version, .. } => {
                if !access.may_edit() {
                    return forbidden("This place is shared with you for viewing. Its owner can let you edit it.");
                }
                self.update(slot, &place, fields, changes, *base_version)
            }
            Action::Refine { position, .. } => {
                if !access.may_edit() {
                    return forbidden("This place is shared with you for viewing. Its owner can let you edit it.");
                }
                self.refine(slot, &place, fields, position)
            }
            Action::Delete { base_version, .. } => {
                if !access.is_owner() {
                    return forbidden("Only its owner can delete a place.");
                }
                self.delete(slot, &place, *base_version)
            }
            Action::Restore { base_version, .. } => {
                if !access.is_owner() {
                    return forbidden("Only its owner can restore a place.");
                }
                self.restore(slot, &place, *base_version)
            }
            Action::Offer { state, .. } => self.offer(slot, &place, fields, state),
            Action::Create { .. } => self.create_again(slot),
        }
    }

    fn update(
        &mut self,
        slot: usize,
        place: &StoredPlace,
        fields: &PlaceFields,
        changes: &PlaceChanges,
        base_version: Option<i64>,
    ) -> Verdict {
        if place.deleted_at.is_some() {
            return Verdict::Conflict { slot, reason: ConflictReason::InTrash, fields: Vec::new() };
        }
        let merged = base_version.is_some_and(|base| changed_since(place.version, base));
        match decide_update(fields, changes) {
            UpdateDecision::Apply { fields, changed } => {
                let version = self.replace(slot, "update", changed, |place| set_fields(place, *fields));
                Verdict::Applied { slot, version, merged }
            }
            UpdateDecision::Unchanged => Verdict::Applied { slot, version: place.version, merged },
            UpdateDecision::Conflict(fields) => {
                Verdict::Conflict { slot, reason: ConflictReason::FieldsChanged, fields }
            }
            UpdateDecision::Invalid(error) => Verdict::Rejected(Problem::invalid(vec![error])),
        }
    }

    fn refine(&mut self, slot: usize, place: &StoredPlace, fields: &PlaceFields, better: &Position) -> Verdict {
        // What is in the trash stays as it was put there, so that it can be restored as it was seen.
        let refined = decide_refine(fields, better).filter(|_| place.deleted_at.is_none());
        let version = match refined {
            Some(fields) => self.replace(slot, "refine", vec![Field::Position], |place| set_fields(place, fields)),
            None => place.version,
        };
        Verdict::Applied { slot, version, merged: false }
    }

    fn delete(&mut self, slot: usize, place: &StoredPlace, base_version: i64) -> Verdict {
        if place.deleted_at.is_some() {
            return Verdict::Duplicate { slot, first: false, version: None };
        }
        if changed_since(place.version, base_version) && !defect::is_on(Defect::DeleteIgnoresBase) {
            return Verdict::Conflict { slot, reason: ConflictReason::ChangedSince, fields: Vec::new() };
        }
        self.room.take(-1);
        self.writes.live_delta -= 1;
        let now = self.now;
        let version = self.replace(slot, "delete", Vec::new(), |place| place.deleted_at = Some(now));
        Verdict::Applied { slot, version, merged: false }
    }

    fn restore(&mut self, slot: usize, place: &StoredPlace, base_version: i64) -> Verdict {
        if place.deleted_at.is_none() {
            return Verdict::Duplicate { slot, first: false, version: None };
        }
        if changed_since(place.version, base_version) {
            return Verdict::Conflict { slot, reason: ConflictReason::ChangedSince, fields: Vec::new() };
        }
        if !self.room.take(1) {
            self.slots[slot].deferred = Some(plan_is_full());
            return Verdict::Deferred(plan_is_full());
        }
        self.writes.live_delta += 1;
        let version = self.replace(slot, "restore", Vec::new(), |place| place.deleted_at = None);
        Verdict::Applied { slot, version, merged: false }
    }

    /// Replaces a place by its next version and keeps the one that was.
    pub(super) fn replace(
        &mut self,
        slot: usize,
        kind: &'static str,
        changed: Vec<Field>,
        change: impl FnOnce(&mut StoredPlace),
    ) -> i64 {
        if !std::mem::replace(&mut self.slots[slot].changed, true) {
            self.changed.push(slot);
        }
        let now = self.now;
        let Some(place) = self.slots[slot].place.as_mut() else { return 0 };
        self.writes.history.push(Superseded { place: place.clone(), kind, changed });
        place.version += 1;
        place.updated_at = now.max(place.updated_at);
        change(place);
        place.version
    }
}

pub(super) fn set_fields(place: &mut StoredPlace, fields: PlaceFields) {
    if let Some(body) = place.body.as_mut() {
        body.fields = fields;
    }
}

fn forbidden(detail: &'static str) -> Verdict {
    Verdict::Rejected(Problem::new(Code::Forbidden, detail))
}
