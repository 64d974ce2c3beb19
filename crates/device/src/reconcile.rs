//! What an outcome means for an operation, its place and what waits behind it. The one way out of the outbox that is not
//! a person's decision.

use holdfast_contract::{Action, Code, Outcome, Place, Problem};
use rusqlite::params;

use crate::confirmed;
use crate::engine::Handled;
use crate::error::Result;
use crate::fold;
use crate::gone;
use crate::lanes;
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
            known_already(tx, entry, &place)
        }
        Outcome::Conflict { reason, fields, place, seq } => {
            handled.conflicts += 1;
            confirm(tx, entry.place, &place, pass, seq)?;
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
            outbox::park(tx, entry.number, OpState::Rejected, Some(&problem), None)
        }
        Outcome::Deferred { problem } => {
            handled.deferred += 1;
            deferred(tx, entry, &problem)
        }
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
    let target = holdfast_contract::Target::Own(*client_id);
    let (changes, better) = fold::differences(&captured.fields, &place.fields());
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

/// Not now. A full plan waits for room; anything else for a while.
fn deferred(tx: &Tx<'_>, entry: &Entry, problem: &Problem) -> Result<()> {
    if problem.code == Code::PlanLimitReached {
        return outbox::park(tx, entry.number, OpState::Plan, Some(problem), None);
    }
    let until = match problem.retry_after {
        Some(seconds) => lanes::asked_wait(tx, seconds),
        None => lanes::jittered(tx, entry.attempts),
    };
    // It did not fail: it goes with the others next time.
    outbox::back_off(tx, entry.number, until, entry.failures, Some(problem))
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
