//! What happens to each operation of a batch, decided in memory over the places as they are under the locks.
//!
//! Pure: the same input gives the same decision. Operations on one place see what those before them did.

mod change;
mod offer;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use holdfast_contract::defect::{self, Defect};
use holdfast_contract::outcome::ConflictReason;
use holdfast_contract::rules::Field;
use holdfast_contract::{
    AccountId, Action, ClientId, Code, NewPlace, OpId, Outcome, PlaceId, Problem, Target, Timestamp,
};
use holdfast_store::StoredPlace;
use holdfast_store::batch::{Known, Past, PlaceWrite, Published, Writes};
use holdfast_store::receipts::Receipt;

use super::{Ready, Waiting};
use crate::Actor;
use crate::visibility::Access;

/// How many more live places the actor may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Room {
    /// Not known: the database checks at the end of the write.
    Unchecked,
    /// The plan has no limit.
    Unlimited,
    /// So many, under the lock of the head.
    Left(i64),
}

impl Room {
    pub(super) fn of(left: Option<i64>) -> Self {
        left.map_or(Self::Unlimited, Self::Left)
    }

    /// Takes or gives back room; false where there is none left to take.
    fn take(&mut self, places: i64) -> bool {
        match self {
            Self::Left(left) if places > 0 && *left < places => false,
            Self::Left(left) => {
                *left -= places;
                true
            }
            _ => true,
        }
    }
}

/// What a batch comes to.
pub(super) struct Decided {
    /// What is to be written.
    pub(super) writes: Writes,
    /// Whether something was decided by what may have been read before a lock was waited for: receipts, shares, feed
    /// numbers. Then those must be read again, and this decided anew.
    pub(super) must_be_current: bool,
    /// Whether there is a receipt for an own place that was not read: it was made while a lock was waited for, and everything
    /// must be read again. An own row never vanishes.
    pub(super) is_stale: bool,
    slots: Vec<Slot>,
    verdicts: Vec<Verdict>,
}

/// A place that the batch is about.
struct Slot {
    owner: AccountId,
    id: PlaceId,
    /// How the actor sees it; `None`: not, or not any more.
    access: Option<Access>,
    place: Option<StoredPlace>,
    /// Its version in the database; 0 for a new one.
    base_version: i64,
    /// Its number in the actor's feed before the batch.
    seq: i64,
    /// Why something that came before is deferred: everything behind it waits as well.
    deferred: Option<Problem>,
    /// The batch changes it.
    changed: bool,
}

/// An outcome whose place and number are filled in after the write.
enum Verdict {
    Applied { slot: usize, version: i64, merged: bool },
    Duplicate { slot: usize, first: bool, version: Option<i64> },
    Conflict { slot: usize, reason: ConflictReason, fields: Vec<Field> },
    Gone { id: Option<PlaceId>, client_id: Option<ClientId> },
    Rejected(Problem),
    Deferred(Problem),
}

/// The state of deciding.
struct Batch<F> {
    actor: Actor,
    now: Timestamp,
    room: Room,
    new_id: F,
    slots: Vec<Slot>,
    by_client: HashMap<ClientId, usize>,
    by_id: HashMap<PlaceId, usize>,
    /// Slots that changed, in the order of their first change.
    changed: Vec<usize>,
    receipts: HashMap<OpId, Receipt>,
    past: Past,
    writes: Writes,
    must_be_current: bool,
    is_stale: bool,
}

impl Decided {
    /// Decides every operation.
    pub(super) fn decide(
        actor: Actor,
        known: Known,
        operations: &[Ready],
        waiting: &[Waiting],
        now: Timestamp,
        room: Room,
        new_id: impl FnMut() -> PlaceId,
    ) -> Self {
        let mut batch = Batch {
            actor,
            now,
            room,
            new_id,
            slots: Vec::with_capacity(operations.len()),
            by_client: HashMap::with_capacity(operations.len()),
            by_id: HashMap::new(),
            changed: Vec::new(),
            receipts: known.receipts,
            past: known.past,
            writes: Writes::default(),
            must_be_current: false,
            is_stale: false,
        };
        for reading in known.readings {
            let access = Access::of(actor, &reading);
            let slot = batch.slots.len();
            if let Some(place) = reading.place.as_ref().filter(|_| reading.owner == actor.user) {
                batch.by_client.insert(place.client_id, slot);
            }
            batch.by_id.insert(reading.id, slot);
            batch.slots.push(Slot {
                owner: reading.owner,
                id: reading.id,
                access,
                base_version: reading.place.as_ref().map_or(0, |p| p.version),
                place: reading.place,
                seq: reading.seq,
                deferred: None,
                changed: false,
            });
        }
        for (target, problem) in waiting {
            batch.wait(*target, problem);
        }
        let verdicts: Vec<Verdict> = operations.iter().map(|ready| batch.operation(ready)).collect();
        for &slot in &batch.changed {
            let Slot { place, base_version, .. } = &batch.slots[slot];
            if let Some(place) = place.clone() {
                // The tombstone of what nobody has ever seen is no news.
                let publish = *base_version > 0 || place.purged_at.is_none();
                batch.writes.places.push(PlaceWrite { place, base_version: *base_version, publish });
            }
        }
        let Batch { writes, must_be_current, is_stale, slots, .. } = batch;
        Self { writes, must_be_current, is_stale, slots, verdicts }
    }

    /// The outcomes, with the places as they are after the whole batch and their numbers in the actor's feed.
    pub(super) fn outcomes(self, actor: Actor, published: &[Published]) -> Vec<Outcome> {
        let numbers: HashMap<PlaceId, i64> =
            published.iter().filter(|p| p.reader == actor.user).map(|p| (p.place, p.seq)).collect();
        let show = |slot: usize| {
            let Slot { access, place, seq, id, .. } = &self.slots[slot];
            let place = access.zip(place.as_ref()).and_then(|(access, place)| access.show(place))?;
            Some((Box::new(place), numbers.get(id).copied().unwrap_or(*seq)))
        };
        let gone = |slot: usize| {
            let slot = &self.slots[slot];
            Outcome::Gone { id: Some(slot.id), client_id: slot.own_client_id(actor) }
        };
        let outcome = |verdict: &Verdict| match verdict {
            Verdict::Applied { slot, version, merged } => show(*slot).map_or_else(
                || gone(*slot),
                |(place, seq)| Outcome::Applied { place, seq, applied_version: *version, merged: *merged },
            ),
            Verdict::Duplicate { slot, first, version } => show(*slot).map_or_else(
                || gone(*slot),
                |(place, seq)| Outcome::Duplicate { first: *first, place, seq, applied_version: *version },
            ),
            Verdict::Conflict { slot, reason, fields } => show(*slot).map_or_else(
                || gone(*slot),
                |(place, seq)| Outcome::Conflict { reason: *reason, fields: fields.clone(), place, seq },
            ),
            Verdict::Gone { id, client_id } => Outcome::Gone { id: *id, client_id: *client_id },
            Verdict::Rejected(problem) => Outcome::Rejected { problem: problem.clone() },
            Verdict::Deferred(problem) => Outcome::Deferred { problem: problem.clone() },
        };
        self.verdicts.iter().map(outcome).collect()
    }
}

impl Slot {
    fn own_client_id(&self, actor: Actor) -> Option<ClientId> {
        self.place.as_ref().filter(|_| self.owner == actor.user).map(|p| p.client_id)
    }
}

impl<F: FnMut() -> PlaceId> Batch<F> {
    fn operation(&mut self, ready: &Ready) -> Verdict {
        let op_id = ready.operation.op_id;
        let target = ready.operation.action.target();
        if let Some(receipt) = self.receipts.get(&op_id).copied() {
            return self.again(receipt, ready, target);
        }
        let slot = self.resolve(target);
        if let Some(slot) = slot
            && let Some(problem) = &self.slots[slot].deferred
            && !defect::is_on(Defect::DeferredOvertaken)
        {
            return Verdict::Deferred(problem.clone());
        }
        let verdict = match (&ready.operation.action, slot) {
            (Action::Create { client_id, place }, None) => self.create(*client_id, place),
            (Action::Create { .. }, Some(slot)) => self.create_again(slot),
            (Action::Offer { client_id, state }, None) => self.offer_unknown(*client_id, state),
            // Somebody has seen it confirmed: it is the database that has forgotten. Their device will give it back first.
            (Action::Delete { target: Target::Own(_), base_version: 1.. }, None) => Verdict::Deferred(not_here()),
            (Action::Delete { target: Target::Own(client_id), .. }, None) => {
                let (slot, version) = self.insert(*client_id, None);
                self.receipt(ready, slot, version);
                return Verdict::Gone { id: Some(self.slots[slot].id), client_id: Some(*client_id) };
            }
            (_, None) => Verdict::Rejected(not_found()),
            (_, Some(slot)) => match self.slots[slot].access {
                None => self.gone(slot),
                Some(access) => self.change(slot, access, &ready.operation.action),
            },
        };
        if let Verdict::Applied { slot, version, .. } = verdict {
            self.receipt(ready, slot, version);
        }
        // Everything else rests on receipts, shares or numbers that may have changed while a lock was waited for.
        if !self.is_news(&verdict) {
            self.must_be_current = true;
        }
        verdict
    }

    fn is_news(&self, verdict: &Verdict) -> bool {
        match verdict {
            Verdict::Applied { slot, .. } => self.slots[*slot].changed,
            Verdict::Deferred(_) => true,
            _ => false,
        }
    }

    fn resolve(&self, target: Target) -> Option<usize> {
        match target {
            Target::Own(client_id) => self.by_client.get(&client_id).copied(),
            Target::Id(id) => self.by_id.get(&id).copied(),
        }
    }

    /// An operation that was applied before: the place under today's rights.
    fn again(&mut self, receipt: Receipt, ready: &Ready, target: Target) -> Verdict {
        if receipt.payload_hash != ready.hash {
            let detail = "This operation id was used before for something else. Give the change a new one.";
            return Verdict::Rejected(Problem::new(Code::OpIdReused, detail));
        }
        self.must_be_current = true;
        let slot = self.by_id.get(&receipt.place).copied().or_else(|| self.resolve(target));
        match slot {
            Some(slot) if self.slots[slot].access.is_some() => {
                Verdict::Duplicate { slot, first: true, version: Some(receipt.version) }
            }
            Some(slot) => self.gone(slot),
            None => {
                self.is_stale |= receipt.owner == self.actor.user;
                Verdict::Gone { id: Some(receipt.place), client_id: own(target) }
            }
        }
    }

    fn gone(&self, slot: usize) -> Verdict {
        let slot = &self.slots[slot];
        Verdict::Gone { id: Some(slot.id), client_id: slot.own_client_id(self.actor) }
    }

    fn create(&mut self, client_id: ClientId, place: &NewPlace) -> Verdict {
        if !self.room.take(1) {
            self.wait(Target::Own(client_id), &plan_is_full());
            return Verdict::Deferred(plan_is_full());
        }
        self.writes.live_delta += 1;
        let (slot, version) = self.insert(client_id, Some(place.clone()));
        Verdict::Applied { slot, version, merged: false }
    }

    fn create_again(&self, slot: usize) -> Verdict {
        match self.slots[slot].access {
            Some(_) => Verdict::Duplicate { slot, first: false, version: None },
            None => self.gone(slot),
        }
    }

    /// Defers whatever follows for this place, which may be one that is not there yet.
    fn wait(&mut self, target: Target, problem: &Problem) {
        let slot = self.resolve(target).or_else(|| {
            let Target::Own(client_id) = target else { return None };
            let slot = self.slots.len();
            self.by_client.insert(client_id, slot);
            self.slots.push(Slot {
                owner: self.actor.user,
                id: (self.new_id)(),
                access: None,
                place: None,
                base_version: 0,
                seq: 0,
                deferred: None,
                changed: false,
            });
            Some(slot)
        });
        if let Some(slot) = slot {
            self.slots[slot].deferred = Some(problem.clone());
        }
    }

    /// A new row; without a body: a tombstone.
    fn insert(&mut self, client_id: ClientId, body: Option<NewPlace>) -> (usize, i64) {
        let tombstone = body.is_none().then_some(self.now);
        let place = StoredPlace {
            owner: self.actor.user,
            id: (self.new_id)(),
            client_id,
            version: 1,
            body,
            created_at: self.now,
            updated_at: self.now,
            deleted_at: tombstone,
            purged_at: tombstone,
        };
        self.insert_row(place)
    }

    fn insert_row(&mut self, place: StoredPlace) -> (usize, i64) {
        let (slot, version) = (self.slots.len(), place.version);
        self.by_client.insert(place.client_id, slot);
        self.by_id.insert(place.id, slot);
        self.slots.push(Slot {
            owner: place.owner,
            id: place.id,
            access: Some(Access::Owner).filter(|access| access.sees(&place)),
            place: Some(place),
            base_version: 0,
            seq: 0,
            deferred: None,
            changed: true,
        });
        self.changed.push(slot);
        (slot, version)
    }

    fn receipt(&mut self, ready: &Ready, slot: usize, version: i64) {
        if defect::is_on(Defect::ReceiptNotWritten) {
            return;
        }
        let Slot { owner, id, .. } = self.slots[slot];
        let receipt = Receipt { payload_hash: ready.hash, owner, place: id, version };
        if let Entry::Vacant(entry) = self.receipts.entry(ready.operation.op_id) {
            entry.insert(receipt);
            self.writes.receipts.push((ready.operation.op_id, receipt, ready.operation.action.kind()));
        }
    }
}

fn own(target: Target) -> Option<ClientId> {
    match target {
        Target::Own(client_id) => Some(client_id),
        Target::Id(_) => None,
    }
}

fn not_found() -> Problem {
    Problem::new(Code::NotFound, "There is no such place, or it is not yours.")
}

fn not_here() -> Problem {
    let detail =
        "The server does not have this place at the moment. It is deleted as soon as the server knows it again.";
    Problem::new(Code::Unavailable, detail)
}

fn plan_is_full() -> Problem {
    let detail = "Your plan allows no more places. Nothing is lost: this is sent again when there is room.";
    Problem::new(Code::PlanLimitReached, detail)
}
