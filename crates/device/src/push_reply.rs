//! The push lane's way back: what a reply to a batch means for each operation and for the lane.
//!
//! | reply | the lane | the operations |
//! |---|---|---|
//! | outcomes | goes on | each has its outcome, see `reconcile` |
//! | it was not sent | waits, longer each time | same bytes again, no attempt counted |
//! | none, 408 | waits, longer each time; when it repeats, smaller batches until one comes through | same bytes again |
//! | 5xx | waits; when it repeats, half the batch | same bytes again; one alone waits by itself |
//! | 429 | waits as long as asked | same bytes again, no attempt counted |
//! | 401, 403 of the account, 426 | pauses until the person acts | kept |
//! | 409 `epoch_changed` | pulls first | same bytes again |
//! | 413, another 4xx | halves the batch at once | one alone is rejected |
//!
//! Refusals that are about the address or the protocol and not about what was sent (404, 405, 415, …) never reject an
//! operation: they wait like a failure.

use std::collections::HashMap;

use holdfast_contract::defect::{self, Defect};
use holdfast_contract::sync::PushReply;
use holdfast_contract::{Code, OpId, Operation, Outcome, Problem};

use crate::engine::{Answer, Handled, Lane, Lease};
use crate::error::Result;
use crate::judge::{Verdict, judge};
use crate::lanes::{self, LaneRow};
use crate::outbox::{self, Entry};
use crate::tx::Tx;
use crate::views::{JournalEvent, PauseReason};
use crate::words::OpState;
use crate::{confirmed, journal, push, reconcile};

/// Operations in a batch while nothing fails; the contract's bound.
const BATCH_MAX: u32 = 500;
/// No smaller batches for a network on which larger ones do not come through, unless even these are large.
const BATCH_SLOW: u32 = 50;
/// What a network carries in the time of a request that can be said to be one at all.
const SLOW_BYTES: usize = 20 * 1024;

/// See [`crate::Device::handle`].
pub(crate) fn reply(tx: &Tx<'_>, lease: Lease, answer: &Answer) -> Result<Handled> {
    let lane = lanes::load(tx, Lane::Push)?;
    let any_lease = defect::is_on(Defect::LeaseNotChecked);
    if !lane.holds(lease) && !any_lease {
        return Ok(Handled::default());
    }
    let sent = tx.all(
        &format!(
            "SELECT {} FROM outbox o WHERE o.state = 'leased' AND (o.lease = ?1 OR ?2) ORDER BY o.number",
            outbox::COLUMNS
        ),
        rusqlite::params![lease.token, any_lease],
        outbox::read,
    )?;
    lanes::release(tx, Lane::Push)?;
    let mut handled = Handled { taken: true, ..Handled::default() };
    if *answer == Answer::NotSent {
        push::unsend(tx)?;
        lanes::failed(tx, Lane::Push, None, None)?;
        return Ok(handled);
    }
    match judge::<PushReply>(answer) {
        Verdict::Answered(reply) => {
            outcomes(tx, &lane, &sent, reply, &mut handled)?;
            push::reported(tx, lease)?;
        }
        Verdict::NoReply => silence(tx, &lane, &sent, None, None)?,
        Verdict::Refused { status, problem, retry_after } => {
            refused(tx, &lane, &sent, status, &problem, retry_after, &mut handled)?;
        }
    }
    Ok(handled)
}

fn outcomes(tx: &Tx<'_>, lane: &LaneRow, sent: &[Entry], reply: PushReply, handled: &mut Handled) -> Result<()> {
    handled.answered = true;
    if let Some(witness) = &reply.witness {
        tx.run("UPDATE store SET witness = ?1", [witness])?;
    }
    lanes::answered(tx, Lane::Push)?;
    match lane.suspects_through {
        // It was the network, or the server as a whole: what comes through may grow again.
        None if lane.batch_limit < BATCH_MAX => {
            lanes::limit_batches(tx, lane.batch_limit.saturating_mul(2).min(BATCH_MAX), None)?;
        }
        Some(through) if sent.last().is_some_and(|last| last.number >= through) => {
            lanes::limit_batches(tx, BATCH_MAX, None)?;
        }
        _ => {}
    }
    let pass = confirmed::pass(tx)?;
    // An operation whose id the server could not read has its outcome at its place in the order.
    let in_order = reply.outcomes.len() == sent.len();
    let mut by_id: HashMap<OpId, Outcome> = HashMap::with_capacity(reply.outcomes.len());
    for (index, outcome) in reply.outcomes.into_iter().enumerate() {
        let unnamed = in_order.then(|| sent[index].op_id);
        if let Some(op_id) = outcome.op_id.or(unnamed) {
            by_id.insert(op_id, outcome.outcome);
        }
    }
    for entry in sent {
        match by_id.remove(&entry.op_id) {
            Some(outcome) => reconcile::settle(tx, entry, outcome, pass, handled)?,
            None => alone_failed(tx, entry, None, None)?,
        }
    }
    Ok(())
}

fn refused(
    tx: &Tx<'_>,
    lane: &LaneRow,
    sent: &[Entry],
    status: u16,
    problem: &Problem,
    retry_after: Option<u32>,
    handled: &mut Handled,
) -> Result<()> {
    if let Some(reason) = account_pause(status, problem.code) {
        push::requeue_leased(tx)?;
        return pause(tx, reason);
    }
    match (status, problem.code) {
        (429, _) => {
            push::requeue_leased(tx)?;
            lanes::slowed(tx, Lane::Push, Some(problem), retry_after)
        }
        (_, Code::EpochChanged) => {
            push::requeue_leased(tx)?;
            tx.run("UPDATE store SET epoch_stale = 1", [])?;
            // The page that names the new epoch ends this wait; it only keeps a confused server from being asked in a loop.
            lanes::failed(tx, Lane::Push, Some(problem), retry_after).map(|_| ())
        }
        (402, _) if sent.len() == 1 => {
            handled.deferred += 1;
            alone_settled(tx)?;
            journal::said(tx, &sent[0], JournalEvent::Deferred, &problem.detail)?;
            outbox::park(tx, sent[0].number, OpState::Plan, Some(problem), None)
        }
        (408, _) => silence(tx, lane, sent, Some(problem), retry_after),
        (500..=599, _) => failure(tx, lane, sent, problem, retry_after),
        (404 | 405 | 415, _) | (_, Code::ProtocolUnsupported | Code::CrossSite) => {
            push::requeue_leased(tx)?;
            lanes::failed(tx, Lane::Push, Some(problem), retry_after).map(|_| ())
        }
        _ if sent.len() == 1 => {
            handled.rejected += 1;
            alone_settled(tx)?;
            journal::said(tx, &sent[0], JournalEvent::Rejected, &problem.detail)?;
            outbox::park(tx, sent[0].number, OpState::Rejected, Some(problem), None)
        }
        _ => {
            push::requeue_leased(tx)?;
            halve(tx, lane, sent)
        }
    }
}

/// The server decided over one operation alone: the lane goes on with full batches.
fn alone_settled(tx: &Tx<'_>) -> Result<()> {
    lanes::answered(tx, Lane::Push)?;
    lanes::limit_batches(tx, BATCH_MAX, None)
}

/// Whether a refusal pauses the whole account.
pub(crate) fn account_pause(status: u16, code: Code) -> Option<PauseReason> {
    match (status, code) {
        (401, _) if defect::is_on(Defect::SignedOutIsRejected) => None,
        (401, _) | (403, Code::WrongAccount) => Some(PauseReason::SignIn),
        (403, Code::AccountGone) => Some(PauseReason::AccountGone),
        (426, _) => Some(PauseReason::UpdateApp),
        _ => None,
    }
}

/// Pauses the account: neither lane goes on until the person acts. Nothing is dropped.
pub(crate) fn pause(tx: &Tx<'_>, reason: PauseReason) -> Result<()> {
    tx.run("UPDATE store SET paused = ?1", [reason])?;
    Ok(())
}

/// Nothing came back, or what was sent did not arrive in time. That says nothing about any operation: none of them is
/// marked. The lane waits, and when it repeats, less is sent at once, for a slow network.
fn silence(
    tx: &Tx<'_>,
    lane: &LaneRow,
    sent: &[Entry],
    problem: Option<&Problem>,
    retry_after: Option<u32>,
) -> Result<()> {
    push::requeue_leased(tx)?;
    let attempts = lanes::failed(tx, Lane::Push, problem, retry_after)?;
    // A small batch is not made smaller by halving it further: long notes are what a slow network can't carry.
    let size = |entry: &Entry| Operation { op_id: entry.op_id, action: entry.action.clone() }.to_bytes().len();
    let bytes: usize = sent.iter().map(size).sum();
    let floor = if bytes > SLOW_BYTES { 1 } else { BATCH_SLOW };
    let half = half_of(sent).max(floor);
    if attempts >= 2 && half < lane.batch_limit && sent.len() > half as usize {
        lanes::limit_batches(tx, half, lane.suspects_through)?;
    }
    Ok(())
}

/// A failure of the server. The lane waits; when it repeats, one of the operations may be the cause, and halving the batch
/// finds it. One that fails alone waits by itself and lets the others go on.
fn failure(tx: &Tx<'_>, lane: &LaneRow, sent: &[Entry], problem: &Problem, retry_after: Option<u32>) -> Result<()> {
    push::requeue_leased(tx)?;
    let attempts = lanes::failed(tx, Lane::Push, Some(problem), retry_after)?;
    // The server works, and broke over one of these.
    let broke = problem.code == Code::Internal;
    match sent {
        [] => Ok(()),
        [alone] => {
            if lane.suspects_through.is_none() && alone.failures == 0 && lane.batch_limit > 1 {
                return Ok(());
            }
            alone_failed(tx, alone, Some(problem), retry_after)?;
            lanes::limit_batches(tx, BATCH_MAX, None)?;
            // The others need not wait.
            if broke && retry_after.is_none() { lanes::stop_waiting(tx, Lane::Push) } else { Ok(()) }
        }
        _ if broke => halve(tx, lane, sent),
        // It may be down as a whole as well: the first batch that comes through lets the next ones grow.
        _ if attempts >= 2 || lane.batch_limit < BATCH_MAX => {
            lanes::limit_batches(tx, half_of(sent), lane.suspects_through)
        }
        _ => Ok(()),
    }
}

/// One operation failed by itself: it waits, and is sent alone from then on.
fn alone_failed(tx: &Tx<'_>, entry: &Entry, problem: Option<&Problem>, retry_after: Option<u32>) -> Result<()> {
    let failures = entry.failures.saturating_add(1);
    outbox::back_off(tx, entry.number, failures, failures, problem, retry_after)
}

/// Sends at most half as many until all of these have been through: the server has said that one of them is at fault.
fn halve(tx: &Tx<'_>, lane: &LaneRow, sent: &[Entry]) -> Result<()> {
    // What was sent may have left the outbox meanwhile: then there is nothing to search.
    let Some(last) = sent.last() else { return Ok(()) };
    lanes::limit_batches(tx, half_of(sent), Some(last.number).max(lane.suspects_through))
}

fn half_of(sent: &[Entry]) -> u32 {
    u32::try_from(sent.len() / 2).unwrap_or(u32::MAX).max(1)
}
