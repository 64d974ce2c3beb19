//! A place is deleted for good, or no longer visible.
//!
//! What the person typed here and nobody else has must survive that: an owner keeps the place as they saw it, to be made
//! a new one; a former reader keeps what they typed themselves, and nothing else of it. Without anything typed the place
//! goes. The word is final for what was on its way too, whatever lease it has.

use holdfast_contract::defect::{self, Defect};
use holdfast_contract::{Action, Role};

use crate::confirmed;
use crate::error::Result;
use crate::imports;
use crate::journal;
use crate::outbox::{self, Entry};
use crate::places;
use crate::shown::overlay;
use crate::tx::Tx;
use crate::views::{JournalEvent, LocalId};
use crate::words::{Mark, OpState};

/// Carries out the server's word that the place is gone.
pub(crate) fn settle(tx: &Tx<'_>, id: LocalId) -> Result<()> {
    let row = places::load(tx, id)?;
    let chain = outbox::chain(tx, id)?;
    let owner = row.role == Role::Owner;
    // A file's row that somebody deleted for good before was typed by nobody, as long as it says what the file says: the
    // file still has it.
    let imported = match (chain.as_slice(), row.client_id) {
        ([Entry { action: Action::Create { place, .. }, .. }], Some(client_id)) => {
            imports::said(tx, client_id)?.is_some_and(|said| said.fields().as_ref() == Some(&place.fields))
        }
        _ => false,
    };
    let typed = chain.iter().any(|entry| match entry.action {
        Action::Create { .. } => !imported,
        Action::Update { .. } => true,
        Action::Restore { .. } => owner,
        Action::Refine { .. } | Action::Delete { .. } | Action::Offer { .. } => false,
    });
    if !typed || defect::is_on(Defect::GoneTakesTyped) {
        for entry in &chain {
            outbox::remove(tx, entry, JournalEvent::Gone, None)?;
        }
        return places::remove(tx, id);
    }
    if !matches!(row.mark, Some(Mark::DeletedForGood | Mark::NoLongerVisible)) {
        journal::note(tx, id, JournalEvent::Gone, None)?;
    }
    for entry in &chain {
        let problem = holdfast_contract::Problem::new(
            holdfast_contract::Code::Gone,
            "The place was deleted for good or is no longer visible.",
        );
        outbox::park(tx, entry.number, OpState::Rejected, Some(&problem), None)?;
    }
    if owner {
        places::mark(tx, id, Some(Mark::DeletedForGood))
    } else {
        confirmed::forget(tx, id)?;
        let own = overlay(None, chain.iter().map(|entry| (&entry.action, entry.queued_at)));
        places::write_shown(tx, id, &own)?;
        places::mark(tx, id, Some(Mark::NoLongerVisible))
    }
}
