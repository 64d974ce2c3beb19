//! After the server's database went back in time: giving back what it has lost.
//!
//! A confirmed copy from an earlier epoch that the server does not have, or has otherwise, goes to the front of the place's
//! chain as an `offer`: what the person decided since was decided on top of it. The server knows whether its own state
//! led to the offered one (then it takes it), came of it (then nothing is to do), or went another way (then the person is
//! asked, with both states in hand).

use holdfast_contract::defect::{self, Defect};
use holdfast_contract::operation::OfferedState;
use holdfast_contract::{Action, Code, NewPlace, Place, Source};

use crate::confirmed;
use crate::error::Result;
use crate::journal;
use crate::outbox::{self, Entry};
use crate::places;
use crate::tx::Tx;
use crate::views::{JournalEvent, LocalId};
use crate::words::{Mark, OpState};

/// The epoch of a pass that nobody noted: no server knows such a one.
const UNKNOWN_EPOCH: &str = "unknown";

/// Queues the offer of a state that was confirmed in `pass`, unless one of the same place with a newer state is under way
/// already. The view is worked out by whoever calls.
pub(crate) fn queue(tx: &Tx<'_>, id: LocalId, lost: &Place, pass: i64) -> Result<()> {
    let Some(client_id) = lost.client_id.filter(|_| !defect::is_on(Defect::NothingOffered)) else { return Ok(()) };
    places::mark(tx, id, None)?;
    let chain = outbox::chain(tx, id)?;
    // What conflicted did so with a state that is no more, and what was not found may be there again: the server decides anew.
    let not_found = |entry: &Entry| entry.problem.as_ref().is_some_and(|problem| problem.code == Code::NotFound);
    for entry in &chain {
        if entry.state == OpState::Conflict || (entry.state == OpState::Rejected && not_found(entry)) {
            outbox::requeue(tx, entry.number)?;
        }
    }
    let epoch = tx.first("SELECT epoch FROM passes WHERE pass = ?1", [pass], |row| row.get(0))?;
    let state = OfferedState {
        epoch: epoch.unwrap_or_else(|| UNKNOWN_EPOCH.to_owned()),
        version: lost.version,
        updated_at: lost.updated_at,
        deleted_at: lost.deleted_at,
        place: NewPlace {
            fields: lost.fields(),
            captured_at: lost.captured_at,
            // The server names it to a place's owner.
            source: lost.source.unwrap_or(Source::Import),
        },
    };
    let action = Action::Offer { client_id, state: Box::new(state) };
    match chain.iter().find(|entry| matches!(entry.action, Action::Offer { .. })) {
        // An offer is under way, and the database has gone back once more: the newer state is the one to give back.
        Some(queued) if version(&chain).is_some_and(|queued| queued < lost.version) => {
            outbox::replace(tx, queued, action, JournalEvent::Superseded, None)?;
        }
        Some(_) => {}
        None => {
            outbox::enqueue_in_front(tx, id, action)?;
        }
    }
    Ok(())
}

/// The version of the state that is being offered, which is what the person sees and goes on from.
pub(crate) fn version(chain: &[Entry]) -> Option<i64> {
    chain.iter().find_map(|entry| match &entry.action {
        Action::Offer { state, .. } => Some(state.version),
        _ => None,
    })
}

/// Somebody changed the place without having seen the offered state: it is kept beside the server's, and the person is
/// asked.
pub(crate) fn parted(tx: &Tx<'_>, entry: &Entry, state: &OfferedState, theirs: &Place, why: &str) -> Result<()> {
    let pass = tx.one("SELECT max(pass) FROM passes WHERE epoch = ?1", [&state.epoch], |row| row.get(0))?;
    let pass: Option<i64> = pass;
    let mut kept = Place {
        version: state.version,
        updated_at: state.updated_at,
        deleted_at: state.deleted_at,
        captured_at: state.place.captured_at,
        source: Some(state.place.source),
        ..theirs.clone()
    };
    kept.set_fields(state.place.fields.clone());
    confirmed::keep(tx, entry.place, Some((&kept, pass.unwrap_or(0))))?;
    outbox::remove(tx, entry, JournalEvent::Conflicted, Some(why))?;
    // Whoever put it into the trash, or took it out, had not seen the server's state.
    rebase(tx, entry.place, |_| true, 0)?;
    places::mark(tx, entry.place, Some(Mark::Older))?;
    places::refresh(tx, entry.place)
}

/// The server has this very state, under another version: that is the one that was seen by whoever saw the offered one.
pub(crate) fn known_as(tx: &Tx<'_>, entry: &Entry, state: &OfferedState, theirs: &Place) -> Result<()> {
    let same = theirs.fields() == state.place.fields && theirs.deleted_at.is_some() == state.deleted_at.is_some();
    if same { rebase(tx, entry.place, |base| base == state.version, theirs.version) } else { Ok(()) }
}

/// Bases what was decided about the trash on another version. What was sent already goes as a new intent: what became of the
/// old one is lost with its database.
fn rebase(tx: &Tx<'_>, id: LocalId, which: impl Fn(i64) -> bool, version: i64) -> Result<()> {
    for entry in outbox::chain(tx, id)? {
        let action = match entry.action {
            Action::Delete { target, base_version } if which(base_version) => {
                Action::Delete { target, base_version: version }
            }
            Action::Restore { target, base_version } if which(base_version) => {
                Action::Restore { target, base_version: version }
            }
            _ => continue,
        };
        if entry.frozen {
            outbox::replace(tx, &entry, action, JournalEvent::Superseded, None)?;
        } else {
            outbox::amend(tx, &entry, action)?;
        }
    }
    Ok(())
}

/// Whether places of an earlier epoch may still have to be offered: until the pass under way is over, nothing that a person
/// decided on top of them may go ahead of that.
pub(crate) fn may_be_due(tx: &Tx<'_>) -> Result<bool> {
    tx.one("SELECT swept < pass FROM store", [], |row| row.get(0))
}

/// As a condition on `outbox`: the place is not one of those, as far as is known yet.
pub(crate) const NOT_DUE: &str =
    "NOT EXISTS (SELECT 1 FROM confirmed c WHERE c.local_id = outbox.place AND c.pass < (SELECT pass FROM store))";

/// The state that a restored server has lost, as the person's answer leaves it: in the journal.
pub(crate) fn keep_in_journal(tx: &Tx<'_>, id: LocalId, lost: &Place) -> Result<()> {
    let lost = serde_json::to_string(lost).map_err(|e| crate::Error::Unexpected(e.to_string()))?;
    journal::note(tx, id, JournalEvent::Resolved, Some(&lost))
}
