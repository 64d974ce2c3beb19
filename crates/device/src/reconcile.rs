//! What an outcome means for an operation, its place and what waits behind it. The one way out of the outbox that is not
//! a person's decision.

use holdfast_contract::defect::{self, Defect};
use holdfast_contract::outcome::ConflictReason;
use holdfast_contract::rules::PositionChange;
use holdfast_contract::{Action, Code, Field, NewPlace, Outcome, Place, PlaceChanges, PositionSource, Problem};
use rusqlite::params;

use crate::confirmed;
use crate::engine::Handled;
use crate::error::Result;
use crate::fold;
use crate::gone;
use crate::imports;
use crate::journal;
use crate::offer;
use crate::outbox::{self, Conflict, Entry};
use crate::places;
use crate::tx::Tx;
use crate::views::{JournalEvent, LocalId};
use crate::words::{Mark, OpState};

/// Carries out one outcome.
pub(crate) fn settle(tx: &Tx<'_>, entry: &Entry, outcome: Outcome, pass: i64, handled: &mut Handled) -> Result<()> {
    match outcome {
        Outcome::Applied { place, seq, applied_version, merged } => {
            handled.applied += 1;
            confirm(tx, entry.place, &place, pass, seq)?;
            let detail = merged.then_some("others had changed other fields");
            acknowledged(tx, entry, Some(applied_version), JournalEvent::Confirmed, detail)
        }
        Outcome::Duplicate { first: true, place, seq, applied_version } => {
            handled.duplicates += 1;
            confirm(tx, entry.place, &place, pass, seq)?;
            acknowledged(tx, entry, applied_version, JournalEvent::ConfirmedAgain, None)
        }
        Outcome::Duplicate { first: false, place, seq, .. } => {
            handled.duplicates += 1;
            confirm(tx, entry.place, &place, pass, seq)?;
            if let Action::Offer { state, .. } = &entry.action {
                offer::known_as(tx, entry, state, &place)?;
            }
            known_already(tx, entry, &place)
        }
        Outcome::Conflict { reason, fields, place, seq } => {
            handled.conflicts += 1;
            confirm(tx, entry.place, &place, pass, seq)?;
            if let Action::Offer { state, .. } = &entry.action {
                return offer::parted(tx, entry, state, &place, &why(reason, &fields));
            }
            journal::said(tx, entry, JournalEvent::Conflicted, &why(reason, &fields))?;
            let conflict = Conflict { reason, fields };
            outbox::park(tx, entry.number, OpState::Conflict, None, Some(&conflict))?;
            places::refresh(tx, entry.place)
        }
        Outcome::Gone { .. } => {
            handled.gone += 1;
            gone::settle(tx, entry.place)
        }
        Outcome::Rejected { problem } => {
            handled.rejected += 1;
            journal::said(tx, entry, JournalEvent::Rejected, &problem.detail)?;
            outbox::park(tx, entry.number, OpState::Rejected, Some(&problem), None)
        }
        Outcome::Deferred { problem } => {
            handled.deferred += 1;
            journal::said(tx, entry, JournalEvent::Deferred, &problem.detail)?;
            deferred(tx, entry, &problem)
        }
    }
}

/// What the other side did, for the journal: the fields' names and never their values.
fn why(reason: ConflictReason, fields: &[Field]) -> String {
    match reason {
        ConflictReason::FieldsChanged => {
            let fields: Vec<&str> = fields.iter().map(|field| field.as_str()).collect();
            format!("changed elsewhere too: {}", fields.join(", "))
        }
        ConflictReason::ChangedSince => "changed elsewhere since".to_owned(),
        ConflictReason::InTrash => "put into the trash elsewhere".to_owned(),
    }
}

/// Takes the server's word for a place, unless a newer one is here. The view is worked out by whoever calls.
pub(crate) fn confirm(tx: &Tx<'_>, id: LocalId, place: &Place, pass: i64, seq: i64) -> Result<()> {
    if !confirmed::put(tx, id, place, pass, seq)? {
        return Ok(());
    }
    match places::load(tx, id)?.mark {
        None => Ok(()),
        Some(Mark::Older) => {
            let base = confirmed::load(tx, id)?;
            let settled = base.is_some_and(|base| base.kept.is_none_or(|kept| kept.fields() == place.fields()));
            if settled {
                confirmed::keep(tx, id, None)?;
                places::mark(tx, id, None)?;
            }
            Ok(())
        }
        // The server has it (again).
        Some(_) => places::mark(tx, id, None),
    }
}

/// The operation is done: it leaves the outbox, and what waits behind it knows the version it will meet.
fn acknowledged(
    tx: &Tx<'_>,
    entry: &Entry,
    applied_version: Option<i64>,
    event: JournalEvent,
    detail: Option<&str>,
) -> Result<()> {
    if matches!(entry.action, Action::Create { .. }) {
        timed(tx, entry)?;
    }
    outbox::remove(tx, entry, event, detail)?;
    if let Some(version) = applied_version {
        advance(tx, entry, version)?;
    }
    places::refresh(tx, entry.place)
}

/// The successors were decided with the acknowledged operation in sight: where nobody else came between, that is the
/// version the person saw.
fn advance(tx: &Tx<'_>, acknowledged: &Entry, version: i64) -> Result<()> {
    // What was decided in sight of an offered state names its version already; what was decided before it has not seen it.
    if matches!(acknowledged.action, Action::Offer { .. }) {
        return Ok(());
    }
    let created = matches!(acknowledged.action, Action::Create { .. }) && version == 1;
    let follows = |base: i64| version == base + 1 || (created && base == 0);
    for successor in outbox::chain(tx, acknowledged.place)? {
        if successor.frozen {
            continue;
        }
        let action = match successor.action.clone() {
            Action::Update { target, base_version, changes } if follows(base_version.unwrap_or(0)) => {
                Action::Update { target, base_version: Some(version), changes }
            }
            Action::Delete { target, base_version } if follows(base_version) => {
                Action::Delete { target, base_version: version }
            }
            Action::Restore { target, base_version } if follows(base_version) => {
                Action::Restore { target, base_version: version }
            }
            _ => continue,
        };
        outbox::amend(tx, &successor, action)?;
    }
    Ok(())
}

/// The server knew the capture (a watch had sent it), or it was deleted or restored already. Of a capture, what the
/// person set and the server does not have is queued in its place; what the capture lacks is no difference.
fn known_already(tx: &Tx<'_>, entry: &Entry, place: &Place) -> Result<()> {
    let Action::Create { client_id, place: captured } = &entry.action else {
        return acknowledged(tx, entry, None, JournalEvent::ConfirmedAgain, None);
    };
    timed(tx, entry)?;
    imports::made_elsewhere(tx, *client_id)?;
    let target = holdfast_contract::Target::Own(*client_id);
    let (mut changes, mut better) = fold::differences(&captured.fields, &place.fields());
    // A person has chosen to send what lacked a position; what only the file said of it is no word against the other device's.
    if let Some(said) = imports::said(tx, *client_id)?.filter(|said| said.position.is_none()) {
        let typed = fold::not_there_yet(fold::since(&said, &captured.fields), &place.fields());
        changes = PlaceChanges { position: changes.position, ..typed };
    }
    if defect::is_on(Defect::AbsenceClears) {
        changes = fold::between(&place.fields(), &captured.fields);
    }
    if marker_was_moved(tx, entry, captured, place)? {
        better = None;
    }
    let mut missing: Vec<Action> = Vec::new();
    if !changes.is_empty() {
        missing.push(Action::Update { target, base_version: None, changes: Box::new(changes) });
    }
    if let Some(position) = better {
        missing.push(Action::Refine { target, position });
    }
    match missing.len() {
        0 => outbox::remove(tx, entry, JournalEvent::ConfirmedAgain, None)?,
        1 => {
            outbox::replace(tx, entry, missing.remove(0), JournalEvent::ConfirmedAgain, None)?;
        }
        _ => {
            // The better fix goes behind everything: it never conflicts and nothing depends on it.
            let refine = missing.remove(1);
            outbox::replace(tx, entry, missing.remove(0), JournalEvent::ConfirmedAgain, None)?;
            outbox::enqueue(tx, entry.place, refine)?;
        }
    }
    places::refresh(tx, entry.place)
}

/// A marker that the person moved off one of this capture's own fixes, before it was known that another device's fix of the
/// same capture stands on the server: nobody has chosen that one, so it is what the move replaces. The fixes in between
/// are of no use any more. Returns whether there was such a move.
fn marker_was_moved(tx: &Tx<'_>, create: &Entry, captured: &NewPlace, known: &Place) -> Result<bool> {
    if captured.fields.position_source != PositionSource::Fix || known.position_source != PositionSource::Fix {
        return Ok(false);
    }
    let mut fixes = vec![captured.fields.position];
    let mut refines = Vec::new();
    for successor in outbox::chain(tx, create.place)?.into_iter().filter(|entry| entry.number > create.number) {
        match &successor.action {
            Action::Refine { position, .. } => {
                fixes.push(*position);
                refines.push(successor);
            }
            Action::Update { target, base_version, changes } => {
                let Some(moved) = changes.position else { continue };
                if successor.frozen || !moved.was.is_some_and(|was| fixes.contains(&was)) {
                    return Ok(false);
                }
                let position = Some(PositionChange { was: Some(known.position()), to: moved.to });
                let changes = Box::new(PlaceChanges { position, ..(**changes).clone() });
                let action = Action::Update { target: *target, base_version: *base_version, changes };
                outbox::amend(tx, &successor, action)?;
                for refine in &refines {
                    outbox::remove(tx, refine, JournalEvent::Superseded, None)?;
                }
                return Ok(true);
            }
            Action::Create { .. } | Action::Delete { .. } | Action::Restore { .. } | Action::Offer { .. } => {}
        }
    }
    Ok(false)
}

/// Not now. A full plan waits for room; anything else for a while.
fn deferred(tx: &Tx<'_>, entry: &Entry, problem: &Problem) -> Result<()> {
    if problem.code == Code::PlanLimitReached {
        return outbox::park(tx, entry.number, OpState::Plan, Some(problem), None);
    }
    // It did not fail: it goes with the others next time.
    outbox::back_off(tx, entry.number, entry.attempts, entry.failures, Some(problem), problem.retry_after)
}

/// Notes how long a capture took to be confirmed, if this is still the same run of the monotonic clock.
fn timed(tx: &Tx<'_>, entry: &Entry) -> Result<()> {
    let micros = tx.now.since_boot_micros - entry.since_boot;
    if entry.boot == tx.now.boot && micros >= 0 {
        #[expect(clippy::cast_precision_loss, reason = "2^53 microseconds are 285 years")]
        let seconds = micros as f64 / 1e6;
        tx.run(
            "INSERT OR REPLACE INTO confirmations (op_id, seconds) VALUES (?1, ?2)",
            params![entry.op_id.0, seconds],
        )?;
    }
    Ok(())
}
