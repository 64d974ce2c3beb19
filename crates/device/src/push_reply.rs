//! The push lane's way back: what a reply to a batch means for each operation and for the lane.
//!
//! | reply | the lane | the operations |
//! |---|---|---|
//! | outcomes | goes on | each has its outcome, see `reconcile` |
//! | none, 408, 5xx | waits, longer each time; when it repeats, smaller batches | same bytes again |
//! | 429 | waits as long as asked | same bytes again, no attempt counted |
//! | 401, 403 of the account, 426 | pauses until the person acts | kept |
//! | 409 `epoch_changed` | pulls first | same bytes again |
//! | 413, another 4xx | halves the batch at once | one alone is rejected |
//!
//! Refusals that are about the address or the protocol and not about what was sent (404, 405, 415, …) never reject an
//! operation: they wait like a failure.

use std::collections::HashMap;

use holdfast_contract::sync::PushReply;
use holdfast_contract::{Code, OpId, Outcome, Problem};

use crate::engine::{Answer, Handled, Lane, Lease};
use crate::error::Result;
use crate::judge::{Verdict, judge};
use crate::lanes::{self, LaneRow};
use crate::outbox::{self, Entry};
use crate::tx::Tx;
use crate::views::PauseReason;
use crate::words::OpState;
use crate::{confirmed, push, reconcile};

/// Operations in a batch while nothing fails; the contract's bound.
const BATCH_MAX: u32 = 500;

/// See [`crate::Device::handle`].
pub(crate) fn reply(tx: &Tx<'_>, lease: Lease, answer: &Answer) -> Result<Handled> {
    let lane = lanes::load(tx, Lane::Push)?;
    if !lane.holds(lease) {
        return Ok(Handled::default());
    }
    let sent = tx.all(
        &format!(
            "SELECT {} FROM outbox o WHERE o.state = 'leased' AND o.lease = ?1 ORDER BY o.number",
            outbox::COLUMNS
        ),
        [lease.token],
        outbox::read,
    )?;
    lanes::release(tx, Lane::Push)?;
    let mut handled = Handled { taken: true, ..Handled::default() };
    match judge::<PushReply>(answer) {
        Verdict::Answered(reply) => {
            outcomes(tx, &lane, &sent, reply, &mut handled)?;
            push::reported(tx, lease)?;
        }
        Verdict::NoReply => failure(tx, &lane, &sent, None, None)?,
        Verdict::Refused { status, problem, retry_after } => {
            refused(tx, &lane, &sent, status, &problem, retry_after, &mut handled)?;
        }
    }
    Ok(handled)
}

fn outcomes(tx: &Tx<'_>, lane: &LaneRow, sent: &[Entry], reply: PushReply, handled: &mut Handled) -> Result<()> {
    handled.answered = true;
    lanes::answered(tx, Lane::Push)?;
    if let Some(last) = sent.last()
        && lane.suspects_through.is_some_and(|through| last.number >= through)
    {
        lanes::limit_batches(tx, BATCH_MAX, None)?;
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
            outbox::park(tx, sent[0].number, OpState::Plan, Some(problem), None)
        }
        (408 | 500..=599, _) => failure(tx, lane, sent, Some(problem), retry_after),
        (404 | 405 | 415, _) | (_, Code::ProtocolUnsupported | Code::CrossSite) => {
            push::requeue_leased(tx)?;
            lanes::failed(tx, Lane::Push, Some(problem), retry_after).map(|_| ())
        }
        _ if sent.len() == 1 => {
            handled.rejected += 1;
            alone_settled(tx)?;
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

/// No reply, or a failure of the server. The lane waits; when it repeats, one of the operations may be the cause, and
/// halving the batch finds it. One that fails alone waits by itself and lets the others go on.
fn failure(
    tx: &Tx<'_>,
    lane: &LaneRow,
    sent: &[Entry],
    problem: Option<&Problem>,
    retry_after: Option<u32>,
) -> Result<()> {
    let [alone] = sent else {
        push::requeue_leased(tx)?;
        let attempts = lanes::failed(tx, Lane::Push, problem, retry_after)?;
        let broke = problem.is_some_and(|p| p.code == Code::Internal);
        return if broke || attempts >= 2 { halve(tx, lane, sent) } else { Ok(()) };
    };
    let searching = lane.suspects_through.is_some() || alone.failures > 0;
    if searching {
        alone_failed(tx, alone, problem, retry_after)?;
        lanes::limit_batches(tx, BATCH_MAX, None)?;
    } else {
        push::requeue_leased(tx)?;
    }
    lanes::failed(tx, Lane::Push, problem, retry_after)?;
    if searching && problem.is_some_and(|p| p.code == Code::Internal) {
        // The server answers, and broke over this one: the others need not wait.
        lanes::stop_waiting(tx, Lane::Push)?;
    }
    Ok(())
}

/// One operation failed by itself: it waits, and is sent alone from then on.
fn alone_failed(tx: &Tx<'_>, entry: &Entry, problem: Option<&Problem>, retry_after: Option<u32>) -> Result<()> {
    let failures = entry.failures.saturating_add(1);
    let until = retry_after.map_or_else(|| lanes::jittered(tx, failures), |seconds| lanes::asked_wait(tx, seconds));
    outbox::back_off(tx, entry.number, until, failures, problem)
}

/// Sends at most half as many until all of these have been through.
fn halve(tx: &Tx<'_>, lane: &LaneRow, sent: &[Entry]) -> Result<()> {
    let half = u32::try_from(sent.len() / 2).unwrap_or(u32::MAX).max(1);
    let through = sent.last().map(|entry| entry.number).max(lane.suspects_through);
    lanes::limit_batches(tx, half, through)
}
