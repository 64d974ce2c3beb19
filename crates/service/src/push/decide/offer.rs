//! A state of a place that an earlier database had confirmed: is it what this row led to, or led to this row, or has
//! somebody gone another way since?
//!
//! A database that was put back to an older state shares its past with the one that it replaced, up to the moment of the
//! copy. Of a row and an offered state of the same place, therefore:
//!
//! - The row has not changed since before the offered version was made. Then it is from the shared past, and the offered
//!   state is what it led to: a higher version replaces the row.
//! - The row was itself given back from the same epoch, as a later version: the offered state led to it. As an earlier one,
//!   and nobody has changed it since: the offered state is what it led to.
//! - The row is just what is offered, or its own past holds the offered version just as it is offered: it led to the row.
//! - Otherwise somebody changed the row without having seen the offered state, and a person decides.
//!
//! Times are the server's own: it made the version that is offered.

use holdfast_contract::defect::{self, Defect};
use holdfast_contract::operation::OfferedState;
use holdfast_contract::outcome::ConflictReason;
use holdfast_contract::rules::Field;
use holdfast_contract::{ClientId, PlaceFields, PlaceId, Target};
use holdfast_store::StoredPlace;
use holdfast_store::batch::GivenBack;

use super::change::set_fields;
use super::{Batch, Verdict, plan_is_full};

/// How a row and an offered state of the same place stand to each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kinship {
    /// The offered state is what the row led to.
    Later,
    /// The offered state led to the row, or is the row.
    Earlier,
    /// Neither of them.
    Parted,
}

impl<F: FnMut() -> PlaceId> Batch<F> {
    /// A state of a capture that the database does not know at all.
    pub(super) fn offer_unknown(&mut self, client_id: ClientId, state: &OfferedState) -> Verdict {
        let live = state.deleted_at.is_none();
        if live && !self.room.take(1) {
            self.wait(Target::Own(client_id), &plan_is_full());
            return Verdict::Deferred(plan_is_full());
        }
        self.writes.live_delta += i64::from(live);
        let place = StoredPlace {
            owner: self.actor.user,
            id: (self.new_id)(),
            client_id,
            version: state.version,
            body: Some(state.place.clone()),
            created_at: self.now,
            updated_at: self.now,
            // Its days in the trash begin anew: whoever put the database back may want to look for it there.
            deleted_at: (!live).then_some(self.now),
            purged_at: None,
        };
        let (slot, version) = self.insert_row(place);
        self.give_back(slot, state);
        Verdict::Applied { slot, version, merged: false }
    }

    /// A state of a place that the database knows in some version.
    pub(super) fn offer(
        &mut self,
        slot: usize,
        place: &StoredPlace,
        fields: &PlaceFields,
        state: &OfferedState,
    ) -> Verdict {
        match self.kinship(place, fields, state) {
            Kinship::Earlier => Verdict::Duplicate { slot, first: false, version: None },
            Kinship::Parted if place.deleted_at.is_some() => {
                Verdict::Conflict { slot, reason: ConflictReason::InTrash, fields: Vec::new() }
            }
            Kinship::Parted => {
                let fields = differing(fields, &state.place.fields);
                let reason =
                    if fields.is_empty() { ConflictReason::ChangedSince } else { ConflictReason::FieldsChanged };
                Verdict::Conflict { slot, reason, fields }
            }
            Kinship::Later => {
                let lives = i64::from(state.deleted_at.is_none()) - i64::from(place.deleted_at.is_none());
                if !self.room.take(lives) {
                    self.slots[slot].deferred = Some(plan_is_full());
                    return Verdict::Deferred(plan_is_full());
                }
                self.writes.live_delta += lives;
                let deleted_at = state.deleted_at.map(|_| self.now);
                let changed = differing(fields, &state.place.fields);
                self.replace(slot, "offer", changed, |place| {
                    place.version = state.version;
                    place.deleted_at = deleted_at;
                    set_fields(place, state.place.fields.clone());
                });
                self.give_back(slot, state);
                Verdict::Applied { slot, version: state.version, merged: false }
            }
        }
    }

    fn kinship(&self, place: &StoredPlace, fields: &PlaceFields, state: &OfferedState) -> Kinship {
        let in_trash = state.deleted_at.is_some();
        let offered = (&state.place.fields, in_trash);
        let past = self.past.versions.get(&(place.id, state.version));
        let was_so = past.is_some_and(|past| (&past.fields, past.in_trash) == offered);
        if was_so || (fields, place.deleted_at.is_some()) == offered {
            return Kinship::Earlier;
        }
        match self.past.given_back.get(&place.id).filter(|given_back| given_back.epoch == state.epoch) {
            Some(given_back) if given_back.version >= state.version => return Kinship::Earlier,
            Some(given_back) if given_back.version == place.version => return Kinship::Later,
            _ => {}
        }
        let from_the_shared_past = place.updated_at <= state.updated_at.min(self.now);
        if (from_the_shared_past || defect::is_on(Defect::OfferOverwrites)) && place.version < state.version {
            Kinship::Later
        } else {
            Kinship::Parted
        }
    }

    fn give_back(&mut self, slot: usize, state: &OfferedState) {
        let given_back = GivenBack { epoch: state.epoch.clone(), version: state.version };
        let id = self.slots[slot].id;
        self.past.given_back.insert(id, given_back.clone());
        self.writes.given_back.insert(id, given_back);
    }
}

/// The fields in which two states differ.
fn differing(one: &PlaceFields, other: &PlaceFields) -> Vec<Field> {
    let differ = [
        (Field::Name, one.name != other.name),
        (Field::Note, one.note != other.note),
        (Field::Category, one.category != other.category),
        (Field::Position, one.position != other.position || one.position_source != other.position_source),
        (Field::Tags, one.tags != other.tags),
    ];
    differ.into_iter().filter_map(|(field, differs)| differs.then_some(field)).collect()
}
