//! Pushing: the way of a batch of operations through the database.
//!
//! One transaction, the same few round trips for one operation and for five hundred: begin (which checks the device and
//! the epoch); lock and read what the batch names; decide in memory, operation by operation; write everything; commit. A
//! few captures and nothing else are written without looking first, in one round trip.
//! Where somebody else's place is concerned, or an operation turns out to change nothing, what is not under the places'
//! locks (shares, receipts, feed numbers) is read once more before deciding.
//!
//! What can go wrong, and what happens then:
//! - **Somebody else was faster** (the same capture or operation at the same instant, a deadlock): the batch runs again and
//!   sees what they made.
//! - **The plan is full:** the batch runs again in admission mode: it locks the head first, knows the room that is left, and
//!   defers what does not fit.
//! - **Anything unforeseen:** the batch runs again by halves, so that one poisoned operation is one rejected outcome.
//! - **The database can't be reached:** the whole push fails. What was committed is found by its receipts next time.

mod decide;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use holdfast_contract::defect::{self, Defect};
use holdfast_contract::limits::PUSH_OPERATIONS_MAX;
use holdfast_contract::operation::payload_hash;
use holdfast_contract::sync::{PushReply, PushRequest, Telemetry};
use holdfast_contract::{
    Action, Code, ImportId, Operation, OperationOutcome, Outcome, PlaceId, Problem, Target, Timestamp,
};
use holdfast_store::batch::{self, Known, Named, Published};
use holdfast_store::telemetry::Outbox;
use holdfast_store::{self as store, Tx, heads, imports, receipts};
use rand::RngExt as _;
use uuid::Uuid;

use crate::service::finish;
use crate::witness::Witness;
use crate::{Actor, Error, Service, measure};
use decide::{Decided, Room};

/// Most captures that are written without looking first.
const STRAIGHT_MAX: usize = 4;
/// How often a transaction is run again because somebody else was faster.
pub(crate) const RACES_MAX: u32 = 12;

/// A place with an operation that was deferred in an earlier part of the same push, and why: whatever follows for it waits
/// as well.
type Waiting = (Target, Problem);

/// What must hold while operations are executed, or nothing is done.
#[derive(Clone, Copy)]
pub(crate) enum Within {
    /// Nothing in particular.
    Anything,
    /// The database is in this epoch.
    Epoch(Uuid),
    /// This import is not being taken back.
    Import(ImportId),
}

/// An operation that could be read.
pub(crate) struct Ready {
    pub(crate) operation: Operation,
    /// SHA-256 of the bytes that were sent.
    pub(crate) hash: [u8; 32],
}

impl Service {
    /// Executes the operations of a push: one outcome each, in their order. Operations on one place apply in the order
    /// given; a bad operation never fails the others.
    ///
    /// Fails as a whole, with nothing or only some of it done, where the actor is not signed in, the epoch is not the
    /// server's, there are too many operations, or the database is not available. The same push may then be sent again.
    pub async fn push(&self, actor: Actor, request: PushRequest<'_>) -> Result<PushReply, Error> {
        if request.operations.len() > PUSH_OPERATIONS_MAX {
            let detail = format!("A push takes at most {PUSH_OPERATIONS_MAX} operations. Send it in parts.");
            return Err(Error::TooLarge(detail));
        }
        let epoch = Uuid::parse_str(&request.epoch).map_err(|_| Error::EpochChanged)?;
        let mut ready = Vec::with_capacity(request.operations.len());
        let mut unreadable = Vec::new();
        for (index, raw) in request.operations.iter().enumerate() {
            let bytes = raw.get().as_bytes();
            match Operation::parse(bytes) {
                Ok(operation) => ready.push(Ready { operation, hash: payload_hash(bytes) }),
                Err(error) => {
                    let outcome = Outcome::Rejected { problem: error.problem };
                    unreadable.push((index, OperationOutcome { op_id: error.op_id, outcome }));
                }
            }
        }
        let executed_in = if defect::is_on(Defect::EpochIgnored) { Within::Anything } else { Within::Epoch(epoch) };
        let mut outcomes = self.settle(actor, executed_in, &ready).await?;
        // In the order of the indexes, so that each is right when its turn comes.
        for (index, outcome) in unreadable {
            measure::outcome("unreadable", &outcome);
            outcomes.insert(index, outcome);
        }
        measure::batch(outcomes.len());
        self.take_report(actor, request.telemetry.as_ref(), &outcomes).await;
        let seq = outcomes.iter().filter_map(|o| o.outcome.place()).map(|(_, seq)| seq).max().unwrap_or(0);
        let earlier = request.witness.and_then(|text| Witness::open(&text, actor.user, self.secret()));
        // Whatever was committed before the last one, too, is there as long as its receipt is. One that was known already may
        // have its receipt from long ago.
        let last = outcomes.iter().rfind(|o| matches!(o.outcome, Outcome::Applied { .. }));
        let op_ids = last.and_then(|o| o.op_id).map(|op_id| op_id.0).into_iter().collect();
        let generations = self.newest_generation(epoch).into_iter().collect();
        let witness =
            Witness { epoch, seq, at: self.now(), generations, op_ids }.after(earlier, self.receipts_count_since());
        let witness = Some(witness.seal(actor.user, self.secret()));
        Ok(PushReply { outcomes, witness })
    }

    /// Executes one operation: the same rules, receipt included, for whoever does not push. The outcome may be a refusal.
    pub async fn apply(&self, actor: Actor, operation: Operation) -> Result<OperationOutcome, Error> {
        let hash = payload_hash(&operation.to_bytes());
        let outcomes = self.settle(actor, Within::Anything, &[Ready { operation, hash }]).await?;
        outcomes.into_iter().next().ok_or_else(|| Error::Internal("an operation without an outcome".into()))
    }

    async fn take_report(&self, actor: Actor, report: Option<&Telemetry>, outcomes: &[OperationOutcome]) {
        let outbox = report.map(|report| {
            measure::telemetry(report);
            let stays = |o: &&OperationOutcome| matches!(o.outcome, Outcome::Deferred { .. });
            let settled = outcomes.len() - outcomes.iter().filter(stays).count();
            let pending = i64::from(report.pending).saturating_sub(i64::try_from(settled).unwrap_or(0)).max(0);
            let oldest = i64::try_from(report.oldest_pending_seconds).unwrap_or(i64::MAX);
            Outbox { pending, oldest_pending_seconds: Some(if pending == 0 { 0 } else { oldest }) }
        });
        self.touch(actor, outbox).await;
    }

    /// One outcome per operation. Halves what fails for an unforeseen reason.
    pub(crate) async fn settle(
        &self,
        actor: Actor,
        within: Within,
        operations: &[Ready],
    ) -> Result<Vec<OperationOutcome>, Error> {
        let mut outcomes = Vec::with_capacity(operations.len());
        let mut waiting = Vec::new();
        // The next part is the last one in here.
        let mut parts = vec![operations];
        while let Some(part) = parts.pop() {
            let decided = match self.settle_part(actor, within, part, &waiting).await {
                Ok(decided) => decided,
                Err(error) if concerns_all(&error) => return Err(error.into()),
                Err(error) if part.len() > 1 => {
                    tracing::warn!(%error, operations = part.len(), "a batch failed and is run again by halves");
                    measure::batch_retry("halved");
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.push(second);
                    parts.push(first);
                    continue;
                }
                Err(error) => vec![refusal(&error)],
            };
            for (ready, outcome) in part.iter().zip(decided) {
                if let Outcome::Deferred { problem } = &outcome {
                    waiting.push((ready.operation.action.target(), problem.clone()));
                }
                let outcome = OperationOutcome { op_id: Some(ready.operation.op_id), outcome };
                measure::outcome(ready.operation.action.kind(), &outcome);
                outcomes.push(outcome);
            }
        }
        Ok(outcomes)
    }

    /// One transaction, run again where somebody else was faster or the plan is full.
    async fn settle_part(
        &self,
        actor: Actor,
        within: Within,
        operations: &[Ready],
        waiting: &[Waiting],
    ) -> Result<Vec<Outcome>, store::Error> {
        let (epoch, import) = match within {
            Within::Anything => (None, None),
            Within::Epoch(epoch) => (Some(epoch), None),
            Within::Import(import) => (None, Some(import)),
        };
        if waiting.is_empty() && import.is_none() && likely_new(operations) {
            match self.create_straight(actor, epoch, operations).await {
                // Known after all, or no room for all of them: look before deciding.
                Err(store::Error::Race(_) | store::Error::PlanLimit) => {}
                done => return done,
            }
        }
        let mut admission = false;
        let mut races = 0;
        loop {
            let mut tx = match epoch {
                Some(epoch) => self.pool().begin_as_in_epoch(actor, epoch).await?,
                None => self.pool().begin_as(actor).await?,
            };
            let now = self.now();
            let done = async {
                if let Some(import) = import {
                    imports::hold(&mut tx, actor, import).await?;
                }
                self.run(&mut tx, actor, operations, waiting, now, admission).await
            };
            let done = done.await;
            match finish(tx, done).await {
                Ok((outcomes, published)) => {
                    self.live().publish(&published);
                    return Ok(outcomes);
                }
                Err(store::Error::PlanLimit) if !admission => {
                    measure::batch_retry("plan_limit");
                    admission = true;
                }
                Err(store::Error::Race(why)) if races < RACES_MAX => {
                    tracing::debug!(%why, "a batch lost a race and is run again");
                    measure::batch_retry("race");
                    pause(races).await;
                    races += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// A few captures, expected to be new: written at once, without looking first. The database refuses what is not new.
    async fn create_straight(
        &self,
        actor: Actor,
        epoch: Option<Uuid>,
        operations: &[Ready],
    ) -> Result<Vec<Outcome>, store::Error> {
        let now = self.now();
        let new_id = || PlaceId::v7(now, rand::random());
        let decided = Decided::decide(actor, Known::default(), operations, &[], now, Room::Unchecked, new_id);
        let published = batch::create_places(self.pool(), actor, epoch, &decided.writes, now).await?;
        self.live().publish(&published);
        Ok(decided.outcomes(actor, &published))
    }

    async fn run(
        &self,
        tx: &mut Tx,
        actor: Actor,
        operations: &[Ready],
        waiting: &[Waiting],
        now: Timestamp,
        admission: bool,
    ) -> Result<(Vec<Outcome>, Vec<Published>), store::Error> {
        if operations.is_empty() {
            return Ok(Default::default());
        }
        let decide = |known: Known, room: Room| {
            let new_id = || PlaceId::v7(now, rand::random());
            Decided::decide(actor, known, operations, waiting, now, room, new_id)
        };
        let named = named(operations, waiting);
        let mut rights_before_lock = HashMap::new();
        if defect::is_on(Defect::RightsBeforeLock) {
            for id in &named.place_ids {
                let reading = store::places::find(tx, actor, Target::Id(*id)).await?;
                rights_before_lock.insert(*id, reading.and_then(|reading| reading.share));
            }
        }
        let mut known = batch::lock_named(tx, actor, &named).await?;
        let room =
            if admission { Room::of(heads::lock_room(tx, actor, &known.readings).await?) } else { Room::Unchecked };
        // Rights are decided under the locks, not before.
        let foreign = known.readings.iter().any(|r| r.owner != actor.user);
        if foreign && defect::is_on(Defect::RightsBeforeLock) {
            for reading in &mut known.readings {
                reading.share = rights_before_lock.get(&reading.id).copied().flatten();
            }
        } else if foreign {
            batch::read_under_locks(tx, actor, &mut known, &named.op_ids).await?;
        }
        let offered = offered(operations, &known);
        if !offered.is_empty() {
            known.past = batch::read_past(tx, actor, &offered).await?;
        }
        let mut decided = decide(known.clone(), room);
        if decided.must_be_current && !foreign {
            batch::read_under_locks(tx, actor, &mut known, &named.op_ids).await?;
            decided = decide(known, room);
        }
        if decided.is_stale {
            return Err(store::Error::Race("the first try of the same operations committed meanwhile".into()));
        }
        let writes = &decided.writes;
        let mut published = Vec::new();
        if !writes.places.is_empty() {
            published = batch::write(tx, actor, writes, now).await?;
        } else if !writes.receipts.is_empty() {
            receipts::insert(tx, actor, &writes.receipts, now).await?;
        }
        Ok((decided.outcomes(actor, &published), published))
    }
}

/// Whether the batch is a few captures and nothing else: nearly always they are new. A long batch gains nothing by not
/// looking, and loses its work when one of them is not.
fn likely_new(operations: &[Ready]) -> bool {
    let mut captures = HashSet::new();
    let mut ids = HashSet::new();
    (1..=STRAIGHT_MAX).contains(&operations.len())
        && operations.iter().all(|ready| match &ready.operation.action {
            Action::Create { client_id, .. } => captures.insert(client_id) && ids.insert(ready.operation.op_id),
            _ => false,
        })
}

/// The places that are there, each with the version that is offered of it.
fn offered(operations: &[Ready], known: &Known) -> Vec<(PlaceId, i64)> {
    let offers = operations.iter().filter_map(|ready| match &ready.operation.action {
        Action::Offer { client_id, state } => Some((client_id, state.version)),
        _ => None,
    });
    let offers: Vec<_> = offers.collect();
    if offers.is_empty() {
        return Vec::new();
    }
    let places = known.readings.iter().filter_map(|reading| reading.place.as_ref());
    let ids: HashMap<_, _> = places.map(|place| (place.client_id, place.id)).collect();
    offers.into_iter().filter_map(|(client_id, version)| Some((*ids.get(client_id)?, version))).collect()
}

fn named(operations: &[Ready], waiting: &[Waiting]) -> Named {
    let mut named = Named::default();
    named.op_ids.extend(operations.iter().map(|ready| ready.operation.op_id));
    let targets = operations.iter().map(|ready| ready.operation.action.target());
    // What waits, too: the same place may be named by its capture here and by its row there.
    for target in targets.chain(waiting.iter().map(|(target, _)| *target)) {
        match target {
            Target::Own(client_id) => named.client_ids.push(client_id),
            Target::Id(id) => named.place_ids.push(id),
        }
    }
    // Each place is locked once, however often it is named.
    named.client_ids.sort_unstable();
    named.client_ids.dedup();
    named.place_ids.sort_unstable();
    named.place_ids.dedup();
    named
}

/// A short, random pause, longer with every race that was lost.
pub(crate) async fn pause(races: u32) {
    let most = 2_u64 << races.min(6);
    let millis = rand::rng().random_range(0..=most);
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

/// Whether the failure is about the whole push, and not about what is in it.
fn concerns_all(error: &store::Error) -> bool {
    matches!(
        error,
        store::Error::Unauthenticated
            | store::Error::AccountGone
            | store::Error::EpochChanged
            | store::Error::ImportEnded
            | store::Error::Unavailable(_)
    )
}

/// What becomes of a lone operation that the database refused: rejected where the operation itself is at fault, deferred
/// where it may not be.
fn refusal(error: &store::Error) -> Outcome {
    let at_fault = match error {
        store::Error::Constraint(_) => true,
        // Data exceptions, constraint violations, checks of views and policies, errors raised by triggers.
        store::Error::Database { sqlstate, .. } => {
            matches!(sqlstate.get(..2), Some("22" | "23" | "44" | "P0")) || sqlstate == "42501"
        }
        _ => false,
    };
    tracing::error!(%error, at_fault, "an operation failed for an unforeseen reason");
    if at_fault {
        let detail = "The server could not store this. It is kept on the device; report it to whoever runs the server.";
        return Outcome::Rejected { problem: Problem::new(Code::Internal, detail) };
    }
    let detail = "The server could not store this at the moment. It is sent again later.";
    Outcome::Deferred { problem: Problem::new(Code::Unavailable, detail).with_retry_after(30) }
}
